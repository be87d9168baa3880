#include "http/codec.h"

#include <gtest/gtest.h>

#include <functional>

namespace {

using http::ReadError;
using http::RequestReader;
using http::ResponseReader;

/// Reads a whole input in pieces of `size` bytes; stops at the first error.
template <class Reader>
base::Result<void, ReadError> feed(Reader& reader, std::string_view input, std::size_t size) {
  for (std::size_t at = 0; at < input.size(); at += size)
    if (auto taken = reader.read(input.substr(at, size)); !taken)
      return base::failure(taken.error());
  return {};
}

constexpr std::string_view chunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Id: 7\r\n\r\n"
    "5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nTrailer: t\r\n\r\n";

TEST(ResponseReader, ReadsTheSameWholeAndInPiecesOfAnySize) {
  for (std::size_t size = 1; size <= chunked.size(); ++size) {
    ResponseReader reader;
    ASSERT_TRUE(feed(reader, chunked, size)) << "pieces of " << size;
    ASSERT_TRUE(reader.complete()) << "pieces of " << size;
    const http::Response response = reader.take();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "hello world");
    EXPECT_EQ(http::find(response.fields, "x-id"), "7");
  }
}

TEST(ResponseReader, AnInputCutAnywhereIsCutOffNeverComplete) {
  for (std::size_t length = 1; length < chunked.size(); ++length) {
    ResponseReader reader;
    ASSERT_TRUE(reader.read(chunked.substr(0, length)));
    ASSERT_FALSE(reader.complete()) << "cut at " << length;
    const auto end = reader.end_of_stream();
    ASSERT_FALSE(end) << "cut at " << length;
    EXPECT_EQ(end.error().kind, ReadError::Kind::cut_off);
  }
}

TEST(ResponseReader, LeavesTheNextResponseAlone) {
  const std::string first = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab";
  ResponseReader reader;
  EXPECT_EQ(reader.read(first + "HTTP/1.1 404"), first.size());
  EXPECT_EQ(reader.take().body, "ab");
}

TEST(ResponseReader, LeavesTheNextResponseAloneWhenTheHeadCameInPieces) {
  ResponseReader reader;
  EXPECT_EQ(reader.read("HTTP/1.1 200 OK\r\nContent-Le"), 27u);
  EXPECT_EQ(reader.read("ngth: 2\r\n\r\nabHTTP/1.1"), 13u);
  EXPECT_EQ(reader.take().body, "ab");
}

TEST(ResponseReader, SkipsInterimResponses) {
  ResponseReader reader;
  ASSERT_TRUE(feed(reader,
                   "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"
                   "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
                   3));
  EXPECT_EQ(reader.take().status, 201);
}

TEST(ResponseReader, ABodyMayLastUntilTheClose) {
  ResponseReader reader;
  ASSERT_TRUE(reader.read("HTTP/1.0 200 OK\r\n\r\nall of it"));
  EXPECT_FALSE(reader.complete());
  ASSERT_TRUE(reader.end_of_stream());
  const http::Response response = reader.take();
  EXPECT_EQ(response.body, "all of it");
  EXPECT_FALSE(response.keep_alive);
}

TEST(ResponseReader, AnAnswerToHeadHasNoBody) {
  ResponseReader reader(/*to_head=*/true);
  ASSERT_TRUE(reader.read("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"));
  EXPECT_TRUE(reader.complete());
}

TEST(ResponseReader, RefusesWhatIsNotHttpOrTooLarge) {
  struct Case {
    std::string input;
    ReadError::Kind kind;
  };
  const Case cases[] = {
      {"SSH-2.0-OpenSSH_9.2\r\n\r\n", ReadError::Kind::malformed},
      {"HTTP/1.1 2x0 OK\r\n\r\n", ReadError::Kind::malformed},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(3000, 'x') + "\r\n\r\n",
       ReadError::Kind::header_too_large},
      {"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", ReadError::Kind::body_too_large},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n" + std::string(0xffff, 'x'),
       ReadError::Kind::body_too_large},
  };
  for (const Case& c : cases) {
    for (const std::size_t size : {std::size_t{1}, c.input.size()}) {
      ResponseReader reader(false, {.header_bytes = 2000, .body_bytes = 5000});
      const auto outcome = feed(reader, c.input, size);
      ASSERT_FALSE(outcome) << c.input.substr(0, 40);
      EXPECT_EQ(outcome.error().kind, c.kind) << c.input.substr(0, 40);
    }
  }
}

TEST(RequestReader, ReadsWhatEncodeWrote) {
  const http::Request request{
      .method = "PATCH",
      .target = "/api/orders/8/?a=%20b",
      .fields = {{"Host", "127.0.0.1"}, {"Content-Type", "application/json"}},
      .body = R"({"menu":"떡볶이"})"};
  const std::string bytes = http::encode(request);
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    RequestReader reader;
    ASSERT_TRUE(feed(reader, bytes, size));
    ASSERT_TRUE(reader.complete());
    const http::Request read = reader.take();
    EXPECT_EQ(read.method, request.method);
    EXPECT_EQ(read.target, request.target);
    EXPECT_EQ(read.body, request.body);
    EXPECT_TRUE(read.keep_alive);
  }
}

