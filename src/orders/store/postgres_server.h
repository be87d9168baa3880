#pragma once

#include <libpq-fe.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/random.h"

namespace asio = boost::asio;

/// A server, and how it is reached: libpq without blocking, on the io_context of whoever calls.
namespace store::postgres {

/// Where a server is, and for how long it is waited for.
struct Server {
  std::string url;  // postgres://user:password@host:port/name?..., as libpq reads it
  std::chrono::milliseconds connect_timeout{3'000};
  /// The server gives a statement up, and says so: nothing was changed then.
  std::chrono::milliseconds statement_timeout{5'000};
  /// A transaction whose caller is silent for so long is given up, with its locks.
  std::chrono::milliseconds idle_transaction_timeout{10'000};
};

/// What libpq says of a connection to `url`, in one line and without what is secret in the URL.
[[nodiscard]] std::string told_by_libpq(const char* message, const std::string& url);

/// Whether it makes sense to try to reach a server: after a failure not at once, and after each
/// more twice as late, up to `longest_pause`, give or take a half, so that many clients do not come
/// back together. One thread's.
class Reach {
 public:
  static constexpr std::chrono::milliseconds first_pause{50};
  static constexpr std::chrono::milliseconds longest_pause{2'000};

  /// Nothing if whoever asks shall try; after a failure, that is one for all. Else what failed
  /// last, and when it is tried again.
  [[nodiscard]] std::optional<std::string> reason_not_to();
  void failed(const std::string& why);
  void succeeded();

 private:
  std::chrono::milliseconds pause_{0};
  std::chrono::steady_clock::time_point next_{};
  bool trying_ = false;
  std::string why_;
  base::Random random_{base::fresh_seed()};
};

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Handle = std::unique_ptr<PGconn, Finish>;

/// A connection that takes a pipeline of statements, and does not block.
struct Opened {
  Handle libpq;
  /// A second descriptor of libpq's socket, for asio to wait for and to close.
  asio::posix::stream_descriptor socket;
};

/// Opens one, within `connect_timeout`. Throws StoreError. `server` outlives the coroutine.
asio::awaitable<Opened> open(asio::any_io_executor executor, const Server& server);

/// A message of libpq's, in one line; and the last one about a connection.
[[nodiscard]] std::string in_one_line(const char* message);
[[nodiscard]] std::string last_words(const PGconn& libpq);

}  // namespace store::postgres
