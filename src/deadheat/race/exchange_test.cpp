#include "race/exchange.h"

#include <gtest/gtest.h>

#include <functional>

#include "race/test_server.h"

namespace {

using namespace std::chrono_literals;
using race::Exchange;
using race::held_at;
using race::reply;
using race::TestServer;
using schedule::Hold;

const base::SystemClock clock_of_machine;
constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view put = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";

TEST(HeldAt, LeavesTheLastByteOfHeadOrBody) {
  EXPECT_EQ(put.substr(held_at(put, Hold::headers).bytes), "\nbody");
  EXPECT_EQ(put.substr(held_at(put, Hold::body).bytes), "y");
  EXPECT_EQ(get.substr(held_at(get, Hold::headers).bytes), "\n");
  EXPECT_EQ(get.substr(held_at(get, Hold::body).bytes), "\n");
  EXPECT_TRUE(held_at(put, Hold::headers).in_head);
  EXPECT_FALSE(held_at(put, Hold::body).in_head);
  EXPECT_TRUE(held_at(get, Hold::body).in_head);
}

/// Attends to the exchange until `done`, or for ten seconds.
void attend_until(Exchange& exchange, const std::function<bool()>& done) {
  std::vector<pollfd> polled;
  const base::Nanoseconds deadline = clock_of_machine.now() + 10s;
  while (!done() && clock_of_machine.now() < deadline)
    race::attend({&exchange}, polled,
                 {.clock = clock_of_machine, .deadline = clock_of_machine.now() + 1ms});
}

void attend_to_the_end(Exchange& exchange) {
  attend_until(exchange, [&] { return exchange.finished(); });
  ASSERT_TRUE(exchange.finished());
}

struct Fixture {
  explicit Fixture(TestServer::Handler handler)
      : server(std::move(handler)),
        route{.addresses = *net::resolve(*net::parse_endpoint(server.url()))} {}
  TestServer server;
  net::Route route;
};

bool ok(const TestServer::Seen&, net::TestPeer& peer) { return reply(peer, 200, "{}"); }

TEST(Exchange, WithoutAHoldGoesToItsAnswer) {
  Fixture fixture(ok);
  Exchange exchange(clock_of_machine, fixture.route, std::nullopt,
                    {.bytes = std::string(put), .timeout = 10s});
  attend_to_the_end(exchange);
  EXPECT_EQ(exchange.take().status, 200);
  EXPECT_EQ(exchange.released(), exchange.sent());
  EXPECT_FALSE(exchange.held_in_head());
  const auto seen = fixture.server.seen();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_LE(exchange.sent(), seen[0].head_at);
  EXPECT_GE(exchange.answered(), seen[0].body_at);
  EXPECT_TRUE(exchange.take_connection());
}

TEST(Exchange, WaitsAtTheGateUntilItIsReleased) {
  for (const Hold hold : {Hold::headers, Hold::body}) {
    Fixture fixture(ok);
    Exchange exchange(clock_of_machine, fixture.route, std::nullopt,
                      {.bytes = std::string(put), .hold = held_at(put, hold), .timeout = 10s});
    attend_until(exchange, [&] { return exchange.held(); });
    ASSERT_TRUE(exchange.held());
    EXPECT_EQ(exchange.deadline(), base::Nanoseconds::max());
    if (hold == Hold::body) attend_until(exchange, [&] { return fixture.server.heads() == 1; });
    const base::Nanoseconds before = clock_of_machine.now();
    EXPECT_TRUE(fixture.server.seen().empty());
    exchange.release();
    attend_to_the_end(exchange);
    EXPECT_EQ(exchange.take().status, 200);
    EXPECT_LE(exchange.sent(), before);
    EXPECT_GE(exchange.released(), before);
    EXPECT_GE(exchange.answered(), exchange.released());
    EXPECT_EQ(exchange.held_in_head(), hold == Hold::headers);
    const auto seen = fixture.server.seen();
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].request.body, "body");
    EXPECT_GE(seen[0].body_at, exchange.released());
    EXPECT_EQ(seen[0].head_at >= exchange.released(), hold == Hold::headers);
  }
}

TEST(Exchange, NothingIsSentBeforeTheReleaseWhereAllIsHeld) {
  Fixture fixture(ok);
  Exchange exchange(clock_of_machine, fixture.route, std::nullopt,
                    {.bytes = std::string(put), .hold = race::HeldAt{.bytes = 0}, .timeout = 10s});
  attend_until(exchange, [&] { return exchange.held(); });
  EXPECT_FALSE(exchange.anything_sent());
  exchange.release();
  EXPECT_EQ(exchange.sent(), exchange.released());
  attend_to_the_end(exchange);
  EXPECT_FALSE(exchange.held_in_head());
}

