#pragma once

#include <tl/expected.hpp>

namespace base {

/// A fact of the domain that may not be so: a value, or a small struct that says why not. One day
/// this alias becomes std::expected; nothing else changes.
template <class T, class E>
using Result = tl::expected<T, E>;

/// `return failure(Refusal{...});`
template <class E>
[[nodiscard]] tl::unexpected<std::decay_t<E>> failure(E&& error) {
  return tl::unexpected<std::decay_t<E>>(std::forward<E>(error));
}

}  // namespace base
