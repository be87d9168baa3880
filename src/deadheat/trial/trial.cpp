#include "trial/trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/require.h"
#include "finding/windows.h"
#include "oracle/proof.h"
#include "race/ensemble.h"

namespace trial {
namespace {

using base::Nanoseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// First and last run of an order lie at least so far apart: what moves once a second must be seen
/// to move.
constexpr Nanoseconds run_distance = milliseconds(1100);
/// From here on a target is slow: lanes cost it nothing, since they mostly wait.
constexpr Nanoseconds slow = milliseconds(200);
/// On a fast target more lanes than this only disturb each other's releases.
constexpr int fast_attempt_lanes = 2;
constexpr int fast_serial_lanes = 4;
/// But where scripts take less time than requests wait at the gate, lanes mostly wait there.
/// Measured with two processors: more than these bring nothing.
constexpr int quick_attempt_lanes = 16;
/// Attempts that a slow target is given while the second runs are still on their way.
constexpr int early_attempts = 4;
/// Attempts that nobody can judge yet: beyond this they wait for the serial runs.
constexpr int most_waiting = 20;
/// Every so many attempts a serial control is mixed in.
constexpr int control_every = 10;
/// Every so many fresh serial runs have more than a second between the scripts, until there are
/// this many: beyond that they would only take time.
constexpr int pause_every = 5;
constexpr int most_paused_runs = 8;
/// Attempts go on without serial runs until so many of these are due: what flips by itself has to
/// show it in time.
constexpr int most_ahead = 300;
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

/// More than a second between the scripts; where they are many, in all: what moves once a second
/// moves then between some two of them, and in the next such run between two others.
Nanoseconds pause_between(const oracle::Order& order) {
  const auto gaps = static_cast<int>(order.roles.size()) - 1;
  if (gaps <= 0) return Nanoseconds(0);
  return gaps <= 2 ? run_distance : run_distance / gaps;
}

Nanoseconds longest_script(const outcome::Outcome& run) {
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

}  // namespace

Conductor::Conductor(race::Course& course, const Options& options)
    : course_(course),
      scenario_(course.scenario),
      options_(options),
      journal_(course.scenario, course.evaluate, options.on_line),
      began_(course.clock.now()),
      entries_(scenario::entries(course.scenario)),
      hearing_(scenario_, course.evaluate, options.seed, options.keep_going),
      pairs_(entries_),
      planner_(course.scenario, options.seed),
      random_(options.seed),
      looks_apart_(outlasts_its_attempt(course.scenario)) {
  if (options.repeat) {
    planner_.repeat(*options.repeat);
    ledger().remarks.push_back("every attempt repeats one schedule: " +
                               describe(*options.repeat, scenario_));
  }
  if (scenario_.timeout) pace_.timeout = *scenario_.timeout;
  if (scenario_.settle) pace_.settle = *scenario_.settle;
  pace_.learn_settling = !scenario_.settle.has_value();
  if (course_.sinks != nullptr) sinks_before_ = course_.sinks->tally();
}

Conductor::~Conductor() = default;

oracle::Wanted Conductor::by_everyone(const oracle::Order& order) const {
  std::vector<int> all(entries_.size());
  std::iota(all.begin(), all.end(), 0);
  return {order, std::move(all)};
}

void Conductor::run() {
  if (set_up()) {
    if (!scenario::has_state(scenario_))
      ledger().remarks.emplace_back(
          "the scenario observes no state: only what the scripts were told is judged");
    lanes_ = std::make_unique<Lanes>(course_, lanes_allowed());
    ledger().lanes = lanes_->count();
    learn_alone();
    race();
    explore_window();
  }
  land();
}

/// A sink whose address is the same for all attempts cannot tell them apart.
int Conductor::lanes_allowed() {
  for (const scenario::Sink& sink : scenario_.sinks) {
    if (sink.addressed || scenario_.run.lanes <= 1) continue;
    ledger().remarks.push_back(
        fmt::format("one lane: no reset tells the target {{{{$sink.{0}}}}}, so calls to {0} belong "
                    "to whatever is played at the time",
                    sink.name));
    return 1;
  }
  return std::max(1, scenario_.run.lanes);
}

// -- the steps

bool Conductor::set_up() {
  race::Player player(course_, 0);
  const auto end = [&](const outcome::Failure& failure) {
    using Kind = outcome::Failure::Kind;
    const bool unreachable = failure.kind == Kind::unreachable || failure.kind == Kind::no_answer;
    ledger().ending = Ending{unreachable ? Ending::Is::unreachable : Ending::Is::scenario_error,
                             failure.place.line > 0
                                 ? fmt::format("{}:{}:{}: {}", scenario_.file, failure.place.line,
                                               failure.place.column, failure.message)
                                 : failure.message};
    return false;
  };
  say_progress(true);
  if (const auto failure = player.set_up()) return end(*failure);
  const outcome::Outcome first = player.reset_only(pace_);
  if (first.failure) return end(*first.failure);
  if (player.multiplexes()) {
    planner_.learn_multiplexing();
    ledger().remarks.emplace_back("the target speaks HTTP/2");
  }
  keeps_alive_ = player.keeps_alive();
  ledger().two_connections = player.serves_two_connections(connection_patience);
  return ledger().two_connections != false;
}

void Conductor::learn_alone() {
  const oracle::Oracle& oracle = hearing_.oracle();
  for (const oracle::Order& order : oracle.orders()) {
    if (hearing_.over() || course_.stop) return;
    if (elapsed() > scenario_.run.budget / 2) {
      ledger().learning_too_long = true;
      done_ = true;
      return;
    }
    submit_serial(by_everyone(order), Use::learning, Nanoseconds(0));
    while (!in_flight_.empty()) {
      if (auto done = lanes_->collect(milliseconds(100))) hear(std::move(*done));
      say_progress();
    }
    serial_duration_ = std::max(serial_duration_, course_.clock.now() - first_begun_[order]);
  }
  if (hearing_.over() || course_.stop) return;
  if (oracle.nothing_answered_serially() || oracle.everything_refused_serially()) {
    done_ = true;  // no attempt could count as effort
    return;
  }
  Nanoseconds longest{0};
  for (const schedule::Alone& script : ledger().alone)
    if (!script.empty()) longest = std::max(longest, script.front());
  if (!scenario_.timeout)
    pace_.timeout =
        std::max<Nanoseconds>(seconds(5), 3 * longest * static_cast<int>(entries_.size()));
  planner_.learn_latency(ledger().alone);
  // On a slow target the lanes have time to spare now, and a finding will ask for these.
  if (lanes_to_spare()) want(oracle.likely_interleavings());
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

/// Attempts around the lags that hit, where not all do. They prove nothing, and take a quarter of
/// the time so far at most.
void Conductor::explore_window() {
  const Ledger& known = ledger();
  if (!known.proven || !options_.explore_window || options_.repeat || course_.sinks != nullptr ||
      window(known.attempts, scenario_).outside.of == 0)
    return;
  exploring_ = true;
  race::Pace pace = pace_;
  pace.learn_settling = false;
  const Nanoseconds now = course_.clock.now();
  const Nanoseconds end =
      now + std::min(scenario_.run.budget - elapsed(), std::min(elapsed() / 4, most_exploring));
  for (int asked = 0; !course_.stop && course_.clock.now() < end;) {
    while (asked < exploring_attempts && may_fly(false) &&
           flying(Purpose::Is::attempt) < fast_attempt_lanes) {
      const schedule::Schedule schedule = planner_.around_hits();
      submit({.is = Purpose::Is::attempt, .schedule = schedule, .made = Made::after_proof},
             AttemptJob{schedule}, pace);
      ++asked;
    }
    if (in_flight_.empty()) return;
    if (auto done = lanes_->collect(milliseconds(20))) hear(std::move(*done));
    say_progress();
  }
}

/// Ends the lanes. What is in flight is of no use any more; only cleanups are worth waiting for.
void Conductor::land() {
  const bool interrupted = course_.stop;
  if (interrupted && !ledger().ending)
    ledger().ending = Ending{Ending::Is::interrupted, "interrupted"};
  say_progress(true);
  if (scenario_.cleanup.empty()) course_.stop = true;
  lanes_.reset();
  heed_sinks();
  course_.stop = interrupted;
}

void Conductor::tear_down() {
  const bool interrupted = course_.stop.exchange(false);
  if (!ledger().ending || ledger().ending->is != Ending::Is::unreachable) {
    race::Player player(course_, 0);
    player.tear_down();
  }
  course_.stop = interrupted;
}

// -- deciding

bool Conductor::over_budget() const { return elapsed() > scenario_.run.budget; }

bool Conductor::finished() {
  if (course_.stop || done_ || hearing_.over()) return true;
  if (over_budget()) {
    ledger().budget_ended = true;
    return true;
  }
  return false;
}

bool Conductor::slow_target() const { return serial_duration_ >= slow; }

/// Where everything mostly waits, more of it side by side costs nothing.
bool Conductor::lanes_to_spare() const {
  return slow_target() && lanes_->count() >= 2 * early_attempts;
}

bool Conductor::may_fly(bool paused) const {
  const int flying = static_cast<int>(in_flight_.size());
  if (one_lane_) return flying == 0;
  if (flying >= lanes_->count()) return false;
  if (slow_target() || paused) return true;
  int attempts = 0, others = 0;
  for (const auto& [id, job] : in_flight_)
    if (!job.paused) ++(job.is == Purpose::Is::attempt ? attempts : others);
  // Attempts beyond these mostly wait, at their gates.
  return others + std::min(attempts, fast_attempt_lanes) < fast_serial_lanes;
}

/// How many attempts may go on at a time on a fast target. One that closes each connection often
/// has a process for each, and few of them: what waits at other gates would keep a race from
/// overlapping.
int Conductor::attempt_lanes() const {
  const bool quick = keeps_alive_ && script_duration_ < race::landing_time;
  return quick ? quick_attempt_lanes : fast_attempt_lanes;
}

int Conductor::flying(Purpose::Is is) const {
  return static_cast<int>(std::count_if(in_flight_.begin(), in_flight_.end(),
                                        [&](const auto& job) { return job.second.is == is; }));
}

int Conductor::flying(Use use) const {
  return static_cast<int>(std::count_if(in_flight_.begin(), in_flight_.end(), [&](const auto& job) {
    return job.second.is == Purpose::Is::serial && job.second.use == use;
  }));
}

Nanoseconds Conductor::next_errand_in() const {
  Nanoseconds soonest = seconds(1);
  for (const Look& look : looks_)
    soonest = std::min(soonest, look.not_before - course_.clock.now());
  for (const Errand& errand : errands_)
    soonest = std::min(soonest, errand.not_before - course_.clock.now());
  return soonest;
}

/// Hands the next thing to do to a lane. False: there is nothing to do now.
bool Conductor::submit_next() {
  if (finished()) return false;
  if (may_fly(false) && submit_look()) return true;
  if (alone() && looks_pending() > 0) return false;  // a reset would undo what is to be looked at
  if (may_fly(false) && (submit_errand() || submit_pair())) return true;
  if (ledger().suspect) return submit_proof();  // which has jobs that mostly wait
  return may_fly(false) && submit_attempt();
}

bool Conductor::alone() const { return one_lane_ || lanes_->count() == 1; }

int Conductor::looks_pending() const {
  return static_cast<int>(looks_.size()) + flying(Purpose::Is::look);
}

bool Conductor::submit_look() {
  for (auto look = looks_.begin(); look != looks_.end(); ++look) {
    if (look->not_before > course_.clock.now()) continue;
    const int number = look->attempt;
    looks_.erase(look);
    const Attempt& attempt = ledger().attempts[static_cast<std::size_t>(number - 1)];
    if (!attempt.suspicious()) return submit_look();  // explained meanwhile, and forgotten
    submit({.is = Purpose::Is::look, .attempt = number}, LookJob{attempt.outcome.bindings}, pace_);
    return true;
  }
  return false;
}

bool Conductor::submit_errand() {
  for (auto errand = errands_.begin(); errand != errands_.end(); ++errand) {
    if (errand->not_before > course_.clock.now()) continue;
    const Errand due = *errand;
    errands_.erase(errand);
    submit_serial(due.wanted, due.use, Nanoseconds(0));
    return true;
  }
  return false;
}

bool Conductor::submit_pair() {
  if (!pairs_.wanted()) return false;
  if (auto reason = pairs_.give_up()) {
    ledger().remarks.push_back(std::move(*reason));
    return false;
  }
  if (pairs_.in_flight() >= (slow_target() ? 2 : 1)) return false;
  pairs_.ask();
  const auto [first, second] = pairs_.entries();
  submit({.is = Purpose::Is::pair}, PairJob{first, second}, pace_);
  return true;
}

bool Conductor::submit_attempt() {
  const Ledger& known = ledger();
  if (!known.baseline && !known.without_baseline()) {  // still learning
    if (one_lane_ || !lanes_to_spare() || attempts_asked_ >= early_attempts) return false;
  }
  if (!slow_target() && flying(Purpose::Is::attempt) >= attempt_lanes()) return false;
  // Serial runs that are on their way may show them to be hits, each with a price.
  const bool runs_to_come = !errands_.empty() || flying(Use::learning) > 0;
  if (runs_to_come && hearing_.waiting() >= most_waiting) return false;
  // Those that fall due while patterns are preliminary are made up for: nothing could fit as yet.
  if (hearing_.learnt() &&
      known.controls + flying(Use::control) < attempts_asked_ / control_every) {
    submit_control();
    return true;
  }
  if (hearing_.learnt() && submit_control_after_errors()) return true;
  if (attempts_asked_ >= scenario_.run.attempts) {
    if (flying(Purpose::Is::attempt) > 0 || flying(Use::learning) + flying(Use::late) > 0 ||
        !errands_.empty())
      return false;
    if (flying(Use::control) > 0 || flying(Purpose::Is::pair) > 0) return false;
    const bool hopeless = !known.baseline || known.one_at_a_time == true ||
                          known.contention_error() != nullptr ||
                          attempts_asked_ >= patience * scenario_.run.attempts;
    heed_sinks();
    if (hopeless || missing_effort(known, hearing_.oracle(), scenario_).empty()) {
      done_ = true;
      return false;
    }
  }
  submit_race(planner_.next(), false);
  return true;
}

/// Errors that only contention brought forth need a control after them.
bool Conductor::submit_control_after_errors() {
  if (flying(Use::control) > 0) return false;
  const auto lacks_control = [](const auto& error) {
    return error.second.attempts.size() >= 2 && error.second.controls_after == 0;
  };
  if (std::none_of(ledger().errors.begin(), ledger().errors.end(), lacks_control)) return false;
  submit_control();
  return true;
}

/// Hits first, for each of them is to be looked at again a second later; serial runs meanwhile,
/// three for every attempt and at least twenty.
bool Conductor::submit_proof() {
  const auto& suspects = hearing_.suspects();
  if (suspects.empty() || ledger().proven || hearing_.proof_waits()) return false;
  // As if every second look will bear out the first.
  const int replays = flying(Purpose::Is::attempt);
  const int hits = ledger().hits() + looks_pending();
  const int attempts = ledger().judged() + looks_pending() + replays;
  const int paused = ledger().fresh_paused + flying(Use::paused_proof);
  const int fresh = ledger().fresh_serial + flying(Use::proof) + flying(Use::paused_proof);
  const int needed = oracle::serial_runs_wanted(attempts);
  const int paused_needed = oracle::paused_runs_wanted(suspects.size());

  const bool enough_hits = oracle::is_proven(hits, attempts, needed);
  const bool far_ahead = needed - fresh > most_ahead;
  if (!enough_hits && !far_ahead && replays < (lanes_to_spare() ? early_attempts : 2) &&
      may_fly(!looks_apart_)) {
    const bool try_new = looks_apart_ && ++proving_attempts_ % novelty_every == 0;
    submit_race(try_new ? planner_.next() : planner_.replay(), true);
    return true;
  }
  const bool room = flying(Use::paused_proof) < std::max(1, lanes_->count() / 2);
  // In one lane everybody waits for a pause: there are no more of them than a proof needs.
  const bool one_more = !alone() && paused < most_paused_runs && pause_every * paused < fresh;
  const bool pause = room && (paused < paused_needed || one_more);
  const bool quick = (enough_hits || far_ahead) && fresh < needed;
  if (!(quick || (pause && paused < paused_needed)) || !may_fly(pause)) return false;
  const oracle::Wanted& next = suspects[static_cast<std::size_t>(fresh_asked_) % suspects.size()];
  ++fresh_asked_;
  submit_serial(next, pause ? Use::paused_proof : Use::proof,
                pause ? pause_between(next.order) : Nanoseconds(0));
  return true;
}

void Conductor::submit(Purpose purpose, decltype(Job::what) what, race::Pace pace) {
  purpose.generation = generation_;
  const int id = next_id_++;
  in_flight_.emplace(id, std::move(purpose));
  lanes_->submit({id, pace, std::move(what)});
}

void Conductor::submit_serial(const oracle::Wanted& wanted, Use use, Nanoseconds pause) {
  const int turn = asked_[wanted.order]++;
  if (turn == 0) {
    const Nanoseconds now = course_.clock.now();
    first_begun_[wanted.order] = now;
    errands_.push_back({wanted, now + run_distance, Use::late});
  }
  const std::vector<int> players =
      oracle::cast(wanted.order, wanted.members, entries_, static_cast<std::size_t>(turn));
  // What settles is learnt from the runs that are learnt from; the others wait as attempts do.
  race::Pace pace = pace_;
  pace.learn_settling = pace_.learn_settling && (use == Use::learning || use == Use::late);
  submit({.use = use, .wanted = wanted, .paused = pause > Nanoseconds(0)},
         SerialJob{oracle::sequence_of(wanted.order, players, pause)}, pace);
}

void Conductor::submit_control() {
  const auto& orders = hearing_.oracle().orders();
  submit_serial(by_everyone(orders[random_.below(orders.size())]), Use::control, Nanoseconds(0));
}

/// A contradiction that is gone after so long was a late read, not a race.
Nanoseconds Conductor::again_after() const {
  return std::max<Nanoseconds>(seconds(1), 10 * ledger().settle);
}

void Conductor::submit_race(const schedule::Schedule& schedule, bool replay) {
  race::Pace pace = pace_;
  pace.learn_settling = false;
  const bool waits = replay && !looks_apart_ && scenario::can_be_read_again(scenario_);
  if (waits) pace.look_again = again_after();
  ++attempts_asked_;
  submit({.is = Purpose::Is::attempt,
          .schedule = schedule,
          .made = replay ? Made::replay : Made::planned,
          .paused = waits},
         AttemptJob{schedule}, pace);
}

// -- hearing

void Conductor::hear(Done done) {
  const auto found = in_flight_.find(done.id);
  base::require(found != in_flight_.end(), "a result belongs to a job");
  const Purpose purpose = std::move(found->second);
  in_flight_.erase(found);
  const bool heeded = !exploring_ || (purpose.made == Made::after_proof && !done.outcome.failure);
  write_down(purpose, done.outcome, heeded);
  if (!heeded) return;
  if (purpose.generation != generation_ || course_.stop || sinks_need_one_lane()) return;
  last_heard_ = purpose.is;
  switch (purpose.is) {
    case Purpose::Is::serial: {
      const oracle::Order& order = purpose.wanted.order;
      if (!done.outcome.failure && order.roles.size() == entries_.size() && !order.by_request()) {
        pairs_.measure(done.outcome);
        script_duration_ = std::min(script_duration_, longest_script(done.outcome));
      }
      if (purpose.use == Use::learning && asked_[order] == 1) want_second_run(purpose.wanted);
      heed(hearing_.hear_serial(order, purpose.use, std::move(done.outcome)));
      break;
    }
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
  ledger().one_at_a_time = pairs_.one_at_a_time();
  if (!scenario_.settle) pace_.settle = 2 * ledger().settle;
}

/// Before anything is made of it, and even if nothing will be.
void Conductor::write_down(const Purpose& purpose, const outcome::Outcome& outcome,
                           bool heeded) const {
  if (course_.stop) return;  // it was given up
  const Journal::When when{elapsed(), purpose.generation + 1, exploring_};
  const bool numbered = heeded && purpose.generation == generation_;
  const int number = numbered ? static_cast<int>(ledger().attempts.size()) + 1 : 0;
  switch (purpose.is) {
    case Purpose::Is::serial:
      return journal_.serial(purpose.use, purpose.wanted.order, outcome, when);
    case Purpose::Is::attempt:
      return journal_.attempt(number, purpose.schedule, purpose.made, outcome, when);
    case Purpose::Is::look:
      return journal_.look(purpose.attempt, outcome, when);
    case Purpose::Is::pair:
      return;  // on two different resets: neither an attempt nor an order
  }
}

void Conductor::heed(const News& news) {
  want(news.wanted);
  want_looks(news.looks);
  for (const News::Hint& hint : news.hints) planner_.hear(hint.schedule, hint.sign);
  if (!news.disagreement) return;
  // Perhaps only because several lanes play at once.
  if (lanes_->count() > 1 && !one_lane_)
    learn_in_one_lane(*news.disagreement);
  else
    heed(hearing_.do_without_baseline());
}

void Conductor::want(const std::vector<oracle::Wanted>& wanted) {
  for (const oracle::Wanted& each : wanted) {
    const auto same_order = [&](const Errand& errand) { return errand.wanted.order == each.order; };
    if (asked_[each.order] == 0 && std::none_of(errands_.begin(), errands_.end(), same_order))
      errands_.push_back({each, course_.clock.now()});  // the first run; others follow from it
  }
}

void Conductor::want_looks(const std::vector<int>& attempts) {
  if (!looks_apart_) return;
  const int last = static_cast<int>(ledger().attempts.size());
  for (const int attempt : attempts)
    // In one lane, what was reset since is not there any more.
    if (!alone() || (attempt == last && last_heard_ == Purpose::Is::attempt))
      looks_.push_back({attempt, course_.clock.now() + again_after()});
}

/// At once, so that attempts can be judged for the time being; unless the late run is due as soon.
void Conductor::want_second_run(const oracle::Wanted& wanted) {
  const Nanoseconds now = course_.clock.now();
  if (now + serial_duration_ < first_begun_[wanted.order] + run_distance)
    errands_.push_back({wanted, now});
}

/// The second runs are learnt again, one by one.
void Conductor::learn_in_one_lane(const std::string& why) {
  one_lane_ = true;
  ledger().lanes = 1;
  ledger().remarks.push_back(why + ": one lane from here on");
  ++generation_;
  hearing_.start_over();
  asked_.clear();
  errands_.clear();
  looks_.clear();
  for (const oracle::Order& order : hearing_.oracle().orders()) {
    asked_[order] = 1;
    errands_.push_back({by_everyone(order), first_begun_[order] + run_distance, Use::late});
  }
  attempts_asked_ = fresh_asked_ = 0;
}

/// An attempt of which a call came too late was not seen whole.
void Conductor::heed_sinks() {
  if (course_.sinks == nullptr) return;
  ledger().sinks = course_.sinks->tally();
  const std::map<int, int> late = course_.sinks->late();
  for (Attempt& attempt : ledger().attempts)
    if (late.contains(attempt.play)) attempt.effort = false;
}

/// Calls that came without the path that tells attempts apart, while several went on: whatever was
/// seen meanwhile is worth nothing.
bool Conductor::sinks_need_one_lane() {
  if (course_.sinks == nullptr || one_lane_ || lanes_->count() == 1) return false;
  const std::vector<sink::Tally> tallies = course_.sinks->tally();
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    if (tallies[i].strays == sinks_before_[i].strays) continue;
    learn_in_one_lane(fmt::format(
        "sink {0} is called without the path of {{{{$sink.{0}}}}}, which tells attempts apart",
        tallies[i].name));
    return true;
  }
  return false;
}

void Conductor::say_progress(bool now) {
  const Nanoseconds time = course_.clock.now();
  if (!now && time - said_ < milliseconds(100)) return;
  said_ = time;
  const Ledger& known = ledger();
  record::Progress progress{.scenario = scenario_.name,
                            .attempts_planned = scenario_.run.attempts,
                            .serial_runs = known.serial_runs};
  progress.phase = known.suspect ? "proving" : known.baseline ? "racing" : "learning";
  progress.attempts = static_cast<int>(known.attempts.size());
  progress.serial_runs_planned =
      known.suspect ? known.serial_runs - known.fresh_serial + std::max(20, 3 * known.judged())
                    : 2 * static_cast<int>(hearing_.oracle().orders().size());
  for (const Attempt& attempt : known.attempts) {
    progress.explained += attempt.explained();
    progress.unexplained += attempt.suspicious();
    progress.refused += attempt.explained() && !attempt.judgement.out.empty();
  }
  progress.elapsed_s = base::in_seconds(elapsed());
  progress.budget_s = base::in_seconds(scenario_.run.budget);
  options_.on_progress(progress);
}

}  // namespace trial
