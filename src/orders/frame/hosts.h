#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace frame {

/// Whether a Host header is one of ALLOWED_HOSTS, as Django sees it: "*" is any, ".example" that
/// name and all below it; ports do not count.
[[nodiscard]] bool is_allowed_host(std::optional<std::string_view> host,
                                   const std::vector<std::string>& allowed);

}  // namespace frame
