// HTTP requests: whatever arrives, whole or in pieces, is understood in the same way.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/require.h"
#include "http/codec.h"

namespace {

// Small, so that the fuzzer reaches them.
constexpr http::ReadLimits limits{.header_bytes = 512, .body_bytes = 256};

/// What a connection's bytes came to: its requests, and how it ended. (What goes wrong in several
/// ways, or was cut off before it could, is refused for one reason or another.)
struct Reading {
  std::vector<http::Request> requests;
  std::string end;

  void add(http::RequestReader& reader) {
    requests.push_back(reader.take());
    reader = http::RequestReader(limits);
  }
};

/// Feeds `bytes`, at most `step` at a time (0: all that is there).
Reading read(std::string_view bytes, std::size_t step) {
  Reading reading;
  http::RequestReader reader(limits);
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, step == 0 ? bytes.size() : step);
    const auto taken = reader.read(piece);
    if (!taken) {
      reading.end = "refused";
      return reading;
    }
    base::require(*taken <= piece.size(), "no more is taken than was given");
    base::require(*taken == piece.size() || reader.complete(),
                  "only a complete request leaves something");
    base::require(*taken > 0, "there is progress");
    (void)reader.expects_continue();
    bytes.remove_prefix(*taken);
    if (reader.complete()) reading.add(reader);
  }
  const auto ended = reader.end_of_stream();
  base::require(ended.has_value() != reader.started(),
                "a request that began and did not end is an error");
  reading.end = ended ? "between requests" : "refused";
  return reading;
}

bool same(const http::Request& a, const http::Request& b) {
  if (a.fields.size() != b.fields.size()) return false;
  for (std::size_t i = 0; i < a.fields.size(); ++i)
    if (a.fields[i].name != b.fields[i].name || a.fields[i].value != b.fields[i].value)
      return false;
  return a.method == b.method && a.target == b.target && a.body == b.body &&
         a.keep_alive == b.keep_alive;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Reading whole = read(bytes, 0);
  for (const std::size_t step : {std::size_t{1}, std::size_t{1} + data[0]}) {
    const Reading pieces = read(bytes, step);
    base::require(whole.end == pieces.end, "in pieces it ends in the same way");
    base::require(whole.requests.size() == pieces.requests.size(),
                  "in pieces it is as many requests");
    for (std::size_t i = 0; i < whole.requests.size(); ++i)
      base::require(same(whole.requests[i], pieces.requests[i]),
                    "in pieces it is the same request");
  }
  return 0;
}
