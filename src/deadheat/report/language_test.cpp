#include "report/language.h"

#include <gtest/gtest.h>

namespace {

using report::Language;

TEST(Language, OfALocaleIsKoreanOrEnglish) {
  struct Case {
    const char* locale;
    Language language;
  };
  constexpr Case cases[] = {
      {"ko_KR.UTF-8", Language::ko}, {"ko", Language::ko},     {"ko_KR@euc", Language::ko},
      {"ko.UTF-8", Language::ko},    {"C", Language::en},      {"", Language::en},
      {"en_GB.UTF-8", Language::en}, {"kok_IN", Language::en}, {"de_DE", Language::en},
  };
  for (const auto& [locale, language] : cases)
    EXPECT_EQ(report::language_of_locale(locale), language) << locale;
}

}  // namespace
