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

struct Dotenv {
  /// By first occurrence; of repeated names the last value. Nothing: a name without "=".
  std::vector<std::pair<std::string, std::optional<std::string>>> values;
  /// Lines that could not be read, from 1; they are passed over.
  std::vector<std::size_t> bad_lines;
};

/// Which value ${NAME} means when both the file and the environment have one.
enum class Winner { environment, file };

/// Reads the bytes of a file. ${NAME} and ${NAME:-default} are replaced outside and inside of
/// quotes alike. The error is a message: the bytes are not UTF-8.
[[nodiscard]] base::Result<Dotenv, std::string> read_dotenv(std::string_view bytes,
                                                            const Environment& environment,
                                                            Winner winner);

/// As load_dotenv() does: the environment, and what the file adds to it.
[[nodiscard]] Environment with_dotenv(Environment environment, const Dotenv& file);

}  // namespace settings
