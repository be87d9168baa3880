#include "race/player.h"

#include <fmt/format.h>

#include <algorithm>
#include <barrier>
#include <deque>
#include <exception>
#include <limits>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/random.h"
#include "base/require.h"
#include "base/utf8.h"
#include "race/command.h"
#include "race/ensemble.h"
#include "scenario/fill.h"

namespace race {
namespace {

using base::Nanoseconds;
using outcome::Failure;
using outcome::Outcome;

/// How long the first answer's connection is watched: some servers close without "Connection:
/// close", and the next request must not meet that.
constexpr Nanoseconds probe_time = std::chrono::milliseconds(20);
/// Between the last of the preparations and the release the thread is awake: from a sleep it comes
/// back to a core that is cold, and the first requests would leave apart.
constexpr Nanoseconds warm_up = std::chrono::microseconds(50);
/// Gates of several lanes open one at a time where that takes at most so long.
constexpr Nanoseconds longest_opening = std::chrono::milliseconds(1);
/// A script that timed out may still land: how long to wait for that, once.
constexpr Nanoseconds longest_wait_for_landing = std::chrono::seconds(5);
/// Of each request that has to go out even after an interruption.
constexpr Nanoseconds teardown_timeout = std::chrono::seconds(5);
/// When the state is read again while its settling is learnt, after the last answer.
constexpr Nanoseconds looks[] = {std::chrono::milliseconds(50), std::chrono::milliseconds(200)};
/// Kept warm to each target.
constexpr std::size_t most_lines = 1024;

/// What a request outside the race is for, and how much of its answer matters.
struct Errand {
  std::string role;            // "reset", "observe order"
  std::string origin;          // for X-Deadheat
  bool needs_success = false;  // any 2xx, where the scenario does not say otherwise
  Nanoseconds timeout{0};
  bool interruptible = true;
  std::string actor = {};  // who logs in: its headers are not sent, its cookies are
};

std::string as_text(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : base::to_text(value);
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

/// The beginning of a text, in one line.
std::string excerpt(const json::value& body) {
  constexpr base::Bytes longest{200};
  std::string text = as_text(body);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return base::cut(text, longest);
}

int status_of(const json::value& seen) { return seen.at("status").to_number<int>(); }

/// What a login answers is a secret.
std::string answer_in_words(const json::value& seen, const Errand& errand) {
  const json::value& body = seen.at("body");
  const bool empty =
      !errand.actor.empty() || body.is_null() || (body.is_string() && body.get_string().empty());
  std::string to;
  if (status_of(seen) / 100 == 3 && errand.actor.empty())
    if (const auto* location = seen.at("headers").as_object().if_contains("location"))
      to = " to " + excerpt(*location);
  return fmt::format("{}{}{}", status_of(seen), to, empty ? "" : " " + excerpt(body));
}

std::string expected_in_words(const scenario::Request& request, const Errand& errand) {
  const scenario::Expect expect = request.expect.value_or(scenario::Expect{});
  std::string text;
  for (const int status : expect.statuses)
    text += (text.empty() ? "" : " or ") + std::to_string(status);
  if (expect.condition)
    text += (text.empty() ? "" : ", and ") + expect.condition->jq + " to be true";
  if (!text.empty()) return text;
  if (!request.exec.words.empty()) return "exit status 0";
  return errand.actor.empty() ? "any 2xx" : "any 2xx or 3xx";
}

bool same(const outcome::State& a, const outcome::State& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const outcome::Read& x, const outcome::Read& y) {
                      return x.status == y.status && x.body == y.body && x.headers == y.headers;
                    });
}

Gate as_gate(schedule::Hold hold) {
  return hold == schedule::Hold::headers ? Gate::headers : Gate::body;
}

}  // namespace

class Player::Lane {
 public:
  Lane(Course& course, int number)
      : course_(course),
        number_(number),
        // Not for secrets, but never the same twice: services remember idempotency keys.
        random_(static_cast<std::uint64_t>(course.clock.wall().count()) ^ base::fresh_seed() << 40 ^
                static_cast<std::uint64_t>(number)) {}

  std::optional<Failure> set_up();
  void tear_down();
  Outcome serial(const schedule::Sequence& sequence, const Pace& pace);
  Outcome serial_once(const schedule::Sequence& sequence, const Pace& pace);
  Outcome attempt(const schedule::Schedule& schedule, const Pace& pace);
  Outcome reset_only(const Pace& pace);
  base::Result<outcome::State, Failure> look(const json::object& bindings, const Pace& pace);
  std::optional<Pair> pair(int first, int second, const Pace& pace);
  std::optional<bool> serves_two_connections(Nanoseconds patience);
  [[nodiscard]] std::pair<int, int> step_to_hold() const;
  [[nodiscard]] const std::vector<scenario::Request>& steps_of(int entry) const;
  bool multiplexes() const;
  bool keeps_alive() const;

 private:
  struct Kept {
    std::unique_ptr<Line> line;
    Nanoseconds since;
  };
  /// Lines to a target, the one used last at the end.
  struct Warm {
    std::vector<Kept> kept;
    std::vector<Kept> shared;  // by the exchanges that wait at the gate
    bool multiplexes = false;  // it speaks HTTP/2
    bool probed = false;
    bool keeps_alive = true;  // false: it closes after an answer, without a word
  };
  using Parts = std::deque<Part>;

