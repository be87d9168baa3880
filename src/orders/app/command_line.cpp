#include "app/command_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "app/database.h"
#include "app/load.h"
#include "app/serve.h"
#include "base/version.h"
#include "settings/settings.h"

namespace app {
namespace {

constexpr int done = 0;
constexpr int failed = 1;
constexpr int wrong_usage = 2;

constexpr char about[] = R"(A food-delivery order service, and a place to watch race conditions.

  /api/v1/orders/   the naive view: reads, waits PROCESSING_DELAY, overwrites the whole row
  /api/std/orders/  a stock ModelViewSet: the same without the wait
  /api/v2/orders/   the API one should have: one conditional change, 409 for who comes too late
  /lab/{strategy}/orders/  the same API, once for each way to make a change: naive, check-then-act,
                    transaction, lock, version, conditional, serializable; ?gap=5ms sets the wait
  /openapi.json     all of this for programs
  /livez            200 while the service runs)";

/// Settings and examples; the table of variables is the one that is read.
std::string footer() {
  return fmt::format(
      "Settings come from the environment, then from .env (as python-dotenv reads it):\n{}\n"
      "Examples:\n"
      "  orders load && orders serve\n"
      "  curl http://127.0.0.1:8000/api/v1/orders/8/\n"
      "  curl -X PUT -H 'Content-Type: application/json' -d '{{\"status\":\"cancelled\"}}' \\\n"
      "       http://127.0.0.1:8000/api/v2/orders/8/",
      settings::describe_variables());
}

/// What a flag says instead of the environment.
struct Flags {
  std::string env_file = ".env";
  std::optional<std::string> host, port, database, processing_delay;
  ServeOptions serve;
  std::size_t count = 12;
};

settings::Environment process_environment() {
  settings::Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != text.npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

void override_with(const std::optional<std::string>& flag, const char* variable,
                   settings::Environment& environment) {
  if (flag) environment[variable] = *flag;
}

/// The environment, what .env adds to it, and what flags replace. Nothing, and told, if .env is
/// unreadable.
std::optional<settings::Environment> environment_of(const Flags& flags) {
  settings::Environment environment = process_environment();
  if (std::ifstream file(flags.env_file, std::ios::binary); file) {
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    const auto read = settings::read_dotenv(bytes, environment, settings::Winner::environment);
    if (!read) {
      fmt::print(stderr, "orders: {}: {}\n", flags.env_file, read.error());
      return std::nullopt;
    }
    for (const std::size_t line : read->bad_lines)
      fmt::print(stderr, "orders: {}:{}: not NAME=value; passed over\n", flags.env_file, line);
    environment = settings::with_dotenv(std::move(environment), *read);
  }
  override_with(flags.host, "HOST", environment);
  override_with(flags.port, "PORT", environment);
  override_with(flags.database, "DATABASE_URL", environment);
  override_with(flags.processing_delay, "PROCESSING_DELAY", environment);
  return environment;
}

void add_settings_flags(CLI::App& command, Flags& flags) {
  command.add_option("--env-file", flags.env_file, "Where to read settings from (default: .env)");
  command.add_option("--database", flags.database,
                     "SQLite file, sqlite:///FILE or postgres://... (default: orders.sqlite3)");
}

}  // namespace

int run(int argc, const char* const* argv) {
  Flags flags;
  CLI::App program(about, "orders");
  program.footer(footer());
  program.set_version_flag("--version", std::string("orders ") + base::version);
  program.require_subcommand(1);

  CLI::App* serve_command = program.add_subcommand("serve", "Serve until SIGTERM or SIGINT");
  serve_command->footer(footer());
  add_settings_flags(*serve_command, flags);
  serve_command->add_option("--host", flags.host, "Address to listen on (default: 127.0.0.1)");
  serve_command->add_option("--port", flags.port, "Port; 0 takes any free one (default: 8000)");
  serve_command->add_option("--processing-delay", flags.processing_delay,
                            "What v1 waits before it overwrites: 3s, 50ms, 0 (default: 3s)");
  serve_command->add_option("--port-file", flags.serve.port_file,
                            "Write the port to this file when ready");
  serve_command->add_option("--threads", flags.serve.threads, "I/O threads (default: 1)")
      ->check(CLI::Range(1, 64));
  serve_command->add_option("--log", flags.serve.log.format, "text or json (default: text)")
      ->check(CLI::IsMember({"text", "json"}));
  serve_command
      ->add_option("--log-level", flags.serve.log.level,
                   "debug, info, warning, error or off (default: info)")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}));

  CLI::App* load_command = program.add_subcommand(
      "load", "Bring example orders into the database; existing ids are left");
  add_settings_flags(*load_command, flags);
  load_command->add_option("--count", flags.count, "How many (default: 12, order 8 among them)")
      ->check(CLI::Range(1, 1'000'000));

  CLI::App* migrate_command =
      program.add_subcommand("migrate", "Bring the database to this program's schema");
  add_settings_flags(*migrate_command, flags);

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? done : wrong_usage;
  }
  const auto environment = environment_of(flags);
  if (!environment) return wrong_usage;
  const auto settings = settings::read_settings(*environment);
  if (!settings) {
    fmt::print(stderr, "orders: {}\n", settings.error().message());
    return wrong_usage;
  }
  try {
    if (load_command->parsed()) {
      load(*settings, flags.count);
      return done;
    }
    if (migrate_command->parsed()) {
      migrate(*settings);
      return done;
    }
    if (const auto fit = settings::check(*settings); !fit) {
      fmt::print(stderr, "orders: {}\n", fit.error().message());
      return wrong_usage;
    }
    return serve(*settings, flags.serve) ? done : failed;
  } catch (const std::exception& error) {
    fmt::print(stderr, "orders: {}\n", error.what());
    return failed;
  }
}

}  // namespace app
