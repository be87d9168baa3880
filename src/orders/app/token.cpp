#include "app/token.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/utf8.h"
#include "callers/tokens.h"
#include "order/lifecycle.h"

namespace app {
namespace {

bool refuse(const std::string& why) {
  fmt::print(stderr, "orders: {}\n", why);
  return false;
}

}  // namespace

bool print_token(const settings::Settings& settings, const TokenOptions& options,
                 const base::Clock& clock) {
  constexpr std::size_t longest_name = 50;  // of a customer, in code points
  const auto role = order::role_named(options.role);
  if (!role) {
    std::string names;
    for (const order::Role each : order::all_roles)
      names += fmt::format("{}{}", names.empty() ? "" : ", ", order::name_of(each));
    return refuse(fmt::format("--role: found '{}', expected one of {}", options.role, names));
  }
  if (options.name.empty() || !base::is_utf8(options.name) ||
      base::count_characters(options.name) > longest_name)
    return refuse(fmt::format("--name: found '{}', expected a name of 1 to {} characters in UTF-8",
                              options.name, longest_name));
  const auto lifetime = settings::read_lifetime(options.expires);
  if (!lifetime)
    return refuse(
        fmt::format("--expires: found '{}', expected {}", options.expires, lifetime.error()));
  if (settings.insecure_key)
    return refuse(
        "SECRET_KEY is not set, or one that Django made up: a token that anybody can sign proves "
        "nothing. Set one of your own, such as openssl rand -base64 48 prints");
  const base::Nanoseconds now = clock.wall();
  fmt::print(
      "{}\n",
      callers::Tokens(settings.secret_key).sign({*role, options.name, now + *lifetime}, now));
  return true;
}

}  // namespace app
