#include "dialect/python_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "dialect/utf8.h"

namespace dialect {
namespace {

constexpr std::size_t max_integer_digits = 4300;  // sys.get_int_max_str_digits()

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// json.decoder and _json.c of CPython 3.11, message by message. An error unwinds as an exception
/// inside this file only: values would have to be checked after each of some twenty calls.
class Reader {
 public:
  Reader(std::string_view text, std::size_t max_depth) : text_(text), max_depth_(max_depth) {}

  struct Error {
    std::string message;
  };

  json::value read() {
    skip_blanks();
    json::value value = read_value(0);
    skip_blanks();
    if (at_ != text_.size()) fail("Extra data", at_);
    return value;
  }

 private:
  [[noreturn]] void fail(std::string_view message, std::size_t at) const {
    const std::string_view before = text_.substr(0, at);
    const std::size_t line_start = before.rfind('\n') + 1;  // 0 if there is none
    throw Error{fmt::format("{}: line {} column {} (char {})", message,
                            std::count(before.begin(), before.end(), '\n') + 1,
                            base::count_characters(before.substr(line_start)) + 1,
                            base::count_characters(before))};
  }

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[nodiscard]] bool at(char c) const { return at_ < text_.size() && text_[at_] == c; }

  bool take(std::string_view token) {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size()); }

  json::value read_value(std::size_t depth) {
    if (depth > max_depth_) throw Error{fmt::format("nested more than {} levels deep", max_depth_)};
    const std::size_t start = at_;
    if (at('"')) return json::value(read_string());
    if (take("{")) return read_object(depth);
    if (take("[")) return read_array(depth);
    if (take("null")) return nullptr;
    if (take("true")) return true;
    if (take("false")) return false;
    for (const std::string_view constant : {"NaN", "Infinity", "-Infinity"})
      if (take(constant))
        throw Error{
            fmt::format("Out of range float values are not JSON compliant: '{}'", constant)};
    if (auto number = read_number()) return *std::move(number);
    fail("Expecting value", start);
  }

  json::object read_object(std::size_t depth) {
    json::object object;
    skip_blanks();
    if (take("}")) return object;
    for (;;) {
      if (!at('"')) fail("Expecting property name enclosed in double quotes", at_);
      const std::string key = read_string();
      skip_blanks();
      if (!take(":")) fail("Expecting ':' delimiter", at_);
      skip_blanks();
      object[key] = read_value(depth + 1);
      skip_blanks();
      if (take("}")) return object;
      if (!take(",")) fail("Expecting ',' delimiter", at_);
      skip_blanks();
    }
  }

  json::array read_array(std::size_t depth) {
    json::array array;
    skip_blanks();
    if (take("]")) return array;
    for (;;) {
      array.push_back(read_value(depth + 1));
      skip_blanks();
      if (take("]")) return array;
      if (!take(",")) fail("Expecting ',' delimiter", at_);
      skip_blanks();
    }
  }

  void skip_digits() {
    while (is_digit(peek())) ++at_;
  }

