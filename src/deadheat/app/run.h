#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/terminal.h"
#include "base/json.h"
#include "scenario/override.h"

/// `deadheat run`: from a scenario file to a verdict.
namespace app {

/// The attempt of an earlier run that every attempt is to be.
struct Replay {
  json::value schedule;
  std::vector<std::string> entries;  // whom it numbers
};

struct RunOptions {
  std::string scenario_file;
  scenario::Override overrides;
  std::optional<std::uint64_t> seed;
  bool keep_going = false;
  bool no_self_check = false;  // where the verdict is clean
  std::string json_file;       // empty: none
  std::string journal_file;    // empty: none
  std::string html_file;       // empty: none
  std::optional<Replay> replay;
  std::vector<std::string> allowed_hosts;  // besides loopback
  Style style;
  bool quiet = false;
};

/// The exit code (doc/verdicts.md). Throws where the machine fails.
[[nodiscard]] int run(const RunOptions& options);

}  // namespace app
