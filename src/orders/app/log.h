#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>

#include "frame/service.h"

namespace app {

struct LogOptions {
  std::string format = "text";  // or "json"
  std::string level = "info";   // debug, info, warning, error, off
};

/// A logger to the standard error output. Shared, because spdlog keeps one too. Safe on any thread.
[[nodiscard]] std::shared_ptr<spdlog::logger> make_log(const LogOptions& options);

/// One line a request. Query strings are left out: people put secrets there.
void log_visit(spdlog::logger& log, bool as_json, const frame::Visit& visit);

/// One line on anything else.
void log_text(spdlog::logger& log, bool as_json, spdlog::level::level_enum level,
              std::string_view text);

}  // namespace app
