#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/doctor.h"
#include "app/replay.h"
#include "app/run.h"
#include "app/terminal.h"
#include "base/names.h"
#include "base/version.h"
#include "record/facts.h"
#include "report/language.h"
#include "scenario/scenario.h"

namespace {

constexpr int usage = static_cast<int>(record::Exit::usage);

constexpr char about[] =
    "deadheat finds race conditions in an HTTP API, proves them, and explains them.\n"
    "It runs the scripts of a scenario one after another, in every order, to learn which results "
    "are right.\n"
    "Then it makes them arrive together, and looks for a result that no sequential order gives.";

constexpr char run_footer[] =
    "Exit codes: 0 clean, 1 race or broken, 2 usage or scenario error, 3 inconclusive, 4 no "
    "connection,\n"
    "            5 refused for safety, 70 internal error, 130 interrupted\n"
    "\n"
    "Example:    deadheat run scenarios/cancel-vs-accept.yaml --target http://127.0.0.1:8000 "
    "--json run.json\n"
    "\n"
    "Without --allow-host only loopback is tested: this is a tool for your own API.";

/// An option that takes a name of the table, which outlives the command line.
template <class E>
CLI::Option& add_choice(CLI::App& command, const std::string& option, std::optional<E>& choice,
                        const base::Names<E>& names, const std::string& help) {
  CLI::IsMember one_of(names.all());
  one_of.description("");
  const auto choose = [&choice, &names](const std::string& word) { choice = names.value_of(word); };
  return *command.add_option_function<std::string>(option, choose, help)->check(one_of);
}

void add_style(CLI::App& command, app::Style& style) {
  add_choice(command, "--color", style.colour, app::colour_names,
             "Colours in the terminal: auto, always or never (auto)")
      .type_name("WHEN");
  add_choice(command, "--lang", style.language, report::language_names,
             "Language of the report: en or ko (by LC_ALL, LC_MESSAGES or LANG)")
      .type_name("LANGUAGE");
}

void add_seed(CLI::App& command, std::optional<std::uint64_t>& seed) {
  command
      .add_option("--seed", seed,
                  "Seed for the schedules; pass the one from a report to repeat that run")
      ->check(CLI::Validator(
          [](std::string& text) {
            return text.find_first_not_of("0123456789") == std::string::npos
                       ? ""
                       : "expected a whole number, found " + text;
          },
          ""))
      ->type_name("N");
}

void add_output(CLI::App& command, app::Style& style, bool& quiet) {
  add_style(command, style);
  command.add_flag("--quiet", quiet, "Show no progress");
}

/// What `run` and `replay` have in common.
void add_run_options(CLI::App& run, app::RunOptions& options) {
  const auto between = [](int least, int most) {
    CLI::Range check(least, most);
    check.description("");
    return check;
  };
  run.add_option(
         "--target", options.overrides.targets,
         "Base URL, instead of the scenario's; given several times, the actors are spread over all")
      ->allow_extra_args(false)
      ->type_name("URL");
  run.add_option("--proxy", options.overrides.proxy,
                 "HTTP proxy for all targets: http://[user:password@]host:port")
      ->type_name("URL");
  run.add_option("--attempts", options.overrides.attempts,
                 "Attempts to make; up to three times as many while `clean` lacks effort (200)")
      ->check(between(1, 1'000'000))
      ->type_name("N");
  run.add_option("--budget", options.overrides.budget, "Time limit of the run, such as 5m (60s)")
      ->type_name("TIME");
  add_seed(run, options.seed);
  run.add_option("--lanes", options.overrides.lanes,
                 "Attempts to run in parallel; use more than 1 only if each reset creates its own "
                 "resource (1)")
      ->check(between(1, 256))
      ->type_name("N");
  add_choice(run, "--http", options.overrides.http, scenario::http_names,
             "HTTP version: 1.1, 2 (also without TLS), or auto: negotiated by TLS, else 1.1 (auto)")
      .type_name("VERSION");
  run.add_flag("--keep-going", options.keep_going, "Race even if a rule fails sequentially");
  run.add_flag("--no-self-check", options.no_self_check,
               "Skip the 0.3 s check of how narrow a race this machine can detect");
  run.add_option("--json", options.json_file,
                 "Write the full record of the run to FILE (overwrites)")
      ->type_name("FILE");
  run.add_option(
         "--journal", options.journal_file,
         "Write every serial run and attempt to FILE as it completes: JSON Lines (overwrites)")
      ->type_name("FILE");
  run.add_option("--html", options.html_file, "Write the report to FILE as a web page (overwrites)")
      ->type_name("FILE");
  run.add_option("--allow-host", options.allowed_hosts,
                 "Allow a target on this host, although it is not loopback")
      ->allow_extra_args(false)
      ->type_name("HOST");
  add_output(run, options.style, options.quiet);
}

void add_run(CLI::App& app, app::RunOptions& options) {
  CLI::App& run =
      *app.add_subcommand("run", "Race the scripts of a scenario, and judge the results");
  run.footer(run_footer);
  run.add_option("scenario", options.scenario_file, "The scenario, a YAML file")
      ->required()
      ->type_name("FILE");
  add_run_options(run, options);
  add_choice(
      run, "--sync", options.overrides.sync, scenario::sync_names,
      "Release requests from one thread that holds back their last bytes (held), or from one "
      "thread each (threads); auto: held")
      .type_name("HOW");
  add_choice(run, "--hold", options.overrides.hold, scenario::hold_names,
             "Hold back the last byte of the headers or of the body; auto alternates (auto)")
      .type_name("BYTE");
  add_choice(
      run, "--offsets", options.overrides.offsets, scenario::offsets_names,
      "sweep: stagger half of the attempts across the measured latency; none: always together "
      "(sweep)")
      .type_name("HOW");
  add_choice(run, "--connections", options.overrides.connections, scenario::connections_names,
             "HTTP/2: send all requests in one write (shared), one connection each (own), or "
             "alternate (auto)")
      .type_name("HOW");
}

void add_replay(CLI::App& app, app::ReplayOptions& options) {
  CLI::App& replay =
      *app.add_subcommand("replay", "Repeat one recorded attempt's schedule in every attempt");
  replay.footer(
      "Target, scenario and seed default to those of that run. The exit codes are those of run.\n"
      "\n"
      "Example:    deadheat replay run.json 12 --attempts 100");
  replay.add_option("run", options.record_file, "A run.json, as --json writes it")
      ->required()
      ->type_name("FILE");
  CLI::Range number(1, 1'000'000);
  number.description("");
  replay
      .add_option("attempt", options.attempt,
                  "Number of the attempt to repeat (the median of the attempts that hit)")
      ->check(number)
      ->type_name("N");
  replay.add_option("--scenario", options.run.scenario_file, "The scenario, if it has moved")
      ->type_name("FILE");
  add_run_options(replay, options.run);
}

void add_report(CLI::App& app, app::ReportOptions& options) {
  CLI::App& report = *app.add_subcommand(
      "report", "Show the report of an earlier run again, or write it as a web page");
  report.add_option("run", options.record_file, "A run.json, as --json writes it")
      ->required()
      ->type_name("FILE");
  report
      .add_option("--html", options.html_file,
                  "Write the report to FILE as a web page, and print nothing (overwrites)")
      ->type_name("FILE");
  add_style(report, options.style);
}

void add_doctor(CLI::App& app, app::DoctorOptions& options) {
  CLI::App& doctor = *app.add_subcommand(
      "doctor", "Measure how narrow a race this machine can detect, and what limits it");
  doctor.footer(
      "Exit codes: 0 a window of 1 ms is detected in half of the rounds or more, 2 usage error, "
      "3 it is not,\n"
      "            4 loopback cannot be used, 70 internal error\n"
      "\n"
      "Races a server on loopback that has a fault of known width, for 8 s at most.");
  add_seed(doctor, options.seed);
  doctor.add_option("--json", options.json_file, "Write the full record to FILE (overwrites)")
      ->type_name("FILE");
  add_output(doctor, options.style, options.quiet);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(about, "deadheat");
  app.set_version_flag("--version", std::string("deadheat ") + base::version);
  app.require_subcommand(1);
  app::RunOptions run;
  add_run(app, run);
  app::ReplayOptions replay;
  add_replay(app, replay);
  app::ReportOptions report;
  add_report(app, report);
  app::DoctorOptions doctor;
  add_doctor(app, doctor);
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command.empty() || command == "help") {
    std::fputs(app.help().c_str(), command.empty() ? stderr : stdout);
    return command.empty() ? usage : 0;
  }
  std::vector<std::string> commands;
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; }))
    commands.push_back(each->get_name());
  if (!command.starts_with('-') && std::count(commands.begin(), commands.end(), command) == 0) {
    std::fprintf(stderr, "deadheat: there is no command '%s'; the commands are: %s\n", argv[1],
                 CLI::detail::join(commands, ", ").c_str());
    return usage;
  }
  try {
    app.parse(argc, argv);
    if (app.got_subcommand("doctor")) return app::doctor(doctor);
    if (app.got_subcommand("replay")) return app::replay(replay);
    if (app.got_subcommand("report")) return app::report_again(report);
    return app::run(run);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : usage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "deadheat: internal error: %s\n", error.what());
    return static_cast<int>(record::Exit::internal);
  }
}
