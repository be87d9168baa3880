#include "oracle/tree.h"

#include <algorithm>

namespace oracle {

std::string member_path(std::string_view key) {
  const bool plain = !key.empty() && !(key[0] >= '0' && key[0] <= '9') &&
                     std::all_of(key.begin(), key.end(), [](char c) {
                       return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                              (c >= 'A' && c <= 'Z');
                     });
  return "." + (plain ? std::string(key) : base::to_text(json::value(key)));
}

std::string without_indices(const std::string& place) {
  std::string out;
  for (std::size_t i = 0; i < place.size(); ++i) {
    out += place[i];
    if (place[i] != '[') continue;
    const std::size_t end = place.find(']', i);
    if (end == std::string::npos) continue;
    out += ']';
    i = end;
  }
  return out;
}

void flatten(const std::string& place, const json::value& value,
             const std::function<void(const std::string&, const json::value&)>& leaf) {
  if (const auto* object = value.if_object()) {
    for (const auto& [key, member] : *object) flatten(place + member_path(key), member, leaf);
  } else if (const auto* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i)
      flatten(place + "[" + std::to_string(i) + "]", (*array)[i], leaf);
  } else {
    leaf(place, value);
  }
}

}  // namespace oracle
