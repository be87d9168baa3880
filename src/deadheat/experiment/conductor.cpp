#include "experiment/conductor.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/require.h"

namespace experiment {
namespace {

using base::Nanoseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Two runs of one order lie at least so far apart: what moves once a second must be seen to move.
constexpr Nanoseconds run_distance = milliseconds(1100);
/// From here on a target is slow: lanes cost it nothing, since they mostly wait.
constexpr Nanoseconds slow = milliseconds(200);
/// On a fast target more lanes than this only disturb each other's releases.
constexpr int fast_attempt_lanes = 2;
constexpr int fast_serial_lanes = 4;
/// Attempts that a slow target is given while the second runs are still on their way.
constexpr int early_attempts = 4;
constexpr int pairs_planned = 20;
/// Every so many attempts a serial control is mixed in.
constexpr int control_every = 10;
/// Every so many fresh serial runs have more than a second between the scripts.
constexpr int pause_every = 5;
/// Below this the sum of two latencies cannot be told from the noise.
constexpr Nanoseconds tellable = milliseconds(5);
/// Nor where one of the two is so much shorter that the sum is hardly more than the other.
constexpr int tellable_share = 4;
/// Attempts may exceed the plan by this factor while `clean` lacks effort that more attempts can
/// bring.
constexpr int patience = 3;
constexpr Nanoseconds connection_patience = seconds(3);

/// An attempt that never got to be: the cause, for people.
std::string cause_of(const outcome::Failure& failure) { return failure.message; }

/// More than a second between the scripts; where they are many, more than two seconds in all.
Nanoseconds pause_between(const oracle::Order& order) {
  const auto gaps = static_cast<int>(order.roles.size()) - 1;
  if (gaps <= 0) return Nanoseconds(0);
  return gaps <= 2 ? run_distance : 2 * run_distance / gaps;
}

}  // namespace

Conductor::Conductor(race::Course& course, const Options& options)
    : course_(course),
      scenario_(course.scenario),
      options_(options),
      began_(course.clock.now()),
      entries_(scenario::entries(course.scenario)),
      oracle_(std::make_unique<oracle::Oracle>(course.scenario, oracle::Limits{}, options.seed)),
      planner_(course.scenario, options.seed),
      random_(options.seed) {
  if (scenario_.timeout) pace_.timeout = *scenario_.timeout;
  if (scenario_.settle) pace_.settle = *scenario_.settle;
  pace_.learn_settling = !scenario_.settle.has_value();
}

Conductor::~Conductor() = default;

std::vector<int> Conductor::everyone() const {
  std::vector<int> all(entries_.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

void Conductor::run() {
  if (set_up()) {
    if (scenario_.observe.empty())
      ledger_.remarks.emplace_back(
          "the scenario observes no state: only what the scripts were told is judged");
    lanes_ = std::make_unique<Lanes>(course_, std::max(1, scenario_.run.lanes));
    ledger_.lanes = lanes_->count();
    learn_alone();
    if (!done_) race();
  }
  wind_up();
}

// -- the steps

bool Conductor::set_up() {
  race::Player player(course_, 0);
  const auto end = [&](const outcome::Failure& failure) {
    using Kind = outcome::Failure::Kind;
    const bool unreachable = failure.kind == Kind::unreachable || failure.kind == Kind::no_answer;
    ledger_.ending = Ending{unreachable ? Ending::Is::unreachable : Ending::Is::scenario_error,
                            failure.place.line > 0
                                ? fmt::format("{}:{}:{}: {}", scenario_.file, failure.place.line,
                                              failure.place.column, failure.message)
                                : failure.message};
    done_ = true;
    return false;
  };
  say_progress(true);
  if (const auto failure = player.set_up()) return end(*failure);
  const outcome::Outcome first = player.reset_only(pace_);
  if (first.failure) return end(*first.failure);
  ledger_.two_connections = player.serves_two_connections(connection_patience);
  if (ledger_.two_connections == false) {
    done_ = true;
    return false;
  }
  return true;
}

void Conductor::learn_alone() {
  for (const oracle::Order& order : oracle_->orders()) {
    if (done_ || course_.stop) break;
    if (elapsed() > scenario_.run.budget / 2) {
      ledger_.learning_too_long = true;
      done_ = true;
      break;
    }
    alone_begun_.push_back(course_.clock.now());
    submit_serial({order, everyone()}, Purpose::Is::run, Nanoseconds(0));
    while (!in_flight_.empty()) {
      if (auto done = lanes_->collect(milliseconds(100))) hear(std::move(*done));
      say_progress();
    }
  }
  if (done_ || course_.stop) return;
  if (oracle_->nothing_answered_serially() || oracle_->everything_refused_serially()) {
    done_ = true;  // no attempt could count as effort
    return;
  }
  Nanoseconds longest{0};
  for (const auto& [script, span] : ledger_.latency) longest = std::max(longest, span);
  if (!scenario_.timeout)
    pace_.timeout =
        std::max<Nanoseconds>(seconds(5), 3 * longest * static_cast<int>(entries_.size()));
  planner_.learn_latency(longest);
  for (std::size_t i = 0; i < oracle_->orders().size(); ++i)
    errands_.push_back({{oracle_->orders()[i], everyone()}, alone_begun_[i] + run_distance});
  // On a slow target the lanes have time to spare now, and a finding will ask for these.
  if (slow_target() && lanes_->count() >= 2 * early_attempts) want(oracle_->likely_interleavings());
}

void Conductor::race() {
  while (!finished()) {
    while (submit_next()) {
    }
    const Nanoseconds wait = std::min<Nanoseconds>(
        milliseconds(100), std::max<Nanoseconds>(next_errand_in(), milliseconds(1)));
    if (auto done = lanes_->collect(wait)) hear(std::move(*done));
    say_progress();
  }
}

void Conductor::wind_up() {
  const bool interrupted = course_.stop;
  if (interrupted && !ledger_.ending)
    ledger_.ending = Ending{Ending::Is::interrupted, "interrupted"};
  say_progress(true);
  // What is in flight is of no use any more; only cleanups are worth waiting for.
  if (scenario_.cleanup.empty()) course_.stop = true;
  lanes_.reset();
  course_.stop = false;
  if (!ledger_.ending || ledger_.ending->is != Ending::Is::unreachable) {
    race::Player player(course_, 0);
    player.tear_down();
  }
  course_.stop = interrupted;
}

// -- deciding

bool Conductor::over_budget() const { return elapsed() > scenario_.run.budget; }

bool Conductor::finished() {
  if (course_.stop || done_) return true;
  if (over_budget()) {
    ledger_.budget_ended = true;
    return true;
  }
  return false;
}

bool Conductor::slow_target() const { return serial_duration_ >= slow; }

bool Conductor::may_fly(bool paused) const {
  const int flying = static_cast<int>(in_flight_.size());
  if (one_lane_) return flying == 0;
  if (flying >= lanes_->count()) return false;
  if (slow_target() || paused) return true;
  const auto busy = std::count_if(in_flight_.begin(), in_flight_.end(),
                                  [](const auto& job) { return !job.second.paused; });
  return busy < fast_serial_lanes;
}

Nanoseconds Conductor::next_errand_in() const {
  Nanoseconds soonest = seconds(1);
  for (const Errand& errand : errands_)
    soonest = std::min(soonest, errand.not_before - course_.clock.now());
  return soonest;
}

/// Hands the next thing to do to a lane. False: there is nothing to do now.
bool Conductor::submit_next() {
  if (finished()) return false;
  if (may_fly(false) && (submit_errand() || submit_pair())) return true;
  if (ledger_.suspect) return submit_proof();  // which has jobs that mostly wait
  return may_fly(false) && submit_attempt();
}

bool Conductor::submit_errand() {
  for (auto errand = errands_.begin(); errand != errands_.end(); ++errand) {
    if (errand->not_before > course_.clock.now()) continue;
    const oracle::Wanted wanted = errand->wanted;
    errands_.erase(errand);
    submit_serial(wanted, Purpose::Is::run, Nanoseconds(0));
    return true;
  }
  return false;
}

bool Conductor::submit_pair() {
  if (ledger_.one_at_a_time || entries_.size() < 2 || pairs_asked_ == pairs_planned) return false;
  const auto [first, second] = pair_of_entries();
  const Nanoseconds shorter = std::min(last_step(first), last_step(second));
  const Nanoseconds longer = std::max(last_step(first), last_step(second));
  if (shorter < tellable || shorter < longer / tellable_share) {
    pairs_asked_ = pairs_heard_ = pairs_planned;
    ledger_.remarks.push_back(fmt::format(
        "whether the target works on two things at once cannot be told: alone the last requests "
        "take {:.1f} and {:.1f} ms, "
        "and it would need two of 5 ms or more, of much the same length",
        base::in_milliseconds(last_step(first)), base::in_milliseconds(last_step(second))));
    return false;
  }
  const int flying = pairs_asked_ - pairs_heard_;
  if (flying >= (slow_target() ? 2 : 1)) return false;
  ++pairs_asked_;
  submit({.is = Purpose::Is::pair}, PairJob{first, second}, pace_);
  return true;
}

/// Two entries, of different scripts if there are such.
std::pair<int, int> Conductor::pair_of_entries() const {
  for (std::size_t i = 1; i < entries_.size(); ++i)
    if (entries_[i].script != entries_[0].script) return {0, static_cast<int>(i)};
  return {0, 1};
}

/// What the last step of an entry's script takes alone; 0 where none was ever answered.
Nanoseconds Conductor::last_step(int entry) const {
  const auto known = ledger_.last_step.find(entries_[static_cast<std::size_t>(entry)].script);
  return known == ledger_.last_step.end() ? Nanoseconds(0) : known->second;
}

bool Conductor::submit_attempt() {
  const auto count_flying = [&](Purpose::Is is) {
    return static_cast<int>(std::count_if(in_flight_.begin(), in_flight_.end(),
                                          [&](const auto& job) { return job.second.is == is; }));
  };
  const int flying = count_flying(Purpose::Is::attempt);
  if (!ledger_.baseline && ledger_.clashes.empty()) {  // still learning
    if (one_lane_ || !slow_target() || lanes_->count() < 2 * early_attempts ||
        attempts_asked_ >= early_attempts)
      return false;
  }
  if (!slow_target() && flying >= fast_attempt_lanes) return false;
  const bool planned = attempts_asked_ < scenario_.run.attempts;
  if (!planned) {
    // Everything planned was played. What else could help, and would it?
    if (flying > 0 || count_flying(Purpose::Is::run) > 0 || !errands_.empty()) return false;
    for (auto& [key, error] : ledger_.errors)
      if (error.attempts.size() >= 2 && error.controls_after == 0 &&
          count_flying(Purpose::Is::control) == 0) {
        submit_serial({oracle_->orders()[random_.below(oracle_->orders().size())], everyone()},
                      Purpose::Is::control, Nanoseconds(0));
        return true;
      }
    if (count_flying(Purpose::Is::control) > 0 || count_flying(Purpose::Is::pair) > 0) return false;
    const bool hopeless = !ledger_.baseline || ledger_.one_at_a_time == true ||
                          ledger_.contention_error() != nullptr ||
                          attempts_asked_ >= patience * scenario_.run.attempts;
    if (hopeless || missing_effort(ledger_, *oracle_, scenario_).empty()) {
      done_ = true;
      return false;
    }
  }
  if (attempts_asked_ > 0 && attempts_asked_ % control_every == 0 && ledger_.baseline &&
      ledger_.controls + count_flying(Purpose::Is::control) < attempts_asked_ / control_every) {
    submit_serial({oracle_->orders()[random_.below(oracle_->orders().size())], everyone()},
                  Purpose::Is::control, Nanoseconds(0));
    return true;
  }
  submit_race(planner_.next(), false);
  return true;
}

/// Replays and fresh serial runs go on side by side, three serial runs for every attempt and at
/// least twenty.
bool Conductor::submit_proof() {
  if (suspects_.empty() || ledger_.proven) return false;
  int replays = 0, fresh = 0;
  for (const auto& [id, purpose] : in_flight_) {
    replays += purpose.is == Purpose::Is::attempt;
    fresh += purpose.is == Purpose::Is::fresh;
  }
  const int attempts = ledger_.judged() + replays;
  const bool serial_wanted = !oracle::enough_serial_runs(attempts, fresh_asked_);
  const bool replay_wanted = ledger_.hits() + replays / 2 < 2 || (!serial_wanted && fresh == 0);
  // Where attempts mostly wait, more of them side by side cost nothing.
  const int side_by_side =
      slow_target() && lanes_->count() >= 2 * early_attempts ? early_attempts : 2;
  if (replay_wanted && replays < side_by_side && may_fly(true)) {
    submit_race(planner_.replay(), true);
    return true;
  }
  if (!serial_wanted) return false;
  const bool pause = fresh_asked_ % pause_every == pause_every - 1;
  if (!may_fly(pause)) return false;
  const oracle::Wanted& next = suspects_[static_cast<std::size_t>(fresh_asked_) % suspects_.size()];
  ++fresh_asked_;
  submit_serial(next, Purpose::Is::fresh, pause ? pause_between(next.order) : Nanoseconds(0));
  return true;
}

void Conductor::submit(Purpose purpose, decltype(Job::what) what, race::Pace pace) {
  purpose.begun = course_.clock.now();
  purpose.generation = generation_;
  const int id = next_id_++;
  in_flight_.emplace(id, std::move(purpose));
  lanes_->submit({id, pace, std::move(what)});
}

void Conductor::submit_serial(const oracle::Wanted& wanted, Purpose::Is is, Nanoseconds pause) {
  const int turn = asked_[wanted.order]++;
  const std::vector<int> players =
      oracle::cast(wanted.order, wanted.members, entries_, static_cast<std::size_t>(turn));
  // What settles is learnt from the runs that are learnt from; the others wait as attempts do.
  race::Pace pace = pace_;
  pace.learn_settling = pace_.learn_settling && is == Purpose::Is::run;
  submit({.is = is, .order = wanted.order, .players = players, .paused = pause > Nanoseconds(0)},
         SerialJob{oracle::sequence_of(wanted.order, players, pause)}, pace);
}

void Conductor::submit_race(const schedule::Schedule& schedule, bool replay) {
  race::Pace pace = pace_;
  pace.learn_settling = false;
  // "Again": a contradiction that is gone after a while was a late read, not a race.
  if (replay && !scenario_.observe.empty())
    pace.look_again = std::max<Nanoseconds>(seconds(1), 10 * ledger_.settle);
  ++attempts_asked_;
  submit({.is = Purpose::Is::attempt, .schedule = schedule, .replay = replay, .paused = replay},
         AttemptJob{schedule}, pace);
}

// -- hearing

void Conductor::hear(Done done) {
  const auto found = in_flight_.find(done.id);
  base::require(found != in_flight_.end(), "a result belongs to a job");
  const Purpose purpose = std::move(found->second);
  in_flight_.erase(found);
  if (purpose.generation != generation_ || course_.stop) return;
  switch (purpose.is) {
    case Purpose::Is::run:
    case Purpose::Is::control:
    case Purpose::Is::fresh:
      hear_serial(purpose, std::move(done.outcome));
      break;
    case Purpose::Is::attempt:
      hear_attempt(purpose, std::move(done.outcome));
      break;
    case Purpose::Is::pair:
      hear_pair(done.pair);
      break;
  }
}

bool Conductor::lost(const outcome::Outcome& outcome, const std::string& during) {
  if (!outcome.failure) return false;
  if (!ledger_.ending) {
    const outcome::Failure& failure = *outcome.failure;
    const std::string where =
        failure.place.line > 0
            ? fmt::format("{}:{}:{}: ", scenario_.file, failure.place.line, failure.place.column)
            : "";
    ledger_.ending = Ending{Ending::Is::target_lost,
                            fmt::format("{}in {}: {}", where, during, cause_of(failure))};
  }
  done_ = true;
  return true;
}

void Conductor::measure(const outcome::Outcome& outcome, const oracle::Order& order) {
  if (order.roles.size() != entries_.size() || order.by_request()) return;
  for (const outcome::Answer& answer : outcome.answers) {
    if (answer.steps.empty() || answer.last_status() == 0) continue;
    auto& whole = ledger_.latency[answer.entry.script];
    whole = std::max(whole, answer.steps.back().answered - answer.steps.front().sent);
    if (answer.stopped()) continue;
    const Nanoseconds last = answer.steps.back().answered - answer.steps.back().sent;
    auto [known, first] = ledger_.last_step.emplace(answer.entry.script, last);
    if (!first) known->second = std::min(known->second, last);
  }
  if (pairs_heard_ > 0) weigh_pairs();
  ledger_.settle = std::max(ledger_.settle, outcome.settled_after);
  if (!scenario_.settle) pace_.settle = 2 * ledger_.settle;
}

void Conductor::hear_serial(const Purpose& purpose, outcome::Outcome outcome) {
  if (lost(outcome, "a serial run (" + to_text(purpose.order, scenario_) + ")")) return;
  ++ledger_.serial_runs;
  measure(outcome, purpose.order);
  const bool whole = purpose.order.roles.size() == entries_.size() && !purpose.order.by_request();
  if (whole) check_serial_rules(outcome, purpose.order);
  if (whole && alone_.emplace(purpose.order, outcome).second)
    serial_duration_ = std::max(serial_duration_, course_.clock.now() - purpose.begun);
  if (done_) return;

  oracle::apply_mask(outcome, scenario_);
  oracle::Reading reading = oracle::read(outcome, scenario_);
  if (purpose.is == Purpose::Is::control && ledger_.baseline) {
    ++ledger_.controls;
    if (!oracle_->fits(purpose.order, reading)) ++ledger_.drifted_controls;
    for (auto& [key, error] : ledger_.errors) {
      const bool answered =
          std::all_of(reading.told.begin(), reading.told.end(), [](const oracle::Told& told) {
            return !told.signature.statuses.empty() && told.signature.statuses.back() != 0;
          });
      error.controls_after += answered;
    }
  }
  if (ledger_.suspect && purpose.is != Purpose::Is::run) ++ledger_.fresh_serial;
  oracle_->learn_reset(reading);
  oracle_->learn(purpose.order, std::move(reading));
  if (!ledger_.baseline) {
    check_baseline();
  } else if (purpose.is != Purpose::Is::run || oracle_->knows(purpose.order)) {
    const auto clashes = oracle_->clashes();
    if (!clashes.empty()) {
      // Two runs of one order differ after all: nothing that rests on it counts.
      ledger_.clashes = clashes;
      ledger_.baseline = false;
      ledger_.proven = false;
      done_ = true;
      return;
    }
  }
  judge_open();
}

void Conductor::check_baseline() {
  if (!std::all_of(oracle_->orders().begin(), oracle_->orders().end(),
                   [&](const auto& o) { return oracle_->knows(o); }))
    return;
  const auto clashes = oracle_->clashes();
  const auto resets = oracle_->reset_conflicts();
  // What is not of one attempt alone cannot be counted while others move it, too.
  const bool shared = lanes_->count() > 1 && !one_lane_ && oracle_->shares_counts();
  if (clashes.empty() && resets.empty() && !shared) {
    ledger_.baseline = true;
    judge_open();
    return;
  }
  if (lanes_->count() > 1 && !one_lane_) {
    // Perhaps only because several lanes play at once: learn the second runs again, alone.
    one_lane_ = true;
    ledger_.lanes = 1;
    ledger_.remarks.push_back(
        clashes.empty() && resets.empty()
            ? "what the scenario counts is not the same after every reset, so every attempt may "
              "move it: one lane from here on"
            : fmt::format(
                  "runs side by side came out differently than alone ({}): one lane from here on",
                  clashes.empty() ? resets.front().place : clashes.front().conflict.place));
    ++generation_;
    oracle_ = std::make_unique<oracle::Oracle>(scenario_, oracle::Limits{}, options_.seed);
    asked_.clear();
    ledger_.attempts.clear();
    ledger_.explained_by.clear();
    ledger_.errors.clear();
    ledger_.by_request = {};
    ledger_.suspect.reset();
    suspects_.clear();
    errands_.clear();
    attempts_asked_ = fresh_asked_ = 0;
    for (std::size_t i = 0; i < oracle_->orders().size(); ++i) {
      const oracle::Order& order = oracle_->orders()[i];
      outcome::Outcome first = alone_.at(order);
      oracle::apply_mask(first, scenario_);
      oracle::Reading reading = oracle::read(first, scenario_);
      oracle_->learn_reset(reading);
      oracle_->learn(order, std::move(reading));
      ++asked_[order];
      errands_.push_back({{order, everyone()}, alone_begun_[i] + run_distance});
    }
    return;
  }
  ledger_.clashes = clashes;
  ledger_.reset_conflicts = resets;
  if (scenario_.rules.empty()) done_ = true;  // rules can still be judged; nothing else can
}

void Conductor::check_serial_rules(const outcome::Outcome& outcome, const oracle::Order& order) {
  if (ledger_.serial_break) return;
  const auto broken = broken_rules(outcome, scenario_, course_.evaluate);
  if (broken.empty()) return;
  for (const BrokenRule& rule : broken) {
    if (!rule.error) continue;
    // It says nothing of the server: the scenario is to be mended.
    ledger_.ending = Ending{Ending::Is::scenario_error,
                            fmt::format("{}:{}:{}: rule {}: {}", scenario_.file, rule.place.line,
                                        rule.place.column, rule.name, *rule.error)};
    done_ = true;
    return;
  }
  ledger_.serial_break = SerialBreak{to_text(order, scenario_), broken.front(), outcome};
  for (Attempt& attempt : ledger_.attempts) attempt.broken.clear();
  if (!options_.keep_going) done_ = true;
}

void Conductor::hear_pair(const std::optional<race::Pair>& pair) {
  ++pairs_heard_;
  if (pair && pair->answered) pairs_.push_back(pair->together);
  weigh_pairs();
}

/// Two scripts side by side take as long as the longer one, one after the other as long as both:
/// what is nearer. Weighed again whenever a script turns out to be faster alone than it was known
/// to be.
void Conductor::weigh_pairs() {
  const auto [first, second] = pair_of_entries();
  const Nanoseconds longer = std::max(last_step(first), last_step(second));
  const Nanoseconds between = longer + std::min(last_step(first), last_step(second)) / 2;
  const auto in_parallel = std::count_if(pairs_.begin(), pairs_.end(),
                                         [&](Nanoseconds together) { return together < between; });
  // One in twenty may be chance; two settle it.
  if (in_parallel > pairs_planned / 20)
    ledger_.one_at_a_time = false;
  else if (pairs_heard_ == pairs_planned && !pairs_.empty())
    ledger_.one_at_a_time = true;
  else
    ledger_.one_at_a_time.reset();
}

void Conductor::hear_attempt(const Purpose& purpose, outcome::Outcome outcome) {
  if (lost(outcome, fmt::format("attempt {}", ledger_.attempts.size() + 1))) return;
  Attempt attempt{.number = static_cast<int>(ledger_.attempts.size()) + 1,
                  .schedule = purpose.schedule};
  attempt.overlapped = outcome::overlapped(outcome);
  attempt.looked_again = scenario_.observe.empty() || !outcome.later.empty();
  attempt.spread = outcome::release_spread(outcome);
  if (!ledger_.serial_break) {
    attempt.broken = broken_rules(outcome, scenario_, course_.evaluate);
    if (!attempt.broken.empty() && !outcome.later.empty()) {
      outcome::Outcome later = outcome;
      later.after = outcome.later;
      if (broken_rules(later, scenario_, course_.evaluate).empty()) attempt.broken.clear();
    }
  }
  attempt.permit = permitted(outcome, scenario_, course_.evaluate);
  attempt.outcome = outcome;
  oracle::apply_mask(outcome, scenario_);
  attempt.reading = oracle::read(outcome, scenario_);
  if (ledger_.baseline && !oracle_->is_reset_state(attempt.reading)) ++ledger_.odd_resets;
  attempt.judgement.is = oracle::Judgement::Is::needs_runs;
  ledger_.attempts.push_back(std::move(attempt));
  note_errors(ledger_.attempts.back());
  judge_open();
}

void Conductor::note_errors(Attempt& attempt) {
  std::set<std::pair<int, int>> seen;
  for (const oracle::Told& told : attempt.reading.told) {
    const int status = told.signature.statuses.empty() ? -1 : told.signature.statuses.back();
    const bool error = status == 0 || (status >= 500 && status != 503);
    if (!error || oracle_->status_given_serially(told.script, status)) continue;
    if (!seen.insert({told.script, status}).second) continue;
    attempt.failed = true;
    auto [found, first] = ledger_.errors.try_emplace({told.script, status});
    if (first) found->second = {told.script, status, {}, ledger_.serial_runs, 0};
    found->second.attempts.push_back(attempt.number - 1);
    found->second.controls_after = 0;
  }
}

void Conductor::want(const std::vector<oracle::Wanted>& wanted) {
  const Nanoseconds now = course_.clock.now();
  for (const oracle::Wanted& each : wanted) {
    const auto same_order = [&](const Errand& errand) { return errand.wanted.order == each.order; };
    auto coming = asked_[each.order] + std::count_if(errands_.begin(), errands_.end(), same_order);
    for (; coming < 2; ++coming) errands_.push_back({each, coming == 0 ? now : now + run_distance});
  }
}

void Conductor::judge_open() {
  if (!ledger_.baseline && ledger_.clashes.empty() && ledger_.reset_conflicts.empty()) return;
  for (Attempt& attempt : ledger_.attempts) {
    const bool open = attempt.waits() || attempt.judgement.is == oracle::Judgement::Is::contradicts;
    if (open && attempt.judged_at != oracle_->revision() + 1) judge(attempt);
  }
  suspect_if_needed();
  check_proof();
}

void Conductor::judge(Attempt& attempt) {
  attempt.judged_at = oracle_->revision() + 1;  // 0 is "never"
  if (!ledger_.baseline) {
    attempt.judgement.is = oracle::Judgement::Is::unjudged;  // only rules can be judged
    return;
  }
  attempt.judgement = oracle_->judge(attempt.reading);
  if (attempt.waits())
    want(attempt.judgement.wanted);
  else if (attempt.explained())
    settle(attempt);
  else if (attempt.contradicts() && attempt.permit)
    attempt.effort =
        attempt.overlapped;  // it was tried, and came out as somebody knows that it may
}

/// An explained attempt: what it counts for. Its outcome is not needed any more.
void Conductor::settle(Attempt& attempt) {
  const oracle::Judgement& judgement = attempt.judgement;
  const auto is_out = [&](std::size_t entry) {
    return std::find(judgement.out.begin(), judgement.out.end(), static_cast<int>(entry)) !=
           judgement.out.end();
  };
  bool answered = false;
  for (std::size_t i = 0; i < attempt.reading.told.size(); ++i) {
    const oracle::Told& told = attempt.reading.told[i];
    if (is_out(i)) {
      if (told.refused) ++ledger_.refusals[{told.script, told.signature.statuses.back()}];
    } else if (told.signature.stopped < 0 && !told.indeterminate) {
      answered = true;
    }
  }
  attempt.effort = attempt.overlapped && answered;
  if (judgement.out.size() == attempt.reading.told.size()) ++ledger_.everyone_refused;
  for (const oracle::Order& order : judgement.orders) ++ledger_.explained_by[order];
  if (!judgement.out.empty()) planner_.interesting(attempt.schedule, false);
  if (attempt.broken.empty() && !attempt.failed) {
    attempt.outcome = {};
    attempt.reading = {};
  }
}

void Conductor::suspect_if_needed() {
  if (ledger_.suspect && ledger_.attempts[static_cast<std::size_t>(*ledger_.suspect)].suspicious())
    return;
  ledger_.suspect.reset();
  for (std::size_t i = 0; i < ledger_.attempts.size(); ++i) {
    Attempt& attempt = ledger_.attempts[i];
    if (!attempt.suspicious()) continue;
    ledger_.suspect = static_cast<int>(i);
    suspects_ = oracle_->suspects(attempt.reading);
    planner_.interesting(attempt.schedule, true);
    return;
  }
}

void Conductor::check_proof() {
  if (!ledger_.suspect) return;
  // Whether it is the server or what lies between the requests is asked as soon as there is
  // something to ask about.
  Attempt& suspect = ledger_.attempts[static_cast<std::size_t>(*ledger_.suspect)];
  if (ledger_.baseline && suspect.contradicts()) {
    ledger_.by_request = oracle_->judge_by_request(suspect.reading);
    if (ledger_.by_request.is == oracle::ByRequest::needs_runs) want(ledger_.by_request.wanted);
  }
  ledger_.proven = oracle::is_proven(ledger_.hits(), ledger_.judged(), ledger_.fresh_serial);
  if (ledger_.proven && ledger_.by_request.is != oracle::ByRequest::needs_runs) done_ = true;
}

void Conductor::say_progress(bool now) {
  const Nanoseconds time = course_.clock.now();
  if (!now && time - said_ < milliseconds(100)) return;
  said_ = time;
  record::Progress progress{.scenario = scenario_.name,
                            .attempts_planned = scenario_.run.attempts,
                            .serial_runs = ledger_.serial_runs};
  progress.phase = ledger_.suspect ? "proving" : ledger_.baseline ? "racing" : "learning";
  progress.attempts = static_cast<int>(ledger_.attempts.size());
  progress.serial_runs_planned = ledger_.suspect ? ledger_.serial_runs - ledger_.fresh_serial +
                                                       std::max(20, 3 * ledger_.judged())
                                                 : 2 * static_cast<int>(oracle_->orders().size());
  for (const Attempt& attempt : ledger_.attempts) {
    progress.explained += attempt.explained();
    progress.unexplained += attempt.suspicious();
    progress.refused += attempt.explained() && !attempt.judgement.out.empty();
  }
  progress.elapsed_s = base::in_seconds(elapsed());
  progress.budget_s = base::in_seconds(scenario_.run.budget);
  options_.on_progress(progress);
}

}  // namespace experiment
