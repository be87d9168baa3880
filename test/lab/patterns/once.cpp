#include "patterns.h"

namespace lab {

std::vector<Pattern> once() { return {}; }

}  // namespace lab
