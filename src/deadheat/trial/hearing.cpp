#include "trial/hearing.h"

#include <algorithm>
#include <set>
#include <utility>

#include "oracle/mask.h"
#include "oracle/place.h"
#include "oracle/proof.h"
#include "record/record.h"
#include "trial/turns.h"

// What becomes of a result, by the example of two scripts, A and B, whose update is lost at times:
//
//     heard                         known then                         what is made of it
//     run A,B (learning)            A,B once                           -
//     attempt 1                     no pattern as yet                  waits
//     run A,B  run B,A  run B,A     both orders twice: preliminary     baseline
//                                                                      attempt 1: A,B explains it
//     attempt 2                                                        no order does: suspicious.
//                                                                      The sweep is told, a second
//                                                                      look is asked for
//     look at 2                     the state is the same              still: a hit, the suspect
//     run A,B (late)                A,B for good; its pattern wider    2 is judged again: still
//     attempt 3 (replay)                                               a hit, too
//     20 runs (proof), 2 paused     none of them contradicts           (2 / 22)^2 < 1 %: enough;
//                                                                      B,A is preliminary: it waits
//     run B,A (late)                B,A for good                       2, 3 still: proven, over
//
// Three things keep this sound. Patterns only widen, so what was explained stays explained, and
// only what is open is judged again, when something was learnt since (`revision`). An accusation is
// weighed afresh each time: should a later run explain attempt 2, the suspect is the next that is
// suspicious, and what was counted for the other is forgotten if it needs other orders. And nothing
// is believed about what differs between runs of one order: then there is no baseline, every
// judgement by orders is dropped, and rules alone can be broken.
namespace trial {
namespace {

using std::chrono::milliseconds;

/// With where in the scenario it comes from.
json::object with_cause(const std::string& cause, const scenario::Place& place) {
  return {{"cause", cause}, {"line", place.line}, {"column", place.column}};
}

bool everybody_was_answered(const oracle::Reading& reading) {
  return std::all_of(reading.told.begin(), reading.told.end(), [](const oracle::Told& told) {
    return !told.signature.statuses.empty() && told.signature.statuses.back() != 0;
  });
}

}  // namespace

Hearing::Hearing(const scenario::Scenario& scenario, const expression::Evaluate& evaluate,
                 std::uint64_t seed, bool keep_going)
    : scenario_(scenario),
      evaluate_(evaluate),
      seed_(seed),
      keep_going_(keep_going),
      entries_(scenario::entries(scenario).size()),
      oracle_(std::make_unique<oracle::Oracle>(scenario_, oracle::Limits{}, seed)) {
  ledger_.alone.resize(scenario.race.size());
}

News Hearing::take_news() { return std::exchange(news_, {}); }

/// Of all scripts, one after another.
bool Hearing::whole(const oracle::Order& order) const {
  return order.roles.size() == entries_ && !order.by_request();
}

bool Hearing::lost(const outcome::Outcome& outcome, During during) {
  if (!outcome.failure) return false;
  const outcome::Failure& failure = *outcome.failure;
  if (!ledger_.ending) {
    json::object with = with_cause(failure.message, failure.place);
    with["during"] = during.what;
    with["order"] = record::to_json(during.order == nullptr ? record::Order{}
                                                            : turns_of(*during.order, scenario_));
    with["attempt"] = during.attempt;
    ledger_.ending =
        Ending{record::Ending::target_lost, {record::ReasonCode::target_lost, std::move(with)}};
  }
  over_ = true;
  return true;
}

// -- what is not an outcome

void Hearing::hear_set_up(const SetUp& set_up) {
  ledger_.two_connections = set_up.two_connections;
  over_ = set_up.two_connections == false;
  if (!set_up.failure) return;
  over_ = true;
  if (ledger_.ending) return;
  const outcome::Failure& failure = *set_up.failure;
  using Kind = outcome::Failure::Kind;
  const bool unreachable = failure.kind == Kind::unreachable || failure.kind == Kind::no_answer;
  ledger_.ending =
      Ending{unreachable ? record::Ending::unreachable : record::Ending::scenario_error,
             {unreachable ? record::ReasonCode::unreachable : record::ReasonCode::scenario_error,
              with_cause(failure.message, failure.place)}};
}

void Hearing::hear_sinks(const SinkNews& news) {
  ledger_.sinks = news.tallies;
  if (news.late.empty()) return;
  for (Attempt& attempt : ledger_.attempts)
    if (news.late.contains(attempt.play)) attempt.effort = false;
}

void Hearing::give_up_learning() {
  ledger_.learning_too_long = true;
  over_ = true;
}

void Hearing::interrupt() {
  over_ = true;
  if (ledger_.ending) return;
  ledger_.ending =
      Ending{record::Ending::interrupted,
             {record::ReasonCode::interrupted,
              {{"serial_runs", ledger_.serial_runs}, {"attempts", ledger_.attempts.size()}}}};
}

// -- serial runs

News Hearing::hear_serial(const oracle::Order& order, Use use, outcome::Outcome outcome) {
  if (lost(outcome, {.what = "serial_run", .order = &order})) return take_news();
  ++ledger_.serial_runs;
  ledger_.played_anew += outcome.played_anew;
  if (whole(order)) {
    measure(outcome);
    check_serial_rules(outcome, order);
    alone_.emplace(order, outcome);
  }
  if (over_) return take_news();

  oracle::apply_mask(outcome, scenario_);
  oracle::Reading reading = oracle::read(outcome, scenario_);
  forget_errors_of(reading);
  if (use == Use::control) hear_control(order, reading);
  const bool fresh = use == Use::control || use == Use::proof || use == Use::paused_proof;
  if (ledger_.suspect && fresh) {
    ++ledger_.fresh_serial;
    ledger_.fresh_paused += use == Use::paused_proof;
    ledger_.fresh_odd +=
        ledger_.baseline && oracle_->knows(order) && !oracle_->fits(order, reading);
  }
  const bool still_learning = !learnt();
  if (use == Use::late)
    preliminary_.erase(order);
  else if (!fresh && oracle_->runs_of(order) == 0)
    preliminary_.insert(order);
  oracle_->learn_reset(reading);
  oracle_->learn(order, std::move(reading));
  if (!ledger_.without_baseline()) {
    if (still_learning && !(fresh && ledger_.baseline))
      check_baseline();
    else if (fresh || oracle_->knows(order))
      ledger_.lanes > 1 ? check_baseline() : check_agreement();
  }
  if (over_) return take_news();
  // Each fresh run may explain a hit, and nearly none does: all are judged again before the
  // verdict.
  judge_open(ledger_.suspect && fresh ? Again::suspect_only : Again::all);
  return take_news();
}

bool Hearing::learnt() const {
  const auto& orders = oracle_->orders();
  return std::all_of(orders.begin(), orders.end(), [&](const oracle::Order& order) {
    return oracle_->knows(order) && !preliminary_.contains(order);
  });
}

void Hearing::measure(const outcome::Outcome& outcome) {
  for (const outcome::Answer& answer : outcome.answers) {
    if (answer.steps.empty() || answer.last_status() == 0) continue;
    schedule::Alone& spans = ledger_.alone[static_cast<std::size_t>(answer.entry.script)];
    spans.resize(std::max(spans.size(), answer.steps.size()));
    for (std::size_t i = 0; i < answer.steps.size(); ++i)
      spans[i] = std::max(spans[i], answer.steps.back().answered - answer.steps[i].sent);
  }
  ledger_.settle = std::max(ledger_.settle, outcome.settled_after);
}

void Hearing::hear_control(const oracle::Order& order, const oracle::Reading& reading) {
  ++ledger_.controls;
  if (ledger_.baseline && !oracle_->fits(order, reading)) ++ledger_.drifted_controls;
  for (auto& [key, error] : ledger_.errors) error.controls_after += everybody_was_answered(reading);
  // It stands; a contradiction, which says more, may still be on its way to a proof.
  if (ledger_.contention_error() != nullptr && !ledger_.suspect) over_ = true;
}

void Hearing::check_serial_rules(const outcome::Outcome& outcome, const oracle::Order& order) {
  if (ledger_.serial_break) return;
  const auto broken = broken_rules(outcome, scenario_, evaluate_);
  if (broken.empty()) return;
  for (const BrokenRule& rule : broken) {
    if (rule.error.is == record::RuleError::Is::none) continue;
    // It says nothing of the server: the scenario is to be fixed.
    ledger_.ending = Ending{record::Ending::scenario_error,
                            {record::ReasonCode::rule_not_computed,
                             {{"rule", rule.name},
                              {"error", record::to_json(rule.error)},
                              {"line", rule.place.line},
                              {"column", rule.place.column}}}};
    over_ = true;
    return;
  }
  ledger_.serial_break = SerialBreak{order, broken.front(), outcome};
  for (Attempt& attempt : ledger_.attempts) attempt.broken.clear();
  if (!keep_going_) over_ = true;
}

/// Where they disagree, they are learnt once more in one lane, or there is no baseline.
void Hearing::check_baseline() {
  const auto& orders = oracle_->orders();
  if (!std::all_of(orders.begin(), orders.end(), [&](const auto& o) { return oracle_->knows(o); }))
    return;
  const auto clashes = oracle_->clashes();
  const auto resets = oracle_->reset_conflicts();
  // What is not of one attempt alone cannot be counted while others move it, too.
  const auto shared = ledger_.lanes > 1 ? oracle_->shared_count() : std::nullopt;
  ledger_.baseline = clashes.empty() && resets.empty() && !shared;
  if (ledger_.baseline) return;
  using record::RemarkCode;
  const bool only_shared = clashes.empty() && resets.empty();
  const std::string& place = only_shared       ? *shared
                             : clashes.empty() ? resets.front().place
                                               : clashes.front().conflict.place;
  news_.disagreement = record::Remark{
      only_shared ? RemarkCode::one_lane_shared_count : RemarkCode::one_lane_runs_differ,
      {{"place", record::to_json(oracle::place_of(place))}}};
}

void Hearing::start_over() {
  oracle_ = std::make_unique<oracle::Oracle>(scenario_, oracle::Limits{}, seed_);
  ledger_.attempts.clear();
  unsettled_.clear();
  forget_judgements();
  ledger_.baseline = false;
  ledger_.controls = ledger_.drifted_controls = 0;
  ledger_.errors.clear();
  preliminary_.clear();
  for (const auto& [order, outcome] : alone_) {
    preliminary_.insert(order);
    outcome::Outcome first = outcome;
    oracle::apply_mask(first, scenario_);
    oracle::Reading reading = oracle::read(first, scenario_);
    oracle_->learn_reset(reading);
    oracle_->learn(order, std::move(reading));
  }
}

/// What was made of attempts by orders.
void Hearing::forget_judgements() {
  for (Attempt& attempt : ledger_.attempts) {
    attempt.judgement = {};
    attempt.judgement.is = oracle::Judgement::Is::unjudged;
    attempt.effort = attempt.odd_reset = false;
    attempt.by_rules_only = true;
  }
  ledger_.explained_by.clear();
  ledger_.refusals.clear();
  ledger_.everyone_refused = 0;
  ledger_.by_request = {};
  ledger_.proven = false;
  ledger_.suspect.reset();
  ledger_.fresh_serial = ledger_.fresh_odd = ledger_.fresh_paused = 0;
  suspects_.clear();
}

News Hearing::do_without_baseline() {
  check_agreement();
  judge_open();
  return take_news();
}

/// Two runs of one order, or two resets, may turn out to differ after all: nothing that rests on
/// them counts then. As long as several lanes play, these may be the reason: see check_baseline.
void Hearing::check_agreement() {
  ledger_.clashes = oracle_->clashes();
  ledger_.reset_conflicts = oracle_->reset_conflicts();
  if (ledger_.clashes.empty() && ledger_.reset_conflicts.empty()) return;
  ledger_.baseline = false;
  forget_judgements();
  if (scenario_.rules.empty()) over_ = true;  // rules can still be judged; nothing else can
}

// -- attempts

News Hearing::hear_attempt(const schedule::Schedule& schedule, outcome::Outcome outcome,
                           Made made) {
  const int number = static_cast<int>(ledger_.attempts.size()) + 1;
  if (lost(outcome, {.what = "attempt", .attempt = number})) return take_news();
  Attempt attempt{.number = number, .schedule = schedule};
  attempt.play = outcome.number;
  attempt.after_proof = made == Made::after_proof;
  attempt.overlapped = outcome::overlapped(outcome);
  attempt.looked_again = !scenario::can_be_read_again(scenario_) || !outcome.later.empty();
  attempt.spread = outcome::release_spread(outcome);
  attempt.broken = rules_broken_by(outcome);
  attempt.permit = permitted(outcome, scenario_, evaluate_);
  attempt.outcome = outcome;
  oracle::apply_mask(outcome, scenario_);
  attempt.reading = oracle::read(outcome, scenario_);
  attempt.judgement.is = oracle::Judgement::Is::needs_runs;
  unsettled_.push_back(ledger_.attempts.size());
  ledger_.attempts.push_back(std::move(attempt));
  note_errors(ledger_.attempts.back());
  judge_open();
  return take_news();
}

News Hearing::hear_look(int number, outcome::Outcome look) {
  if (lost(look, {.what = "second_look", .attempt = number})) return take_news();
  Attempt& attempt = ledger_.attempts[static_cast<std::size_t>(number - 1)];
  if (!attempt.suspicious()) return take_news();  // explained meanwhile
  attempt.outcome.later = std::move(look.later);
  attempt.looked_again = true;
  attempt.broken = rules_broken_by(attempt.outcome);
  outcome::Outcome masked = attempt.outcome;
  oracle::apply_mask(masked, scenario_);
  attempt.reading = oracle::read(masked, scenario_);
  attempt.judged_at = 0;
  judge_open();
  return take_news();
}

/// Those that broke for good: not put right by the time of the second look, and not broken
/// serially.
std::vector<BrokenRule> Hearing::rules_broken_by(const outcome::Outcome& outcome) const {
  if (ledger_.serial_break) return {};
  auto broken = broken_rules(outcome, scenario_, evaluate_);
  if (broken.empty() || outcome.later.empty()) return broken;
  outcome::Outcome later = outcome;
  later.after = outcome.later;
  if (broken_rules(later, scenario_, evaluate_).empty()) return {};
  return broken;
}

/// What a serial run shows, too, is not brought forth by contention.
void Hearing::forget_errors_of(const oracle::Reading& run) {
  for (const oracle::Told& told : run.told)
    if (!told.signature.statuses.empty())
      ledger_.errors.erase({told.script, told.signature.statuses.back()});
}

void Hearing::note_errors(Attempt& attempt) {
  std::set<std::pair<int, int>> seen;
  for (const oracle::Told& told : attempt.reading.told) {
    const int status = told.signature.statuses.empty() ? -1 : told.signature.statuses.back();
    const bool error = (status == 0 && !told.refused) || (status >= 500 && status != 503);
    if (!error || oracle_->status_given_serially(told.script, status)) continue;
    if (!seen.insert({told.script, status}).second) continue;
    attempt.failed = true;
    auto [found, first] = ledger_.errors.try_emplace({told.script, status});
    if (first) found->second = {told.script, status, {}, ledger_.serial_runs, 0};
    found->second.attempts.push_back(attempt.number - 1);
    found->second.controls_after = 0;
  }
}

// -- judging

void Hearing::judge_open(Again again) {
  if (!ledger_.baseline && !ledger_.without_baseline()) return;
  for (const std::size_t index : unsettled_) {
    Attempt& attempt = ledger_.attempts[index];
    const bool later =
        again == Again::suspect_only && attempt.number - 1 != ledger_.suspect && !attempt.waits();
    if (!later && outdated(attempt)) judge(attempt);
    if (!attempt.suspicious() || std::exchange(attempt.hinted, true)) continue;
    news_.hints.push_back({attempt.schedule, {.hit = true}});
    if (!attempt.looked_again) news_.looks.push_back(attempt.number);
  }
  std::erase_if(unsettled_, [this](std::size_t index) {
    const Attempt& attempt = ledger_.attempts[index];
    return !attempt.open() && !attempt.odd_reset && !attempt.suspicious();
  });
  suspect_if_needed();
  check_proof();
}

std::ptrdiff_t Hearing::waiting() const {
  return std::count_if(unsettled_.begin(), unsettled_.end(),
                       [this](std::size_t index) { return ledger_.attempts[index].waits(); });
}

bool Hearing::outdated(const Attempt& attempt) const {
  return (attempt.open() || attempt.odd_reset) && attempt.judged_at != oracle_->revision() + 1;
}

void Hearing::judge(Attempt& attempt) {
  attempt.judged_at = oracle_->revision() + 1;  // 0 is "never"
  attempt.by_rules_only = !ledger_.baseline;
  if (attempt.by_rules_only) {
    attempt.judgement.is = oracle::Judgement::Is::unjudged;
    return;
  }
  attempt.odd_reset = !oracle_->is_reset_state(attempt.reading);
  if (!attempt.open()) return;  // only how it began was in question
  attempt.judgement = oracle_->judge(attempt.reading);
  if (attempt.waits()) {
    const auto& wanted = attempt.judgement.wanted;
    news_.wanted.insert(news_.wanted.end(), wanted.begin(), wanted.end());
  } else if (attempt.explained()) {
    settle(attempt);
  } else if (attempt.contradicts() && attempt.permit) {
    // It was tried, and came out as somebody knows that it may.
    attempt.effort = attempt.overlapped;
  }
}

/// From the gate on, somebody took far longer than ever alone: for somebody else, it seems.
bool Hearing::had_to_wait(const Attempt& attempt) const {
  constexpr base::Nanoseconds clearly = milliseconds(1);
  return std::any_of(attempt.outcome.answers.begin(), attempt.outcome.answers.end(),
                     [&](const outcome::Answer& answer) {
                       const auto script = static_cast<std::size_t>(answer.entry.script);
                       const std::size_t last = scenario_.race[script].steps.size() - 1;
                       const std::size_t gate =
                           std::min(static_cast<std::size_t>(attempt.schedule.gate), last);
                       if (gate >= answer.steps.size() || gate >= ledger_.alone[script].size())
                         return false;
                       const outcome::Step& step = answer.steps[gate];
                       const base::Nanoseconds took =
                           answer.steps.back().answered - std::max(step.sent, step.released);
                       return took > 2 * ledger_.alone[script][gate] + clearly;
                     });
}

/// Of two scripts the one that is first in all of these orders, if there is one.
std::optional<int> Hearing::who_came_first(const std::vector<oracle::Order>& orders) const {
  if (scenario_.race.size() != 2 || entries_ != 2 || orders.empty()) return std::nullopt;
  const int first = orders.front().roles.front();
  const bool all = std::all_of(orders.begin(), orders.end(), [first](const oracle::Order& order) {
    return order.roles.front() == first;
  });
  return all ? std::optional(first) : std::nullopt;
}

/// The state moved for longer than it was waited for: the next attempts need not be suspected.
/// Those so far that nobody can look at again, since a reset has undone them, were read too early
/// to say anything; if they were hits, there will be others.
void Hearing::wait_longer() {
  constexpr base::Nanoseconds least = milliseconds(25), most = milliseconds(500);
  ledger_.settle = std::max(ledger_.settle, std::clamp(2 * ledger_.settle, least, most));
  if (ledger_.lanes > 1) return;
  for (const std::size_t index : unsettled_) {
    Attempt& attempt = ledger_.attempts[index];
    if (!attempt.suspicious() || attempt.looked_again) continue;
    attempt.judgement = {};
    attempt.judgement.is = oracle::Judgement::Is::unjudged;
    attempt.broken.clear();
  }
}

/// An explained attempt: what it counts for. Its outcome is not needed any more.
void Hearing::settle(Attempt& attempt) {
  const oracle::Judgement& judgement = attempt.judgement;
  if (judgement.eventual) wait_longer();
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
  schedule::Sign sign{.near_miss = !judgement.out.empty() || had_to_wait(attempt)};
  if (judgement.out.empty()) sign.first = who_came_first(judgement.orders);
  if (sign.near_miss || sign.first) news_.hints.push_back({attempt.schedule, sign});
  if (attempt.broken.empty() && !attempt.failed && !attempt.odd_reset) {
    attempt.outcome = {};
    attempt.reading = {};
  }
}

void Hearing::suspect_if_needed() {
  if (ledger_.suspect && ledger_.attempts[static_cast<std::size_t>(*ledger_.suspect)].suspicious())
    return;
  ledger_.suspect.reset();
  for (const std::size_t index : unsettled_) {
    const Attempt& attempt = ledger_.attempts[index];
    if (!attempt.suspicious()) continue;
    ledger_.suspect = static_cast<int>(index);
    auto suspects = oracle_->suspects(attempt.reading);
    // Fresh runs of other orders say nothing of these.
    if (suspects != suspects_) ledger_.fresh_serial = ledger_.fresh_odd = ledger_.fresh_paused = 0;
    suspects_ = std::move(suspects);
    return;
  }
}

void Hearing::check_proof() {
  proof_waits_ = false;
  if (!ledger_.suspect) return;
  // Whether it is the server or what lies between the requests is asked as soon as there is
  // something to ask about.
  const Attempt& suspect = ledger_.attempts[static_cast<std::size_t>(*ledger_.suspect)];
  if (ledger_.baseline && suspect.contradicts()) {
    ledger_.by_request = oracle_->judge_by_request(suspect.reading);
    if (ledger_.by_request.is == oracle::ByRequest::needs_runs) {
      const auto& wanted = ledger_.by_request.wanted;
      news_.wanted.insert(news_.wanted.end(), wanted.begin(), wanted.end());
    }
  }
  const bool enough = oracle::is_proven(ledger_.hits(), ledger_.judged(), ledger_.fresh_serial,
                                        ledger_.fresh_odd) &&
                      ledger_.fresh_paused >= oracle::paused_runs_wanted(suspects_.size()) &&
                      ledger_.by_request.is != oracle::ByRequest::needs_runs;
  if (enough && std::any_of(unsettled_.begin(), unsettled_.end(),
                            [&](std::size_t index) { return outdated(ledger_.attempts[index]); }))
    return judge_open();  // and comes back here
  proof_waits_ = enough && is_preliminary();
  ledger_.proven = enough && !proof_waits_;
  if (ledger_.proven) over_ = true;
}

/// Some order that the accusation rests on was not run late yet.
bool Hearing::is_preliminary() const {
  if (!ledger_.baseline || preliminary_.empty()) return false;  // without it only rules accuse
  const auto early = [&](const oracle::Wanted& run) { return preliminary_.contains(run.order); };
  const auto rests_on_early = [&](const Attempt& attempt) {
    if (!attempt.hit()) return false;
    const auto suspects = oracle_->suspects(attempt.reading);
    return std::any_of(suspects.begin(), suspects.end(), early);
  };
  return !learnt() ||
         std::any_of(preliminary_.begin(), preliminary_.end(),
                     [](const oracle::Order& order) { return order.by_request(); }) ||
         std::any_of(ledger_.attempts.begin(), ledger_.attempts.end(), rests_on_early);
}

}  // namespace trial
