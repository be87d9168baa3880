#include "store/writer.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <iterator>

namespace store {

Writer::Writer(std::unique_ptr<LocalStore> store, std::chrono::milliseconds patience, Waited waited)
    : patience_(patience),
      store_(std::move(store)),
      waited_(std::move(waited)),
      thread_([this] { run(); }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

void Writer::queue(std::unique_ptr<QueuedChange> change) {
  change->queued = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(change));
  }
  arrived_.notify_one();
}

Writer::Queue Writer::take() {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [this] { return ending_ || !queue_.empty(); });
  if (queue_.size() <= changes_per_commit) return std::exchange(queue_, {});
  const auto end = queue_.begin() + changes_per_commit;
  Queue first(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return first;
}

Writer::Queue Writer::take_overdue() {
  const auto latest = std::chrono::steady_clock::now() - patience_;
  const std::lock_guard lock(mutex_);
  const auto end = std::find_if(queue_.begin(), queue_.end(),
                                [&](const auto& each) { return each->queued > latest; });
  Queue overdue(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return overdue;
}

void Writer::run() {
  for (;;) {
    Queue batch = take();
    if (batch.empty()) return;
    make_together(std::move(batch));
  }
}

void Writer::make_together(Queue batch) {
  std::size_t made = 0;
  std::vector<std::function<void()>> changes;
  changes.reserve(batch.size());
  for (const auto& each : batch)
    changes.emplace_back([this, &made, change = each.get()] {
      ++made;
      tell_wait(*change);
      change->make(*store_);
    });
  std::exception_ptr failure;
  try {
    store_->together(changes);
  } catch (const StoreError& error) {
    // One of them may be why: each by itself, the others get through. Not if the store could not
    // even begin, since then each of them would wait for that again.
    const bool worth_it = error.outcome() == StoreError::Outcome::not_committed && made > 0;
    if (worth_it && batch.size() > 1) {
      for (auto& each : batch) {
        Queue alone;
        alone.push_back(std::move(each));
        make_together(std::move(alone));
      }
      return;
    }
    failure = std::current_exception();
    if (made == 0) {
      Queue overdue = take_overdue();
      batch.insert(batch.end(), std::make_move_iterator(overdue.begin()),
                   std::make_move_iterator(overdue.end()));
    }
  } catch (...) {
    failure = std::current_exception();
  }
  for (const auto& each : batch) tell_wait(*each);
  answer(std::move(batch), failure);
}

/// Once: a change may be made again.
void Writer::tell_wait(QueuedChange& change) const {
  if (waited_ && !std::exchange(change.had_turn, true))
    waited_("writer", std::chrono::steady_clock::now() - change.queued);
}

// By one post for each executor: it locks the executor's queue, and wakes its thread.
void Writer::answer(Queue batch, const std::exception_ptr& failure) {
  while (!batch.empty()) {
    const asio::any_io_executor executor = batch.front()->executor();
    // Once the last change is answered its context may end; not before this thread is done with it.
    const auto work = asio::make_work_guard(executor);
    const auto others = std::stable_partition(
        batch.begin(), batch.end(), [&](const auto& each) { return each->executor() == executor; });
    Queue later(std::make_move_iterator(others), std::make_move_iterator(batch.end()));
    batch.erase(others, batch.end());
    asio::post(executor, [answered = std::move(batch), failure] {
      for (const auto& each : answered) each->answer(failure);
    });
    batch = std::move(later);
  }
}

}  // namespace store