TEST(RequestReader, RefusesWhatTwoServersMayReadDifferently) {
  using Kind = ReadError::Kind;
  const std::string line = "POST / HTTP/1.1\r\n";
  const std::string host = "Host: a\r\n";
  const std::pair<std::string, Kind> cases[] = {
      {line + host + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc", Kind::malformed},
      {line + host + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", Kind::malformed},
      {line + host + "Content-Length: 2, 2\r\n\r\nab", Kind::malformed},
      {line + host + "Content-Length: +2\r\n\r\nab", Kind::malformed},
      {line + host + "Content-Length : 2\r\n\r\nab", Kind::malformed},
      {line + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       Kind::malformed},
      {line + host + "Transfer-Encoding: gzip\r\n\r\n", Kind::malformed},
      {line + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", Kind::malformed},
      {line + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
       Kind::malformed},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Kind::malformed},
      {line + host + host + "\r\n", Kind::malformed},
      {line + "Host: a\nX: b\r\n\r\n", Kind::malformed},
      {"GET / HTTP/1.1\nHost: a\n\n", Kind::malformed},
      {line + "Host: a\rX: b\r\n\r\n", Kind::malformed},
      {line + host + "X: a\r\n b\r\n\r\n", Kind::malformed},
      {line + " " + host + "\r\n", Kind::malformed},
      {line + host + "X: a" + std::string(1, '\0') + "\r\n\r\n", Kind::malformed},
      {"GET /" + std::string(500, 'x') + " HTTP/1.1\r\n" + host + "\r\n",
       Kind::request_line_too_long},
  };
  for (const auto& [input, kind] : cases) {
    for (const std::size_t size : {std::size_t{1}, input.size()}) {
      RequestReader reader({.request_line_bytes = 500});
      const auto outcome = feed(reader, input, size);
      ASSERT_FALSE(outcome) << input;
      EXPECT_EQ(outcome.error().kind, kind) << input;
    }
  }
}

TEST(RequestReader, TakesTheLongestLine) {
  const std::string head = "GET /" + std::string(100 - 14, 'x') + " HTTP/1.1\r\n";
  ASSERT_EQ(head.size(), 102u);
  for (const std::uint32_t limit : {102u, 101u}) {
    RequestReader reader({.request_line_bytes = limit});
    EXPECT_EQ(feed(reader, head + "Host: a\r\n\r\n", 7).has_value(), limit == 102);
  }
}

TEST(RequestReader, NothingSentIsNoError) {
  RequestReader reader;
  EXPECT_TRUE(reader.end_of_stream());
  ASSERT_TRUE(reader.read("GET / HT"));
  EXPECT_FALSE(reader.end_of_stream());
}

// Found by fuzzing, as is the next: of a header that comes in pieces, Beast looks only for the end.
TEST(RequestReader, AMalformedHeaderIsToldWholeOrInPieces) {
  for (const std::string input :
       {"PUT / HTTP/1.1\r\nContent-Length: 2\r2\n\r\n{}", "POST /nt: 2}\r\n\r\n{"}) {
    for (std::size_t size = 1; size <= input.size(); ++size) {
      RequestReader reader;
      const auto read = feed(reader, input, size);
      ASSERT_FALSE(read) << input << size;
      EXPECT_EQ(read.error().kind, ReadError::Kind::malformed) << input << size;
    }
  }
}

// Found by fuzzing, too: it ended the program.
TEST(RequestReader, ChunksMayComeInAnyPieces) {
  const std::string head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string body : {"0\r\n\r\n", "0\r\nA: b\r\n\r\n", "1\r\nx\r\n0\r\n\r\n"}) {
    for (std::size_t size = 1; size <= head.size() + body.size(); ++size) {
      RequestReader reader;
      ASSERT_TRUE(feed(reader, head + body, size)) << body << size;
      ASSERT_TRUE(reader.complete()) << body << size;
      EXPECT_EQ(reader.take().body, body.front() == '1' ? "x" : "");
    }
  }
}

TEST(RequestReader, TheLimitOfAHeaderIsExactWholeOrInPieces) {
  const std::string input = "GET / HTTP/1.1\r\nA: xxxxxxxxxxxxxxxxxx\r\n\r\n";
  const auto limit = static_cast<std::uint32_t>(input.size());
  for (std::size_t size = 1; size <= input.size(); ++size) {
    RequestReader large_enough({.header_bytes = limit});
    EXPECT_TRUE(feed(large_enough, input, size) && large_enough.complete()) << size;
    RequestReader too_small({.header_bytes = limit - 1});
    const auto read = feed(too_small, input, size);
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().kind, ReadError::Kind::header_too_large) << size;
  }
}

TEST(RequestReader, TellsWhoWaitsForContinue) {
  RequestReader reader;
  ASSERT_TRUE(reader.read(
      "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
  EXPECT_TRUE(reader.expects_continue());
  ASSERT_TRUE(reader.read("ab"));
  EXPECT_FALSE(reader.expects_continue());
}

TEST(Encode, ABodyInChunksIsReadAsOne) {
  const std::string big(70'000, 'x');
  const std::string bytes = http::encode_head({.fields = {{"A", "b"}}}, /*in_chunks=*/true) +
                            http::encode_chunk("one") + http::encode_chunk(big) +
                            std::string(http::last_chunk);
  http::ResponseReader reader;
  ASSERT_TRUE(reader.read(bytes));
  ASSERT_TRUE(reader.complete());
  const http::Response response = reader.take();
  EXPECT_EQ(response.body, "one" + big);
  EXPECT_TRUE(response.keep_alive);
  EXPECT_FALSE(http::find(response.fields, "Content-Length"));
}

TEST(Encode, ABodyUntilTheCloseHasNoFrame) {
  EXPECT_EQ(http::encode_head({.keep_alive = false}, /*in_chunks=*/false),
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
}

TEST(Encode, ABodylessAnswerSaysNothingOfALength) {
  EXPECT_EQ(http::encode(http::Response{.status = 204}), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(http::encode(http::Response{.status = 200, .body = "ab"}, /*to_head=*/true),
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
}

}  // namespace
