// What only a server can do to its clients: be full, slow, busy with others, or gone.
#include "store/postgres_store.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <future>
#include <thread>

#include "store/cluster_testing.h"
#include "store/migrations.h"

namespace {

using namespace std::chrono_literals;
using order::OrderStatus;
using store::Order;
using store::OrderId;
using store::PostgresStore;
using store::StoreError;
using store::TestCluster;
using Outcome = StoreError::Outcome;
using Result = base::Result<Order, store::Lost>;

const store::Draft draft{"a", "b", "c", 1, 1, "d", "pending"};
constexpr store::Timestamp now{1};

/// What an operation came to.
template <class T>
std::string told(std::future<T>& future) {
  try {
    (void)future.get();
    return "done";
  } catch (const store::Conflict&) {
    return "conflict";
  } catch (const StoreError& error) {
    return error.outcome() == Outcome::unknown ? "unknown" : "not committed";
  }
}

class Postgres : public testing::Test {
 protected:
  template <class T>
  std::future<T> begin(asio::awaitable<T> work) {
    return asio::co_spawn(context, std::move(work), asio::use_future);
  }
  /// Until nothing is left to do.
  void run() {
    context.restart();
    context.run();
  }
  template <class T>
  T run(asio::awaitable<T> work) {
    auto result = begin(std::move(work));
    run();
    return result.get();
  }
  template <class T>
  std::string tell(asio::awaitable<T> work) {
    auto result = begin(std::move(work));
    run();
    return told(result);
  }

  PostgresStore open(PostgresStore::Options options = {}) const {
    if (options.server.url.empty()) options.server.url = cluster.url();
    return PostgresStore(options);
  }
  asio::awaitable<Result> change_menu(PostgresStore& store, OrderId id) const {
    return store.update(id, {.menu = "x"}, {}, {}, now);
  }

