#include "dialect/query.h"

#include <fmt/format.h>

#include <algorithm>

#include "dialect/form.h"

namespace dialect {
namespace {

/// Python's urllib.parse.quote_plus().
std::string quote(std::string_view text) {
  constexpr std::string_view plain = "_.-~";
  std::string out;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || plain.find(c) != plain.npos)
      out += c;
    else if (c == ' ')
      out += '+';
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

Query::Query(std::string_view text) {
  auto pairs = urlencoded_pairs(text);
  is_too_long_ = !pairs;
  if (pairs) pairs_ = *std::move(pairs);
}

std::string_view Query::value(std::string_view name) const {
  const auto found = std::find_if(pairs_.rbegin(), pairs_.rend(),
                                  [&](const auto& pair) { return pair.first == name; });
  return found == pairs_.rend() ? std::string_view() : std::string_view(found->second);
}

bool Query::has(std::string_view name) const {
  return std::any_of(pairs_.begin(), pairs_.end(),
                     [&](const auto& pair) { return pair.first == name; });
}

std::optional<std::string_view> Query::unknown(const std::vector<std::string_view>& known) const {
  for (const auto& [name, value] : pairs_)
    if (std::find(known.begin(), known.end(), name) == known.end()) return name;
  return std::nullopt;
}

std::string Query::with(std::string_view name, std::optional<std::string> value) const {
  auto pairs = pairs_;
  std::erase_if(pairs, [&](const auto& pair) { return pair.first == name; });
  if (value) pairs.emplace_back(name, *std::move(value));
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (const auto& [key, each] : pairs)
    text += fmt::format("{}{}={}", text.empty() ? '?' : '&', quote(key), quote(each));
  return text;
}

}  // namespace dialect
