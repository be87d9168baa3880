#include "race/part.h"

#include <fmt/format.h>

#include <utility>

#include "client/seen.h"
#include "scenario/fill.h"

namespace race {
namespace {

using client::Context;
using client::Exchange;
using client::Gate;
using client::Line;
using client::Message;
using client::Session;
using client::Target;
using client::Way;

/// "07" of 20 copies: as wide as the last one.
std::string index_text(const scenario::Script& script, int copy) {
  const std::size_t width = std::to_string(script.times - 1).size();
  return fmt::format("{:0{}}", copy, width);
}

}  // namespace

Part::Part(const Context& context, const std::vector<Target>& targets, Role role)
    : context_(context),
      targets_(targets),
      script_(context.scenario.race.at(static_cast<std::size_t>(role.entry.script))),
      role_(std::move(role)),
      actor_(scenario::actor_of(context.scenario, script_, {}, role_.entry.copy)),
      random_(role_.seed),
      idle_since_(context.clock.now()) {
  answer_.entry = role_.entry;
  if (!actor_.empty())
    client::bind_actor(answer_.bindings, context.scenario, actor_, &role_.sessions[actor_]);
  answer_.bindings["$index"] = index_text(script_, role_.entry.copy);
  for (const auto& [name, value] : answer_.bindings) role_.bindings[name] = value;
  client::bind_target(role_.bindings, targets_.at(role_.target));
  finished_ = script_.steps.empty();
}

scenario::Request Part::request_of(std::size_t step) const {
  scenario::Request request = script_.steps.at(step);
  request.actor = scenario::actor_of(context_.scenario, script_, request, role_.entry.copy);
  return request;
}

Session* Part::session_of(const scenario::Request& request) {
  return request.actor.empty() ? nullptr : &role_.sessions[request.actor];
}

void Part::begin_step(Gate gate) {
  const scenario::Request request = request_of(static_cast<std::size_t>(step_));
  json::object bindings = role_.bindings;
  if (request.actor != actor_)
    client::bind_actor(bindings, context_.scenario, request.actor, session_of(request));
  step_bindings_.clear();
  step_bindings_["$uuid"] = random_.uuid();
  bindings["$uuid"] = step_bindings_["$uuid"];

  const client::Sender sender{
      .target = role_.target, .origin = role_.origin, .session = session_of(request)};
  auto message = client::compose(context_, targets_, sender, request, bindings);
  if (!message) {
    finished_ = true;
    // A 500 has no id to capture. That is an answer of the target, not a fault of the scenario.
    if (lost_capture_)
      answer_.stopped_before = step_;
    else
      failure_ = outcome::Failure{.kind = outcome::Failure::Kind::expression,
                                  .message = message.error().message,
                                  .place = message.error().place};
    return;
  }
  redirects_ = 0;
  send(std::move(*message), gate);
}

void Part::send(Message message, Gate gate) {
  message_ = std::move(message);
  const Way& way = targets_.at(message_.target).way;
  Exchange::Order order{
      .request = std::move(message_.request), .gate = gate, .timeout = role_.timeout};
  if (gate != Gate::none && role_.shared != nullptr && message_.target == role_.target) {
    exchange_.emplace(context_.clock, way, *role_.shared, std::move(order));
    return;
  }
  std::unique_ptr<Line> kept;
  if (message_.target == role_.target && context_.clock.now() - idle_since_ < client::longest_idle)
    kept = std::move(role_.line);
  exchange_.emplace(context_.clock, way, std::move(kept), std::move(order));
}

/// From the first byte of the first request to the last byte of the last answer.
outcome::Step Part::times_of(const scenario::Request& request) const {
  outcome::Step step{.safe = scenario::is_safe(request),
                     .sent = exchange_->sent(),
                     .released = exchange_->released(),
                     .held_in_head = exchange_->held_in_head(),
                     .answered = exchange_->answered()};
  if (redirects_ > 0) {
    step.sent = first_.sent;
    step.released = first_.released;
    step.held_in_head = first_.held_in_head;
  }
  return step;
}

void Part::conclude_step() {
  const scenario::Request request = request_of(static_cast<std::size_t>(step_));
  outcome::Step step = times_of(request);
  if (exchange_->failure()) return conclude_without_answer(request, std::move(step));
  const http::Response response = exchange_->take();
  client::keep_cookies(session_of(request), response, context_, targets_, message_);
  step.size = response.body.size();
  if (auto line = exchange_->take_line();
      line && role_.keeps_alive && message_.target == role_.target) {
    role_.line = std::move(line);
    idle_since_ = context_.clock.now();
  }
  exchange_.reset();
  if (redirects_ < request.redirects)
    if (auto next =
            client::redirected(context_, targets_, message_, response, session_of(request))) {
      if (redirects_++ == 0) first_ = step;
      return send(std::move(*next), Gate::none);
    }
  ++step_;
  last_seen_ = scenario::as_value(response);
  step.status = client::status_of(last_seen_);
  step.body = last_seen_.at("body");
  step.headers = client::compared_headers(context_.scenario, last_seen_);
  capture(request, last_seen_, step);
  for (const auto& [name, value] : step_bindings_) step.bindings[name] = value;
  answer_.steps.push_back(std::move(step));
  if (!goes_on(request, last_seen_)) {
    answer_.stopped_before = step_;
    finished_ = true;
  }
  if (static_cast<std::size_t>(step_) == script_.steps.size()) finished_ = true;
}

/// That is data, unless nothing of the request was sent.
void Part::conclude_without_answer(const scenario::Request& request, outcome::Step step) {
  const net::Failure& failure = *exchange_->failure();
  ++step_;
  finished_ = true;
  step.error = to_text(failure);
  step.declined = failure.kind == net::Failure::Kind::refused;
  hung_up_on_ = exchange_->hung_up_on();
  const bool anything_sent = exchange_->anything_sent() || redirects_ > 0;
  timed_out_ = failure.kind == net::Failure::Kind::timed_out && anything_sent;
  if (!anything_sent) {
    step.sent = step.released = exchange_->answered();
    failure_ = outcome::Failure{
        .kind = outcome::Failure::Kind::unreachable,
        .message = fmt::format("{}: no connection to {}: {}",
                               scenario::entry_name(context_.scenario, role_.entry),
                               targets_.at(message_.target).base, step.error),
        .place = request.place};
  }
  step.bindings = std::exchange(step_bindings_, {});
  last_seen_ = nullptr;
  answer_.steps.push_back(std::move(step));
  exchange_.reset();
}

void Part::capture(const scenario::Request& request, const json::value& seen, outcome::Step& step) {
  for (const scenario::Capture& capture : request.captures) {
    const auto value = context_.evaluate(capture.from.jq, seen);
    if (!value || value->is_null()) {
      lost_capture_ = true;
      role_.bindings.erase(capture.name);
      continue;
    }
    step.bindings[capture.name] = *value;
    answer_.bindings[capture.name] = *value;
    role_.bindings[capture.name] = *value;
  }
}

bool Part::goes_on(const scenario::Request& request, const json::value& seen) {
  if (!request.stop_unless) return true;
  const auto value = context_.evaluate(request.stop_unless->jq, seen);
  return value && expression::is_true(*value);
}

void Part::go_on() {
  if (exchange_ && exchange_->finished()) conclude_step();
  if (!exchange_ && !finished_) begin_step(Gate::none);
}

std::optional<bool> Part::says(const std::optional<scenario::Expression>& condition) const {
  const bool at_the_end = answer_.steps.size() == script_.steps.size();
  if (!condition || !at_the_end || last_seen_.is_null()) return std::nullopt;
  const auto value = context_.evaluate(condition->jq, last_seen_);
  return value && expression::is_true(*value);
}

outcome::Answer Part::take_answer() {
  const auto ok = says(script_.ok);
  const auto refused = says(script_.refused);
  classify(answer_, ok, refused);
  return std::move(answer_);
}

std::unique_ptr<Line> Part::take_line() { return std::move(role_.line); }

}  // namespace race
