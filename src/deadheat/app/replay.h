#pragma once

#include <string>

#include "app/run.h"

/// Commands that begin with a run.json.
namespace app {

struct ReplayOptions {
  std::string record_file;
  int attempt = 0;  // its number; 0: the most promising
  RunOptions run;   // without targets, scenario or seed: those of that run
};

/// `deadheat replay`: the same scripts, every attempt released in the same order at the same
/// offsets. The exit code, as of `run`.
[[nodiscard]] int replay(const ReplayOptions& options);

struct ReportOptions {
  std::string record_file;
  std::string html_file;  // empty: none
  Style style;
};

/// `deadheat report`: what that run printed, once more. 0, or 2 where the file is not what it
/// should be.
[[nodiscard]] int report_again(const ReportOptions& options);

}  // namespace app
