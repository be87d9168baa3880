#pragma once

#include <spdlog/sinks/base_sink.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace app {

/// Writes lines to a file descriptor, many at once. A line waits a tenth of a second at most, and a
/// warning or an error not at all: what led to a failure is written before the program goes on. A
/// write to a file for each line was a quarter of what a request costs.
class BufferedSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit BufferedSink(int descriptor);
  ~BufferedSink() override;

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override;
  void run();

  int descriptor_;
  // All below, and the file: under base_sink's mutex_.
  spdlog::memory_buf_t lines_;
  bool ending_ = false;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace app
