#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

/// `.env` files as python-dotenv reads them (its parser.py and variables.py).
namespace settings {

using Environment = std::map<std::string, std::string, std::less<>>;

/// One statement of a file: a line, or what a quoted value made of several. Blank lines and
/// comments have no key.
struct Binding {
  std::optional<std::string> key;
  std::optional<std::string> value;  // nothing: there is no "="
  std::size_t line = 1;              // where it begins
  bool bad = false;                  // could not be read; passed over

  bool operator==(const Binding&) const = default;
};

struct Dotenv {
  /// By first occurrence; of repeated names the last value. Nothing: a name without "=".
  std::vector<std::pair<std::string, std::optional<std::string>>> values;
  /// Lines that could not be read, from 1; they are passed over.
  std::vector<std::size_t> bad_lines;
};

/// Which value ${NAME} means when both the file and the environment have one.
enum class Winner { environment, file };

/// Takes the bytes of a file apart. The error is a message: the bytes are not UTF-8.
[[nodiscard]] base::Result<std::vector<Binding>, std::string> parse_dotenv(std::string_view bytes);

/// What the bindings say, each name with its last value, as it was written.
[[nodiscard]] Dotenv collect(std::vector<Binding> bindings);

/// Reads the bytes of a file. ${NAME} and ${NAME:-default} are replaced outside and inside of
/// quotes alike. The error is a message: the bytes are not UTF-8.
[[nodiscard]] base::Result<Dotenv, std::string> read_dotenv(std::string_view bytes,
                                                            const Environment& environment,
                                                            Winner winner);

/// As load_dotenv() does: the environment, and what the file adds to it; what both name is the
/// winner's.
[[nodiscard]] Environment with_dotenv(Environment environment, const Dotenv& file,
                                      Winner winner = Winner::environment);

}  // namespace settings
