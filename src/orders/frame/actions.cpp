#include "frame/actions.h"

#include <utility>

namespace frame {

Actions::Actions(std::vector<Row> rows) : rows_(std::move(rows)) {
  for (const Row& row : rows_) {
    std::string& methods = allowed_[row.kind];
    if (row.method == "OPTIONS") continue;
    if (!methods.empty()) methods += ", ";
    methods += row.method;
  }
  for (auto& [kind, methods] : allowed_) methods += ", HEAD, OPTIONS";
}

const Actions::Run* Actions::find(std::string_view method, Route::Kind kind) const {
  if (method == "HEAD") method = "GET";
  for (const Row& row : rows_)
    if (row.method == method && row.kind == kind) return &row.run;
  return nullptr;
}

const std::string& Actions::allowed(Route::Kind kind) const { return allowed_.at(kind); }

}  // namespace frame
