#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/codec.h"
#include "net/tls.h"

/// The client's side of TCP, on bare non-blocking sockets, with TLS over it where the way leads
/// that way: whoever makes requests arrive together wants one `send` for each of them and one poll
/// for all.
namespace net {

/// Why there is no answer, or no connection. Made without an allocation but for `detail`, so that
/// it may arise while requests are being released; to_text finds the words later.
struct Failure {
  enum class Kind {
    unknown_host,  // the name has no address; `detail` has the resolver's words
    unreachable,   // no connection; `error` is the cause, from <cerrno>
    timed_out,     // `after` that long
    refused,       // the peer says that it did nothing with the request; `detail` says how
    closed,        // the peer closed before the end of an answer
    reset,         // likewise, with RST or another error on the connection
    no_tunnel,     // the proxy gave no way through; `detail` says why
    insecure,      // TLS failed; `detail` says why
    malformed,     // what came is not HTTP/1.x; `detail` says why
    too_large,     // more than http::ReadLimits
    interrupted,   // whoever waited was told to stop
  };
  Kind kind = Kind::closed;
  int error = 0;
  std::size_t bytes = 0;  // of an answer, that had arrived
  base::Nanoseconds after{0};
  std::string detail;
};

/// "connection refused", "closed by the server after 120 bytes of an answer", "timed out after
/// 30 s".
[[nodiscard]] std::string to_text(const Failure& failure);

struct Endpoint {
  std::string host;  // a name or an address; IPv6 without its brackets
  std::string port;
  bool secure = false;  // https
};

/// Reads `http://host[:port]` or `https://host[:port]`. The failure is a sentence: what was found
/// and what was expected.
[[nodiscard]] base::Result<Endpoint, std::string> parse_endpoint(std::string_view url);

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

/// Addresses of the endpoint, in the order in which to try them. Literals and `localhost` are
/// answered at once; other names by the system's resolver, which has a time limit of its own.
[[nodiscard]] base::Result<std::vector<Address>, Failure> resolve(const Endpoint& endpoint);

/// Until when to wait. Borrows both.
struct Wait {
  const base::Clock& clock;
  base::Nanoseconds deadline{0};
  const std::atomic<bool>* stop = nullptr;  // ends the wait within `stop_latency` once it is true
};

inline constexpr base::Nanoseconds stop_latency = std::chrono::milliseconds(50);

/// For how long to poll at most before looking at `stop` and the deadline again; >= 0.
[[nodiscard]] base::Nanoseconds poll_time(const Wait& wait);
/// As ppoll takes it.
[[nodiscard]] timespec to_timespec(base::Nanoseconds time);

/// Waits without a socket. False if it was told to stop.
bool pause(const Wait& wait);

/// The way to a server.
struct Route {
  std::vector<Address> addresses;  // one or more, in the order in which to try them; or a proxy's
  std::string tunnel;              // "host:port" that the proxy is asked to connect to; empty: none
  std::string proxy_authorization;  // with that; empty: none
  const Tls* tls = nullptr;  // what lies over TCP; nullptr: nothing. Outlives the connections
};

/// One connection of a client. Nothing here blocks unless its name says so. Not thread-safe; may
/// move between threads.
///
/// What is to be sent goes through a queue, in which it stands as it will be on the wire: sealed
/// before the gate opens, where there is TLS.
///
///   enqueue(a) . hold() . enqueue(b) . hold() . enqueue(c)
///   send() sends a  ->  let_go() sends b  ->  let_go() sends c
class Connection {
 public:
  /// Begins to connect to the first of the addresses that can be reached. Await what `interest`
  /// says (it changes, the descriptor too), then ask `established`.
  explicit Connection(const Route& route);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  /// True once connected, let through by the proxy and, over TLS, known to each other; false while
  /// it takes. Fails when no address is left to try.
  [[nodiscard]] base::Result<bool, Failure> established();
  /// TCP has connected; what is missing yet is the tunnel or TLS.
  [[nodiscard]] bool reached() const { return reached_; }
  [[nodiscard]] bool tunnelled() const { return tunnel_.empty(); }
  /// Blocks until connected.
  [[nodiscard]] base::Result<void, Failure> await_established(const Wait& wait);

  /// What to poll for.
  [[nodiscard]] pollfd interest() const;

