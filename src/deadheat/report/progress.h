#pragma once

#include <cstdio>
#include <optional>
#include <string>

#include "base/clock.h"
#include "record/progress.h"
#include "report/terminal.h"
#include "report/words.h"

namespace report {

using Progress = record::Progress;

/// Two to four lines: a bar, and numbers in words.
[[nodiscard]] std::string block(const Progress& progress, const Look& look);

/// One line, for a pipe or a log. Ends in a line feed.
[[nodiscard]] std::string line(const Progress& progress, const Words& words);

/// While `doctor` races planted windows: how far it is, in percent; without a number at the start.
[[nodiscard]] std::string planting(std::optional<int> percent, Language language);

/// Shows progress while a run goes on: on a terminal one block, redrawn in place ten times a second
/// at most and erased at the end; else a line at once and then every 10 s. Borrows `out` and
/// `clock`. One thread at a time.
class Display {
 public:
  Display(std::FILE* out, bool tty, const Look& look, const base::Clock& clock);
  ~Display();
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;

  void update(const Progress& progress);
  /// Erases the block. Call it before anything else is written to that terminal; an `update`
  /// afterwards starts a new one.
  void finish();

 private:
  [[nodiscard]] std::string erasure();
  void write(const std::string& text);

  std::FILE* out_;
  bool tty_;
  Look look_;
  const base::Clock& clock_;
  std::optional<record::Phase> phase_;     // that was shown last
  std::optional<base::Nanoseconds> when_;  // it was
  int lines_ = 0;                          // of the block on the terminal
};

}  // namespace report
