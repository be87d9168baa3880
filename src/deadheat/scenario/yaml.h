#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "scenario/scenario.h"

/// YAML with places. yaml-cpp delivers events; what they mean (the core schema of YAML 1.2, that
/// keys are unique) is decided here.
namespace scenario::yaml {

constexpr std::size_t largest_text = 1 << 20;  // bytes
constexpr int deepest_node = 64;
constexpr std::size_t most_nodes = 100'000;  // aliases expanded

struct Key {
  std::string text;
  Place place;
};

struct Node {
  enum class Kind { null, scalar, sequence, map };
  Kind kind = Kind::null;
  Place place;
  std::string text;         // of a scalar, as written; quotes and escapes undone
  bool quoted = false;      // or a block scalar, or !!str: a string whatever it looks like
  std::vector<Key> keys;    // of a map, in order, unique; keys[i] belongs to items[i]
  std::vector<Node> items;  // of a sequence or map
};

/// What is wrong, and where.
struct Error {
  Place place;
  std::string message;
};

/// Reads one document. Errors: what is no YAML, duplicate keys, keys that are no scalars, and the
/// limits above.
[[nodiscard]] base::Result<Node, std::vector<Error>> read(std::string_view text);

/// nullptr where the map has no such key. Borrows from `map`.
[[nodiscard]] const Node* find(const Node& map, std::string_view key);

/// A scalar by the core schema of YAML 1.2: null, true, false, integers (also 0x and 0o), floats;
/// anything else is a string, `yes` and `on` too. An Error where JSON has no such number.
[[nodiscard]] base::Result<json::value, Error> scalar_value(const Node& scalar);

/// "a map", "a list", "nothing", "the text \"x\"", "the number 3": for messages.
[[nodiscard]] std::string description(const Node& node);

}  // namespace scenario::yaml
