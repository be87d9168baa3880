#include "store/sqlite_store.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <future>
#include <thread>

#include "base/random.h"
#include "store/memory_store.h"
#include "store/store_threads.h"

namespace {

using order::OrderStatus;
using store::Order;
using store::SqliteStore;
using store::StoreError;

const store::Draft draft{"a", "b", "c", 1, 1, "d", "pending"};
constexpr store::Timestamp now{1};

class SqliteFile : public testing::Test {
 protected:
  SqliteFile() {
    std::string name = (std::filesystem::temp_directory_path() / "sqlite-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    path = (folder_ / "orders.sqlite3").string();
  }
  ~SqliteFile() override { std::filesystem::remove_all(folder_); }

  std::string path;

 private:
  std::filesystem::path folder_;
};

TEST_F(SqliteFile, KeepsOrdersBeyondItsConnection) {
  const Order order = SqliteStore(path).insert(draft, {}, now);
  EXPECT_EQ(SqliteStore(path).get(order.id), order);
}

TEST_F(SqliteFile, ASearchHasADeadline) {
  std::vector<Order> orders(20'000);
  for (std::size_t i = 0; i < orders.size(); ++i) orders[i].id = static_cast<store::OrderId>(i) + 1;
  EXPECT_EQ(SqliteStore(path).insert_absent(orders), orders.size());
  store::Selection of_nobody;
  of_nobody.search = {"x"};
  EXPECT_TRUE(SqliteStore(path).select(of_nobody).empty());
  SqliteStore impatient(path, std::chrono::milliseconds(1));
  EXPECT_THROW((void)impatient.select(of_nobody), StoreError);
  EXPECT_EQ(impatient.select({.limit = 5}).size(), 5u) << "the store goes on";
}

TEST_F(SqliteFile, TellsHowLongChangesWaitForTheWriter) {
  using namespace std::chrono_literals;
  std::vector<std::chrono::nanoseconds> waits;
  store::StoreThreads store(
      [this] { return std::make_unique<SqliteStore>(path); },
      {.waited = [&waits](std::string_view line, std::chrono::nanoseconds time) {
        EXPECT_EQ(line, "writer");
        waits.push_back(time);
      }});
  store::sqlite::Connection other(path, 1s);
  std::optional<store::sqlite::WriteTransaction> held(other);
  asio::io_context context;
  auto inserted = asio::co_spawn(context, store.insert(draft, {}, now), asio::use_future);
  asio::steady_timer timer(context);
  asio::post(context, [&timer, &held] {  // when the change is queued
    timer.expires_after(50ms);
    timer.async_wait([&held](boost::system::error_code) { held.reset(); });
  });
  context.run();
  EXPECT_EQ(inserted.get().version, 1);
  ASSERT_EQ(waits.size(), 1u);
  EXPECT_GE(waits.front(), 50ms) << "for another process";
}

TEST_F(SqliteFile, ANewerSchemaIsRefused) {
  (void)SqliteStore(path);
  store::sqlite::Connection(path, std::chrono::seconds(1))
      .execute("INSERT INTO schema_version VALUES (1000)");
  EXPECT_THROW(SqliteStore{path}, StoreError);
}

// An old file is not changed by the way; several who are told to may do it at once.
TEST_F(SqliteFile, AnOlderSchemaIsMigratedOnRequestOnly) {
  {
    store::sqlite::Connection old(path, std::chrono::seconds(1));
    old.execute("CREATE TABLE schema_version (version INTEGER PRIMARY KEY)");
    old.execute(store::migrations()[0].sqlite);
    old.execute("INSERT INTO schema_version VALUES (1)");
    old.execute("INSERT INTO orders VALUES (8, 'a', 'b', 'c', 1, 1, 'd', 'pending', 1, 1, 5)");
  }
  try {
    SqliteStore refused(path);
    FAIL() << "the schema is old";
  } catch (const StoreError& error) {
    EXPECT_NE(std::string_view(error.what()).find("orders migrate"), std::string_view::npos);
  }
  std::vector<std::thread> threads;
  std::atomic<int> migrated{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] { migrated += SqliteStore::migrate(path).from == 1 ? 1 : 0; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(migrated, 1);
  SqliteStore store(path);
  EXPECT_EQ(store.get(8), (Order{draft, 8, now, now, 5}));
  EXPECT_TRUE(store.update(8, {.menu = "x"}, {}, {}, now));
  EXPECT_EQ(store.history(8).size(), 1u);
}

TEST_F(SqliteFile, WhatIsNoDatabaseIsAnError) {
  EXPECT_THROW(SqliteStore{path + "/no/such/folder"}, StoreError);
}

TEST_F(SqliteFile, ABusyDatabaseCommitsNothingAndSaysSo) {
  SqliteStore store(path, std::chrono::milliseconds(20));
  const Order order = store.insert(draft, {}, now);
  store::sqlite::Connection other(path, std::chrono::seconds(1));
  {
    store::sqlite::WriteTransaction lock(other);
    try {
      (void)store.update(order.id, {.menu = "x"}, {}, {}, now);
      FAIL() << "the lock is held by another";
    } catch (const StoreError& error) {
      EXPECT_EQ(error.outcome(), StoreError::Outcome::not_committed);
    }
    EXPECT_EQ(store.get(order.id), order) << "readers go on";
  }
  EXPECT_TRUE(store.update(order.id, {.menu = "x"}, {}, {}, now)) << "the store goes on";
}

TEST_F(SqliteFile, ManyMayCreateTheDatabaseAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> inserted{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      SqliteStore store(path);
      store.insert(draft, {}, now);
      ++inserted;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(inserted, 8);
  EXPECT_EQ(SqliteStore(path).list(0, 100).size(), 8u);
}

/// Makes one change as the writer does.
void make(store::LocalStore& store, const std::function<void()>& change) {
  store.together({&change, 1});
}

// What it remembers, it forgets when anybody writes whose news it does not get: another connection
// is to SQLite what another process is.
TEST_F(SqliteFile, ReadsAtOnceAreNeverStale) {
  const auto known = std::make_shared<store::KnownOrders>();
  SqliteStore reader(path, SqliteStore::usual_busy_timeout, known);
  SqliteStore one(path, SqliteStore::usual_busy_timeout, known);
  SqliteStore other(path);
  base::Random random(3);
  for (int step = 0; step < 2000; ++step) {
    store::LocalStore& writer = random.below(2) == 0 ? one : other;
    const auto id = static_cast<order::OrderId>(1 + random.below(5));
    switch (random.below(8)) {
      case 0:
        make(writer, [&] { (void)writer.update(id, {.menu = std::to_string(step)}, {}, {}, now); });
        break;
      case 1:
        make(writer, [&] { (void)writer.save({draft, id, now, now, 1}, {}); });
        break;
      case 2:
        make(writer, [&] { (void)writer.remove(id, {}, {}, now); });
        break;
      case 3:
        make(writer, [&] {
          (void)writer.insert_absent(std::vector{Order{draft, id, now, now, 1}});
        });
        break;
      case 4:
        (void)writer.save({draft, id, now, now, 1}, {});  // by itself
        break;
      default:
        break;  // read again what may be known
    }
    for (order::OrderId each = 1; each <= 5; ++each)
      ASSERT_EQ(reader.get_at_once(each), one.get(each)) << "step " << step;
  }
}

// reader      |--get--|      sees 2 if it began after the commit of 2, and never again 1
// writer  |--commit 2--|
TEST_F(SqliteFile, ReadsAtOnceBesideCommitsGoForwardOnly) {
  constexpr int commits = 300;
  const auto known = std::make_shared<store::KnownOrders>();
  SqliteStore reader(path, SqliteStore::usual_busy_timeout, known);
  SqliteStore writer(path, SqliteStore::usual_busy_timeout, known);
  SqliteStore stranger(path);
  const auto id = writer.insert(draft, {}, now).id;
  std::atomic<std::int64_t> committed{1};
  std::thread writing([&] {
    for (int i = 0; i < commits; ++i) {
      store::LocalStore& store = i % 7 == 0 ? stranger : writer;
      std::int64_t version = 0;
      make(store, [&] { version = store.update(id, {.quantity = i}, {}, {}, now)->version; });
      committed = version;
    }
    committed = commits + 1;
  });
  std::int64_t seen = 1;
  while (seen <= commits) {
    const std::int64_t at_least = std::max(seen, committed.load());
    try {
      const auto order = reader.get_at_once(id);
      EXPECT_GE(order->version, at_least);
      seen = std::max(order->version, at_least);
    } catch (const StoreError&) {
      continue;  // it would have had to wait
    }
  }
  writing.join();
}

// The near miss: whose news is not the next commit is not believed.
TEST(KnownOrders, ACommitThatOthersFollowedIsNotPublished) {
  store::KnownOrders known;
  const auto mark = [](std::uint64_t commits) { return store::sqlite::CommitMark{0, commits}; };
  const Order order{draft, 1, now, now, 1};
  const auto commit = [&](std::uint64_t before, std::uint64_t after) {
    store::KnownOrders::Transaction news(known, mark(before));
    news.publish(mark(after), {{order.id, order}});
  };
  commit(1, 3);
  EXPECT_EQ(known.find(mark(3), order.id), std::nullopt);
  commit(3, 4);
  EXPECT_EQ(known.find(mark(4), order.id), order);
  EXPECT_EQ(known.find(mark(5), order.id), std::nullopt) << "somebody else has committed";
}

// Two connections of two threads are to SQLite what two processes are.
TEST_F(SqliteFile, OfConcurrentTransitionsExactlyOneWins) {
  SqliteStore judge(path);
  for (int round = 0; round < 10; ++round) {
    const auto id = judge.insert(draft, {}, now).id;
    std::atomic<int> won{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&, i] {
        SqliteStore store(path);
        const std::vector from = {OrderStatus::pending};
        const auto to = i % 2 == 0 ? OrderStatus::cancelled : OrderStatus::preparing;
        if (store.transition(id, from, to, {}, {}, {}, now)) ++won;
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(won, 1);
    EXPECT_EQ(judge.get(id)->version, 2);
  }
}

TEST_F(SqliteFile, StoreThreadsAnswerOnTheCoroutinesExecutor) {
  store::StoreThreads threads([&] { return std::make_unique<SqliteStore>(path); });
  asio::io_context context;
  auto inserted = asio::co_spawn(context, threads.insert(draft, {}, now), asio::use_future);
  auto missing = asio::co_spawn(context, threads.get(77), asio::use_future);
  context.run();
  const Order order = inserted.get();
  EXPECT_EQ(missing.get(), std::nullopt);
  context.restart();
  auto found = asio::co_spawn(context, threads.get(order.id), asio::use_future);
  context.run();
  EXPECT_EQ(found.get(), order) << "readers see what the writer wrote";
}

TEST_F(SqliteFile, WhoFindsAllTransactionsTakenWaitsButNotForEver) {
  store::StoreThreads threads([&] { return std::make_unique<SqliteStore>(path); },
                              {.transactions = 1, .patience = std::chrono::milliseconds(20)});
  asio::io_context context;
  const auto begin = [&] {
    return asio::co_spawn(context, threads.begin(store::Isolation::serializable), asio::use_future);
  };
  auto first = begin();
  auto late = begin();
  context.run();
  auto running = first.get();
  EXPECT_THROW(late.get(), StoreError);
  context.restart();
  auto next = begin();
  context.poll();
  running.reset();
  context.run();
  EXPECT_NE(next.get(), nullptr) << "in the line when the first one ended";
}

asio::awaitable<std::thread::id> insert_and_tell_thread(store::StoreThreads& threads) {
  store::Actor actor;
  co_await threads.insert(draft, std::move(actor), now);
  co_return std::this_thread::get_id();
}

TEST_F(SqliteFile, ChangesOfTwoExecutorsMadeTogetherAreAnsweredEachOnItsOwn) {
  store::StoreThreads threads([&] { return std::make_unique<SqliteStore>(path); });
  std::array<asio::io_context, 2> contexts;
  std::array<std::vector<std::future<std::thread::id>>, 2> answered;
  for (int i = 0; i < 20; ++i)
    for (std::size_t at = 0; at < contexts.size(); ++at)
      answered.at(at).push_back(
          asio::co_spawn(contexts.at(at), insert_and_tell_thread(threads), asio::use_future));
  for (std::size_t at = 0; at < contexts.size(); ++at) {
    std::thread thread([&] { contexts.at(at).run(); });
    const auto expected = thread.get_id();
    thread.join();
    for (auto& each : answered.at(at)) EXPECT_EQ(each.get(), expected);
  }
}

// A change that fails in the middle, whatever it did until then, is undone alone.
TEST_F(SqliteFile, OfChangesMadeTogetherOnlyTheOneThatFailsIsUndone) {
  SqliteStore store(path);
  std::vector<std::string> told;
  const auto change = [&](std::int64_t price) {
    return [&, price] {
      try {
        store.insert({"a", "b", "c", 1, price, "d", "pending"}, {}, now);
        told.emplace_back("inserted");
      } catch (const StoreError&) {
        told.emplace_back("refused");  // by the table's own check
      }
    };
  };
  const std::vector<std::function<void()>> changes = {change(1), change(-1), change(2)};
  store.together(changes);
  EXPECT_EQ(told, (std::vector<std::string>{"inserted", "refused", "inserted"}));
  const auto there = SqliteStore(path).list(0, 100);
  ASSERT_EQ(there.size(), 2u);
  EXPECT_EQ(there.at(0).total_price, 1);
  EXPECT_EQ(there.at(1).total_price, 2);
}

TEST_F(SqliteFile, ChangesMadeTogetherAreSeenByOthersAfterTheCommit) {
  SqliteStore store(path);
  SqliteStore other(path);
  const std::vector<std::function<void()>> changes = {
      [&] { store.insert(draft, {}, now); },
      [&] { EXPECT_TRUE(other.list(0, 100).empty()) << "not committed yet"; },
      [&] { EXPECT_EQ(store.list(0, 100).size(), 1u); }};
  store.together(changes);
  EXPECT_EQ(other.list(0, 100).size(), 1u);
}

TEST_F(SqliteFile, ChangesThatCannotBeginTogetherAreNotMade) {
  SqliteStore store(path, std::chrono::milliseconds(1));
  store::sqlite::Connection other(path, std::chrono::seconds(1));
  const store::sqlite::WriteTransaction lock(other);
  bool made = false;
  const std::vector<std::function<void()>> changes = {[&] { made = true; }};
  EXPECT_THROW(store.together(changes), StoreError);
  EXPECT_FALSE(made);
}

/// A store whose commits fail when more than one change shares them, as if one of them were too
/// large for what is left of the disk.
class Crowded final : public store::MemoryStore {
 public:
  Crowded(StoreError::Outcome outcome, std::vector<std::size_t>& batches)
      : Crowded(outcome, batches, std::make_shared<store::Memory>()) {}
  void together(std::span<const std::function<void()>> changes) override {
    batches_.push_back(changes.size());
    const store::Memory::Contents before = memory_->contents;
    for (const auto& change : changes) change();
    if (changes.size() == 1) return;
    memory_->contents = before;
    throw StoreError(outcome_, "full");
  }

 private:
  Crowded(StoreError::Outcome outcome, std::vector<std::size_t>& batches,
          std::shared_ptr<store::Memory> memory)
      : store::MemoryStore(memory),
        memory_(std::move(memory)),
        outcome_(outcome),
        batches_(batches) {}

  std::shared_ptr<store::Memory> memory_;
  StoreError::Outcome outcome_;
  std::vector<std::size_t>& batches_;
};

/// Queues ten inserts behind one that does not end before they are there; how many were told that
/// they took place.
int insert_together(StoreError::Outcome outcome, std::vector<std::size_t>& batches) {
  asio::io_context context;
  std::vector<std::future<Order>> inserted;
  {
    store::StoreThreads threads([&] { return std::make_unique<Crowded>(outcome, batches); });
    for (int i = 0; i < 10; ++i)
      inserted.push_back(asio::co_spawn(context, threads.insert(draft, {}, now), asio::use_future));
    context.run();
  }
  int done = 0;
  for (auto& each : inserted) {
    try {
      (void)each.get();
      ++done;
    } catch (const StoreError&) {
      continue;
    }
  }
  return done;
}

TEST(Writer, ChangesThatFailedTogetherAreMadeOneByOne) {
  std::vector<std::size_t> batches;
  EXPECT_EQ(insert_together(StoreError::Outcome::not_committed, batches), 10);
}

TEST(Writer, WhatMayHaveTakenPlaceIsNotMadeAgain) {
  std::vector<std::size_t> batches;
  const int done = insert_together(StoreError::Outcome::unknown, batches);
  // Those that came alone were made; nobody was made twice.
  std::size_t calls = 0;
  for (const std::size_t size : batches) calls += size;
  EXPECT_EQ(calls, 10u);
  EXPECT_EQ(done, static_cast<int>(std::count(batches.begin(), batches.end(), 1u)));
}

}  // namespace
