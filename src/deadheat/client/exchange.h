#pragma once

#include <poll.h>

#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "client/line.h"
#include "http/message.h"
#include "net/connection.h"

/// One request and what comes back, as a state machine on a line: many go on side by side in one
/// thread, and each can wait at the gate with all but its last bytes sent.
///
///   connect -> send up to the hold -> HELD -> make ready -> release -> send the rest -> finished
///
/// Received is from the beginning: a server may answer before it has all of the request.
namespace client {

/// A line that was idle for longer is not used again: servers close idle connections after 2 s
/// (gunicorn) or 5 s (Node, uvicorn, Apache), and one that closes as the gate opens would look like
/// a request without an answer.
inline constexpr base::Nanoseconds longest_idle = std::chrono::seconds(1);

/// A connection that does not come about is tried anew after so long, then after twice that, and so
/// on: a full accept queue drops the SYN, and the kernel would wait a second to repeat it.
inline constexpr base::Nanoseconds first_connect_patience = std::chrono::milliseconds(50);

class Exchange {
 public:
  struct Order {
    http::Request request;
    Gate gate = Gate::none;
    base::Nanoseconds timeout{0};  // of the request but for its time at the gate
  };

  /// On a line of its own: `kept` was used before, and is replaced if the server closed it
  /// meanwhile. Borrows the clock and the way.
  Exchange(const base::Clock& clock, const Way& way, std::unique_ptr<Line> kept, Order order);
  /// On a line that others share, if that has room; else on one of its own. Borrows all three.
  Exchange(const base::Clock& clock, const Way& way, Line& shared, Order order);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// All that goes before the release has been sent.
  [[nodiscard]] bool held() const;
  [[nodiscard]] bool finished() const { return answer_.has_value() || failure_.has_value(); }

  /// Still without a connection.
  [[nodiscard]] bool connecting() const { return !connected_ && !finished(); }

  /// What to poll for.
  [[nodiscard]] pollfd interest() const { return line_->interest(); }
  /// Reads what has arrived and stamps it. Allocates, locks and parses nothing.
  void fetch() noexcept;
  /// Everything else: connects, sends, understands what was fetched, notices the deadline.
  void proceed();
  /// Where it is held, shortly before the release: what is left of the request stands on its line
  /// as it will be sent. First for all that are released at once, and then `seal`, likewise for
  /// all: what shares a line is one write. What is released later may be made ready after that.
  void make_ready();
  void seal();
  /// Opens the gate: sends what is ready, or as much of it as the socket takes. Allocates, locks,
  /// enciphers and parses nothing. If it is not held it need not wait any more.
  void release() noexcept;
  void give_up(const net::Failure& failure);

  /// When `proceed` has to be called at the latest; max while it waits at the gate.
  [[nodiscard]] base::Nanoseconds deadline() const;

  [[nodiscard]] const std::optional<net::Failure>& failure() const { return failure_; }
  /// The answer; once, where there is one.
  [[nodiscard]] http::Response take();
  /// Its own line, if another request may be sent on it; nullptr otherwise.
  [[nodiscard]] std::unique_ptr<Line> take_line();

  [[nodiscard]] bool anything_sent() const { return anything_sent_; }
  [[nodiscard]] bool on_kept_line() const { return kept_; }
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
  void begin();
  void send();
  void receive();
  [[nodiscard]] bool holds_body() const;
  [[nodiscard]] base::Nanoseconds expires() const;
  void move_to_new_line();
  [[nodiscard]] bool reopen();

  const base::Clock& clock_;
  const Way& way_;
  std::unique_ptr<Line> own_;
  Line* line_;  // its own or a shared one
  bool kept_;
  Order order_;
  bool connected_ = false;
  std::optional<Line::Ticket> ticket_;  // once begun
  bool ready_ = false;                  // for the release
  std::optional<Line::Turn> turn_;      // of its line, in which it is released
  bool gate_open_;
  bool anything_sent_ = false;
  bool released_at_gate_ = false;
  bool keep_alive_ = false;
  std::optional<http::Response> answer_;
  std::optional<net::Failure> failure_;
  base::Nanoseconds began_{0};
  base::Nanoseconds connect_patience_ = first_connect_patience;
  base::Nanoseconds connect_again_{0};
  base::Nanoseconds sent_{0};
  base::Nanoseconds released_{0};
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

}  // namespace client
