#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "finding/finding.h"
#include "finding/summary.h"
#include "trial/hearing.h"

/// For messages of tests.
namespace record {

inline void PrintTo(const Place& place, std::ostream* out) { *out << to_json(place); }
inline void PrintTo(const Value& value, std::ostream* out) { *out << to_json(value); }
inline void PrintTo(const Order& order, std::ostream* out) { *out << to_json(order); }

}  // namespace record

/// A trial that a test tells step by step, and what is found in it.
namespace finding {

/// Plain paths only; anything else does not compile.
inline base::Result<json::value, expression::Failure> plain_paths(const std::string& jq,
                                                                  const json::value& input) {
  const auto path = expression::parse_path(jq);
  const json::value* found = path ? expression::find(input, *path) : nullptr;
  if (found == nullptr)
    return base::failure(expression::Failure{expression::Failure::Kind::runtime, "no such place"});
  return *found;
}

/// What a script was told, step by step.
struct Heard {
  struct Step {
    int status = 200;
    std::string body = "{}";
  };
  std::vector<Step> steps = {{}};
  bool stopped = false;
};
inline Heard told(int status, std::string body = "{}") { return {{{status, std::move(body)}}}; }

/// A serial run or an attempt. One read is observed, `thing`.
struct Happened {
  std::vector<Heard> heard;  // by turn
  std::string before = "{}";
  std::string after = "{}";
  int status = 200;                     // of the read after it
  std::vector<std::string> calls = {};  // bodies of those to the sink, if there is one
};

class Bench {
 public:
  struct Script {
    std::string name;
    int times = 1;
    int steps = 1;
  };
  using Change = std::function<void(scenario::Scenario&)>;

  explicit Bench(
      const std::vector<Script>& scripts, const Change& change = [](scenario::Scenario&) {}) {
    scenario.file = "thing.yaml";
    for (const Script& script : scripts)
      scenario.race.push_back({.name = script.name,
                               .label = script.name,
                               .times = script.times,
                               .steps = std::vector<scenario::Request>(
                                   static_cast<std::size_t>(script.steps),
                                   scenario::Request{.method = "PUT", .target = {"/thing", {}}})});
    scenario.observe.push_back({"thing", {}});
    change(scenario);
    hearing = std::make_unique<trial::Hearing>(scenario, evaluate, 7, false);
  }
  Bench(const Bench&) = delete;  // the hearing refers to the scenario

  /// Entries in turn.
  outcome::Outcome outcome(const std::vector<int>& who, const Happened& happened) {
    const std::vector<scenario::Entry> entries = scenario::entries(scenario);
    wall_ += std::chrono::seconds(10);
    outcome::Outcome out{.before = state_of(happened.before, 200),
                         .after = state_of(happened.after, happened.status),
                         .wall_begin = wall_,
                         .wall_end = wall_ + std::chrono::seconds(1)};
    for (std::size_t i = 0; i < who.size(); ++i) {
      outcome::Answer answer{.entry = entries.at(static_cast<std::size_t>(who[i]))};
      for (const Heard::Step& step : happened.heard.at(i).steps)
        answer.steps.push_back({.status = step.status,
                                .body = parsed(step.body),
                                .answered = std::chrono::milliseconds(1)});
      if (happened.heard[i].stopped) answer.stopped_before = static_cast<int>(answer.steps.size());
      outcome::classify(answer, std::nullopt, std::nullopt);
      out.answers.push_back(std::move(answer));
    }
    for (const scenario::Sink& sink : scenario.sinks) {
      outcome::Read read{.name = sink.name, .of_sink = true};
      json::array calls;
      for (const std::string& body : happened.calls) {
        calls.push_back({{"method", "POST"}, {"path", "/"}, {"query", ""}, {"body", parsed(body)}});
        read.arrived.emplace_back(std::chrono::milliseconds(read.arrived.size()));
      }
      read.body = std::move(calls);
      out.after.push_back(std::move(read));
    }
    return out;
  }

