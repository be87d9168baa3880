#include "store/postgres_server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "store/error.h"

namespace store::postgres {
namespace {

using Outcome = StoreError::Outcome;
using SteadyClock = std::chrono::steady_clock;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

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

/// What libpq is told: what the URL says, and what is the same for each connection.
Options options_for(const Server& server) {
  Options options = options_of(server.url);
  set(options, "client_encoding", "UTF8");
  set(options, "fallback_application_name", "orders");
  // What the URL itself sets comes after, and wins.
  set(options, "options",
      fmt::format("-c statement_timeout={} -c idle_in_transaction_session_timeout={} {}",
                  server.statement_timeout.count(), server.idle_transaction_timeout.count(),
                  value_of(options, "options")));
  return options;
}

Handle start(const Options& options) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : options) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  Handle libpq(PQconnectStartParams(names.data(), values.data(), /*expand_dbname=*/0));
  if (!libpq) throw std::bad_alloc();
  PQsetNoticeProcessor(
      libpq.get(), [](void*, const char*) {}, nullptr);
  return libpq;
}

asio::posix::stream_descriptor socket_of(const asio::any_io_executor& executor,
                                         const PGconn& libpq) {
  return {executor, dup(PQsocket(&libpq))};
}

/// What an opening waits for, one after the other, as long as it has time.
struct Waiting {
  Waiting(const asio::any_io_executor& executor, std::chrono::milliseconds of)
      : patience(of), resolver(executor), timer(executor, of) {}

  void require_time() const {
    if (late)
      throw StoreError(Outcome::not_committed,
                       fmt::format("no connection within {} ms", patience.count()));
  }

  std::chrono::milliseconds patience;
  asio::ip::tcp::resolver resolver;
  /// It stays the same however often libpq takes another socket while it connects.
  std::optional<asio::posix::stream_descriptor> socket;
  asio::steady_timer timer;
  bool over = false;
  bool late = false;
};

/// Cuts the waiting short when its time is over.
class Deadline {
 public:
  explicit Deadline(std::shared_ptr<Waiting> waiting) : waiting_(std::move(waiting)) {
    waiting_->timer.async_wait([of = waiting_](boost::system::error_code cancelled) {
      if (cancelled || of->over) return;
      of->late = true;
      of->resolver.cancel();
      if (of->socket) of->socket->cancel();
    });
  }
  ~Deadline() {
    waiting_->over = true;
    waiting_->timer.cancel();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  std::shared_ptr<Waiting> waiting_;
};

/// Takes libpq through all that it has to say to the server before the first statement.
asio::awaitable<void> connect(PGconn& libpq, Waiting& waiting) {
  using Descriptor = asio::posix::stream_descriptor;
  auto wanted = PQstatus(&libpq) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (wanted != PGRES_POLLING_OK && wanted != PGRES_POLLING_FAILED) {
    waiting.socket = socket_of(waiting.timer.get_executor(), libpq);
    const auto kind =
        wanted == PGRES_POLLING_READING ? Descriptor::wait_read : Descriptor::wait_write;
    co_await waiting.socket->async_wait(kind, as_values);
    waiting.require_time();
    wanted = PQconnectPoll(&libpq);
  }
  if (wanted != PGRES_POLLING_OK || PQsetnonblocking(&libpq, 1) != 0 ||
      PQenterPipelineMode(&libpq) != 1)
    throw StoreError(Outcome::not_committed, last_words(libpq));
}

}  // namespace

asio::awaitable<Opened> open(asio::any_io_executor executor, const Server& server) {
  const auto waiting = std::make_shared<Waiting>(executor, server.connect_timeout);
  const Deadline deadline(waiting);
  Options options = options_for(server);
  co_await resolve(options, waiting->resolver);
  waiting->require_time();
  Handle libpq = start(options);
  co_await connect(*libpq, *waiting);
  asio::posix::stream_descriptor socket = socket_of(executor, *libpq);
  co_return Opened{std::move(libpq), std::move(socket)};
}

std::string in_one_line(const char* message) {
  std::string text(message == nullptr ? "" : message);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string last_words(const PGconn& libpq) { return in_one_line(PQerrorMessage(&libpq)); }

std::string told_by_libpq(const char* message, const std::string& url) {
  std::string text = in_one_line(message);
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

}  // namespace store::postgres
