#include "client/exchange.h"

#include <gtest/gtest.h>

#include <functional>

#include "client/server_testing.h"

namespace {

using namespace std::chrono_literals;
using client::Exchange;
using client::Gate;
using client::Line;
using client::reply;
using client::TestServer;
using client::Way;

const base::SystemClock clock_of_machine;
constexpr std::string_view get_bytes = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view put_bytes = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
const http::Request get{.fields = {{"Host", "a"}}};
const http::Request put{.method = "PUT", .fields = {{"Host", "a"}}, .body = "body"};

/// Attends to the exchange until `done`, or for ten seconds.
void attend_until(Exchange& exchange, const std::function<bool()>& done) {
  std::vector<pollfd> polled;
  const base::Nanoseconds deadline = clock_of_machine.now() + 10s;
  while (!done() && clock_of_machine.now() < deadline)
    client::attend({&exchange}, polled,
                   {.clock = clock_of_machine, .deadline = clock_of_machine.now() + 1ms});
}

void attend_to_the_end(Exchange& exchange) {
  attend_until(exchange, [&] { return exchange.finished(); });
  ASSERT_TRUE(exchange.finished());
}

Way way_to(const std::string& url) {
  return {.route = {.addresses = *net::resolve(*net::parse_endpoint(url))}};
}

/// As an ensemble releases one alone.
void release(Exchange& exchange) {
  exchange.make_ready();
  exchange.seal();
  exchange.release();
}

struct Fixture {
  explicit Fixture(TestServer::Handler handler)
      : server(std::move(handler)), way(way_to(server.url())) {}
  TestServer server;
  Way way;
};

bool ok(const TestServer::Seen&, net::TestPeer& peer) { return reply(peer, 200, "{}"); }

TEST(Exchange, HoldsTheLastByteOfHeadOrBody) {
  struct Case {
    Gate gate;
    http::Request request;
    std::string_view all, rest;
    bool in_head = true;
  };
  const Case cases[] = {
      {Gate::headers, put, put_bytes, "\nbody"},
      {Gate::body, put, put_bytes, "y", false},
      {Gate::headers, get, get_bytes, "\n"},
      {Gate::body, get, get_bytes, "\n"},
  };
  for (const Case& c : cases) {
    const net::TestListener listener;
    const Way way = way_to(listener.url());
    Exchange exchange(clock_of_machine, way, nullptr,
                      {.request = c.request, .gate = c.gate, .timeout = 10s});
    attend_until(exchange, [&] { return exchange.held(); });
    const net::TestPeer peer = listener.accept();
    const std::string_view before = c.all.substr(0, c.all.size() - c.rest.size());
    EXPECT_EQ(peer.read_until(before), before);
    release(exchange);
    EXPECT_EQ(peer.read_until(c.rest), c.rest);
    EXPECT_EQ(exchange.held_in_head(), c.in_head);
  }
}

TEST(Exchange, WithoutAHoldGoesToItsAnswer) {
  Fixture fixture(ok);
  Exchange exchange(clock_of_machine, fixture.way, nullptr, {.request = put, .timeout = 10s});
  attend_to_the_end(exchange);
  EXPECT_EQ(exchange.take().status, 200);
  EXPECT_EQ(exchange.released(), exchange.sent());
  EXPECT_FALSE(exchange.held_in_head());
  const auto seen = fixture.server.seen();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_LE(exchange.sent(), seen[0].head_at);
  EXPECT_GE(exchange.answered(), seen[0].body_at);
  EXPECT_TRUE(exchange.take_line());
}

TEST(Exchange, WaitsAtTheGateUntilItIsReleased) {
  for (const Gate gate : {Gate::headers, Gate::body}) {
    Fixture fixture(ok);
    Exchange exchange(clock_of_machine, fixture.way, nullptr,
                      {.request = put, .gate = gate, .timeout = 10s});
    attend_until(exchange, [&] { return exchange.held(); });
    ASSERT_TRUE(exchange.held());
    EXPECT_EQ(exchange.deadline(), base::Nanoseconds::max());
    if (gate == Gate::body) attend_until(exchange, [&] { return fixture.server.heads() == 1; });
    const base::Nanoseconds before = clock_of_machine.now();
    EXPECT_TRUE(fixture.server.seen().empty());
    release(exchange);
    attend_to_the_end(exchange);
    EXPECT_EQ(exchange.take().status, 200);
    EXPECT_LE(exchange.sent(), before);
    EXPECT_GE(exchange.released(), before);
    EXPECT_GE(exchange.answered(), exchange.released());
    EXPECT_EQ(exchange.held_in_head(), gate == Gate::headers);
    const auto seen = fixture.server.seen();
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].request.body, "body");
    EXPECT_GE(seen[0].body_at, exchange.released());
    EXPECT_EQ(seen[0].head_at >= exchange.released(), gate == Gate::headers);
  }
}

TEST(Exchange, NothingIsSentBeforeTheReleaseWhereAllIsHeld) {
  Fixture fixture(ok);
  Exchange exchange(clock_of_machine, fixture.way, nullptr,
                    {.request = put, .gate = Gate::unsent, .timeout = 10s});
  attend_until(exchange, [&] { return exchange.held(); });
  EXPECT_FALSE(exchange.anything_sent());
  release(exchange);
  EXPECT_EQ(exchange.sent(), exchange.released());
  attend_to_the_end(exchange);
  EXPECT_FALSE(exchange.held_in_head());
}

