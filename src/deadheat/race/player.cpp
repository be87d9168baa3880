#include "race/player.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "base/require.h"
#include "race/cast.h"
#include "race/ensemble.h"
#include "race/release.h"
#include "race/round.h"

namespace race {
namespace {

using base::Nanoseconds;
using client::Gate;
using client::Line;
using outcome::Failure;
using outcome::Outcome;
using outcome::Pace;
using outcome::Pair;

/// Of each request that has to go out even after an interruption.
constexpr Nanoseconds teardown_timeout = std::chrono::seconds(5);

/// One after another. True if the server hung up on a kept connection.
bool play_in_turn(Lane& lane, Round& round, const schedule::Sequence& sequence) {
  const client::Context& context = lane.client.context();
  Cast cast(lane);
  std::map<int, Part*> by_entry;
  bool first = true;
  const auto playable = [&] { return !context.stop && !cast.failed(); };
  for (const int entry : sequence.turns) {
    if (!playable()) break;
    if (!std::exchange(first, false)) context.pause(sequence.pause);
    Part*& part = by_entry[entry];
    if (part == nullptr) part = &cast.add(entry, round);
    Ensemble alone(context, {part});
    if (sequence.by_request)
      alone.play_step();
    else
      alone.play_out();
    if (part->finished()) cast.return_line(*part);
    // What this script may still do must not meet the next one.
    if (part->timed_out()) cast.wait_for_landing(part->timeout());
  }
  // An interleaving that was seen may be shorter than the scripts: one stopped there, here not.
  for (Part& part : cast.parts())
    if (playable()) Ensemble(context, {&part}).play_out();
  cast.collect(round.outcome());
  return cast.hung_up_on();
}

/// For each entry the line that it shares at the gate; nullptr where it has one of its own.
std::vector<Line*> shared_lines(Lane& lane, const schedule::Schedule& schedule,
                                Nanoseconds timeout) {
  std::vector<Line*> all(lane.entries.size(), nullptr);
  if (schedule.connections == schedule::Connections::own || schedule.sync != schedule::Sync::held)
    return all;
  const std::size_t targets = lane.client.targets().size();
  for (std::size_t target = 0; target < targets; ++target) {
    std::vector<std::size_t> here;
    for (std::size_t i = target; i < all.size(); i += targets) here.push_back(i);
    const std::vector<Line*> shared = lane.client.pool().shared(target, here.size(), timeout);
    for (std::size_t i = 0; i < shared.size(); ++i) all[here[i]] = shared[i];
  }
  return all;
}

void play_together(Lane& lane, Round& round, const schedule::Schedule& schedule) {
  Cast cast(lane);
  const std::vector<Line*> shared = shared_lines(lane, schedule, round.pace().timeout);
  for (std::size_t i = 0; i < lane.entries.size(); ++i)
    cast.add(static_cast<int>(i), round, shared[i]);
  round.outcome().gate_opened = release(lane, cast, schedule);
  cast.collect(round.outcome());
}

const std::vector<scenario::Request>& steps_of(const Lane& lane, std::size_t entry) {
  const auto script = static_cast<std::size_t>(lane.entries.at(entry).script);
  return lane.course.scenario.race.at(script).steps;
}

/// An entry, and its step whose body can be held; where nobody has a body, the head of a last step.
std::pair<int, int> step_to_hold(const Lane& lane) {
  for (std::size_t entry = 0; entry < lane.entries.size(); ++entry) {
    const auto& steps = steps_of(lane, entry);
    for (std::size_t i = steps.size(); i-- > 0;)
      if (steps[i].body.kind != scenario::Body::Kind::none)
        return {static_cast<int>(entry), static_cast<int>(i)};
  }
  return {0, static_cast<int>(steps_of(lane, 0).size()) - 1};
}

}  // namespace

std::optional<Failure> Player::set_up() {
  Course& course = lane_.course;
  const Nanoseconds timeout = course.scenario.timeout.value_or(Pace().timeout);
  const client::Errand errand{.role = "setup", .needs_success = true, .timeout = timeout};
  // Who is logged in stays so: races of fewer scripts are one run.
  client::Sessions sessions = course.sessions;
  const auto log_in = [&](const std::string& actor) {
    return lane_.client.log_in(actor, course.all_bindings(), sessions, timeout);
  };
  for (const scenario::Request& request : course.scenario.setup) {
    if (auto failure = log_in(request.actor)) return failure;
    json::object bindings = course.all_bindings();
    if (course.sinks != nullptr) course.sinks->bind(bindings);
    if (auto failure = lane_.client.perform(request, bindings, sessions, errand, course.bindings))
      return failure;
  }
  for (const scenario::Actor& actor : course.scenario.actors)
    if (auto failure = log_in(actor.name)) return failure;
  course.sessions = std::move(sessions);
  return std::nullopt;
}

void Player::tear_down() {
  Course& course = lane_.course;
  client::Sessions sessions = course.sessions;
  json::object bindings = course.all_bindings();
  if (course.sinks != nullptr) course.sinks->bind(bindings);
  for (const scenario::Request& request : course.scenario.teardown)
    // Whatever it answers, there is nothing left that could be done about it.
    (void)lane_.client.ask(
        request, bindings, sessions,
        {.role = "teardown", .timeout = teardown_timeout, .interruptible = false});
}

Outcome Player::serial(const schedule::Sequence& sequence, const Pace& pace) {
  for (int played_anew = 0;; ++played_anew) {
    Round round(lane_, pace);
    const bool hung_up_on = !round.failed() && play_in_turn(lane_, round, sequence);
    Outcome outcome = round.close();
    outcome.played_anew = played_anew;
    // A connection that the server closed as it was used again says nothing about the order, and
    // a fresh reset can be had. It cannot go on like this: no connection is kept after that.
    if (!hung_up_on || lane_.course.stop) return outcome;
  }
}

Outcome Player::attempt(const schedule::Schedule& schedule, const Pace& pace) {
  const std::size_t count = lane_.entries.size();
  base::require(schedule.offsets.size() == count && schedule.sequence.size() == count,
                "a schedule is for the entries of its scenario");
  Round round(lane_, pace);
  if (!round.failed()) play_together(lane_, round, schedule);
  return round.close();
}

Outcome Player::reset_only(const Pace& pace) {
  return Round(lane_, pace, Round::Judged::no).close();
}

base::Result<outcome::State, Failure> Player::look(const json::object& bindings, const Pace& pace) {
  client::Sessions sessions = lane_.course.sessions;
  if (auto failure = lane_.client.look_up()) return base::failure(std::move(*failure));
  auto state = lane_.client.observe(bindings, sessions, pace.timeout);
  if (auto stopped = lane_.course.interrupted()) return base::failure(std::move(*stopped));
  return state;
}

std::optional<Pair> Player::pair(int first, int second, const Pace& pace) {
  Round one(lane_, pace, Round::Judged::no);
  Round other(lane_, pace, Round::Judged::no);
  std::optional<Pair> result;
  if (!one.failed() && !other.failed()) {
    Cast cast(lane_);
    Part& a = cast.add(first, one);
    Part& b = cast.add(second, other);
    Ensemble both(lane_.client.context(), {&a, &b});
    // Before the last step of each, whatever number that has.
    both.bring_to_gate(std::numeric_limits<int>::max(), Gate::headers);
    const bool ready = Ensemble::waits(a) && Ensemble::waits(b);
    const Nanoseconds opened = lane_.course.clock.now();
    if (ready) both.release({{&a, opened}, {&b, opened}});
    if (ready) both.play_out();
    if (ready && !lane_.course.stop) {
      Outcome raced;
      cast.collect(raced);
      result = Pair{.answered = true};
      for (const outcome::Answer& answer : raced.answers) {
        result->together = std::max(result->together, answer.steps.back().answered - opened);
        result->answered = result->answered && answer.last_status() != 0;
      }
    }
  }
  one.end();
  other.end();
  return result;
}

std::optional<bool> Player::serves_two_connections(Nanoseconds patience) {
  const Course& course = lane_.course;
  if (course.scenario.observe.empty()) return std::nullopt;
  const auto [holder, step] = step_to_hold(lane_);
  const Pace pace;
  Round round(lane_, pace, Round::Judged::no);
  std::optional<bool> result;
  if (!round.failed()) {
    lane_.client.pool().clear();
    Cast cast(lane_);
    Part& part = cast.add(holder, round);
    Ensemble alone(lane_.client.context(), {&part});
    alone.bring_to_gate(step, Gate::body);
    if (Ensemble::waits(part)) {
      const auto seen = round.ask(course.scenario.observe.front().request,
                                  {.role = "observe", .timeout = patience});
      if (seen || seen.error().kind == Failure::Kind::unexpected)
        result = true;
      else if (seen.error().kind == Failure::Kind::no_answer && !course.stop)
        result = false;
    }
    // The held request is never completed: its line closes with its part.
  }
  round.end();
  return result;
}

}  // namespace race
