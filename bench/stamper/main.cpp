// The server that bench/arrival measures at, and the least that a client can do.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "floor.h"
#include "serve.h"

namespace stamper {
namespace {

int run(int argc, char** argv) {
  CLI::App app("Says when requests arrived", "stamper");
  app.require_subcommand(1);
  ServeOptions serving;
  CLI::App& serve_command = *app.add_subcommand("serve", "stamps what arrives, on 127.0.0.1");
  serve_command.add_option("--certificate", serving.certificate, "PEM; then it speaks TLS");
  serve_command.add_option("--key", serving.key, "PEM");
  FloorOptions floor;
  CLI::App& floor_command =
      *app.add_subcommand("floor", "sends rounds of requests, each round in one write");
  floor_command.add_option("url", floor.url, "of `stamper serve`, without TLS")->required();
  floor_command.add_option("--requests", floor.requests, "in a round")->check(CLI::Range(1, 256));
  floor_command.add_option("--rounds", floor.rounds, "how many")->check(CLI::Range(1, 1'000'000));
  floor_command.add_flag("--whole", floor.whole, "whole requests, not the ends of their bodies");
  CLI11_PARSE(app, argc, argv);
  if (serve_command.parsed())
    serve(serving);
  else
    play_floor(floor);
  return 0;
}

}  // namespace
}  // namespace stamper

int main(int argc, char** argv) {
  try {
    return stamper::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "stamper: {}\n", error.what());
    return 70;
  }
}
