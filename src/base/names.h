#pragma once

#include <array>
#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/require.h"

namespace base {

/// What the values of an enumeration are called in files, on the command line and in JSON: one
/// table, beside the enumeration, for all three. Nothing rests on the order of the enumerators.
///
///     enum class Http { automatic, version_1, version_2 };
///     inline constexpr base::Names<Http> http_names{
///         {Http::automatic, "auto"}, {Http::version_1, "1.1"}, {Http::version_2, "2"}};
///
/// A table that names a value twice, or two values alike, does not compile. Look-ups are linear.
template <class E>
class Names {
  static_assert(std::is_enum_v<E>);

 public:
  static constexpr std::size_t most = 64;

  struct Named {
    E value;
    std::string_view name;
  };

  consteval Names(std::initializer_list<Named> all) {
    for (const Named& named : all) add(named);
  }

  /// Of a value that the table has; anything else stops the program.
  [[nodiscard]] constexpr std::string_view name_of(E value) const {
    for (const Named& named : *this)
      if (named.value == value) return named.name;
    require(false);
    return {};
  }

  [[nodiscard]] constexpr std::optional<E> value_of(std::string_view name) const {
    for (const Named& named : *this)
      if (named.name == name) return named.value;
    return std::nullopt;
  }

  /// In the order of the table.
  [[nodiscard]] constexpr const Named* begin() const { return all_.data(); }
  [[nodiscard]] constexpr const Named* end() const { return all_.data() + count_; }
  [[nodiscard]] constexpr std::size_t size() const { return count_; }

  /// For messages and help: "auto or held or threads".
  [[nodiscard]] std::string joined(std::string_view between = " or ") const {
    std::string text;
    for (const Named& named : *this) {
      if (&named != begin()) text += between;
      text += named.name;
    }
    return text;
  }

  [[nodiscard]] std::vector<std::string> all() const {
    std::vector<std::string> names;
    for (const Named& named : *this) names.emplace_back(named.name);
    return names;
  }

 private:
  template <class Described>
  friend consteval Names<Described> described();

  consteval Names() = default;

  // What is thrown here is an error of the compiler.
  constexpr void add(const Named& added) {
    if (added.name.empty()) throw "a name is empty";
    if (count_ == most) throw "more than `most` names";
    for (const Named& named : *this) {
      if (named.value == added.value) throw "a value has two names";
      if (named.name == added.name) throw "two values have one name";
    }
    all_[count_++] = added;
  }

  std::array<Named, most> all_{};
  std::size_t count_ = 0;
};

/// The table of an enumeration that BOOST_DESCRIBE_ENUM describes, where the names are the
/// enumerators' own: complete without being written down.
///
///     inline constexpr base::Names<Verdict> verdict_names = base::described<Verdict>();
template <class E>
[[nodiscard]] consteval Names<E> described() {
  Names<E> names;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&names](auto enumerator) {
    names.add({enumerator.value, enumerator.name});
  });
  return names;
}

}  // namespace base
