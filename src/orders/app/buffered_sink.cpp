#include "app/buffered_sink.h"

#include <unistd.h>

#include <chrono>

namespace app {
namespace {

constexpr std::chrono::milliseconds longest_wait{100};
constexpr std::size_t enough_bytes = 64 * 1024;

}  // namespace

BufferedSink::BufferedSink(int descriptor) : descriptor_(descriptor), thread_([this] { run(); }) {}

BufferedSink::~BufferedSink() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void BufferedSink::sink_it_(const spdlog::details::log_msg& message) {
  const bool first = lines_.size() == 0;
  formatter_->format(message, lines_);
  if (message.level >= spdlog::level::warn || lines_.size() >= enough_bytes)
    flush_();
  else if (first)
    changed_.notify_one();
}

void BufferedSink::flush_() {
  const char* at = lines_.data();
  const char* const end = at + lines_.size();
  while (at < end) {
    const ssize_t written = write(descriptor_, at, static_cast<std::size_t>(end - at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;  // nobody reads the log any more; that is no reason to stop serving
    at += written;
  }
  lines_.clear();
}

void BufferedSink::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    changed_.wait(lock, [this] { return ending_ || lines_.size() > 0; });
    changed_.wait_for(lock, longest_wait, [this] { return ending_; });
    flush_();
  }
  flush_();
}

}  // namespace app
