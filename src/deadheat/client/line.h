#pragma once

#include <poll.h>

#include <cstddef>
#include <optional>
#include <string>

#include "base/clock.h"
#include "http/codec.h"
#include "http/http2.h"
#include "net/connection.h"

/// A connection and what is spoken on it: HTTP/1.1, where exchanges take turns, or HTTP/2, where
/// many go on at once.
///
///   exchange a ──┐
///   exchange b ──┼── Line: Http2 ── Connection: the queue, TLS, TCP       many, released by one
///   write exchange c ──┘ exchange d ───── Line: HTTP/1.1 ── Connection                         one
namespace client {

/// How a step waits at the gate.
enum class Gate {
  none,
  headers,
  body,
  unsent,  // prepared and connected, nothing sent
};

/// The way to a target, and what is spoken there.
struct Way {
  enum class Speaks {
    http1,
    http2,      // from the first byte, or TLS has to agree on it
    as_agreed,  // as TLS agrees (ALPN)
  };
  net::Route route;
  std::string scheme = "http";
  Speaks speaks = Speaks::http1;
};

class Line {
 public:
  using Ticket = http::StreamId;
  /// What leaves together. From 1, in the order in which they leave.
  using Turn = std::size_t;

  /// Begins to connect. Borrows the way.
  explicit Line(const Way& way);

  /// True once requests can be sent: with HTTP/2 that is when the server's limits are known.
  [[nodiscard]] base::Result<bool, net::Failure> established();
  /// TCP has connected.
  [[nodiscard]] bool reached() const { return connection_.reached(); }
  /// What it waits for until it is established, for messages: "in the TLS handshake".
  [[nodiscard]] const char* stage() const;
  [[nodiscard]] pollfd interest() const { return connection_.interest(); }

  /// Established, with nothing under way and nothing arrived: fit for a request. For idle lines.
  [[nodiscard]] bool fresh();
  /// Many exchanges can go on at once.
  [[nodiscard]] bool multiplexes() const { return http2_.has_value(); }
  /// How many more exchanges can, with how many bytes of bodies that the server takes at once.
  [[nodiscard]] std::size_t room() const { return http2_ ? http2_->room() : 1; }
  [[nodiscard]] bool has_room(std::size_t body_bytes) const;

  // What an exchange does, in this order. A request of HTTP/1.1 is begun at once, and what is to
  // wait of it stands behind a hold. So is one of HTTP/2 if only the end of its body has to wait.
  // Else it waits as a whole and is begun when the gate is about to open, for a server may act on a
  // head that is complete. (It could be cut in two frames; but between them nothing else may stand
  // on the connection, so only one exchange could wait like that.)

  /// Puts the request in the queue.
  [[nodiscard]] Ticket begin(const http::Request& request, Gate gate);
  /// All that goes before the gate has been sent.
  [[nodiscard]] bool at_gate(Ticket ticket) const;
  /// The rest of the request is next.
  void finish(Ticket ticket);
  /// What was begun and finished since the last turn waits for `let_go` in the queue, as it will
  /// be on the wire: one write, and with TLS one record, if it fits in one (16 KiB).
  Turn seal();
  /// Sends the turn, and those before it, at the first call; tells when that was. Allocates, locks
  /// and computes nothing.
  base::Nanoseconds let_go(Turn turn, const base::Clock& clock) noexcept;
  /// Puts everything else in the queue, so that `interest` knows of it.
  void queue();
  /// And sends what the socket takes of it.
  void send();

  /// Reads what has arrived and stamps it. Allocates, locks and parses nothing.
  void fetch(const base::Clock& clock) noexcept;
  /// Understands what was fetched, and what arrives meanwhile, but nothing more once it is later
  /// than `until`.
  void receive(const base::Clock& clock, base::Nanoseconds until);
  [[nodiscard]] base::Nanoseconds arrived() const { return arrived_; }

  /// Why the connection is of no use any more.
  [[nodiscard]] const std::optional<net::Failure>& failure() const { return failure_; }
  /// The exchange has its answer, or will never have one.
  [[nodiscard]] bool ended(Ticket ticket) const;
  /// The answer, unpacked; once, when ended.
  [[nodiscard]] base::Result<http::Response, net::Failure> take(Ticket ticket);
  [[nodiscard]] std::size_t bytes_received(Ticket ticket) const;
  /// Nobody waits for it any more.
  void abandon(Ticket ticket);

 private:
  [[nodiscard]] base::Result<http::Response, net::Failure> take_as_sent(Ticket ticket);
  void digest_http1();
  void digest_http2();

  const Way& way_;
  net::Connection connection_;
  bool chosen_ = false;                        // what is spoken
  std::optional<http::ResponseReader> http1_;  // of the present exchange
  std::optional<http::Http2> http2_;
  std::optional<net::Failure> failure_;  // of the connection
  bool unsealed_ = false;                // something was begun or finished since the last turn
  Turn sealed_ = 0;                      // how many turns there have been
  Turn gone_ = 0;                        // how many of them have been let go
  base::Nanoseconds let_go_at_{0};       // the last of these
  bool unread_ = false;                  // fetched, but not understood yet
  base::Nanoseconds arrived_{0};
};

}  // namespace client
