#include "frame/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/require.h"

namespace frame {
namespace {

constexpr std::array kinds = {
    ProblemKind{"parse_error", 400, "The body cannot be read"},
    ProblemKind{"invalid", 400, "Some fields are not as they should be"},
    ProblemKind{"invalid_parameter", 400, "A parameter is not as it should be"},
    ProblemKind{"invalid_header", 400, "A header is not as it should be"},
    ProblemKind{"unstorable", 400, "This database cannot keep such a text"},
    ProblemKind{"unauthenticated", 401, "A token is needed"},
    ProblemKind{"invalid_token", 401, "The token is worth nothing"},
    ProblemKind{"forbidden", 403, "This role may not do that"},
    ProblemKind{"not_found", 404, "There is no such thing"},
    ProblemKind{"method_not_allowed", 405, "Not with this method"},
    ProblemKind{"not_acceptable", 406, "Not in this form"},
    ProblemKind{"same_status", 409, "The order has this status already"},
    ProblemKind{"illegal_transition", 409, "No order can change like this"},
    ProblemKind{"wrong_role", 409, "Somebody else may change the order like this"},
    ProblemKind{"conflict", 409, "Others changed the order meanwhile"},
    ProblemKind{"request_in_progress", 409, "The first request with this key is not answered yet"},
    ProblemKind{"precondition_failed", 412, "The order has another version"},
    ProblemKind{"unsupported_media_type", 415, "Not in this media type"},
    ProblemKind{"idempotency_key_reused", 422, "The key was used for another request"},
    ProblemKind{"precondition_required", 428, "If-Match is required"},
    ProblemKind{"internal", 500, "The server failed"},
    ProblemKind{"outcome_unknown", 500, "The change may or may not be there"},
    ProblemKind{"strategy_unsupported", 501, "This database cannot do that"},
    ProblemKind{"database_unavailable", 503, "The database cannot do this now"},
};

// Most are messages; "invalid" is any other fault, told in its detail.
constexpr std::array<std::string_view, 15> codes_of_complaints = {
    "required",         "null",           "blank",
    "not_a_string",     "too_long",       "null_characters",
    "surrogates",       "not_an_integer", "string_too_large",
    "too_big",          "too_small",      "not_a_choice",
    "not_a_dictionary", "no_data",        "invalid"};

const ProblemKind& kind_of(std::string_view code) {
  const auto found = std::find_if(kinds.begin(), kinds.end(),
                                  [&](const ProblemKind& kind) { return kind.code == code; });
  base::require(found != kinds.end(), "every problem is of a kind");
  return *found;
}

json::object details_of(const FieldErrors& errors) {
  json::object object;
  for (const auto& [field, complaints] : errors) {
    json::array details;
    for (const Complaint& complaint : complaints) details.emplace_back(complaint.detail);
    object[field] = std::move(details);
  }
  return object;
}

/// Where in a request something is wrong: a JSON Pointer as a fragment, as in the RFC's example, or
/// a name.
std::pair<std::string_view, std::string> place_of(const Problem& problem, std::string_view name) {
  if (problem.place == Problem::Place::parameter) return {"parameter", std::string(name)};
  if (problem.place == Problem::Place::header) return {"header", std::string(name)};
  // No name of a field has a character that a pointer escapes.
  return {"pointer", name == whole_request ? "#" : fmt::format("#/{}", name)};
}

json::array errors_of(const Problem& problem) {
  json::array errors;
  for (const auto& [name, complaints] : problem.errors) {
    const auto [kind, place] = place_of(problem, name);
    for (const Complaint& complaint : complaints) {
      base::require(
          std::count(codes_of_complaints.begin(), codes_of_complaints.end(), complaint.code) == 1,
          "every complaint has a known code");
      errors.push_back({{kind, place}, {"detail", complaint.detail}, {"code", complaint.code}});
    }
  }
  return errors;
}

Problem bad(Problem::Place place, std::string_view code, std::string name, std::string detail) {
  Problem problem{.status = 400, .code = code, .detail = detail, .place = place};
  problem.errors.emplace_back(std::move(name),
                              std::vector{Complaint{"invalid", std::move(detail)}});
  return problem;
}

}  // namespace

Problem not_found(dialect::Language language) {
  return {.status = 404,
          .code = "not_found",
          .detail = dialect::say(dialect::Message::not_found, language)};
}

Problem forbidden(std::string detail) {
  return {.status = 403, .code = "forbidden", .detail = std::move(detail)};
}

Problem invalid(FieldErrors errors) {
  return {.status = 400,
          .code = "invalid",
          .detail = "Some fields are not as they should be.",
          .errors = std::move(errors)};
}

Problem bad_parameter(std::string name, std::string detail) {
  return bad(Problem::Place::parameter, "invalid_parameter", std::move(name), std::move(detail));
}

Problem bad_header(std::string name, std::string detail) {
  return bad(Problem::Place::header, "invalid_header", std::move(name), std::move(detail));
}

Problem problem_of(dialect::Unreadable body, dialect::Language language) {
  if (body.why == dialect::Unreadable::Why::unsupported_type)
    return {
        .status = 415,
        .code = "unsupported_media_type",
        .detail = dialect::say(dialect::Message::unsupported_media_type, language, body.detail)};
  return {.status = 400,
          .code = "parse_error",
          .detail = std::move(body.detail),
          .bare = body.why == dialect::Unreadable::Why::too_many_fields};
}

Problem problem_of(dialect::Unrenderable why, dialect::Language language) {
  if (why == dialect::Unrenderable::unknown_format) return not_found(language);
  return {.status = 406,
          .code = "not_acceptable",
          .detail = dialect::say(dialect::Message::not_acceptable, language)};
}

json::object as_drf(const Problem& problem) {
  if (!problem.errors.empty()) return details_of(problem.errors);
  return {{"detail", problem.detail}};
}

json::object as_problem_json(const Problem& problem) {
  const ProblemKind& kind = kind_of(problem.code);
  json::object object = {{"type", fmt::format("urn:problem:orders:{}", problem.code)},
                         {"title", kind.title},
                         {"status", problem.status},
                         {"detail", problem.detail},
                         {"code", problem.code}};
  for (const auto& member : problem.more) object[member.key()] = member.value();
  if (!problem.errors.empty()) object["errors"] = errors_of(problem);
  return object;
}

std::span<const ProblemKind> problem_kinds() { return kinds; }

std::span<const std::string_view> complaint_codes() { return codes_of_complaints; }

}  // namespace frame