  /// Nothing, and nothing taken, if there is no number here.
  std::optional<json::value> read_number() {
    const std::size_t start = at_;
    take("-");
    if (!is_digit(peek())) {
      at_ = start;
      return std::nullopt;
    }
    if (!take("0")) skip_digits();
    const std::size_t integer_end = at_;
    if (at('.') && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])) {
      ++at_;
      skip_digits();
    }
    if (at('e') || at('E')) {
      const std::size_t before = at_++;
      if (at('+') || at('-')) ++at_;
      if (is_digit(peek()))
        skip_digits();
      else
        at_ = before;
    }
    return number(std::string(text_.substr(start, at_ - start)), at_ == integer_end);
  }

  static json::value number(const std::string& text, bool integer) {
    if (integer) {
      const std::size_t digits = text.size() - (text.front() == '-' ? 1 : 0);
      if (digits > max_integer_digits)
        throw Error{fmt::format(
            "Exceeds the limit ({} digits) for integer string conversion: value has {} digits; use "
            "sys.set_int_max_str_digits() to increase the limit",
            max_integer_digits, digits)};
      std::int64_t value = 0;
      const char* end = text.data() + text.size();
      if (std::from_chars(text.data(), end, value).ec == std::errc{}) return value;
      std::uint64_t large = 0;
      if (std::from_chars(text.data(), end, large).ec == std::errc{}) return large;
    }
    return std::strtod(text.c_str(), nullptr);
  }

  std::string read_string() {
    const std::size_t quote = at_++;
    std::string out;
    for (;;) {
      const std::size_t plain = at_;
      while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
             static_cast<unsigned char>(text_[at_]) >= 0x20)
        ++at_;
      out.append(text_.substr(plain, at_ - plain));
      if (at_ == text_.size()) fail("Unterminated string starting at", quote);
      if (take("\"")) return out;
      if (!take("\\")) fail("Invalid control character at", at_);
      if (at_ == text_.size()) fail("Unterminated string starting at", quote);
      if (take("u"))
        base::append_utf8(out, read_code_point());
      else
        out += read_escape();
    }
  }

  char read_escape() {
    constexpr std::string_view escapes = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    const std::size_t which = escapes.find(text_[at_]);
    if (which == escapes.npos) fail("Invalid \\escape", at_ - 1);
    ++at_;
    return meanings[which];
  }

  std::uint32_t read_code_point() {
    const std::uint32_t first = read_four_digits(at_ - 1);
    const bool may_pair = first >= 0xD800 && first < 0xDC00;
    if (!may_pair || !text_.substr(at_).starts_with("\\u")) return first;
    const std::size_t before = at_;
    at_ += 2;
    const std::uint32_t second = read_four_digits(at_ - 1);
    if (second >= 0xDC00 && second < 0xE000)
      return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    at_ = before;
    return first;
  }

  std::uint32_t read_four_digits(std::size_t letter) {
    std::uint32_t value = 0;
    const std::string_view digits = text_.substr(at_, 4);
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value, 16);
    // Python wants something behind the digits too, were it only the closing quote.
    if (at_ + 4 >= text_.size() || stop != end || error != std::errc{})
      fail("Invalid \\uXXXX escape", letter);
    at_ += 4;
    return value;
  }

  std::string_view text_;
  std::size_t max_depth_;
  std::size_t at_ = 0;
};

/// Python's repr(float): the shortest digits that read back, and always a sign that it is no int.
std::string float_text(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == text.npos) text += ".0";
  return text;
}

/// True for what may not stand in a JSON text as it is, and for the first byte of U+2028 and
/// U+2029.
constexpr bool needs_care(unsigned char c) {
  return c < 0x20 || c == '"' || c == '\\' || c == 0xE2;
}
constexpr std::array<bool, 256> with_care = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c)
    table.at(c) = needs_care(static_cast<unsigned char>(c));
  return table;
}();

/// Writes the character at `at`, which needs care; how many bytes it has.
std::size_t write_carefully(std::string_view text, std::size_t at, std::string& out) {
  constexpr std::string_view escaped = "\"\\\b\f\n\r\t";
  constexpr std::string_view letters = "\"\\bfnrt";
  const char c = text[at];
  if (const std::size_t which = escaped.find(c); which != escaped.npos) {
    out += '\\';
    out += letters[which];
  } else if (static_cast<unsigned char>(c) < 0x20) {
    out += fmt::format("\\u{:04x}", c);
  } else if (text.substr(at + 1, 2) == "\x80\xA8" || text.substr(at + 1, 2) == "\x80\xA9") {
    // Valid in JSON, but line ends in the JavaScript of old; DRF escapes them.
    out += text[at + 2] == '\xA8' ? "\\u2028" : "\\u2029";
    return 3;
  } else {
    out += c;
  }
  return 1;
}

class Writer {
 public:
  explicit Writer(std::size_t indent) : indent_(indent) {}

