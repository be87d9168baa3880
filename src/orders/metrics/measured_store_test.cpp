#include "metrics/measured_store.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <memory>
#include <string>

#include "store/memory_store.h"
#include "store/store_threads.h"

namespace {

class Measured : public testing::Test {
 protected:
  template <class T>
  T run(asio::awaitable<T> work) {
    asio::io_context context;
    auto result = asio::co_spawn(context, std::move(work), asio::use_future);
    context.run();
    return result.get();
  }
  bool says(const std::string& line) {
    return metrics.text().find(line + "\n") != std::string::npos;
  }

  std::shared_ptr<store::Memory> memory = std::make_shared<store::Memory>();
  store::StoreThreads threads{
      [memory = memory] { return std::make_unique<store::MemoryStore>(memory); }};
  metrics::Metrics metrics;
  base::SystemClock clock;
  int commits = 0;
  metrics::MeasuredStore store{threads, metrics, clock, [this] { ++commits; }};
};

TEST_F(Measured, GivesWhatTheStoreGives) {
  const store::Order order = run(store.insert({.menu = "m"}, {}, store::Timestamp(1)));
  EXPECT_EQ(run(store.get(order.id)), order);
  EXPECT_EQ(run(store.list(0, 10)).size(), 1u);
  EXPECT_EQ(run(store.history(order.id)).size(), 1u);
  EXPECT_EQ(run(store.last_event()).id, 1);
  EXPECT_EQ(run(store.events({}, 10)).size(), 1u);
  run(store.ping());
  EXPECT_TRUE(says(R"(orders_database_wait_seconds_count{operation="get"} 1)"));
  EXPECT_TRUE(says(R"(orders_database_wait_seconds_count{operation="ping"} 1)"));
}

TEST_F(Measured, TellsOfWhatTookPlaceAndOfNothingElse) {
  const store::Order order = run(store.insert({.menu = "m"}, {}, store::Timestamp(1)));
  EXPECT_EQ(commits, 1);
  EXPECT_TRUE(run(store.update(order.id, {.menu = "n"}, {}, {}, store::Timestamp(2))));
  EXPECT_EQ(commits, 2);
  EXPECT_FALSE(run(store.update(99, {.menu = "n"}, {}, {}, store::Timestamp(2))));
  EXPECT_FALSE(run(store.remove(order.id, store::one_of({77}), {}, store::Timestamp(2))));
  run(store.get(order.id));
  EXPECT_EQ(commits, 2);
  run(store.save(order, {}));
  EXPECT_EQ(commits, 3);
}

TEST_F(Measured, CountsWhatFails) {
  EXPECT_THROW(run(store.begin(store::Isolation::serializable)), store::Unsupported);
  EXPECT_TRUE(says(R"(orders_database_failures_total{operation="begin"} 1)")) << metrics.text();
}

}  // namespace
