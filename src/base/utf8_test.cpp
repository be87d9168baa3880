#include "base/utf8.h"

#include <gtest/gtest.h>

#include <iterator>

#include "base/random.h"

namespace {

using base::Bytes;
using base::Columns;

TEST(Utf8, ACharacterIsItsShortestForm) {
  struct Case {
    std::string_view text;
    char32_t code;
    std::size_t size;
    bool valid = true;
  };
  constexpr Case cases[] = {
      {"a", 'a', 1},
      {std::string_view("\0", 1), 0, 1},
      {"\x7f", 0x7F, 1},
      {"\xc2\x80", 0x80, 2},
      {"\xdf\xbf", 0x7FF, 2},
      {"\xe0\xa0\x80", 0x800, 3},
      {"고객", 0xACE0, 3},
      {"\xed\x9f\xbf", 0xD7FF, 3},
      {"\xee\x80\x80", 0xE000, 3},
      {"\xef\xbf\xbf", 0xFFFF, 3},
      {"\xf0\x90\x80\x80", 0x10000, 4},
      {"\xf4\x8f\xbf\xbf", 0x10FFFF, 4},
      {"\x80", 0xFFFD, 1, false},              // continues nothing
      {"\xc0\xaf", 0xFFFD, 1, false},          // overlong
      {"\xc1\xbf", 0xFFFD, 1, false},          //
      {"\xe0\x9f\xbf", 0xFFFD, 1, false},      //
      {"\xf0\x8f\xbf\xbf", 0xFFFD, 1, false},  //
      {"\xed\xa0\x80", 0xFFFD, 1, false},      // a surrogate
      {"\xed\xbf\xbf", 0xFFFD, 1, false},      //
      {"\xf4\x90\x80\x80", 0xFFFD, 1, false},  // beyond U+10FFFF
      {"\xf5\x80\x80\x80", 0xFFFD, 1, false},  //
      {"\xff", 0xFFFD, 1, false},
      {"\xea\xb3", 0xFFFD, 1, false},  // ends early
      {"\xea\xb3z", 0xFFFD, 1, false},
  };
  for (const Case& known : cases) {
    const base::Character found = base::first_character(known.text);
    EXPECT_EQ(found.code, known.code) << known.text;
    EXPECT_EQ(found.size, known.size) << known.text;
    EXPECT_EQ(found.valid, known.valid) << known.text;
    if (!known.valid) continue;
    std::string written;
    base::append_utf8(written, known.code);
    EXPECT_EQ(written, known.text.substr(0, known.size));
  }
}

TEST(Utf8, ASurrogateCanBeWrittenThoughItIsNotUtf8) {
  std::string text;
  base::append_utf8(text, 0xD83D);
  EXPECT_EQ(text, "\xed\xa0\xbd");
  EXPECT_FALSE(base::is_utf8(text));
}

TEST(Utf8, EachByteThatIsNotUtf8IsReplaced) {
  EXPECT_EQ(base::valid_utf8("\xea\xb3 고 \xff"), "\uFFFD\uFFFD 고 \uFFFD");
  EXPECT_EQ(base::valid_utf8("fine"), "fine");
  EXPECT_EQ(base::valid_utf8(""), "");
  EXPECT_TRUE(base::is_utf8("고 e\u0301 🙂"));
  EXPECT_TRUE(base::is_utf8(""));
  EXPECT_FALSE(base::is_utf8("fine but for this: \xea\xb3"));
}

TEST(Utf8, CharactersAreCountedOnce) {
  EXPECT_EQ(base::count_characters(""), 0u);
  EXPECT_EQ(base::count_characters("고객 a"), 4u);
  EXPECT_EQ(base::count_characters("e\u0301"), 2u);
}

TEST(Utf8, WidthsAreThoseOfATerminal) {
  struct Case {
    std::string_view text;
    int columns;
    std::size_t clusters;
  };
  constexpr Case cases[] = {
      {"", 0, 0},
      {"order", 5, 5},
      {"고객", 4, 2},
      {"ｗｉｄｅ", 8, 4},
      {"ﾊﾝｶｸ", 4, 4},
      {"ﾊﾞ", 2, 1},  // a halfwidth voiced mark takes a column of its own
      {"é", 1, 1},
      {"e\u0301", 1, 1},
      {"\u0301", 0, 1},
      {"\u1100\u1161\u11a8", 2, 1},  // 각 as three Jamo
      {"\u1161", 0, 1},              // without what it would complete
      {"\u0e01\u0e33", 2, 1},        // Thai sara am
      {"\u0915\u093f", 2, 1},        // कि: a spacing mark has a column
      {"“…”", 3, 3},                 // ambiguous: narrow
      {"├─┤", 3, 3},                 //
      {"±", 1, 1},                   //
      {"🙂", 2, 1},
      {"👍🏽", 2, 1},     // with a skin
      {"a🏽", 3, 1},        // a skin for what has none
      {"👩‍🚀", 2, 1},  // woman, joiner, rocket
      {"👨‍👩‍👧‍👦", 2, 1},
      {"a\u200d👩", 3, 2},  // nothing to join
      {"❤", 1, 1},
      {"❤\ufe0f", 2, 1},  // drawn as an emoji
      {"1\ufe0f\u20e3", 1, 1},
      {"🇰🇷", 2, 1},
      {"🇰🇷🇯🇵", 4, 2},
      {"\U0001faf7", 2, 1},  // of Unicode 15
      {"a\u200bb", 2, 3},
      {"\xff", 1, 1},
      {"e\xff", 2, 2},
      {"\xea\xb3", 2, 2},
      {"\r\n", 0, 2},
      {"\u0085", 0, 1},
  };
  for (const Case& known : cases) {
    EXPECT_EQ(base::display_width(known.text), known.columns) << known.text;
    std::size_t clusters = 0;
    for (std::string_view rest = known.text; !rest.empty(); ++clusters)
      rest.remove_prefix(base::first_cluster(rest).size);
    EXPECT_EQ(clusters, known.clusters) << known.text;
  }
}

TEST(Utf8, ATextIsCutBetweenClustersAndEndsInAnEllipsis) {
  EXPECT_EQ(base::cut("short", Bytes{5}), "short");
  EXPECT_EQ(base::cut("longer", Bytes{5}), "longe…");
  EXPECT_EQ(base::cut("longer", Bytes{0}), "…");
  EXPECT_EQ(base::cut("", Bytes{0}), "");
  EXPECT_EQ(base::cut("떡볶이", Bytes{4}), "떡…");  // three bytes each
  EXPECT_EQ(base::cut("ne\u0301es", Bytes{2}), "n…");
  EXPECT_EQ(base::cut("a👩‍🚀b", Bytes{8}), "a…");
  EXPECT_EQ(base::cut("\x80\x80\x80", Bytes{2}), "\x80\x80…");

  EXPECT_EQ(base::cut("떡볶이", Columns{6}), "떡볶이");
  EXPECT_EQ(base::cut("떡볶이", Columns{5}), "떡볶…");
  EXPECT_EQ(base::cut("떡볶이", Columns{4}), "떡…");
  EXPECT_EQ(base::cut("떡볶이", Columns{1}), "…");
  EXPECT_EQ(base::cut("떡볶이", Columns{0}), "");
  EXPECT_EQ(base::cut("ne\u0301e", Columns{3}), "ne\u0301e");
  EXPECT_EQ(base::cut("ne\u0301es", Columns{3}), "ne\u0301…");
}

TEST(Utf8, HoldsForAnyBytes) {
  base::Random random(11);
  constexpr const char* pieces[] = {"a",      "고",     "e\u0301", "👩‍🚀", "\u200d",
                                    "\ufe0f", "🏽",   "\xff",    "\xea",        "\x80",
                                    "\x1b",   "\u0301", "🇰",       "\u0600",      "\u1100",
                                    "\u1161", "❤",      "\r\n",    "\u093f"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::uint64_t i = random.below(20); i > 0; --i)
      text += pieces[random.below(std::size(pieces))];
    EXPECT_TRUE(base::is_utf8(base::valid_utf8(text)));
    EXPECT_EQ(base::valid_utf8(text) == text, base::is_utf8(text));
    const auto most = static_cast<std::size_t>(random.below(30));
    const std::string kept = base::cut(text, Bytes{most});
    EXPECT_LE(kept.size(), most + base::ellipsis.size());
    EXPECT_TRUE(kept == text || kept.ends_with(base::ellipsis));
    EXPECT_LE(base::display_width(base::cut(text, Columns{static_cast<int>(most)})),
              static_cast<int>(most));
  }
}

}  // namespace
