#include "net/server.h"

#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <ctime>
#include <future>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "base/clock.h"
#include "http/codec.h"

namespace {

using namespace std::chrono_literals;
using tcp = asio::ip::tcp;

/// A blocking client that sees bytes.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(context_) {
    socket_.connect({asio::ip::make_address("127.0.0.1"), port});
  }

  void send(std::string_view bytes) {
    boost::system::error_code ignored;  // the server may have closed already
    asio::write(socket_, asio::buffer(bytes), ignored);
  }

  /// The next response; status 0 if the server closed instead.
  http::Response receive(bool to_head = false) {
    http::ResponseReader reader(to_head);
    while (!reader.complete()) {
      if (unread_.empty() && !read_some()) return {.status = 0};
      const auto taken = reader.read(unread_);
      if (!taken) return {.status = 0};
      unread_.erase(0, *taken);
    }
    return reader.take();
  }

  /// Exactly that many bytes, as they come.
  std::string receive_bytes(std::size_t count) {
    while (unread_.size() < count && read_some()) continue;
    std::string bytes = unread_.substr(0, count);
    unread_.erase(0, bytes.size());
    return bytes;
  }

  /// All that comes until the server closes.
  std::string receive_all() {
    while (read_some()) continue;
    return std::exchange(unread_, {});
  }
  /// How the last read ended.
  [[nodiscard]] boost::system::error_code end() const { return end_; }

  bool closed_by_server() { return unread_.empty() && !read_some(); }

  void hang_up() { socket_.close(); }
  void say_no_more() { socket_.shutdown(tcp::socket::shutdown_send); }

 private:
  bool read_some() {
    std::array<char, 1000> buffer;
    boost::system::error_code error;
    const std::size_t size = socket_.read_some(asio::buffer(buffer), error);
    unread_.append(buffer.data(), size);
    end_ = error;
    return !error;
  }

  asio::io_context context_;
  tcp::socket socket_;
  std::string unread_;
  boost::system::error_code end_;
};

asio::awaitable<net::Answer> echo(http::Request request) {
  if (request.target == "/throw") throw std::runtime_error("thrown on purpose");
  co_return http::Response{.body = request.method + " " + request.target + " " + request.body};
}

/// A server of `handler`, stopped at the end of the test.
class Running {
 public:
  explicit Running(net::ServerLimits limits = {}, net::Handler handler = echo,
                   std::size_t threads = 1)
      : server({.threads = threads, .limits = limits}) {
    server.start(std::move(handler), [this](std::string_view text) {
      const std::lock_guard lock(mutex);
      reports += text;
    });
  }
  ~Running() {
    server.stop();
    server.wait();
  }

  net::Server server;
  std::mutex mutex;
  std::string reports;
};

TEST(Server, AnswersWithTheDate) {
  const auto now = [] {
    return std::chrono::floor<std::chrono::seconds>(base::SystemClock().wall()).count();
  };
  Running running;
  Client client(running.server.port());
  const std::int64_t before = now();
  client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
  const http::Response answer = client.receive();
  const std::string date(http::find(answer.fields, "Date").value_or(""));
  const std::int64_t after = now();
  std::tm parts{};
  const char* rest = strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  ASSERT_NE(rest, nullptr) << date;
  EXPECT_EQ(*rest, '\0') << date;
  EXPECT_EQ(date.size(), 29u) << date;  // "Sun, 06 Nov 1994 08:49:37 GMT"
  EXPECT_LE(before, timegm(&parts)) << date;
  EXPECT_LE(timegm(&parts), after) << date;
}

