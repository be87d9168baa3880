#include "trial/trial.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "record/record.h"
#include "trial/play_testing.h"
#include "trial/scenario_testing.h"

// What is played when, on a clock that the test moves. The target adds one to a counter for each of
// two scripts; tests say how long that takes, and when it goes wrong.
namespace {

using base::Nanoseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using trial::Made;
using trial::Purpose;
using trial::Use;
using Is = trial::Purpose::Is;

scenario::Scenario counter() {
  scenario::Scenario scenario;
  scenario.file = "counter.yaml";
  for (const char* name : {"a", "b"})
    scenario.race.push_back({.name = name, .steps = {{.method = "POST"}}});
  scenario.observe.push_back({.name = "counter"});
  return scenario;
}

/// A job that was begun.
struct Begun {
  Purpose purpose;
  Nanoseconds at{0};
  Nanoseconds ends{0};
  outcome::Pace pace;
  std::optional<json::object> looks_at;
  int beside = 0;  // jobs in flight then
};

/// Plays a trial. What it is told can be changed in between.
class Player {
 public:
  explicit Player(scenario::Scenario scenario = counter(), trial::Options options = {.seed = 7})
      : scenario_(std::move(scenario)), trial_(scenario_, evaluate_, std::move(options)) {}
  Player(const Player&) = delete;

  // the target
  Nanoseconds serial_takes = milliseconds(20), attempt_takes = milliseconds(20);
  Nanoseconds script_takes = milliseconds(5);
  std::function<bool(const schedule::Schedule&)> loses = [](const auto&) { return false; };
  std::function<void(outcome::Outcome&)> spoil_attempt = [](auto&) {};
  std::function<void(outcome::Outcome&, int beside)> spoil_serial = [](auto&, int) {};
  trial::SetUp set_up{.keeps_alive = true, .two_connections = true};
  outcome::Pair pair{milliseconds(6), true};

  /// Up to the next thing that the trial is told. False: it is over.
  bool step() {
    for (;;) {
      trial::Next next = trial_.next(now);
      if (std::holds_alternative<trial::Over>(next)) return false;
      if (auto* job = std::get_if<trial::Job>(&next)) {
        begin(*job);
        continue;
      }
      const Nanoseconds until = std::get<trial::Wait>(next).until;
      EXPECT_GT(until, now) << "or the loop would spin";
      EXPECT_LE(until, now + seconds(1));
      if (in_flight_.empty() || in_flight_.begin()->first > until) {
        now = until;
        continue;
      }
      auto first = in_flight_.extract(in_flight_.begin());
      now = std::max(now, first.key());
      trial_.hear(std::move(first.mapped()), now);
      return true;
    }
  }
  void until_over() {
    while (step()) {
    }
  }
  /// Until a job of that kind is begun. False: it is over first.
  bool until_begun(Is is) {
    const auto count = [&] { return of(is).size(); };
    for (const std::size_t before = count(); count() == before;)
      if (!step()) return false;
    return true;
  }
  /// What comes back after the end.
  void land() {
    for (auto& [ends, done] : in_flight_) trial_.hear(std::move(done), std::max(now, ends));
    in_flight_.clear();
  }

  [[nodiscard]] std::vector<Begun> of(Is is) const {
    std::vector<Begun> found;
    std::copy_if(begun.begin(), begun.end(), std::back_inserter(found),
                 [is](const Begun& job) { return job.purpose.is == is; });
    return found;
  }
  [[nodiscard]] std::vector<Begun> of(Use use) const {
    std::vector<Begun> found = of(Is::serial);
    std::erase_if(found, [use](const Begun& job) { return job.purpose.use != use; });
    return found;
  }
  [[nodiscard]] const trial::Ledger& ledger() const { return trial_.ledger(); }
  trial::Trial& trial() { return trial_; }
  [[nodiscard]] std::size_t in_flight() const { return in_flight_.size(); }

  std::vector<Begun> begun;
  Nanoseconds now = std::chrono::hours(3);

