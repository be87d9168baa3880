#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace lab {

/// Locks with names, in this process: what `synchronized` or a Redis lock is elsewhere.
class Locks {
 public:
  class Hold {
   public:
    Hold(Locks& locks, std::string name) : locks_(locks), name_(std::move(name)) {
      std::unique_lock lock(locks_.mutex_);
      locks_.freed_.wait(lock, [this] { return !locks_.held_.contains(name_); });
      locks_.held_.insert(name_);
      held_ = true;
    }
    Hold(Locks& locks, std::string name, std::try_to_lock_t)
        : locks_(locks), name_(std::move(name)) {
      const std::lock_guard lock(locks_.mutex_);
      held_ = locks_.held_.insert(name_).second;
    }
    ~Hold() {
      if (!held_) return;
      const std::lock_guard lock(locks_.mutex_);
      locks_.held_.erase(name_);
      locks_.freed_.notify_all();
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

    [[nodiscard]] bool held() const { return held_; }

   private:
    Locks& locks_;
    std::string name_;
    bool held_ = false;
  };

 private:
  std::mutex mutex_;  // of held_
  std::condition_variable freed_;
  std::set<std::string> held_;
};

}  // namespace lab
