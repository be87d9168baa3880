#pragma once

#include <memory>
#include <string>
#include <vector>

#include "oracle/oracle.h"

/// Serial runs and attempts in a few words, for tests of the oracle.
namespace oracle_testing {

[[nodiscard]] json::value parse(const std::string& text);

/// One request and what came back. `$now` in a body is the time of the run.
struct Said {
  int status = 200;
  std::string body = "{}";
  bool safe = false;
  base::Nanoseconds from{0}, to{100};  // all overlap, unless a test says otherwise
};
/// What one script was told.
struct Answer {
  std::vector<Said> steps;
  bool stopped = false;
  json::object bindings = {};
};
/// What was told, in serial order or by entry, and the state that it led to.
struct Told {
  std::vector<Answer> answers;
  std::string state = "{}";
  int state_status = 200;
  json::object captured = {};  // by the reset
  std::string later;
  std::string before;
};

[[nodiscard]] Answer said(int status, std::string body = "{}");

/// "kim", "lee", ...
[[nodiscard]] std::string user_of(int entry);

/// A race and the oracle that learns it. Runs come ten seconds apart.
class Bench {
 public:
  struct Script {
    std::string name;
    int times = 1;
  };
  explicit Bench(const std::vector<Script>& scripts, bool observes = true,
                 oracle::Limits limits = {}, const std::vector<std::string>& counts = {});
  Bench(const Bench&) = delete;  // the oracle refers to the scenario

  [[nodiscard]] outcome::Outcome outcome(const std::vector<int>& who, const Told& told);
  [[nodiscard]] oracle::Reading reading(const std::vector<int>& who, const Told& told);
  [[nodiscard]] oracle::Order order_of(const std::vector<int>& who) const;
  /// Serial runs of an order, entries in turn.
  void learn(const std::vector<int>& who, const std::vector<Told>& runs);
  /// The same run twice.
  void learn(const std::vector<int>& who, const Told& run) { learn(who, {run, run}); }
  [[nodiscard]] std::vector<int> everyone() const;
  [[nodiscard]] oracle::Judgement judge(const Told& attempt);

  scenario::Scenario scenario;
  std::vector<scenario::Entry> entries;
  std::unique_ptr<oracle::Oracle> oracle;

 private:
  [[nodiscard]] json::value body(std::string text) const;

  base::Nanoseconds wall_ = std::chrono::seconds(1'790'000'000);
};

/// cancel and accept, with one winner: serially the second is told 409.
class OneWinner : public Bench {
 public:
  OneWinner();
};

/// How an attempt was judged: "explained", "eventual", "needs runs", "unjudged", or the layer in
/// which it contradicts: "state", "bodies", "detail".
[[nodiscard]] std::string word_for(const oracle::Judgement& judgement);

}  // namespace oracle_testing
