#include "http/coding.h"

#include <zlib.h>

#include <array>
#include <new>
#include <string>
#include <utility>

namespace http {
namespace {

/// zlib's state, of gzip or of zlib's own format: it looks at the first bytes.
class Inflation {
 public:
  explicit Inflation(std::string_view coded) {
    constexpr int either_format = 15 + 32;
    if (inflateInit2(&state_, either_format) != Z_OK) throw std::bad_alloc();
    state_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(coded.data()));
    state_.avail_in = static_cast<uInt>(coded.size());
  }
  ~Inflation() { inflateEnd(&state_); }
  Inflation(const Inflation&) = delete;
  Inflation& operator=(const Inflation&) = delete;

  /// Appends some more. Z_STREAM_END at the end of what was coded.
  int go_on(std::string& plain) {
    std::array<char, 16 * 1024> piece;
    state_.next_out = reinterpret_cast<Bytef*>(piece.data());
    state_.avail_out = piece.size();
    const int result = inflate(&state_, Z_NO_FLUSH);
    plain.append(piece.data(), piece.size() - state_.avail_out);
    return result;
  }
  /// A member of gzip may follow another.
  [[nodiscard]] bool another() { return state_.avail_in > 0 && inflateReset(&state_) == Z_OK; }

 private:
  z_stream state_{};
};

}  // namespace

base::Result<void, ReadError> decode_body(Response& response, ReadLimits limits) {
  const auto coding = find(response.fields, "content-encoding");
  const bool known =
      coding && (same_ignoring_case(*coding, "gzip") || same_ignoring_case(*coding, "x-gzip") ||
                 same_ignoring_case(*coding, "deflate"));
  if (!known || response.body.empty()) return {};
  Inflation inflation(response.body);
  std::string plain;
  for (;;) {
    const int result = inflation.go_on(plain);
    if (plain.size() > limits.body_bytes)
      return base::failure(
          ReadError{ReadError::Kind::body_too_large, "the body is too large once it is unpacked"});
    if (result == Z_STREAM_END && !inflation.another()) break;
    if (result != Z_OK && result != Z_STREAM_END)
      return base::failure(ReadError{
          ReadError::Kind::malformed,
          "the body cannot be unpacked as its Content-Encoding says: " + std::string(*coding)});
  }
  response.body = std::move(plain);
  return {};
}

}  // namespace http
