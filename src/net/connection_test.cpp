#include "net/connection.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "net/test_peer.h"

namespace {

using namespace std::chrono_literals;
using net::Connection;
using net::Failure;
using net::TestListener;
using net::TestPeer;

const base::SystemClock clock_of_machine;

net::Wait within(base::Nanoseconds time) {
  return {.clock = clock_of_machine, .deadline = clock_of_machine.now() + time};
}

net::Route route_to(const TestListener& listener) {
  return {.addresses = *net::resolve(*net::parse_endpoint(listener.url()))};
}

/// Connects, asks once, and lets the server do with the connection what it likes.
base::Result<http::Response, Failure> ask(const std::function<void(TestPeer&)>& server,
                                          base::Nanoseconds time = 10s) {
  const TestListener listener;
  std::thread serving([&] {
    TestPeer peer = listener.accept();
    server(peer);
  });
  Connection connection(route_to(listener));
  base::Result<http::Response, Failure> answer = base::failure(Failure{});
  if (connection.await_established(within(10s)) &&
      connection.send_all("GET / HTTP/1.1\r\n\r\n", within(10s)))
    answer = connection.receive(http::ResponseReader(), within(time));
  // The server may wait for the client to leave.
  connection = Connection(route_to(listener));
  serving.join();
  return answer;
}

std::string take_request(TestPeer& peer) { return peer.read_until("\r\n\r\n"); }

TEST(Endpoint, ReadsHostsAndPorts) {
  struct Case {
    std::string url, host, port;
    bool secure = false;
  };
  const Case cases[] = {
      {"http://127.0.0.1:8000", "127.0.0.1", "8000"},
      {"http://localhost", "localhost", "80"},
      {"http://[::1]:81", "::1", "81"},
      {"http://[::1]", "::1", "80"},
      {"http://a.example:8/path", "a.example", "8"},
      {"https://a.example", "a.example", "443", true},
      {"https://[::1]:8443", "::1", "8443", true},
  };
  for (const Case& c : cases) {
    const auto endpoint = net::parse_endpoint(c.url);
    ASSERT_TRUE(endpoint) << endpoint.error();
    EXPECT_EQ(endpoint->host, c.host) << c.url;
    EXPECT_EQ(endpoint->port, c.port) << c.url;
    EXPECT_EQ(endpoint->secure, c.secure) << c.url;
  }
}

TEST(Endpoint, SaysWhatIsWrong) {
  for (const char* url : {"https://", "ftp://a", "http://", "http://:80", "http://a:", "http://a:0",
                          "http://a:65536", "http://a:8x", "http://me@a"})
    EXPECT_FALSE(net::parse_endpoint(url)) << url;
  EXPECT_EQ(net::parse_endpoint("ftp://a:1").error(),
            "ftp://a:1: not an address of HTTP, expected http://host:port or https://host:port");
}

TEST(Resolve, KnowsLiteralsAndLocalhost) {
  EXPECT_EQ(net::resolve({"127.0.0.1", "80"})->front().storage.ss_family, AF_INET);
  EXPECT_EQ(net::resolve({"::1", "80"})->front().storage.ss_family, AF_INET6);
  EXPECT_FALSE(net::resolve({"localhost", "80"})->empty());
}

TEST(Connection, ReadsAnAnswer) {
  const auto answer = ask([](TestPeer& peer) {
    EXPECT_EQ(take_request(peer), "GET / HTTP/1.1\r\n\r\n");
    peer.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok");
  });
  ASSERT_TRUE(answer) << to_text(answer.error());
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, "ok");
}

TEST(Connection, ReadsChunksUpToTheirTrailers) {
  const auto answer = ask([](TestPeer& peer) {
    (void)take_request(peer);
    peer.send(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
        "1;a=b\r\no\r\n1\r\nk\r\n0\r\nX-Sum: 2\r\n\r\n");
  });
  ASSERT_TRUE(answer) << to_text(answer.error());
  EXPECT_EQ(answer->body, "ok");
  EXPECT_TRUE(answer->keep_alive);
}

