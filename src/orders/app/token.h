#pragma once

#include <string>

#include "base/clock.h"
#include "settings/settings.h"

namespace app {

struct TokenOptions {
  std::string role = "customer";
  std::string name;
  std::string expires = "8h";
};

/// Prints a token, signed with SECRET_KEY. False, and told, if the options or the key are not fit
/// for one.
bool print_token(const settings::Settings& settings, const TokenOptions& options,
                 const base::Clock& clock);

}  // namespace app