  /// What TLS agreed on (ALPN); empty where it did not.
  [[nodiscard]] std::string protocol() const { return tls_ ? tls_->protocol() : std::string(); }

  /// Nothing has arrived and the peer has not closed: fit for a request. For idle connections.
  [[nodiscard]] bool fresh();

  /// Puts bytes behind those that are to be sent.
  void enqueue(std::string_view bytes);
  /// What is enqueued from now on waits until `let_go` has been called for this hold, and for those
  /// before it.
  void hold();
  /// It waits: all that stands before the first hold was sent.
  [[nodiscard]] bool held() const { return holds() && sent_ == end_of_turn(); }
  /// Sends what the socket takes now: possibly nothing. After a failed write nothing more is sent,
  /// but an answer may still come (413, say, of a server that reads no further), so go on to read.
  /// Allocates, locks and computes nothing.
  void send() noexcept;
  /// Ends the first hold, and sends up to the next.
  void let_go() noexcept;
  /// All was sent.
  [[nodiscard]] bool drained() const { return sent_ == queue_.size(); }
  /// Blocks until all of them are sent.
  [[nodiscard]] base::Result<void, Failure> send_all(std::string_view bytes, const Wait& wait);

  /// Takes what has arrived into a buffer of its own; true if anything had, the end included.
  /// Allocates nothing, deciphers and parses nothing, so it may be called while requests are
  /// released.
  bool fetch() noexcept;
  /// What was fetched and not consumed yet, deciphered. Borrows from this until it is called again.
  [[nodiscard]] std::string_view arrived();
  void consume(std::size_t size);
  /// Why nothing more comes; nullopt while something may.
  [[nodiscard]] std::optional<Failure> ended() const;
  /// Feeds the reader with what was fetched. True once the answer is complete; bytes behind it make
  /// the connection unfit for another request.
  [[nodiscard]] base::Result<bool, Failure> digest(http::ResponseReader& reader);
  /// Blocks until the answer is complete.
  [[nodiscard]] base::Result<http::Response, Failure> receive(http::ResponseReader reader,
                                                              const Wait& wait);

  /// Of the present answer, without TLS.
  [[nodiscard]] std::size_t bytes_received() const { return bytes_received_; }
  /// Forgets the last answer, before the next request.
  void expect_answer() { bytes_received_ = 0; }

 private:
  static constexpr std::size_t buffer_size = 16 * 1024;

  void connect_to_next();
  void close() noexcept;
  [[nodiscard]] base::Result<bool, Failure> reach();
  [[nodiscard]] base::Result<bool, Failure> pass_proxy();
  [[nodiscard]] base::Result<bool, Failure> secure();
  [[nodiscard]] bool holds() const { return ended_holds_ < holds_.size(); }
  /// Up to where may be sent now.
  [[nodiscard]] std::size_t end_of_turn() const {
    return holds() ? holds_[ended_holds_] : queue_.size();
  }
  [[nodiscard]] bool may_send() const { return !unwritable_ && sent_ < end_of_turn(); }
  void decipher();
  void drop_fetched(std::size_t size);
  [[nodiscard]] base::Result<void, Failure> await(const Wait& wait, base::Nanoseconds began) const;

  int descriptor_ = -1;
  std::vector<Address> addresses_;
  std::size_t next_address_ = 0;
  int error_ = 0;  // why the last address could not be reached
  bool reached_ = false;
  std::string tunnel_;  // that is missing yet
  std::string proxy_authorization_;
  std::optional<http::ResponseReader> proxy_;  // it has been asked for it
  bool connected_ = false;
  std::unique_ptr<TlsStream> tls_;  // nullptr: none

  std::string queue_;  // as it is on the wire
  std::size_t sent_ = 0;
  std::vector<std::size_t> holds_;  // places in the queue
  std::size_t ended_holds_ = 0;     // the first of them
  bool unwritable_ = false;         // a write failed

  bool ended_ = false;           // the peer closed, or the connection broke
  int end_error_ = 0;            // how it broke; 0 if it closed in good order
  bool ended_securely_ = false;  // TLS said so: the end is not somebody else's doing
  std::string end_words_;        // how TLS broke
  std::size_t bytes_received_ = 0;
  std::unique_ptr<std::array<char, buffer_size>> buffer_;
  std::size_t fetched_ = 0;  // in the buffer, not yet digested
  std::string deciphered_;   // not yet digested, where there is TLS
};

}  // namespace net
