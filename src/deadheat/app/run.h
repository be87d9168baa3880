#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// `deadheat run`: from a scenario file to a verdict.
namespace app {

struct RunOptions {
  std::string scenario_file;
  std::vector<std::string> targets;  // in place of the scenario's
  std::optional<int> attempts;
  std::optional<std::string> budget;  // "60s"
  std::optional<std::uint64_t> seed;
  std::optional<int> lanes;
  std::string sync, hold, offsets;  // empty: as the scenario says
  bool keep_going = false;
  std::string json_file;                   // empty: none
  std::string journal_file;                // empty: none
  std::vector<std::string> allowed_hosts;  // besides loopback
  std::string colour = "auto";
  bool quiet = false;
};

/// The exit code (doc/verdicts.md). Throws where the machine fails.
[[nodiscard]] int run(const RunOptions& options);

}  // namespace app