TEST(Server, KeepsAConnectionAndAnswersPipelinedRequestsInOrder) {
  Running running;
  Client client(running.server.port());
  client.send(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\n"
      "Content-Length: 2\r\n\r\nxyHEAD /3 HTTP/1.1\r\nHost: a\r\n\r\nGET /4");
  EXPECT_EQ(client.receive().body, "GET /1 ");
  EXPECT_EQ(client.receive().body, "POST /2 xy");
  const http::Response head = client.receive(/*to_head=*/true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(http::find(head.fields, "Content-Length"), "8");
  client.send(" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const http::Response last = client.receive();
  EXPECT_EQ(last.body, "GET /4 ");
  EXPECT_FALSE(last.keep_alive);
  EXPECT_TRUE(client.closed_by_server());
}

TEST(Server, TakesARequestInPiecesOfOneByte) {
  Running running;
  Client client(running.server.port());
  for (const char c :
       std::string_view("PUT /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"))
    client.send({&c, 1});
  EXPECT_EQ(client.receive().body, "PUT /slow abc");
}

TEST(Server, InvitesTheBodyOfWhoWaitsForContinue) {
  Running running;
  Client client(running.server.port());
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.receive_bytes(25), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ab");
  EXPECT_EQ(client.receive().body, "PUT / ab");
}

TEST(Server, AnOldClientIsToldThatTheConnectionStays) {
  Running running;
  Client client(running.server.port());
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(http::find(client.receive().fields, "Connection"), "keep-alive");
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_TRUE(client.closed_by_server());
}

TEST(Server, TurnsAwayWhatItCannotTake) {
  struct Case {
    std::string input;
    int status;
  };
  const Case cases[] = {
      {"SSH-2.0-OpenSSH_9.2\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nX: " + std::string(3000, 'x') + "\r\n\r\n", 431},
      {"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6000\r\n\r\n" + std::string(6000, 'x'), 413},
      {"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
      {"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\nab",
       400},
  };
  Running running({.header_bytes = 2000, .body_bytes = 5000, .linger = 100ms});
  for (const Case& c : cases) {
    Client client(running.server.port());
    client.send(c.input);
    EXPECT_EQ(client.receive().status, c.status) << c.input.substr(0, 60);
    EXPECT_TRUE(client.closed_by_server());
  }
}

TEST(Server, GivesUpOnASlowRequestAndOnASilentConnection) {
  Running running({.idle = 50ms, .receive = 50ms, .linger = 50ms});
  Client slow(running.server.port());
  slow.send("GET / HT");
  EXPECT_EQ(slow.receive().status, 408);
  Client silent(running.server.port());
  EXPECT_TRUE(silent.closed_by_server());
}

TEST(Server, RefusesMoreConnectionsThanItsLimit) {
  Running running({.connections = 1, .linger = 100ms});
  Client first(running.server.port());
  first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(first.receive().status, 200);
  Client second(running.server.port());
  EXPECT_EQ(second.receive().status, 503);
  EXPECT_TRUE(second.closed_by_server());
  first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(first.receive().status, 200);
}

TEST(Server, ClosesAfterTheLastRequestOfAConnection) {
  Running running({.requests_per_connection = 2});
  Client client(running.server.port());
  client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.receive().keep_alive);
  EXPECT_FALSE(client.receive().keep_alive);
  EXPECT_TRUE(client.closed_by_server());
}

TEST(Server, WhatAHandlerThrowsIsA500AndReported) {
  Running running;
  Client client(running.server.port());
  client.send("GET /throw HTTP/1.1\r\nHost: a\r\n\r\nGET /on HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive().status, 500);
  EXPECT_EQ(client.receive().body, "GET /on ");
  const std::lock_guard lock(running.mutex);
  EXPECT_NE(running.reports.find("thrown on purpose"), std::string::npos) << running.reports;
}

TEST(Server, AnAddressInUseIsAnError) {
  Running running;
  EXPECT_THROW(net::Server({.port = running.server.port()}), std::system_error);
}

/// A handler that waits until it is let go, and tells when it has begun and ended.
struct Held {
  std::promise<void> begun;
  std::promise<void> ended;
  std::atomic<bool> go{false};

  static asio::awaitable<net::Answer> hold(Held* held) {
    held->begun.set_value();
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    while (!held->go) {
      timer.expires_after(1ms);
      co_await timer.async_wait(asio::use_awaitable);
    }
    held->ended.set_value();
    co_return http::Response{.body = "at last"};
  }
  net::Handler handler() {
    return [this](const http::Request&) { return hold(this); };
  }
};

TEST(Server, StopLetsARequestInProgressFinishAndClosesTheRest) {
  Held held;
  Running running({}, held.handler());
  Client idle(running.server.port());
  Client busy(running.server.port());
  busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  held.begun.get_future().wait();
  running.server.stop();
  running.server.stop();
  EXPECT_TRUE(idle.closed_by_server());
  EXPECT_THROW(Client{running.server.port()}, boost::system::system_error);
  held.go = true;
  const http::Response response = busy.receive();
  EXPECT_EQ(response.body, "at last");
  EXPECT_FALSE(response.keep_alive);
  EXPECT_TRUE(running.server.wait());
}

TEST(Server, StopCutsOffWhatDoesNotEnd) {
  Held held;
  Running running({.drain = 50ms}, held.handler());
  Client client(running.server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  held.begun.get_future().wait();
  running.server.stop();
  EXPECT_FALSE(running.server.wait());
}

TEST(Server, AClientThatHangsUpDoesNotStopItsHandler) {
  Held held;
  Running running({}, held.handler());
  Client client(running.server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  held.begun.get_future().wait();
  client.hang_up();
  held.go = true;
  held.ended.get_future().wait();
}

TEST(Server, SeveralThreadsServeManyClients) {
  Running running({}, echo, /*threads=*/3);
  std::vector<std::thread> clients;
  std::atomic<int> answered{0};
  for (int i = 0; i < 6; ++i)
    clients.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        Client client(running.server.port());
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        if (client.receive().status == 200) ++answered;
      }
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 6 * 20);
}

/// A server whose answers are streams, and what became of them.
struct Streams {
  static constexpr std::size_t piece_bytes = 64 * 1024;

  static asio::awaitable<net::Answer> serve(Streams* streams, http::Request request) {
    co_return streams->answer(request.target);
  }
  net::Answer answer(const std::string& kind) {
    if (kind == "/no") return http::Response{.body = "no stream"};
    return {http::Response{.fields = {{"Content-Type", "text/plain"}}},
            [this, kind](net::Stream& stream) {
              if (kind == "/news") return news(stream);
              if (kind == "/endless") return endless(stream);
              return count(stream, kind == "/throw");
            }};
  }
  net::Handler handler() {
    return [this](http::Request request) { return serve(this, std::move(request)); };
  }

  /// "1 2 ... 1000 ", or a part of it.
  static asio::awaitable<void> count(net::Stream& stream, bool throws) {
    for (int i = 1; i <= 1000; ++i) {
      const bool taken = co_await stream.write(std::to_string(i) + " ");
      if (!taken) co_return;
      if (throws && i == 500) throw std::runtime_error("lost the thread");
    }
  }
  static std::string counted() {
    std::string all;
    for (int i = 1; i <= 1000; ++i) all += std::to_string(i) + " ";
    return all;
  }

  /// Ends only if nobody reads.
  asio::awaitable<void> endless(net::Stream& stream) {
    for (bool taken = true; taken;) {
      taken = co_await stream.write(std::string(piece_bytes, 'x'));
      if (taken) written += piece_bytes;
    }
    ended.set_value();
  }

  /// Says "news" whenever it is woken, and "quiet" whenever it was not.
  asio::awaitable<void> news(net::Stream& stream) {
    wake = stream.waker();
    bool taken = co_await stream.write("begin ");
    begun.set_value();
    while (taken) {
      const bool on = co_await stream.pause(pause);
      if (!on) break;
      taken = co_await stream.write(woken.exchange(false) ? "news " : "quiet ");
    }
    ended.set_value();
  }

  std::chrono::milliseconds pause{60'000};
  std::atomic<std::size_t> written{0};
  std::atomic<bool> woken{false};
  std::function<void()> wake;  // once it has begun
  std::promise<void> begun;
  std::promise<void> ended;
};

TEST(Stream, IsAChunkedBodyOfAConnectionThatStays) {
  Streams streams;
  Running running({}, streams.handler());
  Client client(running.server.port());
  client.send("GET /count HTTP/1.1\r\nHost: a\r\n\r\nGET /no HTTP/1.1\r\nHost: a\r\n\r\n");
  const http::Response response = client.receive();
  EXPECT_EQ(http::find(response.fields, "Transfer-Encoding"), "chunked");
  EXPECT_EQ(response.body, Streams::counted());
  EXPECT_EQ(client.receive().body, "no stream");
}

TEST(Stream, LastsUntilTheCloseForAnOldClient) {
  Streams streams;
  Running running({}, streams.handler());
  Client client(running.server.port());
  client.send("GET /count HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string all = client.receive_all();
  EXPECT_EQ(all.find("Transfer-Encoding"), std::string::npos);
  EXPECT_EQ(all.find("keep-alive"), std::string::npos);
  EXPECT_EQ(all.substr(all.find("\r\n\r\n") + 4), Streams::counted());
}

TEST(Stream, IsNotProducedForHead) {
  Streams streams;
  Running running({}, streams.handler());
  Client client(running.server.port());
  client.send("HEAD /endless HTTP/1.1\r\nHost: a\r\n\r\nGET /no HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive(/*to_head=*/true).status, 200);
  EXPECT_EQ(client.receive().body, "no stream");
}

TEST(Stream, ThatBreaksOffLooksLikeIt) {
  Streams streams;
  Running running({}, streams.handler());
  for (const std::string version : {"1.0", "1.1"}) {
    Client client(running.server.port());
    client.send("GET /throw HTTP/" + version + "\r\nHost: a\r\n\r\n");
    const std::string all = client.receive_all();
    EXPECT_EQ(all.find(std::string(http::last_chunk)), std::string::npos);
    EXPECT_NE(client.end(), asio::error::eof) << "a reset, not an end in good order";
  }
  const std::lock_guard lock(running.mutex);
  EXPECT_NE(running.reports.find("lost the thread"), std::string::npos) << running.reports;
}

TEST(Stream, IsAsFastAsItsReaderAndEndsWithIt) {
  Streams streams;
  Running running({}, streams.handler());
  Client client(running.server.port());
  client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
  constexpr std::size_t read = 10'000'000;
  EXPECT_EQ(client.receive_bytes(read).size(), read);
  // The rest is in the buffers of the system, which are bounded.
  EXPECT_LT(streams.written, read + 64'000'000);
  client.hang_up();
  streams.ended.get_future().wait();
}

TEST(Stream, ThatNobodyReadsEnds) {
  Streams streams;
  Running running({.send = 200ms}, streams.handler());
  Client client(running.server.port());
  client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
  streams.ended.get_future().wait();
  client.receive_all();
  EXPECT_NE(client.end(), asio::error::eof);
}

TEST(Stream, IsWokenFromAnyThread) {
  Streams streams;
  Running running({}, streams.handler(), /*threads=*/2);
  Client client(running.server.port());
  client.send("GET /news HTTP/1.0\r\n\r\n");
  streams.begun.get_future().wait();
  std::string seen;
  while (!seen.ends_with("begin ")) seen += client.receive_bytes(1);
  for (int i = 0; i < 3; ++i) {
    streams.woken = true;
    streams.wake();
    EXPECT_EQ(client.receive_bytes(5), "news ");
  }
  client.hang_up();
  streams.ended.get_future().wait();
  streams.wake();
}

TEST(Stream, PausesNoLongerThanItIsTold) {
  Streams streams;
  streams.pause = 1ms;
  Running running({}, streams.handler());
  Client client(running.server.port());
  client.send("GET /news HTTP/1.1\r\nHost: a\r\n\r\n");
  std::string seen;
  while (!seen.ends_with("quiet ")) seen += client.receive_bytes(1);
}

TEST(Stream, ThatWaitsEndsWithItsClient) {
  for (const bool half : {false, true}) {
    Streams streams;
    Running running({}, streams.handler());
    Client client(running.server.port());
    client.send("GET /news HTTP/1.1\r\nHost: a\r\n\r\n");
    streams.begun.get_future().wait();
    half ? client.say_no_more() : client.hang_up();
    streams.ended.get_future().wait();
  }
}

TEST(Stream, WhatAClientSendsMeanwhileWaits) {
  Streams streams;
  Running running({}, streams.handler());
  Client client(running.server.port());
  client.send("GET /news HTTP/1.1\r\nHost: a\r\n\r\nGET /no HTTP/1.1\r\nHost: a\r\n\r\n");
  streams.begun.get_future().wait();
  client.send("GET /no HTTP/1.1\r\nHost: a\r\n\r\n");
  running.server.stop();
  EXPECT_EQ(client.receive().body, "begin ");
}

TEST(Stream, StopEndsWhatWaitsInGoodOrder) {
  Streams streams;
  Running running({}, streams.handler());
  Client client(running.server.port());
  client.send("GET /news HTTP/1.1\r\nHost: a\r\n\r\n");
  streams.begun.get_future().wait();
  running.server.stop();
  EXPECT_EQ(client.receive().body, "begin ");
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_TRUE(running.server.wait());
}

TEST(Stream, StopWaitsForWhatHasAnEnd) {
  Streams streams;
  Running running({}, streams.handler());
  Client client(running.server.port());
  client.send("GET /count HTTP/1.1\r\nHost: a\r\n\r\n");
  std::string head = client.receive_bytes(100);
  running.server.stop();
  const std::string rest = client.receive_all();
  EXPECT_TRUE(rest.ends_with("1000 \r\n" + std::string(http::last_chunk))) << rest.size();
  EXPECT_TRUE(running.server.wait());
}

TEST(Stream, StopCutsOffWhatHasNone) {
  Streams streams;
  Running running({.drain = 50ms}, streams.handler());
  Client client(running.server.port());
  client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
  client.receive_bytes(100);
  running.server.stop();
  EXPECT_FALSE(running.server.wait());
}

}  // namespace
