#include "finding/tried.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "finding/schedules.h"
#include "trial/turns.h"

namespace finding {
namespace {

using base::Nanoseconds;
using trial::Attempt;

Nanoseconds percentile(std::vector<Nanoseconds> spans, double share) {
  if (spans.empty()) return Nanoseconds(0);
  std::sort(spans.begin(), spans.end());
  const auto index =
      static_cast<std::size_t>(std::ceil(share * static_cast<double>(spans.size()))) - 1;
  return spans[std::min(index, spans.size() - 1)];
}

double in_microseconds(Nanoseconds span) { return base::in_milliseconds(span) * 1e3; }

void set_spread(record::Tried& tried, const std::vector<Attempt>& attempts) {
  std::vector<Nanoseconds> together;
  for (const Attempt& attempt : attempts) {
    const auto& offsets = attempt.schedule.offsets;
    if (std::all_of(offsets.begin(), offsets.end(),
                    [](const auto& offset) { return offset == Nanoseconds(0); }))
      together.push_back(attempt.spread);
  }
  tried.spread_p50_us = in_microseconds(percentile(together, 0.5));
  tried.spread_p99_us = in_microseconds(percentile(together, 0.99));
}

void set_manners(record::Tried& tried, const std::vector<Attempt>& attempts) {
  std::map<std::tuple<schedule::Sync, schedule::Hold, int, schedule::Connections>, record::Manner>
      manners;
  for (const Attempt& attempt : attempts) {
    const schedule::Schedule& made = attempt.schedule;
    record::Manner& manner = manners[{made.sync, made.hold, made.gate, made.connections}];
    const record::Schedule schedule = schedule_of(made);
    manner.sync = schedule.sync;
    manner.hold = schedule.hold;
    manner.connections = schedule.connections;
    manner.before_step = schedule.gate + 1;
    ++manner.attempts;
  }
  for (const auto& [key, manner] : manners) tried.manners.push_back(manner);
}

std::vector<std::string> names_of(const std::vector<int>& numbers,
                                  const scenario::Scenario& scenario) {
  const std::vector<scenario::Entry> entries = scenario::entries(scenario);
  std::set<std::string> names;
  for (const int number : numbers) {
    const scenario::Entry& entry = entries.at(static_cast<std::size_t>(number));
    names.insert(scenario.race[static_cast<std::size_t>(entry.script)].name);
  }
  return {names.begin(), names.end()};
}

/// Which orders explain an attempt, and who was taken out for that.
void set_explanation(record::Attempt& line, const oracle::Judgement& judgement,
                     const scenario::Scenario& scenario) {
  using Result = record::Attempt::Result;
  const std::size_t entries = scenario::entries(scenario).size();
  if (judgement.out.size() == entries) {
    line.result = Result::everyone_refused;
  } else if (!judgement.out.empty()) {
    line.result = Result::some_refused;
    line.refused = names_of(judgement.out, scenario);
  } else if (judgement.orders.size() == 1) {
    line.result = Result::one_order;
    line.order = trial::turns_of(judgement.orders.front(), scenario);
  } else {
    line.result = judgement.orders.size() == 2 && entries == 2 ? Result::either_order
                                                               : Result::several_orders;
  }
}

void set_result(record::Attempt& line, const Attempt& attempt, const scenario::Scenario& scenario) {
  using Result = record::Attempt::Result;
  if (attempt.permit && attempt.contradicts())
    line.result = Result::permitted;
  else if (attempt.suspicious() && !attempt.suspicious_for_good())
    line.result = Result::no_order_at_first;
  else if (attempt.contradicts())
    line.result = Result::no_order;
  else if (!attempt.broken.empty())
    line.result = Result::rule_broke;
  else if (attempt.judgement.is == oracle::Judgement::Is::contradicts)
    line.result = Result::detail;
  else if (attempt.explained())
    set_explanation(line, attempt.judgement, scenario);
}

}  // namespace

record::Tried what_was_tried(const Evidence& evidence) {
  const trial::Ledger& ledger = evidence.ledger;
  record::Tried tried{.attempts = static_cast<int>(ledger.attempts.size()),
                      .counted = ledger.counted(),
                      .everyone_refused = ledger.everyone_refused,
                      .controls = ledger.controls,
                      .played_anew = ledger.played_anew,
                      .lanes = ledger.lanes};
  for (const Attempt& attempt : ledger.attempts) {
    tried.after_proof += attempt.after_proof;
    tried.overlapped += attempt.overlapped;
    tried.explained += attempt.explained();
    tried.unexplained += attempt.suspicious();
    tried.permitted += attempt.permit.has_value() && attempt.contradicts();
    tried.unjudged += attempt.waits() || attempt.judgement.is == oracle::Judgement::Is::unjudged;
    const double lag = base::in_milliseconds(schedule::lag(attempt.schedule));
    tried.offset_low_ms = std::min(tried.offset_low_ms, lag);
    tried.offset_high_ms = std::max(tried.offset_high_ms, lag);
  }
  set_spread(tried, ledger.attempts);
  set_manners(tried, ledger.attempts);
  for (const auto& [key, times] : ledger.refusals)
    tried.refusals.push_back(
        {.script = evidence.scenario.race[static_cast<std::size_t>(key.first)].name,
         .status = key.second,
         .times = times,
         .customary = oracle::is_customary_refusal(key.second)});
  if (tried.counted > 0) tried.upper_bound = 1 - std::pow(0.05, 1.0 / tried.counted);
  for (const outcome::Tally& sink : ledger.sinks)
    tried.sinks.push_back(
        {sink.name, sink.url, sink.calls, sink.late, sink.strays, sink.turned_away});
  return tried;
}

std::vector<record::Attempt> attempts_in_turn(const Evidence& evidence) {
  constexpr std::size_t most_offsets = 200'000;
  const auto& all = evidence.ledger.attempts;
  const std::size_t entries = scenario::entries(evidence.scenario).size();
  const std::size_t most = most_offsets / std::max<std::size_t>(1, entries);
  const auto hits =
      static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const Attempt& attempt) {
        return attempt.suspicious_for_good();
      }));
  std::size_t room = most - std::min(most, hits);
  std::vector<record::Attempt> attempts;
  for (const Attempt& attempt : all) {
    const bool hit = attempt.suspicious_for_good();
    if (!hit && room == 0) continue;
    if (!hit) --room;
    attempts.push_back({.attempt = attempt.number,
                        .lag_ms = base::in_milliseconds(lag(attempt.schedule)),
                        .before_step = attempt.schedule.gate + 1,
                        .hit = hit,
                        .schedule = schedule_of(attempt.schedule)});
    set_result(attempts.back(), attempt, evidence.scenario);
    if (attempts.size() == most) break;
  }
  return attempts;
}

}  // namespace finding
