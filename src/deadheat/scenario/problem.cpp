#include "scenario/problem.h"

#include <fmt/format.h>

namespace scenario {

std::string to_text(const Problem& problem) {
  return fmt::format("{}:{}:{}: {}", problem.file, problem.place.line, problem.place.column,
                     problem.message);
}

}  // namespace scenario
