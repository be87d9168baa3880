#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "http/codec.h"
#include "net/test_peer.h"

/// A server for tests, that notes when what arrived and does as it is told.
namespace client {

class TestServer {
 public:
  struct Seen {
    http::Request request;
    base::Nanoseconds head_at{0};  // its head was complete
    base::Nanoseconds body_at{0};  // all of it was
    int connection = 0;            // from 1
  };
  /// Answers a request; false closes the connection. The peer is the handler's to misuse.
  using Handler = std::function<bool(const Seen&, net::TestPeer&)>;

  enum class Workers {
    many,  // a thread for each connection
    one,   // one connection at a time, one request on each
  };

  explicit TestServer(Handler handler, Workers workers = Workers::many)
      : handler_(std::move(handler)), workers_(workers), accepting_([this] { accept(); }) {}
  ~TestServer() {
    listener_.wake();
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
      for (const net::TestPeer* peer : peers_) peer->wake();
    }
    accepting_.join();
    for (std::thread& thread : serving_) thread.join();
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  [[nodiscard]] std::string url() const { return listener_.url(); }
  [[nodiscard]] std::vector<Seen> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  [[nodiscard]] std::vector<Seen> seen(std::string_view method) const {
    std::vector<Seen> all = seen();
    std::erase_if(all, [&](const Seen& one) { return one.request.method != method; });
    return all;
  }
  /// How many heads have been complete so far, whether their bodies were or not.
  [[nodiscard]] int heads() const { return heads_; }
  [[nodiscard]] int connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
  }

 private:
  void accept() {
    for (;;) {
      net::TestPeer peer = listener_.accept();
      if (!peer.valid()) return;
      const std::lock_guard lock(mutex_);
      const int number = ++connections_;
      if (workers_ == Workers::many)
        serving_.emplace_back(
            [this, number, held = std::move(peer)]() mutable { serve(held, number); });
      else
        waiting_.emplace_back(std::move(peer), number);
      if (workers_ == Workers::one && serving_.empty())
        serving_.emplace_back([this] { serve_in_turn(); });
    }
  }

  void serve_in_turn() {
    for (;;) {
      std::unique_lock lock(mutex_);
      if (closing_) return;
      if (waiting_.empty()) {
        lock.unlock();
        std::this_thread::yield();
        continue;
      }
      auto [peer, number] = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      serve(peer, number);
    }
  }

  void serve(net::TestPeer& peer, int number) {
    {
      const std::lock_guard lock(mutex_);
      peers_.push_back(&peer);
      if (closing_) peer.wake();
    }
    while (serve_one(peer, number) && workers_ == Workers::many) continue;
    const std::lock_guard lock(mutex_);
    peers_.remove(&peer);
    peer.close();
  }

  bool serve_one(net::TestPeer& peer, int number) {
    const base::SystemClock clock;
    http::RequestReader reader;
    Seen one{.connection = number};
    std::string bytes;
    while (!reader.complete()) {
      const std::string more = peer.read();
      if (more.empty()) return false;
      bytes += more;
      if (one.head_at == base::Nanoseconds(0) && bytes.find("\r\n\r\n") != std::string::npos) {
        one.head_at = clock.now();
        ++heads_;
      }
      if (!reader.read(more)) return false;
    }
    one.body_at = clock.now();
    one.request = reader.take();
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(one);
    }
    return handler_(one, peer);
  }

  net::TestListener listener_;
  Handler handler_;
  Workers workers_;
  std::atomic<int> heads_ = 0;
  mutable std::mutex mutex_;  // guards everything below but accepting_
  bool closing_ = false;
  int connections_ = 0;
  std::vector<Seen> seen_;
  std::list<const net::TestPeer*> peers_;
  std::list<std::pair<net::TestPeer, int>> waiting_;
  std::vector<std::thread> serving_;
  std::thread accepting_;  // last: it uses all of the above
};

inline bool reply(net::TestPeer& peer, int status, std::string body = "", bool keep_alive = true) {
  return peer.send(http::encode(http::Response{.status = status,
                                               .fields = {{"Content-Type", "application/json"}},
                                               .body = std::move(body),
                                               .keep_alive = keep_alive}));
}

}  // namespace client
