#include "app/command_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "app/backup.h"
#include "app/database.h"
#include "app/deploy.h"
#include "app/load.h"
#include "app/serve.h"
#include "app/token.h"
#include "base/clock.h"
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
  /api/v2/orders/   the API one should have: one conditional change, 409 for whoever comes too late
  /api/v2/events    every change of every order, as it happens (server-sent events)
  /lab/{strategy}/orders/  the same API, once for each way to make a change: naive, check-then-act,
                    transaction, lock, version, conditional, serializable; ?gap=5ms sets the wait
  /openapi.json     all of this for programs
  /livez, /readyz   200 while the service runs, and while it can do its work
  /metrics          what it counts and measures, for Prometheus)";

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
  TokenOptions token;
  bool deploy = false;
  std::string backup_file;
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

void add_env_file(CLI::App& command, Flags& flags) {
  command.add_option("--env-file", flags.env_file, "File to read settings from (.env)");
}

void add_settings_flags(CLI::App& command, Flags& flags) {
  add_env_file(command, flags);
  command.add_option("--database", flags.database,
                     "SQLite file, sqlite:///FILE or postgres://... (orders.sqlite3)");
}

CLI::App* add_serve(CLI::App& program, Flags& flags) {
  CLI::App* command = program.add_subcommand("serve", "Serve until SIGTERM or SIGINT");
  command->footer(footer());
  add_settings_flags(*command, flags);
  command->add_option("--host", flags.host, "Address to listen on (127.0.0.1)");
  command->add_option("--port", flags.port, "Port; 0 takes any free one (8000)");
  command->add_option("--processing-delay", flags.processing_delay,
                      "Wait of v1 between its read and its overwrite: 3s, 50ms, 0 (3s)");
  command->add_option("--port-file", flags.serve.port_file,
                      "Write the port to this file when ready");
  command->add_option("--threads", flags.serve.threads, "I/O threads (1)")
      ->check(CLI::Range(1, 64));
  command->add_option("--log", flags.serve.log.format, "Format of the log: text or json (text)")
      ->check(CLI::IsMember({"text", "json"}));
  command
      ->add_option("--log-level", flags.serve.log.level,
                   "debug, info, warning, error or off (info)")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}));
  return command;
}

CLI::App* add_load(CLI::App& program, Flags& flags) {
  CLI::App* command = program.add_subcommand(
      "load", "Add example orders to the database; orders with the same id stay as they are");
  add_settings_flags(*command, flags);
  command->add_option("--count", flags.count, "Number of orders (12, order 8 among them)")
      ->check(CLI::Range(1, 1'000'000));
  return command;
}

CLI::App* add_migrate(CLI::App& program, Flags& flags) {
  CLI::App* command =
      program.add_subcommand("migrate", "Bring the database to this program's schema");
  add_settings_flags(*command, flags);
  return command;
}

CLI::App* add_token(CLI::App& program, Flags& flags) {
  CLI::App* command =
      program.add_subcommand("token", "Print a token for v2 (AUTH=on), signed with SECRET_KEY");
  add_env_file(*command, flags);
  command->add_option("--role", flags.token.role, "customer, restaurant, rider or admin")
      ->required();
  command
      ->add_option("--name", flags.token.name,
                   "Who it is; of a customer, the customer_name of their orders")
      ->required();
  command->add_option("--expires", flags.token.expires, "Lifetime: 30m, 8h, 7d (8h)");
  return command;
}

CLI::App* add_check(CLI::App& program, Flags& flags) {
  CLI::App* command =
      program.add_subcommand("check", "Check the settings; exit code 2 if they are wrong");
  add_settings_flags(*command, flags);
  command->add_flag("--deploy", flags.deploy,
                    "Name what is not safe to deploy; exit code 1 if anything is");
  return command;
}

CLI::App* add_backup(CLI::App& program, Flags& flags) {
  CLI::App* command = program.add_subcommand(
      "backup", "Copy the database into a new file while it is in use, and check the copy");
  add_settings_flags(*command, flags);
  command->add_option("file", flags.backup_file, "File to create; must not exist")->required();
  return command;
}

/// What is wrong with the settings is told.
std::optional<settings::Settings> settings_of(const Flags& flags) {
  const auto environment = environment_of(flags);
  if (!environment) return std::nullopt;
  auto settings = settings::read_settings(*environment);
  if (settings) return *std::move(settings);
  fmt::print(stderr, "orders: {}\n", settings.error().message());
  return std::nullopt;
}

bool fit_together(const settings::Settings& settings) {
  const auto fit = settings::check(settings);
  if (!fit) fmt::print(stderr, "orders: {}\n", fit.error().message());
  return fit.has_value();
}

using settings::Settings;

int serve_orders(const Settings& settings, const Flags& flags) {
  if (!fit_together(settings)) return wrong_usage;
  return serve(settings, flags.serve) ? done : failed;
}

int load_orders(const Settings& settings, const Flags& flags) {
  load(settings, flags.count);
  return done;
}

int migrate_database(const Settings& settings, const Flags& /*flags*/) {
  migrate(settings);
  return done;
}

int make_token(const Settings& settings, const Flags& flags) {
  return print_token(settings, flags.token, base::SystemClock()) ? done : wrong_usage;
}

int check_settings(const Settings& settings, const Flags& flags) {
  if (flags.deploy) return check_deployment(settings, flags.env_file) ? done : failed;
  return fit_together(settings) ? done : wrong_usage;
}

int back_up(const Settings& settings, const Flags& flags) {
  return backup(settings, flags.backup_file) ? done : failed;
}

/// A command: what reads its arguments, and what it does, to an exit code.
struct Command {
  CLI::App* arguments;
  int (*act)(const Settings& settings, const Flags& flags);
};

std::vector<Command> add_commands(CLI::App& program, Flags& flags) {
  return {{add_serve(program, flags), serve_orders},       {add_load(program, flags), load_orders},
          {add_migrate(program, flags), migrate_database}, {add_token(program, flags), make_token},
          {add_check(program, flags), check_settings},     {add_backup(program, flags), back_up}};
}

}  // namespace

int run(int argc, const char* const* argv) {
  Flags flags;
  CLI::App program(about, "orders");
  program.footer(footer());
  program.set_version_flag("--version", std::string("orders ") + base::version);
  program.require_subcommand(1);
  const std::vector<Command> commands = add_commands(program, flags);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? done : wrong_usage;
  }
  const auto settings = settings_of(flags);
  if (!settings) return wrong_usage;
  const auto chosen = std::find_if(commands.begin(), commands.end(), [](const Command& command) {
    return command.arguments->parsed();
  });
  try {
    return chosen->act(*settings, flags);
  } catch (const std::exception& error) {
    fmt::print(stderr, "orders: {}\n", error.what());
    return failed;
  }
}

}  // namespace app
