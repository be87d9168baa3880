#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace frame {

/// Django's own page for what never reaches a view.
[[nodiscard]] http::Response bare_page(int status, std::string_view title, std::string_view text);

/// The same for a path that leads nowhere, with DEBUG on: it lists where paths may lead.
[[nodiscard]] http::Response debug_not_found(const std::vector<std::string_view>& places);

/// An answer as people may look at it in a browser, in place of DRF's browsable API.
struct Browsable {
  std::string_view name;         // "Order V1 List"
  std::string_view description;  // empty: none
  std::string_view method;
  std::string_view target;
  std::string_view json;  // indented
};

/// The page. Fields that `response` has are shown.
[[nodiscard]] std::string browsable_page(const Browsable& shown, const http::Response& response);

}  // namespace frame
