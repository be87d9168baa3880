#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "app/run.h"
#include "base/version.h"

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

void add_run(CLI::App& app, app::RunOptions& options) {
  CLI::App& run =
      *app.add_subcommand("run", "Race the scripts of a scenario and judge what comes out");
  run.footer(run_footer);
  const auto one_of = [](std::initializer_list<std::string> words) {
    CLI::IsMember check((std::vector<std::string>(words)));
    check.description("");
    return check;
  };
  const auto between = [](int least, int most) {
    CLI::Range check(least, most);
    check.description("");
    return check;
  };
  run.add_option("scenario", options.scenario_file, "The scenario, a YAML file")
      ->required()
      ->type_name("FILE");
  run.add_option(
         "--target", options.targets,
         "Base URL, in place of the scenario's; given again, the actors are spread over all")
      ->allow_extra_args(false)
      ->type_name("URL");
  run.add_option("--attempts", options.attempts,
                 "How many attempts to make (200); more while `clean` still lacks effort")
      ->check(between(1, 1'000'000))
      ->type_name("N");
  run.add_option("--budget", options.budget, "How long the run may take, such as 5m (60s)")
      ->type_name("TIME");
  run.add_option("--seed", options.seed,
                 "For the same schedules again; every report prints its own")
      ->check(CLI::Validator(
          [](std::string& text) {
            return text.find_first_not_of("0123456789") == std::string::npos
                       ? ""
                       : "expected a whole number, found " + text;
          },
          ""))
      ->type_name("N");
  run.add_option("--lanes", options.lanes,
                 "How many attempts may go on side by side (1); more only if every reset makes its "
                 "own resource")
      ->check(between(1, 256))
      ->type_name("N");
  run.add_option("--sync", options.sync,
                 "How requests are released: held (by one thread, which keeps back their last "
                 "bytes), threads, or auto (held)")
      ->check(one_of({"auto", "held", "threads"}))
      ->type_name("HOW");
  run.add_option("--hold", options.hold,
                 "Which byte is kept back: the last of the headers, of the body, or auto (each in "
                 "turn)")
      ->check(one_of({"auto", "headers", "body"}))
      ->type_name("BYTE");
  run.add_option(
         "--offsets", options.offsets,
         "sweep (half of the attempts are released apart, over the latency) or none (sweep)")
      ->check(one_of({"sweep", "none"}))
      ->type_name("HOW");
  run.add_flag("--keep-going", options.keep_going, "Race even where a rule breaks one at a time");
  run.add_option("--json", options.json_file,
                 "Write everything about the run to this file, over what is there")
      ->type_name("FILE");
  run.add_option("--journal", options.journal_file,
                 "Write every serial run and every attempt to this file as it is heard: JSON Lines")
      ->type_name("FILE");
  run.add_option("--allow-host", options.allowed_hosts,
                 "A host that may be raced although it is not loopback")
      ->allow_extra_args(false)
      ->type_name("HOST");
  run.add_option("--color", options.colour, "auto, always or never (auto)")
      ->check(one_of({"auto", "always", "never"}))
      ->type_name("WHEN");
  run.add_flag("--quiet", options.quiet, "No progress");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(about, "deadheat");
  app.set_version_flag("--version", std::string("deadheat ") + base::version);
  app.require_subcommand(1);
  app::RunOptions options;
  add_run(app, options);
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command.empty() || command == "help") {
    std::fputs(app.help().c_str(), command.empty() ? stderr : stdout);
    return command.empty() ? exit_usage : 0;
  }
  if (!command.starts_with('-') && command != "run") {
    std::fprintf(stderr, "deadheat: there is no command '%s'; the command is: run\n", argv[1]);
    return exit_usage;
  }
  try {
    app.parse(argc, argv);
    return app::run(options);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : exit_usage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "deadheat: internal error: %s\n", error.what());
    return 70;
  }
}
