#include "patterns.h"

#include <utility>

namespace lab {
namespace {

struct Family {
  std::string_view source;
  std::vector<Pattern> (*patterns)();
};
constexpr Family families[] = {{"limits.cpp", limits},
                               {"money.cpp", money},
                               {"once.cpp", once},
                               {"documents.cpp", documents},
                               {"states.cpp", states}};

}  // namespace

std::vector<Pattern> all_patterns() {
  std::vector<Pattern> all;
  for (const Family& family : families) {
    std::vector<Pattern> patterns = family.patterns();
    for (Pattern& pattern : patterns) {
      pattern.source = family.source;
      all.push_back(std::move(pattern));
    }
  }
  return all;
}

}  // namespace lab
