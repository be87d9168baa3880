#include "client/exchange.h"

#include <algorithm>
#include <utility>

namespace client {
namespace {

using base::Nanoseconds;

std::unique_ptr<Line> line_by(const Way& way, std::unique_ptr<Line> kept) {
  return kept && kept->fresh() ? std::move(kept) : std::make_unique<Line>(way);
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

Exchange::Exchange(const base::Clock& clock, const Way& way, std::unique_ptr<Line> kept,
                   Order order)
    : clock_(clock),
      way_(way),
      own_(line_by(way, std::move(kept))),
      line_(own_.get()),
      kept_(own_->fresh()),
      order_(std::move(order)),
      connected_(kept_),
      gate_open_(order_.gate == Gate::none),
      began_(clock.now()),
      connect_again_(began_ + connect_patience_) {
  if (connected_) line_up();
}

Exchange::Exchange(const base::Clock& clock, const Way& way, Line& shared, Order order)
    : clock_(clock),
      way_(way),
      line_(&shared),
      kept_(false),
      order_(std::move(order)),
      connected_(true),
      gate_open_(order_.gate == Gate::none),
      began_(clock.now()),
      connect_again_(began_ + connect_patience_) {
  line_up();
}

Exchange::~Exchange() {
  if (ticket_ && !finished()) line_->abandon(*ticket_);
}

bool Exchange::holds_body() const {
  return order_.gate == Gate::body && !order_.request.body.empty();
}

bool Exchange::held() const {
  if (finished() || !connected_ || gate_open_) return false;
  return ready_ || !ticket_ || line_->at_gate(*ticket_);
}

void Exchange::fetch() noexcept {
  if (connected_ && !finished()) line_->fetch(clock_);
}

void Exchange::proceed() {
  if (finished()) return;
  if (!connected_) connect();
  if (connected_ && !finished()) {
    send();
    receive();
  }
  if (!finished() && clock_.now() >= expires())
    give_up({.kind = net::Failure::Kind::timed_out,
             .bytes = ticket_ ? line_->bytes_received(*ticket_) : 0,
             .after = order_.timeout,
             .detail = connected_ ? "" : line_->stage()});
}

void Exchange::connect() {
  const auto established = line_->established();
  if (!established) return give_up(established.error());
  connected_ = *established;
  if (connected_) return line_up();
  if (const Nanoseconds now = clock_.now(); !line_->reached() && now >= connect_again_) {
    move_to_new_line();
    connect_patience_ *= 2;
    connect_again_ = now + connect_patience_;
  }
}

void Exchange::move_to_new_line() {
  own_ = std::make_unique<Line>(way_);
  line_ = own_.get();
  connected_ = kept_ = false;
}

/// All that may be sent before the release stands ready, as it will be on the wire.
void Exchange::line_up() {
  const bool has_part_that_waits = holds_body() || !line_->multiplexes();
  if (!own_ && !line_->has_room(holds_body() ? order_.request.body.size() : 0))
    return move_to_new_line();
  if (!gate_open_ && !has_part_that_waits) return;
  begin();
  line_->queue();
}

void Exchange::begin() {
  ticket_ = line_->begin(order_.request, gate_open_ || ready_ ? Gate::none : order_.gate);
}

void Exchange::send() {
  if (gate_open_ && !released_at_gate_) {  // it came late to an open gate, or there is none
    if (!ticket_) begin();
    if (order_.gate != Gate::none) line_->finish(*ticket_);
  }
  const bool something_goes = ticket_ && (gate_open_ || order_.gate != Gate::unsent);
  if (something_goes && !std::exchange(anything_sent_, true)) sent_ = clock_.now();
  line_->send();
}

void Exchange::receive() {
  line_->receive(clock_, expires());
  // The server left, or is about to.
  if (!ticket_ && (line_->failure() || line_->room() == 0)) (void)reopen();
  if (!ticket_ || !line_->ended(*ticket_)) return;
  auto answer = line_->take(*ticket_);
  if (!answer) {
    if (!reopen()) give_up(answer.error());
    return;
  }
  answered_ = line_->arrived();
  keep_alive_ = answer->keep_alive;
  answer_ = std::move(*answer);
}

/// A connection that the server left while the head was held: the server cannot have acted on a
/// head that it never had, so this is no retry of a request (RFC 9112, 9.3.1).
bool Exchange::reopen() {
  const bool waits_whole = !ticket_;
  const bool waits_in_head = kept_ && ticket_ && !line_->multiplexes() && !holds_body() &&
                             line_->bytes_received(*ticket_) == 0;
  if (gate_open_ || !(waits_whole || waits_in_head)) return false;
  move_to_new_line();
  connect_again_ = clock_.now() + connect_patience_;
  ticket_.reset();
  turn_.reset();
  anything_sent_ = ready_ = false;
  return true;
}

void Exchange::make_ready() {
  if (!held() || std::exchange(ready_, true)) return;
  if (!ticket_)
    begin();
  else if (line_->multiplexes())
    line_->finish(*ticket_);
}

void Exchange::seal() {
  if (ready_ && !turn_ && !finished()) turn_ = line_->seal();
}

void Exchange::release() noexcept {
  const bool waited = turn_ && held();
  gate_open_ = true;
  if (!waited) return;
  released_ = line_->let_go(*turn_, clock_);
  released_at_gate_ = true;
  if (!std::exchange(anything_sent_, true)) sent_ = released_;
}

void Exchange::give_up(const net::Failure& failure) {
  if (finished()) return;
  if (ticket_) line_->abandon(*ticket_);
  failure_ = failure;
  answered_ = clock_.now();
}

bool Exchange::hung_up_on() const {
  return kept_ && failure_ && failure_->bytes == 0 &&
         (failure_->kind == net::Failure::Kind::closed ||
          failure_->kind == net::Failure::Kind::reset);
}

Nanoseconds Exchange::deadline() const {
  return line_->reached() ? expires() : std::min(expires(), connect_again_);
}

Nanoseconds Exchange::expires() const {
  if (held()) return Nanoseconds::max();
  return (released_at_gate_ ? released_ : began_) + order_.timeout;
}

http::Response Exchange::take() { return std::move(answer_).value(); }

std::unique_ptr<Line> Exchange::take_line() {
  if (!own_ || !answer_ || !keep_alive_ || !own_->fresh()) return nullptr;
  return std::move(own_);
}

Nanoseconds Exchange::released() const { return released_at_gate_ ? released_ : sent_; }

bool Exchange::held_in_head() const {
  return released_at_gate_ && !holds_body() && released_ != sent_;
}

void attend(const std::vector<Exchange*>& exchanges, std::vector<pollfd>& polled,
            const net::Wait& wait) {
  list(exchanges, polled);
  net::Wait earliest = wait;
  for (const Exchange* exchange : exchanges)
    if (!exchange->finished())
      earliest.deadline = std::min(earliest.deadline, exchange->deadline());
  const timespec timeout = net::to_timespec(net::poll_time(earliest));
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

}  // namespace client
