#include "http/http2.h"

#include <gtest/gtest.h>

#include <functional>

#include "http/test_http2.h"

namespace {

using http::Http2;
using http::Request;
using http::StreamError;
using http::StreamId;
using http::TestHttp2;

const Request get{.target = "/a?b", .fields = {{"Host", "shop.test"}, {"Connection", "close"}}};
const Request put{.method = "PUT", .fields = {{"Host", "shop.test"}}, .body = "body"};

/// A client and a server without a wire between them.
struct Pair {
  explicit Pair(std::vector<nghttp2_settings_entry> settings = {}, http::ReadLimits limits = {})
      : client(limits), server(std::move(settings)) {
    talk();
  }
  /// What each has to say, until both are silent.
  void talk() {
    for (bool silent = false; !silent;) {
      std::string up;
      client.give(up);
      EXPECT_TRUE(server.read(up));
      const std::string down = server.give();
      if (!down.empty() && !broken) broken = !client.read(down);
      silent = up.empty() && down.empty();
    }
  }
  StreamId ask(const Request& request, bool all_but_the_end = false) {
    const StreamId id = client.begin(request, "https", all_but_the_end);
    talk();
    return id;
  }

  Http2 client;
  TestHttp2 server;
  bool broken = false;
};

TEST(Http2, CarriesARequestAndItsAnswer) {
  Pair pair;
  EXPECT_TRUE(pair.client.settled());
  const StreamId id = pair.ask(get);
  const auto& seen = pair.server.seen().at(id);
  EXPECT_TRUE(seen.ended);
  const std::vector<std::pair<std::string, std::string>> head = {
      {":method", "GET"}, {":scheme", "https"}, {":authority", "shop.test"}, {":path", "/a?b"}};
  ASSERT_EQ(seen.head.size(), head.size()) << "fields of the connection are left out";
  for (std::size_t i = 0; i < head.size(); ++i)
    EXPECT_EQ(std::pair(seen.head[i].name, seen.head[i].value), head[i]);
  EXPECT_FALSE(pair.client.ended(id));
  pair.server.answer(id, 201, {{"etag", "x"}}, "ok");
  pair.talk();
  ASSERT_TRUE(pair.client.ended(id));
  const auto answer = pair.client.take(id);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(http::find(answer->fields, "ETag"), "x");
  EXPECT_EQ(answer->body, "ok");
  EXPECT_TRUE(answer->keep_alive);
  EXPECT_TRUE(pair.client.idle());
}

TEST(Http2, KeepsTheEndOfABodyBack) {
  Pair pair;
  const StreamId id = pair.ask(put, true);
  EXPECT_TRUE(pair.client.given_out(id));
  EXPECT_EQ(pair.server.seen().at(id).body, "bod");
  EXPECT_FALSE(pair.server.seen().at(id).ended);
  EXPECT_EQ(http::find(pair.server.seen().at(id).head, "content-length"), "4");
  pair.client.finish(id);
  EXPECT_FALSE(pair.client.given_out(id));
  pair.talk();
  EXPECT_TRUE(pair.client.given_out(id));
  EXPECT_EQ(pair.server.seen().at(id).body, "body");
  EXPECT_TRUE(pair.server.seen().at(id).ended);
}

TEST(Http2, GivesTheEndsOfManyRequestsInOnePiece) {
  Pair pair;
  std::vector<StreamId> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(pair.ask(put, true));
  EXPECT_TRUE(pair.server.ended().empty());
  std::reverse(ids.begin(), ids.end());
  for (const StreamId id : ids) pair.client.finish(id);
  std::string frames;
  pair.client.give(frames);
  EXPECT_EQ(frames.size(), 20u * (9 + 1)) << "a frame's head and one byte for each";
  EXPECT_TRUE(pair.server.read(frames));
  EXPECT_EQ(pair.server.ended(), ids) << "in the order of finish";
}

TEST(Http2, KeepsWithinTheServersLimits) {
  Pair pair(
      {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 2}, {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 3}});
  EXPECT_EQ(pair.client.room(), 2u);
  const StreamId first = pair.ask(put);
  EXPECT_EQ(pair.client.room(), 1u);
  (void)pair.ask(get);
  EXPECT_EQ(pair.client.room(), 0u);
  EXPECT_EQ(pair.server.seen().at(first).body, "body") << "in pieces of three, as windows open";
  pair.server.answer(first, 200);
  pair.talk();
  EXPECT_EQ(pair.client.room(), 1u);
}

