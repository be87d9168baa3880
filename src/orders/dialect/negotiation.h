#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "frame/problem.h"
#include "http/message.h"

namespace service {

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
};

/// DRF's DefaultContentNegotiation: a format that nobody renders is a 404, an Accept header that
/// nobody satisfies a 406; more specific media types go first, whatever their q.
[[nodiscard]] base::Result<Rendering, Problem> choose_rendering(
    std::optional<std::string_view> accept, std::string_view format,
    Language language = Language::english);

}  // namespace service
