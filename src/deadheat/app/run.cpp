#include "app/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include "app/interruption.h"
#include "app/output.h"
#include "app/terminal.h"
#include "base/random.h"
#include "base/version.h"
#include "client/evaluator.h"
#include "experiment/experiment.h"
#include "finding/caveats.h"
#include "machine/machine.h"
#include "race/course.h"
#include "record/record.h"
#include "report/progress.h"
#include "scenario/parse.h"
#include "scenario/safety.h"
#include "sensitivity/measure.h"
#include "sink/sinks.h"

namespace app {
namespace {

using record::Exit;
template <class T>
using Or = base::Result<T, Exit>;

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

/// Paths in a scenario begin where it stands.
scenario::ReadFile files_beside(const std::string& scenario_file) {
  static constexpr std::uintmax_t most = 16 << 20;
  return [folder = std::filesystem::path(scenario_file).parent_path()](
             const std::string& name) -> base::Result<std::string, std::string> {
    std::error_code error;
    const std::filesystem::path path = folder / name;
    if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error))
      return base::failure(std::string("is not a file"));
    std::ifstream file(path, std::ios::binary);
    if (!file) return base::failure(std::string(std::strerror(errno)));
    if (const auto size = std::filesystem::file_size(path, error); !error && size > most)
      return base::failure(fmt::format("{} bytes; a body has at most {}", size, most));
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  };
}

Exit told(Exit exit, const std::vector<std::string>& complaints) {
  for (const std::string& complaint : complaints) complain(complaint);
  return exit;
}

/// Read, with the options' own values, and safe to race.
Or<scenario::Scenario> load(const RunOptions& options) {
  constexpr std::uintmax_t most = 4 << 20;
  const auto text = read_file(options.scenario_file, most, "a scenario is a YAML file");
  if (!text) return base::failure(Exit::usage);
  auto scenario = scenario::parse(options.scenario_file, *text, environment,
                                  files_beside(options.scenario_file));
  if (!scenario) {
    for (const scenario::Problem& problem : scenario.error())
      fmt::print(stderr, "{}\n", to_text(problem));
    return base::failure(Exit::usage);
  }
  auto overridden = scenario::overridden(std::move(*scenario), options.overrides);
  if (!overridden) return base::failure(told(Exit::usage, overridden.error()));
  const auto objections = scenario::objections(*overridden, options.allowed_hosts);
  if (!objections.empty()) return base::failure(told(Exit::unsafe, objections));
  return std::move(*overridden);
}

bool programs_compile(const scenario::Scenario& scenario, client::Evaluator& evaluator) {
  bool all = true;
  for (const scenario::Program& program : programs(scenario)) {
    const auto compiled = evaluator.compile(program.expression.jq);
    if (compiled) continue;
    all = false;
    fmt::print(stderr, "{}\n",
               to_text(scenario::Problem{
                   scenario.file, program.expression.place,
                   fmt::format("{}: {}", program.purpose, compiled.error().message)}));
  }
  return all;
}

std::string fresh_run_id(const base::Clock& clock) {
  return base::Random(base::fresh_seed() ^ static_cast<std::uint64_t>(clock.wall().count()))
      .uuid()
      .substr(0, 8);
}

/// What a replay plays, as a value. An error is a sentence.
base::Result<schedule::Schedule, std::string> schedule_of(const Replay& replay,
                                                          const scenario::Scenario& scenario) {
  std::vector<std::string> names;
  for (const scenario::Entry& entry : scenario::entries(scenario))
    names.push_back(entry_name(scenario, entry));
  if (names != replay.entries)
    return base::failure(
        fmt::format("the scenario has changed since the run: its race has {}, the "
                    "run's had {}",
                    fmt::join(names, ", "), fmt::join(replay.entries, ", ")));
  return schedule::from_json(replay.schedule, names.size());
}

