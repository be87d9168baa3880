#include "app/replay.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "app/terminal.h"
#include "record/record.h"
#include "report/html.h"
#include "report/terminal.h"

namespace app {
namespace {

using record::Exit;

std::optional<record::Record> load(const std::string& path, const Style& style) {
  constexpr std::uintmax_t most = 256 << 20;
  const auto text = read_file(path, most, "expected what --json has written");
  if (!text) return std::nullopt;
  auto record = record::from_text(*text);
  if (record) return std::move(*record);
  complain(
      fmt::format("{}: {}", path, report::why_it_is_no_record(record.error(), language_of(style))));
  return std::nullopt;
}

/// nullptr after a complaint.
const record::Attempt* chosen(const record::Record& record, const ReplayOptions& options) {
  if (options.attempt == 0) {
    const record::Attempt* best = record::most_promising(record);
    if (best == nullptr)
      complain(
          fmt::format("{}: none of its attempts hit; name the one to replay: deadheat replay {} 1",
                      options.record_file, options.record_file));
    return best;
  }
  const auto found = std::find_if(
      record.attempts.begin(), record.attempts.end(),
      [&](const record::Attempt& attempt) { return attempt.attempt == options.attempt; });
  if (found != record.attempts.end()) return &*found;
  complain(record.attempts.empty()
               ? fmt::format("{}: it has no attempts", options.record_file)
               : fmt::format("{}: it has no attempt {}; expected one of {} to {}",
                             options.record_file, options.attempt, record.attempts.front().attempt,
                             record.attempts.back().attempt));
  return nullptr;
}

}  // namespace

int replay(const ReplayOptions& options) {
  const auto record = load(options.record_file, options.run.style);
  if (!record) return static_cast<int>(Exit::usage);
  const record::Attempt* attempt = chosen(*record, options);
  if (attempt == nullptr) return static_cast<int>(Exit::usage);
  RunOptions run_options = options.run;
  if (run_options.scenario_file.empty()) {
    run_options.scenario_file = record->scenario_file;
    std::error_code error;
    if (!std::filesystem::exists(run_options.scenario_file, error)) {
      complain(fmt::format("{}: the scenario of that run has moved; name it with --scenario FILE",
                           run_options.scenario_file));
      return static_cast<int>(Exit::usage);
    }
  }
  if (run_options.overrides.targets.empty()) run_options.overrides.targets = record->targets;
  if (!run_options.seed) run_options.seed = record->seed;
  run_options.replay = Replay{to_json(attempt->schedule), record->entries};
  return run(run_options);
}

int report_again(const ReportOptions& options) {
  if (!is_writable("--html", options.html_file)) return static_cast<int>(Exit::usage);
  const auto record = load(options.record_file, options.style);
  if (!record) return static_cast<int>(Exit::usage);
  if (options.html_file.empty()) {
    fmt::print("{}", report::terminal(*record, look_for(STDOUT_FILENO, options.style)));
    return 0;
  }
  const std::string page = report::html(*record, language_of(options.style));
  return write_file(page, options.html_file) ? 0 : static_cast<int>(Exit::internal);
}

}  // namespace app
