#pragma once

#include <string>
#include <string_view>

namespace scenario {

/// "Basic ..." of "user:password".
[[nodiscard]] std::string encode_basic(std::string_view credentials);

/// "Basic ..." of "user:password", as a template where the credentials are one: jq does the base64
/// then.
[[nodiscard]] std::string basic_authorization(const std::string& credentials);

}  // namespace scenario
