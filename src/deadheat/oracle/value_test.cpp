#include "oracle/value.h"

#include <gtest/gtest.h>

namespace {

TEST(Value, TextAndNumbersCompareByWhatTheySay) {
  EXPECT_EQ(oracle::text_of(json::value(17)), "17");
  EXPECT_EQ(oracle::text_of(json::value("17")), "17");
  EXPECT_FALSE(oracle::same(json::value(17), json::value("17")));
  EXPECT_FALSE(oracle::same(json::value(true), json::value(1)));
  EXPECT_FALSE(oracle::same(json::value(nullptr), json::value(false)));
}

TEST(Value, ReadsTimesAndNothingElse) {
  struct Case {
    const char* text;
    double seconds;  // -1: not a time
  };
  constexpr Case cases[] = {
      {"2024-05-01T10:20:30.123456Z", 1714558830.123456},
      {"2024-05-01T10:20:30Z", 1714558830},
      {"2024-05-01 10:20:30", 1714558830},
      {"2024-05-01T19:20:30+09:00", 1714558830},
      {"2024-05-01T19:20:30+0900", 1714558830},
      {"2024-05-01T10:20", 1714558800},
      {"Wed, 01 May 2024 10:20:30 GMT", 1714558830},
      {"2024-05-01", -1},            // a day is not a moment
      {"2024-13-01T10:20:30Z", -1},  // nor is a month of thirteen
      {"2024-05-01T10:20:30Z and more", -1},
      {"1714558830", -1},  // digits in a text are an identifier
      {"", -1},
  };
  for (const Case& c : cases) {
    const auto time = oracle::as_time(std::string_view(c.text));
    ASSERT_EQ(time.has_value(), c.seconds >= 0) << c.text;
    if (c.seconds >= 0) {
      EXPECT_NEAR(*time, c.seconds, 1e-6) << c.text;
    }
  }
  EXPECT_NEAR(*oracle::as_time(json::value(1714558830)), 1714558830, 1e-6);
  EXPECT_NEAR(*oracle::as_time(json::value(1714558830123)), 1714558830.123, 1e-6);
  EXPECT_FALSE(oracle::as_time(json::value(18000)));
}

TEST(Value, CutsTextsIntoWordsAndWordsIntoParts) {
  using Strings = std::vector<std::string>;
  EXPECT_EQ(oracle::cut_into_words("Order 17 (new)").pieces, (Strings{"Order", "17", "new", ""}));
  EXPECT_EQ(oracle::cut_into_words("/pay?id=7&lang=ko").pieces,
            (Strings{"/pay", "id", "7", "lang", "ko"}));
  EXPECT_EQ(oracle::cut_into_words("YWJj==").pieces,
            (Strings{"YWJj=="}));  // padding is no separator
  EXPECT_EQ(oracle::cut_into_parts("7-9f3a").pieces, (Strings{"7", "9f3a"}));
  EXPECT_EQ(oracle::cut_into_parts("주문-7").pieces, (Strings{"주문", "7"}));
  const auto cut = oracle::cut_into_words("a, b");
  EXPECT_EQ(cut.separators, (Strings{", "}));
}

TEST(Value, DistanceCountsLeavesThatDiffer) {
  const json::value a = {{"id", 1}, {"items", {1, 2, 3}}};
  EXPECT_EQ(oracle::distance(a, a), 0);
  EXPECT_EQ(oracle::distance(a, {{"id", 2}, {"items", {1, 2, 4}}}), 2);
  EXPECT_EQ(oracle::distance(a, {{"id", 1}, {"items", {1, 2}}}), 3);
  EXPECT_EQ(oracle::distance(a, {{"id", "1"}, {"items", {1, 2, 3}}}), 10);
}

}  // namespace
