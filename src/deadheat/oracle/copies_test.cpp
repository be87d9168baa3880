#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "oracle/oracle.h"

/// Twenty copies of a script beside two others have 462 orders, of which 120 are drawn. Each is
/// judged exactly as well: an outcome is explained if one of the 462 has it.
namespace {

using Is = oracle::Judgement::Is;
using base::Nanoseconds;

constexpr int copies = 20;
constexpr int everyone = copies + 2;
constexpr int raiser = copies, closer = copies + 1;  // entries behind the copies

/// A coupon for five. Twenty redeem it, one raises its limit by five, one closes it: how many have
/// redeemed it by then tells who came when, or the counts alone do.
class Coupon {
 public:
  explicit Coupon(bool tells) : tells_(tells) {}

  void check(int entry) { seen_[entry] = {used_, limit_, open_}; }
  void act(int entry) {
    const Seen seen = seen_[entry];
    if (entry == raiser) {
      limit_ = seen.limit + 5;
      say(entry, {{"limit", limit_}});
    } else if (entry == closer) {
      open_ = false;
      say(entry, tells_ ? json::object{{"used", seen.used}} : json::object{});
    } else if (seen.open && seen.used < seen.limit) {
      used_ = seen.used + 1;
      say(entry, tells_ ? json::object{{"left", seen.limit - used_}} : json::object{{"ok", true}});
    } else {
      say(entry, {{"ok", false}});
    }
  }
  [[nodiscard]] const json::object& answer(int entry) const { return answers_.at(entry); }
  [[nodiscard]] json::object state() const {
    return {{"used", used_}, {"limit", limit_}, {"open", open_}};
  }
  /// What copies were told, whoever was told it; then the others, and the state.
  [[nodiscard]] std::string text() const {
    std::multiset<std::string> told;
    std::string rest;
    for (const auto& [entry, answer] : answers_)
      entry < copies ? void(told.insert(base::to_text(answer)))
                     : void(rest += base::to_text(answer));
    for (const std::string& each : told) rest += each;
    return rest + base::to_text(state());
  }

 private:
  struct Seen {
    std::int64_t used, limit;
    bool open;
  };
  void say(int entry, json::object answer) { answers_[entry] = std::move(answer); }

  bool tells_;
  std::int64_t used_ = 0, limit_ = 5;
  bool open_ = true;
  std::map<int, Seen> seen_;
  std::map<int, json::object> answers_;
};

/// The first turn of an entry checks, the second acts.
Coupon play(bool tells, const std::vector<int>& turns) {
  Coupon coupon(tells);
  std::set<int> begun;
  for (const int entry : turns)
    if (begun.insert(entry).second)
      coupon.check(entry);
    else
      coupon.act(entry);
  return coupon;
}

std::vector<int> one_by_one(const std::vector<int>& order) {
  std::vector<int> turns;
  for (const int entry : order) turns.insert(turns.end(), 2, entry);
  return turns;
}

std::set<std::string> serial_outcomes(bool tells) {
  std::set<std::string> outcomes;
  for (int first = 0; first < everyone; ++first)
    for (int second = 0; second < everyone; ++second) {
      if (first == second) continue;
      std::vector<int> order(everyone);
      int copy = 0;
      for (int turn = 0; turn < everyone; ++turn)
        order[static_cast<std::size_t>(turn)] = turn == first    ? raiser
                                                : turn == second ? closer
                                                                 : copy++;
      outcomes.insert(play(tells, one_by_one(order)).text());
    }
  return outcomes;
}

class Bench {
 public:
  explicit Bench(bool tells) : tells_(tells) {
    scenario_.race = {{.name = "redeem", .times = copies}, {.name = "raise"}, {.name = "close"}};
    scenario_.observe.push_back({"coupon", {}});
    entries_ = scenario::entries(scenario_);
    oracle_ = std::make_unique<oracle::Oracle>(scenario_, oracle::Limits{}, 7);
    std::vector<int> all(entries_.size());
    std::iota(all.begin(), all.end(), 0);
    for (int run = 0; run < 2; ++run)
      for (const oracle::Order& order : oracle_->orders()) learn({order, all});
  }

