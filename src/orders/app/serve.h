#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "app/log.h"
#include "settings/settings.h"

namespace app {

struct ServeOptions {
  std::string port_file;  // written when ready; empty: none
  std::size_t threads = 1;
  LogOptions log;
};

/// How many files may be open at once: clients, and what the database takes.
[[nodiscard]] std::uint64_t files_needed(const settings::Settings& settings, std::size_t threads);

/// Serves until SIGTERM or SIGINT, then finishes what is in progress; a second signal ends the
/// program at once. False if the drain limit cut requests off. Throws what keeps it from serving.
bool serve(const settings::Settings& settings, const ServeOptions& options);

}  // namespace app