  // Requests outside the race.
  std::optional<Failure> look_up();
  std::optional<Failure> log_in(const std::string& name);
  base::Result<json::value, Failure> ask(const scenario::Request& request, json::object bindings,
                                         const Errand& errand);
  base::Result<http::Response, Failure> fetch(const Message& message,
                                              const scenario::Request& request,
                                              const Errand& errand);
  base::Result<json::value, Failure> execute(const scenario::Request& request,
                                             const json::object& bindings, const Errand& errand);
  std::optional<Failure> judge(const scenario::Request& request, const std::string& line,
                               const json::value& seen, const Errand& errand);
  std::optional<Failure> capture(const scenario::Request& request, const json::value& seen,
                                 const Errand& errand, json::object& bindings);
  base::Result<outcome::State, Failure> observe(const json::object& bindings, Nanoseconds timeout);
  base::Result<outcome::State, Failure> state_now(const Outcome& outcome, const Pace& pace);

  // The frame of an attempt or serial run.
  enum class Judged { no, yes };
  Outcome open(const Pace& pace, Judged judged = Judged::yes);
  void end(const Outcome& outcome, const Pace& pace);
  void close(Outcome& outcome, const Pace& pace);
  std::optional<Failure> reset(Outcome& outcome, const Pace& pace);
  std::optional<Failure> look_at(Outcome& outcome, const Pace& pace);
  base::Result<outcome::State, Failure> settled_state(Outcome& outcome, const Pace& pace,
                                                      const outcome::State& old);
  std::optional<Failure> play_suffix(Outcome& outcome, const Pace& pace);
  void clean_up(const Outcome& outcome, const Pace& pace);

  // What stands in the frame.
  Sessions sessions_of(const scenario::Entry& entry) const;
  Part& cast(Parts& parts, int entry, const Outcome& outcome, Nanoseconds timeout,
             Line* shared = nullptr);
  void race_held(Parts& parts, const schedule::Schedule& schedule, Outcome& outcome);
  void race_threads(Parts& parts, const schedule::Schedule& schedule, Outcome& outcome);
  void collect(Parts& parts, Outcome& outcome);
  void keep_line(Part& part);
  void wait_for_landing(Nanoseconds timeout);

  std::unique_ptr<Line> kept_line(std::size_t target);
  void keep(std::size_t target, std::unique_ptr<Line> line);
  std::unique_ptr<Line> open_line(std::size_t target, Nanoseconds timeout);
  std::vector<Line*> shared_seats(std::size_t target, std::size_t count, Nanoseconds timeout);
  std::vector<Line*> seats(const schedule::Schedule& schedule, Nanoseconds timeout);
  std::string origin(const json::object& bindings, const std::string& script) const;
  void wait(Nanoseconds time);
  std::optional<Failure> interrupted() const;

  Course& course_;
  int number_;
  base::Random random_;
  std::vector<scenario::Entry> entries_ = scenario::entries(course_.scenario);
  std::vector<Target> targets_;
  Sessions sessions_;  // of the present outcome
  std::map<std::size_t, Warm> warm_;
  std::vector<pollfd> polled_;
  bool waited_for_landing_ = false;  // in the present outcome
  bool hung_up_on_ = false;          // by a server that had seemed to keep its connection; likewise
};

// ------------------------------------------------------------------------------------------- lines

std::unique_ptr<Line> Player::Lane::kept_line(std::size_t target) {
  Warm& warm = warm_[target];
  while (!warm.kept.empty()) {
    Kept last = std::move(warm.kept.back());
    warm.kept.pop_back();
    const bool young = course_.clock.now() - last.since < longest_idle;
    if (!last.line->fresh())
      warm.keeps_alive = warm.keeps_alive && !young;
    else if (young)
      return std::move(last.line);
  }
  return nullptr;
}

void Player::Lane::keep(std::size_t target, std::unique_ptr<Line> line) {
  Warm& warm = warm_[target];
  warm.multiplexes = line->multiplexes();
  if (!std::exchange(warm.probed, true)) {
    wait(probe_time);
    warm.keeps_alive = line->fresh();
  }
  if (warm.keeps_alive && warm.kept.size() < most_lines)
    warm.kept.push_back({std::move(line), course_.clock.now()});
}

void Player::Lane::keep_line(Part& part) {
  if (part.hung_up_on()) {
    warm_[part.target()].keeps_alive = false;
    hung_up_on_ = true;
  }
  if (auto line = part.take_line()) keep(part.target(), std::move(line));
}

/// A new one, established; nullptr where that takes too long or fails.
std::unique_ptr<Line> Player::Lane::open_line(std::size_t target, Nanoseconds timeout) {
  auto line = std::make_unique<Line>(targets_[target].way);
  const Nanoseconds deadline = course_.clock.now() + timeout;
  while (!course_.stop && course_.clock.now() < deadline) {
    const auto established = line->established();
    if (!established) return nullptr;
    if (*established) return line;
    pollfd waiting = line->interest();
    ::poll(&waiting, 1, static_cast<int>(base::in_milliseconds(net::stop_latency)));
  }
  return nullptr;
}

