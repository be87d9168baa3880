#include "experiment/lanes.h"

#include <utility>

#include "race/player.h"

namespace experiment {
namespace {

using trial::Done;
using trial::Job;

/// By a player of its own, whose connections are closed at its end: a target of one worker may wait
/// on them.
trial::SetUp set_up(race::Course& course, int lane, const trial::SetUpJob& job,
                    const outcome::Pace& pace) {
  race::Player player(course, lane);
  trial::SetUp set_up;
  set_up.failure = player.set_up();
  if (!set_up.failure) set_up.failure = player.reset_only(pace).failure;
  if (set_up.failure) return set_up;
  set_up.multiplexes = player.multiplexes();
  set_up.keeps_alive = player.keeps_alive();
  set_up.two_connections = player.serves_two_connections(job.patience);
  return set_up;
}

Done play(race::Course& course, int lane, race::Player& player, const Job& job) {
  Done done{.id = job.id};
  if (const auto* serial = std::get_if<trial::SerialJob>(&job.what)) {
    done.outcome = player.serial(serial->sequence, job.pace);
  } else if (const auto* attempt = std::get_if<trial::AttemptJob>(&job.what)) {
    done.outcome = player.attempt(attempt->schedule, job.pace);
  } else if (const auto* look = std::get_if<trial::LookJob>(&job.what)) {
    auto state = player.look(look->bindings, job.pace);
    if (state)
      done.outcome.later = std::move(*state);
    else
      done.outcome.failure = state.error();
  } else if (const auto* pair = std::get_if<trial::PairJob>(&job.what)) {
    done.pair = player.pair(pair->first, pair->second, job.pace);
  } else {
    done.set_up = set_up(course, lane, std::get<trial::SetUpJob>(job.what), job.pace);
  }
  return done;
}

}  // namespace

Lanes::Lanes(race::Course& course, int count) : course_(course) {
  for (int lane = 0; lane < count; ++lane) threads_.emplace_back([this, lane] { work(lane); });
}

Lanes::~Lanes() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    jobs_.clear();
  }
  job_ready_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Lanes::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  job_ready_.notify_one();
}

std::optional<Done> Lanes::collect(base::Nanoseconds patience) {
  std::unique_lock lock(mutex_);
  result_ready_.wait_for(lock, patience,
                         [this] { return !results_.empty() || broken_ != nullptr; });
  if (broken_) std::rethrow_exception(broken_);
  if (results_.empty()) return std::nullopt;
  Done done = std::move(results_.front());
  results_.pop_front();
  return done;
}

std::optional<Job> Lanes::take() {
  std::unique_lock lock(mutex_);
  job_ready_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
  if (closing_) return std::nullopt;
  Job job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

void Lanes::work(int lane) {
  try {
    race::Player player(course_, lane);
    while (auto job = take()) {
      Done done = play(course_, lane, player, *job);
      {
        const std::lock_guard lock(mutex_);
        results_.push_back(std::move(done));
      }
      result_ready_.notify_one();
    }
  } catch (...) {  // the end of a spawned task: whoever collects hears of it
    const std::lock_guard lock(mutex_);
    broken_ = std::current_exception();
    result_ready_.notify_one();
  }
}

}  // namespace experiment
