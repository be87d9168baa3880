#include "service/problem.h"

#include <fmt/format.h>

#include "http/message.h"

namespace service {
namespace {

json::object object_of(const FieldErrors& errors) {
  json::object object;
  for (const auto& [field, messages] : errors)
    object[field] = json::array(messages.begin(), messages.end());
  return object;
}

/// "Illegal transition" for "illegal_transition".
std::string title_of(std::string_view code) {
  std::string title(code);
  for (char& c : title)
    if (c == '_') c = ' ';
  if (!title.empty() && title.front() >= 'a') title.front() = static_cast<char>(title.front() - 32);
  return title;
}

}  // namespace

Problem not_found(Language language) {
  return {.status = 404, .code = "not_found", .detail = say(Message::not_found, language)};
}

Problem invalid(FieldErrors errors) {
  return {.status = 400,
          .code = "invalid",
          .detail = "Some fields are not as they should be.",
          .errors = std::move(errors)};
}

json::object as_drf(const Problem& problem) {
  if (!problem.errors.empty()) return object_of(problem.errors);
  return {{"detail", problem.detail}};
}

json::object as_problem_json(const Problem& problem) {
  json::object object = {{"type", fmt::format("urn:problem:orders:{}", problem.code)},
                         {"title", title_of(problem.code)},
                         {"status", problem.status},
                         {"detail", problem.detail},
                         {"code", problem.code}};
  for (const auto& member : problem.more) object[member.key()] = member.value();
  if (!problem.errors.empty()) object["errors"] = object_of(problem.errors);
  return object;
}

}  // namespace service
