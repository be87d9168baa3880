#include "http/message.h"

#include <algorithm>

#include "base/ascii.h"

namespace http {

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return base::lower(x) == base::lower(y); });
}

std::optional<std::string_view> find(const Fields& fields, std::string_view name) {
  for (const Field& field : fields)
    if (same_ignoring_case(field.name, name)) return field.value;
  return std::nullopt;
}

}  // namespace http
