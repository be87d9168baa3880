// HTTP/2, what a server says: whatever arrives, whole or in pieces, comes to the same, and every
// request comes to an end.
#include "http/http2.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/require.h"

namespace {

// Small, so that the fuzzer reaches them.
constexpr http::ReadLimits limits{.header_bytes = 512, .body_bytes = 256};

/// What became of three requests, one of which was not sent to its end.
struct Reading {
  std::array<std::string, 3> streams;
  bool broken = false;
};

/// On a broken connection it does not matter for what reason there is no answer.
std::string end_of(http::Http2& client, http::StreamId stream, bool broken) {
  if (!client.ended(stream)) return broken ? "none" : "open";
  base::require(client.bytes_received(stream) <= limits.header_bytes + limits.body_bytes + 512,
                "what is kept is bounded");
  const auto answer = client.take(stream);
  if (!answer && broken) return "none";
  if (!answer) return "error " + std::to_string(static_cast<int>(answer.error().kind));
  base::require(answer->status >= 100 && answer->status <= 999, "an answer has a status");
  std::string text = std::to_string(answer->status);
  for (const http::Field& field : answer->fields) text += field.name + field.value + "\n";
  return text + answer->body;
}

/// Feeds `bytes`, at most `step` at a time (0: all that is there).
Reading read(std::string_view bytes, std::size_t step) {
  http::Http2 client(limits);
  const http::Request get{.fields = {{"Host", "a"}}};
  const http::Request put{.method = "PUT", .fields = {{"Host", "a"}}, .body = "body"};
  const std::array<http::StreamId, 3> streams = {
      client.begin(get, "http"), client.begin(put, "http", true), client.begin(put, "https")};
  std::string sent;
  client.give(sent);
  Reading reading;
  while (!bytes.empty() && !reading.broken) {
    const std::string_view piece = bytes.substr(0, step == 0 ? bytes.size() : step);
    reading.broken = !client.read(piece);
    bytes.remove_prefix(piece.size());
  }
  base::require(!reading.broken || client.room() == 0, "nothing begins on what is broken");
  client.finish(streams[1]);
  client.give(sent);
  for (std::size_t i = 0; i < streams.size(); ++i)
    reading.streams[i] = end_of(client, streams[i], reading.broken);
  for (const http::StreamId stream : streams) client.abandon(stream);
  client.give(sent);
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Reading whole = read(bytes, 0);
  for (const std::size_t step : {std::size_t{1}, std::size_t{1} + data[0]}) {
    const Reading pieces = read(bytes, step);
    base::require(whole.broken == pieces.broken, "in pieces it ends in the same way");
    base::require(whole.streams == pieces.streams, "in pieces it is the same answers");
  }
  return 0;
}