/// All that a run is played with: checked, and nothing sent as yet.
struct Stage {
  scenario::Scenario scenario;
  base::SystemClock clock;
  client::Evaluator evaluator;
  std::optional<schedule::Schedule> repeat;
  std::unique_ptr<sink::Sinks> sinks;
  race::Course course;

  explicit Stage(scenario::Scenario played)
      : scenario(std::move(played)),
        evaluator({.program = beside_this_program("deadheat-jq")}),
        course{.scenario = scenario, .evaluate = evaluator.port(), .clock = clock} {}
};

Or<std::unique_ptr<Stage>> set_the_stage(scenario::Scenario scenario, const RunOptions& options) {
  auto stage = std::make_unique<Stage>(std::move(scenario));
  if (!programs_compile(stage->scenario, stage->evaluator)) return base::failure(Exit::usage);
  if (options.replay) {
    auto schedule = schedule_of(*options.replay, stage->scenario);
    if (!schedule)
      return base::failure(
          told(Exit::usage, {fmt::format("{}: {}", options.scenario_file, schedule.error())}));
    stage->repeat = std::move(*schedule);
  }
  stage->course.run = fresh_run_id(stage->clock);
  auto sinks =
      sink::Sinks::open(stage->scenario, stage->course.evaluate, stage->clock, stage->course.run);
  if (!sinks) {
    fmt::print(stderr, "{}\n", to_text(sinks.error()));
    return base::failure(Exit::usage);
  }
  stage->sinks = std::move(*sinks);
  if (!stage->scenario.sinks.empty()) stage->course.sinks = stage->sinks.get();
  return stage;
}

record::Record conduct(Stage& stage, const RunOptions& options, Output& output,
                       Interruption& interruption) {
  experiment::Options experiment;
  experiment.trial.seed =
      options.seed.value_or(stage.scenario.run.seed.value_or(base::fresh_seed()));
  experiment.trial.keep_going = options.keep_going;
  experiment.trial.repeat = stage.repeat;
  experiment.tool = std::string("deadheat ") + base::version;
  experiment.on_line = output.journal();
  report::Display display(stderr, isatty(STDERR_FILENO) == 1 && !is_dumb_terminal(),
                          look_for(STDERR_FILENO, options.style), stage.clock);
  if (!options.quiet)
    experiment.on_progress = [&](const record::Progress& progress) { display.update(progress); };
  interruption.tell(&stage.course);
  const auto before = machine::work_so_far();
  record::Record record = experiment::conduct(stage.course, experiment);
  const auto after = machine::work_so_far();
  interruption.tell(nullptr);
  display.finish();
  if (!before || !after) return record;
  return finding::with_load(std::move(record), machine::load_between(*before, *after));
}

/// What is said of a window that was not seen is worth what a known one takes to be seen here.
record::Record self_checked(record::Record record, const scenario::Run& run,
                            const Interruption& interruption) {
  sensitivity::Plan plan = sensitivity::quick();
  plan.run = run;
  plan.seed = record.seed;
  plan.stop = &interruption.wanted();
  auto planted = sensitivity::measure(plan, base::SystemClock());
  if (interruption.wanted()) return finding::interrupted(std::move(record));
  return finding::with_self_check(std::move(record), std::move(planted));
}

}  // namespace

int run(const RunOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  auto scenario = load(options);
  if (!scenario) return static_cast<int>(scenario.error());
  const auto stage = set_the_stage(std::move(*scenario), options);
  if (!stage) return static_cast<int>(stage.error());
  auto output = Output::open(options);
  if (!output) return static_cast<int>(Exit::usage);

  Interruption interruption;
  record::Record record = conduct(**stage, options, *output, interruption);
  if (record.verdict == record::Verdict::clean && !options.no_self_check)
    record = self_checked(std::move(record), (*stage)->scenario.run, interruption);
  return output->write(record) ? record.exit_code : static_cast<int>(Exit::internal);
}

}  // namespace app
