#include "report/columns.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace {

TEST(Columns, AreThoseOfATerminal) {
  struct Case {
    const char* text;
    int columns;
  };
  constexpr Case cases[] = {
      {"", 0},
      {"order", 5},
      {"고객", 4},
      {"사장님", 6},
      {"ｗｉｄｅ", 8},
      {"ﾊﾝｶｸ", 4},
      {"é", 1},
      {"e\u0301", 1},             // the same as two characters
      {"\u1100\u1161\u11a8", 2},  // 각 as three Jamo
      {"├──┤", 4},
      {"“…”", 3},
      {"🙂", 2},
      {"👍🏽", 2},     // with a skin
      {"👩‍🚀", 2},  // woman, joiner, rocket
      {"👨‍👩‍👧‍👦", 2},
      {"❤\ufe0f", 2},  // drawn as an emoji
      {"❤", 1},
      {"🇰🇷", 2},
      {"a\u200bb", 2},
      {"\xff", 1},
      {"\xea\xb3", 2},  // the beginning of 고
      {"\xc0\xaf", 2},  // overlong
      {"\x1b[31m", 5},  // as its picture
      {"\u0301", 0},
  };
  for (const Case& known : cases)
    EXPECT_EQ(report::display_width(known.text), known.columns) << known.text;
}

TEST(Columns, WhatATerminalWouldObeyIsMadeVisible) {
  EXPECT_EQ(report::visible("\x1b[2J\r\n\x7f"), "␛[2J␍␊␡");
  EXPECT_EQ(report::visible("\u009b1m \u202eabc\u2028"), "�1m �abc�");
  EXPECT_EQ(report::visible("\xea\xb3 고 \xff"), "�� 고 �");
}

TEST(Columns, CuttingKeepsCharactersWhole) {
  EXPECT_EQ(report::cut("취소해주세요!", 13), "취소해주세요!");
  EXPECT_EQ(report::cut("취소해주세요!", 12), "취소해주세…");
  EXPECT_EQ(report::cut("취소해주세요!", 4), "취…");
  EXPECT_EQ(report::cut("취소해주세요!", 1), "…");
  EXPECT_EQ(report::cut("취소해주세요!", 0), "");
  EXPECT_EQ(report::cut("ne\u0301e", 3), "ne\u0301e");
  EXPECT_EQ(report::cut("ne\u0301es", 3), "ne\u0301…");
  EXPECT_EQ(report::cut("a👩‍🚀b", 3), "a…");
  EXPECT_EQ(report::pad("고객", 6), "고객  ");
  EXPECT_EQ(report::pad("사장님", 5), "사장…");
  EXPECT_EQ(report::pad("사장님", 4), "사… ");
}

TEST(Columns, WrappingBreaksAtBlanks) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(report::wrap("", 5), Lines{""});
  EXPECT_EQ(report::wrap("one two three", 7), (Lines{"one two", "three"}));
  EXPECT_EQ(report::wrap("one two three", 5), (Lines{"one", "two", "three"}));
  EXPECT_EQ(report::wrap("주문 접수! 취소해주세요!", 10),
            (Lines{"주문 접수!", "취소해주세", "요!"}));
  EXPECT_EQ(report::wrap("abcdefgh", 3), (Lines{"abc", "def", "gh"}));
  EXPECT_EQ(report::wrap(R"({"ok":true,"stopped":false})", 20),
            (Lines{R"({"ok":true,)", R"("stopped":false})"}));
  EXPECT_EQ(report::wrap("/api/v1/orders/31/items", 16), (Lines{"/api/v1/orders/", "31/items"}));
  EXPECT_EQ(report::wrap("a,bcdefghij", 8), (Lines{"a,bcdefg", "hij"}));  // too early a mark
}

TEST(Columns, HoldForAnyBytes) {
  base::Random random(11);
  constexpr const char* pieces[] = {"a",      " ",      "고",     "e\u0301", "👩‍🚀",
                                    "\u200d", "\ufe0f", "\xff",   "\xea",    "\x80",
                                    "\x1b",   "\n",     "\u0301", "\u202e",  "❤"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::uint64_t i = random.below(20); i > 0; --i)
      text += pieces[random.below(std::size(pieces))];
    const int columns = static_cast<int>(random.below(12)) + 1;
    EXPECT_EQ(report::display_width(text), report::display_width(report::visible(text)));
    EXPECT_EQ(report::visible(report::visible(text)), report::visible(text));
    EXPECT_LE(report::display_width(report::cut(text, columns)), columns);
    EXPECT_EQ(report::display_width(report::pad(text, columns)), columns);
    for (const std::string& line : report::wrap(text, columns + 1))
      EXPECT_LE(report::display_width(line), columns + 1);
  }
}

}  // namespace
