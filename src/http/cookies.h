#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

/// Cookies as a client keeps them (RFC 6265, 5). No clock of its own.
///
/// Kept to: Domain, Path, Secure, Expires, Max-Age, host-only cookies, replacement and deletion.
/// Not kept to: HttpOnly and SameSite (there are no scripts and no other sites here), prefixes such
/// as __Host-, and the list of public suffixes: a server may set a cookie for `co.uk`, and gets it
/// back from there only.
namespace http {

/// Where a request goes, and when.
struct CookieScope {
  std::string_view host;        // without the port: cookies do not tell ports apart
  std::string_view path;        // of the request target; a query is cut off
  bool secure = false;          // over TLS, or to this machine, as browsers have it
  std::chrono::seconds now{0};  // since the epoch
};

class CookieJar {
 public:
  /// Beyond these the oldest goes, or the cookie is not kept.
  static constexpr std::size_t most_cookies = 256;
  static constexpr std::size_t longest_cookie = 8192;  // bytes of name and value

  /// Takes the Set-Cookie fields of an answer.
  void keep(const Fields& answer, const CookieScope& scope);

  /// The value of the Cookie field: "a=1; b=2", longer paths first; empty where there is none.
  [[nodiscard]] std::string header(const CookieScope& scope) const;

  [[nodiscard]] bool empty() const { return cookies_.empty(); }

 private:
  struct Cookie {
    std::string name;
    std::string value;
    std::string domain;
    std::string path;
    bool host_only = true;
    bool secure = false;
    std::chrono::seconds expires = std::chrono::seconds::max();
  };

  void keep(std::string_view field, const CookieScope& scope);

  std::vector<Cookie> cookies_;  // the oldest first
};

}  // namespace http
