#include "client/client.h"

#include <fmt/format.h>

#include <utility>

#include "base/ascii.h"
#include "client/command.h"
#include "client/exchange.h"
#include "client/seen.h"
#include "scenario/fill.h"

namespace client {
namespace {

using base::Nanoseconds;
using outcome::Failure;

/// With the bindings in its environment: DEADHEAT_RUN for {{$run}}.
base::Result<Command, scenario::Problem> command_of(const Context& context,
                                                    const scenario::Request& request,
                                                    const json::object& bindings) {
  const std::string& file = context.scenario.file;
  Command command{.directory = file.substr(0, file.rfind('/') + 1)};
  if (command.directory.empty()) command.directory = ".";
  for (const scenario::Template& word : request.exec.words) {
    const auto filled = scenario::fill(context.scenario, word, bindings, context.evaluate);
    if (!filled) return base::failure(filled.error());
    command.words.push_back(as_text(*filled));
  }
  for (const auto& [name, value] : bindings) {
    std::string variable(name);
    if (name.starts_with('$')) variable = "DEADHEAT_" + base::upper(variable.substr(1));
    command.environment.emplace_back(std::move(variable), as_text(value));
  }
  return command;
}

Failure no_answer(const Exchange& exchange, const Target& target, const Message& message,
                  const scenario::Request& request, const Errand& errand) {
  const std::string why = to_text(*exchange.failure());
  if (!exchange.anything_sent())
    return {.kind = Failure::Kind::unreachable,
            .message = fmt::format("{}: {}: no connection to {}: {}", errand.role,
                                   message.request_line, target.base, why),
            .place = request.place};
  return {.kind = Failure::Kind::no_answer,
          .message =
              fmt::format("{}: {}: {}, expected an answer", errand.role, message.request_line, why),
          .place = request.place};
}

}  // namespace

Client::Client(const Context& context, std::uint64_t seed)
    : context_(context), random_(seed), pool_(context_, targets_) {}

std::optional<Failure> Client::look_up() {
  if (!targets_.empty()) return std::nullopt;
  auto targets = look_up_targets(context_.scenario);
  if (!targets) return targets.error();
  targets_ = std::move(*targets);
  return std::nullopt;
}

net::Wait Client::wait_for(const Errand& errand, Nanoseconds deadline) const {
  net::Wait wait = context_.until(deadline);
  if (!errand.interruptible) wait.stop = nullptr;
  return wait;
}

base::Result<json::value, Failure> Client::ask(const scenario::Request& request,
                                               json::object bindings, Sessions& sessions,
                                               const Errand& errand) {
  if (auto failure = look_up()) return base::failure(*failure);
  const std::string origin = origin_of(context_, bindings, errand.script);
  const std::string& who = errand.actor.empty() ? request.actor : errand.actor;
  Session* session = who.empty() ? nullptr : &sessions[who];
  bind_actor(bindings, context_.scenario, who, session);
  bindings["$uuid"] = random_.uuid();
  bind_target(bindings, targets_.front());
  if (!request.exec.words.empty()) return execute(request, bindings, errand);
  auto message =
      compose(context_, targets_, {.origin = origin, .session = session}, request, bindings);
  if (!message)
    return base::failure(Failure{.kind = Failure::Kind::expression,
                                 .message = errand.role + ": " + message.error().message,
                                 .place = message.error().place});
  const auto response = follow(*message, request, errand, session);
  if (!response) return base::failure(response.error());
  json::value seen = scenario::as_value(*response);
  if (auto failure = judge(context_.evaluate, request, message->request_line, seen, errand))
    return base::failure(*failure);
  return seen;
}

std::optional<Failure> Client::perform(const scenario::Request& request,
                                       const json::object& bindings, Sessions& sessions,
                                       const Errand& errand, json::object& captured) {
  const auto seen = ask(request, bindings, sessions, errand);
  if (!seen) return seen.error();
  return capture(context_.evaluate, request, *seen, errand, captured);
}

/// The last answer of as many redirects as the request allows; `message` becomes the last request.
base::Result<http::Response, Failure> Client::follow(Message& message,
                                                     const scenario::Request& request,
                                                     const Errand& errand, Session* session) {
  auto response = fetch(message, request, errand);
  for (int followed = 0; response; ++followed) {
    keep_cookies(session, *response, context_, targets_, message);
    if (followed == request.redirects) break;
    auto next = redirected(context_, targets_, message, *response, session);
    if (!next) break;
    message = std::move(*next);
    response = fetch(message, request, errand);
  }
  return response;
}

base::Result<http::Response, Failure> Client::fetch(const Message& message,
                                                    const scenario::Request& request,
                                                    const Errand& errand) {
  const Target& target = targets_[message.target];
  std::unique_ptr<Line> line = pool_.take(message.target);
  for (;;) {
    Exchange exchange(context_.clock, target.way, std::move(line),
                      {.request = message.request, .timeout = errand.timeout});
    while (!exchange.finished()) attend({&exchange}, polled_, wait_for(errand, Nanoseconds::max()));
    if (!exchange.failure()) {
      http::Response response = exchange.take();
      if (auto reusable = exchange.take_line()) pool_.keep(message.target, std::move(reusable));
      return response;
    }
    if (exchange.hung_up_on()) {
      pool_.distrust(message.target);
      // Asking again is safe where the first request cannot have done anything.
      if (scenario::is_safe(request) || !exchange.anything_sent()) continue;
    }
    return base::failure(no_answer(exchange, target, message, request, errand));
  }
}

base::Result<json::value, Failure> Client::execute(const scenario::Request& request,
                                                   const json::object& bindings,
                                                   const Errand& errand) {
  const auto fail = [&](Failure::Kind kind, const std::string& message) {
    return base::failure(
        Failure{.kind = kind, .message = errand.role + ": " + message, .place = request.place});
  };
  const auto command = command_of(context_, request, bindings);
  if (!command) return fail(Failure::Kind::expression, command.error().message);
  const std::string line = "exec " + excerpt(json::value(command->words.back()));
  const auto result =
      run_command(*command, wait_for(errand, context_.clock.now() + errand.timeout));
  if (!result) return fail(Failure::Kind::unexpected, line + ": " + result.error());
  std::string out = result->out;
  while (out.ends_with('\n')) out.pop_back();
  auto document = base::parse_json(out);
  json::value seen{{"status", result->status},
                   {"headers", json::object()},
                   {"body", document ? std::move(*document) : scenario::as_string(out)}};
  auto failure = judge(context_.evaluate, request, line, seen, errand);
  if (!failure) return seen;
  if (!result->err.empty()) failure->message += ": " + excerpt(scenario::as_string(result->err));
  return base::failure(*failure);
}

base::Result<outcome::State, Failure> Client::observe(const json::object& bindings,
                                                      Sessions& sessions, Nanoseconds timeout) {
  outcome::State state;
  for (const scenario::Observation& observation : context_.scenario.observe) {
    // A command that fails has read no state; one that does not is a read that was answered.
    const bool is_command = !observation.request.exec.words.empty();
    const auto seen = ask(observation.request, bindings, sessions,
                          {.role = "observe " + observation.name,
                           .script = "observe",
                           .needs_success = is_command,
                           .timeout = timeout});
    if (!seen) return base::failure(seen.error());
    state.push_back(as_read(observation.name, context_.scenario, *seen));
    if (is_command) state.back().status = 200;
  }
  return state;
}

std::optional<Failure> Client::log_in(const std::string& actor, const json::object& bindings,
                                      Sessions& sessions, Nanoseconds timeout) {
  const scenario::Actor* known = scenario::find_actor(context_.scenario, actor);
  if (known == nullptr || std::exchange(sessions[actor].logged_in, true)) return std::nullopt;
  const Errand errand{.role = "login of " + actor,
                      .script = "login",
                      .needs_success = true,
                      .timeout = timeout,
                      .actor = actor};
  for (const scenario::Request& request : known->login)
    if (auto failure = perform(request, bindings, sessions, errand, sessions[actor].values))
      return failure;
  return std::nullopt;
}

}  // namespace client
