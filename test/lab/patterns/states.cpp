#include "patterns.h"

namespace lab {

std::vector<Pattern> states() { return {}; }

}  // namespace lab
