#include "app/serve.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "app/database.h"
#include "base/clock.h"
#include "callers/tokens.h"
#include "events/hub.h"
#include "frame/service.h"
#include "metrics/measured_store.h"
#include "metrics/metrics.h"
#include "net/end_signals.h"
#include "net/server.h"
#include "views/live_events.h"
#include "views/views.h"

namespace app {
namespace {

/// At its end, however that comes about, the server's threads have ended: they use what was made
/// after the server.
class Stopped {
 public:
  explicit Stopped(net::Server& server) : server_(server) {}
  ~Stopped() {
    server_.stop();
    server_.wait();
  }
  Stopped(const Stopped&) = delete;
  Stopped& operator=(const Stopped&) = delete;

 private:
  net::Server& server_;
};

std::string url_of(const std::string& host, std::uint16_t port) {
  const bool is_v6 = host.find(':') != host.npos;
  return is_v6 ? fmt::format("http://[{}]:{}", host, port)
               : fmt::format("http://{}:{}", host, port);
}

net::ServerLimits limits_of(const settings::Settings& settings) {
  const auto in_milliseconds = [](base::Nanoseconds time) {
    return std::chrono::ceil<std::chrono::milliseconds>(time);
  };
  const settings::Limits& set = settings.limits;
  net::ServerLimits limits{.header_bytes = static_cast<std::uint32_t>(set.header_bytes),
                           .request_line_bytes = static_cast<std::uint32_t>(set.request_line_bytes),
                           .body_bytes = set.body_bytes,
                           .connections = set.connections,
                           .requests_per_connection = set.requests_per_connection,
                           .idle = in_milliseconds(set.idle),
                           .receive = in_milliseconds(set.receive),
                           .send = in_milliseconds(set.send)};
  // A stop waits for requests in their wait, however long that is.
  limits.drain += in_milliseconds(settings.processing_delay);
  return limits;
}

std::set<frame::Mount> mounts_of(const settings::Mounts& set) {
  std::set<frame::Mount> mounts;
  if (set.v1) mounts.insert(frame::Mount::v1);
  if (set.std) mounts.insert(frame::Mount::std);
  if (set.v2) mounts.insert(frame::Mount::v2);
  if (set.lab) mounts.insert(frame::Mount::lab);
  return mounts;
}

dialect::Language language_of(const settings::Settings& settings) {
  return settings.korean ? dialect::Language::korean : dialect::Language::english;
}

frame::ServiceOptions service_options_of(const settings::Settings& settings) {
  return {
      .allowed_hosts = settings.allowed_hosts,
      .language = language_of(settings),
      .mounts = mounts_of(settings.mounts),
      .tokens = settings.auth ? std::optional(callers::Tokens(settings.secret_key)) : std::nullopt,
      .debug = settings.debug};
}

views::Options view_options_of(const settings::Settings& settings) {
  const bool is_postgres = settings.database.kind == settings::Database::Kind::postgres;
  return {.processing_delay = settings.processing_delay,
          .listing = {.page_size = settings.page_size,
                      .search = settings.search,
                      .ordering = settings.ordering},
          .language = language_of(settings),
          .require_if_match = settings.require_if_match,
          .heartbeat = std::chrono::ceil<std::chrono::milliseconds>(settings.heartbeat),
          .column_max = is_postgres
                            ? std::optional<std::int64_t>(std::numeric_limits<std::int32_t>::max())
                            : std::nullopt,
          .json_depth = settings.limits.json_depth};
}

/// A connection takes a file descriptor, and systems give a process 1,024 unless it asks for more.
void allow_files(const settings::Settings& settings, std::size_t threads, spdlog::logger& log,
                 bool as_json) {
  const rlim_t wanted = files_needed(settings, threads);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == wanted) return;
  log_text(log, as_json, spdlog::level::warn,
           fmt::format("MAX_CONNECTIONS is {}, for which {} files may be open, but this process "
                       "may open {} (ulimit -n)",
                       settings.limits.connections, wanted, limit.rlim_cur));
}

std::unique_ptr<net::Server> listen(const settings::Settings& settings, std::size_t threads,
                                    net::TurnedAway turned_away) {
  const net::ServerOptions options{.host = settings.host,
                                   .port = settings.port,
                                   .threads = threads,
                                   .limits = limits_of(settings),
                                   .turned_away = std::move(turned_away)};
  try {
    return std::make_unique<net::Server>(options);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::address_in_use)
      throw std::runtime_error(fmt::format(
          "port {} is in use: stop what listens there, or choose another with --port (0: any)",
          settings.port));
    throw std::runtime_error(
        fmt::format("cannot listen on {}: {}", url_of(settings.host, settings.port), error.what()));
  }
}

