#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "events/hub.h"
#include "events/listen.h"
#include "store/memory_store.h"
#include "store/store_threads.h"

namespace {

using namespace std::chrono_literals;
using store::Position;

/// A stream that keeps what is written, and whose client reads on, or not.
class FakeStream final : public net::Stream {
 public:
  explicit FakeStream(asio::io_context& context) : context_(context), timer_(context) {}

  asio::awaitable<bool> write(std::string piece) override {
    const std::lock_guard lock(mutex_);
    written_ += piece;
    largest_ = std::max(largest_, piece.size());
    changed_.notify_all();
    co_return !gone_;
  }
  asio::awaitable<bool> pause(std::chrono::milliseconds at_most) override {
    if (!woken_ && !gone_) {
      timer_.expires_after(at_most);
      boost::system::error_code error;
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
    woken_ = false;
    co_return !gone_;
  }
  std::function<void()> waker() override {
    return [this] {
      asio::post(context_, [this] {
        woken_ = true;
        timer_.cancel();
      });
    };
  }

  /// The client hangs up. On any thread.
  void leave() {
    asio::post(context_, [this] {
      gone_ = true;
      timer_.cancel();
    });
  }
  /// Waits until so many events were written, and gives everything.
  std::string wait_for(std::size_t events) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count(written_, "data: ") >= events; });
    return written_;
  }
  std::string wait_for(const std::string& text) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return written_.find(text) != written_.npos; });
    return written_;
  }
  static std::size_t count(const std::string& text, const std::string& what) {
    std::size_t times = 0;
    for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++times;
    return times;
  }
  [[nodiscard]] std::size_t largest() {
    const std::lock_guard lock(mutex_);
    return largest_;
  }

 private:
  asio::io_context& context_;
  asio::steady_timer timer_;
  bool woken_ = false;
  bool gone_ = false;
  std::mutex mutex_;  // for all below
  std::condition_variable changed_;
  std::string written_;
  std::size_t largest_ = 0;
};

