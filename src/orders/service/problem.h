#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "service/messages.h"

namespace service {

/// What is wrong with the fields of a request, in the order of the fields.
using FieldErrors = std::vector<std::pair<std::string, std::vector<std::string>>>;

/// An answer that refuses. Told in two ways: as DRF tells it, and as RFC 9457 does.
struct Problem {
  int status = 400;
  std::string_view code;  // for programs: "illegal_transition"
  std::string detail;     // for people
  FieldErrors errors;
  json::object more;  // members that belong to the code
  /// Django refuses this before its API can answer: with a page of its own.
  bool bare = false;
};

[[nodiscard]] Problem not_found(Language language);
[[nodiscard]] Problem invalid(FieldErrors errors);

/// {"detail": ...}, or {"menu": ["This field is required."], ...}.
[[nodiscard]] json::object as_drf(const Problem& problem);

/// application/problem+json. `status` is a number, as the RFC has it.
[[nodiscard]] json::object as_problem_json(const Problem& problem);

}  // namespace service
