#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "callers/permissions.h"

namespace callers {

/// Why a token is worth nothing.
enum class Rejection {
  malformed,  // not a token
  forged,     // not signed by this service with HS256
  foreign,    // signed with this key, but for something else, or without a limit
  expired,
};

/// "The token has expired."
[[nodiscard]] std::string_view words_for(Rejection rejection);

/// Bearer tokens: JSON Web Tokens (RFC 7519), signed with HMAC-SHA256 and nothing else, whatever a
/// token says of itself. The subject is the name of the caller, `role` the role; the issuer is told
/// apart from whoever else signs with the same key, and the expiry is required. Safe on any thread.
class Tokens {
 public:
  /// What is longer is no token of ours.
  static constexpr std::size_t max_bytes = 2048;

  explicit Tokens(std::string key) : key_(std::move(key)) {}

  /// `issued` is wall time, and both times count in seconds. At most `max_bytes`: names are short.
  [[nodiscard]] std::string sign(const Caller& caller, base::Nanoseconds issued) const;

  [[nodiscard]] base::Result<Caller, Rejection> verify(std::string_view token,
                                                       base::Nanoseconds wall) const;

 private:
  std::string key_;
};

}  // namespace callers
