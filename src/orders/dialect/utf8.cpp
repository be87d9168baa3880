#include "dialect/utf8.h"

#include <algorithm>

#include "base/utf8.h"

namespace dialect {
namespace {

unsigned char byte(char c) { return static_cast<unsigned char>(c); }

bool is_continuation(char c) { return (byte(c) & 0xC0) == 0x80; }

/// Bytes that a lead byte announces; 0 if it cannot begin a character.
std::size_t announced(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  return lead < 0xF5 ? 4 : 0;
}

/// Table 3-7 of the Unicode standard: some leads narrow what may come second.
bool may_follow(unsigned char lead, char second) {
  if (!is_continuation(second)) return false;
  switch (lead) {
    case 0xE0:
      return byte(second) >= 0xA0;
    case 0xED:
      return byte(second) <= 0x9F;
    case 0xF0:
      return byte(second) >= 0x90;
    case 0xF4:
      return byte(second) <= 0x8F;
    default:
      return true;
  }
}

std::optional<Utf8Error> find_from(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const std::size_t size = announced(byte(text[at]));
    if (size == 0) return Utf8Error{at, 1, "invalid start byte"};
    for (std::size_t i = 1; i < size; ++i) {
      if (at + i == text.size()) return Utf8Error{at, i, "unexpected end of data"};
      const char next = text[at + i];
      if (i == 1 ? may_follow(byte(text[at]), next) : is_continuation(next)) continue;
      return Utf8Error{at, i, "invalid continuation byte"};
    }
    at += size;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Utf8Error> find_invalid_utf8(std::string_view text) { return find_from(text, 0); }

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  while (const auto error = find_from(text, at)) {
    out.append(text.substr(at, error->position - at)).append("\xEF\xBF\xBD");
    at = error->position + error->length;
  }
  return out.append(text.substr(at));
}

std::vector<char32_t> surrogates_in(std::string_view text) {
  std::vector<char32_t> found;
  // In UTF-8 what follows ED is below A0, where the surrogates begin.
  for (std::size_t at = text.find('\xED'); at != text.npos; at = text.find('\xED', at + 1)) {
    if (at + 2 >= text.size() || byte(text[at + 1]) < 0xA0) continue;
    found.push_back(0xD000U | (byte(text[at + 1]) & 0x3FU) << 6U | (byte(text[at + 2]) & 0x3FU));
  }
  return found;
}

bool is_blank(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

std::string_view strip(std::string_view text) {
  std::size_t first = text.size();
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const base::Character next = base::first_character(text.substr(at));
    if (!is_blank(next.code)) {
      first = std::min(first, at);
      end = at + next.size;
    }
    at += next.size;
  }
  return first < end ? text.substr(first, end - first) : std::string_view();
}

}  // namespace dialect
