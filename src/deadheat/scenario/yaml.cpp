#include "scenario/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <istream>
#include <map>
#include <set>
#include <streambuf>
#include <utility>

#include "base/utf8.h"

namespace scenario::yaml {
namespace {

constexpr std::size_t bytes_of_a_node = 100;
constexpr base::Bytes most_shown{60};  // of a value in a message

/// yaml-cpp counts bytes; editors count characters.
class Places {
 public:
  explicit Places(std::string_view text) : text_(text) {
    lines_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') lines_.push_back(i + 1);
  }

  [[nodiscard]] Place of(const YAML::Mark& mark) {
    const auto line = static_cast<std::size_t>(std::max(mark.line, 0));
    const auto column = static_cast<std::size_t>(std::max(mark.column, 0));
    // Marks mostly come in order. To count from the last one keeps a file of one long line linear.
    if (line != last_line_ || column < last_column_) {
      last_line_ = line;
      last_column_ = 0;
      last_continued_ = 0;
    }
    const std::string_view rest = rest_of_line(line);
    const std::string_view new_part =
        rest.substr(std::min(last_column_, rest.size())).substr(0, column - last_column_);
    last_continued_ += new_part.size() - base::count_characters(new_part);
    last_column_ = column;
    return {static_cast<int>(line) + 1, static_cast<int>(column - last_continued_) + 1};
  }

  [[nodiscard]] std::string_view rest_of_line(std::size_t line) const {
    if (line >= lines_.size()) return {};
    const std::size_t end = line + 1 < lines_.size() ? lines_[line + 1] - 1 : text_.size();
    return text_.substr(lines_[line], end - lines_[line]);
  }

 private:
  std::string_view text_;
  std::vector<std::size_t> lines_;  // where each begins
  std::size_t last_line_ = 0;
  std::size_t last_column_ = 0;     // in bytes
  std::size_t last_continued_ = 0;  // bytes before it that begin no character
};

/// Ends the reading: there is no use in going on.
struct Abandoned {
  Error error;
};

constexpr const char* quote_it = R"(; where a value begins with {{x}}, quote it: "{{x}}")";

/// Builds the tree from yaml-cpp's events. A map's keys are nodes here until its end.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(Places& places) : places_(places) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(Node{.place = places_.of(mark)}, anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const Place place = places_.of(mark);
    const bool is_string = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!is_string) refuse_tag(tag, place);
    add(Node{.kind = Node::Kind::scalar, .place = place, .text = value, .quoted = is_string},
        anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      throw Abandoned{{places_.of(mark), "an alias refers to a node that contains it"}};
    count_nodes(size_of(found->second), places_.of(mark));
    if (open_.size() + depth_of(found->second) > deepest_node) refuse_depth(places_.of(mark));
    add_counted(found->second);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::sequence, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::map, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override {
    pair_up(open_.back().node);
    close();
  }

  [[nodiscard]] Node take_root() { return std::move(root_); }
  [[nodiscard]] std::vector<Error> take_errors() { return std::move(errors_); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
  };

  void refuse_tag(const std::string& tag, Place place) {
    if (tag.empty() || tag == "?") return;
    errors_.push_back(
        {place, fmt::format("tags such as {} are not supported", base::cut(tag, most_shown))});
  }

  [[noreturn]] static void refuse_depth(Place place) {
    throw Abandoned{{place, fmt::format("nested deeper than {} levels", deepest_node)}};
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    const Place place = places_.of(mark);
    refuse_tag(tag, place);
    if (open_.size() >= deepest_node) refuse_depth(place);
    open_.push_back({Node{.kind = kind, .place = place}, anchor});
  }

  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    add(std::move(closed.node), closed.anchor);
  }

  void add(Node node, YAML::anchor_t anchor) {
    count_nodes(1, node.place);
    if (anchor != 0) {
      count_nodes(size_of(node), node.place);  // the copy that aliases are made of
      anchors_[anchor] = node;
    }
    add_counted(std::move(node));
  }

  void add_counted(Node node) {
    if (open_.empty())
      root_ = std::move(node);
    else
      open_.back().node.items.push_back(std::move(node));
  }

  void count_nodes(std::size_t more, Place place) {
    nodes_ += more;
    if (nodes_ > most_nodes)
      throw Abandoned{{place, fmt::format("more than {} values, aliases expanded", most_nodes)}};
  }

