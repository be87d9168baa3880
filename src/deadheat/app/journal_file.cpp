#include "app/journal_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace app {

void JournalFile::write(const std::string& line) {
  if (!error_.empty()) return;
  if (!file_.is_open()) file_.open(path_, std::ios::binary | std::ios::trunc);
  file_ << line << '\n' << std::flush;
  if (file_) {
    bytes_ += line.size() + 1;
    ++lines_;
    return;
  }
  error_ = fmt::format("{}: cannot write the journal: {}; it ends after line {}", path_,
                       std::strerror(errno), lines_);
  file_.close();
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path_, ignored))
    std::filesystem::resize_file(path_, bytes_, ignored);
}

}  // namespace app
