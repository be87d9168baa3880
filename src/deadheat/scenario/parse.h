#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "scenario/problem.h"
#include "scenario/scenario.h"

namespace scenario {

/// The value of an environment variable, for ${VAR:-default}.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The content of a file that a scenario names, or why it cannot be had: `body: {file: ...}`.
using ReadFile = std::function<base::Result<std::string, std::string>(const std::string& path)>;

/// For those who have no files.
[[nodiscard]] base::Result<std::string, std::string> no_file(const std::string& path);

/// Reads a scenario. All problems that can be told at once are told, in the order of the file. Not
/// checked here: whether the jq programs compile (`programs` lists them; the evaluator knows).
[[nodiscard]] base::Result<Scenario, std::vector<Problem>> parse(const std::string& file,
                                                                 const std::string& text,
                                                                 const Environment& environment,
                                                                 const ReadFile& files = no_file);

/// A jq program of a scenario and what it is for ("rule one-winner").
struct Program {
  std::string purpose;
  Expression expression;
};
[[nodiscard]] std::vector<Program> programs(const Scenario& scenario);

}  // namespace scenario
