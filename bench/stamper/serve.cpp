#include "serve.h"

#include <fmt/format.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "conversation.h"
#include "net/connection.h"

namespace stamper {
namespace {

using base::Nanoseconds;

void check(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* stream) const { SSL_free(stream); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTls>;

/// HTTP/2 where it is offered, else HTTP/1.1.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  constexpr std::string_view ours("\x02h2\x08http/1.1");
  unsigned char* found = nullptr;
  const int result =
      SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered, offered_size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

TlsContext make_tls(const ServeOptions& options) {
  if (options.certificate.empty()) return nullptr;
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context ||
      SSL_CTX_use_certificate_chain_file(context.get(), options.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), options.key.c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error(options.certificate + ": not a certificate and its key, as PEM");
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  return context;
}

/// TLS in memory: the bytes of the wire are read here, for their stamps.
class Cipher {
 public:
  explicit Cipher(SSL_CTX* context) : stream_(SSL_new(context)) {
    BIO* in = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(stream_.get(), in, BIO_new(BIO_s_mem()));
    SSL_set_accept_state(stream_.get());
  }
  /// What the bytes say; false where they are no TLS, or its end.
  bool decipher(std::string_view wire, std::string& plain) {
    BIO_write(SSL_get_rbio(stream_.get()), wire.data(), static_cast<int>(wire.size()));
    for (std::array<char, 16 * 1024> piece;;) {
      ERR_clear_error();
      const int got = SSL_read(stream_.get(), piece.data(), static_cast<int>(piece.size()));
      if (got <= 0) return SSL_get_error(stream_.get(), got) == SSL_ERROR_WANT_READ;
      plain.append(piece.data(), static_cast<std::size_t>(got));
    }
  }
  /// What goes out: these bytes, and what TLS has to say itself.
  std::string encipher(std::string_view plain) {
    if (!plain.empty()) SSL_write(stream_.get(), plain.data(), static_cast<int>(plain.size()));
    char* bytes = nullptr;
    BIO* out = SSL_get_wbio(stream_.get());
    const long size = BIO_get_mem_data(out, &bytes);
    std::string wire(bytes, static_cast<std::size_t>(std::max(size, 0L)));
    (void)BIO_reset(out);
    return wire;
  }

 private:
  std::unique_ptr<SSL, FreeTls> stream_;
};

class Peer {
 public:
  Peer(int descriptor, SSL_CTX* tls, Book& book, const base::Clock& clock)
      : descriptor_(descriptor), book_(book), clock_(clock) {
    if (tls != nullptr) cipher_.emplace(tls);
  }
  ~Peer() { ::close(descriptor_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// One read. False at the end of the connection.
  bool hear() {
    Arrival arrival;
    const std::string_view wire = read(arrival);
    if (wire.data() == nullptr) return true;  // nothing there
    if (wire.empty()) return false;
    if (!cipher_) return converse(wire, arrival);
    std::string plain;
    const bool goes_on = cipher_->decipher(wire, plain);
    return (plain.empty() || converse(plain, arrival)) && goes_on;
  }

  /// Sends what is due. Answers are small: a socket that does not take one at once is of no use.
  bool say() {
    std::string out;
    if (conversation_) conversation_->say(out);
    const std::string wire = cipher_ ? cipher_->encipher(out) : std::move(out);
    return wire.empty() || ::send(descriptor_, wire.data(), wire.size(), MSG_NOSIGNAL) ==
                               static_cast<ssize_t>(wire.size());
  }

  [[nodiscard]] Nanoseconds next() const {
    return conversation_ ? conversation_->next() : Nanoseconds::max();
  }

 private:
  std::string_view read(Arrival& arrival) {
    iovec bytes{.iov_base = buffer_.data(), .iov_len = buffer_.size()};
    alignas(cmsghdr) std::array<char, 256> control;
    msghdr message{.msg_iov = &bytes,
                   .msg_iovlen = 1,
                   .msg_control = control.data(),
                   .msg_controllen = control.size()};
    const ssize_t got = ::recvmsg(descriptor_, &message, MSG_DONTWAIT);
    arrival.seen = clock_.now();
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    if (got <= 0) return {buffer_.data(), 0};
    for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one))
      if (one->cmsg_level == SOL_SOCKET && one->cmsg_type == SCM_TIMESTAMPING) {
        scm_timestamping stamps{};
        std::memcpy(&stamps, CMSG_DATA(one), sizeof stamps);
        const Nanoseconds wall(stamps.ts[0].tv_sec * 1'000'000'000LL + stamps.ts[0].tv_nsec);
        arrival.arrived = wall - clock_.wall() + clock_.now();
      }
    return {buffer_.data(), static_cast<std::size_t>(got)};
  }

  bool converse(std::string_view bytes, const Arrival& arrival) {
    if (!conversation_) {
      const bool http2 = http2_preface.starts_with(bytes.substr(0, http2_preface.size()));
      conversation_ = http2 ? converse_http2(book_, clock_) : converse_http1(book_, clock_);
    }
    return conversation_->hear(bytes, arrival);
  }

  int descriptor_;
  Book& book_;
  const base::Clock& clock_;
  std::optional<Cipher> cipher_;
  std::unique_ptr<Conversation> conversation_;  // once something was heard
  std::array<char, 64 * 1024> buffer_;
};

class Loop {
 public:
  Loop(int listener, int signals, SSL_CTX* tls, Book& book)
      : listener_(listener), signals_(signals), tls_(tls), book_(book), epoll_(::epoll_create1(0)) {
    check(epoll_ >= 0, "epoll");
    watch(listener_);
    watch(signals_);
  }
  ~Loop() { ::close(epoll_); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Until a signal comes.
  void run() {
    for (std::array<epoll_event, 256> ready;;) {
      const Nanoseconds now = clock_.now();
      const Nanoseconds left = now < awake_until_ ? Nanoseconds(0)
                               : due_.empty()     ? Nanoseconds(std::chrono::hours(1))
                                              : std::max(Nanoseconds(0), due_.begin()->first - now);
      const timespec timeout = net::to_timespec(left);
      const int count =
          ::epoll_pwait2(epoll_, ready.data(), static_cast<int>(ready.size()), &timeout, nullptr);
      heard_.clear();
      if (count > 0) awake_until_ = clock_.now() + stays_awake;
      if (count == 0) ::sched_yield();
      for (int i = 0; i < count; ++i) {
        const int descriptor = ready[static_cast<std::size_t>(i)].data.fd;
        if (descriptor == signals_) return;
        if (descriptor == listener_)
          accept();
        else
          hear(descriptor);
      }
      for (const int descriptor : heard_) say(descriptor);
      say_what_is_due();
    }
  }

 private:
  void watch(int descriptor) const {
    epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
    check(::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0, "epoll_ctl");
  }

  void accept() {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return;
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    peers_.emplace(descriptor, std::make_unique<Peer>(descriptor, tls_, book_, clock_));
    watch(descriptor);
  }

  void hear(int descriptor) {
    if (peers_.at(descriptor)->hear())
      heard_.push_back(descriptor);
    else
      drop(descriptor);
  }

  void say(int descriptor) {
    Peer& peer = *peers_.at(descriptor);
    if (!peer.say()) return drop(descriptor);
    if (peer.next() != Nanoseconds::max()) due_.emplace(peer.next(), descriptor);
  }

  void say_what_is_due() {
    const Nanoseconds now = clock_.now();
    while (!due_.empty() && due_.begin()->first <= now) {
      const int descriptor = due_.begin()->second;
      due_.erase(due_.begin());
      say(descriptor);
    }
  }

  /// Its descriptor may be given to the next one.
  void drop(int descriptor) {
    peers_.erase(descriptor);
    std::erase_if(due_, [descriptor](const auto& due) { return due.second == descriptor; });
  }

  static constexpr Nanoseconds stays_awake = std::chrono::milliseconds(1);

  const base::SystemClock clock_;
  int listener_;
  int signals_;
  SSL_CTX* tls_;
  Book& book_;
  int epoll_;
  std::map<int, std::unique_ptr<Peer>> peers_;
  std::vector<int> heard_;
  std::set<std::pair<Nanoseconds, int>> due_;
  Nanoseconds awake_until_{0};
};

int listen_on_loopback(int& port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  check(listener >= 0 && ::bind(listener, any, size) == 0 && ::listen(listener, 512) == 0 &&
            ::getsockname(listener, any, &size) == 0,
        "listen");
  // For the connections too: a request may be there before its connection is accepted.
  const int stamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
  check(::setsockopt(listener, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps) == 0,
        "SO_TIMESTAMPING");
  port = ntohs(address.sin_port);
  return listener;
}

}  // namespace

void serve(const ServeOptions& options) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  const int signals = ::signalfd(-1, &ends, SFD_CLOEXEC);
  const TlsContext tls = make_tls(options);
  Book book(options.work);
  int port = 0;
  const int listener = listen_on_loopback(port);
  fmt::print("listening on {}://127.0.0.1:{}\n", tls ? "https" : "http", port);
  std::fflush(stdout);
  Loop(listener, signals, tls.get(), book).run();
  ::close(listener);
  ::close(signals);
  book.print();
}

}  // namespace stamper
