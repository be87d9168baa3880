#include "report/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/require.h"
#include "base/utf8.h"

namespace report {
namespace {

/// "{attempts?attempt|attempts}" without its braces, taken apart.
struct Placeholder {
  std::string_view name;
  char kind = ' ';  // '?', ':', or neither
  std::string_view first, second;
};

Placeholder placeholder_of(std::string_view inside) {
  const std::size_t mark = inside.find_first_of("?:");
  if (mark == std::string_view::npos) return {inside};
  const std::string_view forms = inside.substr(mark + 1);
  const std::size_t between = forms.find(inside[mark] == '?' ? '|' : '/');
  base::require(between != std::string_view::npos, inside);
  return {inside.substr(0, mark), inside[mark], forms.substr(0, between),
          forms.substr(between + 1)};
}

/// Calls on_text and on_placeholder in turn.
template <class OnText, class OnPlaceholder>
void take_apart(std::string_view text, const OnText& on_text, const OnPlaceholder& on_placeholder) {
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    on_text(text.substr(0, open));
    if (open == std::string_view::npos) return;
    const std::size_t close = text.find('}', open);
    base::require(close != std::string_view::npos, text);
    on_placeholder(placeholder_of(text.substr(open + 1, close - open - 1)));
    text.remove_prefix(close + 1);
  }
}

/// Of the particles that Korean has in two forms, the one for this word: the first behind a final
/// consonant, the second behind a vowel; both, as writers do, where the word is not in Hangul.
std::string particle(std::string_view word, std::string_view first, std::string_view second) {
  base::Character last;
  while (!word.empty()) {
    last = base::first_character(word);
    word.remove_prefix(last.size);
  }
  constexpr char32_t first_syllable = 0xAC00, last_syllable = 0xD7A3, finals = 28;
  if (last.code < first_syllable || last.code > last_syllable)
    return fmt::format("{}({})", first, second);
  return std::string((last.code - first_syllable) % finals != 0 ? first : second);
}

}  // namespace

std::string filled(std::string_view text, const Fillings& fillings) {
  std::string result;
  take_apart(
      text, [&](std::string_view plain) { result += plain; },
      [&](const Placeholder& placeholder) {
        const auto found = std::find_if(fillings.begin(), fillings.end(), [&](const auto& each) {
          return each.first == placeholder.name;
        });
        base::require(found != fillings.end(), placeholder.name);
        const Filling& filling = found->second;
        if (placeholder.kind == '?')
          result += filling.one ? placeholder.first : placeholder.second;
        else
          result += filling.text;
        if (placeholder.kind == ':')
          result += particle(filling.text, placeholder.first, placeholder.second);
      });
  return result;
}

std::vector<std::string> placeholders(std::string_view text) {
  std::vector<std::string> names;
  take_apart(
      text, [](std::string_view) {},
      [&](const Placeholder& placeholder) { names.emplace_back(placeholder.name); });
  return names;
}

std::vector<Row> table_of(Language language) {
  const bool ko = language == Language::ko;
  std::vector<Row> table = ko ? korean_codes() : english_codes();
  const std::vector<Row>& words = ko ? korean() : english();
  table.insert(table.end(), words.begin(), words.end());
  return table;
}

std::string Words::operator()(Id id, const Fillings& fillings) const {
  using Texts = std::map<Id, std::string_view>;
  const auto texts_of = [](Language language) {
    Texts texts;
    for (const Row& row : table_of(language)) texts.emplace(row.id, row.text);
    return texts;
  };
  static const Texts texts[] = {texts_of(Language::en), texts_of(Language::ko)};
  const Texts& own = texts[language_ == Language::ko ? 1 : 0];
  const auto found = own.find(id);
  base::require(found != own.end(), id.type.name());
  return filled(found->second, fillings);
}

std::string joined(const std::vector<std::string>& texts, std::string_view separator) {
  return fmt::format("{}", fmt::join(texts, separator));
}

}  // namespace report
