#include "oracle/oracle_testing.h"

#include <gtest/gtest.h>

#include <numeric>

namespace oracle_testing {

json::value parse(const std::string& text) {
  auto value = base::parse_json(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value ? *value : json::value();
}

Answer said(int status, std::string body) { return {.steps = {{status, std::move(body)}}}; }

std::string user_of(int entry) {
  static const std::vector<std::string> users = {"kim", "lee", "park", "choi", "jung"};
  return static_cast<std::size_t>(entry) < users.size() ? users[static_cast<std::size_t>(entry)]
                                                        : "user" + std::to_string(entry);
}

Bench::Bench(const std::vector<Script>& scripts, bool observes, oracle::Limits limits,
             const std::vector<std::string>& counts) {
  for (const std::string& path : counts) scenario.counts.push_back({path, {}});
  for (const Script& script : scripts)
    scenario.race.push_back({.name = script.name, .times = script.times});
  if (observes) scenario.observe.push_back({"order", {}});
  entries = scenario::entries(scenario);
  oracle = std::make_unique<oracle::Oracle>(scenario, limits, 7);
}

outcome::Outcome Bench::outcome(const std::vector<int>& who, const Told& told) {
  wall_ += std::chrono::seconds(10);
  outcome::Outcome out;
  out.bindings = told.captured;
  out.wall_begin = wall_;
  out.wall_end = wall_ + std::chrono::seconds(1);
  for (std::size_t i = 0; i < who.size(); ++i) {
    outcome::Answer answer{.entry = entries[static_cast<std::size_t>(who[i])],
                           .bindings = told.answers[i].bindings};
    answer.bindings["user"] = user_of(who[i]);
    for (const Said& step : told.answers[i].steps)
      answer.steps.push_back({.status = step.status,
                              .body = body(step.body),
                              .safe = step.safe,
                              .sent = step.from,
                              .released = step.from,
                              .answered = step.to});
    if (told.answers[i].stopped) answer.stopped_before = static_cast<int>(answer.steps.size());
    outcome::classify(answer, std::nullopt, std::nullopt);
    out.answers.push_back(std::move(answer));
  }
  if (!scenario.observe.empty()) {
    out.after = {{"order", told.state_status, body(told.state), {}, ""}};
    if (!told.before.empty()) out.before = {{"order", 200, body(told.before), {}, ""}};
    if (!told.later.empty()) out.later = {{"order", 200, body(told.later), {}, ""}};
  }
  return out;
}

oracle::Reading Bench::reading(const std::vector<int>& who, const Told& told) {
  return oracle::read(outcome(who, told), scenario);
}

oracle::Order Bench::order_of(const std::vector<int>& who) const {
  oracle::Order order;
  for (const int entry : who)
    order.roles.push_back(entries[static_cast<std::size_t>(entry)].script);
  return order;
}

void Bench::learn(const std::vector<int>& who, const std::vector<Told>& runs) {
  for (const Told& run : runs) oracle->learn(order_of(who), reading(who, run));
}

std::vector<int> Bench::everyone() const {
  std::vector<int> all(entries.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

oracle::Judgement Bench::judge(const Told& attempt) {
  return oracle->judge(reading(everyone(), attempt));
}

json::value Bench::body(std::string text) const {
  const auto seconds = std::to_string(wall_.count() / 1'000'000'000);
  for (std::size_t at; (at = text.find("$now")) != std::string::npos;) text.replace(at, 4, seconds);
  return parse(text);
}

OneWinner::OneWinner() : Bench({{"cancel"}, {"accept"}}) {
  learn({0, 1}, Told{{said(200), said(409)}, R"({"status": "cancelled"})"});
  learn({1, 0}, Told{{said(200), said(409)}, R"({"status": "preparing"})"});
  // With one of them turned away.
  learn({0}, Told{{said(200)}, R"({"status": "cancelled"})"});
  learn({1}, Told{{said(200)}, R"({"status": "preparing"})"});
}

std::string word_for(const oracle::Judgement& judgement) {
  using Is = oracle::Judgement::Is;
  using oracle::Layer;
  switch (judgement.is) {
    case Is::explained:
      return judgement.eventual ? "eventual" : "explained";
    case Is::needs_runs:
      return "needs runs";
    case Is::unjudged:
      return "unjudged";
    case Is::contradicts:
      break;
  }
  return judgement.layer == Layer::state    ? "state"
         : judgement.layer == Layer::bodies ? "bodies"
                                            : "detail";
}

}  // namespace oracle_testing
