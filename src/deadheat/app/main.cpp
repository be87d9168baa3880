#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "app/run.h"
#include "base/version.h"

namespace {

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
  run.add_option("scenario", options.scenario_file, "The scenario, a YAML file")->required();
  run.add_option("--target", options.targets,
                 "Base URL, in place of the scenario's; several spread the actors over replicas");
  run.add_option("--attempts", options.attempts,
                 "How many attempts to make (the scenario's, or 200)")
      ->check(CLI::Range(1, 1000000));
  run.add_option("--budget", options.budget, "How long the run may take, such as 60s or 5m");
  run.add_option("--seed", options.seed, "For the same schedules again; printed in every report");
  run.add_option("--lanes", options.lanes, "How many attempts may go on side by side")
      ->check(CLI::Range(1, 256));
  run.add_option(
         "--sync", options.sync,
         "How requests are released: by one thread that holds their last bytes, or by threads")
      ->check(CLI::IsMember({"auto", "held", "threads"}));
  run.add_option("--hold", options.hold,
                 "Which byte is held back: the last of the headers, or of the body")
      ->check(CLI::IsMember({"auto", "headers", "body"}));
  run.add_option("--offsets", options.offsets,
                 "Whether some attempts are released apart, swept over the latency")
      ->check(CLI::IsMember({"sweep", "none"}));
  run.add_flag("--keep-going", options.keep_going, "Race even where a rule breaks one at a time");
  run.add_option("--json", options.json_file,
                 "Write everything about the run to this file (run.json)");
  run.add_option("--allow-host", options.allowed_hosts,
                 "A host that may be raced although it is not loopback");
  run.add_option("--color", options.colour, "Colours: auto, always, never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  run.add_flag("--quiet", options.quiet, "No progress");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(about);
  app.set_version_flag("--version", std::string("deadheat ") + base::version);
  app.require_subcommand(1);
  app::RunOptions options;
  add_run(app, options);
  try {
    app.parse(argc, argv);
    return app::run(options);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "deadheat: internal error: %s\n", error.what());
    return 70;
  }
}
