#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

/// HTTP/1.1 as bytes (RFC 9112), by Boost.Beast, which is compiled in this room only. No I/O:
/// readers are fed whatever arrived, in pieces of any size.
namespace http {

/// The bytes of a request. Content-Length is added when there is a body or the method usually has
/// one; nothing else is: the caller gives Host and the rest.
[[nodiscard]] std::string encode(const Request& request);

/// The bytes of a response. Adds Content-Length (also to an answer to HEAD, whose body is not sent)
/// and, unless `response.keep_alive`, "Connection: close".
[[nodiscard]] std::string encode(const Response& response, bool to_head = false);

/// The head of a response whose body is not there yet, and is to follow in chunks or, not
/// `in_chunks`, until the connection closes.
[[nodiscard]] std::string encode_head(const Response& response, bool in_chunks);
/// A piece of such a body, which is not empty: an empty chunk is the last one.
[[nodiscard]] std::string encode_chunk(std::string_view piece);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// How much of a message a reader takes before it refuses. Reaching a limit is an error, never a
/// cut.
struct ReadLimits {
  std::uint32_t header_bytes = 64 * 1024;        // start line and fields together
  std::uint32_t request_line_bytes = 64 * 1024;  // of a request
  std::uint64_t body_bytes = 16 * 1024 * 1024;
};

struct ReadError {
  enum class Kind {
    malformed,  // not HTTP/1.x
    header_too_large,
    request_line_too_long,
    body_too_large,
    cut_off,  // the peer closed in the middle of a message
  };
  Kind kind = Kind::malformed;
  std::string message;
};

/// Reads one response. `to_head`: it answers a HEAD request, so no body follows whatever its fields
/// say. Interim (1xx) responses are skipped.
class ResponseReader {
 public:
  explicit ResponseReader(bool to_head = false, ReadLimits limits = {});
  ~ResponseReader();
  ResponseReader(ResponseReader&&) noexcept;
  ResponseReader& operator=(ResponseReader&&) noexcept;

  /// Takes what belongs to this response and says how many bytes that was: fewer than given means
  /// that the response is complete and the rest belongs to the next.
  [[nodiscard]] base::Result<std::size_t, ReadError> read(std::string_view bytes);
  /// The peer closed. A body that lasts until the close is complete then; anything else is
  /// `cut_off`.
  [[nodiscard]] base::Result<void, ReadError> end_of_stream();
  /// True once anything of the response has arrived.
  [[nodiscard]] bool started() const;
  [[nodiscard]] bool complete() const;
  /// The response; once, when complete.
  [[nodiscard]] Response take();

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// Reads one request.
class RequestReader {
 public:
  explicit RequestReader(ReadLimits limits = {});
  ~RequestReader();
  RequestReader(RequestReader&&) noexcept;
  RequestReader& operator=(RequestReader&&) noexcept;

  [[nodiscard]] base::Result<std::size_t, ReadError> read(std::string_view bytes);
  /// The peer closed: an error unless nothing of a request had arrived.
  [[nodiscard]] base::Result<void, ReadError> end_of_stream();
  [[nodiscard]] bool started() const;
  /// The head is there, and the client waits for "100 Continue" before it sends the body.
  [[nodiscard]] bool expects_continue() const;
  [[nodiscard]] bool complete() const;
  [[nodiscard]] Request take();

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace http