  Is judge(const Coupon& coupon) {
    const oracle::Reading attempt = read(coupon, {});
    int fresh = 0;
    for (;;) {
      const oracle::Judgement judgement = oracle_->judge(attempt);
      if (judgement.is == Is::needs_runs) {
        for (const oracle::Wanted& wanted : judgement.wanted)
          while (!oracle_->knows(wanted.order)) learn(wanted);
      } else if (judgement.is == Is::contradicts && fresh == 0) {
        for (const oracle::Wanted& wanted : oracle_->suspects(attempt))
          if (++fresh <= 20) learn(wanted);
      } else {
        return judgement.is;
      }
    }
  }
  [[nodiscard]] int runs() const { return runs_; }
  [[nodiscard]] bool sampled() const { return oracle_->sampled(); }

 private:
  void learn(const oracle::Wanted& wanted) {
    const auto turn = static_cast<std::size_t>(asked_[wanted.order]++);
    const std::vector<int> players = oracle::cast(wanted.order, wanted.members, entries_, turn);
    const oracle::Reading run = read(play(tells_, one_by_one(players)), players);
    oracle_->learn_reset(run);
    oracle_->learn(wanted.order, run);
    ++runs_;
  }

  /// All are on their way all the time. Everybody has a receipt that is his alone.
  oracle::Reading read(const Coupon& coupon, std::vector<int> who) {
    if (who.empty())
      for (int entry = 0; entry < everyone; ++entry) who.push_back(entry);
    outcome::Outcome outcome;
    outcome.wall_begin = outcome.wall_end = Nanoseconds(++clock_ * 10'000'000'000);
    outcome.before = {{"coupon", 200, json::object{{"used", 0}}, {}, ""}};
    outcome.after = {{"coupon", 200, coupon.state(), {}, ""}};
    for (const int entry : who) {
      json::object body = coupon.answer(entry);
      body["receipt"] = ++receipt_;
      outcome::Answer answer{.entry = entries_[static_cast<std::size_t>(entry)]};
      answer.steps.push_back({.status = 200, .body = body, .answered = Nanoseconds(100)});
      outcome::classify(answer, std::nullopt, std::nullopt);
      outcome.answers.push_back(std::move(answer));
    }
    return oracle::read(outcome, scenario_);
  }

  bool tells_;
  scenario::Scenario scenario_;
  std::vector<scenario::Entry> entries_;
  std::unique_ptr<oracle::Oracle> oracle_;
  std::map<oracle::Order, int> asked_;
  int runs_ = 0;
  std::int64_t clock_ = 0, receipt_ = 1000;
};

/// Any serial order, with some steps too early or too late; every fourth is left as it is.
std::vector<int> disordered(int number, base::Random& random) {
  std::vector<int> order(everyone);
  std::iota(order.begin(), order.end(), 0);
  random.shuffle(order);
  std::vector<int> turns = one_by_one(order);
  if (number % 4 == 3) random.shuffle(turns);
  for (int swaps = 3 * (number % 4); swaps > 0; --swaps) {
    const std::size_t at = 1 + random.below(turns.size() - 1);
    std::swap(turns[at - 1], turns[at]);
  }
  return turns;
}

TEST(CopiesBesideOthers, AreJudgedAsTheyAre) {
  int races = 0, explained = 0, unjudged = 0;
  for (const bool tells : {true, false}) {
    const std::set<std::string> legal = serial_outcomes(tells);
    Bench bench(tells);
    EXPECT_TRUE(bench.sampled());
    base::Random random(7);
    for (int number = 0; number < 40; ++number) {
      const Coupon coupon = play(tells, disordered(number, random));
      const bool is_legal = legal.contains(coupon.text());
      const Is is = bench.judge(coupon);
      EXPECT_TRUE(is == Is::unjudged || is == (is_legal ? Is::explained : Is::contradicts))
          << (is_legal ? "explained: " : "a race: ") << coupon.text();
      ++(is == Is::unjudged ? unjudged : is_legal ? explained : races);
    }
    std::printf("  twenty copies beside two, answers %s: %d serial runs of %zu outcomes\n",
                tells ? "tell" : "do not tell", bench.runs(), legal.size());
  }
  std::printf("  %d explained, %d races, %d unjudged\n", explained, races, unjudged);
  EXPECT_GT(explained, 10);
  EXPECT_GT(races, 10);
  EXPECT_LT(unjudged, 8);
}

}  // namespace
