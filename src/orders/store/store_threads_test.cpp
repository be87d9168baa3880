// Who waits for a store that cannot begin, or does not end.
#include "store/store_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <vector>

#include "store/memory_store.h"
#include "store/writer.h"

namespace {

using namespace std::chrono_literals;
using store::StoreError;
using store::StoreThreads;

/// Nobody gets the lock that this store needs, and who tries learns it when the gate opens.
struct Locked {
  std::promise<void> gate;
  std::shared_future<void> opened = gate.get_future().share();
  std::atomic<int> tries{0};
};

class LockedStore final : public store::MemoryStore {
 public:
  explicit LockedStore(Locked& locked) : locked_(locked) {}
  void together(std::span<const std::function<void()>> /*changes*/) override {
    ++locked_.tries;
    locked_.opened.wait();
    throw StoreError(StoreError::Outcome::not_committed, "locked");
  }
  using MemoryStore::perform;
  store::List::Given perform(const store::List& /*asked*/) override {
    ++locked_.tries;
    locked_.opened.wait();
    return {};
  }

 private:
  Locked& locked_;
};

template <class T>
std::string told(std::future<T>& future) {
  try {
    (void)future.get();
    return "done";
  } catch (const StoreError& error) {
    return error.what();
  }
}

//   the writer   |-- BEGIN --------------------- locked --|
//   change 1     |----------------------------------------| told
//   the others       |------------------------------------| told with it, or tried again
TEST(StoreThreads, ChangesThatHaveWaitedLongEnoughAreToldTogether) {
  constexpr int count = 3 * static_cast<int>(store::changes_per_commit);
  for (const auto& [patience, tries] : {std::pair{0ms, 1}, {3'600'000ms, 4}}) {
    Locked locked;
    StoreThreads threads([&locked] { return std::make_unique<LockedStore>(locked); },
                         {.readers = 1, .patience = patience});
    asio::io_context context;
    std::vector<std::future<store::Order>> changes;
    const auto change = [&] {
      changes.push_back(
          asio::co_spawn(context, threads.insert({}, {}, store::Timestamp(1)), asio::use_future));
      context.poll();
    };
    change();
    while (locked.tries == 0) std::this_thread::yield();
    for (int i = 0; i < count; ++i) change();
    locked.gate.set_value();
    context.restart();
    context.run();
    for (auto& each : changes) EXPECT_EQ(told(each), "locked");
    EXPECT_EQ(locked.tries, tries);
  }
}

TEST(StoreThreads, AReadWhoseTurnComesTooLateIsNotMade) {
  Locked locked;
  StoreThreads threads([&locked] { return std::make_unique<LockedStore>(locked); },
                       {.readers = 1, .patience = 0ms});
  asio::io_context context;
  auto first = asio::co_spawn(context, threads.list(0, 1), asio::use_future);
  context.poll();
  auto second = asio::co_spawn(context, threads.list(0, 1), asio::use_future);
  context.poll();
  std::this_thread::yield();
  locked.gate.set_value();
  context.restart();
  context.run();
  (void)told(first);  // it may have been late, too
  EXPECT_EQ(told(second), "those who came before took too long to read");
  EXPECT_LE(locked.tries, 1);
}

}  // namespace
