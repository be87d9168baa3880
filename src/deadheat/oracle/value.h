#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

/// How the oracle looks at single values: when two are the same, when one reads as a time, how a
/// text is cut.
namespace oracle {

/// null, bool, number, string, array, object: integers and decimals are one kind.
enum class Kind { null, boolean, number, text, array, object };
[[nodiscard]] Kind kind_of(const json::value& value);

/// The same kind and the same value.
[[nodiscard]] bool same(const json::value& a, const json::value& b);

/// What a number or a string says, without quotes: values of both kinds compare by it. JSON text
/// for anything else.
[[nodiscard]] std::string text_of(const json::value& value);

/// How many leaves differ; a missing member or element costs three, another kind ten. Leaves are
/// alike where they are the same, or where `alike` says so.
using Alike = std::function<bool(const json::value&, const json::value&)>;
[[nodiscard]] int distance(const json::value& a, const json::value& b,
                           const Alike& alike = nullptr);

/// Who goes with whom at the least cost in all: element i of the result is the column of row i.
/// `cost` is square. Exact (the Hungarian method, cubic) up to 64 rows; beyond that each row takes
/// the nearest column that is left.
[[nodiscard]] std::vector<std::size_t> cheapest_pairing(const std::vector<std::vector<int>>& cost);

/// Seconds since the epoch, if the value reads as a time: ISO 8601, an HTTP date, or a number of
/// seconds, milliseconds or microseconds between 2001 and 2096. Digits in a text are an identifier.
[[nodiscard]] std::optional<double> as_time(const json::value& value);
[[nodiscard]] std::optional<double> as_time(std::string_view text);

/// What a number says, or a text that is a decimal number ("12.50").
[[nodiscard]] std::optional<double> as_number(const json::value& value);

/// The claims of a JSON Web Token as {"$jwt": claims}: times in it are times then, and ids are ids.
/// Nothing for any other text.
[[nodiscard]] std::optional<json::value> open_token(std::string_view text);

/// A text in pieces, with what stands between them: separators.size() + 1 == pieces.size().
struct Cut {
  std::vector<std::string> pieces;
  std::vector<std::string> separators;
};

/// At blanks, quotes, brackets, & ? and at = before a letter or digit.
[[nodiscard]] Cut cut_into_words(std::string_view text);
/// At everything that is neither letter nor digit. Letters beyond ASCII are letters; a UUID is one
/// part: in its groups of four digits two of them may be equal by chance.
[[nodiscard]] Cut cut_into_parts(std::string_view word);

/// No blank, quote, bracket, comma, semicolon, & or ? in it, and not empty: what may be an
/// identifier.
[[nodiscard]] bool is_token(std::string_view text);

}  // namespace oracle
