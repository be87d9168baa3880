#include "app/buffered_sink.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <utility>

namespace app {
namespace {

constexpr std::chrono::milliseconds longest_wait{100};
constexpr int last_chances = 10;  // each of longest_wait
constexpr std::size_t enough_bytes = 64 * 1024;

}  // namespace

BufferedSink::BufferedSink(int descriptor, Confess confess)
    : descriptor_(descriptor), confess_(std::move(confess)), thread_([this] { run(); }) {}

BufferedSink::~BufferedSink() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void BufferedSink::sink_it_(const spdlog::details::log_msg& message) {
  if (lines_.size() >= most_bytes) {
    ++dropped_;
    return;
  }
  const bool first = lines_.size() == 0;
  formatter_->format(message, lines_);
  if (message.level >= spdlog::level::warn || lines_.size() >= enough_bytes)
    flush_();
  else if (first)
    changed_.notify_one();
}

void BufferedSink::flush_() {
  urgent_ = true;
  changed_.notify_one();
}

std::string BufferedSink::take() {
  if (dropped_ > 0) {
    const std::string text = confess_(std::exchange(dropped_, 0));
    formatter_->format({"", spdlog::level::warn, text}, lines_);
  }
  std::string taken(lines_.data(), lines_.size());
  lines_.clear();
  urgent_ = false;
  return taken;
}

bool BufferedSink::is_ending() {
  const std::lock_guard lock(mutex_);
  return ending_;
}

void BufferedSink::write_out(std::string_view text) {
  for (int missed = 0; !text.empty();) {
    pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
    if (poll(&ready, 1, static_cast<int>(longest_wait.count())) == 0) {
      if (is_ending() && ++missed >= last_chances) return;
      continue;
    }
    // A pipe that is ready takes so much without a wait.
    const ssize_t written =
        write(descriptor_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody reads the log any more; that is no reason to stop serving
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void BufferedSink::run() {
  std::unique_lock lock(mutex_);
  while (!ending_ || lines_.size() > 0) {
    changed_.wait(lock, [this] { return ending_ || lines_.size() > 0; });
    changed_.wait_for(lock, longest_wait, [this] { return ending_ || urgent_; });
    const std::string text = take();
    lock.unlock();
    write_out(text);
    lock.lock();
  }
}

}  // namespace app
