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
#include "scenario/scenario.h"

namespace {

constexpr int exit_usage = 2;

constexpr char about[] =
    "deadheat finds race conditions in an HTTP API, proves them, and explains them.\n"
    "It runs the scripts of a scenario one after another, in every order, and learns which "
    "outcomes are\n"
    "right; then it makes them arrive together, and looks for an outcome that no order explains.";

constexpr char run_footer[] =
    "Exit codes: 0 clean, 1 race or broken, 2 usage or scenario error, 3 inconclusive, 4 no "
    "connection,\n"
    "            5 refused for safety, 70 internal error, 130 interrupted\n"
    "\n"
    "Example:    deadheat run scenarios/cancel-vs-accept.yaml --target http://127.0.0.1:8000 "
    "--json run.json\n"
    "\n"
    "Only loopback is raced unless --allow-host names the host: this is a tool for one's own API.";

/// An option that takes a name of the table, which outlives the command line.
template <class E>
CLI::Option& add_choice(CLI::App& command, const std::string& option, std::optional<E>& choice,
                        const base::Names<E>& names, const std::string& help) {
  CLI::IsMember one_of(names.all());
  one_of.description("");
  const auto choose = [&choice, &names](const std::string& word) { choice = names.value_of(word); };
  return *command.add_option_function<std::string>(option, choose, help)->check(one_of);
}

void add_colour(CLI::App& command, std::optional<app::Colour>& colour) {
  add_choice(command, "--color", colour, app::colour_names, "auto, always or never (auto)")
      .type_name("WHEN");
}

void add_seed(CLI::App& command, std::optional<std::uint64_t>& seed) {
  command.add_option("--seed", seed, "For the same schedules again; every report prints its own")
      ->check(CLI::Validator(
          [](std::string& text) {
            return text.find_first_not_of("0123456789") == std::string::npos
                       ? ""
                       : "expected a whole number, found " + text;
          },
          ""))
      ->type_name("N");
}

void add_output(CLI::App& command, std::optional<app::Colour>& colour, bool& quiet) {
  add_colour(command, colour);
  command.add_flag("--quiet", quiet, "No progress");
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
         "Base URL, in place of the scenario's; given again, the actors are spread over all")
      ->allow_extra_args(false)
      ->type_name("URL");
  run.add_option("--proxy", options.overrides.proxy,
                 "An HTTP proxy on the way to all targets, as http://[user:password@]host:port")
      ->type_name("URL");
  run.add_option("--attempts", options.overrides.attempts,
                 "How many attempts to make (200); more while `clean` still lacks effort")
      ->check(between(1, 1'000'000))
      ->type_name("N");
  run.add_option("--budget", options.overrides.budget,
                 "How long the run may take, such as 5m (60s)")
      ->type_name("TIME");
  add_seed(run, options.seed);
  run.add_option("--lanes", options.overrides.lanes,
                 "How many attempts may go on side by side (1); more only if every reset makes its "
                 "own resource")
      ->check(between(1, 256))
      ->type_name("N");
  add_choice(run, "--http", options.overrides.http, scenario::http_names,
             "The version that is spoken: 1.1, 2 (without TLS too), or auto (what TLS agrees on, "
             "1.1 without it)")
      .type_name("VERSION");
  run.add_flag("--keep-going", options.keep_going, "Race even where a rule breaks one at a time");
  run.add_flag("--no-self-check", options.no_self_check,
               "Do not race a planted window (0.3 s) to show what a verdict of clean is worth");
  run.add_option("--json", options.json_file,
                 "Write everything about the run to this file, over what is there")
      ->type_name("FILE");
  run.add_option("--journal", options.journal_file,
                 "Write every serial run and every attempt to this file as it is heard: JSON Lines")
      ->type_name("FILE");
  run.add_option("--html", options.html_file,
                 "Write the report to this file, as a page for browsers")
      ->type_name("FILE");
  run.add_option("--allow-host", options.allowed_hosts,
                 "A host that may be raced although it is not loopback")
      ->allow_extra_args(false)
      ->type_name("HOST");
  add_output(run, options.colour, options.quiet);
}

