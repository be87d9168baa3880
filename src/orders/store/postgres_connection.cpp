#include "store/postgres_connection.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "base/address.h"
#include "store/error.h"

namespace store::postgres {
namespace {

using Outcome = StoreError::Outcome;
using SteadyClock = std::chrono::steady_clock;

/// How much longer than the server itself a statement is waited for.
constexpr std::chrono::milliseconds grace{1'000};

std::string_view field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

bool ends_connection(const PGresult* result) {
  return field(result, PG_DIAG_SEVERITY_NONLOCALIZED) == "FATAL";
}

/// A change gives its rows before it is committed; a COMMIT gives nothing until it is over.
bool may_have_committed(const Call& call) { return call.has_rows || call.part == Part::closing; }

std::exception_ptr error_of(std::string_view state, const std::string& message) {
  // Serialization, deadlock, and a unique index that was filled by somebody faster.
  if (state == "40001" || state == "40P01" || state == "23505")
    return std::make_exception_ptr(Conflict("PostgreSQL: " + message));
  if (state == "22021") return std::make_exception_ptr(Unstorable(message));
  return std::make_exception_ptr(StoreError(Outcome::not_committed, "PostgreSQL: " + message));
}

}  // namespace

Connection::Connection(const asio::any_io_executor& executor, std::shared_ptr<const Server> server,
                       std::shared_ptr<Reach> reach)
    : executor_(executor),
      server_(std::move(server)),
      reach_(std::move(reach)),
      progress_timer_(executor) {}

Connection::~Connection() = default;

// ---- Opening

asio::awaitable<void> Connection::open() {
  const auto self = shared_from_this();
  Opened opened = co_await postgres::open(executor_, *server_);
  libpq_ = std::move(opened.libpq);
  socket_.emplace(std::move(opened.socket));
}

void Connection::opened(const std::exception_ptr& failure) {
  if (!failure) {
    reach_->succeeded();
    state_ = State::open;
    ++opened_times_;
    progress_ = SteadyClock::now();
    for (const auto& call : calls_)
      if (!send(*call)) return lose(last_words(*libpq_));
    flush();
    return;
  }
  std::string why = fmt::format("cannot reach {}", base::without_secrets(server_->url));
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    why += fmt::format(": {}", error.what());
  }
  reach_->failed(why);
  lose(why);
}

// ---- Calls

void Connection::submit(std::unique_ptr<Call> call) {
  if (state_ == State::open && calls_.empty()) {
    if (is_stale()) close();
    progress_ = SteadyClock::now();
  }
  const bool goes_on = call->part == Part::inside || call->part == Part::closing;
  if (goes_on && state_ != State::open) {
    refuse(std::move(call), "the connection was lost during the transaction, which is rolled back");
    return;
  }
  if (state_ == State::closed) {
    if (const auto reason = reach_->reason_not_to()) {
      refuse(std::move(call), *reason);
      return;
    }
    state_ = State::opening;
    calls_.push_back(std::move(call));
    asio::co_spawn(
        executor_, open(),
        [self = shared_from_this()](const std::exception_ptr& failed) { self->opened(failed); });
    return;
  }
  calls_.push_back(std::move(call));
  if (state_ != State::open) return;
  if (!send(*calls_.back())) return lose(last_words(*libpq_));
  flush();
}

/// Not at once: who calls has not yet begun to wait.
void Connection::refuse(std::unique_ptr<Call> call, const std::string& why) {
  call->error = std::make_exception_ptr(StoreError(Outcome::not_committed, "PostgreSQL: " + why));
  std::vector<std::unique_ptr<Call>> refused;
  refused.push_back(std::move(call));
  answer_later(std::move(refused));
}

/// An idle connection has nothing to say, but that it ends.
bool Connection::is_stale() const {
  pollfd watched{.fd = PQsocket(libpq_.get()), .events = POLLIN, .revents = 0};
  return ::poll(&watched, 1, 0) != 0;
}

void Connection::roll_back() {
  static const Statement statement{"", "ROLLBACK"};
  static const Parameters none;
  class Unattended final : public Call {
   public:
    using Call::Call;
    void answer(std::exception_ptr /*failure*/, Rows /*rows*/) override {}
  };
  if (state_ != State::open) return;
  submit(std::make_unique<Unattended>(statement, none, Part::inside));
}

bool Connection::send(Call& call) {
  PGconn* libpq = libpq_.get();
  const Statement& statement = *call.statement;
  const Parameters& parameters = *call.parameters;
  const std::vector<const char*> values = parameters.values();
  const std::vector<int> binary(values.size(), 1);
  const auto number = static_cast<int>(values.size());
  bool queued = true;
  if (statement.name.empty()) {
    queued = PQsendQueryParams(libpq, statement.sql.c_str(), number, nullptr, values.data(),
                               parameters.sizes().data(), binary.data(), 1) == 1;
  } else {
    if (std::find(prepared_.begin(), prepared_.end(), &statement) == prepared_.end()) {
      queued = PQsendPrepare(libpq, statement.name.c_str(), statement.sql.c_str(), 0, nullptr) == 1;
      if (queued) prepared_.push_back(&statement);
      call.prepares = queued;
    }
    queued = queued && PQsendQueryPrepared(libpq, statement.name.c_str(), number, values.data(),
                                           parameters.sizes().data(), binary.data(), 1) == 1;
  }
  if (!queued)
    call.error = std::make_exception_ptr(
        StoreError(Outcome::not_committed, "PostgreSQL: " + last_words(*libpq)));
  return PQpipelineSync(libpq) == 1;
}

void Connection::flush() {
  const int left = PQflush(libpq_.get());
  if (left < 0) return lose(last_words(*libpq_));
  if (left > 0) wait_to_write();
  wait_to_read();
  wait_for_progress();
}

void Connection::wait_to_write() {
  if (std::exchange(writing_, true)) return;
  socket_->async_wait(
      asio::posix::stream_descriptor::wait_write,
      [self = shared_from_this(), of = opened_times_](boost::system::error_code error) {
        if (error || self->opened_times_ != of || self->state_ != State::open) return;
        self->writing_ = false;
        self->flush();
      });
}

void Connection::wait_to_read() {
  if (calls_.empty() || std::exchange(reading_, true)) return;
  socket_->async_wait(
      asio::posix::stream_descriptor::wait_read,
      [self = shared_from_this(), of = opened_times_](boost::system::error_code error) {
        if (error || self->opened_times_ != of || self->state_ != State::open) return;
        self->reading_ = false;
        self->receive();
      });
}

/// Something arrives while anything is on its way, or the connection is given up.
void Connection::wait_for_progress() {
  const auto patience = server_->statement_timeout + grace;
  if (calls_.empty() || progress_timer_.expiry() > SteadyClock::now()) return;
  progress_timer_.expires_at(progress_ + patience);
  progress_timer_.async_wait(
      [self = shared_from_this(), patience](boost::system::error_code cancelled) {
        if (cancelled || self->state_ != State::open || self->calls_.empty()) return;
        if (SteadyClock::now() >= self->progress_ + patience)
          self->lose(fmt::format("no answer within {} ms", patience.count()));
        else
          self->wait_for_progress();
      });
}

void Connection::receive() {
  PGconn* libpq = libpq_.get();
  const bool alive = PQconsumeInput(libpq) == 1;
  progress_ = SteadyClock::now();
  std::vector<std::unique_ptr<Call>> over;
  // A null pointer ends a statement, and a second one what has arrived.
  for (bool was_null = false; !calls_.empty() && PQisBusy(libpq) == 0;) {
    PGresult* result = PQgetResult(libpq);
    if (result == nullptr && was_null) break;
    was_null = result == nullptr;
    if (result != nullptr) take(result, over);
  }
  if (calls_.empty()) {
    progress_timer_.expires_at(SteadyClock::time_point::min());  // nothing is waited for
  }
  const bool lost = !alive || PQstatus(libpq) == CONNECTION_BAD;
  if (lost) lose(last_words(*libpq));
  answer(over);
  if (state_ == State::open) flush();  // who was answered may have called again
}

void Connection::take(PGresult* result, std::vector<std::unique_ptr<Call>>& over) {
  if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
    PQclear(result);
    over.push_back(std::move(calls_.front()));
    calls_.pop_front();
    return;
  }
  Call& call = *calls_.front();
  gave_up_ = gave_up_ || (ends_connection(result) && !may_have_committed(call));
  keep(call, result);
}