TEST(Connection, TakesACompressedBodyAsItIs) {
  const std::string gzip("\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\xcf\x06\0\x47\xdd\xdc\x79\x02\0\0\0",
                         22);
  const auto answer = ask([&](TestPeer& peer) {
    (void)take_request(peer);
    peer.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 22\r\n\r\n" + gzip);
  });
  ASSERT_TRUE(answer) << to_text(answer.error());
  EXPECT_EQ(answer->body, gzip);
}

TEST(Connection, ReadsAnAnswerLargerThanItsBuffer) {
  const std::string body(1 << 20, 'x');
  const auto answer = ask([&](TestPeer& peer) {
    (void)take_request(peer);
    peer.send("HTTP/1.0 200 OK\r\n\r\n" + body);
  });
  ASSERT_TRUE(answer) << to_text(answer.error());
  EXPECT_EQ(answer->body, body);
  EXPECT_FALSE(answer->keep_alive);
}

TEST(Connection, NamesEachWayToFail) {
  struct Case {
    std::string words;
    std::function<void(TestPeer&)> server;
  };
  const Case cases[] = {
      {"closed by the server before an answer", [](TestPeer& peer) { (void)take_request(peer); }},
      {"closed by the server after 1 byte of an answer",
       [](TestPeer& peer) {
         (void)take_request(peer);
         peer.send("H");
       }},
      {"closed by the server after 40 bytes of an answer",
       [](TestPeer& peer) {
         (void)take_request(peer);
         peer.send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nab");
       }},
      {"reset by the server before an answer",
       [](TestPeer& peer) {
         (void)take_request(peer);
         peer.reset();
       }},
      {"the header is too large",
       [](TestPeer& peer) {
         (void)take_request(peer);
         peer.send("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x'));
         (void)peer.read();
       }},
      {"the body is too large",
       [](TestPeer& peer) {
         (void)take_request(peer);
         peer.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n");
       }},
      {"the body is too large",
       [](TestPeer& peer) {
         (void)take_request(peer);
         peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
         const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
         for (int sent = 0; sent < 1600 && peer.send(chunk); ++sent) continue;  // 100 MiB
       }},
      {"the header is too large",
       [](TestPeer& peer) {
         (void)take_request(peer);
         peer.send("HTTP/1.1 200 OK\r\n");
         const std::string field = "X: " + std::string(1000, 'x') + "\r\n";
         for (int sent = 0; sent < 1000 && peer.send(field); ++sent) continue;
         (void)peer.read();
       }},
  };
  for (const Case& c : cases) {
    const auto answer = ask(c.server);
    ASSERT_FALSE(answer) << c.words;
    EXPECT_EQ(to_text(answer.error()), c.words);
  }
  const auto garbage = ask([](TestPeer& peer) { peer.send("SSH-2.0-OpenSSH_9.2\r\n\r\n"); });
  ASSERT_FALSE(garbage);
  EXPECT_EQ(garbage.error().kind, Failure::Kind::malformed);
}

TEST(Connection, TimesOutOnSilence) {
  const auto answer = ask(
      [](TestPeer& peer) {
        while (!peer.read().empty()) continue;
      },
      30ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Failure::Kind::timed_out);
  EXPECT_GE(answer.error().after, 30ms);
}

TEST(Connection, TimesOutOnATrickleThatNeverEnds) {
  const auto answer = ask(
      [](TestPeer& peer) {
        (void)take_request(peer);
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (peer.send("1\r\nx\r\n")) std::this_thread::yield();
      },
      50ms);
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().kind == Failure::Kind::timed_out ||
              answer.error().kind == Failure::Kind::too_large)
      << to_text(answer.error());
}

TEST(Connection, StopEndsAWait) {
  const TestListener listener;
  std::atomic<bool> stop = false;
  Connection connection(route_to(listener));
  net::Wait wait = within(1h);
  wait.stop = &stop;
  std::thread stopping([&] { stop = true; });
  const auto answer = connection.receive(http::ResponseReader(), wait);
  stopping.join();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, Failure::Kind::interrupted);
  EXPECT_FALSE(net::pause(wait));
}

TEST(Connection, SaysThatNobodyListens) {
  net::Route route;
  {
    const TestListener gone;
    route = route_to(gone);
  }
  Connection connection(route);
  const auto connected = connection.await_established(within(10s));
  ASSERT_FALSE(connected);
  EXPECT_EQ(to_text(connected.error()), "connection refused");
}

