#include "race/cast.h"

#include <algorithm>
#include <utility>

namespace race {
namespace {

using base::Nanoseconds;

constexpr Nanoseconds longest_wait_for_landing = std::chrono::seconds(5);

}  // namespace

Part& Cast::add(int entry, const Round& round, client::Line* shared) {
  client::Client& client = lane_.client;
  const scenario::Entry& who = lane_.entries.at(static_cast<std::size_t>(entry));
  const std::size_t target = static_cast<std::size_t>(entry) % client.targets().size();
  const std::string name = scenario::entry_name(lane_.course.scenario, who);
  const json::object& bindings = round.outcome().bindings;
  return parts_.emplace_back(client.context(), client.targets(),
                             Part::Role{.entry = who,
                                        .target = target,
                                        .bindings = bindings,
                                        .sessions = round.sessions_of(who),
                                        .origin = origin_of(client.context(), bindings, name),
                                        .seed = lane_.random.next(),
                                        .timeout = round.pace().timeout,
                                        .line = client.pool().take(target),
                                        .shared = shared,
                                        .keeps_alive = client.pool().keeps_alive(target)});
}

bool Cast::failed() const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [](const Part& part) { return part.failure().has_value(); });
}

void Cast::return_line(Part& part) {
  if (part.hung_up_on()) {
    lane_.client.pool().distrust(part.target());
    hung_up_on_ = true;
  }
  if (auto line = part.take_line()) lane_.client.pool().keep(part.target(), std::move(line));
}

void Cast::wait_for_landing(Nanoseconds timeout) {
  if (!std::exchange(waited_for_landing_, true))
    lane_.client.context().pause(std::min(timeout, longest_wait_for_landing));
}

void Cast::collect(outcome::Outcome& outcome) {
  for (const Part& part : parts_)
    if (part.timed_out()) wait_for_landing(part.timeout());
  for (Part& part : parts_) {
    if (!outcome.failure) outcome.failure = part.failure();
    return_line(part);
    outcome.answers.push_back(part.take_answer());
  }
}

}  // namespace race
