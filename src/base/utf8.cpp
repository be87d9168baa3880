#include "base/utf8.h"

#include <utf8proc.h>

#include <algorithm>

namespace base {
namespace {

constexpr char32_t joiner = 0x200D;
constexpr char32_t as_emoji = 0xFE0F;

bool is_control(char32_t code) { return code < 0x20 || (code >= 0x7F && code < 0xA0); }

bool is_skin(char32_t code) { return code >= 0x1F3FB && code <= 0x1F3FF; }

const utf8proc_property_t& property(char32_t code) {
  return *utf8proc_get_property(static_cast<utf8proc_int32_t>(code));
}

bool is_pictograph(char32_t code) {
  return property(code).boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/// utf8proc's width but for two kinds, where terminals agree with each other and not with it: it
/// gives none to spacing marks (the vowel signs of Indic scripts), and one to the vowels and finals
/// of Jamo, which complete the syllable that their initial has opened. The machine's wcwidth() is
/// no choice: it answers by the locale, and a report must not.
int width_of(char32_t code) {
  const auto bound = property(code).boundclass;
  if (bound == UTF8PROC_BOUNDCLASS_V || bound == UTF8PROC_BOUNDCLASS_T) return 0;
  const auto point = static_cast<utf8proc_int32_t>(code);
  if (utf8proc_category(point) == UTF8PROC_CATEGORY_MC) return 1;
  return utf8proc_charwidth(point);
}

bool breaks_between(char32_t before, char32_t after, utf8proc_int32_t& state) {
  return utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(before),
                                          static_cast<utf8proc_int32_t>(after), &state);
}

}  // namespace

Character first_character(std::string_view text) {
  utf8proc_int32_t code = -1;
  const auto size =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                       static_cast<utf8proc_ssize_t>(std::min<std::size_t>(text.size(), 4)), &code);
  if (size <= 0) return {};
  return {static_cast<char32_t>(code), static_cast<std::size_t>(size), true};
}

void append_utf8(std::string& text, char32_t code) {
  utf8proc_uint8_t bytes[4];
  const auto size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code), bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Character next = first_character(text);
    if (!next.valid) return false;
    text.remove_prefix(next.size);
  }
  return true;
}

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const Character next = first_character(text);
    if (next.valid)
      valid += text.substr(0, next.size);
    else
      append_utf8(valid, replacement);
    text.remove_prefix(next.size);
  }
  return valid;
}

std::size_t count_characters(std::string_view text) {
  const auto begins = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; };
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins));
}

Cluster first_cluster(std::string_view text) {
  const Character base = first_character(text);
  // A control is alone, though UAX #29 keeps a carriage return with its line feed: each is shown.
  if (!base.valid) return {};
  if (is_control(base.code)) return {base.size, 0};
  Cluster cluster{base.size, width_of(base.code)};
  utf8proc_int32_t state = 0;
  for (char32_t last = base.code; cluster.size < text.size();) {
    const Character next = first_character(text.substr(cluster.size));
    if (!next.valid || breaks_between(last, next.code, state)) break;
    const bool joined = last == joiner && is_pictograph(next.code);
    const bool skin = is_skin(next.code) && is_pictograph(base.code);
    if (next.code == as_emoji && is_pictograph(base.code))
      cluster.columns = 2;
    else if (!joined && !skin)
      cluster.columns += width_of(next.code);
    cluster.size += next.size;
    last = next.code;
  }
  return cluster;
}

int display_width(std::string_view text) {
  int columns = 0;
  while (!text.empty()) {
    const Cluster next = first_cluster(text);
    columns += next.columns;
    text.remove_prefix(next.size);
  }
  return columns;
}

std::size_t fitting(std::string_view text, Columns most) {
  std::size_t size = 0;
  while (size < text.size()) {
    const Cluster next = first_cluster(text.substr(size));
    most.count -= next.columns;
    if (most.count < 0) break;
    size += next.size;
  }
  return size;
}

std::string cut(std::string_view text, Bytes most) {
  if (text.size() <= most.count) return std::string(text);
  std::size_t size = 0;
  for (std::size_t next = 0; size + next <= most.count;
       next = first_cluster(text.substr(size)).size)
    size += next;
  return std::string(text.substr(0, size)).append(ellipsis);
}

std::string cut(std::string_view text, Columns most) {
  if (most.count <= 0) return {};
  if (fitting(text, most) == text.size()) return std::string(text);
  return std::string(text.substr(0, fitting(text, Columns{most.count - 1}))).append(ellipsis);
}

}  // namespace base
