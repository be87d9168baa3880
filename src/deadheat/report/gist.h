#pragma once

#include <set>
#include <string>
#include <vector>

#include "record/record.h"

namespace report {

/// Which members of the answers are worth the little room there is: those in which the answers of
/// the attempt differ, short ones first. The others say who ordered what; these say who won.
class Gist {
 public:
  explicit Gist(const std::vector<record::Part>& parts);

  /// The answer, or, where it does not fit, what tells it from the others.
  [[nodiscard]] std::string of(const std::string& answer, int columns) const;

 private:
  std::set<std::string> telling_;
};

}  // namespace report