 private:
  void begin(const trial::Job& job) {
    trial::Done done{.id = job.id};
    const Purpose purpose = trial_.about(done).purpose;
    Begun started{purpose, now, now, job.pace, {}, static_cast<int>(in_flight_.size())};
    if (const auto* serial = std::get_if<trial::SerialJob>(&job.what)) {
      const auto& turns = serial->sequence.turns;
      started.ends =
          now + serial_takes +
          static_cast<int>(turns.size() > 0 ? turns.size() - 1 : 0) * serial->sequence.pause;
      done.outcome = played(turns, false);
      spoil_serial(done.outcome, started.beside);
    } else if (const auto* attempt = std::get_if<trial::AttemptJob>(&job.what)) {
      started.ends = now + attempt_takes + job.pace.look_again;
      b_first_ = !b_first_;
      done.outcome =
          played(b_first_ ? std::vector{1, 0} : std::vector{0, 1}, loses(attempt->schedule));
      if (b_first_) std::swap(done.outcome.answers[0], done.outcome.answers[1]);
      done.outcome.gate_opened = now;
      if (job.pace.look_again > Nanoseconds(0)) done.outcome.later = done.outcome.after;
      spoil_attempt(done.outcome);
    } else if (const auto* look = std::get_if<trial::LookJob>(&job.what)) {
      started.ends = now + milliseconds(1);
      started.looks_at = look->bindings;
      done.outcome.later = state(lost_.contains(number_of(look->bindings)) ? 1 : 2);
    } else if (std::holds_alternative<trial::PairJob>(job.what)) {
      started.ends = now + pair.together;
      done.pair = pair;
    } else {
      started.ends = now + milliseconds(30);
      done.set_up = set_up;
    }
    in_flight_.emplace(started.ends, std::move(done));
    begun.push_back(std::move(started));
  }

  static int number_of(const json::object& bindings) {
    return static_cast<int>(bindings.at("$attempt").as_int64());
  }
  static outcome::State state(int count) {
    return {{.name = "counter", .status = 200, .body = {{"count", count}}}};
  }

  /// One after another, or together, perhaps with one addition lost.
  outcome::Outcome played(const std::vector<int>& turns, bool lost) {
    outcome::Outcome outcome;
    outcome.number = ++plays_;
    outcome.bindings["$attempt"] = plays_;
    if (lost) lost_.insert(plays_);
    outcome.before = state(0);
    int count = 0;
    for (const int entry : turns) {
      count += count == 0 || !lost;
      outcome::Answer answer{.entry = {.script = entry}};
      answer.steps.push_back({.status = 200,
                              .body = {{"count", count}},
                              .sent = now,
                              .released = now,
                              .held_in_head = true,
                              .answered = now + script_takes});
      outcome::classify(answer, std::nullopt, std::nullopt);
      outcome.answers.push_back(std::move(answer));
    }
    outcome.after = state(count);
    return outcome;
  }

