#pragma once

#include <functional>
#include <optional>

#include "app/journal_file.h"
#include "app/run.h"
#include "base/json.h"
#include "record/record.h"

namespace app {

/// Where a run is written to: the terminal, and the files that options name.
class Output {
 public:
  /// Nothing after a complaint: a file cannot be written, or is named twice. Better said before
  /// minutes of work than after them.
  [[nodiscard]] static std::optional<Output> open(const RunOptions& options);

  /// Takes the lines of a journal; empty where none is kept.
  [[nodiscard]] std::function<void(json::object)> journal();

  /// Shows the report, and writes the files. False, after a complaint: one of them is not there
  /// now.
  [[nodiscard]] bool write(const record::Record& record);

 private:
  explicit Output(const RunOptions& options) : options_(options) {}

  const RunOptions& options_;
  std::optional<JournalFile> journal_;
};

}  // namespace app
