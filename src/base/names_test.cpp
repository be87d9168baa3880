#include "base/names.h"

#include <gtest/gtest.h>

#include <boost/describe/enum.hpp>

namespace {

enum class Http { automatic, version_1, version_2 };

// In another order than the enumerators.
constexpr base::Names<Http> http_names{
    {Http::version_2, "2"}, {Http::automatic, "auto"}, {Http::version_1, "1.1"}};

enum class Verdict { race, clean, unheard_of = 70 };
BOOST_DESCRIBE_ENUM(Verdict, race, clean, unheard_of)
constexpr base::Names<Verdict> verdict_names = base::described<Verdict>();

// Known to the compiler, too.
static_assert(http_names.name_of(Http::version_1) == "1.1");
static_assert(http_names.value_of("2") == Http::version_2);

TEST(Names, AreReadAsTheyAreWritten) {
  for (const Http value : {Http::automatic, Http::version_1, Http::version_2})
    EXPECT_EQ(http_names.value_of(http_names.name_of(value)), value);
  EXPECT_EQ(http_names.name_of(Http::automatic), "auto");
  EXPECT_EQ(http_names.value_of("1.1"), Http::version_1);
  for (const char* unknown : {"", "Auto", "auto ", "1", "1.10", "automatic"})
    EXPECT_FALSE(http_names.value_of(unknown)) << unknown;
}

TEST(Names, StandInMessagesInTheOrderOfTheTable) {
  EXPECT_EQ(http_names.joined(), "2 or auto or 1.1");
  EXPECT_EQ(http_names.joined(", "), "2, auto, 1.1");
  EXPECT_EQ(http_names.all(), (std::vector<std::string>{"2", "auto", "1.1"}));
  EXPECT_EQ(http_names.size(), 3u);
}

TEST(Names, OfADescribedEnumerationAreItsEnumerators) {
  EXPECT_EQ(verdict_names.joined(), "race or clean or unheard_of");
  EXPECT_EQ(verdict_names.name_of(Verdict::unheard_of), "unheard_of");
  EXPECT_EQ(verdict_names.value_of("clean"), Verdict::clean);
}

TEST(NamesDeathTest, AValueWithoutANameStopsTheProgram) {
  constexpr base::Names<Http> some{{Http::automatic, "auto"}};
  EXPECT_DEATH((void)some.name_of(Http::version_2), "names.h");
}

}  // namespace