void watch(metrics::Metrics& metrics, const net::Server& server, const events::Hub& hub) {
  metrics.watch("orders_open_connections", "Connections of clients",
                [&server] { return static_cast<double>(server.connections()); });
  metrics.watch("orders_event_listeners", "Streams of live events",
                [&hub] { return static_cast<double>(hub.listeners()); });
  metrics.watch("orders_event_looks", "How often the database was asked for new events",
                [&hub] { return static_cast<double>(hub.looks()); });
}

void announce(const std::string& url, std::uint16_t port, const std::string& port_file) {
  if (!port_file.empty()) {
    std::ofstream file(port_file);
    file << port << '\n';
    file.flush();
    if (!file) throw std::runtime_error(fmt::format("cannot write {}", port_file));
  }
  fmt::print("listening on {}\n", url);
  std::fflush(stdout);
}

}  // namespace

std::uint64_t files_needed(const settings::Settings& settings, std::size_t threads) {
  constexpr std::uint64_t others = 64;  // log, listener, what each thread waits with
  const std::uint64_t clients = settings.limits.connections;
  // Those that are turned away keep theirs until they have read why.
  const std::uint64_t turned_away = clients / 10;
  const settings::DatabaseLimits& limits = settings.database_limits;
  // PostgreSQL: the socket, twice. SQLite: the file, its log and the log's index; for the writer,
  // two readers and each transaction.
  const bool is_server = settings.database.kind == settings::Database::Kind::postgres;
  const std::uint64_t database = is_server
                                     ? 2 * threads * (limits.connections + limits.transactions)
                                     : 3 * (3 + limits.transactions);
  return others + clients + turned_away + database;
}

bool serve(const settings::Settings& settings, const ServeOptions& options) {
  const net::EndSignals end;
  // A log that nobody reads any more and a file that may not grow are errors of a write, no reason
  // to die.
  for (const int each : {SIGPIPE, SIGXFSZ}) std::signal(each, SIG_IGN);
  const auto log = make_log(options.log);
  const bool as_json = options.log.format == "json";
  if (settings.insecure_key)
    log_text(*log, as_json, spdlog::level::warn,
             "SECRET_KEY is not set, or one that Django made up: serving this machine only");

  allow_files(settings, options.threads, *log, as_json);

  // What a request that was cut off still touches at its end outlives the server.
  const base::SystemClock clock;
  metrics::Metrics metrics;
  // The server is destroyed last: while the store finishes, it still has requests that wait for it.
  const auto server = listen(settings, options.threads, [&log, &metrics, as_json](int status) {
    metrics.count_turned_away(status);
    log_text(*log, as_json, spdlog::level::info,
             fmt::format("turned a client away before its request: {}", status));
  });
  const auto store =
      open_store(settings, [&metrics](std::string_view line, base::Nanoseconds time) {
        metrics.note_queue(line, time);
      });
  const auto report = [&log, as_json](std::string_view text) {
    log_text(*log, as_json, spdlog::level::err, text);
  };
  events::Hub hub(*store, views::event_text, report);
  metrics::MeasuredStore measured(*store, metrics, clock, [&hub] { hub.announce(); });
  views::Views views({measured, clock, metrics, hub}, view_options_of(settings));
  frame::Service service(
      views.served(), {clock, metrics}, service_options_of(settings),
      [&log, as_json](const frame::Visit& visit) { log_visit(*log, as_json, visit); });
  watch(metrics, *server, hub);
  const Stopped stopped(*server);
  server->start([&service](http::Request request) { return service.answer(std::move(request)); },
                report);
  announce(url_of(settings.host, server->port()), server->port(), options.port_file);

  end.wait();
  views.retire();
  log_text(*log, as_json, spdlog::level::info, "stopping: finishing requests in progress");
  end.wait_on(settings.drain_delay);
  server->stop();
  end.let_through();
  const bool whole = server->wait();
  if (!whole) log_text(*log, as_json, spdlog::level::err, "stopped: some requests took too long");
  return whole;
}

}  // namespace app