  scenario::Scenario scenario_;
  expression::Evaluate evaluate_ = trial::plain_paths;
  trial::Trial trial_;
  std::multimap<Nanoseconds, trial::Done> in_flight_;
  std::set<int> lost_;  // attempts, by number
  bool b_first_ = false;
  int plays_ = 0;
};

scenario::Scenario with(int attempts, Nanoseconds budget, int lanes) {
  scenario::Scenario scenario = counter();
  scenario.run.attempts = attempts;
  scenario.run.budget = budget;
  scenario.run.lanes = lanes;
  return scenario;
}

// -- learning

TEST(Trial, TheFirstRunOfEachOrderIsAlone) {
  Player player(with(100, seconds(60), 8));
  ASSERT_TRUE(player.until_begun(Is::attempt));
  const auto learning = player.of(Use::learning);
  ASSERT_GE(player.begun.size(), 5u);
  EXPECT_EQ(player.begun[0].purpose.is, Is::set_up);
  for (int i : {0, 1, 2}) EXPECT_EQ(player.begun[static_cast<std::size_t>(i)].beside, 0);
  EXPECT_NE(learning[0].purpose.wanted.order, learning[1].purpose.wanted.order);
  EXPECT_EQ(learning.size(), 4u) << "each order twice before an attempt";
}

TEST(Trial, TheLateRunsBeginMoreThanASecondAfterTheFirst) {
  Player player(with(100, seconds(60), 4));
  player.until_over();
  const auto late = player.of(Use::late);
  ASSERT_EQ(late.size(), 2u);
  for (std::size_t i : {0u, 1u})
    EXPECT_GE(late[i].at, player.of(Use::learning)[i].at + milliseconds(1100));
}

TEST(Trial, LearningTakesHalfOfTheBudgetAtMost) {
  struct Case {
    Nanoseconds run;
    bool too_long;
  };
  for (const Case& c : {Case{milliseconds(900), false}, Case{milliseconds(1100), true}}) {
    Player player(with(100, seconds(2), 1));
    player.serial_takes = c.run;
    player.until_over();
    EXPECT_EQ(player.ledger().learning_too_long, c.too_long);
    EXPECT_EQ(player.of(Use::learning).size() == 1, c.too_long);
  }
}

TEST(Trial, WhereNothingCanCountNothingIsRaced) {
  for (const int status : {0, 403}) {
    Player player;
    player.spoil_serial = [&](outcome::Outcome& run, int) {
      run.after = run.before;
      for (outcome::Answer& answer : run.answers) {
        answer.steps[0].status = status;
        answer.steps[0].body = nullptr;
      }
    };
    player.until_over();
    EXPECT_TRUE(player.of(Is::attempt).empty()) << status;
  }
}

TEST(Trial, ASetUpThatFailsEndsItAndSaysWhoseFaultItIs) {
  using Kind = outcome::Failure::Kind;
  constexpr std::pair<Kind, record::Ending> cases[] = {
      {Kind::unreachable, record::Ending::unreachable},
      {Kind::no_answer, record::Ending::unreachable},
      {Kind::unexpected, record::Ending::scenario_error},
      {Kind::expression, record::Ending::scenario_error},
  };
  for (const auto& [kind, ending] : cases) {
    Player player;
    player.set_up.failure = outcome::Failure{kind, "so it was", {}};
    player.until_over();
    ASSERT_TRUE(player.ledger().ending);
    EXPECT_EQ(player.ledger().ending->is, ending);
    EXPECT_EQ(player.begun.size(), 1u);
  }
}

TEST(Trial, ATargetOfOneConnectionIsNotRaced) {
  Player player;
  player.set_up.two_connections = false;
  player.until_over();
  EXPECT_EQ(player.begun.size(), 1u);
  EXPECT_FALSE(player.ledger().ending) << "it is a reason for no verdict, and no failure";
}

// -- racing

TEST(Trial, NoMoreIsPlayedThanIsPlannedIfAllCounts) {
  Player player(with(80, seconds(60), 2));
  player.until_over();
  EXPECT_EQ(player.of(Is::attempt).size(), 80u);
  EXPECT_FALSE(player.ledger().budget_ended);
}

/// Those who never overlap are no effort.
TEST(Trial, WhereEffortIsMissingItGoesOnToThreeTimesThePlan) {
  Player player(with(60, seconds(60), 2));
  player.spoil_attempt = [](outcome::Outcome& attempt) {
    const bool b_first = attempt.answers[1].steps[0].body.at("count") == 1;
    const outcome::Step& first = attempt.answers[b_first ? 1 : 0].steps[0];
    outcome::Step& second = attempt.answers[b_first ? 0 : 1].steps[0];
    second.sent = second.released = first.answered + milliseconds(1);
    second.answered = second.sent + milliseconds(5);
  };
  player.until_over();
  EXPECT_EQ(player.of(Is::attempt).size(), 180u);
}

TEST(Trial, TheBudgetEndsItBetweenJobs) {
  Player player(with(10'000, seconds(5), 2));
  const Nanoseconds began = player.now;
  player.until_over();
  EXPECT_TRUE(player.ledger().budget_ended);
  EXPECT_GE(player.now, began + seconds(5));
  EXPECT_LE(player.now, began + seconds(5) + milliseconds(50));
  for (const Begun& job : player.begun) EXPECT_LE(job.at, began + seconds(5));
}

TEST(Trial, AControlIsMixedInAfterEveryTenAttempts) {
  Player player(with(100, seconds(60), 1));
  player.until_over();
  EXPECT_EQ(player.of(Use::control).size(), 10u);
  int attempts = 0, controls = 0;
  for (const Begun& job : player.begun) {
    attempts += job.purpose.is == Is::attempt;
    controls += job.purpose.is == Is::serial && job.purpose.use == Use::control;
    EXPECT_LE(controls, attempts / 10);
  }
}

TEST(Trial, HowManyGoOnAtATime) {
  struct Case {
    const char* what;
    int lanes;
    Nanoseconds run, script;
    int most;
  };
  constexpr Case cases[] = {
      {"one lane, one job", 1, milliseconds(20), milliseconds(5), 1},
      {"of a fast target four", 20, milliseconds(20), milliseconds(5), 4},
      {"a slow one bears every lane", 20, milliseconds(400), milliseconds(100), 20},
      {"and no more than there are", 3, milliseconds(400), milliseconds(100), 3},
  };
  for (const Case& c : cases) {
    Player player(with(100, seconds(60), c.lanes));
    player.serial_takes = player.attempt_takes = c.run;
    player.script_takes = c.script;
    player.until_over();
    int most = 0;
    for (const Begun& job : player.begun) most = std::max(most, job.beside + 1);
    EXPECT_EQ(most, c.most) << c.what;
  }
}

TEST(Trial, PairsTellWhetherItWorksOnOneThingAtATime) {
  struct Case {
    milliseconds together;
    std::size_t pairs;
    std::optional<bool> one_at_a_time;
  };
  // Alone each takes 10 ms.
  for (const Case& c : {Case{milliseconds(11), 2, false}, Case{milliseconds(20), 20, true}}) {
    Player player(with(60, seconds(60), 2));
    player.script_takes = milliseconds(10);
    player.pair.together = c.together;
    player.until_over();
    EXPECT_EQ(player.of(Is::pair).size(), c.pairs);
    EXPECT_EQ(player.ledger().one_at_a_time, c.one_at_a_time);
    EXPECT_EQ(player.of(Is::attempt).size(), 60u) << "more attempts would not help";
  }
}

TEST(Trial, ErrorsUnderContentionAreFollowedByAControlAtOnce) {
  Player player(with(100, seconds(60), 1));
  int attempts = 0;
  player.spoil_attempt = [&](outcome::Outcome& attempt) {
    if (++attempts != 70 && attempts != 72) return;
    // Only the other one has added anything.
    attempt.answers[0].steps[0].body = {{"count", 1}};
    attempt.answers[1].steps[0].status = 500;
    outcome::classify(attempt.answers[1], std::nullopt, std::nullopt);
    attempt.after[0].body = {{"count", 1}};
  };
  player.until_over();
  EXPECT_NE(player.ledger().contention_error(), nullptr);
  EXPECT_EQ(attempts, 72);
  EXPECT_EQ(player.begun.back().purpose.use, Use::control);
}

// -- second looks

TEST(Trial, WhatIsSuspiciousIsLookedAtASecondLater) {
  for (const int lanes : {1, 4}) {
    Player player(with(100, seconds(60), lanes));
    player.loses = [](const auto&) { return true; };
    ASSERT_TRUE(player.until_begun(Is::look));
    const Begun look = player.of(Is::look).front();
    const Begun attempt = player.of(Is::attempt).front();
    EXPECT_GE(look.at, attempt.ends + seconds(1));
    EXPECT_EQ(look.purpose.attempt, 1);
    const int waiting = static_cast<int>(
        std::count_if(player.begun.begin(), player.begun.end(),
                      [&](const Begun& job) { return job.at > attempt.ends && job.at < look.at; }));
    if (lanes == 1)
      EXPECT_EQ(waiting, 0) << "a reset would undo what is to be looked at";
    else
      EXPECT_GT(waiting, 0);
  }
}

TEST(Trial, WhereTheStateIsGoneThenReplaysLookAgainThemselves) {
  scenario::Scenario scenario = with(100, seconds(60), 4);
  scenario.cleanup.emplace_back();
  Player player(scenario);
  player.loses = [](const auto&) { return true; };
  player.until_over();
  EXPECT_TRUE(player.ledger().proven);
  EXPECT_TRUE(player.of(Is::look).empty());
  for (const Begun& attempt : player.of(Is::attempt))
    EXPECT_EQ(attempt.pace.look_again > Nanoseconds(0), attempt.purpose.made == Made::replay);
}

// -- proving

TEST(Trial, AProofHasTwentyFreshRunsSomeOfThemWithAPause) {
  Player player(with(100, seconds(60), 4));
  player.loses = [](const auto&) { return true; };
  player.until_over();
  EXPECT_TRUE(player.ledger().proven);
  EXPECT_GE(player.ledger().fresh_serial, 20);
  EXPECT_GE(player.of(Use::paused_proof).size(), 2u);
  for (const Begun& run : player.of(Use::paused_proof))
    EXPECT_GE(run.ends, run.at + milliseconds(1100));
  // Every order that the accusation rests on, in turn.
  std::set<oracle::Order> fresh;
  for (const Begun& run : player.of(Use::proof)) fresh.insert(run.purpose.wanted.order);
  EXPECT_EQ(fresh.size(), 2u);
}

TEST(Trial, AProofThatDoesNotComeOffEndsWithTheBudget) {
  Player player(with(100, seconds(10), 4));
  int attempts = 0;
  player.loses = [&](const auto&) { return ++attempts == 7; };
  player.until_over();
  EXPECT_FALSE(player.ledger().proven);
  EXPECT_TRUE(player.ledger().budget_ended);
  EXPECT_EQ(player.ledger().hits(), 1);
}

// -- exploring the window

/// Who is released together does not meet, nor who comes much later.
bool meets(const schedule::Schedule& schedule) {
  const Nanoseconds lag = schedule::lag(schedule);
  return lag > Nanoseconds(0) && lag < milliseconds(3);
}

TEST(Trial, AProvenRaceThatLagsMissIsExplored) {
  for (const bool explore : {true, false}) {
    Player player(with(100, seconds(60), 4), {.seed = 7, .explore_window = explore});
    player.loses = meets;
    while (!player.ledger().proven) ASSERT_TRUE(player.step());
    const int hits = player.ledger().hits(), judged = player.ledger().judged();
    player.until_over();
    const auto explored =
        std::count_if(player.begun.begin(), player.begun.end(),
                      [](const Begun& job) { return job.purpose.made == Made::after_proof; });
    EXPECT_EQ(explored > 0, explore);
    EXPECT_LE(explored, 40);
    EXPECT_EQ(player.ledger().hits(), hits) << "it proves nothing";
    EXPECT_EQ(player.ledger().judged(), judged);
  }
}

TEST(Trial, ExploringTakesAQuarterOfTheTimeSoFarAtMost) {
  Player player(with(100, seconds(60), 4));
  player.loses = meets;
  const Nanoseconds began = player.now;
  Nanoseconds proven{0};
  while (player.step()) {
    if (!player.ledger().proven || proven > Nanoseconds(0)) continue;
    proven = player.now;
    player.attempt_takes = milliseconds(300);  // much slower from now on
  }
  ASSERT_GT(proven, Nanoseconds(0));
  EXPECT_LE(player.now - proven, (proven - began) / 4 + milliseconds(1));
}

// -- one lane

/// a is told whether it has company.
void tell_company(outcome::Outcome& run, int beside) {
  for (outcome::Answer& answer : run.answers)
    if (answer.entry.script == 0) answer.steps[0].body.as_object()["crowded"] = beside > 0;
}

TEST(Trial, LanesThatDisturbEachOtherAreGivenUp) {
  Player player(with(60, seconds(60), 4));
  player.spoil_serial = tell_company;
  player.spoil_attempt = [](outcome::Outcome& attempt) { tell_company(attempt, 0); };
  player.until_over();
  EXPECT_EQ(player.ledger().lanes, 1);
  EXPECT_TRUE(player.ledger().baseline);
  const auto& remarks = player.ledger().remarks;
  EXPECT_TRUE(std::any_of(remarks.begin(), remarks.end(), [](const record::Remark& remark) {
    return remark.code == record::RemarkCode::one_lane_runs_differ;
  }));
  // The first of the new learning, and all after it, are alone.
  const auto anew = std::find_if(player.begun.begin(), player.begun.end(),
                                 [](const Begun& job) { return job.purpose.generation == 1; });
  ASSERT_NE(anew, player.begun.end());
  for (auto job = anew; job != player.begun.end(); ++job) EXPECT_EQ(job->beside, 0);
  EXPECT_EQ(player.ledger().attempts.size(), 60u) << "none of an earlier learning";
  EXPECT_EQ(player.ledger().counted(), 60);
}

TEST(Trial, WhatDiffersInOneLaneIsTheTargetsOwn) {
  Player player(with(60, seconds(60), 4));
  int runs = 0;
  player.spoil_serial = [&](outcome::Outcome& run, int) {
    run.answers[0].steps[0].body.as_object()["third"] = ++runs % 3 == 0;
  };
  player.until_over();
  EXPECT_EQ(player.ledger().lanes, 1);
  EXPECT_TRUE(player.ledger().without_baseline());
  EXPECT_FALSE(player.ledger().clashes.empty());
}

TEST(Trial, ASinkWithoutAnAddressOfItsOwnHasOneLane) {
  for (const bool addressed : {true, false}) {
    scenario::Scenario scenario = with(100, seconds(60), 8);
    scenario.sinks.push_back({.name = "pay", .addressed = addressed});
    const Player player(scenario);
    EXPECT_EQ(player.ledger().lanes, addressed ? 8 : 1);
  }
}

TEST(Trial, AStrayCallMakesWhatWasSeenWorthless) {
  scenario::Scenario scenario = with(60, seconds(60), 4);
  scenario.sinks.push_back({.name = "pay", .addressed = true});
  Player player(scenario);
  player.spoil_serial = [](outcome::Outcome& run, int) {
    run.after.push_back({.name = "pay", .body = json::array(), .of_sink = true});
  };
  player.spoil_attempt = [](outcome::Outcome& attempt) {
    attempt.after.push_back({.name = "pay", .body = json::array(), .of_sink = true});
  };
  player.trial().hear(trial::SinkNews{{{.name = "pay"}}, {}});
  while (player.ledger().attempts.size() < 5) ASSERT_TRUE(player.step());
  player.trial().hear(trial::SinkNews{{{.name = "pay", .strays = 1}}, {}});
  ASSERT_TRUE(player.step());
  EXPECT_TRUE(player.ledger().attempts.empty());
  EXPECT_EQ(player.ledger().lanes, 1);
  player.until_over();
  EXPECT_EQ(player.ledger().attempts.size(), 60u);
}

// -- ending

TEST(Trial, WhatComesBackAfterTheEndChangesNothing) {
  Player player(with(10'000, seconds(3), 4));
  player.until_over();
  ASSERT_GT(player.in_flight(), 0u);
  const int runs = player.ledger().serial_runs;
  const std::size_t attempts = player.ledger().attempts.size();
  player.land();
  EXPECT_EQ(player.ledger().serial_runs, runs);
  EXPECT_EQ(player.ledger().attempts.size(), attempts);
  EXPECT_FALSE(player.step()) << "it stays over";
}

TEST(Trial, ALostTargetEndsItWithWhatIsKnownSoFar) {
  Player player(with(100, seconds(60), 2));
  int attempts = 0;
  player.spoil_attempt = [&](outcome::Outcome& attempt) {
    if (++attempts == 9)
      attempt.failure = outcome::Failure{outcome::Failure::Kind::unreachable, "refused", {}};
  };
  player.until_over();
  ASSERT_TRUE(player.ledger().ending);
  EXPECT_EQ(player.ledger().ending->is, record::Ending::target_lost);
  EXPECT_EQ(player.ledger().attempts.size(), 8u);
}

/// A racy coupon in simulated time; the user has enough at every single turn of the loop.
TEST(Trial, AnInterruptionEndsItAtAnyPoint) {
  simulated::Target target{.server = simulation::servers(true)[1], .interchangeable = true};
  scenario::Scenario scenario = simulated::scenario_of(target);
  scenario.run.lanes = 4;
  const simulated::Faults none;
  const expression::Evaluate evaluate = trial::plain_paths;
  bool over = false;
  int interrupted_at = 0;
  for (int turn = 1; !over; ++turn) {
    simulated::Stage stage(target, none, 5);
    trial::Trial trial(scenario, evaluate, {.seed = 5});
    const auto course = simulated::play(trial, stage, scenario, Nanoseconds(0), turn);
    ASSERT_FALSE(course.hung);
    over = !course.interrupted;
    if (over) {
      EXPECT_TRUE(trial.ledger().proven);
      EXPECT_FALSE(trial.ledger().ending);
      break;
    }
    interrupted_at = turn;
    EXPECT_EQ(course.turns, turn) << "at once";
    ASSERT_TRUE(trial.ledger().ending);
    EXPECT_EQ(trial.ledger().ending->is, record::Ending::interrupted);
    const json::object& with = trial.ledger().ending->reason.with;
    EXPECT_EQ(with.at("serial_runs"), trial.ledger().serial_runs);
    EXPECT_EQ(with.at("attempts"), trial.ledger().attempts.size());
  }
  EXPECT_GT(interrupted_at, 60);
}

}  // namespace
