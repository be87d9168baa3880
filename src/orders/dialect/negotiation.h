#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace dialect {

/// "text/html; charset=utf-8", taken apart. Types and names in lower case, quotes removed.
struct MediaType {
  std::string main;
  std::string sub;
  std::vector<std::pair<std::string, std::string>> parameters;

  [[nodiscard]] bool is(std::string_view type) const { return main + "/" + sub == type; }
  /// Empty if it is not there.
  [[nodiscard]] std::string_view parameter(std::string_view name) const;
};

[[nodiscard]] MediaType read_media_type(std::string_view text);

/// A way to write answers.
struct Renderer {
  std::string_view media_type;
  std::string_view format;  // what ?format= and a suffix such as .json call it
};
inline constexpr Renderer renderers[] = {{"application/json", "json"}, {"text/html", "api"}};

struct Rendering {
  const Renderer* renderer = &renderers[0];
  std::size_t indent = 0;  // as the client asked: "application/json; indent=4"

  [[nodiscard]] bool is_html() const { return renderer == &renderers[1]; }
  /// JSON without blanks, which may be written without a tree.
  [[nodiscard]] bool is_plain() const { return !is_html() && indent == 0; }
};

/// Why an answer cannot be written as the client asks.
enum class Unrenderable {
  unknown_format,  // ?format=, or a suffix, that nobody renders
  not_acceptable,  // an Accept header that nobody satisfies
};

/// DRF's DefaultContentNegotiation: more specific media types go first, whatever their q. `format`
/// is empty if the client names none.
[[nodiscard]] base::Result<Rendering, Unrenderable> choose_rendering(
    std::optional<std::string_view> accept, std::string_view format);

}  // namespace dialect
