#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/codec.h"
#include "http/message.h"

/// HTTP/2 as bytes (RFC 9113), the client's side, by nghttp2, which is compiled in this room only.
/// No I/O, as with HTTP/1.1: it is fed whatever arrived, and asked for what is to be sent.
namespace http {

using StreamId = std::int32_t;

/// How a stream ended without an answer.
struct StreamError {
  enum class Kind {
    refused,     // the server says that it did nothing with the request (RFC 9113, 8.7)
    reset,       // the server ended it, and may have acted on the request
    malformed,   // what the server said breaks the protocol
    too_large,   // more than ReadLimits
    unsendable,  // the request cannot be put into frames
  };
  Kind kind = Kind::reset;
  std::string message;
};

/// One connection. Its first bytes are the preface and our settings: no push, and windows that no
/// answer within the limits fills. Settings and pings of the server are acknowledged, trailers and
/// interim (1xx) answers skipped. Padding and priorities are not used.
class Http2 {
 public:
  explicit Http2(ReadLimits limits = {});
  ~Http2();
  Http2(Http2&&) noexcept;
  Http2& operator=(Http2&&) noexcept;

  /// The server's settings have come: its limits are known.
  [[nodiscard]] bool settled() const;
  /// How many more requests may begin: as many as the server allows at once, and none once it goes
  /// away or the connection is broken.
  [[nodiscard]] std::size_t room() const;
  /// Nothing is under way.
  [[nodiscard]] bool idle() const;
  /// How many bytes of bodies the server takes at once, all streams together.
  [[nodiscard]] std::size_t window() const;

  /// A request, to be given out as frames. Field names become lower case, Host becomes :authority,
  /// and fields that concern an HTTP/1.1 connection are left out. `all_but_the_end`: the last byte
  /// of its body, which it must have, waits for `finish`.
  [[nodiscard]] StreamId begin(const Request& request, std::string_view scheme,
                               bool all_but_the_end = false);
  /// Gives out what was kept back.
  void finish(StreamId stream);
  /// All of the request was given out, but for what is kept back.
  [[nodiscard]] bool given_out(StreamId stream) const;
  /// Nobody waits for the stream any more.
  void abandon(StreamId stream);

  /// Appends what is to be sent now. Data keeps within the windows of the server.
  void give(std::string& wire);
  /// What has arrived. A failure is the end of the connection, also a good one: the server has gone
  /// away, and nothing is under way any more. What `give` has then is the last that is sent.
  [[nodiscard]] base::Result<void, ReadError> read(std::string_view wire);

  /// Bytes of the answer that have arrived, fields and body.
  [[nodiscard]] std::size_t bytes_received(StreamId stream) const;
  /// There is an answer, or a reason why there will be none.
  [[nodiscard]] bool ended(StreamId stream) const;
  /// Either; once, when ended.
  [[nodiscard]] base::Result<Response, StreamError> take(StreamId stream);

 private:
  struct Session;
  std::unique_ptr<Session> session_;
};

}  // namespace http
