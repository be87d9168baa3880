#include "patterns.h"

#include <iterator>
#include <utility>

namespace lab {

std::vector<Pattern> all_patterns() {
  std::vector<Pattern> all;
  for (auto* family : {limits, money, once, documents, states}) {
    std::vector<Pattern> patterns = family();
    all.insert(all.end(), std::make_move_iterator(patterns.begin()),
               std::make_move_iterator(patterns.end()));
  }
  return all;
}

}  // namespace lab
