#include "settings/dotenv.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace settings {
namespace {

using Text = std::u32string_view;

/// Line ends become \n, as Python's text files have it.
base::Result<std::u32string, std::string> decode(std::string_view bytes) {
  std::u32string text;
  for (std::size_t i = 0; i < bytes.size();) {
    const base::Character next = base::first_character(bytes.substr(i));
    if (!next.valid) return base::failure(fmt::format("byte {} is not UTF-8", i));
    i += next.size;
    const bool ends_line = next.code == '\r';
    if (ends_line && i < bytes.size() && bytes[i] == '\n') ++i;
    text += ends_line ? U'\n' : next.code;
  }
  return text;
}

std::string encode(Text text) {
  std::string out;
  for (const char32_t c : text) base::append_utf8(out, c);
  return out;
}

/// \s of Python's regular expressions.
bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

class Parser {
 public:
  explicit Parser(Text text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }

  Binding next() {
    Binding binding{.line = line_of(at_)};
    take_while(is_space);
    if (at_end()) return binding;
    take_export();
    if (read_key(binding) && read_value(binding) && read_end_of_line()) return binding;
    take_while([](char32_t c) { return c != '\n'; });
    if (!at_end()) ++at_;
    return {.line = binding.line, .bad = true};
  }

 private:
  static bool is_blank(char32_t c) { return is_space(c) && c != '\n'; }

  [[nodiscard]] bool at(char32_t c) const { return at_ < text_.size() && text_[at_] == c; }