void add_run(CLI::App& app, app::RunOptions& options) {
  CLI::App& run =
      *app.add_subcommand("run", "Race the scripts of a scenario and judge what comes out");
  run.footer(run_footer);
  run.add_option("scenario", options.scenario_file, "The scenario, a YAML file")
      ->required()
      ->type_name("FILE");
  add_run_options(run, options);
  add_choice(run, "--sync", options.overrides.sync, scenario::sync_names,
             "How requests are released: held (by one thread, which keeps back their last "
             "bytes), threads, or auto (held)")
      .type_name("HOW");
  add_choice(run, "--hold", options.overrides.hold, scenario::hold_names,
             "Which byte is kept back: the last of the headers, of the body, or auto (each in "
             "turn)")
      .type_name("BYTE");
  add_choice(run, "--offsets", options.overrides.offsets, scenario::offsets_names,
             "sweep (half of the attempts are released apart, over the latency) or none (sweep)")
      .type_name("HOW");
  add_choice(run, "--connections", options.overrides.connections, scenario::connections_names,
             "With HTTP/2: requests leave on one connection in one write (shared), each on its "
             "own, or auto (both in turn)")
      .type_name("HOW");
}

void add_replay(CLI::App& app, app::ReplayOptions& options) {
  CLI::App& replay = *app.add_subcommand(
      "replay", "Race again, with every attempt released as one of an earlier run was");
  replay.footer(
      "Target, scenario and seed are those of that run, unless they are given. The exit codes are "
      "those of run.\n"
      "\n"
      "Example:    deadheat replay run.json 12 --attempts 100");
  replay.add_option("run", options.record_file, "What --json has written")
      ->required()
      ->type_name("FILE");
  CLI::Range number(1, 1'000'000);
  number.description("");
  replay
      .add_option("attempt", options.attempt,
                  "The number of the attempt to repeat (of those that hit, the one in the middle)")
      ->check(number)
      ->type_name("N");
  replay.add_option("--scenario", options.run.scenario_file, "The scenario, if it has moved")
      ->type_name("FILE");
  add_run_options(replay, options.run);
}

void add_report(CLI::App& app, app::ReportOptions& options) {
  CLI::App& report =
      *app.add_subcommand("report", "Show the report of an earlier run again, or as a page");
  report.add_option("run", options.record_file, "What --json has written")
      ->required()
      ->type_name("FILE");
  report
      .add_option("--html", options.html_file,
                  "Write it to this file, as a page for browsers, and print nothing")
      ->type_name("FILE");
  add_colour(report, options.colour);
}

void add_doctor(CLI::App& app, app::DoctorOptions& options) {
  CLI::App& doctor = *app.add_subcommand(
      "doctor", "Show what race window is found on this machine, and what limits it");
  doctor.footer(
      "Exit codes: 0 a window of 1 ms is found in half of the rounds or more, 2 usage error, 3 it "
      "is not,\n"
      "            4 loopback cannot be used, 70 internal error\n"
      "\n"
      "A server with a fault of known width is raced on loopback, for 8 s at most.");
  add_seed(doctor, options.seed);
  doctor
      .add_option("--json", options.json_file,
                  "Write everything about it to this file, over what is there")
      ->type_name("FILE");
  add_output(doctor, options.colour, options.quiet);
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
    return command.empty() ? exit_usage : 0;
  }
  std::vector<std::string> commands;
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; }))
    commands.push_back(each->get_name());
  if (!command.starts_with('-') && std::count(commands.begin(), commands.end(), command) == 0) {
    std::fprintf(stderr, "deadheat: there is no command '%s'; the commands are: %s\n", argv[1],
                 CLI::detail::join(commands, ", ").c_str());
    return exit_usage;
  }
  try {
    app.parse(argc, argv);
    if (app.got_subcommand("doctor")) return app::doctor(doctor);
    if (app.got_subcommand("replay")) return app::replay(replay);
    if (app.got_subcommand("report")) return app::report_again(report);
    return app::run(run);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : exit_usage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "deadheat: internal error: %s\n", error.what());
    return 70;
  }
}
