#include "race/exchange.h"

#include <algorithm>
#include <utility>

#include "base/require.h"

namespace race {
namespace {

using base::Nanoseconds;

net::Connection connection_by(const net::Route& route, std::optional<net::Connection> kept) {
  return kept && kept->fresh() ? std::move(*kept) : net::Connection(route);
}

timespec to_timespec(Nanoseconds time) {
  constexpr std::int64_t second = 1'000'000'000;
  return {.tv_sec = time.count() / second, .tv_nsec = time.count() % second};
}

/// The exchanges that can be polled, in `polled`; those that cannot have descriptor -1 there.
void list(const std::vector<Exchange*>& exchanges, std::vector<pollfd>& polled) {
  polled.clear();
  for (const Exchange* exchange : exchanges)
    polled.push_back(exchange->finished() ? pollfd{.fd = -1, .events = 0, .revents = 0}
                                          : exchange->interest());
}

void fetch_ready(const std::vector<Exchange*>& exchanges, const std::vector<pollfd>& polled) {
  for (std::size_t i = 0; i < exchanges.size(); ++i)
    if ((polled[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) exchanges[i]->fetch();
}

}  // namespace

HeldAt held_at(std::string_view request, schedule::Hold hold) {
  const std::size_t end_of_head = request.find("\r\n\r\n") + 4;
  base::require(end_of_head >= 4, "a request has a head");
  if (hold == schedule::Hold::body && request.size() > end_of_head)
    return {.bytes = request.size() - 1, .in_head = false};
  return {.bytes = end_of_head - 1, .in_head = true};
}

Exchange::Exchange(const base::Clock& clock, const net::Route& route,
                   std::optional<net::Connection> kept, Order order)
    : clock_(clock),
      route_(route),
      connection_(connection_by(route, std::move(kept))),
      kept_(connection_.fresh()),
      order_(std::move(order)),
      reader_(order_.to_head),
      began_(clock.now()),
      connect_again_(began_ + connect_patience_) {
  connection_.expect_answer();
  connected_ = kept_;
  if (connected_) line_up();
}

bool Exchange::held() const { return !finished() && connected_ && connection_.held(); }

void Exchange::fetch() noexcept {
  if (!connected_ || finished() || !connection_.fetch()) return;
  arrived_ = clock_.now();
  unread_ = true;
}

void Exchange::proceed() {
  if (finished()) return;
  if (!connected_) connect();
  if (connected_) {
    send();
    receive();
  }
  if (!finished() && clock_.now() >= expires())
    give_up({.kind = net::Failure::Kind::timed_out,
             .bytes = connection_.bytes_received(),
             .after = order_.timeout,
             .detail = connection_.reached() && !connected_ ? "in the TLS handshake" : ""});
}

void Exchange::connect() {
  const auto established = connection_.established();
  if (!established) return give_up(established.error());
  connected_ = *established;
  if (connected_) return line_up();
  if (const Nanoseconds now = clock_.now(); !connection_.reached() && now >= connect_again_) {
    connection_ = net::Connection(route_);
    connect_patience_ *= 2;
    connect_again_ = now + connect_patience_;
  }
}

/// All of the request stands ready, as it will be on the wire.
void Exchange::line_up() {
  const std::string_view bytes = order_.bytes;
  const std::size_t first = order_.hold ? order_.hold->bytes : bytes.size();
  connection_.enqueue(bytes.substr(0, first));
  if (order_.hold) connection_.hold();
  connection_.enqueue(bytes.substr(first));
}

void Exchange::send() noexcept {
  const bool all_is_held = order_.hold && order_.hold->bytes == 0 && !released_at_gate_;
  if (!all_is_held && !std::exchange(anything_sent_, true)) sent_ = clock_.now();
  connection_.send();
}

void Exchange::receive() {
  while (std::exchange(unread_, false)) {
    const auto complete = connection_.digest(reader_);
    if (!complete) {
      if (!reopen()) give_up(complete.error());
      return;
    }
    if (*complete) {
      complete_ = true;
      answered_ = arrived_;
      return;
    }
    fetch();
  }
}

/// A kept connection that the server closed while the head was held: the server cannot have acted
/// on a head that it never had, so this is no retry of a request (RFC 9112, 9.3.1).
bool Exchange::reopen() {
  const bool harmless = kept_ && order_.hold && order_.hold->in_head && !released_at_gate_ &&
                        connection_.bytes_received() == 0;
  if (!harmless) return false;
  connection_ = net::Connection(route_);
  connect_again_ = clock_.now() + connect_patience_;
  kept_ = connected_ = anything_sent_ = false;
  return true;
}

void Exchange::release() noexcept {
  if (held()) {
    released_ = clock_.now();
    released_at_gate_ = true;
    if (!std::exchange(anything_sent_, true)) sent_ = released_;
  } else {
    order_.hold.reset();  // it comes late to an open gate, and need not wait
  }
  if (connected_ && !finished()) connection_.let_go();
}

void Exchange::give_up(const net::Failure& failure) {
  if (finished()) return;
  failure_ = failure;
  answered_ = clock_.now();
}

bool Exchange::hung_up_on() const {
  return kept_ && failure_ && failure_->bytes == 0 &&
         (failure_->kind == net::Failure::Kind::closed ||
          failure_->kind == net::Failure::Kind::reset);
}

Nanoseconds Exchange::deadline() const {
  return connection_.reached() ? expires() : std::min(expires(), connect_again_);
}

Nanoseconds Exchange::expires() const {
  if (held()) return Nanoseconds::max();
  return (released_at_gate_ ? released_ : began_) + order_.timeout;
}

http::Response Exchange::take() {
  http::Response response = reader_.take();
  keep_alive_ = response.keep_alive;
  return response;
}

std::optional<net::Connection> Exchange::take_connection() {
  if (!complete_ || !keep_alive_ || !connection_.drained() || !connection_.fresh())
    return std::nullopt;
  return std::move(connection_);
}

Nanoseconds Exchange::released() const { return released_at_gate_ ? released_ : sent_; }

bool Exchange::held_in_head() const {
  return released_at_gate_ && order_.hold->in_head && released_ != sent_;
}

void attend(const std::vector<Exchange*>& exchanges, std::vector<pollfd>& polled,
            const net::Wait& wait) {
  list(exchanges, polled);
  net::Wait earliest = wait;
  for (const Exchange* exchange : exchanges)
    if (!exchange->finished())
      earliest.deadline = std::min(earliest.deadline, exchange->deadline());
  const timespec timeout = to_timespec(net::poll_time(earliest));
  if (::ppoll(polled.data(), polled.size(), &timeout, nullptr) > 0) fetch_ready(exchanges, polled);
  const bool stopped = wait.stop != nullptr && wait.stop->load();
  for (Exchange* exchange : exchanges) {
    exchange->proceed();
    if (stopped) exchange->give_up({.kind = net::Failure::Kind::interrupted});
  }
}

void watch(const std::vector<Exchange*>& exchanges, std::vector<pollfd>& polled,
           const net::Wait& wait) noexcept {
  while (wait.clock.now() < wait.deadline && (wait.stop == nullptr || !wait.stop->load())) {
    list(exchanges, polled);
    const timespec at_once{};
    if (::ppoll(polled.data(), polled.size(), &at_once, nullptr) > 0)
      fetch_ready(exchanges, polled);
  }
}

}  // namespace race