/// So many seats on lines to the target, as many on each as its server bears; none where it does
/// not speak HTTP/2.
std::vector<Line*> Player::Lane::shared_seats(std::size_t target, std::size_t count,
                                              Nanoseconds timeout) {
  Warm& warm = warm_[target];
  std::erase_if(warm.shared, [this](const Kept& kept) {
    return course_.clock.now() - kept.since >= longest_idle || !kept.line->fresh();
  });
  std::vector<Line*> seats;
  for (std::size_t i = 0; warm.multiplexes && seats.size() < count; ++i) {
    if (i == warm.shared.size()) {
      auto line = open_line(target, timeout);
      if (!line || !line->multiplexes() || line->room() == 0) return {};
      warm.shared.push_back({std::move(line), course_.clock.now()});
    }
    Kept& kept = warm.shared[i];
    kept.since = course_.clock.now();
    seats.insert(seats.end(), std::min(kept.line->room(), count - seats.size()), kept.line.get());
  }
  return seats;
}

/// For each entry a line that it shares at the gate; nullptr where it has one of its own.
std::vector<Line*> Player::Lane::seats(const schedule::Schedule& schedule, Nanoseconds timeout) {
  std::vector<Line*> all(entries_.size(), nullptr);
  if (schedule.connections == schedule::Connections::own || schedule.sync != schedule::Sync::held)
    return all;
  for (std::size_t target = 0; target < targets_.size(); ++target) {
    std::vector<std::size_t> here;
    for (std::size_t i = target; i < all.size(); i += targets_.size()) here.push_back(i);
    const std::vector<Line*> shared = shared_seats(target, here.size(), timeout);
    for (std::size_t i = 0; i < shared.size(); ++i) all[here[i]] = shared[i];
  }
  return all;
}

bool Player::Lane::multiplexes() const {
  return std::any_of(warm_.begin(), warm_.end(),
                     [](const auto& target) { return target.second.multiplexes; });
}

bool Player::Lane::keeps_alive() const {
  return !warm_.empty() && std::all_of(warm_.begin(), warm_.end(), [](const auto& target) {
    return !target.second.kept.empty();
  });
}

// ---------------------------------------------------------------------- requests outside the race

std::optional<Failure> Player::Lane::look_up() {
  if (!targets_.empty()) return std::nullopt;
  auto targets = look_up_targets(course_.scenario);
  if (!targets) return targets.error();
  targets_ = std::move(*targets);
  return std::nullopt;
}

std::string Player::Lane::origin(const json::object& bindings, const std::string& script) const {
  const json::value* attempt = bindings.if_contains("$attempt");
  return course_.run + "/" + (attempt == nullptr ? "0" : base::to_text(*attempt)) + "/" + script;
}

std::optional<Failure> Player::Lane::interrupted() const {
  if (!course_.stop) return std::nullopt;
  return Failure{.kind = Failure::Kind::no_answer, .message = "interrupted"};
}

void Player::Lane::wait(Nanoseconds time) {
  if (time <= Nanoseconds(0)) return;
  net::pause(
      {.clock = course_.clock, .deadline = course_.clock.now() + time, .stop = &course_.stop});
}

/// Sends a request and returns its answer as expressions see it, if it is as expected.
base::Result<json::value, Failure> Player::Lane::ask(const scenario::Request& request,
                                                     json::object bindings, const Errand& errand) {
  if (auto failure = look_up()) return base::failure(*failure);
  const std::string& who = errand.actor.empty() ? request.actor : errand.actor;
  Session* session = who.empty() ? nullptr : &sessions_[who];
  bind_actor(bindings, course_.scenario, who, session);
  bindings["$uuid"] = random_.uuid();
  bind_target(bindings, targets_.front());
  if (!request.exec.words.empty()) return execute(request, bindings, errand);
  auto message = compose(course_, targets_, 0, request, bindings, errand.origin, session);
  if (!message)
    return base::failure(Failure{.kind = Failure::Kind::expression,
                                 .message = errand.role + ": " + message.error().message,
                                 .place = message.error().place});
  auto response = fetch(*message, request, errand);
  for (int followed = 0; response; ++followed) {
    keep_cookies(session, *response, course_, targets_, *message);
    if (followed == request.redirects) break;
    auto next = redirected(course_, targets_, *message, *response, session);
    if (!next) break;
    *message = std::move(*next);
    response = fetch(*message, request, errand);
  }
  if (!response) return base::failure(response.error());
  json::value seen = scenario::as_value(*response);
  if (auto failure = judge(request, message->line, seen, errand)) return base::failure(*failure);
  return seen;
}

/// Runs a command; its answer is {status, headers: {}, body}: the exit status, and what it printed.
base::Result<json::value, Failure> Player::Lane::execute(const scenario::Request& request,
                                                         const json::object& bindings,
                                                         const Errand& errand) {
  const auto fail = [&](Failure::Kind kind, const std::string& message) {
    return base::failure(Failure{.kind = kind, .message = message, .place = request.place});
  };
  const std::string& file = course_.scenario.file;
  Command command{.directory = file.substr(0, file.rfind('/') + 1)};
  if (command.directory.empty()) command.directory = ".";
  for (const scenario::Template& word : request.exec.words) {
    const auto filled = scenario::fill(course_.scenario, word, bindings, course_.evaluate);
    if (!filled)
      return fail(Failure::Kind::expression, errand.role + ": " + filled.error().message);
    command.words.push_back(as_text(*filled));
  }
  for (const auto& [name, value] : bindings) {
    std::string variable(name);
    if (name.starts_with('$')) variable = "DEADHEAT_" + upper(variable.substr(1));
    command.environment.emplace_back(std::move(variable), as_text(value));
  }
  const auto result =
      run_command(command, {.clock = course_.clock,
                            .deadline = course_.clock.now() + errand.timeout,
                            .stop = errand.interruptible ? &course_.stop : nullptr});
  const std::string line = "exec " + excerpt(json::value(command.words.back()));
  if (!result)
    return fail(Failure::Kind::unexpected,
                fmt::format("{}: {}: {}", errand.role, line, result.error()));
  std::string out = result->out;
  while (out.ends_with('\n')) out.pop_back();
  auto document = base::parse_json(out);
  json::value seen{{"status", result->status},
                   {"headers", json::object()},
                   {"body", document ? std::move(*document) : scenario::as_string(out)}};
  auto failure = judge(request, line, seen, errand);
  if (!failure) return seen;
  if (!result->err.empty()) failure->message += ": " + excerpt(scenario::as_string(result->err));
  return base::failure(*failure);
}

