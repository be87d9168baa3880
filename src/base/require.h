#pragma once

#include <source_location>
#include <string_view>

namespace base {

/// Stops the program, in every build, when one of our own invariants does not hold. No verdict is
/// better than a wrong one.
void require(bool condition, std::string_view invariant = "",
             std::source_location where = std::source_location::current());

}  // namespace base
