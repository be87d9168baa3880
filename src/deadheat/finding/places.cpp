#include "finding/places.h"

#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

namespace finding {
namespace {

constexpr std::string_view suffix_place = ".after.\"suffix ";

}  // namespace

// A read has a status, headers and a body; a sink has calls.
bool is_of_sink(const std::string& place) {
  constexpr std::string_view prefix = ".after.";
  if (!place.starts_with(prefix)) return false;
  const std::size_t end = place.find_first_of(".[ ", prefix.size());
  return end == std::string::npos || place[end] == '[';
}

std::string mask_of(std::string place) {
  // What stands under a key that changes by itself stands under every key.
  for (std::size_t at; (at = place.find(".*")) != std::string::npos;) place.replace(at, 2, "[]");
  if (!place.starts_with(suffix_place)) return place;
  const std::size_t quote = place.find('"', suffix_place.size());
  const int number = std::atoi(place.c_str() + suffix_place.size());
  return fmt::format(".suffix[{}]{}", number - 1, place.substr(quote + 1));
}

std::string readable_place(const std::string& place) {
  const auto after = [](const std::string& text, std::string_view prefix) {
    return text.substr(prefix.size());
  };
  if (place.starts_with(suffix_place)) {
    const std::size_t quote = place.find('"', suffix_place.size());
    std::string name = place.substr(suffix_place.size(), quote - suffix_place.size());
    return readable_place(fmt::format(".after.suffix {}{}", name, place.substr(quote + 1)));
  }
  if (place.starts_with(".after.suffix ")) {
    const std::string rest = after(place, ".after.");
    const std::size_t body = rest.find(".body");
    return body == std::string::npos ? rest : rest.substr(0, body) + " " + rest.substr(body + 5);
  }
  if (place.starts_with(".after.")) {
    const std::string rest = after(place, ".after.");
    const std::size_t dot = rest.find_first_of(".[");
    if (is_of_sink(place))
      return dot == std::string::npos
                 ? "sink " + rest
                 : fmt::format("sink {} {}", rest.substr(0, dot), rest.substr(dot));
    if (dot == std::string::npos) return "state " + rest;
    if (rest.find(' ') < dot) return "state " + rest;
    std::string member = rest.substr(dot);
    if (member.starts_with(".body.") || member.starts_with(".body["))
      member = member.substr(5);
    else if (member == ".body")
      member = "";
    return fmt::format("state {}{}{}", rest.substr(0, dot), member.empty() ? "" : " ", member);
  }
  if (place.starts_with(".answers.")) {
    std::string rest = after(place, ".answers.");
    if (const std::size_t blank = rest.find(' '); blank != std::string::npos)
      return fmt::format("answer of {}, {}", rest.substr(0, blank), rest.substr(blank + 1));
    const std::size_t steps = rest.find(".steps[");
    if (steps == std::string::npos) return "answer of " + rest;
    const std::size_t close = rest.find(']', steps);
    const int step = std::atoi(rest.c_str() + steps + 7) + 1;
    std::string member = rest.substr(close + 1);
    if (member.starts_with(".body.") || member.starts_with(".body["))
      member = member.substr(5);
    else if (member == ".body")
      member = "";
    return fmt::format("answer of {}, step {}{}{}", rest.substr(0, steps), step,
                       member.empty() ? "" : " ", member);
  }
  return place;
}

}  // namespace finding
