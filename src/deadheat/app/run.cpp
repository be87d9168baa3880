#include "app/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "app/journal_file.h"
#include "app/terminal.h"
#include "base/random.h"
#include "base/version.h"
#include "client/evaluator.h"
#include "experiment/experiment.h"
#include "machine/machine.h"
#include "race/player.h"
#include "record/record.h"
#include "report/html.h"
#include "report/progress.h"
#include "report/terminal.h"
#include "report/words.h"
#include "scenario/parse.h"
#include "scenario/safety.h"
#include "sensitivity/measure.h"
#include "sink/sinks.h"

namespace app {
namespace {

/// Set by the first SIGINT or SIGTERM; a second one ends the program at once, as by default.
std::atomic<race::Course*> interrupted_course = nullptr;

void interrupt(int signal) {
  if (race::Course* const course = interrupted_course) course->stop = true;
  std::signal(signal, SIG_DFL);
}

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
      return base::failure(std::string("is no file"));
    std::ifstream file(path, std::ios::binary);
    if (!file) return base::failure(std::string(std::strerror(errno)));
    if (const auto size = std::filesystem::file_size(path, error); !error && size > most)
      return base::failure(fmt::format("{} bytes; a body has at most {}", size, most));
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  };
}

std::optional<scenario::Scenario> load(const RunOptions& options) {
  constexpr std::uintmax_t most = 4 << 20;
  const auto text = read_file(options.scenario_file, most, "a scenario is a YAML file");
  if (!text) return std::nullopt;
  auto scenario = scenario::parse(options.scenario_file, *text, environment,
                                  files_beside(options.scenario_file));
  if (!scenario) {
    for (const scenario::Problem& problem : scenario.error())
      fmt::print(stderr, "{}\n", to_text(problem));
    return std::nullopt;
  }
  auto overridden = scenario::overridden(std::move(*scenario), options.overrides);
  if (overridden) return std::move(*overridden);
  for (const std::string& problem : overridden.error()) complain(problem);
  return std::nullopt;
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

bool may_race(const scenario::Scenario& scenario, const RunOptions& options) {
  const std::vector<std::string> objections = scenario::objections(scenario, options.allowed_hosts);
  for (const std::string& objection : objections) complain(objection);
  return objections.empty();
}

std::string fresh_run_id(const base::Clock& clock) {
  return base::Random(base::fresh_seed() ^ static_cast<std::uint64_t>(clock.wall().count()))
      .uuid()
      .substr(0, 8);
}

/// Where hardly any time of a processor was left, a verdict that rests on what was not seen says
/// so.
void heed_crowd(const record::Load& load, record::Record& record) {
  record.tried.load = load;
  if (!load.crowded) return;
  if (record.verdict == "inconclusive") record.next_steps.push_back(report::crowd(load));
  if (record.verdict == "clean") record.notes.push_back(report::crowd(load));
}

/// What a replay plays, as a value. An error is a sentence.
base::Result<schedule::Schedule, std::string> schedule_of(const Replay& replay,
                                                          const scenario::Scenario& scenario) {
  std::vector<std::string> names;
  for (const scenario::Entry& entry : scenario::entries(scenario))
    names.push_back(entry_name(scenario, entry));
  if (names != replay.entries)
    return base::failure(
        fmt::format("its race is not that of the run any more: it has {}, and the "
                    "run had {}",
                    fmt::join(names, ", "), fmt::join(replay.entries, ", ")));
  return schedule::from_json(replay.schedule, names.size());
}

record::Record conduct(race::Course& course, const RunOptions& options,
                       std::optional<schedule::Schedule> repeat, JournalFile* journal) {
  const std::uint64_t seed =
      options.seed.value_or(course.scenario.run.seed.value_or(base::fresh_seed()));
  interrupted_course = &course;
  std::signal(SIGINT, interrupt);
  std::signal(SIGTERM, interrupt);
  report::Display display(stderr, isatty(STDERR_FILENO) == 1 && !is_dumb_terminal(),
                          look_for(STDERR_FILENO, options.colour), course.clock);
  experiment::Options experiment{.seed = seed,
                                 .keep_going = options.keep_going,
                                 .tool = std::string("deadheat ") + base::version,
                                 .repeat = std::move(repeat)};
  if (!options.quiet)
    experiment.on_progress = [&](const record::Progress& progress) { display.update(progress); };
  if (journal != nullptr)
    experiment.on_line = [journal](json::object line) {
      journal->write(record::to_line(std::move(line)));
    };
  const auto before = machine::work_so_far();
  record::Record record = experiment::conduct(course, experiment);
  if (const auto after = machine::work_so_far(); before && after)
    heed_crowd(machine::load_between(*before, *after), record);
  display.finish();
  interrupted_course = nullptr;
  return record;
}

bool may_write(const RunOptions& options) {
  const std::pair<const char*, const std::string*> files[] = {{"--json", &options.json_file},
                                                              {"--journal", &options.journal_file},
                                                              {"--html", &options.html_file}};
  for (const auto& [option, file] : files)
    for (const auto& [other, same] : files)
      if (option != other && !file->empty() && *file == *same) {
        complain(fmt::format("{} and {} both name {}: give each a file of its own", option, other,
                             *file));
        return false;
      }
  return std::all_of(std::begin(files), std::end(files),
                     [](const auto& each) { return is_writable(each.first, *each.second); });
}

/// What is said of a window that was not seen is worth what a known one takes to be seen here.
void add_self_check(record::Record& record, const scenario::Run& run) {
  sensitivity::Plan plan = sensitivity::quick();
  plan.run = run;
  plan.seed = record.seed;
  auto planted = sensitivity::measure(plan, base::SystemClock());
  if (!planted) {
    record.notes.push_back("the self-check failed: " + planted.error());
    return;
  }
  if (sensitivity::is_blind(*planted))
    record.notes.push_back(
        "a planted race window of 1 ms was not hit here just now, so that nothing was seen says "
        "little: something else has this machine; run again when it is quiet, or look with "
        "deadheat doctor");
  record.tried.sensitivity = std::move(*planted);
}

/// What came from a target may hold line breaks and escape sequences.
std::string in_one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
}

}  // namespace

