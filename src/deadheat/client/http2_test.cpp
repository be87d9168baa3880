// Exchanges over HTTP/2: what shares a line leaves together, and whatever the server does has a
// name.

#include <gtest/gtest.h>

#include <functional>
#include <list>
#include <thread>

#include "client/exchange.h"
#include "http/test_http2.h"
#include "net/test_peer.h"
#include "net/test_tls.h"

namespace {

using namespace std::chrono_literals;
using client::Exchange;
using client::Gate;
using client::Line;
using client::Way;
using http::StreamId;
using http::TestHttp2;
using net::Failure;

const base::SystemClock clock_of_machine;
const http::Request get{.fields = {{"Host", "a"}}};
const http::Request put{.method = "PUT", .fields = {{"Host", "a"}}, .body = "body"};

/// A server in the same thread: it does something when it is told to, and a test is a story in
/// order.
class Server {
 public:
  explicit Server(std::vector<nghttp2_settings_entry> settings = {})
      : protocol(std::move(settings)) {}

  [[nodiscard]] Way way() const {
    return {.route = {.addresses = *net::resolve(*net::parse_endpoint(listener_.url()))},
            .speaks = Way::Speaks::http2};
  }
  void accept() { peer_.emplace(listener_.accept()); }
  /// Reads what has arrived, without waiting.
  std::string read() {
    std::string wire;
    for (char buffer[4096];;) {
      const ssize_t got = ::recv(peer_->descriptor(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (got <= 0) break;
      wire.append(buffer, static_cast<std::size_t>(got));
    }
    EXPECT_TRUE(protocol.read(wire));
    return wire;
  }
  void send() { peer_->send(protocol.give()); }
  void turn() {
    read();
    send();
  }
  [[nodiscard]] net::TestPeer& peer() { return *peer_; }

  TestHttp2 protocol;

 private:
  net::TestListener listener_;
  std::optional<net::TestPeer> peer_;
};

/// Lets both sides go on until `done`, or for ten seconds.
void go_on(const std::vector<Exchange*>& exchanges, Server& server,
           const std::function<bool()>& done) {
  std::vector<pollfd> polled;
  const base::Nanoseconds deadline = clock_of_machine.now() + 10s;
  while (!done() && clock_of_machine.now() < deadline) {
    client::attend(exchanges, polled,
                   {.clock = clock_of_machine, .deadline = clock_of_machine.now() + 1ms});
    server.turn();
  }
  ASSERT_TRUE(done());
}

/// A line that is established, and the server at its other end.
struct Meeting {
  explicit Meeting(std::vector<nghttp2_settings_entry> settings = {})
      : server(std::move(settings)), way(server.way()), line(way) {
    bool accepted = false;
    for (auto there = line.established(); there && !*there; there = line.established()) {
      if (!accepted && line.reached()) server.accept();
      accepted = line.reached();
      if (accepted) server.turn();
    }
  }

  Exchange& add(const http::Request& request, Gate gate, base::Nanoseconds timeout = 10s) {
    Exchange& exchange = exchanges.emplace_back(
        clock_of_machine, way, line,
        Exchange::Order{.request = request, .gate = gate, .timeout = timeout});
    all.push_back(&exchange);
    return exchange;
  }
  void bring_to_gate() {
    go_on(all, server, [&] {
      return std::all_of(all.begin(), all.end(), [](Exchange* each) { return each->held(); });
    });
  }
  void make_ready() {
    for (Exchange* exchange : all) exchange->make_ready();
    for (Exchange* exchange : all) exchange->seal();
  }
  void finish() {
    go_on(all, server, [&] {
      return std::all_of(all.begin(), all.end(), [](Exchange* each) { return each->finished(); });
    });
  }

  Server server;
  Way way;
  Line line;
  std::list<Exchange> exchanges;
  std::vector<Exchange*> all;
};

TEST(SharedLine, LeavesInOneWrite) {
  for (const Gate gate : {Gate::headers, Gate::body}) {
    Meeting meeting;
    for (int i = 0; i < 10; ++i) meeting.add(i % 2 == 0 ? put : get, gate);
    meeting.bring_to_gate();
    meeting.server.turn();
    EXPECT_TRUE(meeting.server.protocol.ended().empty());
    const std::size_t begun = gate == Gate::body ? 5 : 0;  // but for the ends of their bodies
    EXPECT_EQ(meeting.server.protocol.seen().size(), begun);
    meeting.make_ready();
    EXPECT_TRUE(meeting.server.read().empty()) << "ready, not released";
    meeting.all.front()->release();
    meeting.server.read();
    EXPECT_EQ(meeting.server.protocol.ended().size(), 10u) << "all, by the release of the first";
    for (Exchange* exchange : meeting.all) exchange->release();
    for (const StreamId id : meeting.server.protocol.ended())
      meeting.server.protocol.answer(id, 200, {}, std::to_string(id));
    meeting.finish();
    for (Exchange* exchange : meeting.all) {
      ASSERT_FALSE(exchange->failure()) << to_text(*exchange->failure());
      EXPECT_EQ(exchange->released(), meeting.all.front()->released()) << "before the write";
      EXPECT_LE(exchange->sent(), exchange->released());
      EXPECT_GE(exchange->answered(), exchange->released());
      EXPECT_EQ(exchange->take().status, 200);
    }
  }
}

TEST(SharedLine, TurnsStandReadyOneBehindTheOther) {
  for (const Gate gate : {Gate::headers, Gate::body}) {
    Meeting meeting;
    for (int i = 0; i < 4; ++i) meeting.add(i % 2 == 0 ? put : get, gate);
    meeting.bring_to_gate();
    for (Exchange* exchange : meeting.all) {  // each has a turn of its own
      exchange->make_ready();
      exchange->seal();
      EXPECT_TRUE(exchange->held());
    }
    const auto released = [&](std::size_t which) {
      meeting.all[which]->release();
      meeting.server.read();
      return meeting.server.protocol.ended().size();
    };
    EXPECT_EQ(meeting.server.read(), "") << "ready, not released";
    EXPECT_EQ(released(0), 1u);
    EXPECT_EQ(released(1), 2u);
    EXPECT_EQ(released(3), 4u) << "and those before it, whatever became of them";
    EXPECT_EQ(released(2), 4u);
    EXPECT_LT(meeting.all[0]->released(), meeting.all[1]->released());
    EXPECT_LT(meeting.all[1]->released(), meeting.all[3]->released());
    for (const StreamId id : meeting.server.protocol.ended())
      meeting.server.protocol.answer(id, 200);
    meeting.finish();
    for (Exchange* exchange : meeting.all) EXPECT_EQ(exchange->take().status, 200);
  }
}

TEST(SharedLine, IsOneRecordUnderTls) {
  const net::TestCertificate certificate;
  net::TestTls server_tls(certificate);
  server_tls.choose("h2");
  const net::TestListener listener;
  const auto tls = net::Tls::make(
      {.ca_file = certificate.file(), .server_name = "127.0.0.1", .protocols = {"h2"}});
  const Way way{.route = {.addresses = *net::resolve(*net::parse_endpoint(listener.url())),
                          .tls = tls->get()},
                .scheme = "https",
                .speaks = Way::Speaks::as_agreed};
  std::atomic<bool> settled = false;
  std::string record;
  TestHttp2 protocol;
  std::thread serving([&] {
    const net::TestTlsPeer peer(server_tls, listener.accept());
    peer.send(protocol.give());
    while (!settled) {
      EXPECT_TRUE(protocol.read(peer.read()));
      peer.send(protocol.give());
      settled = protocol.seen().size() == 3;  // the heads have come
    }
    record = peer.read();
    EXPECT_TRUE(protocol.read(record));
  });
  Line line(way);
  while (!line.established().value()) std::this_thread::yield();
  ASSERT_TRUE(line.multiplexes());
  std::list<Exchange> exchanges;
  std::vector<Exchange*> all;
  for (int i = 0; i < 3; ++i)
    all.push_back(&exchanges.emplace_back(
        clock_of_machine, way, line,
        Exchange::Order{.request = put, .gate = Gate::body, .timeout = 10s}));
  std::vector<pollfd> polled;
  while (!settled || !std::all_of(all.begin(), all.end(), [](auto* each) { return each->held(); }))
    client::attend(all, polled,
                   {.clock = clock_of_machine, .deadline = clock_of_machine.now() + 1ms});
  for (Exchange* exchange : all) exchange->make_ready();
  for (Exchange* exchange : all) exchange->seal();
  for (Exchange* exchange : all) exchange->release();
  serving.join();
  EXPECT_EQ(record.size(), 3u * (9 + 1)) << "a read of OpenSSL returns one record at most";
  EXPECT_EQ(protocol.ended().size(), 3u);
}

TEST(SharedLine, SpillsToALineOfItsOwnWhatTheServerDoesNotBear) {
  Meeting meeting({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1}});
  meeting.add(put, Gate::body);
  meeting.bring_to_gate();
  Exchange& second = meeting.add(put, Gate::body);
  EXPECT_TRUE(second.connecting());
  EXPECT_TRUE(meeting.all.front()->held());
}

TEST(SharedLine, WhatWaitsAsAWholeMovesWhenTheServerGoesAway) {
  Meeting meeting;
  Exchange& exchange = meeting.add(get, Gate::headers);
  meeting.bring_to_gate();
  meeting.server.protocol.go_away(0);
  go_on(meeting.all, meeting.server, [&] { return !exchange.held(); });
  EXPECT_TRUE(exchange.connecting());
  EXPECT_FALSE(exchange.finished());
}

TEST(SharedLine, OneThatIsGivenUpLeavesTheOthersAlone) {
  Meeting meeting;
  Exchange& late = meeting.add(put, Gate::none, 30ms);
  Exchange& other = meeting.add(put, Gate::none);
  go_on({&late, &other}, meeting.server, [&] { return late.finished(); });
  EXPECT_EQ(to_text(late.failure().value()), "timed out after 30 ms");
  go_on(meeting.all, meeting.server,
        [&] { return meeting.server.protocol.seen().at(1).reset_by_client == NGHTTP2_CANCEL; });
  meeting.server.protocol.answer(3, 204);
  go_on(meeting.all, meeting.server, [&] { return other.finished(); });
  EXPECT_EQ(other.take().status, 204);
}

TEST(SharedLine, NamesWhateverTheServerDoes) {
  struct Case {
    std::string words;
    Failure::Kind kind;
    std::function<void(Server&, StreamId)> behaviour;
  };
  using Kind = Failure::Kind;
  const Case cases[] = {
      {"refused by the server (REFUSED_STREAM)", Kind::refused,
       [](Server& server, StreamId id) {
         server.protocol.reset(id, NGHTTP2_REFUSED_STREAM);
         server.send();
       }},
      {"reset by the server (ENHANCE_YOUR_CALM)", Kind::malformed,
       [](Server& server, StreamId id) {
         server.protocol.reset(id, NGHTTP2_ENHANCE_YOUR_CALM);
         server.send();
       }},
      {"refused by the server, which goes away (GOAWAY)", Kind::refused,
       [](Server& server, StreamId) {
         server.protocol.go_away(0);
         server.send();
       }},
      {"closed by the server before an answer", Kind::closed,
       [](Server& server, StreamId) { server.peer().close(); }},
      {"reset by the server before an answer", Kind::reset,
       [](Server& server, StreamId) { server.peer().reset(); }},
      {"not an answer of HTTP/2", Kind::malformed,
       [](Server& server, StreamId) { server.peer().send(std::string(64, '\xff')); }},
  };
  for (const Case& c : cases) {
    Meeting meeting;
    Exchange& exchange = meeting.add(put, Gate::none);
    go_on(meeting.all, meeting.server, [&] { return !meeting.server.protocol.ended().empty(); });
    c.behaviour(meeting.server, meeting.server.protocol.ended().front());
    std::vector<pollfd> polled;
    const base::Nanoseconds deadline = clock_of_machine.now() + 5s;
    while (!exchange.finished() && clock_of_machine.now() < deadline)
      client::attend(meeting.all, polled, {.clock = clock_of_machine, .deadline = deadline});
    ASSERT_TRUE(exchange.failure()) << c.words;
    EXPECT_EQ(to_text(*exchange.failure()).substr(0, c.words.size()), c.words);
    EXPECT_EQ(exchange.failure()->kind, c.kind) << c.words;
    EXPECT_TRUE(exchange.anything_sent());
  }
}

TEST(Line, SaysThatTheServerSpeaksOnlyHttp1) {
  const net::TestListener listener;
  std::thread serving([&] {
    const net::TestPeer peer = listener.accept();
    (void)peer.read();
    peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    (void)peer.read_until("never");
  });
  const Way way{.route = {.addresses = *net::resolve(*net::parse_endpoint(listener.url()))},
                .speaks = Way::Speaks::http2};
  {
    Exchange exchange(clock_of_machine, way, nullptr, {.request = get, .timeout = 10s});
    std::vector<pollfd> polled;
    while (!exchange.finished())
      client::attend({&exchange}, polled,
                     {.clock = clock_of_machine, .deadline = clock_of_machine.now() + 1s});
    EXPECT_EQ(to_text(exchange.failure().value()).substr(0, 23), "not an answer of HTTP/2");
    EXPECT_FALSE(exchange.anything_sent());
  }
  serving.join();
}

TEST(Line, IsUsedAgain) {
  Server server;
  const Way way = server.way();
  std::unique_ptr<Line> line;
  for (const bool kept : {false, true}) {
    Exchange exchange(clock_of_machine, way, std::move(line), {.request = put, .timeout = 10s});
    EXPECT_EQ(exchange.on_kept_line(), kept);
    if (!kept) {
      std::vector<pollfd> polled;
      client::attend({&exchange}, polled,
                     {.clock = clock_of_machine, .deadline = clock_of_machine.now() + 1s});
      server.accept();
    }
    const std::size_t which = kept ? 1 : 0;
    go_on({&exchange}, server, [&] { return server.protocol.ended().size() > which; });
    server.protocol.answer(server.protocol.ended().back(), 200);
    go_on({&exchange}, server, [&] { return exchange.finished(); });
    EXPECT_EQ(exchange.take().status, 200);
    line = exchange.take_line();
    ASSERT_TRUE(line);
  }
}

}  // namespace
