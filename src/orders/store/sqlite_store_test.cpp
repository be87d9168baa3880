#include "store/sqlite_store.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <thread>

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
  const Order order = SqliteStore(path).insert(draft, now);
  EXPECT_EQ(SqliteStore(path).get(order.id), order);
}

TEST_F(SqliteFile, ANewerSchemaIsRefused) {
  (void)SqliteStore(path);
  store::sqlite::Connection(path, std::chrono::seconds(1))
      .execute("INSERT INTO schema_version VALUES (1000)");
  EXPECT_THROW(SqliteStore{path}, StoreError);
}

TEST_F(SqliteFile, WhatIsNoDatabaseIsAnError) {
  EXPECT_THROW(SqliteStore{path + "/no/such/folder"}, StoreError);
}

TEST_F(SqliteFile, ABusyDatabaseCommitsNothingAndSaysSo) {
  SqliteStore store(path, std::chrono::milliseconds(20));
  const Order order = store.insert(draft, now);
  store::sqlite::Connection other(path, std::chrono::seconds(1));
  {
    store::sqlite::WriteTransaction lock(other);
    try {
      (void)store.update(order.id, {.menu = "x"}, now);
      FAIL() << "the lock is held by another";
    } catch (const StoreError& error) {
      EXPECT_EQ(error.outcome(), StoreError::Outcome::not_committed);
    }
    EXPECT_EQ(store.get(order.id), order) << "readers go on";
  }
  EXPECT_TRUE(store.update(order.id, {.menu = "x"}, now)) << "the store goes on";
}

TEST_F(SqliteFile, ManyMayCreateTheDatabaseAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> inserted{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      SqliteStore store(path);
      store.insert(draft, now);
      ++inserted;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(inserted, 8);
  EXPECT_EQ(SqliteStore(path).list().size(), 8u);
}

// Two connections of two threads are to SQLite what two processes are.
TEST_F(SqliteFile, OfConcurrentTransitionsExactlyOneWins) {
  SqliteStore judge(path);
  for (int round = 0; round < 10; ++round) {
    const auto id = judge.insert(draft, now).id;
    std::atomic<int> won{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&, i] {
        SqliteStore store(path);
        const std::array from = {OrderStatus::pending};
        const auto to = i % 2 == 0 ? OrderStatus::cancelled : OrderStatus::preparing;
        if (store.transition(id, from, to, {}, now)) ++won;
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(won, 1);
    EXPECT_EQ(judge.get(id)->version, 2);
  }
}

TEST_F(SqliteFile, StoreThreadsAnswerOnTheCoroutinesExecutor) {
  store::StoreThreads threads([&] { return std::make_unique<SqliteStore>(path); });
  asio::io_context context;
  auto inserted = asio::co_spawn(context, threads.insert(draft, now), asio::use_future);
  auto missing = asio::co_spawn(context, threads.get(77), asio::use_future);
  context.run();
  const Order order = inserted.get();
  EXPECT_EQ(missing.get(), std::nullopt);
  context.restart();
  auto found = asio::co_spawn(context, threads.get(order.id), asio::use_future);
  context.run();
  EXPECT_EQ(found.get(), order) << "readers see what the writer wrote";
}

}  // namespace
