#include "net/server.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/require.h"
#include "http/codec.h"

namespace net {
namespace {

using tcp = asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
constexpr auto never = SteadyClock::time_point::max();
// How late a deadline may be noticed. One timer a thread looks at all deadlines, so that a request
// costs no timer of its own.
constexpr std::chrono::milliseconds tick{100};
constexpr std::size_t read_bytes = 8 * 1024;

struct Session;

/// A thread, its io_context, and the connections that live there. Touched by that thread only.
struct Worker {
  ~Worker() { ending = true; }

  // Above the context: it destroys the coroutines that were cut off, and these leave `sessions`.
  std::set<Session*> sessions;
  SteadyClock::time_point cut_off = never;  // set when draining
  bool cut = false;
  bool ending = false;
  std::string date;
  std::int64_t date_second = -1;
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(context);
  asio::steady_timer ticker{context};
  std::thread thread;

  [[nodiscard]] bool draining() const { return cut_off != never; }
};

/// A connection. Known to its worker, whose ticker cancels what it waits for past `deadline`.
struct Session {
  Session(Worker& at, tcp::socket accepted) : worker(at), socket(std::move(accepted)) {
    worker.sessions.insert(this);
  }
  ~Session() {
    worker.sessions.erase(this);
    if (worker.draining() && worker.sessions.empty() && !worker.ending) worker.ticker.cancel();
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void expect_within(std::chrono::milliseconds limit) { deadline = SteadyClock::now() + limit; }
  void cancel() {
    boost::system::error_code ignored;  // a socket that is gone already is as good as cancelled
    socket.cancel(ignored);
  }

  Worker& worker;
  tcp::socket socket;
  SteadyClock::time_point deadline = never;
  bool expired = false;
  bool idle = false;   // waits for the first byte of a request
  std::string unread;  // received, but of the next request
  std::array<char, read_bytes> buffer;
};

/// RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::int64_t second) {
  using namespace std::chrono;
  constexpr std::array weekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds time{seconds(second)};
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                     weekdays.at(weekday(day).c_encoding()), unsigned(date.day()),
                     months.at(unsigned(date.month()) - 1), int(date.year()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

void set_date(Worker& worker) {
  const auto now = std::chrono::floor<std::chrono::seconds>(base::SystemClock().wall()).count();
  if (now == worker.date_second) return;
  worker.date_second = now;
  worker.date = http_date(now);
}

http::Response plain(int status, std::string_view why) {
  return {.status = status,
          .fields = {{"Content-Type", "application/json"}},
          .body = fmt::format(R"({{"detail":"{}"}})", why)};
}

http::Response refusal(const http::ReadError& error) {
  using Kind = http::ReadError::Kind;
  switch (error.kind) {
    case Kind::header_too_large:
      return plain(431, "The header of the request is too large.");
    case Kind::body_too_large:
      return plain(413, "The body of the request is too large.");
    case Kind::request_line_too_long:
      return plain(414, "The request line is too long.");
    case Kind::malformed:
    case Kind::cut_off:
      break;
  }
  return plain(400, "This is not an HTTP/1.1 request.");
}

/// What receiving came to: a request; or an answer that turns the client away; or, with neither,
/// the end of the connection.
struct Received {
  std::optional<http::Request> request;
  std::optional<http::Response> refusal;
};

asio::awaitable<bool> send(Session& session, std::string bytes, std::chrono::milliseconds limit) {
  session.expect_within(limit);
  const auto [error, sent] =
      co_await asio::async_write(session.socket, asio::buffer(bytes), as_values);
  session.deadline = never;
  co_return !error && !session.expired;
}

asio::awaitable<Received> receive(Session& session, const ServerLimits& limits) {
  http::RequestReader reader({.header_bytes = limits.header_bytes,
                              .request_line_bytes = limits.request_line_bytes,
                              .body_bytes = limits.body_bytes});
  bool invited = false;
  session.expect_within(limits.idle);
  while (!reader.complete()) {
    if (session.unread.empty()) {
      session.idle = !reader.started();
      if (session.idle && session.worker.draining()) co_return Received{};
      const auto [error, size] =
          co_await session.socket.async_read_some(asio::buffer(session.buffer), as_values);
      session.idle = false;
      if (session.expired && reader.started())
        co_return Received{.refusal = plain(408, "The request took too long to arrive.")};
      if (error || session.expired) co_return Received{};
      session.unread.assign(session.buffer.data(), size);
    }
    if (!reader.started()) session.expect_within(limits.receive);
    const auto taken = reader.read(session.unread);
    if (!taken) co_return Received{.refusal = refusal(taken.error())};
    session.unread.erase(0, *taken);
    if (invited || !reader.expects_continue()) continue;
    invited = true;
    const auto deadline = session.deadline;
    const bool sent = co_await send(session, "HTTP/1.1 100 Continue\r\n\r\n", limits.send);
    if (!sent) co_return Received{};
    session.deadline = deadline;
  }
  session.deadline = never;
  co_return Received{.request = reader.take()};
}

/// Closing a socket with unread input resets the connection, and the client may lose the answer
/// that tells it why. So say that no more will come, and read on for a while.
asio::awaitable<void> linger(Session& session, std::chrono::milliseconds limit) {
  boost::system::error_code ignored;  // a client that is gone needs no farewell
  session.socket.shutdown(tcp::socket::shutdown_send, ignored);
  session.expired = false;
  session.expect_within(limit);
  while (!session.expired) {
    const auto [error, size] =
        co_await session.socket.async_read_some(asio::buffer(session.buffer), as_values);
    if (error) break;
  }
}

asio::awaitable<void> turn_away(Session& session, http::Response response,
                                const ServerOptions& options) {
  options.turned_away(response.status);
  session.expired = false;
  response.keep_alive = false;
  response.fields.push_back({"Date", session.worker.date});
  const bool sent = co_await send(session, http::encode(response), options.limits.send);
  if (sent) co_await linger(session, options.limits.linger);
}

asio::awaitable<http::Response> answer(const Handler& handler, const Report& report,
                                       http::Request request) {
  try {
    http::Response response = co_await handler(std::move(request));
    co_return response;
  } catch (const std::exception& error) {
    report(fmt::format("a request failed: {}", error.what()));
  }
  co_return plain(500, "The server failed.");
}

/// A client of HTTP/1.0 goes on only if the answer says that it may.
bool asks_to_keep_alive(const http::Request& request) {
  return request.keep_alive &&
         http::same_ignoring_case(http::find(request.fields, "Connection").value_or(""),
                                  "keep-alive");
}

asio::awaitable<void> converse(Session& session, const ServerOptions& options,
                               const Handler& handler, const Report& report) {
  const ServerLimits& limits = options.limits;
  for (std::size_t count = 1;; ++count) {
    Received received = co_await receive(session, limits);
    if (received.refusal) {
      co_await turn_away(session, *std::move(received.refusal), options);
      co_return;
    }
    if (!received.request) co_return;
    const bool to_head = received.request->method == "HEAD";
    const bool keep_alive = received.request->keep_alive;
    const bool says_so = asks_to_keep_alive(*received.request);
    http::Response response = co_await answer(handler, report, *std::move(received.request));
    response.keep_alive = response.keep_alive && keep_alive && !session.worker.draining() &&
                          count < limits.requests_per_connection;
    if (response.keep_alive && says_so) response.fields.push_back({"Connection", "keep-alive"});
    response.fields.push_back({"Date", session.worker.date});
    const bool sent = co_await send(session, http::encode(response, to_head), limits.send);
    if (!sent || !response.keep_alive) co_return;
  }
}

}  // namespace

struct Server::State {
  explicit State(ServerOptions given) : options(std::move(given)) {
    base::require(options.threads > 0, "a server has a thread");
    for (std::size_t i = 0; i < options.threads; ++i) workers.push_back(std::make_unique<Worker>());
    acceptor.emplace(workers.front()->context);
    try {
      listen();
    } catch (const boost::system::system_error& error) {
      throw std::system_error(error.code(), "listen");
    }
  }

