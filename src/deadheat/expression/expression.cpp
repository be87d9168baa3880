#include "expression/expression.h"

#include <algorithm>
#include <charconv>

namespace expression {
namespace {

constexpr std::size_t longest_index = 9;  // digits; no array of ours has a billion elements

bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool continues_name(char c) { return starts_name(c) || is_digit(c); }

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Takes parts of a path from the front of a text. Each function takes what it names, or nothing.
class Taker {
 public:
  explicit Taker(std::string_view rest) : rest_(rest) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] char next() const { return rest_.empty() ? '\0' : rest_.front(); }

  bool take(char c) {
    if (next() != c || at_end()) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<std::string> name() {
    if (!starts_name(next())) return std::nullopt;
    const auto* end = std::find_if_not(rest_.begin(), rest_.end(), continues_name);
    return std::string(front(static_cast<std::size_t>(end - rest_.begin())));
  }

  /// A string without \(interpolation): what is left of jq's strings is JSON's.
  std::optional<std::string> string() {
    if (next() != '"') return std::nullopt;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        if (++i < rest_.size() && rest_[i] == '(') return std::nullopt;
      } else if (rest_[i] == '"') {
        const auto value = base::parse_json(front(i + 1));
        if (!value) return std::nullopt;
        return std::string(value->as_string());
      }
    }
    return std::nullopt;
  }

  std::optional<std::int64_t> index() {
    const std::size_t sign = next() == '-' ? 1 : 0;
    const auto* end = std::find_if_not(rest_.begin() + sign, rest_.end(), is_digit);
    const auto length = static_cast<std::size_t>(end - rest_.begin());
    if (length == sign || length - sign > longest_index) return std::nullopt;
    if (rest_[sign] == '0' && length - sign > 1) return std::nullopt;
    std::int64_t value = 0;
    std::from_chars(rest_.data(), rest_.data() + length, value);
    rest_.remove_prefix(length);
    return value;
  }

 private:
  std::string_view front(std::size_t length) {
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  std::string_view rest_;
};

const json::value null_value = nullptr;

const json::value* find_member(const json::value& value, const std::string& name) {
  if (value.is_null()) return &null_value;
  if (!value.is_object()) return nullptr;
  const json::value* member = value.get_object().if_contains(name);
  return member != nullptr ? member : &null_value;
}

const json::value* find_element(const json::value& value, std::int64_t index) {
  if (value.is_null()) return &null_value;
  if (!value.is_array()) return nullptr;
  const json::array& array = value.get_array();
  if (index < 0) index += static_cast<std::int64_t>(array.size());
  if (index < 0) return &null_value;
  const json::value* element = array.if_contains(static_cast<std::size_t>(index));
  return element != nullptr ? element : &null_value;
}

/// False where jq would raise an error.
bool step_into(const json::value& value, const PlacePart& part,
               std::vector<const json::value*>& found) {
  if (std::holds_alternative<Every>(part)) {
    if (const auto* array = value.if_array())
      for (const json::value& element : *array) found.push_back(&element);
    else if (const auto* object = value.if_object())
      for (const auto& member : *object) found.push_back(&member.value());
    else
      return false;
    return true;
  }
  const auto* name = std::get_if<std::string>(&part);
  found.push_back(name != nullptr ? find_member(value, *name)
                                  : find_element(value, std::get<std::int64_t>(part)));
  return found.back() != nullptr;
}

}  // namespace

std::optional<Places> parse_places(std::string_view jq) {
  Taker taker(trim(jq));
  Places path;
  if (!taker.take('.')) return std::nullopt;
  // After the first dot a name, a string, a bracket or nothing may follow; further on, a bracket
  // follows without a dot, and a name or a string only after one.
  bool after_dot = true;
  while (!taker.at_end()) {
    if (taker.next() == '[' && (!after_dot || path.empty())) {
      taker.take('[');
      if (auto name = taker.string())
        path.emplace_back(std::move(*name));
      else if (const auto index = taker.index())
        path.emplace_back(*index);
      else if (taker.next() == ']')
        path.emplace_back(Every{});
      else
        return std::nullopt;
      if (!taker.take(']')) return std::nullopt;
    } else if (!after_dot) {
      return std::nullopt;
    } else if (auto name = taker.name()) {
      path.emplace_back(std::move(*name));
    } else if (auto quoted = taker.string()) {
      path.emplace_back(std::move(*quoted));
    } else {
      return std::nullopt;
    }
    after_dot = taker.take('.');
    if (after_dot && taker.at_end()) return std::nullopt;
  }
  return path;
}

std::optional<Path> parse_path(std::string_view jq) {
  const auto places = parse_places(jq);
  if (!places) return std::nullopt;
  Path path;
  for (const PlacePart& part : *places) {
    if (const auto* name = std::get_if<std::string>(&part))
      path.emplace_back(*name);
    else if (const auto* index = std::get_if<std::int64_t>(&part))
      path.emplace_back(*index);
    else
      return std::nullopt;
  }
  return path;
}

const json::value* find(const json::value& value, const Path& path) {
  const json::value* here = &value;
  for (const auto& part : path) {
    here = std::holds_alternative<std::string>(part)
               ? find_member(*here, std::get<std::string>(part))
               : find_element(*here, std::get<std::int64_t>(part));
    if (here == nullptr) return nullptr;
  }
  return here;
}

std::optional<std::vector<const json::value*>> find_all(const json::value& value,
                                                        const Places& places) {
  std::vector<const json::value*> here{&value};
  for (const PlacePart& part : places) {
    std::vector<const json::value*> next;
    for (const json::value* each : here)
      if (!step_into(*each, part, next)) return std::nullopt;
    here = std::move(next);
  }
  return here;
}

bool is_true(const json::value& value) {
  return !value.is_null() && !(value.is_bool() && !value.get_bool());
}

}  // namespace expression