base::Result<http::Response, Failure> Player::Lane::fetch(const Message& message,
                                                          const scenario::Request& request,
                                                          const Errand& errand) {
  std::unique_ptr<Line> line = kept_line(message.target);
  for (;;) {
    Exchange exchange(course_.clock, targets_[message.target].way, std::move(line),
                      {.request = message.request, .timeout = errand.timeout});
    while (!exchange.finished())
      attend({&exchange}, polled_,
             {.clock = course_.clock,
              .deadline = Nanoseconds::max(),
              .stop = errand.interruptible ? &course_.stop : nullptr});
    if (!exchange.failure()) {
      http::Response response = exchange.take();
      if (auto reusable = exchange.take_line()) keep(message.target, std::move(reusable));
      return response;
    }
    const net::Failure& why = *exchange.failure();
    if (exchange.hung_up_on()) {
      warm_[message.target].keeps_alive = false;
      // Asking again is safe where the first request cannot have done anything.
      if (scenario::is_safe(request) || !exchange.anything_sent()) continue;
    }
    if (!exchange.anything_sent())
      return base::failure(
          Failure{.kind = Failure::Kind::unreachable,
                  .message = fmt::format("{}: {}: no connection to {}: {}", errand.role,
                                         message.line, targets_[message.target].base, to_text(why)),
                  .place = request.place});
    return base::failure(Failure{.kind = Failure::Kind::no_answer,
                                 .message = fmt::format("{}: {}: {}, expected an answer",
                                                        errand.role, message.line, to_text(why)),
                                 .place = request.place});
  }
}

std::optional<Failure> Player::Lane::judge(const scenario::Request& request,
                                           const std::string& line, const json::value& seen,
                                           const Errand& errand) {
  if (!request.expect && !errand.needs_success) return std::nullopt;
  const scenario::Expect expect = request.expect.value_or(scenario::Expect{});
  const int status = status_of(seen);
  bool as_expected = expect.statuses.empty()
                         ? expect.condition ||
                               (request.exec.words.empty() ? status / 100 == 2 : status == 0) ||
                               (!errand.actor.empty() && status / 100 == 3)
                         : std::count(expect.statuses.begin(), expect.statuses.end(), status) > 0;
  if (as_expected && expect.condition) {
    const auto value = course_.evaluate(expect.condition->jq, seen);
    if (!value)
      return Failure{.kind = Failure::Kind::expression,
                     .message = fmt::format("{}: {} answered {}: {}: {}", errand.role, line,
                                            answer_in_words(seen, errand), expect.condition->jq,
                                            value.error().message),
                     .place = expect.condition->place};
    as_expected = expression::is_true(*value);
  }
  if (as_expected) return std::nullopt;
  return Failure{
      .kind = Failure::Kind::unexpected,
      .message = fmt::format("{}: {} {} {}, expected {}", errand.role, line,
                             request.exec.words.empty() ? "answered" : "ended with",
                             answer_in_words(seen, errand), expected_in_words(request, errand)),
      .place = request.place};
}

std::optional<Failure> Player::Lane::capture(const scenario::Request& request,
                                             const json::value& seen, const Errand& errand,
                                             json::object& bindings) {
  for (const scenario::Capture& wanted : request.captures) {
    const auto value = course_.evaluate(wanted.from.jq, seen);
    if (!value || value->is_null())
      return Failure{
          .kind = Failure::Kind::expression,
          .message = fmt::format("{}: capture {}: {} {} in the answer {}, expected a "
                                 "value",
                                 errand.role, wanted.name, wanted.from.jq,
                                 value ? "is null" : "fails (" + value.error().message + ")",
                                 answer_in_words(seen, errand)),
          .place = wanted.from.place};
    bindings[wanted.name] = *value;
  }
  return std::nullopt;
}

base::Result<outcome::State, Failure> Player::Lane::observe(const json::object& bindings,
                                                            Nanoseconds timeout) {
  outcome::State state;
  for (const scenario::Observation& observation : course_.scenario.observe) {
    // A command that fails has read no state; one that does not is a read that was answered.
    const bool is_command = !observation.request.exec.words.empty();
    const auto seen = ask(observation.request, bindings,
                          {.role = "observe " + observation.name,
                           .origin = origin(bindings, "observe"),
                           .needs_success = is_command,
                           .timeout = timeout});
    if (!seen) return base::failure(seen.error());
    state.push_back({.name = observation.name,
                     .status = is_command ? 200 : status_of(*seen),
                     .body = seen->at("body"),
                     .headers = compared_headers(course_.scenario, *seen)});
  }
  return state;
}

