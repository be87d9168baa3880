#include "client/line.h"

#include <utility>

#include "base/require.h"
#include "http/coding.h"

namespace client {
namespace {

using net::Failure;

/// Up to where a request of HTTP/1.1 is sent before the release: before the last LF of its head, or
/// before the last byte of its body.
std::size_t held_at(std::string_view request, Gate gate) {
  if (gate == Gate::none) return request.size();
  if (gate == Gate::unsent) return 0;
  const std::size_t end_of_head = request.find("\r\n\r\n") + 4;
  base::require(end_of_head >= 4, "a request has a head");
  return (gate == Gate::body && request.size() > end_of_head ? request.size() : end_of_head) - 1;
}

Failure to_failure(const http::ReadError& error, std::size_t bytes) {
  const bool too_large = error.kind == http::ReadError::Kind::body_too_large;
  return {.kind = too_large ? Failure::Kind::too_large : Failure::Kind::malformed,
          .bytes = bytes,
          .detail = error.message};
}

Failure to_failure(const http::StreamError& error, std::size_t bytes) {
  using Kind = http::StreamError::Kind;
  switch (error.kind) {
    case Kind::refused:
    case Kind::unsendable:
      return {.kind = Failure::Kind::refused, .bytes = bytes, .detail = error.message};
    case Kind::too_large:
      return {.kind = Failure::Kind::too_large, .bytes = bytes, .detail = error.message};
    case Kind::reset:
    case Kind::malformed:
      break;
  }
  return {.kind = Failure::Kind::malformed, .bytes = bytes, .detail = error.message};
}

}  // namespace

Line::Line(const Way& way) : way_(way), connection_(way.route) {}

base::Result<bool, Failure> Line::established() {
  auto connected = connection_.established();
  if (!connected || !*connected) return connected;
  if (!std::exchange(chosen_, true)) {
    const bool agreed = connection_.protocol() == "h2";
    if (way_.speaks == Way::Speaks::http2 && way_.route.tls != nullptr && !agreed)
      failure_ = Failure{.kind = Failure::Kind::malformed,
                         .detail =
                             "the server did not agree to HTTP/2; run: {http: auto} takes "
                             "what it speaks"};
    else if (agreed || way_.speaks == Way::Speaks::http2)
      http2_.emplace();
  }
  if (http2_) {
    send();
    connection_.fetch();
    digest_http2();
  }
  if (failure_) return base::failure(*failure_);
  return !http2_ || http2_->settled();
}

const char* Line::stage() const {
  if (!connection_.reached()) return "";
  if (!connection_.tunnelled()) return "before the proxy let through";
  return chosen_ ? "before the server spoke HTTP/2" : "in the TLS handshake";
}

bool Line::fresh() {
  if (!chosen_ || failure_ || !connection_.drained()) return false;
  if (!http2_) return connection_.fresh();
  while (connection_.fetch()) digest_http2();
  send();
  return !failure_ && http2_->idle() && http2_->room() > 0;
}

bool Line::has_room(std::size_t body_bytes) const {
  return !http2_ || (http2_->room() > 0 && http2_->window() >= body_bytes);
}

Line::Ticket Line::begin(const http::Request& request, Gate gate) {
  unsealed_ = http2_.has_value();
  if (http2_) return http2_->begin(request, way_.scheme, gate == Gate::body);
  const std::string bytes = http::encode(request);
  const std::size_t first = held_at(bytes, gate);
  http1_.emplace(request.method == "HEAD");
  connection_.expect_answer();
  connection_.enqueue(std::string_view(bytes).substr(0, first));
  if (gate != Gate::none) {
    connection_.hold();
    ++sealed_;
  }
  connection_.enqueue(std::string_view(bytes).substr(first));
  return 0;
}

bool Line::at_gate(Ticket ticket) const {
  if (!http2_) return connection_.held();
  return http2_->given_out(ticket) && (connection_.drained() || connection_.held());
}

void Line::finish(Ticket ticket) {
  unsealed_ = http2_.has_value();
  if (http2_) return http2_->finish(ticket);
  for (; gone_ < sealed_; ++gone_) connection_.let_go();
}

Line::Turn Line::seal() {
  if (!std::exchange(unsealed_, false)) return sealed_;
  connection_.hold();
  queue();
  return ++sealed_;
}

base::Nanoseconds Line::let_go(Turn turn, const base::Clock& clock) noexcept {
  if (gone_ < turn) let_go_at_ = clock.now();
  for (; gone_ < turn; ++gone_) connection_.let_go();
  return let_go_at_;
}

void Line::queue() {
  if (!http2_) return;
  std::string frames;
  http2_->give(frames);
  connection_.enqueue(frames);
}

void Line::send() {
  queue();
  connection_.send();
}

void Line::fetch(const base::Clock& clock) noexcept {
  if (!connection_.fetch()) return;
  arrived_ = clock.now();
  unread_ = true;
}

void Line::receive(const base::Clock& clock, base::Nanoseconds until) {
  while (std::exchange(unread_, false) && !failure_) {
    if (http2_)
      digest_http2();
    else
      digest_http1();
    if (http1_ && http1_->complete()) return;
    if (arrived_ >= until) return;  // whoever sends without end does not keep us from the clock
    fetch(clock);
  }
}

void Line::digest_http1() {
  if (!http1_) return;
  if (const auto complete = connection_.digest(*http1_); !complete) failure_ = complete.error();
}

void Line::digest_http2() {
  const std::string_view arrived = connection_.arrived();
  const auto read = http2_->read(arrived);
  connection_.consume(arrived.size());
  if (!read)
    failure_ = Failure{.kind = Failure::Kind::malformed,
                       .detail = "not an answer of HTTP/2: " + read.error().message};
  else
    failure_ = connection_.ended();
}

bool Line::ended(Ticket ticket) const {
  return failure_ || (http2_ ? http2_->ended(ticket) : http1_->complete());
}

base::Result<http::Response, Failure> Line::take(Ticket ticket) {
  const std::size_t bytes = bytes_received(ticket);
  auto answer = take_as_sent(ticket);
  if (!answer) return answer;
  if (const auto decoded = http::decode_body(*answer); !decoded)
    return base::failure(to_failure(decoded.error(), bytes));
  return answer;
}

base::Result<http::Response, Failure> Line::take_as_sent(Ticket ticket) {
  if (!http2_) {
    if (http1_->complete()) return http1_->take();
    return base::failure(*failure_);
  }
  const std::size_t bytes = http2_->bytes_received(ticket);
  if (!http2_->ended(ticket)) {
    Failure failure = *failure_;
    failure.bytes = bytes;
    return base::failure(std::move(failure));
  }
  auto answer = http2_->take(ticket);
  if (!answer) return base::failure(to_failure(answer.error(), bytes));
  return std::move(*answer);
}

std::size_t Line::bytes_received(Ticket ticket) const {
  return http2_ ? http2_->bytes_received(ticket) : connection_.bytes_received();
}

void Line::abandon(Ticket ticket) {
  if (http2_) http2_->abandon(ticket);
}

}  // namespace client
