#include "client/errand.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/seen.h"

namespace client {
namespace {

using outcome::Failure;

bool is_command(const scenario::Request& request) { return !request.exec.words.empty(); }

std::string answer_in_words(const json::value& seen, const Errand& errand) {
  const json::value& body = seen.at("body");
  const bool empty =
      !errand.actor.empty() || body.is_null() || (body.is_string() && body.get_string().empty());
  std::string to;
  if (status_of(seen) / 100 == 3 && errand.actor.empty())
    if (const auto* location = seen.at("headers").as_object().if_contains("location"))
      to = " to " + excerpt(*location);
  return fmt::format("{}{}{}", status_of(seen), to, empty ? "" : " " + excerpt(body));
}

std::string expected_in_words(const scenario::Request& request, const Errand& errand) {
  const scenario::Expect expect = request.expect.value_or(scenario::Expect{});
  std::string text;
  for (const int status : expect.statuses)
    text += (text.empty() ? "" : " or ") + std::to_string(status);
  if (expect.condition)
    text += (text.empty() ? "" : ", and ") + expect.condition->jq + " to be true";
  if (!text.empty()) return text;
  if (is_command(request)) return "exit status 0";
  return errand.actor.empty() ? "any 2xx" : "any 2xx or 3xx";
}

bool has_expected_status(const scenario::Request& request, const scenario::Expect& expect,
                         int status, const Errand& errand) {
  if (!expect.statuses.empty())
    return std::count(expect.statuses.begin(), expect.statuses.end(), status) > 0;
  if (expect.condition) return true;
  if (is_command(request)) return status == 0;
  return status / 100 == 2 || (!errand.actor.empty() && status / 100 == 3);
}

}  // namespace

std::optional<Failure> judge(const expression::Evaluate& evaluate, const scenario::Request& request,
                             const std::string& request_line, const json::value& seen,
                             const Errand& errand) {
  if (!request.expect && !errand.needs_success) return std::nullopt;
  const scenario::Expect expect = request.expect.value_or(scenario::Expect{});
  bool as_expected = has_expected_status(request, expect, status_of(seen), errand);
  if (as_expected && expect.condition) {
    const auto value = evaluate(expect.condition->jq, seen);
    if (!value)
      return Failure{.kind = Failure::Kind::expression,
                     .message = fmt::format("{}: {} answered {}: {}: {}", errand.role, request_line,
                                            answer_in_words(seen, errand), expect.condition->jq,
                                            value.error().message),
                     .place = expect.condition->place};
    as_expected = expression::is_true(*value);
  }
  if (as_expected) return std::nullopt;
  return Failure{
      .kind = Failure::Kind::unexpected,
      .message = fmt::format("{}: {} {} {}, expected {}", errand.role, request_line,
                             is_command(request) ? "ended with" : "answered",
                             answer_in_words(seen, errand), expected_in_words(request, errand)),
      .place = request.place};
}

std::optional<Failure> capture(const expression::Evaluate& evaluate,
                               const scenario::Request& request, const json::value& seen,
                               const Errand& errand, json::object& bindings) {
  for (const scenario::Capture& wanted : request.captures) {
    const auto value = evaluate(wanted.from.jq, seen);
    if (!value || value->is_null())
      return Failure{
          .kind = Failure::Kind::expression,
          .message = fmt::format("{}: capture {}: {} {} in the answer {}, expected a value",
                                 errand.role, wanted.name, wanted.from.jq,
                                 value ? "is null" : "fails (" + value.error().message + ")",
                                 answer_in_words(seen, errand)),
          .place = wanted.from.place};
    bindings[wanted.name] = *value;
  }
  return std::nullopt;
}

}  // namespace client
