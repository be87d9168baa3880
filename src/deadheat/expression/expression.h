#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"

/// The one expression language of scenarios: jq. Plain paths are read here, on the parsed value;
/// everything else is computed by libjq in a child process (see client/evaluator.h), because libjq
/// can neither be interrupted nor be kept from reading the environment.
namespace expression {

struct Failure {
  enum class Kind {
    syntax,       // the program does not compile
    runtime,      // it raised an error, or gave no output
    timeout,      // it ran longer than allowed and was killed
    unavailable,  // the child process cannot be started
  };
  Kind kind = Kind::syntax;
  std::string message;  // jq's own words where it has some
};

/// Computes a jq program on an input: its first output. Integers beyond 2^53 reach jq as strings.
/// The port that rooms without I/O use; client/evaluator.h has the implementation. Safe on any
/// thread.
using Evaluate = std::function<base::Result<json::value, Failure>(const std::string& jq,
                                                                  const json::value& input)>;

/// A program such as `.body.items[0]."content-type"`: member names and array indices only.
using Path = std::vector<std::variant<std::string, std::int64_t>>;

[[nodiscard]] std::optional<Path> parse_path(std::string_view jq);

/// The value at the path; null where jq would give null (a missing key, an index out of range);
/// nullptr where jq would raise an error (a key of a number). Borrows from `value`.
[[nodiscard]] const json::value* find(const json::value& value, const Path& path);

/// A path in which [] stands for every element, or every member: `.items[].id`.
struct Every {
  auto operator<=>(const Every&) const = default;
};
using PlacePart = std::variant<std::string, std::int64_t, Every>;
using Places = std::vector<PlacePart>;

[[nodiscard]] std::optional<Places> parse_places(std::string_view jq);

/// What stands at these places, in order; null where jq would give null; nullopt where jq would
/// raise an error (every element of a number, of null). Borrows from `value`.
[[nodiscard]] std::optional<std::vector<const json::value*>> find_all(const json::value& value,
                                                                      const Places& places);

/// jq's truth: everything but null and false.
[[nodiscard]] bool is_true(const json::value& value);

}  // namespace expression