/// Once; its captures are the actor's.
std::optional<Failure> Player::Lane::log_in(const std::string& name) {
  const scenario::Actor* actor = scenario::find_actor(course_.scenario, name);
  if (actor == nullptr || std::exchange(sessions_[name].logged_in, true)) return std::nullopt;
  for (const scenario::Request& request : actor->login) {
    json::object bindings = course_.bindings;
    bindings["$run"] = course_.run;
    const Errand errand{.role = "login of " + name,
                        .origin = origin(bindings, "login"),
                        .needs_success = true,
                        .timeout = course_.scenario.timeout.value_or(Pace().timeout),
                        .actor = name};
    const auto seen = ask(request, bindings, errand);
    if (!seen) return seen.error();
    if (auto failure = capture(request, *seen, errand, sessions_[name].values)) return failure;
  }
  return std::nullopt;
}

std::optional<Failure> Player::Lane::set_up() {
  sessions_ = course_.sessions;  // who is logged in stays so: races of fewer scripts are one run
  for (const scenario::Request& request : course_.scenario.setup) {
    if (auto failure = log_in(request.actor)) return failure;
    json::object bindings = course_.bindings;
    bindings["$run"] = course_.run;
    if (course_.sinks != nullptr) course_.sinks->bind(bindings);
    const Errand errand{.role = "setup",
                        .origin = origin(bindings, "setup"),
                        .needs_success = true,
                        .timeout = course_.scenario.timeout.value_or(Pace().timeout)};
    const auto seen = ask(request, bindings, errand);
    if (!seen) return seen.error();
    if (auto failure = capture(request, *seen, errand, course_.bindings)) return failure;
  }
  for (const scenario::Actor& actor : course_.scenario.actors)
    if (auto failure = log_in(actor.name)) return failure;
  course_.sessions = sessions_;
  return std::nullopt;
}

void Player::Lane::tear_down() {
  sessions_ = course_.sessions;
  for (const scenario::Request& request : course_.scenario.teardown) {
    json::object bindings = course_.bindings;
    bindings["$run"] = course_.run;
    if (course_.sinks != nullptr) course_.sinks->bind(bindings);
    // Whatever it answers, there is nothing left that could be done about it.
    (void)ask(request, bindings,
              {.role = "teardown",
               .origin = origin(bindings, "teardown"),
               .timeout = teardown_timeout,
               .interruptible = false});
  }
}

// --------------------------------------------------------- the frame of an attempt or serial run

std::optional<Failure> Player::Lane::reset(Outcome& outcome, const Pace& pace) {
  for (const scenario::Request& request : course_.scenario.reset) {
    const Errand errand{.role = "reset",
                        .origin = origin(outcome.bindings, "reset"),
                        .needs_success = true,
                        .timeout = pace.timeout};
    const auto seen = ask(request, outcome.bindings, errand);
    if (!seen) return seen.error();
    if (auto failure = capture(request, *seen, errand, outcome.bindings)) return failure;
  }
  return std::nullopt;
}

/// Calls belong to what is judged; pairs and probes are not.
Outcome Player::Lane::open(const Pace& pace, Judged judged) {
  waited_for_landing_ = false;
  sessions_ = course_.sessions;
  Outcome outcome;
  outcome.wall_begin = course_.clock.wall();
  outcome.lane = number_;
  outcome.bindings = course_.bindings;
  outcome.bindings["$run"] = course_.run;
  outcome.number = ++course_.next_attempt;
  outcome.bindings["$attempt"] = outcome.number;
  if (course_.sinks != nullptr) {
    course_.sinks->begin(outcome.number, judged == Judged::yes);
    course_.sinks->bind(outcome.bindings, outcome.number);
  }
  outcome.failure = look_up();
  if (!outcome.failure) outcome.failure = reset(outcome, pace);
  if (outcome.failure) return outcome;
  auto state = observe(outcome.bindings, pace.timeout);
  if (state)
    outcome.before = std::move(*state);
  else
    outcome.failure = state.error();
  return outcome;
}

/// Settle, observe, clean up.
void Player::Lane::close(Outcome& outcome, const Pace& pace) {
  if (!outcome.failure) outcome.failure = interrupted();
  if (!outcome.failure) outcome.failure = look_at(outcome, pace);
  outcome.wall_end = course_.clock.wall();
  end(outcome, pace);
  // What a stop cut short is not to be trusted, whatever it looks like.
  if (auto stopped = interrupted()) outcome.failure = stopped;
}

/// The state once it no longer moves; after a suffix that may have changed something, once more.
std::optional<Failure> Player::Lane::look_at(Outcome& outcome, const Pace& pace) {
  const auto& suffix = course_.scenario.suffix;
  const bool changes = !std::all_of(suffix.begin(), suffix.end(), scenario::is_safe);
  if (suffix.empty() || pace.learn_settling) {
    auto state = settled_state(outcome, pace, outcome.before);
    if (!state) return state.error();
    outcome.after = std::move(*state);
  } else {
    wait(pace.settle);
  }
  if (!suffix.empty()) {
    if (auto failure = play_suffix(outcome, pace)) return failure;
    Pace again = pace;
    if (!changes) {
      again.learn_settling = false;
      again.settle = Nanoseconds(0);
    }
    auto state = settled_state(outcome, again, outcome.after);
    if (!state) return state.error();
    outcome.after = std::move(*state);
  }
  if (pace.look_again <= Nanoseconds(0)) return std::nullopt;
  wait(pace.look_again);
  auto state = state_now(outcome, pace);
  if (!state) return state.error();
  outcome.later = std::move(*state);
  return std::nullopt;
}

