#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace app {

/// The file of `--journal`. What was there stays until the first line; then each line is in the
/// file, whole, before the next thing is played. After a failure nothing more is written, and the
/// line that failed is taken out again.
class JournalFile {
 public:
  explicit JournalFile(std::string path) : path_(std::move(path)) {}

  void write(const std::string& line);

  /// Why the journal is not whole, and up to where it is; empty while it is.
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  std::string path_;
  std::ofstream file_;
  std::uintmax_t bytes_ = 0;
  int lines_ = 0;
  std::string error_;
};

}  // namespace app
