#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/names.h"
#include "scenario/problem.h"
#include "scenario/scenario.h"
#include "scenario/yaml.h"

/// Reads YAML nodes as what a scenario wants them to be. A function that returns nothing has noted
/// the problem.
namespace scenario {

class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  void add(Place place, std::string message);
  [[nodiscard]] bool empty() const { return problems_.empty(); }
  /// In the order of the file, each once.
  [[nodiscard]] std::vector<Problem> take();

 private:
  std::string file_;
  std::vector<Problem> problems_;
};

/// What a map may contain.
struct Shape {
  std::string_view what;  // "a request"
  std::vector<std::string_view> keys;
  /// Keys that are known, but not here, and why not: "belongs to an actor".
  std::vector<std::pair<std::string_view, std::string_view>> elsewhere = {};
};

/// True if `node` is a map. Its keys that `shape` does not have are noted.
bool check_shape(const yaml::Node& node, const Shape& shape, Problems& problems);

/// The candidate that `word` was most likely meant to be; empty where none is near.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       std::span<const std::string_view> candidates);

/// Notes "expected {what}, found a list".
void expected(const yaml::Node& node, std::string_view what, Problems& problems);

/// `what` names the node in messages: "expected {what}, found a list".
std::optional<std::string> read_text(const yaml::Node& node, std::string_view what,
                                     Problems& problems);
std::optional<Expression> read_expression(const yaml::Node& node, std::string_view what,
                                          Problems& problems);
std::optional<std::int64_t> read_integer(const yaml::Node& node, std::string_view what,
                                         std::int64_t least, std::int64_t most, Problems& problems);
/// "60s", "250ms", "1.5s", "2m", "0"; at most 24h.
std::optional<base::Nanoseconds> parse_duration(std::string_view text);
std::optional<base::Nanoseconds> read_duration(const yaml::Node& node, std::string_view what,
                                               Problems& problems);
/// true or false.
std::optional<bool> read_truth(const yaml::Node& node, Problems& problems);
/// The value that the node names.
template <class E>
std::optional<E> read_choice(const yaml::Node& node, const base::Names<E>& names,
                             Problems& problems) {
  std::optional<E> value;
  if (node.kind == yaml::Node::Kind::scalar) value = names.value_of(node.text);
  if (!value) expected(node, names.joined(), problems);
  return value;
}
/// A JSON document. Strings and keys stay as they are, templates too.
std::optional<json::value> read_json(const yaml::Node& node, Problems& problems);

/// A list's items; a single text is a list of one.
[[nodiscard]] std::vector<const yaml::Node*> items_of(const yaml::Node& node);

/// Whether `name` is a name; `what` says of what.
bool check_name(Place place, std::string_view name, std::string_view what, Problems& problems);

/// What names a scenario or a rule: letters, digits, '-', '_' and '.'.
[[nodiscard]] bool is_id(std::string_view text);

/// A token of RFC 9110, 5.6.2: methods and header names.
[[nodiscard]] bool is_token(std::string_view text);

}  // namespace scenario