base::Result<outcome::State, Failure> Player::Lane::settled_state(Outcome& outcome,
                                                                  const Pace& pace,
                                                                  const outcome::State& old) {
  if (!pace.learn_settling) {
    wait(pace.settle);
    return state_now(outcome, pace);
  }
  const Nanoseconds last_answer = course_.clock.now();
  auto state = state_now(outcome, pace);
  if (!state) return state;
  Nanoseconds seen_after{0};
  bool agreed = false;
  for (const Nanoseconds look : looks) {
    if (state->empty()) break;
    wait(last_answer + look - course_.clock.now());
    const Nanoseconds asked_after = course_.clock.now() - last_answer;
    auto next = state_now(outcome, pace);
    if (!next) return next;
    const bool moved = !same(*state, *next);
    state = std::move(next);
    if (moved) seen_after = asked_after;
    agreed = agreed || !moved;
    // Two reads that agree on the old state may both have come too early; and that it has moved
    // says nothing of a mail that follows.
    const bool may_move = course_.sinks != nullptr || same(*state, old);
    if (!moved && !may_move) break;
  }
  // What differs in every read is a clock, not a state on its way.
  if (agreed) outcome.settled_after = std::max(outcome.settled_after, seen_after);
  return state;
}

/// What a suffix captures stays in the suffix: it stands in the very answers that are compared.
std::optional<Failure> Player::Lane::play_suffix(Outcome& outcome, const Pace& pace) {
  json::object bindings = outcome.bindings;
  bool lost_capture = false;
  for (std::size_t i = 0; i < course_.scenario.suffix.size(); ++i) {
    const scenario::Request& request = course_.scenario.suffix[i];
    const Errand errand{.role = fmt::format("suffix {}", i + 1),
                        .origin = origin(bindings, "suffix"),
                        .timeout = pace.timeout};
    const auto seen = ask(request, bindings, errand);
    // A 500 has no id to capture. That is an answer of the target, not a fault of the scenario.
    const bool unfilled = !seen && lost_capture && seen.error().kind == Failure::Kind::expression;
    if (!seen && !unfilled) return seen.error();
    if (unfilled) {
      outcome.suffix.push_back({.name = errand.role, .error = seen.error().message});
      continue;
    }
    outcome.suffix.push_back({.name = errand.role,
                              .status = status_of(*seen),
                              .body = seen->at("body"),
                              .headers = compared_headers(course_.scenario, *seen)});
    for (const scenario::Capture& wanted : request.captures) {
      const auto value = course_.evaluate(wanted.from.jq, *seen);
      if (value && !value->is_null()) {
        bindings[wanted.name] = *value;
      } else {
        bindings.erase(wanted.name);
        lost_capture = true;
      }
    }
  }
  return std::nullopt;
}

/// The state: what the observing reads return, and then what the sinks were called with.
base::Result<outcome::State, Failure> Player::Lane::state_now(const Outcome& outcome,
                                                              const Pace& pace) {
  auto state = observe(outcome.bindings, pace.timeout);
  if (!state || course_.sinks == nullptr) return state;
  auto calls = course_.sinks->calls(outcome.number);
  if (!calls) return calls;
  std::move(calls->begin(), calls->end(), std::back_inserter(*state));
  return state;
}

void Player::Lane::end(const Outcome& outcome, const Pace& pace) {
  if (course_.sinks != nullptr && outcome.number > 0) course_.sinks->end(outcome.number);
  clean_up(outcome, pace);
}

void Player::Lane::clean_up(const Outcome& outcome, const Pace& pace) {
  for (const scenario::Request& request : course_.scenario.cleanup) {
    if (course_.stop) return;
    // The next reset tells whether this mattered.
    (void)ask(request, outcome.bindings,
              {.role = "cleanup",
               .origin = origin(outcome.bindings, "cleanup"),
               .timeout = pace.timeout});
  }
}

// ------------------------------------------------------------------------ what stands in the frame

/// Of the actors that the entry's steps name.
Sessions Player::Lane::sessions_of(const scenario::Entry& entry) const {
  Sessions own;
  const auto& script = course_.scenario.race.at(static_cast<std::size_t>(entry.script));
  for (const scenario::Request& step : script.steps) {
    const std::string name = scenario::actor_of(course_.scenario, script, step, entry.copy);
    if (const auto found = sessions_.find(name); found != sessions_.end()) own.insert(*found);
  }
  return own;
}

Part& Player::Lane::cast(Parts& parts, int entry, const Outcome& outcome, Nanoseconds timeout,
                         Line* shared) {
  const auto index = static_cast<std::size_t>(entry);
  const std::size_t target = index % targets_.size();
  const std::string name = scenario::entry_name(course_.scenario, entries_.at(index));
  return parts.emplace_back(course_, targets_,
                            Part::Cast{.entry = entries_.at(index),
                                       .target = target,
                                       .bindings = outcome.bindings,
                                       .sessions = sessions_of(entries_.at(index)),
                                       .origin = origin(outcome.bindings, name),
                                       .seed = random_.next(),
                                       .timeout = timeout,
                                       .line = kept_line(target),
                                       .shared = shared,
                                       .keeps_alive = warm_[target].keeps_alive});
}

/// Answers, failures and connections of parts that were played; waits for stragglers.
void Player::Lane::collect(Parts& parts, Outcome& outcome) {
  for (const Part& part : parts)
    if (part.timed_out()) wait_for_landing(part.timeout());
  for (Part& part : parts) {
    if (!outcome.failure) outcome.failure = part.failure();
    keep_line(part);
    outcome.answers.push_back(part.take_answer());
  }
}

