#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Texts as UTF-8, over utf8proc: no other file decodes a character or cuts a text. Pure, safe on
/// any bytes and any thread; what is not UTF-8 counts byte by byte. A text that is not empty is
/// asked for where "the first" is.
namespace base {

inline constexpr char32_t replacement = 0xFFFD;
/// What stands for the rest of a text that was cut.
inline constexpr std::string_view ellipsis = "…";

/// One code point. Overlong forms, surrogates and what lies beyond U+10FFFF are not UTF-8.
struct Character {
  char32_t code = replacement;
  std::size_t size = 1;  // in bytes
  bool valid = false;    // else one byte that is not UTF-8
};
[[nodiscard]] Character first_character(std::string_view text);

/// Appends the UTF-8 of `code`, at most U+10FFFF; that of a surrogate, too, though `is_utf8`
/// refuses it.
void append_utf8(std::string& text, char32_t code);

[[nodiscard]] bool is_utf8(std::string_view text);

/// The text with U+FFFD in place of each byte that is not UTF-8.
[[nodiscard]] std::string valid_utf8(std::string_view text);

/// The code points that begin in a text of UTF-8.
[[nodiscard]] std::size_t count_characters(std::string_view text);

struct Bytes {
  std::size_t count = 0;
};

/// Columns of a terminal.
struct Columns {
  int count = 0;
};

/// What a reader takes for one character, and what must not be torn apart: a letter and its
/// accents, the Jamo of a syllable, a flag, an emoji with its skin or all that joiners join (UAX
/// #29).
struct Cluster {
  std::size_t size = 1;  // in bytes
  /// East Asian wide characters and emoji take two; combining marks, format characters and
  /// controls none; a byte that is not UTF-8 takes one.
  int columns = 1;
};
[[nodiscard]] Cluster first_cluster(std::string_view text);

/// The columns of all its clusters.
[[nodiscard]] int display_width(std::string_view text);

/// The bytes of the longest beginning in whole clusters that fits in `most`.
[[nodiscard]] std::size_t fitting(std::string_view text, Columns most);

/// The text, or as many of its clusters as `most` bytes hold and an ellipsis behind them: a limit
/// on what is kept of a text.
[[nodiscard]] std::string cut(std::string_view text, Bytes most);

/// The text, or its beginning and an ellipsis in `most` columns: a limit on what is shown. Nothing
/// where there is no column.
[[nodiscard]] std::string cut(std::string_view text, Columns most);

}  // namespace base
