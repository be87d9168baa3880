#include "patterns.h"

namespace lab {

std::vector<Pattern> documents() { return {}; }

}  // namespace lab
