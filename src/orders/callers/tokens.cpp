#include "callers/tokens.h"

#include <jwt.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>

#include "base/require.h"

namespace callers {
namespace {

constexpr const char* our_name = "orders";
constexpr const char* role_claim = "role";

struct Free {
  void operator()(jwt_t* token) const { jwt_free(token); }
  void operator()(char* text) const { std::free(text); }
};
using Token = std::unique_ptr<jwt_t, Free>;

const unsigned char* bytes_of(const std::string& key) {
  return reinterpret_cast<const unsigned char*>(key.data());
}

/// Three parts in base64url. libjwt copies what it is given before it looks, so that is looked at
/// first.
bool looks_like_a_token(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return text.size() <= Tokens::max_bytes && std::all_of(text.begin(), text.end(), fits) &&
         std::count(text.begin(), text.end(), '.') == 2;
}

std::string_view text_of(jwt_t* token, const char* claim) {
  const char* text = jwt_get_grant(token, claim);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

/// Who it speaks of; nothing if it is not one of ours. (A claim that is no integer counts as 0.)
std::optional<Caller> caller_of(jwt_t* token) {
  const auto role = order::role_named(text_of(token, role_claim));
  const std::string_view name = text_of(token, "sub");
  const long expires = jwt_get_grant_int(token, "exp");
  constexpr long latest = 9'223'372'036;  // 2262-04-11T23:47:16Z: nanoseconds end there
  if (text_of(token, "iss") != our_name || !role || name.empty() || expires <= 0 ||
      expires > latest)
    return std::nullopt;
  return Caller{*role, std::string(name), std::chrono::seconds(expires)};
}

}  // namespace

std::string_view words_for(Rejection rejection) {
  switch (rejection) {
    case Rejection::malformed:
      return "This is not a token.";
    case Rejection::forged:
      return "The token was not signed by this service.";
    case Rejection::foreign:
      return "The token was not made for this service.";
    case Rejection::expired:
      break;
  }
  return "The token has expired.";
}

std::string Tokens::sign(const Caller& caller, base::Nanoseconds issued) const {
  const auto seconds = [](base::Nanoseconds time) {
    return static_cast<long>(std::chrono::floor<std::chrono::seconds>(time).count());
  };
  jwt_t* made = nullptr;
  base::require(jwt_new(&made) == 0, "there is memory for a token");
  const Token token(made);
  const std::string role(order::name_of(caller.role));
  const bool complete =
      jwt_add_grant(token.get(), "iss", our_name) == 0 &&
      jwt_add_grant(token.get(), "sub", caller.name.c_str()) == 0 &&
      jwt_add_grant(token.get(), role_claim, role.c_str()) == 0 &&
      jwt_add_grant_int(token.get(), "iat", seconds(issued)) == 0 &&
      jwt_add_grant_int(token.get(), "exp", seconds(caller.expires)) == 0 &&
      jwt_set_alg(token.get(), JWT_ALG_HS256, bytes_of(key_), static_cast<int>(key_.size())) == 0;
  base::require(complete, "a name in UTF-8, a role and two times make a token");
  const std::unique_ptr<char, Free> text(jwt_encode_str(token.get()));
  base::require(text != nullptr, "a token can be signed");
  return text.get();
}

base::Result<Caller, Rejection> Tokens::verify(std::string_view token,
                                               base::Nanoseconds wall) const {
  if (!looks_like_a_token(token)) return base::failure(Rejection::malformed);
  jwt_t* read = nullptr;
  const std::string text(token);
  const int error = jwt_decode(&read, text.c_str(), bytes_of(key_), static_cast<int>(key_.size()));
  const Token decoded(error == 0 ? read : nullptr);
  if (!decoded || jwt_get_alg(decoded.get()) != JWT_ALG_HS256)
    return base::failure(Rejection::forged);
  auto caller = caller_of(decoded.get());
  if (!caller) return base::failure(Rejection::foreign);
  if (wall >= caller->expires) return base::failure(Rejection::expired);
  return *std::move(caller);
}

}  // namespace callers
