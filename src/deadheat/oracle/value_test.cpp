#include "oracle/value.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "base/random.h"

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

TEST(Value, OpensTokens) {
  // {"alg":"HS256"} . {"sub":17,"exp":1790003600} . any signature
  const std::string head = "eyJhbGciOiJIUzI1NiJ9", claims = "eyJzdWIiOjE3LCJleHAiOjE3OTAwMDM2MDB9";
  const auto token = oracle::open_token(head + "." + claims + ".c2lnbmF0dXJl-_");
  ASSERT_TRUE(token.has_value());
  EXPECT_EQ(*token, (json::value{{"$jwt", {{"sub", 17}, {"exp", 1790003600}}}}));
  EXPECT_FALSE(oracle::open_token(head + "." + claims));
  EXPECT_FALSE(oracle::open_token(claims + "." + claims + ".x")) << "no algorithm";
  EXPECT_FALSE(oracle::open_token(head + "." + head + "!.x"));
  EXPECT_FALSE(oracle::open_token(head + "." + claims + ".x.y"));
  EXPECT_FALSE(oracle::open_token("17.18.19"));
}

TEST(Value, PairsAtTheLeastCostInAll) {
  // Row by row the nearest would be 0-0, 1-1, 2-2 at 0 + 1 + 9.
  EXPECT_EQ(oracle::cheapest_pairing({{0, 1, 9}, {9, 1, 2}, {1, 9, 9}}),
            (std::vector<std::size_t>{1, 2, 0}));
  EXPECT_EQ(oracle::cheapest_pairing({{5}}), (std::vector<std::size_t>{0}));
  EXPECT_TRUE(oracle::cheapest_pairing({}).empty());
}

TEST(Value, PairsAsTryingEveryPermutationDoes) {
  base::Random random(7);
  for (int round = 0; round < 300; ++round) {
    const std::size_t n = 1 + random.below(6);
    std::vector<std::vector<int>> cost(n, std::vector<int>(n));
    for (auto& row : cost)
      for (int& cell : row) cell = static_cast<int>(random.below(12));
    const auto sum = [&](const std::vector<std::size_t>& pairing) {
      int total = 0;
      for (std::size_t i = 0; i < n; ++i) total += cost[i][pairing[i]];
      return total;
    };
    std::vector<std::size_t> pairing(n);
    std::iota(pairing.begin(), pairing.end(), std::size_t{0});
    int least = sum(pairing);
    while (std::next_permutation(pairing.begin(), pairing.end()))
      least = std::min(least, sum(pairing));
    EXPECT_EQ(sum(oracle::cheapest_pairing(cost)), least);
  }
}

TEST(Value, AUuidIsOnePart) {
  using Strings = std::vector<std::string>;
  const std::string uuid = "a1b2c3d4-0000-4000-8000-00000000aaaa";
  EXPECT_EQ(oracle::cut_into_parts("/r/" + uuid + "/edit").pieces,
            (Strings{"", "r", uuid, "edit"}));
  EXPECT_EQ(oracle::cut_into_parts(uuid + "f").pieces.size(), 5u);  // longer than one
}

}  // namespace
