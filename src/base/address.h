#pragma once

#include <string>
#include <string_view>

namespace base {

/// A URL as it may stand in a log or a message: without who logs in, and of its query only what
/// says where it leads (host, port, dbname and the like); all else may be a secret. What is no URL
/// is left as it is. Also right for a URL that nobody can read.
[[nodiscard]] std::string without_secrets(std::string_view url);

}  // namespace base
