#pragma once

#include <poll.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/codec.h"
#include "net/connection.h"
#include "schedule/schedule.h"

/// One request and what comes back, as a state machine on a connection: many go on side by side in
/// one thread, and each can wait at the gate with all but its last bytes sent.
///
///   connect -> send up to the hold -> HELD -> release -> send the rest, receive -> finished
///
/// Received is from the beginning: a server may answer before it has all of the request.
namespace race {

/// A connection that was idle for longer is not used again: servers close idle ones after 2 s
/// (gunicorn) or 5 s (Node, uvicorn, Apache), and one that closes as the gate opens would look like
/// a request without an answer.
inline constexpr base::Nanoseconds longest_idle = std::chrono::seconds(1);

/// A connection that does not come about is tried anew after so long, then after twice that, and so
/// on: a full accept queue drops the SYN, and the kernel would wait a second to repeat it.
inline constexpr base::Nanoseconds first_connect_patience = std::chrono::milliseconds(50);

/// Up to where a request is sent before the release.
struct HeldAt {
  std::size_t bytes = 0;
  bool in_head = true;  // before the end of its head
};

/// Where to hold a request: before the last LF of its head, or before the last byte of its body; a
/// request without a body always in the head.
[[nodiscard]] HeldAt held_at(std::string_view request, schedule::Hold hold);

class Exchange {
 public:
  struct Order {
    std::string bytes;
    bool to_head = false;
    std::optional<HeldAt> hold;    // nullopt: everything is sent at once
    base::Nanoseconds timeout{0};  // of the request but for its time at the gate
  };

  /// `kept` is a connection that was used before; it is replaced if the server closed it meanwhile.
  /// Borrows the clock and the route.
  Exchange(const base::Clock& clock, const net::Route& route, std::optional<net::Connection> kept,
           Order order);

  /// All that goes before the release has been sent.
  [[nodiscard]] bool held() const;
  [[nodiscard]] bool finished() const { return complete_ || failure_.has_value(); }

  /// Still without a connection.
  [[nodiscard]] bool connecting() const { return !connected_ && !finished(); }

  /// What to poll for.
  [[nodiscard]] pollfd interest() const { return connection_.interest(); }
  /// Reads what has arrived and stamps it. Allocates, locks and parses nothing.
  void fetch() noexcept;
  /// Everything else: connects, sends, understands what was fetched, notices the deadline.
  void proceed();
  /// Opens the gate: sends the held bytes, or as many of them as the socket takes. Allocates,
  /// locks, enciphers and parses nothing.
  void release() noexcept;
  void give_up(const net::Failure& failure);

  /// When `proceed` has to be called at the latest; max while it waits at the gate.
  [[nodiscard]] base::Nanoseconds deadline() const;

  [[nodiscard]] const std::optional<net::Failure>& failure() const { return failure_; }
  /// The answer; once, where there is one.
  [[nodiscard]] http::Response take();
  /// The connection, if another request may be sent on it.
  [[nodiscard]] std::optional<net::Connection> take_connection();

  [[nodiscard]] bool anything_sent() const { return anything_sent_; }
  [[nodiscard]] bool on_kept_connection() const { return kept_; }
  /// It failed because a kept connection ended before any byte of an answer.
  [[nodiscard]] bool hung_up_on() const;
  [[nodiscard]] base::Nanoseconds sent() const { return sent_; }
  /// When its gate opened; `sent` if it did not wait there, or was answered or given up before.
  [[nodiscard]] base::Nanoseconds released() const;
  [[nodiscard]] bool held_in_head() const;
  [[nodiscard]] base::Nanoseconds answered() const { return answered_; }

 private:
  void connect();
  void line_up();
  void send() noexcept;
  void receive();
  [[nodiscard]] base::Nanoseconds expires() const;
  [[nodiscard]] bool reopen();

  const base::Clock& clock_;
  const net::Route& route_;
  net::Connection connection_;
  bool kept_;
  Order order_;
  http::ResponseReader reader_;
  bool connected_ = false;
  bool anything_sent_ = false;
  bool released_at_gate_ = false;
  bool unread_ = false;  // fetched, but not understood yet
  bool complete_ = false;
  bool keep_alive_ = false;
  std::optional<net::Failure> failure_;
  base::Nanoseconds began_{0};
  base::Nanoseconds connect_patience_ = first_connect_patience;
  base::Nanoseconds connect_again_{0};
  base::Nanoseconds sent_{0};
  base::Nanoseconds released_{0};
  base::Nanoseconds arrived_{0};
  base::Nanoseconds answered_{0};
};

/// Waits until something happens to one of the exchanges, or until the wait is over, and attends to
/// all of them once. When told to stop it gives up all of them. `polled` is scratch space.
void attend(const std::vector<Exchange*>& exchanges, std::vector<pollfd>& polled,
            const net::Wait& wait);

/// Stamps what arrives until `deadline`, and does nothing else: the last moments before a release.
/// Spins. `polled` must have room for all exchanges, so that nothing is allocated.
void watch(const std::vector<Exchange*>& exchanges, std::vector<pollfd>& polled,
           const net::Wait& wait) noexcept;

}  // namespace race