/// A store in memory, and threads for it and for listeners.
class Live : public testing::Test {
 protected:
  Live() {
    store_ = std::make_unique<store::StoreThreads>(
        [memory = memory_] { return std::make_unique<store::MemoryStore>(memory); });
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Live() override {
    work_.reset();
    thread_.join();
  }

  std::unique_ptr<events::Hub> hub(events::HubOptions options) {
    return std::make_unique<events::Hub>(
        *store_,
        [](const store::Event& event) {
          return "id: " + store::text_of(event.position) +
                 "\ndata: " + std::to_string(event.order) + "\n\n";
        },
        [this](std::string_view text) { reports_ += text; }, options);
  }
  /// Wakers may come late, so streams live as long as the threads.
  FakeStream& stream() {
    streams_.push_back(std::make_unique<FakeStream>(context_));
    return *streams_.back();
  }
  template <class T>
  T run(asio::awaitable<T> work) {
    return asio::co_spawn(context_, std::move(work), asio::use_future).get();
  }
  store::Order insert(const std::string& customer = "ann") {
    return run(store_->insert({.customer_name = customer, .restaurant_name = "r", .menu = "m"}, {},
                              store::Timestamp(1)));
  }
  Position now() { return run(store_->last_event()); }
  std::future<void> listen(events::Hub& hub, net::Stream& stream, Position from,
                           events::Audience audience = {}, events::ListenOptions options = {}) {
    return asio::co_spawn(
        context_, events::listen(hub, *store_, clock_, from, std::move(audience), options, stream),
        asio::use_future);
  }

  std::shared_ptr<store::Memory> memory_ = std::make_shared<store::Memory>();
  base::SystemClock clock_;
  std::unique_ptr<store::StoreThreads> store_;
  asio::io_context context_;
  std::vector<std::unique_ptr<FakeStream>> streams_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_{
      asio::make_work_guard(context_)};
  std::thread thread_;
  std::string reports_;
};

/// Never looks but when something is announced.
constexpr events::HubOptions announced_only{.interval = 1h, .shortest = 0ns};

TEST_F(Live, AListenerIsToldOfWhatIsAnnounced) {
  const auto hub = this->hub(announced_only);
  insert();
  FakeStream& stream = this->stream();
  auto done = listen(*hub, stream, now());
  stream.wait_for("retry: 1000\nid: 0-1\n\n");
  insert();
  hub->announce();
  EXPECT_EQ(stream.wait_for(1), "retry: 1000\nid: 0-1\n\nid: 0-2\ndata: 2\n\n");
  stream.leave();
  done.get();
  EXPECT_EQ(hub->listeners(), 0u);
}

TEST_F(Live, WhatOthersWroteIsFoundAfterTheInterval) {
  const auto hub = this->hub({.interval = 1ms});
  FakeStream& stream = this->stream();
  auto done = listen(*hub, stream, now());
  insert();
  insert();
  stream.wait_for(2);
  stream.leave();
  done.get();
}

TEST_F(Live, WhoComesBackIsToldWhatCameMeanwhile) {
  const auto hub = this->hub(announced_only);
  for (int i = 0; i < 250; ++i) insert();
  FakeStream& stream = this->stream();
  auto done = listen(*hub, stream, Position{0, 7}, {}, {.piece = 10});
  const std::string all = stream.wait_for(243);
  std::string expected = "retry: 1000\nid: 0-7\n\n";
  for (int i = 8; i <= 250; ++i)
    expected += "id: 0-" + std::to_string(i) + "\ndata: " + std::to_string(i) + "\n\n";
  EXPECT_EQ(all, expected);
  EXPECT_LT(stream.largest(), 10u * 40) << "in pieces";
  stream.leave();
  done.get();
}

TEST_F(Live, NothingIsLostOrRepeatedWhereTheDatabaseAndWhatIsKeptMeet) {
  // So few are kept that listeners fall behind again and again, and have to ask the database.
  const auto hub = this->hub({.interval = 1ms, .shortest = 0ns, .batch = 3, .kept_events = 2});
  std::vector<FakeStream*> streams;
  std::vector<std::future<void>> done;
  std::string expected = "retry: 1000\nid: 0-0\n\n";
  for (int i = 1; i <= 300; ++i) {
    if (i % 60 == 1) {
      streams.push_back(&stream());
      done.push_back(listen(*hub, *streams.back(), Position{}, {}, {.piece = 7}));
    }
    insert();
    if (i % 5 == 0) hub->announce();
    expected += "id: 0-" + std::to_string(i) + "\ndata: " + std::to_string(i) + "\n\n";
  }
  for (FakeStream* const each : streams) {
    EXPECT_EQ(each->wait_for(300), expected);
    each->leave();
  }
  for (auto& each : done) each.get();
}

TEST_F(Live, ManyListenersCostOneLook) {
  const auto hub = this->hub(announced_only);
  std::vector<FakeStream*> streams;
  std::vector<std::future<void>> done;
  const Position from = now();
  for (int i = 0; i < 100; ++i) {
    streams.push_back(&stream());
    done.push_back(listen(*hub, *streams.back(), from));
  }
  for (FakeStream* const each : streams) each->wait_for("retry");
  const std::uint64_t before = hub->looks();
  for (int i = 1; i <= 10; ++i) {
    insert();
    hub->announce();
    for (FakeStream* const each : streams) each->wait_for(static_cast<std::size_t>(i));
  }
  EXPECT_LE(hub->looks() - before, 21u) << "one each, and one that was begun before it was told";
  for (FakeStream* const each : streams) each->leave();
  for (auto& each : done) each.get();
}

TEST_F(Live, NobodyLooksForNobody) {
  const auto hub = this->hub({.interval = 1ms, .shortest = 0ns});
  for (int i = 0; i < 20; ++i) {
    insert();
    hub->announce();
  }
  EXPECT_EQ(hub->looks(), 0u);
}

TEST_F(Live, ACustomerIsToldOfTheirOwnOrdersOnlyAndGoesOnBehindTheOthers) {
  const auto hub = this->hub(announced_only);
  FakeStream& stream = this->stream();
  auto done = listen(*hub, stream, now(), {.customer_name = "ann"}, {.heartbeat = 1ms});
  insert("ben");
  insert("ann");
  insert("ben");
  hub->announce();
  const std::string all = stream.wait_for("id: 0-3\n");
  EXPECT_EQ(FakeStream::count(all, "data: "), 1u) << all;
  EXPECT_NE(all.find("id: 0-2\ndata: 2\n\n"), all.npos) << all;
  EXPECT_NE(all.find(": heartbeat\nid: 0-3\n\n"), all.npos) << all;
  stream.leave();
  done.get();
}

TEST_F(Live, AStreamThatHasNothingToTellHasAHeartbeat) {
  const auto hub = this->hub(announced_only);
  FakeStream& stream = this->stream();
  auto done = listen(*hub, stream, now(), {}, {.heartbeat = 1ms});
  stream.wait_for(": heartbeat\n\n: heartbeat\n\n");
  stream.leave();
  done.get();
}

TEST_F(Live, AStreamEndsAtItsTime) {
  const auto hub = this->hub(announced_only);
  FakeStream& stream = this->stream();
  const base::Nanoseconds end = clock_.wall() + 20ms;
  listen(*hub, stream, now(), {.until = end}).get();
  EXPECT_GE(clock_.wall(), end);
  EXPECT_EQ(hub->listeners(), 0u);
}

TEST_F(Live, TheHubMayEndBeforeItsListeners) {
  auto hub = this->hub(announced_only);
  auto listener = std::make_unique<events::Listener>(*hub, [] {});
  hub.reset();
  listener.reset();
}

}  // namespace
