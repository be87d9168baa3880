#include "net/server.h"

#include <fmt/chrono.h>
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
#include <memory>
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

/// What wakes a stream. Shared by the stream and by whoever may wake it, for they may still have it
/// when the stream has ended.
struct Alarm {
  void ring() {
    rung = true;
    if (timer != nullptr) timer->cancel();
  }

  asio::steady_timer* timer = nullptr;  // the stream's, as long as there is one
  bool rung = false;
  std::atomic<bool> on_its_way{false};  // from another thread
};

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
  bool idle = false;       // waits for the first byte of a request
  Alarm* alarm = nullptr;  // of the stream that is sent here, if one is
  std::string unread;      // received, but of the next request
  std::array<char, read_bytes> buffer;
};

/// RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::int64_t second) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(static_cast<std::time_t>(second)));
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

asio::awaitable<Answer> answer(const Handler& handler, const Report& report,
                               http::Request request) {
  try {
    Answer given = co_await handler(std::move(request));
    co_return given;
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

/// A stream to the client of a session.
class ClientStream final : public Stream {
 public:
  ClientStream(Session& session, std::chrono::milliseconds limit, bool in_chunks)
      : session_(session),
        limit_(limit),
        in_chunks_(in_chunks),
        timer_(session.socket.get_executor()) {
    alarm_->timer = &timer_;
    session_.alarm = alarm_.get();
  }
  ~ClientStream() override {
    session_.alarm = nullptr;
    alarm_->timer = nullptr;
    if (watch_) watch_->stream = nullptr;
    if (watch_ && !session_.worker.ending) session_.cancel();
  }
  ClientStream(const ClientStream&) = delete;
  ClientStream& operator=(const ClientStream&) = delete;

  asio::awaitable<bool> write(std::string piece) override {
    if (gone_ || piece.empty()) co_return !gone_;
    // A variable of its own: g++ 12 destroys a ternary's temporary twice next to a co_await.
    std::string bytes = in_chunks_ ? http::encode_chunk(piece) : std::move(piece);
    const bool sent = co_await send(session_, std::move(bytes), limit_);
    gone_ = !sent;
    co_return sent;
  }

  asio::awaitable<bool> pause(std::chrono::milliseconds at_most) override {
    if (!watch_) watch();
    if (!alarm_->rung && !is_over()) {
      timer_.expires_after(at_most);
      co_await timer_.async_wait(as_values);
    }
    alarm_->rung = false;
    co_return !is_over();
  }

  [[nodiscard]] std::function<void()> waker() override {
    return [alarm = alarm_, executor = session_.socket.get_executor()] {
      if (alarm->on_its_way.exchange(true)) return;
      asio::post(executor, [alarm] {
        alarm->on_its_way = false;
        alarm->ring();
      });
    };
  }

  [[nodiscard]] bool gone() const { return gone_ || left_; }

 private:
  /// Outlives the stream where its end comes first.
  struct Watch {
    ClientStream* stream;
  };

  [[nodiscard]] bool is_over() const { return gone() || session_.worker.draining(); }

  /// Looks out for the end of the connection, which nobody would notice who sends nothing. What
  /// else a client may send is left for the time after the stream, and ends the watch: the end is
  /// noticed by the next write then.
  void watch() {
    watch_ = std::make_shared<Watch>(Watch{this});
    session_.socket.async_wait(tcp::socket::wait_read,
                               [watch = watch_](const boost::system::error_code& error) {
                                 if (watch->stream != nullptr) watch->stream->notice(error);
                               });
  }
  void notice(boost::system::error_code error) {
    const bool more_came = !error && session_.socket.available(error) > 0 && !error;
    left_ = !more_came;
    if (left_) alarm_->ring();
  }

  Session& session_;
  std::chrono::milliseconds limit_;
  bool in_chunks_;
  bool gone_ = false;  // a piece could not be sent
  bool left_ = false;  // the client sends nothing more
  asio::steady_timer timer_;
  std::shared_ptr<Alarm> alarm_ = std::make_shared<Alarm>();
  std::shared_ptr<Watch> watch_;
};

/// False if the producer threw.
asio::awaitable<bool> produce(const Producer& producer, Stream& stream, const Report& report) {
  try {
    co_await producer(stream);
    co_return true;
  } catch (const std::exception& error) {
    report(fmt::format("a response broke off: {}", error.what()));
  }
  co_return false;
}

/// What is sent until the connection closes has come whole, unless the connection breaks.
void break_off(Session& session) {
  boost::system::error_code ignored;  // it is closed the usual way then
  session.socket.set_option(tcp::socket::linger(true, 0), ignored);
  session.socket.close(ignored);  // a socket that is destroyed forgets the option
}

/// False if the client has not got everything.
asio::awaitable<bool> send_stream(Session& session, Answer answer, bool in_chunks, bool to_head,
                                  std::chrono::milliseconds limit, const Report& report) {
  const bool begun = co_await send(session, http::encode_head(answer.response, in_chunks), limit);
  if (!begun || to_head) co_return begun;
  bool whole = false;
  {
    ClientStream stream(session, limit, in_chunks);
    whole = co_await produce(answer.produce, stream, report);
    whole = whole && !stream.gone();
  }
  if (whole && in_chunks) whole = co_await send(session, std::string(http::last_chunk), limit);
  if (!whole) break_off(session);
  co_return whole;
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
    const bool chunks = received.request->chunks;
    Answer answered = co_await answer(handler, report, *std::move(received.request));
    http::Response& response = answered.response;
    const bool is_stream = answered.produce != nullptr;
    response.keep_alive = response.keep_alive && keep_alive && !session.worker.draining() &&
                          count < limits.requests_per_connection && (!is_stream || chunks);
    if (response.keep_alive && says_so) response.fields.push_back({"Connection", "keep-alive"});
    response.fields.push_back({"Date", session.worker.date});
    const bool goes_on = response.keep_alive;
    bool sent = false;
    if (is_stream)
      sent =
          co_await send_stream(session, std::move(answered), chunks, to_head, limits.send, report);
    else
      sent = co_await send(session, http::encode(response, to_head), limits.send);
    if (!sent || !goes_on) co_return;
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
  for (Session* session : worker.sessions) {
    if (session->idle) session->cancel();
    if (session->alarm != nullptr) session->alarm->ring();
  }
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

std::size_t Server::connections() const {
  return state_->connections.load(std::memory_order_relaxed);
}

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
