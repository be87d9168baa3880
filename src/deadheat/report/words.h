#pragma once

#include <compare>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>

#include "report/language.h"
#include "report/message.h"
#include "report/numbers.h"

/// The words of the reports. Each language has one table, in two files: the codes of a record
/// (codes_en.cpp, codes_ko.cpp) and what the reports say around them (words_en.cpp, words_ko.cpp),
/// with a text for every id of message.h and every code of a record. A text may hold
///
///     {script}                  what stands for it
///     {attempts?attempt|attempts}   the first of them if `attempts` is 1, else the second
///     {who:은/는}               what stands for it, and the particle that suits its last syllable
namespace report {

/// What stands for a placeholder.
struct Filling {
  std::string text;
  bool one = false;  // the number 1

  Filling(std::string given) : text(std::move(given)) {}
  Filling(std::string_view given) : text(given) {}
  Filling(const char* given) : text(given) {}
  template <class Number>
  requires std::is_arithmetic_v<Number> Filling(Number number) : one(number == 1) {
    if constexpr (std::is_integral_v<Number>)
      text = std::to_string(number);
    else
      text = measure(number);
  }
};
using Fillings = std::vector<std::pair<std::string, Filling>>;

/// An enumerator, whichever enumeration it is of.
struct Id {
  std::type_index type;
  int value;

  template <class Enum>
  requires std::is_enum_v<Enum> Id(Enum id) : type(typeid(Enum)), value(static_cast<int>(id)) {}
  auto operator<=>(const Id&) const = default;
};

/// A row of a language's table.
struct Row {
  Id id;
  std::string_view text;
};

/// The words of one language. A value; what it refers to lasts as long as the program.
class Words {
 public:
  explicit Words(Language language) : language_(language) {}

  [[nodiscard]] Language language() const { return language_; }
  /// The text for an id, filled. Every placeholder must be among the fillings.
  [[nodiscard]] std::string operator()(Id id, const Fillings& fillings = {}) const;

 private:
  Language language_;
};

[[nodiscard]] std::string filled(std::string_view text, const Fillings& fillings);

/// The names of the placeholders of a text.
[[nodiscard]] std::vector<std::string> placeholders(std::string_view text);

/// Every row of a language.
[[nodiscard]] std::vector<Row> table_of(Language language);
[[nodiscard]] const std::vector<Row>& english_codes();
[[nodiscard]] const std::vector<Row>& english();
[[nodiscard]] const std::vector<Row>& korean_codes();
[[nodiscard]] const std::vector<Row>& korean();

/// "a, b, c".
[[nodiscard]] std::string joined(const std::vector<std::string>& texts,
                                 std::string_view separator = ", ");

}  // namespace report
