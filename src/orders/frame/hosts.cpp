#include "frame/hosts.h"

#include <algorithm>

#include "http/message.h"

namespace frame {
namespace {

/// "api.example" for "api.example:8000"; "[::1]" for "[::1]:8000".
std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon == host.npos || host.ends_with(']')) return host;
  return host.substr(0, colon);
}

bool matches(std::string_view host, std::string_view pattern) {
  if (pattern == "*") return true;
  if (!pattern.starts_with('.')) return http::same_ignoring_case(host, pattern);
  return http::same_ignoring_case(host, pattern.substr(1)) ||
         (host.size() > pattern.size() &&
          http::same_ignoring_case(host.substr(host.size() - pattern.size()), pattern));
}

}  // namespace

bool is_allowed_host(std::optional<std::string_view> host,
                     const std::vector<std::string>& allowed) {
  return host && std::any_of(allowed.begin(), allowed.end(), [&](const std::string& pattern) {
           return matches(without_port(*host), pattern);
         });
}

}  // namespace frame
