#pragma once

#include <cstdint>
#include <string>

namespace lab {

struct ServeOptions {
  std::uint16_t port = 8000;   // 0: any free one
  std::string directory = {};  // empty: a temporary one, removed at the end
  std::size_t workers = 16;    // requests at a time
  bool one_connection = false;
};

/// Serves until SIGTERM or SIGINT.
void serve(const ServeOptions& options);

}  // namespace lab
