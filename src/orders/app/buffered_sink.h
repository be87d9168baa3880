#pragma once

#include <spdlog/sinks/base_sink.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace app {

/// Writes lines to a file descriptor, many at once, on a thread of its own: a write to a file for
/// each line was a quarter of what a request costs. A line waits a tenth of a second at most, and a
/// warning or an error not at all.
///
/// Nobody waits for who reads the log: what comes while `most_bytes` wait is dropped, and how many
/// lines that were is told as soon as there is room. At its end it waits a second for the reader.
class BufferedSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  static constexpr std::size_t most_bytes = 1024 * 1024;
  /// What to log about so many lines that were dropped.
  using Confess = std::function<std::string(std::size_t dropped)>;

  BufferedSink(int descriptor, Confess confess);
  ~BufferedSink() override;

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  /// Has the thread write now; does not wait for it.
  void flush_() override;
  void run();
  /// All that waits; under the mutex.
  std::string take();
  /// Without the mutex.
  void write_out(std::string_view text);
  bool is_ending();

  const int descriptor_;
  const Confess confess_;
  // All below: under base_sink's mutex_.
  spdlog::memory_buf_t lines_;
  std::size_t dropped_ = 0;
  bool urgent_ = false;
  bool ending_ = false;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace app