  void listen() {
    const tcp::endpoint endpoint(asio::ip::make_address(options.host), options.port);
    acceptor->open(endpoint.protocol());
    acceptor->set_option(tcp::acceptor::reuse_address(true));
    acceptor->bind(endpoint);
    acceptor->listen();
    port = acceptor->local_endpoint().port();
  }

  asio::awaitable<void> accept();
  asio::awaitable<void> serve(Worker& worker, tcp::socket socket);
  asio::awaitable<void> refuse(Worker& worker, tcp::socket socket);
  asio::awaitable<void> watch(Worker& worker);
  void drain(Worker& worker);

  /// What each coroutine ends with.
  struct Ended {
    State* state;
    void operator()(const std::exception_ptr& failure) const {
      if (!failure) return;
      try {
        std::rethrow_exception(failure);
      } catch (const std::exception& error) {
        state->report(fmt::format("a connection failed: {}", error.what()));
      }
    }
  };

  ServerOptions options;
  Handler handler;
  Report report;
  std::uint16_t port = 0;
  std::atomic<std::size_t> connections{0};
  std::vector<std::unique_ptr<Worker>> workers;
  std::optional<tcp::acceptor> acceptor;  // of the first worker
};

asio::awaitable<void> Server::State::accept() {
  for (std::size_t turn = 0; !workers.front()->draining(); ++turn) {
    Worker& worker = *workers[turn % workers.size()];
    tcp::socket socket(worker.context);
    const auto [error] = co_await acceptor->async_accept(socket, as_values);
    if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) co_return;
    if (error) {
      // Out of file descriptors, most likely. The connection waits in the backlog meanwhile.
      report(fmt::format("cannot accept a connection: {}", error.message()));
      asio::steady_timer pause(workers.front()->context, tick);
      co_await pause.async_wait(as_values);
      continue;
    }
    boost::system::error_code ignored;  // without it answers are slower, not wrong
    socket.set_option(tcp::no_delay(true), ignored);
    const bool admitted = connections.load(std::memory_order_relaxed) < options.limits.connections;
    if (admitted) connections.fetch_add(1, std::memory_order_relaxed);
    asio::co_spawn(worker.context,
                   admitted ? serve(worker, std::move(socket)) : refuse(worker, std::move(socket)),
                   Ended{this});
  }
}

asio::awaitable<void> Server::State::serve(Worker& worker, tcp::socket socket) {
  struct Place {
    std::atomic<std::size_t>& connections;
    ~Place() { connections.fetch_sub(1, std::memory_order_relaxed); }
  };
  const Place place{connections};
  Session session(worker, std::move(socket));
  co_await converse(session, options, handler, report);
}

asio::awaitable<void> Server::State::refuse(Worker& worker, tcp::socket socket) {
  Session session(worker, std::move(socket));
  co_await turn_away(session, plain(503, "Too many connections."), options);
}

asio::awaitable<void> Server::State::watch(Worker& worker) {
  while (!(worker.draining() && worker.sessions.empty())) {
    set_date(worker);
    worker.ticker.expires_after(tick);
    co_await worker.ticker.async_wait(as_values);
    const auto now = SteadyClock::now();
    for (Session* session : worker.sessions) {
      if (now < session->deadline) continue;
      session->deadline = never;
      session->expired = true;
      session->cancel();
    }
    if (now < worker.cut_off) continue;
    worker.cut = !worker.sessions.empty();
    worker.context.stop();
  }
}

void Server::State::drain(Worker& worker) {
  if (worker.draining()) return;
  worker.cut_off = SteadyClock::now() + options.limits.drain;
  boost::system::error_code ignored;  // closed already is closed
  if (&worker == workers.front().get()) acceptor->close(ignored);
  for (Session* session : worker.sessions)
    if (session->idle) session->cancel();
  worker.ticker.cancel();
  worker.work.reset();
}

Server::Server(ServerOptions options) : state_(std::make_unique<State>(std::move(options))) {}

Server::~Server() {
  for (const auto& worker : state_->workers) worker->context.stop();
  for (const auto& worker : state_->workers)
    if (worker->thread.joinable()) worker->thread.join();
}

std::uint16_t Server::port() const { return state_->port; }

void Server::start(Handler handler, Report report) {
  state_->handler = std::move(handler);
  state_->report = std::move(report);
  State* state = state_.get();
  for (const auto& worker : state->workers)
    asio::co_spawn(worker->context, state->watch(*worker), State::Ended{state});
  asio::co_spawn(state->workers.front()->context, state->accept(), State::Ended{state});
  for (const auto& owned : state->workers) {
    Worker* worker = owned.get();
    worker->thread = std::thread([worker] { worker->context.run(); });
  }
}

void Server::stop() {
  State* state = state_.get();
  for (const auto& owned : state->workers) {
    Worker* worker = owned.get();
    asio::post(worker->context, [state, worker] { state->drain(*worker); });
  }
}

bool Server::wait() {
  bool whole = true;
  for (const auto& worker : state_->workers) {
    if (worker->thread.joinable()) worker->thread.join();
    whole = whole && !worker->cut;
  }
  return whole;
}

}  // namespace net
