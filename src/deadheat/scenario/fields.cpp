#include "scenario/fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <tuple>

#include "scenario/template.h"

namespace scenario {
namespace {

constexpr std::size_t longest_guess = 40;  // characters; longer words are no misspelt keys

/// How many characters to add, take away, change or swap with their neighbour (optimal string
/// alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        table[i][j] = i + j;
        continue;
      }
      table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1,
                              table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
    }
  return table.back().back();
}

std::string wrong_key(std::string_view key, const Shape& shape) {
  for (const auto& [name, why] : shape.elsewhere)
    if (name == key) return fmt::format("'{}' {}", key, why);
  const std::string_view guess = nearest(key, shape.keys);
  const std::string shown(key.substr(0, longest_guess));
  if (!guess.empty())
    return fmt::format("'{}' is not known in {}; did you mean '{}'? (known: {})", shown, shape.what,
                       guess, fmt::join(shape.keys, ", "));
  return fmt::format("'{}' is not known in {} (known: {})", shown, shape.what,
                     fmt::join(shape.keys, ", "));
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

struct Unit {
  std::string_view name;
  double nanoseconds;
};
constexpr Unit units[] = {{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
constexpr double longest_duration = 24 * 3600e9;

}  // namespace

void expected(const yaml::Node& node, std::string_view what, Problems& problems) {
  problems.add(node.place, fmt::format("expected {}, found {}", what, yaml::description(node)));
}

std::optional<base::Nanoseconds> parse_duration(std::string_view text) {
  if (text == "0") return base::Nanoseconds(0);
  double number = 0;
  const auto read =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const std::string_view unit(read.ptr, static_cast<std::size_t>(text.end() - read.ptr));
  for (const auto& [name, nanoseconds] : units)
    if (read.ec == std::errc{} && unit == name && number >= 0 &&
        number * nanoseconds <= longest_duration)
      return base::Nanoseconds(std::llround(number * nanoseconds));
  return std::nullopt;
}

void Problems::add(Place place, std::string message) {
  problems_.push_back({file_, place, std::move(message)});
}

std::vector<Problem> Problems::take() {
  const auto key = [](const Problem& problem) {
    return std::tie(problem.place.line, problem.place.column);
  };
  std::stable_sort(problems_.begin(), problems_.end(),
                   [&](const Problem& a, const Problem& b) { return key(a) < key(b); });
  const auto end =
      std::unique(problems_.begin(), problems_.end(), [&](const Problem& a, const Problem& b) {
        return key(a) == key(b) && a.message == b.message;
      });
  problems_.erase(end, problems_.end());
  return std::move(problems_);
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() > longest_guess) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const std::string_view candidate : candidates)
    if (const std::size_t d = distance(word, candidate); d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  return best;
}

bool check_shape(const yaml::Node& node, const Shape& shape, Problems& problems) {
  if (node.kind != yaml::Node::Kind::map) {
    expected(node, fmt::format("{}: a map with {}", shape.what, fmt::join(shape.keys, ", ")),
             problems);
    return false;
  }
  for (const yaml::Key& key : node.keys)
    if (std::find(shape.keys.begin(), shape.keys.end(), key.text) == shape.keys.end())
      problems.add(key.place, wrong_key(key.text, shape));
  return true;
}

std::optional<std::string> read_text(const yaml::Node& node, std::string_view what,
                                     Problems& problems) {
  if (node.kind == yaml::Node::Kind::scalar) return node.text;
  expected(node, what, problems);
  return std::nullopt;
}

std::optional<Expression> read_expression(const yaml::Node& node, std::string_view what,
                                          Problems& problems) {
  if (node.kind == yaml::Node::Kind::scalar && !is_blank(node.text))
    return Expression{node.text, node.place};
  if (node.kind == yaml::Node::Kind::scalar)
    problems.add(node.place, fmt::format("expected {}, found an empty text", what));
  else
    expected(node, what, problems);
  return std::nullopt;
}

std::optional<std::int64_t> read_integer(const yaml::Node& node, std::string_view what,
                                         std::int64_t least, std::int64_t most,
                                         Problems& problems) {
  if (node.kind == yaml::Node::Kind::scalar)
    if (const auto value = yaml::scalar_value(node); value && value->is_int64())
      if (value->get_int64() >= least && value->get_int64() <= most) return value->get_int64();
  expected(node, fmt::format("{}: a whole number from {} to {}", what, least, most), problems);
  return std::nullopt;
}

std::optional<base::Nanoseconds> read_duration(const yaml::Node& node, std::string_view what,
                                               Problems& problems) {
  if (node.kind == yaml::Node::Kind::scalar)
    if (const auto duration = parse_duration(node.text)) return duration;
  expected(node, fmt::format("{}: a duration such as 60s, 250ms or 2m, at most 24h", what),
           problems);
  return std::nullopt;
}

std::optional<bool> read_truth(const yaml::Node& node, Problems& problems) {
  if (node.kind == yaml::Node::Kind::scalar) {
    if (node.text == "true") return true;
    if (node.text == "false") return false;
  }
  expected(node, "true or false", problems);
  return std::nullopt;
}

std::optional<json::value> read_json(const yaml::Node& node, Problems& problems) {
  using Kind = yaml::Node::Kind;
  if (node.kind == Kind::map) {
    json::object object;
    for (std::size_t i = 0; i < node.keys.size(); ++i)
      if (auto member = read_json(node.items[i], problems))
        object.emplace(node.keys[i].text, std::move(*member));
    return object;
  }
  if (node.kind == Kind::sequence) {
    json::array array;
    for (const yaml::Node& item : node.items)
      if (auto element = read_json(item, problems)) array.push_back(std::move(*element));
    return array;
  }
  auto value = yaml::scalar_value(node);
  if (value) return std::move(*value);
  problems.add(value.error().place, value.error().message);
  return std::nullopt;
}

std::vector<const yaml::Node*> items_of(const yaml::Node& node) {
  std::vector<const yaml::Node*> items;
  if (node.kind == yaml::Node::Kind::sequence)
    for (const yaml::Node& item : node.items) items.push_back(&item);
  else
    items.push_back(&node);
  return items;
}

bool check_name(Place place, std::string_view name, std::string_view what, Problems& problems) {
  if (is_name(name)) return true;
  problems.add(place, fmt::format("the name of {} has only letters, digits and '_', and does "
                                  "not begin with a digit, found \"{}\"",
                                  what, name.substr(0, 60)));
  return false;
}

bool is_id(std::string_view text) {
  constexpr std::string_view others = "-_.";
  return !text.empty() && text.front() != '-' && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_name(std::string("_") + c) || others.find(c) != std::string_view::npos;
         });
}

bool is_token(std::string_view text) {
  static constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

}  // namespace scenario
