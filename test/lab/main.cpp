// The corpus: races that people have published, each as it is written, cured, and cured by
// refusing.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "base/json.h"
#include "patterns/patterns.h"
#include "serve.h"

namespace lab {
namespace {

json::value description(const Pattern& pattern) {
  return {{"name", pattern.name},
          {"title", pattern.title},
          {"kind", "pattern"},
          {"forms", {"faulty", "cured", "refusing"}},
          {"expect",
           {{"faulty", json::array{"race"}},
            {"cured", json::array{"clean"}},
            {"refusing", json::array{"clean"}}}},
          {"cwe", pattern.cwe},
          {"window", pattern.window},
          {"cure", pattern.cure},
          {"refusal", pattern.refusal},
          {"source", fmt::format("test/lab/patterns/{}", pattern.source)},
          {"server", ""}};
}

json::value description(const Control& control) {
  return {{"name", control.name},
          {"title", control.title},
          {"kind", "control"},
          {"forms", json::array{"control"}},
          {"expect", {{"control", json::array(control.expect.begin(), control.expect.end())}}},
          {"why", control.why},
          {"server", control.server}};
}

void list() {
  json::array all;
  for (const Pattern& pattern : all_patterns()) all.push_back(description(pattern));
  for (const Control& control : all_controls()) all.push_back(description(control));
  fmt::print("{}\n", base::to_pretty_text(all));
}

int run(int argc, char** argv) {
  CLI::App app("Races as they are written, their cures, and what only looks like a race", "lab");
  app.require_subcommand(1);
  ServeOptions options;
  CLI::App& serving = *app.add_subcommand("serve", "serves all of them on 127.0.0.1");
  serving.add_option("--port", options.port, "0: any free one")->capture_default_str();
  serving.add_option("--directory", options.directory,
                     "for the databases (a temporary one, removed at the end)");
  serving.add_option("--workers", options.workers, "requests at a time")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  serving.add_flag("--one-connection", options.one_connection,
                   "serve one connection at a time, the next when it has ended");
  app.add_subcommand("list", "prints what there is, as JSON");
  CLI11_PARSE(app, argc, argv);
  if (serving.parsed())
    serve(options);
  else
    list();
  return 0;
}

}  // namespace
}  // namespace lab

int main(int argc, char** argv) {
  try {
    return lab::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "lab: {}\n", error.what());
    return 70;
  }
}