TEST(Exchange, ALargeBodyIsSentInPieces) {
  const std::string body(8 << 20, 'x');
  std::string bytes =
      "POST / HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  for (const Hold hold : {Hold::headers, Hold::body}) {
    Fixture fixture(ok);
    Exchange exchange(clock_of_machine, fixture.route, std::nullopt,
                      {.bytes = bytes, .hold = held_at(bytes, hold), .timeout = 10s});
    attend_until(exchange, [&] { return exchange.held(); });
    ASSERT_TRUE(exchange.held());
    exchange.release();
    attend_to_the_end(exchange);
    EXPECT_FALSE(exchange.failure());
    EXPECT_EQ(fixture.server.seen().at(0).request.body.size(), body.size());
  }
}

TEST(Exchange, AnAnswerBeforeTheReleaseIsAnAnswer) {
  const net::TestListener listener;
  const net::Route route{.addresses = *net::resolve(*net::parse_endpoint(listener.url()))};
  std::thread serving([&] {
    net::TestPeer peer = listener.accept();
    (void)peer.read_until("\r\n\r\n");
    peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    (void)peer.read_until("never");
  });
  {
    Exchange exchange(
        clock_of_machine, route, std::nullopt,
        {.bytes = std::string(put), .hold = held_at(put, Hold::body), .timeout = 10s});
    attend_to_the_end(exchange);
    exchange.release();  // comes too late, and does nothing
    EXPECT_EQ(exchange.take().status, 413);
    EXPECT_EQ(exchange.released(), exchange.sent());
    EXPECT_FALSE(exchange.take_connection()) << "the rest of the request is still owed";
  }
  serving.join();
}

TEST(Exchange, ACloseWhileTheHeadIsHeldIsMendedOnlyOnAKeptConnection) {
  for (const bool kept : {false, true}) {
    const net::TestListener listener;
    const net::Route route{.addresses = *net::resolve(*net::parse_endpoint(listener.url()))};
    std::optional<net::Connection> connection;
    std::optional<net::TestPeer> peer;
    if (kept) {
      connection.emplace(route);
      ASSERT_TRUE(connection->await_established(
          {.clock = clock_of_machine, .deadline = clock_of_machine.now() + 10s}));
      peer.emplace(listener.accept());
    }
    Exchange exchange(
        clock_of_machine, route, std::move(connection),
        {.bytes = std::string(put), .hold = held_at(put, Hold::headers), .timeout = 10s});
    attend_until(exchange, [&] { return exchange.held(); });
    if (!kept) peer.emplace(listener.accept());
    peer->reset();
    if (!kept) {
      attend_to_the_end(exchange);
      ASSERT_TRUE(exchange.failure());
      EXPECT_EQ(to_text(*exchange.failure()), "reset by the server before an answer");
      continue;
    }
    attend_until(exchange, [&] { return !exchange.on_kept_connection() && exchange.held(); });
    exchange.release();
    const net::TestPeer second = listener.accept();
    EXPECT_EQ(second.read_until("body"), put);
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
  Exchange first(clock_of_machine, fixture.route, std::nullopt,
                 {.bytes = std::string(put), .timeout = 10s});
  attend_to_the_end(first);
  (void)first.take();
  Exchange second(clock_of_machine, fixture.route, first.take_connection(),
                  {.bytes = std::string(put), .timeout = 10s});
  EXPECT_TRUE(second.on_kept_connection());
  attend_to_the_end(second);
  ASSERT_TRUE(second.failure());
  EXPECT_EQ(to_text(*second.failure()), "closed by the server before an answer");
  EXPECT_EQ(fixture.server.connections(), 1);
}

TEST(Exchange, TimesOut) {
  Fixture fixture(
      [](const TestServer::Seen&, net::TestPeer& peer) { return !peer.read().empty(); });
  Exchange exchange(clock_of_machine, fixture.route, std::nullopt,
                    {.bytes = std::string(get), .timeout = 30ms});
  attend_to_the_end(exchange);
  ASSERT_TRUE(exchange.failure());
  EXPECT_EQ(to_text(*exchange.failure()), "timed out after 30 ms");
  EXPECT_GE(exchange.answered() - exchange.sent(), 20ms);
}

TEST(Exchange, DoesNotConnectAnewWhileTlsTakesItsTime) {
  const net::TestListener listener;  // accepts, and says nothing
  const auto tls = net::Tls::make({.server_name = "localhost"});
  const net::Route route{.addresses = *net::resolve(*net::parse_endpoint(listener.url())),
                         .tls = tls->get()};
  Exchange exchange(clock_of_machine, route, std::nullopt,
                    {.bytes = std::string(get), .timeout = 4 * race::first_connect_patience});
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
  Exchange exchange(
      clock_of_machine, fixture.route, std::nullopt,
      {.bytes = std::string(get), .hold = held_at(get, Hold::headers), .timeout = 10s});
  attend_until(exchange, [&] { return exchange.held(); });
  exchange.release();
  std::vector<pollfd> polled;
  polled.reserve(1);
  const base::Nanoseconds end = clock_of_machine.now() + 30ms;
  race::watch({&exchange}, polled, {.clock = clock_of_machine, .deadline = end});
  EXPECT_FALSE(exchange.finished());
  EXPECT_GE(clock_of_machine.now(), end);
  attend_to_the_end(exchange);
  EXPECT_EQ(exchange.take().status, 200);
}

}  // namespace
