#include "base/require.h"

#include <cstdio>
#include <cstdlib>

namespace base {

void require(bool condition, std::string_view invariant, std::source_location where) {
  if (condition) return;
  std::fprintf(stderr, "%s:%u: broken invariant: %.*s\n", where.file_name(), where.line(),
               static_cast<int>(invariant.size()), invariant.data());
  std::abort();
}

}  // namespace base
