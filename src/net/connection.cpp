#include "net/connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include "base/require.h"

namespace net {
namespace {

/// "connection refused": the system's words, as part of a sentence.
std::string words(int error) {
  std::string text = std::system_category().message(error);
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0)
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

std::string progress(std::size_t bytes) {
  if (bytes == 0) return "before an answer";
  return fmt::format("after {} {} of an answer", bytes, bytes == 1 ? "byte" : "bytes");
}

std::string span(base::Nanoseconds time) {
  if (time < std::chrono::seconds(1)) return fmt::format("{:.0f} ms", base::in_milliseconds(time));
  return fmt::format("{:.3g} s", base::in_seconds(time));
}

struct AddressList {
  addrinfo* first = nullptr;
  ~AddressList() {
    if (first != nullptr) freeaddrinfo(first);
  }
};

/// Asks the resolver; an empty list and its error code if it knows nothing.
std::pair<std::vector<Address>, int> look_up(const std::string& host, const std::string& port,
                                             int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  AddressList list;
  const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &list.first);
  std::vector<Address> addresses;
  if (error != 0) return {addresses, error};
  for (const addrinfo* info = list.first; info != nullptr; info = info->ai_next) {
    Address address;
    address.size = info->ai_addrlen;
    std::copy_n(reinterpret_cast<const char*>(info->ai_addr), info->ai_addrlen,
                reinterpret_cast<char*>(&address.storage));
    addresses.push_back(address);
  }
  return {addresses, 0};
}

}  // namespace

std::string to_text(const Failure& failure) {
  using Kind = Failure::Kind;
  switch (failure.kind) {
    case Kind::unknown_host:
    case Kind::refused:
    case Kind::no_tunnel:
    case Kind::insecure:
    case Kind::malformed:
    case Kind::too_large:
      return failure.detail;
    case Kind::unreachable:
      return words(failure.error);
    case Kind::timed_out:
      return "timed out after " + span(failure.after) +
             (failure.detail.empty() ? "" : " " + failure.detail) +
             (failure.bytes == 0 ? "" : ", " + progress(failure.bytes));
    case Kind::closed:
      return "closed by the server " + progress(failure.bytes);
    case Kind::reset:
      return (failure.error == ECONNRESET || failure.error == EPIPE ? "reset by the server "
                                                                    : words(failure.error) + " ") +
             progress(failure.bytes);
    case Kind::interrupted:
      return "interrupted";
  }
  return "";
}

base::Result<Endpoint, std::string> parse_endpoint(std::string_view url) {
  const auto wrong = [url](std::string_view why) {
    return base::failure(
        fmt::format("{}: {}, expected http://host:port or https://host:port", url, why));
  };
  const bool secure = url.starts_with("https://");
  const std::string_view scheme = secure ? "https://" : "http://";
  if (!url.starts_with(scheme)) return wrong("not an address of HTTP");
  const std::string_view authority =
      url.substr(scheme.size(), url.find('/', scheme.size()) - scheme.size());
  std::string_view host = authority;
  std::string_view port = secure ? "443" : "80";
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || host.find_first_of("@[]") != std::string_view::npos)
    return wrong("no host in it");
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size() || number == 0 || number > 65535)
    return wrong("the port is not a number from 1 to 65535");
  return Endpoint{std::string(host), std::string(port), secure};
}

base::Result<std::vector<Address>, Failure> resolve(const Endpoint& endpoint) {
  if (auto [literal, error] = look_up(endpoint.host, endpoint.port, AI_NUMERICHOST); error == 0)
    return literal;
  const bool local = endpoint.host == "localhost" || endpoint.host.ends_with(".localhost");
  if (local) {  // RFC 6761, 6.3: never asked of a name server
    std::vector<Address> addresses;
    for (const char* loopback : {"127.0.0.1", "::1"})
      for (const Address& address : look_up(loopback, endpoint.port, AI_NUMERICHOST).first)
        addresses.push_back(address);
    return addresses;
  }
  auto [addresses, error] = look_up(endpoint.host, endpoint.port, AI_ADDRCONFIG);
  if (error != 0)
    return base::failure(Failure{
        .kind = Failure::Kind::unknown_host,
        .detail = fmt::format("no address for host {}: {}", endpoint.host, gai_strerror(error))});
  return addresses;
}

