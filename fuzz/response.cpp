// HTTP answers: whatever arrives, whole or in pieces, is understood in the same way, and what is
// unpacked has its limit.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/require.h"
#include "http/codec.h"
#include "http/coding.h"

namespace {

// Small, so that the fuzzer reaches them.
constexpr http::ReadLimits limits{.header_bytes = 512, .body_bytes = 256};

/// What a connection's bytes came to: its answers, and how it ended. (What goes wrong in several
/// ways, or was cut off before it could, is refused for one reason or another.)
struct Reading {
  std::vector<http::Response> answers;
  std::string end;

  void add(http::ResponseReader& reader, bool to_head) {
    answers.push_back(reader.take());
    base::require(answers.back().body.size() <= limits.body_bytes, "a body keeps to its limit");
    reader = http::ResponseReader(to_head, limits);
  }
};

/// Feeds `bytes`, at most `step` at a time (0: all that is there).
Reading read(std::string_view bytes, std::size_t step, bool to_head) {
  Reading reading;
  http::ResponseReader reader(to_head, limits);
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, step == 0 ? bytes.size() : step);
    const auto taken = reader.read(piece);
    if (!taken) {
      reading.end = "refused";
      return reading;
    }
    base::require(*taken <= piece.size(), "no more is taken than was given");
    base::require(*taken == piece.size() || reader.complete(),
                  "only a complete answer leaves something");
    bytes.remove_prefix(*taken);
    if (reader.complete()) reading.add(reader, to_head);
  }
  const auto ended = reader.end_of_stream();
  reading.end = ended ? "between answers" : "refused";
  if (reader.complete()) reading.add(reader, to_head);
  return reading;
}

std::string text_of(const http::Response& answer) {
  std::string text = std::to_string(answer.status) + answer.reason;
  for (const http::Field& field : answer.fields) text += field.name + field.value + "\n";
  return text + answer.body + (answer.keep_alive ? "+" : "-");
}

void unpack(http::Response answer) {
  if (http::decode_body(answer, limits))
    base::require(answer.body.size() <= limits.body_bytes, "what is unpacked keeps to its limit");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool to_head = data[0] >= 128;
  const Reading whole = read(bytes, 0, to_head);
  for (const std::size_t step : {std::size_t{1}, std::size_t{1} + data[0]}) {
    const Reading pieces = read(bytes, step, to_head);
    base::require(whole.end == pieces.end, "in pieces it ends in the same way");
    base::require(whole.answers.size() == pieces.answers.size(), "in pieces it is as many answers");
    for (std::size_t i = 0; i < whole.answers.size(); ++i)
      base::require(text_of(whole.answers[i]) == text_of(pieces.answers[i]),
                    "in pieces it is the same answer");
  }
  for (const http::Response& answer : whole.answers) unpack(answer);
  // Also what no answer carried this far.
  unpack({.fields = {{"Content-Encoding", "gzip"}}, .body = std::string(bytes)});
  return 0;
}