void Connection::keep(Call& call, PGresult* result) {
  Rows rows(result);
  switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
      call.prepares = false;  // that comes first
      call.rows = std::move(rows);
      call.has_rows = PQresultStatus(result) == PGRES_TUPLES_OK;
      return;
    case PGRES_PIPELINE_ABORTED:
      return;  // what came before has said why
    default:
      break;
  }
  if (call.prepares) std::erase(prepared_, call.statement);
  const std::string_view state = field(result, PG_DIAG_SQLSTATE);
  // libpq's own words, about a connection that it has lost, have no code: lose() tells them.
  if (state.empty() || call.error) return;
  if (ends_connection(result) && may_have_committed(call)) return;
  call.error = error_of(state, in_one_line(PQresultErrorMessage(result)));
}

void Connection::lose(const std::string& why) {
  const bool was_open = state_ == State::open;
  std::vector<std::unique_ptr<Call>> lost;
  for (std::unique_ptr<Call>& call : calls_) {
    // All is sent in one piece at once, unless libpq could not: then certainly not the last of it.
    const bool unsent = !was_open || gave_up_ || (writing_ && call == calls_.back());
    const bool commits = call->part == Part::change || call->part == Part::closing;
    const Outcome outcome = commits && !unsent ? Outcome::unknown : Outcome::not_committed;
    if (!call->error)
      call->error = std::make_exception_ptr(StoreError(outcome, "PostgreSQL: " + why));
    lost.push_back(std::move(call));
  }
  calls_.clear();
  close();
  answer_later(std::move(lost));
}

void Connection::answer(const std::vector<std::unique_ptr<Call>>& calls) {
  for (const auto& call : calls) call->answer(std::move(call->error), std::move(call->rows));
}

void Connection::answer_later(std::vector<std::unique_ptr<Call>> calls) {
  auto executor = executor_;
  asio::post(executor, [later = std::move(calls)] { answer(later); });
}

void Connection::close() {
  state_ = State::closed;
  socket_.reset();
  libpq_.reset();
  prepared_.clear();
  reading_ = writing_ = gave_up_ = false;
  progress_timer_.expires_at(SteadyClock::time_point::min());
}

}  // namespace store::postgres
