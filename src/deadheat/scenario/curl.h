#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace scenario {

/// What a command line of curl says, as browsers copy it.
struct CurlCommand {
  std::string method;
  std::string path;  // of the URL, with its query; the host is left out: requests go to the target
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::string> body;
  std::optional<std::string> credentials;  // of --user
  bool follows_redirects = false;
};

/// Reads a command as a POSIX shell would cut it into words, and the options that say what is sent.
/// Headers that the sender sets itself are left out. Anything else is an error, which says what.
[[nodiscard]] base::Result<CurlCommand, std::string> parse_curl(std::string_view command);

}  // namespace scenario