int run(const RunOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  const auto scenario = load(options);
  if (!scenario) return exit_usage;
  if (!may_race(*scenario, options)) return exit_unsafe;
  client::Evaluator evaluator({.program = beside_this_program("deadheat-jq")});
  if (!programs_compile(*scenario, evaluator)) return exit_usage;

  std::optional<schedule::Schedule> repeat;
  if (options.replay) {
    auto schedule = schedule_of(*options.replay, *scenario);
    if (!schedule) {
      complain(fmt::format("{}: {}", options.scenario_file, schedule.error()));
      return exit_usage;
    }
    repeat = std::move(*schedule);
  }

  const base::SystemClock clock;
  race::Course course{.scenario = *scenario, .evaluate = evaluator.port(), .clock = clock};
  course.run = fresh_run_id(clock);
  const auto sinks = sink::Sinks::open(*scenario, course.evaluate, clock, course.run);
  if (!sinks) {
    fmt::print(stderr, "{}\n", to_text(sinks.error()));
    return exit_usage;
  }
  if (!scenario->sinks.empty()) course.sinks = sinks->get();
  if (!may_write(options)) return exit_usage;

  std::optional<JournalFile> journal;
  if (!options.journal_file.empty()) journal.emplace(options.journal_file);
  record::Record record =
      conduct(course, options, std::move(repeat), journal ? &*journal : nullptr);
  if (record.verdict == "clean" && !options.no_self_check) add_self_check(record, scenario->run);
  if (record.exit_code == exit_usage || record.exit_code == exit_unreachable) {
    // Nothing was learnt: there is nothing to report but what to mend.
    fmt::print(stderr, "{}\n", in_one_line(record.reasons.front()));
    for (const std::string& step : record.next_steps) complain(step);
  } else {
    fmt::print("{}", report::terminal(record, look_for(STDOUT_FILENO, options.colour)));
    std::fflush(stdout);
  }
  bool written =
      options.json_file.empty() || write_file(record::to_text(record), options.json_file);
  if (!options.html_file.empty())
    written = write_file(report::html(record), options.html_file) && written;
  if (journal && !journal->error().empty()) {
    complain(journal->error());
    written = false;
  }
  if (!written) return exit_internal;
  return record.exit_code;
}

}  // namespace app
