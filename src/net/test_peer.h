#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/require.h"

/// The other end of a connection, for tests: blocking and blunt.
namespace net {

class TestPeer {
 public:
  explicit TestPeer(int descriptor) : descriptor_(descriptor) {}
  ~TestPeer() { close(); }
  TestPeer(TestPeer&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  TestPeer& operator=(TestPeer&&) = delete;

  [[nodiscard]] bool valid() const { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// What arrives next; empty once the client has closed.
  [[nodiscard]] std::string read() const {
    std::array<char, 4096> buffer;
    const ssize_t got = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string();
  }
  /// Reads until the text has come, or the client has closed.
  [[nodiscard]] std::string read_until(std::string_view text) const {
    std::string all;
    for (std::size_t searched = 0; all.find(text, searched) == std::string::npos;) {
      searched = all.size() - std::min(all.size(), text.size());
      const std::string more = read();
      if (more.empty()) break;
      all += more;
    }
    return all;
  }
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  /// Closes with RST.
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }
  /// Whoever waits in `read` wakes up, on any thread.
  void wake() const { ::shutdown(descriptor_, SHUT_RDWR); }

 private:
  int descriptor_;
};

/// Listens on a free port of the loopback.
class TestListener {
 public:
  TestListener() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    base::require(::bind(descriptor_, any, size) == 0 && ::listen(descriptor_, 128) == 0 &&
                      ::getsockname(descriptor_, any, &size) == 0,
                  "a free port can be had");
    port_ = ntohs(address.sin_port);
  }
  ~TestListener() { ::close(descriptor_); }
  TestListener(const TestListener&) = delete;
  TestListener& operator=(const TestListener&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// Not valid once the listener was woken.
  [[nodiscard]] TestPeer accept() const {
    const int descriptor = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
    const int on = 1;
    if (descriptor >= 0) ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return TestPeer(descriptor);
  }
  /// Whoever waits in `accept` wakes up, on any thread.
  void wake() const { ::shutdown(descriptor_, SHUT_RDWR); }

 private:
  int descriptor_;
  int port_ = 0;
};

}  // namespace net