TEST(Connection, TriesTheNextAddress) {
  const TestListener listener;
  net::Route route;
  {
    const TestListener gone;
    route = route_to(gone);
  }
  route.addresses.push_back(route_to(listener).addresses.front());
  Connection connection(route);
  EXPECT_TRUE(connection.await_established(within(10s)));
}

TEST(Connection, NoticesWhileIdleThatThePeerClosed) {
  const TestListener listener;
  Connection connection(route_to(listener));
  ASSERT_TRUE(connection.await_established(within(10s)));
  TestPeer peer = listener.accept();
  EXPECT_TRUE(connection.fresh());
  peer.close();
  while (connection.fresh()) std::this_thread::yield();  // the FIN is on its way
}

TEST(Connection, IsUnfitOnceBytesFollowAnAnswer) {
  const TestListener listener;
  Connection connection(route_to(listener));
  ASSERT_TRUE(connection.await_established(within(10s)));
  listener.accept().send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 500 What\r\n");
  ASSERT_TRUE(connection.receive(http::ResponseReader(), within(10s)));
  while (connection.fresh()) std::this_thread::yield();  // they may come later
}

TEST(Connection, ReadsTheAnswerThatAServerGaveBeforeItStoppedReading) {
  const auto answer = ask([](TestPeer& peer) {
    peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    (void)take_request(peer);
  });
  ASSERT_TRUE(answer) << to_text(answer.error());
  EXPECT_EQ(answer->status, 413);
}

net::Route through_proxy(const TestListener& proxy) {
  net::Route route = route_to(proxy);
  route.tunnel = "shop.test:443";
  return route;
}

TEST(Tunnel, IsAskedForBeforeAnythingElse) {
  const TestListener listener;
  std::thread proxying([&] {
    TestPeer peer = listener.accept();
    EXPECT_EQ(take_request(peer), "CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\n\r\n");
    peer.send("HTTP/1.1 200 Connection established\r\nContent-Length: 7\r\n\r\n");
    EXPECT_EQ(take_request(peer), "GET / HTTP/1.1\r\n\r\n");
    peer.send("HTTP/1.1 204 No Content\r\n\r\n");
  });
  Connection connection(through_proxy(listener));
  ASSERT_TRUE(connection.await_established(within(10s)));
  EXPECT_TRUE(connection.fresh());
  ASSERT_TRUE(connection.send_all("GET / HTTP/1.1\r\n\r\n", within(10s)));
  const auto answer = connection.receive(http::ResponseReader(), within(10s));
  proxying.join();
  ASSERT_TRUE(answer) << to_text(answer.error());
  EXPECT_EQ(answer->status, 204);
}

TEST(Tunnel, IsAskedForByNameWhereTheProxyKnowsUs) {
  const TestListener listener;
  std::thread proxying([&] {
    TestPeer peer = listener.accept();
    EXPECT_EQ(take_request(peer),
              "CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\n"
              "Proxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n");
    peer.send("HTTP/1.1 200 Connection established\r\n\r\n");
  });
  net::Route route = through_proxy(listener);
  route.proxy_authorization = "Basic bWU6c2VjcmV0";
  Connection connection(route);
  EXPECT_TRUE(connection.await_established(within(10s)));
  proxying.join();
}

TEST(Tunnel, SaysWhyThereIsNone) {
  const std::pair<const char*, const char*> cases[] = {
      {"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
       "the proxy answered 407 Proxy Authentication Required to CONNECT shop.test:443"},
      {"", "the proxy closed before it let through"},
      {"SOCKS\r\n\r\n", "what came from the proxy is not HTTP: "},
  };
  for (const auto& [said, words] : cases) {
    const TestListener listener;
    std::thread proxying([&, text = said] {
      TestPeer peer = listener.accept();
      (void)take_request(peer);
      peer.send(text);
    });
    Connection connection(through_proxy(listener));
    const auto connected = connection.await_established(within(10s));
    proxying.join();
    ASSERT_FALSE(connected) << words;
    EXPECT_EQ(connected.error().kind, Failure::Kind::no_tunnel);
    EXPECT_TRUE(to_text(connected.error()).starts_with(words)) << to_text(connected.error());
  }
}

}  // namespace