TEST(Http2, SkipsInterimAnswersAndTrailers) {
  Pair pair;
  const StreamId id = pair.ask(get);
  pair.server.say_interim(id, 103);
  pair.talk();
  EXPECT_FALSE(pair.client.ended(id));
  pair.server.answer(id, 204, {{"a", "b"}});
  pair.talk();
  const auto answer = pair.client.take(id);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 204);
  EXPECT_EQ(answer->fields.size(), 1u);
}

TEST(Http2, AnAnswerBeforeTheEndOfTheRequestIsAnAnswer) {
  Pair pair;
  const StreamId id = pair.ask(put, true);
  pair.server.answer(id, 413);
  pair.talk();
  ASSERT_TRUE(pair.client.ended(id));
  EXPECT_EQ(pair.client.take(id)->status, 413);
  pair.talk();
  EXPECT_EQ(pair.server.seen().at(id).reset_by_client, NGHTTP2_CANCEL) << "the rest never comes";
  EXPECT_TRUE(pair.client.idle());
}

TEST(Http2, NamesEachWayToFail) {
  struct Case {
    StreamError::Kind kind;
    std::string words;
    std::function<void(TestHttp2&, StreamId)> behaviour;
  };
  using Kind = StreamError::Kind;
  const Case cases[] = {
      {Kind::refused, "refused by the server (REFUSED_STREAM)",
       [](TestHttp2& server, StreamId id) { server.reset(id, NGHTTP2_REFUSED_STREAM); }},
      {Kind::reset, "reset by the server (INTERNAL_ERROR)",
       [](TestHttp2& server, StreamId id) { server.reset(id, NGHTTP2_INTERNAL_ERROR); }},
      {Kind::refused, "refused by the server, which goes away (GOAWAY)",
       [](TestHttp2& server, StreamId id) { server.go_away(id - 2); }},
      {Kind::too_large, "the header is too large",
       [](TestHttp2& server, StreamId id) {
         server.answer(id, 200, {{"x", std::string(600, 'x')}, {"y", std::string(600, 'y')}});
       }},
      {Kind::too_large, "the body is too large",
       [](TestHttp2& server, StreamId id) { server.answer(id, 200, {}, std::string(2'000, 'x')); }},
      {Kind::malformed, "its status is 051",
       [](TestHttp2& server, StreamId id) { server.answer(id, 51); }},
      {Kind::malformed, "not an answer of HTTP/2",
       [](TestHttp2& server, StreamId id) {
         server.answer(id, 200, {{"content-length", "7"}}, "short");
       }},
  };
  for (const Case& c : cases) {
    Pair pair({}, {.header_bytes = 1'000, .body_bytes = 1'000});
    (void)pair.ask(get);
    const StreamId id = pair.ask(get);
    c.behaviour(pair.server, id);
    pair.talk();
    ASSERT_TRUE(pair.client.ended(id)) << c.words;
    const auto answer = pair.client.take(id);
    ASSERT_FALSE(answer) << c.words;
    EXPECT_EQ(answer.error().kind, c.kind) << c.words;
    EXPECT_EQ(answer.error().message.substr(0, c.words.size()), c.words);
  }
}

TEST(Http2, AServerThatGoesAwayServesWhatItHasBegun) {
  Pair pair;
  const StreamId id = pair.ask(get);
  pair.server.go_away(id);
  pair.talk();
  EXPECT_EQ(pair.client.room(), 0u);
  EXPECT_FALSE(pair.client.ended(id));
  pair.server.answer(id, 200);
  pair.talk();
  ASSERT_TRUE(pair.client.ended(id));
  EXPECT_EQ(pair.client.take(id)->status, 200);
}

TEST(Http2, ARequestOnAConnectionThatCloses) {
  Pair pair;
  const StreamId first = pair.ask(get);
  pair.server.go_away(first);
  pair.talk();
  const StreamId late = pair.ask(get);
  ASSERT_TRUE(pair.client.ended(late)) << "it is never sent";
  const auto answer = pair.client.take(late);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, StreamError::Kind::unsendable);
}

TEST(Http2, AnswersPings) {
  Pair pair;
  pair.server.ping();
  pair.talk();
  EXPECT_EQ(pair.server.pongs(), 1);
}

TEST(Http2, WhatIsAbandonedIsCancelled) {
  Pair pair;
  const std::size_t before = pair.client.room();
  const StreamId id = pair.ask(get);
  pair.client.abandon(id);
  pair.talk();
  EXPECT_EQ(pair.server.seen().at(id).reset_by_client, NGHTTP2_CANCEL);
  EXPECT_TRUE(pair.client.idle());
  EXPECT_EQ(pair.client.room(), before);
}

TEST(Http2, SaysThatTheServerSpeaksSomethingElse) {
  for (const std::string& what :
       {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string(30, 0)}) {
    Http2 client;
    std::string preface;
    client.give(preface);
    EXPECT_TRUE(preface.starts_with("PRI * HTTP/2.0"));
    const auto read = client.read(what);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, http::ReadError::Kind::malformed);
    EXPECT_FALSE(read.error().message.empty());
    EXPECT_EQ(client.room(), 0u);
  }
}

TEST(Http2, UnderstandsTheSameBytesHoweverTheyArrive) {
  TestHttp2 server({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 7}});
  Http2 first;
  std::string up;
  const StreamId id = first.begin(get, "http");
  first.give(up);
  ASSERT_TRUE(server.read(up));
  server.answer(id, 200, {{"a", "b"}}, "hello");
  const std::string down = server.give();
  for (std::size_t cut = 0; cut <= down.size(); ++cut) {
    for (const bool byte_by_byte : {false, true}) {
      Http2 client;
      ASSERT_EQ(client.begin(get, "http"), id);
      std::string same;
      client.give(same);
      ASSERT_EQ(same, up);
      if (byte_by_byte && cut > 0) break;
      if (byte_by_byte)
        for (const char c : down) ASSERT_TRUE(client.read({&c, 1}));
      else
        ASSERT_TRUE(client.read(std::string_view(down).substr(0, cut)) &&
                    client.read(std::string_view(down).substr(cut)));
      ASSERT_TRUE(client.ended(id)) << cut;
      EXPECT_EQ(client.take(id)->body, "hello");
    }
  }
}

/// How a client with a request under way takes these bytes, `step` at a time.
struct Taken {
  bool broken = false;
  bool ended = false;
  bool operator==(const Taken&) const = default;
};

Taken take(std::string_view bytes, std::size_t step) {
  Http2 client;
  const StreamId id = client.begin(get, "http");
  std::string up;
  client.give(up);
  Taken taken;
  for (; !bytes.empty() && !taken.broken; bytes.remove_prefix(std::min(step, bytes.size())))
    taken.broken = !client.read(bytes.substr(0, step));
  taken.ended = client.ended(id);
  return taken;
}

// A stream that broke the protocol is closed once the server was told, and frames on a closed
// stream break the connection: in one piece, too, although the telling comes after the reading
// there.
TEST(Http2, TakesAnEndedInterimAnswerTheSameHoweverItArrives) {
  const std::string frames(
      "\0\0\0\4\0\0\0\0\0"  // SETTINGS
      "\0\0\5\1\5\0\0\0\1\x08\x03"
      "103"                     // HEADERS, END_STREAM: status 103
      "\0\0\1\1\4\0\0\0\1\x88"  // HEADERS: status 200
      "\0\0\1\0\1\0\0\0\1x",    // DATA, END_STREAM
      9 + 14 + 10 + 10);
  const Taken whole = take(frames, frames.size());
  for (std::size_t step = 1; step < frames.size(); ++step) EXPECT_EQ(take(frames, step), whole);
}

TEST(Http2, NoticesHttp1BehindAFrameHoweverItArrives) {
  const std::string bytes = std::string("\0\0\0\4\0\0\0\0\0", 9) + "HTTP/1.1";
  for (std::size_t step = 1; step <= bytes.size(); ++step) EXPECT_TRUE(take(bytes, step).broken);
}

}  // namespace