  void write(const json::value& value, std::size_t depth) {
    if (const auto* object = value.if_object()) {
      const char* colon = indent_ > 0 ? ": " : ":";
      list('{', '}', *object, depth, [&](const auto& member) {
        append_json(member.key(), out);
        out += colon;
        write(member.value(), depth + 1);
      });
    } else if (const auto* array = value.if_array()) {
      list('[', ']', *array, depth, [&](const json::value& element) { write(element, depth + 1); });
    } else if (const auto* string = value.if_string()) {
      append_json(*string, out);
    } else if (const auto* boolean = value.if_bool()) {
      out += *boolean ? "true" : "false";
    } else {
      out += value.is_null() ? "null" : python_str(value);
    }
  }

  std::string out;

 private:
  template <class Sequence, class Element>
  void list(char open, char close, const Sequence& sequence, std::size_t depth, Element element) {
    out += open;
    for (bool first = true; const auto& each : sequence) {
      if (!std::exchange(first, false)) out += ',';
      line(depth + 1);
      element(each);
    }
    if (!sequence.empty()) line(depth);
    out += close;
  }

  void line(std::size_t depth) {
    if (indent_ > 0) out.append("\n").append(indent_ * depth, ' ');
  }

  std::size_t indent_;
};

/// repr() of a string, for the printable texts that occur: quotes as Python chooses them.
std::string python_repr(const json::value& value) {
  if (!value.is_string()) return python_str(value);
  const std::string_view text = value.get_string();
  const bool has_single = text.find('\'') != text.npos;
  const char quote = has_single && text.find('"') == text.npos ? '"' : '\'';
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\x{:02x}", c);
    } else {
      out += c;
    }
  }
  return out + quote;
}

}  // namespace

base::Result<json::value, std::string> read_json(std::string_view text, std::size_t max_depth) {
  if (text.starts_with("\xEF\xBB\xBF"))
    return base::failure(
        std::string("Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)"));
  if (const auto error = find_invalid_utf8(text)) {
    const auto lead = static_cast<unsigned char>(text[error->position]);
    return base::failure(
        error->length == 1
            ? fmt::format("'utf-8' codec can't decode byte {:#04x} in position {}: {}", lead,
                          error->position, error->reason)
            : fmt::format("'utf-8' codec can't decode bytes in position {}-{}: {}", error->position,
                          error->position + error->length - 1, error->reason));
  }
  try {
    return Reader(text, max_depth).read();
  } catch (Reader::Error& error) {
    return base::failure(std::move(error.message));
  }
}

void append_json(std::string_view text, std::string& out) {
  out += '"';
  // Runs of plain bytes at once: most texts are one.
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && !with_care[static_cast<unsigned char>(text[end])]) ++end;
    out.append(text, at, end - at);
    at = end;
    if (at < text.size()) at += write_carefully(text, at, out);
  }
  out += '"';
}

std::string write_json(const json::value& value, std::size_t indent) {
  Writer writer(indent);
  writer.write(value, 0);
  return std::move(writer.out);
}

std::string python_str(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "None";
    case json::kind::bool_:
      return value.get_bool() ? "True" : "False";
    case json::kind::int64:
      return std::to_string(value.get_int64());
    case json::kind::uint64:
      return std::to_string(value.get_uint64());
    case json::kind::double_:
      return float_text(value.get_double());
    case json::kind::string:
      return std::string(value.get_string());
    case json::kind::array:
      break;
    case json::kind::object:
      break;
  }
  std::string out;
  const bool is_object = value.is_object();
  const auto separate = [&out] {
    if (!out.empty()) out += ", ";
  };
  if (is_object) {
    for (const auto& [key, member] : value.get_object()) {
      separate();
      out += python_repr(json::value(key)) + ": " + python_repr(member);
    }
    return "{" + out + "}";
  }
  for (const json::value& element : value.get_array()) {
    separate();
    out += python_repr(element);
  }
  return "[" + out + "]";
}

std::string_view python_type(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "NoneType";
    case json::kind::bool_:
      return "bool";
    case json::kind::int64:
    case json::kind::uint64:
      return "int";
    case json::kind::double_:
      return "float";
    case json::kind::string:
      return "str";
    case json::kind::array:
      return "list";
    case json::kind::object:
      break;
  }
  return "dict";
}

}  // namespace dialect
