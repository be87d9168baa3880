#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

#include "outcome/outcome.h"
#include "race/player.h"
#include "schedule/schedule.h"

namespace experiment {

/// A serial run to be played.
struct SerialJob {
  schedule::Sequence sequence;
};
/// An attempt to be played.
struct AttemptJob {
  schedule::Schedule schedule;
};
/// Two entries on two different resets.
struct PairJob {
  int first = 0;
  int second = 1;
};

/// A second look at what an attempt was played on.
struct LookJob {
  json::object bindings;  // of the attempt's outcome
};

struct Job {
  int id = 0;  // the conductor's, to know it by when it comes back
  race::Pace pace;
  std::variant<SerialJob, AttemptJob, PairJob, LookJob> what;
};

struct Done {
  int id = 0;
  outcome::Outcome outcome;        // of a serial run or an attempt; of a look its `later`
  std::optional<race::Pair> pair;  // of a pair, unless the target failed
};

/// Threads that play, each with a player of its own. Jobs and results change hands by move; the
/// conductor is the only one that submits and collects.
class Lanes {
 public:
  Lanes(race::Course& course, int count);
  /// Ends the threads; a job in flight is finished first, unless the course is stopped.
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  [[nodiscard]] int count() const { return static_cast<int>(threads_.size()); }
  void submit(Job job);
  /// The next result, or nothing within the time.
  [[nodiscard]] std::optional<Done> collect(base::Nanoseconds patience);

 private:
  void work(int lane);
  std::optional<Job> take();

  race::Course& course_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable job_ready_;
  std::condition_variable result_ready_;
  std::deque<Job> jobs_;
  std::deque<Done> results_;
  std::exception_ptr broken_;  // a lane threw: the conductor rethrows it
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace experiment