  /// In nodes; a long text counts for many, so that copies of it are bounded too.
  static std::size_t size_of(const Node& node) {
    std::size_t size = 1 + node.text.size() / bytes_of_a_node;
    for (const Key& key : node.keys) size += key.text.size() / bytes_of_a_node;
    for (const Node& item : node.items) size += size_of(item);
    return size;
  }

  static std::size_t depth_of(const Node& node) {
    std::size_t deepest = 0;
    for (const Node& item : node.items) deepest = std::max(deepest, depth_of(item));
    return deepest + 1;
  }

  /// Keys and values have come in turn.
  void pair_up(Node& map) {
    std::vector<Node> values;
    std::map<std::string, Place> seen;
    for (std::size_t i = 0; i + 1 < map.items.size(); i += 2) {
      const Node& key = map.items[i];
      Node& value = map.items[i + 1];
      if (key.kind != Node::Kind::scalar) {
        errors_.push_back({key.place, bad_key(key, value)});
        continue;
      }
      const auto [first, is_new] = seen.emplace(key.text, key.place);
      if (!is_new) {
        errors_.push_back(
            {key.place, fmt::format("the key '{}' appears twice (first in line {})",
                                    base::cut(key.text, most_shown), first->second.line)});
        continue;
      }
      // yaml-cpp notices that a value is missing only when it has read on.
      if (value.kind == Node::Kind::null) value.place = key.place;
      map.keys.push_back({key.text, key.place});
      values.push_back(std::move(value));
    }
    map.items = std::move(values);
  }

  /// {{x}} without quotes is a map whose one key is a map.
  static std::string bad_key(const Node& key, const Node& value) {
    const bool is_template = key.kind == Node::Kind::map && key.keys.size() == 1 &&
                             key.items.front().kind == Node::Kind::null &&
                             value.kind == Node::Kind::null;
    if (is_template)
      return fmt::format("without quotes YAML sees a map here; quote it: \"{{{{{}}}}}\"",
                         base::cut(key.keys.front().text, most_shown));
    if (key.kind == Node::Kind::null) return "a key is missing; the text null is written \"null\"";
    return fmt::format("expected a text as the key, found {}", description(key));
  }

  Places& places_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::size_t nodes_ = 0;
  Node root_;
  std::vector<Error> errors_;
};

/// Where `text` stops being UTF-8 or holds a control character that no text file has.
std::optional<Error> find_garbage(std::string_view text) {
  Place place{1, 1};
  for (; !text.empty(); ++place.column) {
    const auto first = static_cast<unsigned char>(text.front());
    if (first < 0x20 && first != '\t' && first != '\n' && first != '\r')
      return Error{place, fmt::format("control character 0x{:02x}: this is not a text", first)};
    const base::Character next = base::first_character(text);
    if (!next.valid) return Error{place, fmt::format("byte 0x{:02x} is not UTF-8", first)};
    if (first == '\n') place = {place.line + 1, 0};
    text.remove_prefix(next.size);
  }
  return std::nullopt;
}

/// Reads a text without copying it.
class View final : public std::streambuf {
 public:
  explicit View(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // streambuf's get area is never written to
    setg(begin, begin, begin + text.size());
  }
};