/// Once in an outcome.
void Player::Lane::wait_for_landing(Nanoseconds timeout) {
  if (!std::exchange(waited_for_landing_, true)) wait(std::min(timeout, longest_wait_for_landing));
}

/// A connection that the server closed as it was used again says nothing about the order, and there
/// is a fresh reset to be had. It cannot go on like this: no connection is kept after that.
Outcome Player::Lane::serial(const schedule::Sequence& sequence, const Pace& pace) {
  for (int played_anew = 0;; ++played_anew) {
    hung_up_on_ = false;
    Outcome outcome = serial_once(sequence, pace);
    outcome.played_anew = played_anew;
    if (!hung_up_on_ || course_.stop) return outcome;
  }
}

Outcome Player::Lane::serial_once(const schedule::Sequence& sequence, const Pace& pace) {
  Outcome outcome = open(pace);
  if (!outcome.failure) {
    Parts parts;
    std::map<int, Part*> by_entry;
    bool first = true;
    const auto playable = [&] {
      return !course_.stop && std::none_of(parts.begin(), parts.end(), [](const Part& part) {
        return part.failure().has_value();
      });
    };
    for (const int entry : sequence.turns) {
      if (!playable()) break;
      if (!std::exchange(first, false)) wait(sequence.pause);
      Part*& part = by_entry[entry];
      if (part == nullptr) part = &cast(parts, entry, outcome, pace.timeout);
      Ensemble alone(course_, {part});
      if (sequence.by_request)
        alone.play_step();
      else
        alone.play_out();
      if (part->finished()) keep_line(*part);
      // What this script may still do must not meet the next one.
      if (part->timed_out()) wait_for_landing(pace.timeout);
    }
    // An interleaving that was seen may be shorter than the scripts: one stopped there, here not.
    for (Part& part : parts)
      if (playable()) Ensemble(course_, {&part}).play_out();
    collect(parts, outcome);
  }
  close(outcome, pace);
  return outcome;
}

Outcome Player::Lane::attempt(const schedule::Schedule& schedule, const Pace& pace) {
  base::require(
      schedule.offsets.size() == entries_.size() && schedule.sequence.size() == entries_.size(),
      "a schedule is for the entries of its scenario");
  Outcome outcome = open(pace);
  if (!outcome.failure) {
    Parts parts;
    const std::vector<Line*> shared = seats(schedule, pace.timeout);
    for (std::size_t i = 0; i < entries_.size(); ++i)
      cast(parts, static_cast<int>(i), outcome, pace.timeout, shared[i]);
    if (schedule.sync == schedule::Sync::held)
      race_held(parts, schedule, outcome);
    else
      race_threads(parts, schedule, outcome);
    collect(parts, outcome);
  }
  close(outcome, pace);
  return outcome;
}

void Player::Lane::race_held(Parts& parts, const schedule::Schedule& schedule, Outcome& outcome) {
  std::vector<Part*> all;
  for (Part& part : parts) all.push_back(&part);
  Ensemble ensemble(course_, all);
  ensemble.bring_to_gate(schedule.gate, as_gate(schedule.hold));
  const bool broken = std::any_of(parts.begin(), parts.end(),
                                  [](const Part& part) { return part.failure().has_value(); });
  if (broken || course_.stop) return;  // nothing is released: the rest of the bytes is never sent

  std::vector<int> sequence = schedule.sequence;
  std::stable_sort(sequence.begin(), sequence.end(), [&](int a, int b) {
    return schedule.offsets.at(static_cast<std::size_t>(a)) <
           schedule.offsets.at(static_cast<std::size_t>(b));
  });
  std::vector<Ensemble::Release> releases;
  for (const int entry : sequence)
    releases.push_back({.part = all.at(static_cast<std::size_t>(entry)),
                        .due = schedule.offsets.at(static_cast<std::size_t>(entry))});
  ensemble.make_ready(releases);
  // What another lane lets go would come in between. Where offsets take longer, it does not matter.
  std::unique_lock alone(course_.opening, std::defer_lock);
  if (releases.back().due <= longest_opening) alone.lock();
  outcome.gate_opened = course_.clock.now() + warm_up;
  for (Ensemble::Release& release : releases) release.due += outcome.gate_opened;
  ensemble.release(releases);
  if (alone.owns_lock()) alone.unlock();
  ensemble.play_out();
}

void Player::Lane::race_threads(Parts& parts, const schedule::Schedule& schedule,
                                Outcome& outcome) {
  Nanoseconds opened{0};
  const auto open_gate = [&opened, this]() noexcept { opened = course_.clock.now(); };
  std::barrier gate(static_cast<std::ptrdiff_t>(parts.size()), open_gate);
  std::vector<std::exception_ptr> errors(parts.size());
  std::vector<std::thread> threads;
  const auto play = [&](std::size_t i) {
    Part& part = parts[i];
    Ensemble alone(course_, {&part});
    bool arrived = false;
    try {
      alone.bring_to_gate(schedule.gate, Gate::unsent);
      arrived = true;
      if (Ensemble::waits(part)) {
        gate.arrive_and_wait();
        alone.release({{.part = &part, .due = opened + schedule.offsets.at(i)}});
      } else {
        gate.arrive_and_drop();
      }
      alone.play_out();
    } catch (...) {
      errors[i] = std::current_exception();
      if (!arrived) gate.arrive_and_drop();
    }
  };
  for (std::size_t i = 0; i < parts.size(); ++i) threads.emplace_back(play, i);
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors)
    if (error) std::rethrow_exception(error);
  outcome.gate_opened = opened;
}

