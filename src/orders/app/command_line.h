#pragma once

namespace app {

/// The program `orders`. Exit codes: 0 done, 1 failed, 2 wrong usage or settings.
int run(int argc, const char* const* argv);

}  // namespace app