timespec to_timespec(base::Nanoseconds time) {
  constexpr std::int64_t second = 1'000'000'000;
  return {.tv_sec = time.count() / second, .tv_nsec = time.count() % second};
}

base::Nanoseconds poll_time(const Wait& wait) {
  if (wait.stop != nullptr && wait.stop->load()) return base::Nanoseconds(0);
  const base::Nanoseconds left = std::max(base::Nanoseconds(0), wait.deadline - wait.clock.now());
  return wait.stop == nullptr ? left : std::min(left, stop_latency);
}

bool pause(const Wait& wait) {
  for (;;) {
    if (wait.stop != nullptr && wait.stop->load()) return false;
    const base::Nanoseconds time = poll_time(wait);
    if (time <= base::Nanoseconds(0)) return true;
    const timespec timeout = to_timespec(time);
    ppoll(nullptr, 0, &timeout, nullptr);
  }
}

Connection::Connection(const Route& route)
    : addresses_(route.addresses),
      tunnel_(route.tunnel),
      proxy_authorization_(route.proxy_authorization),
      buffer_(std::make_unique<std::array<char, buffer_size>>()) {
  base::require(!addresses_.empty(), "a connection needs an address");
  if (route.tls != nullptr) tls_ = std::make_unique<TlsStream>(*route.tls);
  connect_to_next();
}

Connection::~Connection() { close(); }

Connection::Connection(Connection&& other) noexcept { *this = std::move(other); }

Connection& Connection::operator=(Connection&& other) noexcept {
  if (this == &other) return *this;
  close();
  descriptor_ = std::exchange(other.descriptor_, -1);
  addresses_ = std::move(other.addresses_);
  next_address_ = other.next_address_;
  error_ = other.error_;
  reached_ = other.reached_;
  tunnel_ = std::move(other.tunnel_);
  proxy_authorization_ = std::move(other.proxy_authorization_);
  proxy_ = std::move(other.proxy_);
  connected_ = other.connected_;
  tls_ = std::move(other.tls_);
  queue_ = std::move(other.queue_);
  sent_ = other.sent_;
  holds_ = std::move(other.holds_);
  ended_holds_ = other.ended_holds_;
  unwritable_ = other.unwritable_;
  ended_ = other.ended_;
  end_error_ = other.end_error_;
  ended_securely_ = other.ended_securely_;
  end_words_ = std::move(other.end_words_);
  bytes_received_ = other.bytes_received_;
  buffer_ = std::move(other.buffer_);
  fetched_ = other.fetched_;
  deciphered_ = std::move(other.deciphered_);
  return *this;
}

void Connection::close() noexcept {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void Connection::connect_to_next() {
  close();
  while (next_address_ < addresses_.size()) {
    const Address& address = addresses_[next_address_++];
    descriptor_ =
        ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor_ < 0) {
      error_ = errno;
      continue;
    }
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address.storage), address.size) ==
            0 ||
        errno == EINPROGRESS)
      return;
    error_ = errno;
    close();
  }
}

base::Result<bool, Failure> Connection::established() {
  if (connected_) return true;
  auto there = reach();
  if (!there || !*there) return there;
  auto through = pass_proxy();
  if (!through || !*through) return through;
  auto secured = secure();
  if (secured) connected_ = *secured;
  return secured;
}

base::Result<bool, Failure> Connection::reach() {
  while (!reached_ && descriptor_ >= 0) {
    pollfd waiting{.fd = descriptor_, .events = POLLOUT, .revents = 0};
    if (::poll(&waiting, 1, 0) <= 0) return false;
    socklen_t size = sizeof error_;
    ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error_, &size);
    if (error_ == 0)
      reached_ = true;
    else
      connect_to_next();
  }
  if (reached_) return true;
  return base::failure(Failure{.kind = Failure::Kind::unreachable, .error = error_});
}

