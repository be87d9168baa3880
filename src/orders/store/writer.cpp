#include "store/writer.h"

#include <algorithm>
#include <iterator>

namespace store {

Writer::Writer(std::unique_ptr<OrderStore> store)
    : store_(std::move(store)), thread_([this] { run(); }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

void Writer::queue(std::unique_ptr<QueuedChange> change) {
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

void Writer::run() {
  for (;;) {
    const Queue batch = take();
    if (batch.empty()) return;
    make_together(batch);
  }
}

void Writer::make_together(std::span<const std::unique_ptr<QueuedChange>> batch) {
  std::size_t made = 0;
  std::vector<std::function<void()>> changes;
  changes.reserve(batch.size());
  for (const auto& each : batch)
    changes.emplace_back([this, &made, change = each.get()] {
      ++made;
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
      for (const auto& each : batch) make_together({&each, 1});
      return;
    }
    failure = std::current_exception();
  } catch (...) {
    failure = std::current_exception();
  }
  for (const auto& each : batch) each->answer(failure);
}

}  // namespace store
