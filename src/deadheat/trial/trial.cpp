#include "trial/trial.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/require.h"
#include "record/record.h"
#include "trial/effort.h"
#include "trial/proving.h"
#include "trial/window.h"

// A run in time, on a target that is not slow, with two scripts and so two orders:
//
//     setup  A,B  B,A │ A,B'  B,A'     A,B"  B,A"                    serial: ' at once, " late
//                     │  pair  pair ..        control     control
//                     │    attempt attempt ✗  attempt ✗ attempt ..   ✗: no order explains it
//     alone           │ side by side   │       │ fresh  fresh paused ..  until proven
//                                      └───────┴─ from here on both answer one question:
//                                                 race, or a value that flips by itself?
//
// The first run of each order is alone, so that lanes can be told from the order; attempts begin
// as soon as second runs make preliminary patterns, and count for good when the late runs have
// borne these out. Everything here is about order and number; what is made of a result is the
// hearing's business.

namespace trial {
namespace {

using base::Nanoseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Attempts that nobody can judge yet: beyond this they wait for the serial runs.
constexpr int most_waiting = 20;
/// Every so many attempts a serial control is mixed in.
constexpr int control_every = 10;
/// While something is proven, every so many attempts try a new schedule, in case there is a better
/// one than that which hit.
constexpr int novelty_every = 3;
/// Attempts may exceed the plan by this factor while `clean` lacks effort that more attempts can
/// bring.
constexpr int patience = 3;
/// Attempts to see between which lags a proven race hits, and the time for them.
constexpr int exploring_attempts = 40;
constexpr Nanoseconds most_exploring = seconds(5);
constexpr Nanoseconds connection_patience = seconds(3);
/// Whoever waits asks again after so long, though nothing is due.
constexpr Nanoseconds longest_wait = seconds(1);
constexpr Nanoseconds least_wait = milliseconds(1);

/// More than a second between the scripts; where they are many, in all: what moves once a second
/// moves then between some two of them, and in the next such run between two others.
Nanoseconds pause_between(const oracle::Order& order) {
  const auto gaps = static_cast<int>(order.roles.size()) - 1;
  if (gaps <= 0) return Nanoseconds(0);
  return gaps <= 2 ? run_distance : run_distance / gaps;
}

Nanoseconds slowest_script(const outcome::Outcome& run) {
  Nanoseconds longest{0};
  for (const outcome::Answer& answer : run.answers) {
    if (answer.last_status() == 0) return Nanoseconds::max();
    longest = std::max(longest, answer.ends() - answer.begins());
  }
  return longest;
}

/// Whether the state of an attempt can be read after its end: no cleanup is in the way, and nothing
/// has to be known of the lane that played it (its sinks, the cookies that its reset was given).
bool outlasts_its_attempt(const scenario::Scenario& scenario) {
  const bool reset_has_actors =
      std::any_of(scenario.reset.begin(), scenario.reset.end(),
                  [](const scenario::Request& request) { return !request.actor.empty(); });
  const bool observe_has_actors =
      std::any_of(scenario.observe.begin(), scenario.observe.end(),
                  [](const scenario::Observation& look) { return !look.request.actor.empty(); });
  return scenario::can_be_read_again(scenario) && scenario.cleanup.empty() &&
         scenario.sinks.empty() && !(reset_has_actors && observe_has_actors);
}

/// A sink whose address is the same for all attempts cannot tell them apart.
const scenario::Sink* sink_without_address(const scenario::Scenario& scenario) {
  const auto found = std::find_if(scenario.sinks.begin(), scenario.sinks.end(),
                                  [](const scenario::Sink& sink) { return !sink.addressed; });
  return found == scenario.sinks.end() ? nullptr : &*found;
}

int lanes_of(const scenario::Scenario& scenario) {
  return sink_without_address(scenario) != nullptr ? 1 : std::max(1, scenario.run.lanes);
}

}  // namespace

Trial::Trial(const scenario::Scenario& scenario, const expression::Evaluate& evaluate,
             Options options)
    : scenario_(scenario),
      options_(std::move(options)),
      entries_(scenario::entries(scenario)),
      hearing_(scenario_, evaluate, options_.seed, options_.keep_going),
      pairs_(entries_),
      traffic_(lanes_of(scenario)),
      planner_(scenario, options_.seed),
      random_(options_.seed),
      looks_apart_(outlasts_its_attempt(scenario)) {
  using record::RemarkCode;
  if (options_.repeat) {
    planner_.repeat(*options_.repeat);
    hearing_.note(
        {RemarkCode::repeats_one_schedule, {{"schedule", schedule::to_json(*options_.repeat)}}});
  }
  if (!scenario::has_state(scenario_)) hearing_.note({RemarkCode::observes_no_state, {}});
  if (const auto* sink = sink_without_address(scenario_); sink && scenario_.run.lanes > 1)
    hearing_.note({RemarkCode::one_lane_sink_unaddressed, {{"sink", sink->name}}});
  hearing_.use_lanes(traffic_.lanes());
  if (scenario_.timeout) pace_.timeout = *scenario_.timeout;
  if (scenario_.settle) pace_.settle = *scenario_.settle;
  pace_.learn_settling = !scenario_.settle.has_value();
}

// -- what is next

Next Trial::next(Nanoseconds now) {
  now_ = now;
  if (phase_ == Phase::fresh) {
    began_ = now;
    phase_ = Phase::setting_up;
    return *set_up();
  }
  std::optional<Job> job;
  if (phase_ == Phase::learning_alone) job = learn_alone();
  if (!job && phase_ == Phase::racing) job = race();
  if (!job && phase_ == Phase::exploring) job = explore();
  if (job) return std::move(*job);
  if (phase_ == Phase::over) return Over{};
  return Wait{wake_up()};
}

/// When something falls due or ends, results aside.
Nanoseconds Trial::wake_up() const {
  Nanoseconds until = now_ + longest_wait;
  if (const auto due = agenda_.next_due()) until = std::min(until, *due);
  if (phase_ == Phase::exploring) until = std::min(until, exploring_ends_);
  if (phase_ == Phase::racing) until = std::min(until, began_ + scenario_.run.budget + least_wait);
  return std::max(until, now_ + least_wait);
}

std::optional<Job> Trial::set_up() {
  return job({.is = Purpose::Is::set_up}, SetUpJob{connection_patience}, pace_);
}

/// The first run of each order, with nothing beside it.
std::optional<Job> Trial::learn_alone() {
  if (!traffic_.empty()) return std::nullopt;
  const auto& orders = oracle().orders();
  if (hearing_.over()) {
    phase_ = Phase::over;
  } else if (learnt_alone_ == orders.size()) {
    begin_racing();
  } else if (elapsed(now_) > scenario_.run.budget / 2) {
    hearing_.give_up_learning();
    phase_ = Phase::over;
  } else {
    return serial(by_everyone(orders[learnt_alone_++]), Use::learning, Nanoseconds(0));
  }
  return std::nullopt;
}

void Trial::begin_racing() {
  if (oracle().nothing_answered_serially() || oracle().everything_refused_serially()) {
    phase_ = Phase::over;  // no attempt could count as effort
    return;
  }
  phase_ = Phase::racing;
  Nanoseconds longest{0};
  for (const schedule::Alone& script : ledger().alone)
    if (!script.empty()) longest = std::max(longest, script.front());
  if (!scenario_.timeout)
    pace_.timeout =
        std::max<Nanoseconds>(seconds(5), 3 * longest * static_cast<int>(entries_.size()));
  planner_.learn_latency(ledger().alone);
  // On a slow target the lanes have time to spare now, and a finding will ask for these.
  if (traffic_.lanes_to_spare())
    for (const oracle::Wanted& wanted : oracle().likely_interleavings()) agenda_.want(wanted, now_);
}

bool Trial::finished() const { return done_ || hearing_.over() || ledger().budget_ended; }

std::optional<Job> Trial::race() {
  if (!finished() && elapsed(now_) > scenario_.run.budget) hearing_.spend_budget();
  std::optional<Job> next;
  if (!finished()) {
    const bool room = traffic_.may_start(false);
    if (room) next = look();
    // A reset would undo what is to be looked at.
    const bool keeps_still = traffic_.alone() && looks_pending() > 0;
    if (!next && room && !keeps_still) next = errand();
    if (!next && room && !keeps_still) next = pair();
    if (!next && !keeps_still) next = ledger().suspect ? proof() : room ? attempt() : std::nullopt;
  }
  if (finished()) begin_exploring();
  return next;
}

/// Attempts around the lags that hit, where not all do. They prove nothing, and take a quarter of
/// the time so far at most.
void Trial::begin_exploring() {
  const auto window =
      ledger().proven && entries_.size() == 2 ? hit_window(ledger().attempts) : std::nullopt;
  if (!window || window->outside == 0 || !options_.explore_window || options_.repeat ||
      !scenario_.sinks.empty()) {
    phase_ = Phase::over;
    return;
  }
  phase_ = Phase::exploring;
  exploring_ends_ = now_ + std::min(scenario_.run.budget - elapsed(now_),
                                    std::min(elapsed(now_) / 4, most_exploring));
}

std::optional<Job> Trial::explore() {
  const bool more = now_ < exploring_ends_ && explored_ < exploring_attempts;
  if (!more && (now_ >= exploring_ends_ || traffic_.empty())) phase_ = Phase::over;
  if (!more || !traffic_.may_start(false) || traffic_.flying(Purpose::Is::attempt) >= fast_attempts)
    return std::nullopt;
  outcome::Pace pace = pace_;
  pace.learn_settling = false;
  const schedule::Schedule schedule = planner_.around_hits();
  ++explored_;
  return job({.is = Purpose::Is::attempt, .schedule = schedule, .made = Made::after_proof},
             AttemptJob{schedule}, pace);
}

// -- while racing

int Trial::looks_pending() const { return agenda_.looks() + traffic_.flying(Purpose::Is::look); }

std::optional<Job> Trial::look() {
  while (const auto number = agenda_.take_look(now_)) {
    const Attempt& attempt = ledger().attempts[static_cast<std::size_t>(*number - 1)];
    if (!attempt.suspicious()) continue;  // explained meanwhile, and forgotten
    return job({.is = Purpose::Is::look, .attempt = *number}, LookJob{attempt.outcome.bindings},
               pace_);
  }
  return std::nullopt;
}

std::optional<Job> Trial::errand() {
  const auto due = agenda_.take_errand(now_);
  if (!due) return std::nullopt;
  return serial(due->wanted, due->use, Nanoseconds(0));
}

std::optional<Job> Trial::pair() {
  if (!pairs_.wanted()) return std::nullopt;
  if (auto reason = pairs_.untellable()) {
    pairs_.give_up();
    hearing_.note(std::move(*reason));
    return std::nullopt;
  }
  if (pairs_.in_flight() >= (traffic_.slow_target() ? 2 : 1)) return std::nullopt;
  pairs_.ask();
  const auto [first, second] = pairs_.entries();
  return job({.is = Purpose::Is::pair}, PairJob{first, second}, pace_);
}

std::optional<Job> Trial::proof() {
  const auto& suspects = hearing_.suspects();
  if (suspects.empty() || ledger().proven || hearing_.proof_waits()) return std::nullopt;
  const int replays = traffic_.flying(Purpose::Is::attempt);
  const int pauses = traffic_.flying(Use::paused_proof);
  const ProofStep step =
      next_proof_step({.hits = ledger().hits() + looks_pending(),
                       .judged = ledger().judged() + looks_pending() + replays,
                       .fresh = ledger().fresh_serial + traffic_.flying(Use::proof) + pauses,
                       .odd = ledger().fresh_odd,
                       .paused = ledger().fresh_paused + pauses,
                       .replays = replays,
                       .pauses = pauses,
                       .suspects = suspects.size(),
                       .lanes = traffic_.lanes(),
                       .spare = traffic_.lanes_to_spare(),
                       .alone = traffic_.alone(),
                       .room_for_attempt = traffic_.may_start(!looks_apart_)});
  if (step == ProofStep::nothing) return std::nullopt;
  if (step == ProofStep::attempt) {
    const bool try_new = looks_apart_ && ++proving_attempts_ % novelty_every == 0;
    return raced(try_new ? planner_.next() : planner_.replay(), true);
  }
  const bool pause = step == ProofStep::paused_run;
  if (!traffic_.may_start(pause)) return std::nullopt;
  const oracle::Wanted& next = suspects[static_cast<std::size_t>(fresh_asked_) % suspects.size()];
  ++fresh_asked_;
  return serial(next, pause ? Use::paused_proof : Use::proof,
                pause ? pause_between(next.order) : Nanoseconds(0));
}

std::optional<Job> Trial::attempt() {
  if (!may_race_yet()) return std::nullopt;
  // Those that fall due while patterns are preliminary are made up for: nothing could fit as yet.
  const bool control_is_due =
      ledger().controls + traffic_.flying(Use::control) < attempts_asked_ / control_every;
  if (hearing_.learnt() && (control_is_due || errors_lack_control())) return control();
  if (attempts_asked_ >= scenario_.run.attempts && !planned_all_raced()) return std::nullopt;
  return raced(planner_.next(), false);
}

bool Trial::may_race_yet() const {
  const Ledger& known = ledger();
  const bool learning = !known.baseline && !known.without_baseline();
  if (learning && (traffic_.kept_to_one_lane() || !traffic_.lanes_to_spare() ||
                   attempts_asked_ >= early_attempts))
    return false;
  if (!traffic_.may_race()) return false;
  // Serial runs that are on their way may show them to be hits, each with a price.
  const bool runs_to_come = agenda_.has_errands() || traffic_.flying(Use::learning) > 0;
  return !runs_to_come || hearing_.waiting() < most_waiting;
}

/// As many attempts were asked for as were planned. True: more of them can still earn a `clean`.
bool Trial::planned_all_raced() {
  using Is = Purpose::Is;
  const bool results_to_come = traffic_.flying(Is::attempt) > 0 || traffic_.flying(Is::pair) > 0 ||
                               traffic_.flying(Use::learning) > 0 ||
                               traffic_.flying(Use::late) > 0 ||
                               traffic_.flying(Use::control) > 0 || agenda_.has_errands();
  if (results_to_come) return false;
  const Ledger& known = ledger();
  const bool hopeless = !known.baseline || known.one_at_a_time == true ||
                        known.contention_error() != nullptr ||
                        attempts_asked_ >= patience * scenario_.run.attempts;
  done_ = hopeless || missing_effort(known, oracle(), scenario_).empty();
  return !done_;
}

/// Errors that only contention brought forth need a control after them.
bool Trial::errors_lack_control() const {
  return traffic_.flying(Use::control) == 0 &&
         std::any_of(ledger().errors.begin(), ledger().errors.end(),
                     [this](const auto& error) { return ledger().lacks_controls(error.second); });
}

// -- jobs

Job Trial::job(Purpose purpose, decltype(Job::what) what, outcome::Pace pace) {
  purpose.generation = generation_;
  return {traffic_.begin(std::move(purpose)), pace, std::move(what)};
}

oracle::Wanted Trial::by_everyone(const oracle::Order& order) const {
  std::vector<int> all(entries_.size());
  std::iota(all.begin(), all.end(), 0);
  return {order, std::move(all)};
}

Job Trial::serial(const oracle::Wanted& wanted, Use use, Nanoseconds pause) {
  const std::size_t turn = agenda_.begin(wanted, now_);
  const std::vector<int> players = oracle::cast(wanted.order, wanted.members, entries_, turn);
  // What settles is learnt from the runs that are learnt from; the others wait as attempts do.
  outcome::Pace pace = pace_;
  pace.learn_settling = pace_.learn_settling && (use == Use::learning || use == Use::late);
  return job({.use = use, .wanted = wanted, .paused = pause > Nanoseconds(0)},
             SerialJob{oracle::sequence_of(wanted.order, players, pause)}, pace);
}

Job Trial::control() {
  const auto& orders = oracle().orders();
  return serial(by_everyone(orders[random_.below(orders.size())]), Use::control, Nanoseconds(0));
}

/// A contradiction that is gone after so long was a late read, not a race.
Nanoseconds Trial::again_after() const {
  return std::max<Nanoseconds>(seconds(1), 10 * ledger().settle);
}

Job Trial::raced(const schedule::Schedule& schedule, bool replay) {
  outcome::Pace pace = pace_;
  pace.learn_settling = false;
  const bool waits = replay && !looks_apart_ && scenario::can_be_read_again(scenario_);
  if (waits) pace.look_again = again_after();
  ++attempts_asked_;
  return job({.is = Purpose::Is::attempt,
              .schedule = schedule,
              .made = replay ? Made::replay : Made::planned,
              .paused = waits},
             AttemptJob{schedule}, pace);
}

// -- hearing

Trial::About Trial::about(const Done& done) const {
  const Purpose& purpose = traffic_.purpose(done.id);
  const bool exploring = phase_ == Phase::exploring;
  const bool heeded =
      !exploring || (purpose.made == Made::after_proof && !done.outcome.failure.has_value());
  const bool numbered = purpose.is == Purpose::Is::attempt && heeded && phase_ != Phase::over &&
                        purpose.generation == generation_;
  return {purpose, numbered ? static_cast<int>(ledger().attempts.size()) + 1 : 0,
          purpose.generation + 1, exploring};
}

void Trial::hear(Done done, Nanoseconds now) {
  now_ = now;
  const Purpose purpose = traffic_.end(done.id);
  if (phase_ == Phase::over) return;
  if (phase_ == Phase::exploring && (purpose.made != Made::after_proof || done.outcome.failure))
    return;
  if (purpose.generation != generation_ || sinks_need_one_lane()) return;
  last_heard_ = purpose.is;
  switch (purpose.is) {
    case Purpose::Is::set_up:
      hearing_.hear_set_up(done.set_up);
      traffic_.learn_keep_alive(done.set_up.keeps_alive);
      if (done.set_up.multiplexes) {
        planner_.learn_multiplexing();
        hearing_.note({record::RemarkCode::speaks_http2, {}});
      }
      phase_ = Phase::learning_alone;
      break;
    case Purpose::Is::serial:
      hear_serial(purpose, std::move(done.outcome));
      break;
    case Purpose::Is::attempt:
      heed(hearing_.hear_attempt(purpose.schedule, std::move(done.outcome), purpose.made));
      break;
    case Purpose::Is::look:
      heed(hearing_.hear_look(purpose.attempt, std::move(done.outcome)));
      break;
    case Purpose::Is::pair:
      pairs_.hear(done.pair);
      break;
  }
  hearing_.hear_one_at_a_time(pairs_.one_at_a_time());
  if (!scenario_.settle) pace_.settle = 2 * ledger().settle;
}

void Trial::hear_serial(const Purpose& purpose, outcome::Outcome outcome) {
  const oracle::Order& order = purpose.wanted.order;
  if (phase_ == Phase::learning_alone) traffic_.measure_run(now_ - agenda_.first_begun(order));
  if (!outcome.failure && order.roles.size() == entries_.size() && !order.by_request()) {
    pairs_.measure(outcome);
    traffic_.measure_scripts(slowest_script(outcome));
  }
  if (purpose.use == Use::learning && agenda_.begun(order) == 1)
    agenda_.want_second(purpose.wanted, now_, traffic_.run_duration());
  heed(hearing_.hear_serial(order, purpose.use, std::move(outcome)));
}

void Trial::heed(const News& news) {
  for (const oracle::Wanted& wanted : news.wanted) agenda_.want(wanted, now_);
  want_looks(news.looks);
  for (const News::Hint& hint : news.hints) planner_.hear(hint.schedule, hint.sign);
  if (!news.disagreement) return;
  // Perhaps only because several lanes play at once.
  if (!traffic_.alone())
    learn_in_one_lane(*news.disagreement);
  else
    heed(hearing_.do_without_baseline());
}

void Trial::want_looks(const std::vector<int>& attempts) {
  if (!looks_apart_) return;
  const int last = static_cast<int>(ledger().attempts.size());
  for (const int attempt : attempts)
    // In one lane, what was reset since is not there any more.
    if (!traffic_.alone() || (attempt == last && last_heard_ == Purpose::Is::attempt))
      agenda_.want_look(attempt, now_ + again_after());
}

/// The second runs are learnt again, one by one.
void Trial::learn_in_one_lane(record::Remark why) {
  traffic_.keep_to_one_lane();
  hearing_.use_lanes(1);
  hearing_.note(std::move(why));
  ++generation_;
  hearing_.start_over();
  std::vector<oracle::Wanted> known;
  for (const oracle::Order& order : oracle().orders()) known.push_back(by_everyone(order));
  agenda_.start_over(known);
  attempts_asked_ = fresh_asked_ = 0;
}

void Trial::hear(SinkNews news) {
  if (strays_before_.empty())
    for (const outcome::Tally& tally : news.tallies) strays_before_.push_back(tally.strays);
  sinks_ = std::move(news);
  hearing_.hear_sinks(sinks_);
}

/// Calls that came without the path that tells attempts apart, while several went on: whatever was
/// seen meanwhile is worth nothing.
bool Trial::sinks_need_one_lane() {
  if (traffic_.alone()) return false;
  for (std::size_t i = 0; i < sinks_.tallies.size(); ++i) {
    if (sinks_.tallies[i].strays == strays_before_[i]) continue;
    learn_in_one_lane(
        {record::RemarkCode::one_lane_sink_strays, {{"sink", sinks_.tallies[i].name}}});
    return true;
  }
  return false;
}

void Trial::interrupt() {
  if (phase_ == Phase::over) return;
  hearing_.interrupt();
  phase_ = Phase::over;
}

record::Progress Trial::progress(Nanoseconds now) const {
  using record::Phase;
  const Ledger& known = ledger();
  record::Progress progress{.scenario = scenario_.name,
                            .attempts_planned = scenario_.run.attempts,
                            .serial_runs = known.serial_runs};
  progress.phase = known.suspect    ? Phase::proving
                   : known.baseline ? Phase::racing
                                    : Phase::learning;
  progress.attempts = static_cast<int>(known.attempts.size());
  progress.serial_runs_planned =
      known.suspect ? known.serial_runs - known.fresh_serial + std::max(20, 3 * known.judged())
                    : 2 * static_cast<int>(oracle().orders().size());
  for (const Attempt& attempt : known.attempts) {
    progress.explained += attempt.explained();
    progress.unexplained += attempt.suspicious();
    progress.refused += attempt.explained() && !attempt.judgement.out.empty();
  }
  progress.elapsed_s = base::in_seconds(elapsed(now));
  progress.budget_s = base::in_seconds(scenario_.run.budget);
  return progress;
}

}  // namespace trial
