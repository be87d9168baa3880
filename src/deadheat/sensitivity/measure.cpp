#include "sensitivity/measure.h"

#include <algorithm>
#include <limits>

#include "race/player.h"
#include "schedule/planner.h"

namespace sensitivity {
namespace {

using base::Nanoseconds;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

scenario::Request request(const char* method, const char* target) {
  return {.method = method, .target = {.text = target}};
}

scenario::Scenario two_additions(const std::string& url, const scenario::Run& run) {
  scenario::Scenario scenario;
  scenario.file = "self-check";
  scenario.targets = {url};
  scenario.reset = {request("POST", "/start")};
  scenario::Request add = request("POST", "/add");
  add.body = {.kind = scenario::Body::Kind::json, .value = json::object()};
  scenario.race = {{.name = "add", .times = 2, .steps = {add}}};
  scenario.observe = {{.name = "counter", .request = request("GET", "/")}};
  scenario.run = run;
  return scenario;
}

/// The scenario has plain templates only.
base::Result<json::value, expression::Failure> no_jq(const std::string&, const json::value&) {
  return base::failure(expression::Failure{.kind = expression::Failure::Kind::unavailable});
}

bool lost_one(const outcome::Outcome& outcome) {
  const json::value* value = outcome.after.at(0).body.as_object().if_contains("value");
  return value != nullptr && *value != 2;
}

/// One window in the hands of one player.
class Trial {
 public:
  Trial(const Plan& plan, const base::Clock& clock, Nanoseconds window)
      : plan_(plan),
        clock_(clock),
        window_(window),
        server_(clock, window, plan.fault),
        scenario_(two_additions(server_.url(), plan.run)),
        course_{scenario_, no_jq, clock, "self-check", {}},
        player_(course_, 0) {}

  base::Result<record::Planted, std::string> run(const std::function<void()>& after_each) {
    const Nanoseconds end = clock_.now() + plan_.limit;
    const outcome::Outcome alone = player_.serial({.turns = {0, 1}}, pace_);
    if (alone.failure) return base::failure(alone.failure->message);
    const outcome::Step& step = alone.answers.at(0).steps.at(0);
    int hits = 0, made = 0;
    std::vector<int> firsts;
    for (int round = 0; round < plan_.rounds; ++round) {
      schedule::Planner planner(scenario_, plan_.seed + static_cast<std::uint64_t>(round));
      planner.learn_latency({{step.answered - step.sent}});
      int first = 0, attempt = 0;
      while (attempt < plan_.attempts && clock_.now() < end && !stopped()) {
        const outcome::Outcome outcome = player_.attempt(planner.next(), pace_);
        if (outcome.failure) return base::failure(outcome.failure->message);
        ++attempt;
        const bool hit = lost_one(outcome);
        if (hit && first == 0) first = attempt;
        hits += hit;
        after_each();
      }
      made += attempt;
      // A round that was cut short tells nothing, unless it had its hit.
      if (first > 0 || attempt == plan_.attempts) firsts.push_back(first);
    }
    return record::Planted{
        .window_us = base::in_seconds(window_) * 1e6,
        .rounds = static_cast<int>(firsts.size()),
        .found_in = static_cast<int>(
            firsts.size() - static_cast<std::size_t>(std::count(firsts.begin(), firsts.end(), 0))),
        .attempts = median_of_firsts(firsts),
        .rate = record::rate(hits, made)};
  }

 private:
  [[nodiscard]] bool stopped() const { return plan_.stop != nullptr && *plan_.stop; }

  const Plan& plan_;
  const base::Clock& clock_;
  const Nanoseconds window_;
  const outcome::Pace pace_{.timeout = seconds(5)};
  Planted server_;
  const scenario::Scenario scenario_;
  race::Course course_;
  race::Player player_;
};

}  // namespace

Plan thorough() {
  return {.windows = {milliseconds(1), microseconds(100), microseconds(20)},
          .rounds = 15,
          .attempts = 40,
          .limit = milliseconds(2600)};
}

Plan quick() {
  return {.windows = {milliseconds(1), microseconds(100)},
          .rounds = 5,
          .attempts = 8,
          .limit = milliseconds(110)};
}

base::Result<std::vector<record::Planted>, std::string> measure(const Plan& plan,
                                                                const base::Clock& clock) {
  std::vector<record::Planted> all;
  const double planned =
      static_cast<double>(plan.windows.size()) * std::max(1, plan.rounds * plan.attempts);
  for (const Nanoseconds window : plan.windows) {
    double made = static_cast<double>(all.size()) * plan.rounds * plan.attempts;
    Trial trial(plan, clock, window);
    auto found = trial.run([&] { plan.on_progress(++made / planned); });
    if (!found) return base::failure(std::move(found.error()));
    all.push_back(*found);
  }
  return all;
}

int median_of_firsts(std::vector<int> firsts) {
  if (firsts.empty()) return 0;
  for (int& first : firsts)
    if (first == 0) first = std::numeric_limits<int>::max();
  // Of an even number the greater of the two in the middle: rather too modest than too proud.
  const auto middle = firsts.begin() + std::ssize(firsts) / 2;
  std::nth_element(firsts.begin(), middle, firsts.end());
  return *middle == std::numeric_limits<int>::max() ? 0 : *middle;
}

}  // namespace sensitivity