/// Asks the proxy for a tunnel (RFC 9110, 9.3.6). What comes behind its answer is the server's.
base::Result<bool, Failure> Connection::pass_proxy() {
  if (tunnelled()) return true;
  const auto fail = [](std::string why) {
    return base::failure(Failure{.kind = Failure::Kind::no_tunnel, .detail = std::move(why)});
  };
  if (!proxy_) {
    proxy_.emplace(true);
    queue_ = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", tunnel_);
    if (!proxy_authorization_.empty())
      queue_ += "Proxy-Authorization: " + proxy_authorization_ + "\r\n";
    queue_ += "\r\n";
  }
  send();
  fetch();
  const auto used = proxy_->read({buffer_->data(), fetched_});
  if (!used) return fail("what came from the proxy is not HTTP: " + used.error().message);
  drop_fetched(*used);
  if (!proxy_->complete() && ended_) return fail("the proxy closed before it let through");
  if (!proxy_->complete()) return false;
  const http::Response answer = proxy_->take();
  if (answer.status / 100 != 2)
    return fail(fmt::format("the proxy answered {} {} to CONNECT {}", answer.status, answer.reason,
                            tunnel_));
  tunnel_.clear();
  proxy_.reset();
  return true;
}

base::Result<bool, Failure> Connection::secure() {
  if (!tls_) return true;
  fetch();
  tls_->receive({buffer_->data(), std::exchange(fetched_, 0)});
  const auto done = tls_->shake_hands(queue_);
  send();
  if (!done) return base::failure(Failure{.kind = Failure::Kind::insecure, .detail = done.error()});
  if (!*done && ended_)
    return base::failure(Failure{.kind = Failure::Kind::insecure,
                                 .detail = "closed by the server in the TLS handshake"});
  if (*done) decipher();  // a server may send something with the last bytes of its handshake
  return *done;
}

pollfd Connection::interest() const {
  if (!reached_) return {.fd = descriptor_, .events = POLLOUT, .revents = 0};
  const int events = POLLIN | (may_send() ? POLLOUT : 0);
  return {.fd = descriptor_, .events = static_cast<short>(events), .revents = 0};
}

base::Result<void, Failure> Connection::await(const Wait& wait, base::Nanoseconds began) const {
  for (;;) {
    if (wait.stop != nullptr && wait.stop->load())
      return base::failure(Failure{.kind = Failure::Kind::interrupted, .bytes = bytes_received_});
    // Asked before the poll: a peer that sends a byte at a time is always ready.
    if (const base::Nanoseconds now = wait.clock.now(); now >= wait.deadline)
      return base::failure(Failure{
          .kind = Failure::Kind::timed_out, .bytes = bytes_received_, .after = now - began});
    const timespec timeout = to_timespec(poll_time(wait));
    pollfd waiting = interest();
    if (::ppoll(&waiting, 1, &timeout, nullptr) > 0) return {};
  }
}

base::Result<void, Failure> Connection::await_established(const Wait& wait) {
  const base::Nanoseconds began = wait.clock.now();
  for (;;) {
    const auto done = established();
    if (!done) return base::failure(done.error());
    if (*done) return {};
    if (auto ready = await(wait, began); !ready) return ready;
  }
}

bool Connection::fresh() {
  if (descriptor_ < 0 || !connected_ || ended_) return false;
  while (fetch()) decipher();  // tickets of TLS may come at any time
  return !ended_ && arrived().empty();
}

void Connection::enqueue(std::string_view bytes) {
  if (!holds() && drained()) {
    queue_.clear();
    holds_.clear();
    sent_ = ended_holds_ = 0;
  }
  if (tls_)
    tls_->encrypt(bytes, queue_);
  else
    queue_ += bytes;
}

void Connection::hold() { holds_.push_back(queue_.size()); }

void Connection::send() noexcept {
  while (may_send()) {
    const ssize_t sent =
        ::send(descriptor_, queue_.data() + sent_, end_of_turn() - sent_, MSG_NOSIGNAL);
    if (sent >= 0)
      sent_ += static_cast<std::size_t>(sent);
    else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
      return;
    else
      unwritable_ = true;
  }
}

void Connection::let_go() noexcept {
  if (holds()) ++ended_holds_;
  send();
}