Error syntax_error(const YAML::Exception& exception, Places& places) {
  std::string message = "not YAML: " + exception.msg;
  const auto line = static_cast<std::size_t>(std::max(exception.mark.line, 0));
  if (places.rest_of_line(line).find("{{") != std::string_view::npos) message += quote_it;
  return {places.of(exception.mark), message};
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool all_of(std::string_view text, bool (*holds)(char)) {
  return !text.empty() && std::all_of(text.begin(), text.end(), holds);
}

bool is_decimal(char c) { return c >= '0' && c <= '9'; }
bool is_octal(char c) { return c >= '0' && c <= '7'; }
bool is_hexadecimal(char c) {
  return is_decimal(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::string_view without_sign(std::string_view text) {
  return !text.empty() && (text.front() == '-' || text.front() == '+') ? text.substr(1) : text;
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_float(std::string_view text) {
  text = without_sign(text);
  const std::size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos &&
      !all_of(without_sign(text.substr(exponent + 1)), is_decimal))
    return false;
  const std::string_view mantissa = text.substr(0, exponent);
  const std::size_t point = mantissa.find('.');
  if (point == std::string_view::npos) return all_of(mantissa, is_decimal);
  const std::string_view whole = mantissa.substr(0, point);
  const std::string_view fraction = mantissa.substr(point + 1);
  if (whole.empty()) return all_of(fraction, is_decimal);
  return all_of(whole, is_decimal) && (fraction.empty() || all_of(fraction, is_decimal));
}

base::Result<json::value, Error> integer(const Node& node, std::string_view digits, int radix,
                                         bool negative) {
  std::uint64_t magnitude = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, radix);
  constexpr std::uint64_t lowest = std::uint64_t{1} << 63;  // the magnitude of -2^63
  if (read.ec != std::errc{} || (negative && magnitude > lowest))
    return base::failure(
        Error{node.place, fmt::format("{} needs more than 64 bits; quote it to send it as a string",
                                      base::cut(node.text, most_shown))});
  if (negative) return json::value(static_cast<std::int64_t>(0 - magnitude));
  if (magnitude >= lowest) return json::value(magnitude);
  return json::value(static_cast<std::int64_t>(magnitude));
}

}  // namespace

base::Result<Node, std::vector<Error>> read(std::string_view text) {
  const auto one = [](Error error) { return base::failure(std::vector<Error>{std::move(error)}); };
  if (text.size() > largest_text)
    return one(
        {{1, 1}, fmt::format("{} bytes; a scenario has at most {}", text.size(), largest_text)});
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (auto garbage = find_garbage(text)) return one(std::move(*garbage));

  Places places(text);
  View view(text);
  std::istream stream(&view);
  try {
    YAML::Parser parser(stream);
    Builder builder(places);
    if (!parser.HandleNextDocument(builder)) return one({{1, 1}, "the file is empty"});
    Builder second(places);
    if (parser.HandleNextDocument(second))
      return one({second.take_root().place, "a second document; expected one"});
    std::vector<Error> errors = builder.take_errors();
    if (!errors.empty()) return base::failure(std::move(errors));
    return builder.take_root();
  } catch (const Abandoned& abandoned) {
    return one(abandoned.error);
  } catch (const YAML::Exception& exception) {
    return one(syntax_error(exception, places));
  }
}

const Node* find(const Node& map, std::string_view key) {
  for (std::size_t i = 0; i < map.keys.size(); ++i)
    if (map.keys[i].text == key) return &map.items[i];
  return nullptr;
}

base::Result<json::value, Error> scalar_value(const Node& scalar) {
  const std::string_view text = scalar.text;
  if (scalar.kind == Node::Kind::null) return json::value(nullptr);
  if (scalar.quoted) return json::value(text);
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return json::value(nullptr);
  if (is_one_of(text, {"true", "True", "TRUE"})) return json::value(true);
  if (is_one_of(text, {"false", "False", "FALSE"})) return json::value(false);
  if (is_one_of(without_sign(text), {".inf", ".Inf", ".INF"}) ||
      is_one_of(text, {".nan", ".NaN", ".NAN"}))
    return base::failure(Error{scalar.place, "JSON has no infinity and no NaN"});
  if (text.starts_with("0x") && all_of(text.substr(2), is_hexadecimal))
    return integer(scalar, text.substr(2), 16, false);
  if (text.starts_with("0o") && all_of(text.substr(2), is_octal))
    return integer(scalar, text.substr(2), 8, false);
  if (all_of(without_sign(text), is_decimal))
    return integer(scalar, without_sign(text), 10, text.front() == '-');
  if (!is_float(text)) return json::value(text);

  const std::string_view unsigned_plus = text.front() == '+' ? text.substr(1) : text;
  double number = 0;
  const auto read =
      std::from_chars(unsigned_plus.data(), unsigned_plus.data() + unsigned_plus.size(), number);
  if (read.ec != std::errc{} || !std::isfinite(number))
    return base::failure(Error{scalar.place, fmt::format("{} is beyond what a double can hold",
                                                         base::cut(text, most_shown))});
  return json::value(number);
}

std::string description(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::map:
      return "a map";
    case Node::Kind::scalar:
      break;
  }
  const auto value = scalar_value(node);
  if (!value || value->is_number()) return "the number " + base::cut(node.text, most_shown);
  if (value->is_bool()) return "the value " + node.text;
  if (value->is_null()) return "nothing";
  return "the text \"" + base::cut(node.text, most_shown) + "\"";
}

}  // namespace scenario::yaml
