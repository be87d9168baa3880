#pragma once

#include <string>

namespace report {

/// What HTML and SVG would obey is escaped, and what a terminal would is made visible.
[[nodiscard]] std::string escaped(const std::string& text);

}  // namespace report