base::Result<void, Failure> Connection::send_all(std::string_view bytes, const Wait& wait) {
  const base::Nanoseconds began = wait.clock.now();
  enqueue(bytes);
  for (;;) {
    send();
    if (unwritable_)
      return base::failure(
          Failure{.kind = Failure::Kind::reset, .error = EPIPE, .bytes = bytes_received_});
    if (drained()) return {};
    if (auto ready = await(wait, began); !ready) return ready;
  }
}

bool Connection::fetch() noexcept {
  if (ended_ || fetched_ == buffer_size) return false;
  const ssize_t got =
      ::recv(descriptor_, buffer_->data() + fetched_, buffer_size - fetched_, MSG_DONTWAIT);
  if (got > 0) {
    // A server that writes head and body apart waits for our acknowledgement in between (Nagle),
    // and the kernel would delay that by 40 ms. The option lasts for one segment or so.
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    fetched_ += static_cast<std::size_t>(got);
    return true;
  }
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return false;
  ended_ = true;
  end_error_ = got == 0 ? 0 : errno;
  return true;
}

void Connection::decipher() {
  if (!tls_) return;
  tls_->receive({buffer_->data(), std::exchange(fetched_, 0)});
  const auto goes_on = tls_->decrypt(deciphered_, queue_);
  if (goes_on && *goes_on) return;
  ended_ = true;
  ended_securely_ = goes_on.has_value();
  if (!goes_on) end_words_ = goes_on.error();
}

std::string_view Connection::arrived() {
  if (fetched_ > 0) decipher();
  return tls_ ? std::string_view(deciphered_) : std::string_view(buffer_->data(), fetched_);
}

void Connection::consume(std::size_t size) {
  bytes_received_ += size;
  if (tls_) {
    deciphered_.erase(0, size);
    return;
  }
  drop_fetched(size);
}

void Connection::drop_fetched(std::size_t size) {
  std::copy(buffer_->begin() + static_cast<std::ptrdiff_t>(size),
            buffer_->begin() + static_cast<std::ptrdiff_t>(fetched_), buffer_->begin());
  fetched_ -= size;
}

std::optional<Failure> Connection::ended() const {
  using Kind = Failure::Kind;
  if (!ended_) return std::nullopt;
  if (!end_words_.empty())
    return Failure{.kind = Kind::insecure, .bytes = bytes_received_, .detail = end_words_};
  return Failure{.kind = end_error_ != 0 ? Kind::reset : Kind::closed,
                 .error = end_error_,
                 .bytes = bytes_received_};
}

base::Result<bool, Failure> Connection::digest(http::ResponseReader& reader) {
  const auto refuse = [this](const http::ReadError& error) {
    const bool malformed = error.kind == http::ReadError::Kind::malformed;
    return base::failure(Failure{
        .kind = malformed ? Failure::Kind::malformed : Failure::Kind::too_large,
        .bytes = bytes_received_,
        .detail = malformed ? "not an answer of HTTP/1.x: " + error.message : error.message});
  };
  const auto used = reader.read(arrived());
  if (!used) return refuse(used.error());
  consume(*used);  // bytes behind a complete answer stay, and `fresh` sees them
  if (reader.complete()) return true;
  if (!ended_) return false;
  // A body that lasts until the close is whole only if TLS says that this was the close (RFC 9112,
  // 9.8).
  if (end_error_ != 0 || (tls_ && !ended_securely_)) return base::failure(*ended());
  if (const auto end = reader.end_of_stream();
      !end && end.error().kind != http::ReadError::Kind::cut_off)
    return refuse(end.error());
  if (reader.complete()) return true;
  return base::failure(*ended());
}

base::Result<http::Response, Failure> Connection::receive(http::ResponseReader reader,
                                                          const Wait& wait) {
  const base::Nanoseconds began = wait.clock.now();
  for (;;) {
    fetch();
    const auto complete = digest(reader);
    if (!complete) return base::failure(complete.error());
    if (*complete) return reader.take();
    if (auto ready = await(wait, began); !ready) return base::failure(ready.error());
  }
}

}  // namespace net
