#include "app/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "app/terminal.h"
#include "report/html.h"
#include "report/terminal.h"

namespace app {
namespace {

bool may_write(const RunOptions& options) {
  const std::pair<const char*, const std::string*> files[] = {{"--json", &options.json_file},
                                                              {"--journal", &options.journal_file},
                                                              {"--html", &options.html_file}};
  for (const auto& [option, file] : files)
    for (const auto& [other, same] : files)
      if (option != other && !file->empty() && *file == *same) {
        complain(fmt::format("{} and {} both name {}: give each a file of its own", option, other,
                             *file));
        return false;
      }
  return std::all_of(std::begin(files), std::end(files),
                     [](const auto& each) { return is_writable(each.first, *each.second); });
}

/// Nothing was learnt: there is nothing to report but what to fix.
bool never_began(const record::Record& record) {
  return record.ending == record::Ending::scenario_error ||
         record.ending == record::Ending::unreachable;
}

}  // namespace

std::optional<Output> Output::open(const RunOptions& options) {
  if (!may_write(options)) return std::nullopt;
  Output output(options);
  if (!options.journal_file.empty()) output.journal_.emplace(options.journal_file);
  return output;
}

std::function<void(json::object)> Output::journal() {
  if (!journal_) return {};
  return [this](json::object line) { journal_->write(record::to_line(std::move(line))); };
}

bool Output::write(const record::Record& record) {
  if (never_began(record)) {
    fmt::print(stderr, "{}", report::why_it_never_began(record, language_of(options_.style)));
  } else {
    fmt::print("{}", report::terminal(record, look_for(STDOUT_FILENO, options_.style)));
    std::fflush(stdout);
  }
  bool written =
      options_.json_file.empty() || write_file(record::to_text(record), options_.json_file);
  if (!options_.html_file.empty())
    written = write_file(report::html(record, language_of(options_.style)), options_.html_file) &&
              written;
  if (journal_ && !journal_->error().empty()) {
    complain(journal_->error());
    written = false;
  }
  return written;
}

}  // namespace app