  template <class Predicate>
  Text take_while(Predicate predicate) {
    const std::size_t start = at_;
    while (at_ < text_.size() && predicate(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  void take_export() {
    constexpr Text word = U"export";
    if (!text_.substr(at_).starts_with(word)) return;
    const std::size_t start = at_;
    at_ += word.size();
    if (take_while(is_blank).empty()) at_ = start;
  }

  bool read_key(Binding& binding) {
    if (at('#')) return true;
    if (at('\'')) {
      const std::size_t end = text_.find(U'\'', at_ + 1);
      if (end == text_.npos || end == at_ + 1) return false;
      binding.key = encode(text_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
      return true;
    }
    const Text key = take_while([](char32_t c) { return c != '=' && c != '#' && !is_space(c); });
    binding.key = encode(key);
    return !key.empty();
  }

  bool read_value(Binding& binding) {
    take_while(is_blank);
    if (!at('=')) return true;
    ++at_;
    take_while(is_blank);
    if (at('\'')) return read_quoted('\'', U"\\'", binding);
    if (at('"')) return read_quoted('"', U"\\'\"abfnrtv", binding);
    binding.value = unquoted(take_while([](char32_t c) { return c != '\n'; }));
    return true;
  }

  /// Up to the next quote that no backslash precedes: the expression is "((?:\\"|[^"])*)", which
  /// gives back an escaped quote as the end if there is no other.
  bool read_quoted(char32_t quote, Text escapes, Binding& binding) {
    const std::size_t start = at_ + 1;
    std::size_t end = text_.npos;
    for (std::size_t i = start; i < text_.size(); ++i) {
      if (text_[i] != quote) continue;
      end = i;
      if (text_[i - 1] != '\\' || i == start) break;
    }
    if (end == text_.npos) return false;
    binding.value = unescaped(text_.substr(start, end - start), escapes);
    at_ = end + 1;
    return true;
  }

  static std::string unescaped(Text text, Text escapes) {
    constexpr Text letters = U"abfnrtv";
    constexpr Text meanings = U"\a\b\f\n\r\t\v";
    std::u32string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool escaped =
          text[i] == '\\' && i + 1 < text.size() && escapes.find(text[i + 1]) != escapes.npos;
      if (escaped) ++i;
      const std::size_t which = escaped ? letters.find(text[i]) : letters.npos;
      out += which == letters.npos ? text[i] : meanings[which];
    }
    return encode(out);
  }

  /// A comment begins at a # with a blank before it.
  static std::string unquoted(Text text) {
    for (std::size_t i = 1; i < text.size(); ++i)
      if (text[i] == '#' && is_space(text[i - 1])) {
        text = text.substr(0, i);
        break;
      }
    if (text.ends_with(U'#') && text.size() > 1 && is_space(text[text.size() - 2]))
      text.remove_suffix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return encode(text);
  }

  bool read_end_of_line() {
    take_while(is_blank);
    if (at('#')) take_while([](char32_t c) { return c != '\n'; });
    if (at_end()) return true;
    if (!at('\n')) return false;
    ++at_;
    return true;
  }

  [[nodiscard]] std::size_t line_of(std::size_t at) const {
    const Text before = text_.substr(0, at);
    return static_cast<std::size_t>(std::count(before.begin(), before.end(), U'\n')) + 1;
  }

  Text text_;
  std::size_t at_ = 0;
};

/// Replaces ${NAME} and ${NAME:-default}; what only looks like them stays.
template <class Lookup>
std::string interpolate(std::string_view text, const Lookup& lookup) {
  std::string out;
  for (;;) {
    const std::size_t open = text.find("${");
    const std::size_t close = open == text.npos ? open : text.find('}', open);
    if (close == text.npos) return out.append(text);
    const std::string_view inside = text.substr(open + 2, close - open - 2);
    const std::size_t colon = inside.find(':');
    const bool has_default = colon != inside.npos && inside.substr(colon).starts_with(":-");
    if (colon != inside.npos && !has_default) {
      out.append(text.substr(0, open + 2));
      text.remove_prefix(open + 2);
      continue;
    }
    const std::string_view otherwise = has_default ? inside.substr(colon + 2) : "";
    out.append(text.substr(0, open)).append(lookup(inside.substr(0, colon), otherwise));
    text.remove_prefix(close + 1);
  }
}

auto position(auto& file, std::string_view name) {
  return std::find_if(file.values.begin(), file.values.end(),
                      [&](const auto& value) { return value.first == name; });
}

void add(Dotenv& file, Binding binding) {
  if (binding.bad) file.bad_lines.push_back(binding.line);
  if (!binding.key) return;
  if (const auto known = position(file, *binding.key); known != file.values.end())
    known->second = std::move(binding.value);
  else
    file.values.emplace_back(*std::move(binding.key), std::move(binding.value));
}

}  // namespace

base::Result<std::vector<Binding>, std::string> parse_dotenv(std::string_view bytes) {
  const auto text = decode(bytes);
  if (!text) return base::failure(text.error());
  std::vector<Binding> bindings;
  for (Parser parser(*text); !parser.at_end();) bindings.push_back(parser.next());
  return bindings;
}

Dotenv collect(std::vector<Binding> bindings) {
  Dotenv file;
  for (Binding& binding : bindings) add(file, std::move(binding));
  return file;
}

base::Result<Dotenv, std::string> read_dotenv(std::string_view bytes,
                                              const Environment& environment, Winner winner) {
  auto bindings = parse_dotenv(bytes);
  if (!bindings) return base::failure(bindings.error());
  Dotenv file;
  const auto lookup = [&](std::string_view name, std::string_view otherwise) -> std::string {
    const auto mine = position(file, name);
    const auto theirs = environment.find(name);
    const bool take_theirs =
        theirs != environment.end() && (winner == Winner::environment || mine == file.values.end());
    if (take_theirs) return theirs->second;
    if (mine == file.values.end()) return std::string(otherwise);
    return mine->second.value_or("");
  };
  for (Binding& binding : *bindings) {
    if (binding.value) binding.value = interpolate(*binding.value, lookup);
    add(file, std::move(binding));
  }
  return file;
}

Environment with_dotenv(Environment environment, const Dotenv& file, Winner winner) {
  for (const auto& [name, value] : file.values) {
    if (!value) continue;
    if (winner == Winner::file)
      environment[name] = *value;
    else
      environment.emplace(name, *value);
  }
  return environment;
}

}  // namespace settings