  TestCluster& cluster = TestCluster::fresh();
  asio::io_context context;
};

TEST_F(Postgres, AnIdleStoreLeavesItsContextNothingToWaitFor) {
  PostgresStore store = open();
  run(store.insert(draft, {}, now));
  context.restart();
  EXPECT_EQ(context.run(), 0u);
}

TEST_F(Postgres, ManyAtOnceShareFewConnections) {
  PostgresStore store = open({.connections = 2, .pipelined = 3});
  std::vector<std::future<Order>> inserted;
  for (int i = 0; i < 50; ++i) inserted.push_back(begin(store.insert(draft, {}, now)));
  run();
  for (auto& each : inserted) EXPECT_NO_THROW(each.get());
  // The connection that saw to the schema may be about to end.
  std::string connections;
  for (int looks = 0; looks < 1'000 && connections != "2"; ++looks)
    connections = cluster.execute(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE application_name = 'orders'");
  EXPECT_EQ(connections, "2");
}

// Errors of one statement in a pipeline are its own.
TEST_F(Postgres, OfStatementsOnTheirWayTogetherOnlyTheOneThatFailsIsUndone) {
  PostgresStore store = open({.connections = 1, .pipelined = 8});
  store::Draft refused = draft;
  refused.total_price = -1;  // by the table's own check
  store::Draft unstorable = draft;
  unstorable.menu = "\xFF";
  auto first = begin(store.insert(draft, {}, now));
  auto second = begin(store.insert(refused, {}, now));
  auto third = begin(store.insert(unstorable, {}, now));
  auto fourth = begin(store.insert(draft, {}, now));
  run();
  EXPECT_EQ(told(first), "done");
  EXPECT_EQ(told(second), "not committed");
  EXPECT_THROW(third.get(), store::Unstorable);
  EXPECT_EQ(told(fourth), "done");
  EXPECT_EQ(run(store.list(0, 10)).size(), 2u);
  EXPECT_EQ(run(store.events({}, 10)).size(), 2u);
}

TEST_F(Postgres, WhoFindsAllPlacesTakenWaitsButNotForEver) {
  PostgresStore store = open({.connections = 1, .pipelined = 1, .patience = 50ms});
  PostgresStore other = open();
  const OrderId id = run(store.insert(draft, {}, now)).id;
  auto transaction = run(other.begin(store::Isolation::read_committed));
  (void)run(transaction->get_for_update(id));
  auto blocked = begin(change_menu(store, id));
  auto late = begin(store.get(id));
  context.restart();
  while (late.wait_for(0s) != std::future_status::ready) context.run_one();
  EXPECT_EQ(told(late), "not committed") << "the only connection waits for a row";
  transaction.reset();
  run();
  EXPECT_EQ(told(blocked), "done");
  EXPECT_EQ(tell(store.get(id)), "done") << "its place is free again";
}

TEST_F(Postgres, TellsHowLongCallersStandInLine) {
  std::vector<std::pair<std::string, std::chrono::nanoseconds>> waits;
  PostgresStore store =
      open({.connections = 1,
            .pipelined = 1,
            .patience = 50ms,
            .waited = [&waits](std::string_view line, std::chrono::nanoseconds time) {
              waits.emplace_back(line, time);
            }});
  const OrderId id = run(store.insert(draft, {}, now)).id;
  auto transaction = run(store.begin(store::Isolation::read_committed));
  (void)run(transaction->get_for_update(id));
  auto blocked = begin(change_menu(store, id));
  auto late = begin(store.get(id));
  context.restart();
  while (late.wait_for(0s) != std::future_status::ready) context.run_one();
  transaction.reset();
  run();
  EXPECT_EQ(told(blocked), "done");
  ASSERT_EQ(waits.size(), 4u);
  EXPECT_EQ(waits.at(0), std::pair(std::string("connection"), 0ns));
  EXPECT_EQ(waits.at(1), std::pair(std::string("transaction"), 0ns));
  EXPECT_EQ(waits.at(2), std::pair(std::string("connection"), 0ns));
  EXPECT_EQ(waits.at(3).first, "connection");
  EXPECT_GE(waits.at(3).second, 50ms) << "in vain";
}

TEST_F(Postgres, TransactionsAreBounded) {
  PostgresStore store = open({.transactions = 1, .patience = 50ms});
  auto first = run(store.begin(store::Isolation::serializable));
  EXPECT_EQ(tell(store.begin(store::Isolation::serializable)), "not committed");
  auto waiting = begin(store.begin(store::Isolation::serializable));
  first.reset();
  run();
  EXPECT_EQ(told(waiting), "done");
}

TEST_F(Postgres, ASlowStatementIsGivenUpAndSaysThatNothingWasChanged) {
  PostgresStore::Options options;
  options.server.url = cluster.url();
  options.server.statement_timeout = 50ms;
  PostgresStore store = open(options);
  PostgresStore other = open();
  const OrderId id = run(store.insert(draft, {}, now)).id;
  auto transaction = run(other.begin(store::Isolation::read_committed));
  (void)run(transaction->get_for_update(id));
  EXPECT_EQ(tell(change_menu(store, id)), "not committed");
  transaction.reset();
  EXPECT_EQ(tell(change_menu(store, id)), "done");
  EXPECT_EQ(run(store.get(id))->version, 2);
}

TEST_F(Postgres, ATransactionWhoseCallerIsSilentIsGivenUp) {
  PostgresStore::Options options;
  options.server.url = cluster.url();
  options.server.idle_transaction_timeout = 20ms;
  PostgresStore store = open(options);
  const OrderId id = run(store.insert(draft, {}, now)).id;
  auto transaction = run(store.begin(store::Isolation::read_committed));
  Order order = run(transaction->get_for_update(id)).value();
  EXPECT_EQ(tell(change_menu(store, id)), "done") << "when the server has taken the lock back";
  EXPECT_EQ(tell(transaction->save(order, {})), "not committed");
  EXPECT_EQ(tell(transaction->commit()), "not committed");
  transaction.reset();
  EXPECT_EQ(tell(store.begin(store::Isolation::read_committed)), "done");
}

TEST_F(Postgres, TransactionsThatWaitForEachOtherAreAConflict) {
  PostgresStore store = open();
  const OrderId a = run(store.insert(draft, {}, now)).id;
  const OrderId b = run(store.insert(draft, {}, now)).id;
  auto one = run(store.begin(store::Isolation::read_committed));
  auto other = run(store.begin(store::Isolation::read_committed));
  (void)run(one->get_for_update(a));
  (void)run(other->get_for_update(b));
  auto first = begin(one->get_for_update(b));
  auto second = begin(other->get_for_update(a));
  run();
  const std::string both = told(first) + ", " + told(second);
  EXPECT_TRUE(both == "done, conflict" || both == "conflict, done") << both;
}

TEST(Reach, EveryFailureIsFollowedByAPauseTheFirstAfterASuccessToo) {
  store::postgres::Reach reach;
  for (int times = 0; times < 3; ++times) {
    EXPECT_EQ(reach.reason_not_to(), std::nullopt);
    reach.failed("it is gone");
    EXPECT_TRUE(reach.reason_not_to().value_or("").starts_with("it is gone; tried again in"));
    while (reach.reason_not_to()) continue;
    reach.succeeded();
  }
}

TEST_F(Postgres, ServerThatCannotBeReachedIsToldAndNotRushed) {
  PostgresStore store = open();
  const OrderId id = run(store.insert(draft, {}, now)).id;
  cluster.kill();
  // What was idle is noticed before anything is sent.
  EXPECT_EQ(tell(change_menu(store, id)), "not committed");
  EXPECT_THROW(PostgresStore(PostgresStore::Options{.server = {.url = cluster.url()}}), StoreError);
  // After a failure nobody tries for a while, however many ask.
  std::vector<std::future<std::optional<Order>>> refused;
  for (int i = 0; i < 1'000; ++i) refused.push_back(begin(store.get(id)));
  run();
  for (auto& each : refused) EXPECT_EQ(told(each), "not committed");
  cluster.start();
  while (tell(store.ping()) != "done") continue;
  EXPECT_EQ(tell(change_menu(store, id)), "done");
  EXPECT_EQ(run(store.get(id))->version, 2);
}

// The deadline of one that failed must not come upon the next, which is healthy.
TEST_F(Postgres, AFailedConnectionLeavesNothingToWaitFor) {
  PostgresStore::Options options;
  options.server.url = cluster.url();
  options.server.connect_timeout = 1h;
  options.connections = 1;
  PostgresStore store = open(options);
  cluster.kill();
  auto failed = begin(store.ping());
  context.restart();
  while (failed.wait_for(0s) != std::future_status::ready) context.run_one();
  EXPECT_EQ(told(failed), "not committed");
  context.poll();
  EXPECT_TRUE(context.stopped());
  cluster.start();
}

TEST_F(Postgres, EachHostOfAListIsTried) {
  const auto url_with = [this](const std::string& hosts, const std::string& ports) {
    std::string url = cluster.url();
    url.insert(url.find("host=") + 5, hosts);
    return url + "&port=" + ports;
  };
  // Nobody listens at port 1; the last of them is the server's socket.
  for (const auto& [hosts, ports] : {std::pair{"localhost,", "1,5432"},
                                     {"localhost,127.0.0.1,", "1,1,5432"},
                                     {"no-such-host.invalid,", "5432"},
                                     {"/nowhere,no-such-host.invalid,localhost,", "1,1,1,5432"}}) {
    PostgresStore::Options options;
    options.server.url = url_with(hosts, ports);
    PostgresStore store = open(options);
    EXPECT_EQ(tell(store.ping()), "done") << hosts;
  }
}

// What was acknowledged is there; what was told not to be is not; and nothing else happens but
// that the outcome of some is unknown.
TEST_F(Postgres, AServerThatIsKilledMidRunLosesNothingThatWasAcknowledged) {
  PostgresStore store = open({.connections = 4});
  const OrderId id = run(store.insert(draft, {}, now)).id;
  std::array<int, 3> counts{};  // done, not committed, unknown
  for (int round = 0; round < 3; ++round) {
    std::atomic<bool> killed{false};
    std::atomic<int> done{0};
    std::thread killer([&] {
      while (done < 20) std::this_thread::yield();
      cluster.kill();
      killed = true;
    });
    std::vector<std::future<void>> writers;
    for (int i = 0; i < 8; ++i)
      writers.push_back(begin([](PostgresStore& to, OrderId of, std::atomic<bool>& until,
                                 std::atomic<int>& made,
                                 std::array<int, 3>& sum) -> asio::awaitable<void> {
        while (!until) {
          try {
            store::Changes changes;
            changes.menu = "x";
            store::Versions any;
            store::Actor actor;
            const Result result =
                co_await to.update(of, std::move(changes), std::move(any), std::move(actor), now);
            EXPECT_TRUE(result);
            ++sum[0];
            ++made;
          } catch (const StoreError& error) {
            ++sum[error.outcome() == Outcome::unknown ? 2 : 1];
          }
        }
      }(store, id, killed, done, counts)));
    run();
    killer.join();
    for (auto& writer : writers) writer.get();
    EXPECT_EQ(tell(change_menu(store, id)), "not committed") << "who comes after the end";
    cluster.start();
    while (tell(store.ping()) != "done") continue;
    const Order order = run(store.get(id)).value();
    EXPECT_GE(order.version, 1 + counts[0]);
    EXPECT_LE(order.version, 1 + counts[0] + counts[2]);
    EXPECT_EQ(run(store.history(id)).back().version, order.version);
  }
}

/// Stands between a store and the server, and can lose what the server says.
class Proxy {
 public:
  explicit Proxy(const TestCluster& cluster) : server_(cluster.socket()) {
    std::string name = (std::filesystem::temp_directory_path() / "proxy-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    const sockaddr_un address = address_of(folder_ / ".s.PGSQL.5432");
    listener_ = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener_, 16), 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~Proxy() {
    ending_ = true;
    thread_.join();
    close(listener_);
    std::filesystem::remove_all(folder_);
  }
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  [[nodiscard]] std::string url() const { return TestCluster::url_at(folder_.string()); }
  /// From here on, the connection that the server answers with this text in it ends, and the answer
  /// is lost from `keep` bytes after the text on.
  void cut_after(std::string text, std::size_t keep) {
    keep_ = keep;
    text_ = std::move(text);
    armed_ = true;
  }
  /// From here on, what a client sends with this text in it is lost with its connection.
  void cut_before(std::string text) {
    text_ = std::move(text);
    armed_before_ = true;
  }

 private:
  struct Pair {
    int client;
    int server;
  };
  static sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
  }
  int connect_to_server() const {
    const sockaddr_un address = address_of(server_);
    const int connection = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_EQ(connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return connection;
  }
  void serve() {
    std::vector<Pair> pairs;
    while (!ending_) {
      std::vector<pollfd> watched = {{listener_, POLLIN, 0}};
      for (const Pair& pair : pairs) {
        watched.push_back({pair.client, POLLIN, 0});
        watched.push_back({pair.server, POLLIN, 0});
      }
      if (poll(watched.data(), watched.size(), 10) <= 0) continue;
      std::vector<Pair> left;
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        const bool goes_on =
            (watched[2 * i + 1].revents == 0 || pass_on(pairs[i].client, pairs[i].server, true)) &&
            (watched[2 * i + 2].revents == 0 || pass_on(pairs[i].server, pairs[i].client, false));
        if (goes_on) {
          left.push_back(pairs[i]);
          continue;
        }
        close(pairs[i].client);
        close(pairs[i].server);
      }
      pairs = std::move(left);
      if (watched[0].revents != 0)
        pairs.push_back({accept(listener_, nullptr, nullptr), connect_to_server()});
    }
    for (const Pair& pair : pairs) {
      close(pair.client);
      close(pair.server);
    }
  }
  /// False at the end of the connection.
  bool pass_on(int from, int to, bool from_client) {
    std::array<char, 65536> bytes{};
    const ssize_t size = read(from, bytes.data(), bytes.size());
    if (size <= 0) return false;
    std::string_view text(bytes.data(), static_cast<std::size_t>(size));
    std::atomic<bool>& armed = from_client ? armed_before_ : armed_;
    const std::size_t at = armed ? text.find(text_) : text.npos;
    if (at == text.npos) return write(to, text.data(), text.size()) == size;
    armed = false;
    if (!from_client) {
      text = text.substr(0, at + text_.size() + keep_);
      EXPECT_EQ(write(to, text.data(), text.size()), std::ssize(text));
    }
    return false;
  }

  std::string server_;
  std::filesystem::path folder_;
  int listener_ = -1;
  std::atomic<bool> ending_{false};
  std::atomic<bool> armed_{false};
  std::atomic<bool> armed_before_{false};
  std::string text_;
  std::size_t keep_ = 0;
  std::thread thread_;
};

class Interrupted : public Postgres {
 protected:
  std::string menu(OrderId id) const {
    return cluster.execute("SELECT menu FROM orders WHERE id = " + std::to_string(id));
  }
  Proxy proxy{cluster};
};

// CommandComplete ("SELECT 1" for a WITH ... SELECT) comes before the commit, ReadyForQuery after
// it: with only the first of them nobody knows.
TEST_F(Interrupted, AChangeWhoseCommitIsNotAnsweredIsUnknown) {
  PostgresStore store = open({.server = {.url = proxy.url()}, .connections = 1});
  const OrderId id = run(store.insert(draft, {}, now)).id;
  for (const std::size_t bytes_of_the_answer : {0u, 1u, 3u, 6u}) {
    SCOPED_TRACE(bytes_of_the_answer);
    cluster.execute("UPDATE orders SET menu = 'c'");
    proxy.cut_after("SELECT 1", bytes_of_the_answer);
    EXPECT_EQ(tell(change_menu(store, id)), "unknown");
    EXPECT_EQ(menu(id), "x") << "it took place";
    EXPECT_EQ(tell(store.get(id)), "done") << "on another connection";
  }
  proxy.cut_after("SELECT 1", 7);
  EXPECT_EQ(tell(change_menu(store, id)), "done") << "the near miss: ReadyForQuery is whole";
}

TEST_F(Interrupted, AChangeThatMayNotHaveArrivedIsUnknown) {
  PostgresStore store = open({.server = {.url = proxy.url()}, .connections = 1});
  const OrderId id = run(store.insert(draft, {}, now)).id;
  (void)run(store.get(id));
  proxy.cut_before("change");
  EXPECT_EQ(tell(change_menu(store, id)), "unknown");
  EXPECT_EQ(menu(id), "c") << "it did not";
}

TEST_F(Interrupted, AReadThatIsLostHasChangedNothing) {
  PostgresStore store = open({.server = {.url = proxy.url()}, .connections = 1});
  const OrderId id = run(store.insert(draft, {}, now)).id;
  proxy.cut_after("SELECT 1", 0);
  EXPECT_EQ(tell(store.get(id)), "not committed");
}

TEST_F(Interrupted, OfATransactionOnlyTheCommitIsUnknown) {
  PostgresStore store = open({.server = {.url = proxy.url()}});
  const OrderId id = run(store.insert(draft, {}, now)).id;
  Order order = run(store.get(id)).value();
  order.menu = "x";
  auto first = run(store.begin(store::Isolation::read_committed));
  proxy.cut_after("SELECT 1", 0);
  EXPECT_EQ(tell(first->save(order, {})), "not committed");
  EXPECT_EQ(tell(first->commit()), "not committed") << "not on another connection";
  EXPECT_EQ(menu(id), "c");
  auto second = run(store.begin(store::Isolation::read_committed));
  (void)run(second->save(order, {}));
  proxy.cut_after("COMMIT", 0);
  EXPECT_EQ(tell(second->commit()), "unknown");
  EXPECT_EQ(menu(id), "x");
}

TEST_F(Postgres, AStatementThatCouldNotBePreparedIsPreparedLater) {
  PostgresStore store = open({.connections = 1});
  cluster.execute("ALTER TABLE orders RENAME TO moved");
  EXPECT_EQ(tell(store.insert(draft, {}, now)), "not committed");
  cluster.execute("ALTER TABLE moved RENAME TO orders");
  EXPECT_EQ(tell(store.insert(draft, {}, now)), "done");
}

// The server's last words tell more than its silence.
TEST_F(Postgres, AServerThatSaysThatItGivesUpHasChangedNothing) {
  PostgresStore store = open({.connections = 1, .pipelined = 4});
  PostgresStore other = open();
  const OrderId id = run(store.insert(draft, {}, now)).id;
  auto transaction = run(other.begin(store::Isolation::read_committed));
  (void)run(transaction->get_for_update(id));
  auto first = begin(change_menu(store, id));
  auto second = begin(store.insert(draft, {}, now));
  context.restart();
  while (cluster.execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                         "WHERE wait_event_type = 'Lock'") == "0")
    context.poll();
  run();
  EXPECT_EQ(told(first), "not committed");
  EXPECT_EQ(told(second), "not committed");
  transaction.reset();
  run();
  EXPECT_EQ(run(store.list(0, 10)).size(), 1u);
}

TEST_F(Postgres, AWrongAddressIsToldWithoutItsPassword) {
  for (const char* url :
       {"postgres://me:s3cret@127.0.0.1:1/o", "postgres://me:s3cret@/o?nonsense=1",
        "postgres://me:s3cret@[::1/o", "postgres:///o?host=/nowhere&user=me&password=s3cret",
        "postgres:///o?host=/nowhere&sslpassword=s3cret",
        "postgres://me:s3cret%zz@/o?host=/nowhere"}) {
    try {
      (void)open({.server = {.url = url}});
      ADD_FAILURE() << "nobody is there";
    } catch (const StoreError& error) {
      EXPECT_EQ(std::string(error.what()).find("s3cret"), std::string::npos) << error.what();
      EXPECT_EQ(error.outcome(), Outcome::not_committed);
    }
  }
}

TEST_F(Postgres, ANewDatabaseIsMigratedByOneOfMany) {
  cluster.execute("DROP SCHEMA public CASCADE");
  cluster.execute("CREATE SCHEMA public");
  std::vector<std::thread> threads;
  std::atomic<int> migrated{0};
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      const auto done = PostgresStore::migrate({.url = cluster.url()});
      migrated += done.from == 0 ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(migrated, 1);
  PostgresStore store = open();
  run(store.insert(draft, {}, now));
}

TEST_F(Postgres, AnOlderOrNewerSchemaIsRefused) {
  (void)open();
  const std::string newest = std::to_string(store::newest_schema());
  cluster.execute("DELETE FROM schema_version WHERE version = " + newest);
  try {
    (void)open();
    ADD_FAILURE() << "the schema is old";
  } catch (const StoreError& error) {
    EXPECT_NE(std::string_view(error.what()).find("orders migrate"), std::string_view::npos);
  }
  cluster.execute("INSERT INTO schema_version VALUES (" + newest + "), (1000)");
  EXPECT_THROW((void)open(), StoreError);
  cluster.execute("DELETE FROM schema_version WHERE version = 1000");
}

}  // namespace