TEST(Exchange, ALargeBodyIsSentInPieces) {
  const std::string body(8 << 20, 'x');
  const http::Request post{.method = "POST", .body = body};
  for (const Gate gate : {Gate::headers, Gate::body}) {
    Fixture fixture(ok);
    Exchange exchange(clock_of_machine, fixture.way, nullptr,
                      {.request = post, .gate = gate, .timeout = 10s});
    attend_until(exchange, [&] { return exchange.held(); });
    ASSERT_TRUE(exchange.held());
    release(exchange);
    attend_to_the_end(exchange);
    EXPECT_FALSE(exchange.failure());
    EXPECT_EQ(fixture.server.seen().at(0).request.body.size(), body.size());
  }
}

TEST(Exchange, AnAnswerBeforeTheReleaseIsAnAnswer) {
  const net::TestListener listener;
  const Way way = way_to(listener.url());
  std::thread serving([&] {
    net::TestPeer peer = listener.accept();
    (void)peer.read_until("\r\n\r\n");
    peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    (void)peer.read_until("never");
  });
  {
    Exchange exchange(clock_of_machine, way, nullptr,
                      {.request = put, .gate = Gate::body, .timeout = 10s});
    attend_to_the_end(exchange);
    release(exchange);  // comes too late, and does nothing
    EXPECT_EQ(exchange.take().status, 413);
    EXPECT_EQ(exchange.released(), exchange.sent());
    EXPECT_FALSE(exchange.take_line()) << "the rest of the request is still owed";
  }
  serving.join();
}

TEST(Exchange, ACloseWhileTheHeadIsHeldIsMendedOnlyOnAKeptConnection) {
  for (const bool kept : {false, true}) {
    const net::TestListener listener;
    const Way way = way_to(listener.url());
    std::unique_ptr<Line> line;
    std::optional<net::TestPeer> peer;
    if (kept) {
      line = std::make_unique<Line>(way);
      while (!line->established().value()) std::this_thread::yield();
      peer.emplace(listener.accept());
    }
    Exchange exchange(clock_of_machine, way, std::move(line),
                      {.request = put, .gate = Gate::headers, .timeout = 10s});
    attend_until(exchange, [&] { return exchange.held(); });
    if (!kept) peer.emplace(listener.accept());
    peer->reset();
    if (!kept) {
      attend_to_the_end(exchange);
      ASSERT_TRUE(exchange.failure());
      EXPECT_EQ(to_text(*exchange.failure()), "reset by the server before an answer");
      continue;
    }
    attend_until(exchange, [&] { return !exchange.on_kept_line() && exchange.held(); });
    release(exchange);
    const net::TestPeer second = listener.accept();
    EXPECT_EQ(second.read_until("body"), put_bytes);
    second.send("HTTP/1.1 204 No Content\r\n\r\n");
    attend_to_the_end(exchange);
    EXPECT_EQ(exchange.take().status, 204);
  }
}

TEST(Exchange, ACloseAfterTheRequestIsNoAnswer) {
  int requests = 0;
  Fixture fixture([&](const TestServer::Seen&, net::TestPeer& peer) {
    return ++requests == 1 && reply(peer, 200);
  });
  Exchange first(clock_of_machine, fixture.way, nullptr, {.request = put, .timeout = 10s});
  attend_to_the_end(first);
  (void)first.take();
  Exchange second(clock_of_machine, fixture.way, first.take_line(),
                  {.request = put, .timeout = 10s});
  EXPECT_TRUE(second.on_kept_line());
  attend_to_the_end(second);
  ASSERT_TRUE(second.failure());
  EXPECT_EQ(to_text(*second.failure()), "closed by the server before an answer");
  EXPECT_EQ(fixture.server.connections(), 1);
}

TEST(Exchange, TimesOut) {
  Fixture fixture(
      [](const TestServer::Seen&, net::TestPeer& peer) { return !peer.read().empty(); });
  const base::Nanoseconds begin = clock_of_machine.now();
  Exchange exchange(clock_of_machine, fixture.way, nullptr, {.request = get, .timeout = 30ms});
  attend_to_the_end(exchange);
  ASSERT_TRUE(exchange.failure());
  EXPECT_EQ(to_text(*exchange.failure()), "timed out after 30 ms");
  EXPECT_GE(exchange.answered() - begin, 30ms);
}

TEST(Exchange, DoesNotConnectAnewWhileTlsTakesItsTime) {
  const net::TestListener listener;  // accepts, and says nothing
  const auto tls = net::Tls::make({.server_name = "localhost"});
  Way way = way_to(listener.url());
  way.route.tls = tls->get();
  Exchange exchange(clock_of_machine, way, nullptr,
                    {.request = get, .timeout = 4 * client::first_connect_patience});
  attend_to_the_end(exchange);
  ASSERT_TRUE(exchange.failure());
  EXPECT_EQ(to_text(*exchange.failure()), "timed out after 200 ms in the TLS handshake");
  EXPECT_FALSE(exchange.anything_sent());
  const net::TestPeer first = listener.accept();
  pollfd second{.fd = listener.descriptor(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&second, 1, 0), 0);
}

TEST(Watch, StampsWhatArrivesWithoutUnderstandingIt) {
  Fixture fixture(ok);
  Exchange exchange(clock_of_machine, fixture.way, nullptr,
                    {.request = get, .gate = Gate::headers, .timeout = 10s});
  attend_until(exchange, [&] { return exchange.held(); });
  release(exchange);
  std::vector<pollfd> polled;
  polled.reserve(1);
  const base::Nanoseconds end = clock_of_machine.now() + 30ms;
  client::watch({&exchange}, polled, {.clock = clock_of_machine, .deadline = end});
  EXPECT_FALSE(exchange.finished());
  EXPECT_GE(clock_of_machine.now(), end);
  attend_to_the_end(exchange);
  EXPECT_EQ(exchange.take().status, 200);
}

}  // namespace
