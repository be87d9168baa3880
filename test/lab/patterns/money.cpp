#include "patterns.h"

namespace lab {

std::vector<Pattern> money() { return {}; }

}  // namespace lab
