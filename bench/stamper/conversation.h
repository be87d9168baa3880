#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "book.h"

namespace stamper {

/// What is spoken on a connection, the server's side: bytes in, bytes out.
class Conversation {
 public:
  virtual ~Conversation() = default;
  /// What has arrived. False: the connection is of no use any more.
  [[nodiscard]] virtual bool hear(std::string_view bytes, const Arrival& arrival) = 0;
  /// Appends what is to be sent now.
  virtual void say(std::string& out) = 0;
  /// When there is more to say; max: not before something is heard.
  [[nodiscard]] virtual base::Nanoseconds next() const = 0;
};

/// HTTP/1.1. A request is stamped as the read that brought its last byte.
[[nodiscard]] std::unique_ptr<Conversation> converse_http1(Book& book, const base::Clock& clock);
/// HTTP/2, by nghttp2. One read may bring the ends of many requests; each is stamped as it is
/// understood, one after another, as a server would begin to work on it.
[[nodiscard]] std::unique_ptr<Conversation> converse_http2(Book& book, const base::Clock& clock);

/// What a client of HTTP/2 says first.
inline constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace stamper
