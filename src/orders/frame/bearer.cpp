#include "frame/bearer.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace frame {
namespace {

constexpr std::string_view challenge = "Bearer realm=\"orders\"";

Problem unauthenticated() {
  return {.status = 401,
          .code = "unauthenticated",
          .detail = "This needs a token: Authorization: Bearer TOKEN.",
          .fields = {{"WWW-Authenticate", std::string(challenge)}}};
}

Problem rejected(callers::Rejection rejection) {
  const std::string_view words = callers::words_for(rejection);
  return {.status = 401,
          .code = "invalid_token",
          .detail = std::string(words),
          .fields = {{"WWW-Authenticate",
                      fmt::format("{}, error=\"invalid_token\", error_description=\"{}\"",
                                  challenge, words)}}};
}

}  // namespace

base::Result<callers::Caller, Problem> read_bearer(const http::Request& request,
                                                   const callers::Tokens& tokens,
                                                   base::Nanoseconds wall) {
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view given = http::find(request.fields, "Authorization").value_or("");
  if (!http::same_ignoring_case(given.substr(0, scheme.size()), scheme))
    return base::failure(unauthenticated());
  auto caller = tokens.verify(given.substr(scheme.size()), wall);
  if (!caller) return base::failure(rejected(caller.error()));
  return *std::move(caller);
}

}  // namespace frame
