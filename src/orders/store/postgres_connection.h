#pragma once

#include <libpq-fe.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "store/error.h"
#include "store/terms.h"

namespace asio = boost::asio;

/// PostgreSQL as this room needs it: libpq without blocking, on the io_context of whoever calls.
namespace store::postgres {

/// SQL with parameters $1, $2, ... It lives as long as the program, and is prepared when a
/// connection first needs it; without a name it is planned each time.
struct Statement {
  std::string name;
  std::string sql;
};

/// What a statement is given, in PostgreSQL's binary format: boolean, bigint, text, timestamptz,
/// xid8, and arrays of bigint and text.
class Parameters {
 public:
  Parameters& add_null();
  Parameters& add(bool truth);
  Parameters& add(std::int64_t number);
  Parameters& add(std::string_view text);
  Parameters& add(Timestamp at);
  Parameters& add_xid(std::uint64_t transaction);
  Parameters& add(const std::vector<std::int64_t>& numbers);
  Parameters& add(const std::vector<std::string>& texts);
  Parameters& add(const std::vector<Timestamp>& times);
  template <class T>
  Parameters& add(const std::optional<T>& value) {
    return value ? add(*value) : add_null();
  }

 private:
  friend class Connection;
  void end(std::size_t begin);
  template <class T>
  void put(T number);

  std::string bytes_;
  std::vector<int> sizes_;  // -1: NULL
};

/// What a statement gave. Columns count from 0.
class Rows {
 public:
  Rows() = default;
  explicit Rows(PGresult* result) : result_(result) {}

  [[nodiscard]] int size() const { return result_ ? PQntuples(result_.get()) : 0; }
  [[nodiscard]] bool is_null(int row, int column) const;
  [[nodiscard]] bool boolean(int row, int column) const;
  [[nodiscard]] std::int64_t integer(int row, int column) const;
  [[nodiscard]] std::string text(int row, int column) const;
  [[nodiscard]] std::optional<std::string> text_or_null(int row, int column) const;
  [[nodiscard]] Timestamp time(int row, int column) const;
  /// "COMMIT"
  [[nodiscard]] std::string_view tag() const;

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

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

/// How a statement belongs to what is before and after it.
enum class Part {
  read,     // alone; if its answer is lost, nothing was changed
  change,   // alone: its end commits it
  opening,  // BEGIN
  inside,   // of a transaction that this connection is in
  closing,  // COMMIT
};

/// A statement on its way.
class Call {
 public:
  Call(const Statement& called, const Parameters& given, Part part_of)
      : statement(&called), parameters(&given), part(part_of) {}
  virtual ~Call() = default;
  /// Once, as the last call.
  virtual void answer(std::exception_ptr failure, Rows rows) = 0;

  const Statement* statement;
  const Parameters* parameters;
  const Part part;
  // What has come of it so far.
  Rows rows;
  bool has_rows = false;
  bool prepares = false;  // its statement, which has not been answered yet
  std::exception_ptr error;
};

/// One connection, opened when it is first needed and again when it was lost.
///
/// Statements are sent as they come, each a transaction of its own, and answered in order: a
/// pipeline, in which the next one does not wait for the answer to the last. A statement is
/// answered when the server has committed it, which is later than it gives the rows.
///
/// What happens to a change when the connection is lost: if it had not been sent, or the server
/// said that it gave up before it gave rows, it was certainly not made; else nobody knows.
///
/// All on one executor, whose context has one thread. Blocks nowhere; idle, it leaves nothing to
/// wait for in the context, so that a context that has nothing else to do ends.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(const asio::any_io_executor& executor, std::shared_ptr<const Server> server,
             std::shared_ptr<Reach> reach);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Statements on their way.
  [[nodiscard]] std::size_t load() const { return calls_.size(); }
  [[nodiscard]] bool is_open() const { return state_ == State::open; }

  /// What it borrows lives until it is answered. Throws StoreError, Conflict, Unstorable.
  asio::awaitable<Rows> run(const Statement& statement, const Parameters& parameters, Part part);
  /// Ends a transaction, without waiting for it.
  void roll_back();

 private:
  enum class State { closed, opening, open };
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  void submit(std::unique_ptr<Call> call);
  void refuse(std::unique_ptr<Call> call, const std::string& why);
  [[nodiscard]] bool is_stale() const;

  asio::awaitable<void> open();
  void opened(const std::exception_ptr& failure);

  /// False if the connection is of no use any more. A call that libpq does not take has its error.
  [[nodiscard]] bool send(Call& call);
  void flush();
  void wait_to_write();
  void wait_to_read();
  void wait_for_progress();
  void receive();
  /// The call in front, once it is over.
  void take(PGresult* result, std::vector<std::unique_ptr<Call>>& over);
  void keep(Call& call, PGresult* result);
  void lose(const std::string& why);
  static void answer(const std::vector<std::unique_ptr<Call>>& calls);
  /// For those that may not have begun to wait yet.
  void answer_later(std::vector<std::unique_ptr<Call>> calls);
  void close();

  asio::any_io_executor executor_;
  std::shared_ptr<const Server> server_;
  std::shared_ptr<Reach> reach_;
  State state_ = State::closed;
  std::unique_ptr<PGconn, Finish> libpq_;
  /// A second descriptor of libpq's socket: it stays the same however often libpq takes another
  /// socket while it connects.
  std::optional<asio::posix::stream_descriptor> socket_;
  asio::steady_timer progress_timer_;
  std::chrono::steady_clock::time_point progress_{};
  std::deque<std::unique_ptr<Call>> calls_;  // in the order in which they are answered
  std::vector<const Statement*> prepared_;
  std::uint64_t opened_times_ = 0;
  bool reading_ = false;
  bool writing_ = false;  // libpq could not get rid of everything yet
  bool gave_up_ = false;  // the server said that it ends this connection, and runs nothing more
};

/// The call of one coroutine.
template <class Handler>
class WaitingCall final : public Call {
 public:
  WaitingCall(const Statement& called, const Parameters& given, Part part_of, Handler handler)
      : Call(called, given, part_of), handler_(std::move(handler)) {}

  void answer(std::exception_ptr failure, Rows given) override {
    std::move(handler_)(std::move(failure), std::move(given));
  }

 private:
  Handler handler_;
};

inline asio::awaitable<Rows> Connection::run(const Statement& statement,
                                             const Parameters& parameters, Part part) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr, Rows)>(
      [this, &statement, &parameters, part](auto handler) {
        using Handler = decltype(handler);
        submit(std::make_unique<WaitingCall<Handler>>(statement, parameters, part,
                                                      std::move(handler)));
      },
      asio::use_awaitable);
}

}  // namespace store::postgres
