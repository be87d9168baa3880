#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "race/course.h"
#include "trial/job.h"

namespace experiment {

/// Threads that play, each with a player of its own. Jobs and results change hands by move; one
/// thread submits and collects.
class Lanes {
 public:
  Lanes(race::Course& course, int count);
  /// Ends the threads; a job in flight is finished first, unless the course is stopped.
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  void submit(trial::Job job);
  /// The next result, or nothing within the time.
  [[nodiscard]] std::optional<trial::Done> collect(base::Nanoseconds patience);

 private:
  void work(int lane);
  std::optional<trial::Job> take();

  race::Course& course_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable job_ready_;
  std::condition_variable result_ready_;
  std::deque<trial::Job> jobs_;
  std::deque<trial::Done> results_;
  std::exception_ptr broken_;  // a lane threw: collect rethrows it
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace experiment
