#pragma once

#include <string>

namespace scenario {

/// "Basic ..." of "user:password", as a template where the credentials are one: jq does the base64
/// then.
[[nodiscard]] std::string basic_authorization(const std::string& credentials);

}  // namespace scenario
