#pragma once

#include <cstddef>
#include <string>

#include "app/log.h"
#include "settings/settings.h"

namespace app {

struct ServeOptions {
  std::string port_file;  // written when ready; empty: none
  std::size_t threads = 1;
  LogOptions log;
};

/// Serves until SIGTERM or SIGINT, then finishes what is in progress; a second signal ends the
/// program at once. False if the drain limit cut requests off. Throws what keeps it from serving.
bool serve(const settings::Settings& settings, const ServeOptions& options);

}  // namespace app