Outcome Player::Lane::reset_only(const Pace& pace) {
  Outcome outcome = open(pace, Judged::no);
  close(outcome, pace);
  return outcome;
}

base::Result<outcome::State, Failure> Player::Lane::look(const json::object& bindings,
                                                         const Pace& pace) {
  sessions_ = course_.sessions;
  if (auto failure = look_up()) return base::failure(std::move(*failure));
  auto state = observe(bindings, pace.timeout);
  if (auto stopped = interrupted()) return base::failure(std::move(*stopped));
  return state;
}

std::optional<Pair> Player::Lane::pair(int first, int second, const Pace& pace) {
  Outcome one = open(pace, Judged::no);
  Sessions sessions_of_one = sessions_;
  Outcome other = open(pace, Judged::no);
  std::optional<Pair> result;
  if (!one.failure && !other.failure) {
    Parts parts;
    std::swap(sessions_, sessions_of_one);
    cast(parts, first, one, pace.timeout);
    std::swap(sessions_, sessions_of_one);
    cast(parts, second, other, pace.timeout);
    Ensemble both(course_, {&parts[0], &parts[1]});
    // Before the last step of each, whatever number that has.
    both.bring_to_gate(std::numeric_limits<int>::max(), Gate::headers);
    const bool ready = Ensemble::waits(parts[0]) && Ensemble::waits(parts[1]);
    const Nanoseconds opened = course_.clock.now();
    if (ready) both.release({{&parts[0], opened}, {&parts[1], opened}});
    if (ready) both.play_out();
    if (ready && !course_.stop) {
      Outcome raced;
      collect(parts, raced);
      result = Pair{.answered = true};
      for (const outcome::Answer& answer : raced.answers) {
        result->together = std::max(result->together, answer.steps.back().answered - opened);
        result->answered = result->answered && answer.last_status() != 0;
      }
    }
  }
  end(one, pace);
  end(other, pace);
  return result;
}

/// An entry, and its step whose body can be held; where nobody has a body, the head of a last step.
std::pair<int, int> Player::Lane::step_to_hold() const {
  for (std::size_t entry = 0; entry < entries_.size(); ++entry) {
    const auto& steps = steps_of(static_cast<int>(entry));
    for (std::size_t i = steps.size(); i-- > 0;)
      if (steps[i].body.kind != scenario::Body::Kind::none)
        return {static_cast<int>(entry), static_cast<int>(i)};
  }
  return {0, static_cast<int>(steps_of(0).size()) - 1};
}

const std::vector<scenario::Request>& Player::Lane::steps_of(int entry) const {
  const auto script = entries_.at(static_cast<std::size_t>(entry)).script;
  return course_.scenario.race.at(static_cast<std::size_t>(script)).steps;
}

std::optional<bool> Player::Lane::serves_two_connections(Nanoseconds patience) {
  if (course_.scenario.observe.empty()) return std::nullopt;
  const auto [holder, step] = step_to_hold();
  const Pace pace;
  Outcome outcome = open(pace, Judged::no);
  std::optional<bool> result;
  if (!outcome.failure) {
    // A server with one worker may be waiting on a connection that we keep.
    for (auto& [target, warm] : warm_) warm.kept.clear();
    Parts parts;
    Part& part = cast(parts, holder, outcome, pace.timeout);
    Ensemble alone(course_, {&part});
    alone.bring_to_gate(step, Gate::body);
    if (Ensemble::waits(part)) {
      const auto seen = ask(
          course_.scenario.observe.front().request, outcome.bindings,
          {.role = "observe", .origin = origin(outcome.bindings, "observe"), .timeout = patience});
      if (seen || seen.error().kind == Failure::Kind::unexpected)
        result = true;
      else if (seen.error().kind == Failure::Kind::no_answer && !course_.stop)
        result = false;
    }
    // The held request is never completed: its line closes with its part.
  }
  end(outcome, pace);
  return result;
}

// ------------------------------------------------------------------------------------------ player

Player::Player(Course& course, int lane) : lane_(std::make_unique<Lane>(course, lane)) {}
Player::~Player() = default;
std::optional<Failure> Player::set_up() { return lane_->set_up(); }
void Player::tear_down() { lane_->tear_down(); }
Outcome Player::serial(const schedule::Sequence& sequence, const Pace& pace) {
  return lane_->serial(sequence, pace);
}
Outcome Player::attempt(const schedule::Schedule& schedule, const Pace& pace) {
  return lane_->attempt(schedule, pace);
}
Outcome Player::reset_only(const Pace& pace) { return lane_->reset_only(pace); }
base::Result<outcome::State, Failure> Player::look(const json::object& bindings, const Pace& pace) {
  return lane_->look(bindings, pace);
}
std::optional<Pair> Player::pair(int first, int second, const Pace& pace) {
  return lane_->pair(first, second, pace);
}
std::optional<bool> Player::serves_two_connections(Nanoseconds patience) {
  return lane_->serves_two_connections(patience);
}

bool Player::multiplexes() const { return lane_->multiplexes(); }
bool Player::keeps_alive() const { return lane_->keeps_alive(); }

}  // namespace race
