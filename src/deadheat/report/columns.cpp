#include "report/columns.h"

#include <algorithm>
#include <cstddef>

#include "base/utf8.h"

namespace report {
namespace {

/// Obeyed by terminals or editors, and with no picture of its own.
bool is_obeyed(char32_t code) {
  return (code >= 0x80 && code < 0xA0) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

int display_width(std::string_view text) { return base::display_width(visible(text)); }

std::string visible(std::string_view text) {
  constexpr char32_t pictures = 0x2400, picture_of_delete = 0x2421;
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const base::Character next = base::first_character(text);
    if (!next.valid || is_obeyed(next.code))
      base::append_utf8(result, base::replacement);
    else if (next.code == 0x7F)
      base::append_utf8(result, picture_of_delete);
    else if (next.code < 0x20)
      base::append_utf8(result, pictures + next.code);
    else
      result += text.substr(0, next.size);
    text.remove_prefix(next.size);
  }
  return result;
}

std::string cut(std::string_view text, int columns) {
  return base::cut(visible(text), base::Columns{columns});
}

std::string pad(std::string_view text, int columns) {
  std::string shown = cut(text, columns);
  shown.append(static_cast<std::size_t>(std::max(0, columns - base::display_width(shown))), ' ');
  return shown;
}

std::vector<std::string> wrap(std::string_view text, int columns) {
  const std::string shown = visible(text);
  std::string_view rest = shown;
  std::vector<std::string> lines;
  while (base::display_width(rest) > columns) {
    std::size_t size = base::fitting(rest, base::Columns{columns});
    if (size == 0) size = base::first_cluster(rest).size;  // wider than a whole line
    const bool at_blank = size < rest.size() && rest[size] == ' ';
    const std::size_t blank = at_blank ? size : rest.substr(0, size).rfind(' ');
    // A break early in the line would waste most of it on a word that does not fit anyway.
    const bool early = blank == std::string_view::npos || blank < size / 3;
    if (early) {
      // After a mark in its second half; JSON reads best broken after commas.
      std::size_t mark = rest.substr(0, size).find_last_of(",;&");
      if (mark == std::string_view::npos || mark < size / 2)
        mark = rest.substr(0, size).find_last_of("/:=?}])_-");
      if (mark != std::string_view::npos && mark >= size / 2) size = mark + 1;
    } else {
      size = blank;
    }
    lines.emplace_back(rest.substr(0, size));
    rest.remove_prefix(size);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  }
  if (!rest.empty() || lines.empty()) lines.emplace_back(rest);
  return lines;
}

}  // namespace report
