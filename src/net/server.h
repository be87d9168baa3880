#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "http/message.h"

namespace asio = boost::asio;

namespace net {

/// What a server takes from its clients. Reaching a limit is a clear answer, never a hang.
struct ServerLimits {
  std::uint32_t header_bytes = 32 * 1024;         // 431
  std::uint32_t request_line_bytes = 8 * 1024;    // 414
  std::uint64_t body_bytes = 2'500'000;           // 413
  std::size_t connections = 10'000;               // 503
  std::size_t requests_per_connection = 100'000;  // the last one is told that the connection closes
  std::chrono::milliseconds idle{75'000};         // between requests; then the connection closes
  std::chrono::milliseconds receive{30'000};      // from a request's first byte to its last; 408
  std::chrono::milliseconds send{30'000};         // for a client to take an answer
  std::chrono::milliseconds linger{2'000};        // for a client to read why it was turned away
  std::chrono::milliseconds drain{30'000};        // from stop() until what still runs is cut off
};

/// Told of each client that is turned away before its request reaches the handler, with the status
/// that it is told. On any thread.
using TurnedAway = std::function<void(int status)>;

struct ServerOptions {
  std::string host = "127.0.0.1";  // an address, not a name
  std::uint16_t port = 0;          // 0: any free one
  std::size_t threads = 1;
  ServerLimits limits;
  TurnedAway turned_away = [](int) {};
};

/// Where the body of a response goes that is produced while it is sent: piece by piece, each of
/// which a client has to take within ServerLimits::send. Lives on the thread of its connection.
class Stream {
 public:
  virtual ~Stream() = default;

  /// Resumes once the system has taken the piece, for which the client has to make room: whoever
  /// produces is as fast as who reads, and nothing piles up here. False if nobody reads any more;
  /// the producer is to end then.
  virtual asio::awaitable<bool> write(std::string piece) = 0;

  /// Waits for news: `at_most` that long, or until the waker is called, or has been since the last
  /// pause. False if nobody reads any more or the server stops; the producer is to end then, and
  /// what it has written so far is the whole body. A client that has shut down its side of the
  /// connection is gone, as far as it waits.
  virtual asio::awaitable<bool> pause(std::chrono::milliseconds at_most) = 0;

  /// Ends the pause, or the next one. May be called on any thread and after the end of the stream,
  /// as long as there is the server.
  [[nodiscard]] virtual std::function<void()> waker() = 0;
};

/// Writes a body, and ends. What it throws breaks the connection off, so that the client knows that
/// it has not got everything, and is reported. A stop of the server waits for it, but for what
/// pauses. Lives until it has ended.
using Producer = std::function<asio::awaitable<void>(Stream&)>;

/// What a request comes to: a response, or, with a producer, the head of one. A client of HTTP/1.1
/// gets such a body in chunks, others until the connection closes, and HEAD produces none.
struct Answer {
  Answer(http::Response whole) : response(std::move(whole)) {}  // implicit: most are just that
  Answer(http::Response head, Producer body)
      : response(std::move(head)), produce(std::move(body)) {}

  http::Response response;
  Producer produce;
};

/// Answers one request. What it throws becomes a 500 and is reported.
using Handler = std::function<asio::awaitable<Answer>(http::Request)>;
/// Told what went wrong inside, on any thread.
using Report = std::function<void(std::string_view)>;

/// An HTTP/1.1 server: keep-alive, pipelined requests answered in order, "100 Continue", HEAD,
/// bodies of any length.
///
/// Each thread has an io_context of its own, and a connection stays with one thread. A client that
/// hangs up does not stop its handler, which goes on to its end.
class Server {
 public:
  /// Listens, but accepts nobody yet. Throws std::system_error if the address cannot be had.
  explicit Server(ServerOptions options);
  /// Cuts off whatever still runs. What handlers refer to may be gone by then, as long as nothing
  /// resumes them any more.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  /// Open now. On any thread.
  [[nodiscard]] std::size_t connections() const;

  /// Begins to serve, on threads of its own.
  void start(Handler handler, Report report);

  /// Begins to end: refuses new connections, closes idle ones, lets requests in progress finish and
  /// get their answers, and ends the streams that wait for news. From any thread, any number of
  /// times.
  void stop();

  /// Blocks until all is over. False if the drain limit cut something off.
  bool wait();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace net
