#include "client/seen.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace client {

int status_of(const json::value& seen) { return seen.at("status").to_number<int>(); }

json::object compared_headers(const scenario::Scenario& scenario, const json::value& seen) {
  json::object compared;
  const json::object& headers = seen.at("headers").as_object();
  for (const std::string& name : scenario.compare)
    if (const json::value* value = headers.if_contains(name)) compared[name] = *value;
  return compared;
}

outcome::Read as_read(std::string name, const scenario::Scenario& scenario,
                      const json::value& seen) {
  return {.name = std::move(name),
          .status = status_of(seen),
          .body = seen.at("body"),
          .headers = compared_headers(scenario, seen)};
}

std::string as_text(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : base::to_text(value);
}

std::string excerpt(const json::value& value) {
  constexpr base::Bytes longest{200};
  std::string text = as_text(value);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return base::cut(text, longest);
}

}  // namespace client
