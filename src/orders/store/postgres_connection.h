#pragma once

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
#include <utility>
#include <vector>

#include "store/postgres_server.h"
#include "store/postgres_values.h"

namespace asio = boost::asio;

namespace store::postgres {

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

  void submit(std::unique_ptr<Call> call);
  void refuse(std::unique_ptr<Call> call, const std::string& why);
  [[nodiscard]] bool is_stale() const;

  /// Keeps the connection until it is open.
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
  Handle libpq_;
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
