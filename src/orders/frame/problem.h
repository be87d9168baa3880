#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "dialect/body.h"
#include "dialect/messages.h"
#include "dialect/negotiation.h"
#include "http/message.h"

namespace frame {

/// One thing that is wrong with one field.
struct Complaint {
  std::string_view code;  // for programs: "too_long"
  std::string detail;     // for people
};

template <class... Arguments>
[[nodiscard]] Complaint complain(dialect::Message message, dialect::Language language,
                                 const Arguments&... arguments) {
  return {dialect::code_of(message), dialect::say(message, language, arguments...)};
}

/// What is wrong with the fields of a request, in the order of the fields.
using FieldErrors = std::vector<std::pair<std::string, std::vector<Complaint>>>;
/// What is wrong with a request as a whole has this name.
inline constexpr std::string_view whole_request = "non_field_errors";

/// An answer that refuses. Told in two ways: as DRF tells it, and as RFC 9457 does.
struct Problem {
  /// What the names in `errors` are names of.
  enum class Place { body, parameter, header };

  int status = 400;
  std::string_view code;  // for programs: "illegal_transition"
  std::string detail;     // for people
  FieldErrors errors;
  Place place = Place::body;
  json::object more;    // members that belong to the code
  http::Fields fields;  // of the answer: ETag, Retry-After
  /// Django refuses this before its API can answer: with a page of its own.
  bool bare = false;
};

[[nodiscard]] Problem not_found(dialect::Language language);
/// 403: not this role.
[[nodiscard]] Problem forbidden(std::string detail);
[[nodiscard]] Problem invalid(FieldErrors errors);
/// A parameter of the query, or a header, that cannot be taken as it is.
[[nodiscard]] Problem bad_parameter(std::string name, std::string detail);
[[nodiscard]] Problem bad_header(std::string name, std::string detail);

/// 400, or 415 for a type that nobody reads.
[[nodiscard]] Problem problem_of(dialect::Unreadable body, dialect::Language language);
/// 404 for a format that nobody renders, 406 for an Accept header that nobody satisfies.
[[nodiscard]] Problem problem_of(dialect::Unrenderable why, dialect::Language language);

/// {"detail": ...}, or {"menu": ["This field is required."], ...}.
[[nodiscard]] json::object as_drf(const Problem& problem);

/// application/problem+json. `status` is a number, as the RFC has it.
[[nodiscard]] json::object as_problem_json(const Problem& problem);

/// A kind of problem, as clients of v2 may know it by its code.
struct ProblemKind {
  std::string_view code;
  int status;
  std::string_view title;
};
/// All of them: what as_problem_json() is given has one of these codes.
[[nodiscard]] std::span<const ProblemKind> problem_kinds();
/// The codes that complaints may have.
[[nodiscard]] std::span<const std::string_view> complaint_codes();

}  // namespace frame