  /// A serial run.
  trial::News serial(const std::vector<int>& who, const Happened& happened, trial::Use use) {
    return hearing->hear_serial(order_of(who), use, outcome(who, happened));
  }
  /// The two runs of an order that it takes to know it.
  void learn(const std::vector<int>& who, const Happened& happened) {
    (void)serial(who, happened, trial::Use::learning);
    (void)serial(who, happened, trial::Use::late);
  }
  const trial::Attempt& attempt(const Happened& happened, const schedule::Schedule& schedule = {}) {
    outcome::Outcome made = outcome(everyone(), happened);
    made.later = made.after;
    (void)hearing->hear_attempt(schedule, std::move(made));
    return ledger().attempts.back();
  }

  [[nodiscard]] std::vector<int> everyone() const {
    std::vector<int> all;
    for (std::size_t i = 0; i < scenario::entries(scenario).size(); ++i)
      all.push_back(static_cast<int>(i));
    return all;
  }
  [[nodiscard]] oracle::Order order_of(const std::vector<int>& who) const {
    oracle::Order order;
    for (const int entry : who)
      order.roles.push_back(scenario::entries(scenario).at(static_cast<std::size_t>(entry)).script);
    return order;
  }
  [[nodiscard]] const trial::Ledger& ledger() const { return hearing->ledger(); }
  [[nodiscard]] Evidence evidence() const { return evidence_of(ledger()); }
  /// With a ledger that the test has changed.
  [[nodiscard]] Evidence evidence_of(const trial::Ledger& changed) const {
    return {changed, hearing->oracle(), scenario, evaluate};
  }
  /// What the last attempt is found to be.
  [[nodiscard]] record::Finding finding() const {
    return explain(evidence(), ledger().attempts.back());
  }
  [[nodiscard]] record::Record record() const { return record_of(evidence(), {}); }

  scenario::Scenario scenario;
  expression::Evaluate evaluate = plain_paths;
  std::unique_ptr<trial::Hearing> hearing;

 private:
  static json::value parsed(const std::string& text) {
    auto value = base::parse_json(text);
    EXPECT_TRUE(value.has_value()) << text;
    return value ? *value : json::value();
  }
  static outcome::State state_of(const std::string& body, int status) {
    return {{.name = "thing", .status = status, .body = parsed(body)}};
  }

  base::Nanoseconds wall_ = std::chrono::seconds(1'700'000'000);
};

/// One of two takes the thing.
inline std::unique_ptr<Bench> one_winner(const Bench::Change& change = [](scenario::Scenario&) {}) {
  auto bench = std::make_unique<Bench>(std::vector<Bench::Script>{{"take"}, {"give"}}, change);
  bench->learn({0, 1}, {{told(200), told(409)}, R"({"by": "nobody"})", R"({"by": "take"})"});
  bench->learn({1, 0}, {{told(200), told(409)}, R"({"by": "nobody"})", R"({"by": "give"})"});
  bench->learn({0}, {{told(200)}, R"({"by": "nobody"})", R"({"by": "take"})"});
  bench->learn({1}, {{told(200)}, R"({"by": "nobody"})", R"({"by": "give"})"});
  return bench;
}

/// Two add one to a count.
inline std::unique_ptr<Bench> additions(const Bench::Change& change = [](scenario::Scenario&) {}) {
  auto bench = std::make_unique<Bench>(std::vector<Bench::Script>{{"add", 2}}, change);
  bench->learn({0, 1}, {{told(200, R"({"count": 1})"), told(200, R"({"count": 2})")},
                        R"({"count": 0})",
                        R"({"count": 2})"});
  return bench;
}

/// A code has exactly the members that are listed for it, and the record can be read again.
template <class Code>
void has_its_members(const record::Said<Code>& said) {
  std::vector<std::string> wanted, found;
  for (const record::Member& member : record::members_of(said.code))
    wanted.emplace_back(member.name);
  for (const auto& member : said.with) found.emplace_back(member.key());
  std::sort(wanted.begin(), wanted.end());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, wanted) << "code " << static_cast<int>(said.code);
}

/// As a program reads it again. The reader checks every member.
inline void can_be_read_again(const record::Record& record) {
  for (const auto& reason : record.reasons) has_its_members(reason);
  for (const auto& note : record.notes) has_its_members(note);
  for (const auto& remark : record.learnt.remarks) has_its_members(remark);
  for (const auto& step : record.next_steps) has_its_members(step);
  const auto again = record::from_text(record::to_text(record));
  EXPECT_TRUE(again) << (again ? "" : again.error().path);
}

}  // namespace finding
