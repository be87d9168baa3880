#include "views/idempotency.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/json.h"

namespace views {
namespace {

constexpr std::string_view header = "Idempotency-Key";
constexpr std::size_t longest = 255;

/// A string of structured fields (RFC 8941, 3.3.3): "...", in which \ comes before " and \ only.
std::optional<std::string> unquote(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < 0x20 || text[i] > 0x7E || text[i] == '"') return std::nullopt;
    if (text[i] == '\\') {
      ++i;
      if (i == text.size() || (text[i] != '"' && text[i] != '\\')) return std::nullopt;
    }
    out += text[i];
  }
  return out;
}

bool is_bare(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > 0x20 && c < 0x7F && c != '"'; });
}

}  // namespace

base::Result<std::optional<std::string>, frame::Problem> read_idempotency_key(
    const http::Fields& fields) {
  const auto is_key = [](const http::Field& field) {
    return http::same_ignoring_case(field.name, header);
  };
  const auto found = std::find_if(fields.begin(), fields.end(), is_key);
  if (found == fields.end()) return std::nullopt;
  const auto refuse = [](std::string detail) {
    return base::failure(frame::bad_header(std::string(header), std::move(detail)));
  };
  if (std::find_if(found + 1, fields.end(), is_key) != fields.end())
    return refuse("Found more than one key, expected one.");
  std::optional<std::string> key = unquote(found->value);
  if (!key && is_bare(found->value)) key = found->value;
  if (!key)
    return refuse("Found neither a string in quotes nor visible ASCII characters without any.");
  if (key->empty()) return refuse("Found an empty key, expected 1 to 255 characters: a UUID, say.");
  if (key->size() > longest)
    return refuse(fmt::format("Found {} characters, expected 1 to {}.", key->size(), longest));
  return key;
}

std::string fingerprint_of(const order::Draft& draft) {
  return base::to_text(json::array{draft.customer_name, draft.restaurant_name, draft.menu,
                                   draft.quantity, draft.total_price, draft.delivery_address});
}

}  // namespace views
