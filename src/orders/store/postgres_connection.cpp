#include "store/postgres_connection.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <cstring>

#include "base/address.h"
#include "base/require.h"

namespace store::postgres {
namespace {

using Outcome = StoreError::Outcome;
using SteadyClock = std::chrono::steady_clock;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

/// How much longer than the server itself a statement is waited for.
constexpr std::chrono::milliseconds grace{1'000};

/// PostgreSQL counts from 2000-01-01.
constexpr std::chrono::microseconds epoch = std::chrono::seconds(946'684'800);

template <class T>
T in_network_order(T number) {
  std::array<unsigned char, sizeof(T)> bytes{};
  using Unsigned = std::make_unsigned_t<T>;
  auto rest = static_cast<Unsigned>(number);
  for (std::size_t i = sizeof(T); i > 0; --i) {
    bytes.at(i - 1) = static_cast<unsigned char>(rest & 0xFFU);
    rest = static_cast<Unsigned>(rest >> 7U >> 1U);
  }
  T ordered{};
  std::memcpy(&ordered, bytes.data(), sizeof ordered);
  return ordered;
}

std::string trimmed(const char* message) {
  std::string text(message == nullptr ? "" : message);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

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

template <class T>
void Parameters::put(T number) {
  const T ordered = in_network_order(number);
  std::array<char, sizeof(T)> bytes{};
  std::memcpy(bytes.data(), &ordered, sizeof ordered);
  bytes_.append(bytes.data(), bytes.size());
}

void Parameters::end(std::size_t begin) {
  sizes_.push_back(static_cast<int>(bytes_.size() - begin));
}

Parameters& Parameters::add_null() {
  sizes_.push_back(-1);
  return *this;
}

Parameters& Parameters::add(bool truth) {
  bytes_ += static_cast<char>(truth ? 1 : 0);
  sizes_.push_back(1);
  return *this;
}

Parameters& Parameters::add(std::int64_t number) {
  put(number);
  sizes_.push_back(sizeof number);
  return *this;
}

Parameters& Parameters::add(std::string_view text) {
  bytes_ += text;
  sizes_.push_back(static_cast<int>(text.size()));
  return *this;
}

Parameters& Parameters::add(Timestamp at) { return add(std::int64_t{(at - epoch).count()}); }

Parameters& Parameters::add_xid(std::uint64_t transaction) {
  return add(static_cast<std::int64_t>(transaction));
}

namespace {

constexpr std::int32_t oid_of_bigint = 20;
constexpr std::int32_t oid_of_text = 25;
constexpr std::int32_t oid_of_timestamptz = 1184;

}  // namespace

// https://www.postgresql.org/docs/15/protocol-overview.html has no word on it; the source of
// array_recv() has: dimensions, whether there are NULLs, the type, and for each dimension its size
// and its first index; then each element with its size.
namespace {

template <class Put>
void put_array_head(const Put& put, std::int32_t type, std::size_t size) {
  put(std::int32_t{size == 0 ? 0 : 1});
  put(std::int32_t{0});
  put(type);
  if (size == 0) return;
  put(static_cast<std::int32_t>(size));
  put(std::int32_t{1});
}

}  // namespace

Parameters& Parameters::add(const std::vector<std::int64_t>& numbers) {
  const std::size_t begin = bytes_.size();
  put_array_head([this](std::int32_t number) { put(number); }, oid_of_bigint, numbers.size());
  for (const std::int64_t number : numbers) {
    put(static_cast<std::int32_t>(sizeof number));
    put(number);
  }
  end(begin);
  return *this;
}

Parameters& Parameters::add(const std::vector<std::string>& texts) {
  const std::size_t begin = bytes_.size();
  put_array_head([this](std::int32_t number) { put(number); }, oid_of_text, texts.size());
  for (const std::string& text : texts) {
    put(static_cast<std::int32_t>(text.size()));
    bytes_ += text;
  }
  end(begin);
  return *this;
}

Parameters& Parameters::add(const std::vector<Timestamp>& times) {
  const std::size_t begin = bytes_.size();
  put_array_head([this](std::int32_t number) { put(number); }, oid_of_timestamptz, times.size());
  for (const Timestamp time : times) {
    put(static_cast<std::int32_t>(sizeof(std::int64_t)));
    put(std::int64_t{(time - epoch).count()});
  }
  end(begin);
  return *this;
}

bool Rows::is_null(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}

bool Rows::boolean(int row, int column) const {
  return *PQgetvalue(result_.get(), row, column) != 0;
}

std::int64_t Rows::integer(int row, int column) const {
  std::int64_t number = 0;
  base::require(PQgetlength(result_.get(), row, column) == sizeof number, "the column is a bigint");
  std::memcpy(&number, PQgetvalue(result_.get(), row, column), sizeof number);
  return in_network_order(number);
}

std::string Rows::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::optional<std::string> Rows::text_or_null(int row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return text(row, column);
}

Timestamp Rows::time(int row, int column) const { return Timestamp(integer(row, column)) + epoch; }

std::string_view Rows::tag() const { return result_ ? PQcmdStatus(result_.get()) : ""; }

std::string told_by_libpq(const char* message, const std::string& url) {
  std::string text = trimmed(message);
  if (const std::size_t at = text.find(url); at != text.npos && !url.empty())
    text.replace(at, url.size(), base::without_secrets(url));
  // What stands behind this is a piece of the URL, any piece.
  constexpr std::string_view quotes = "percent-encoded token";
  if (const std::size_t at = text.find(quotes); at != text.npos) text.resize(at + quotes.size());
  return text;
}

std::optional<std::string> Reach::reason_not_to() {
  if (pause_.count() == 0) return std::nullopt;
  const auto now = SteadyClock::now();
  if (now < next_)
    return fmt::format("{}; tried again in {} ms", why_,
                       std::chrono::ceil<std::chrono::milliseconds>(next_ - now).count());
  next_ = now + longest_pause;  // or until this try has an end
  trying_ = true;
  return std::nullopt;
}

void Reach::failed(const std::string& why) {
  // Those who began together count once.
  if (!std::exchange(trying_, false) && SteadyClock::now() < next_) return;
  why_ = why;
  pause_ = std::clamp(pause_ * 2, first_pause, longest_pause);
  const auto half = static_cast<std::uint64_t>(pause_.count()) / 2;
  next_ = SteadyClock::now() + pause_ / 2 +
          std::chrono::milliseconds(static_cast<std::int64_t>(random_.below(2 * half + 1)));
}

void Reach::succeeded() {
  pause_ = std::chrono::milliseconds(0);
  next_ = {};
  trying_ = false;
}

Connection::Connection(const asio::any_io_executor& executor, std::shared_ptr<const Server> server,
                       std::shared_ptr<Reach> reach)
    : executor_(executor),
      server_(std::move(server)),
      reach_(std::move(reach)),
      progress_timer_(executor) {}

Connection::~Connection() = default;

// ---- Opening

namespace {

using Options = std::vector<std::pair<std::string, std::string>>;

/// What the URL says, option by option.
Options options_of(const std::string& url) {
  char* message = nullptr;
  struct Free {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
  };
  const std::unique_ptr<PQconninfoOption, Free> parsed(PQconninfoParse(url.c_str(), &message));
  if (!parsed) {
    const std::unique_ptr<char, decltype(&PQfreemem)> owned(message, &PQfreemem);
    throw StoreError(Outcome::not_committed, "PostgreSQL: " + told_by_libpq(message, url));
  }
  Options options;
  for (const PQconninfoOption* each = parsed.get(); each->keyword != nullptr; ++each)
    if (each->val != nullptr) options.emplace_back(each->keyword, each->val);
  return options;
}

std::string value_of(const Options& options, std::string_view name) {
  for (const auto& [keyword, value] : options)
    if (keyword == name) return value;
  return {};
}

void set(Options& options, std::string_view name, std::string value) {
  std::erase_if(options, [name](const auto& each) { return each.first == name; });
  options.emplace_back(name, std::move(value));
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> items;
  std::size_t begin = 0;
  for (std::size_t end = 0; end != list.npos; begin = end + 1) {
    end = list.find(',', begin);
    items.push_back(list.substr(begin, end == list.npos ? end : end - begin));
  }
  return items;
}

/// Not the folder of a socket, and no address yet.
bool is_name(const std::string& host) {
  boost::system::error_code no_address;
  (void)asio::ip::make_address(host, no_address);
  return !host.empty() && host.front() != '/' && host.front() != '@' && no_address;
}

/// Hosts as libpq takes them: lists of the same length, in the order in which they are tried.
struct Hosts {
  std::string names;
  std::string addresses;  // empty for one that needs none
  std::string ports;
  std::size_t count = 0;

  void add(const std::string& name, const std::string& address, const std::string& port) {
    const std::string_view comma = count++ == 0 ? "" : ",";
    names.append(comma).append(name);
    addresses.append(comma).append(address);
    ports.append(comma).append(port);
  }
};

/// libpq would block while it asks for the addresses of names; so it is told.
asio::awaitable<void> resolve(Options& options, asio::ip::tcp::resolver& resolver) {
  const std::vector<std::string> names = split(value_of(options, "host"));
  const std::vector<std::string> ports = split(value_of(options, "port"));
  const bool has_port_for_each = ports.size() == names.size();
  if (std::none_of(names.begin(), names.end(), is_name) || !value_of(options, "hostaddr").empty() ||
      (ports.size() != 1 && !has_port_for_each))
    co_return;  // nothing to ask for, or for libpq to complain about
  Hosts hosts;
  std::string why;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string& port = ports[has_port_for_each ? i : 0];
    if (!is_name(names[i])) {
      hosts.add(names[i], "", port);
      continue;
    }
    const auto [error, found] = co_await resolver.async_resolve(names[i], "", as_values);
    if (error == asio::error::operation_aborted) co_return;  // it took too long
    if (error) why = fmt::format("{}: {}", names[i], error.message());
    for (const auto& entry : found)
      hosts.add(names[i], entry.endpoint().address().to_string(), port);
  }
  if (hosts.count == 0) throw StoreError(Outcome::not_committed, why);
  set(options, "host", hosts.names);
  set(options, "hostaddr", hosts.addresses);
  set(options, "port", hosts.ports);
}

PGconn* start(const Options& options) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : options) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  return PQconnectStartParams(names.data(), values.data(), /*expand_dbname=*/0);
}

}  // namespace

asio::awaitable<void> Connection::open() {
  const auto self = shared_from_this();
  struct Deadline {
    asio::ip::tcp::resolver resolver;
    asio::steady_timer timer;
    bool over = false;
    bool late = false;
  };
  const auto deadline = std::make_shared<Deadline>(Deadline{
      asio::ip::tcp::resolver(executor_), asio::steady_timer(executor_, server_->connect_timeout)});
  deadline->timer.async_wait([self, deadline](boost::system::error_code cancelled) {
    if (cancelled || deadline->over) return;
    deadline->late = true;
    deadline->resolver.cancel();
    if (self->socket_) self->socket_->cancel();
  });
  // Or else it comes upon a later connection.
  struct Disarm {
    Deadline& deadline;
    ~Disarm() {
      deadline.over = true;
      deadline.timer.cancel();
    }
  };
  const Disarm disarm{*deadline};
  const auto require_time = [this, &deadline] {
    if (deadline->late)
      throw StoreError(Outcome::not_committed,
                       fmt::format("no connection within {} ms", server_->connect_timeout.count()));
  };

  Options options = options_of(server_->url);
  set(options, "client_encoding", "UTF8");
  set(options, "fallback_application_name", "orders");
  // What the URL itself sets comes after, and wins.
  set(options, "options",
      fmt::format("-c statement_timeout={} -c idle_in_transaction_session_timeout={} {}",
                  server_->statement_timeout.count(), server_->idle_transaction_timeout.count(),
                  value_of(options, "options")));
  co_await resolve(options, deadline->resolver);
  require_time();
  libpq_.reset(start(options));
  if (!libpq_) throw std::bad_alloc();
  PQsetNoticeProcessor(
      libpq_.get(), [](void*, const char*) {}, nullptr);
  auto wanted =
      PQstatus(libpq_.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (wanted != PGRES_POLLING_OK && wanted != PGRES_POLLING_FAILED) {
    socket_.emplace(executor_, dup(PQsocket(libpq_.get())));
    const auto kind = wanted == PGRES_POLLING_READING ? asio::posix::stream_descriptor::wait_read
                                                      : asio::posix::stream_descriptor::wait_write;
    co_await socket_->async_wait(kind, as_values);
    require_time();
    wanted = PQconnectPoll(libpq_.get());
  }
  if (wanted != PGRES_POLLING_OK || PQsetnonblocking(libpq_.get(), 1) != 0 ||
      PQenterPipelineMode(libpq_.get()) != 1)
    throw StoreError(Outcome::not_committed, trimmed(PQerrorMessage(libpq_.get())));
  socket_.emplace(executor_, dup(PQsocket(libpq_.get())));
}

void Connection::opened(const std::exception_ptr& failure) {
  if (!failure) {
    reach_->succeeded();
    state_ = State::open;
    ++opened_times_;
    progress_ = SteadyClock::now();
    for (const auto& call : calls_)
      if (!send(*call)) return lose(trimmed(PQerrorMessage(libpq_.get())));
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
  if (!send(*calls_.back())) return lose(trimmed(PQerrorMessage(libpq_.get())));
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
  const std::size_t count = parameters.sizes_.size();
  std::vector<const char*> values(count);
  const std::vector<int> binary(count, 1);
  const char* at = parameters.bytes_.data();
  for (std::size_t i = 0; i < count; ++i) {
    const int size = parameters.sizes_[i];
    values[i] = size < 0 ? nullptr : at;
    at += std::max(size, 0);
  }
  const auto number = static_cast<int>(count);
  bool queued = true;
  if (statement.name.empty()) {
    queued = PQsendQueryParams(libpq, statement.sql.c_str(), number, nullptr, values.data(),
                               parameters.sizes_.data(), binary.data(), 1) == 1;
  } else {
    if (std::find(prepared_.begin(), prepared_.end(), &statement) == prepared_.end()) {
      queued = PQsendPrepare(libpq, statement.name.c_str(), statement.sql.c_str(), 0, nullptr) == 1;
      if (queued) prepared_.push_back(&statement);
      call.prepares = queued;
    }
    queued = queued && PQsendQueryPrepared(libpq, statement.name.c_str(), number, values.data(),
                                           parameters.sizes_.data(), binary.data(), 1) == 1;
  }
  if (!queued)
    call.error = std::make_exception_ptr(
        StoreError(Outcome::not_committed, "PostgreSQL: " + trimmed(PQerrorMessage(libpq))));
  return PQpipelineSync(libpq) == 1;
}

void Connection::flush() {
  const int left = PQflush(libpq_.get());
  if (left < 0) return lose(trimmed(PQerrorMessage(libpq_.get())));
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
  if (lost) lose(trimmed(PQerrorMessage(libpq)));
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
  call.error = error_of(state, trimmed(PQresultErrorMessage(result)));
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
