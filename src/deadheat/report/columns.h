#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Text measured in terminal columns. All of it is safe on bytes that are not UTF-8.
namespace report {

/// The columns a text takes on a terminal once it is made visible (base/utf8.h has what takes how
/// many).
[[nodiscard]] int display_width(std::string_view text);

/// The text without anything that a terminal would obey: control characters become their
/// pictures (␛ for an escape), and C1 controls, line separators, bidirectional overrides and bytes
/// that are not UTF-8 become �. What a target answers must not move the cursor of who tests it.
[[nodiscard]] std::string visible(std::string_view text);

/// Visible, and at most `columns` wide: what is too long ends in … and never within a character.
[[nodiscard]] std::string cut(std::string_view text, int columns);

/// Cut, or filled up with blanks, to exactly `columns`.
[[nodiscard]] std::string pad(std::string_view text, int columns);

/// Lines of visible text, at most `columns` wide, broken at blanks; a longer word (JSON, a path) is
/// broken after a mark such as a comma, or else where it must be. At least one line.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, int columns);

}  // namespace report
