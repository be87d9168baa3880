#include "views/conditions.h"

#include <gtest/gtest.h>

namespace {

using dialect::Rendering;
using views::EntityTags;

/// If-Match with this value; nothing: no such header.
std::optional<EntityTags> if_match(const std::string& value) {
  const auto tags = views::read_entity_tags({{"if-match", value}}, "If-Match");
  EXPECT_TRUE(tags.has_value()) << value;
  return tags.value_or(std::nullopt);
}

TEST(Conditions, ATagIsOfAVersionInAForm) {
  EXPECT_EQ(views::etag_of(3, Rendering{}), "\"3\"");
  EXPECT_EQ(views::etag_of(3, Rendering{.indent = 4}), "\"3-indent4\"");
  EXPECT_EQ(views::etag_of(3, Rendering{.renderer = &dialect::renderers[1]}), "\"3-html\"");
}

TEST(Conditions, IfMatchListsVersions) {
  const std::pair<std::string, std::vector<order::Version>> cases[] = {
      {R"("3")", {3}},
      {R"("3", "4")", {3, 4}},
      {R"("3","4" , "5")", {3, 4, 5}},
      {R"(, "3",, )", {3}},
      {R"("3-html", "4-indent8")", {3, 4}},
      // Strong comparison: a weak tag is the same as nothing.
      {R"(W/"3")", {}},
      {R"(W/"3", "4")", {4}},
      // Tags that were never given out.
      {R"("03")", {}},
      {R"("-3")", {}},
      {R"("3-indent9")", {}},
      {R"("3-xml")", {}},
      {R"("")", {}},
      {R"("99999999999999999999")", {}},
      {R"("abc,def")", {}},
  };
  for (const auto& [value, versions] : cases) {
    EXPECT_EQ(views::versions_of(if_match(value)), store::one_of(versions)) << value;
  }
}

TEST(Conditions, NoHeaderAndAStarAreAnyVersion) {
  const auto none = views::read_entity_tags({{"If-None-Match", "*"}}, "If-Match");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->has_value());
  EXPECT_EQ(views::versions_of(*none), store::Versions());
  EXPECT_EQ(views::versions_of(if_match("*")), store::Versions());
}

TEST(Conditions, AHeaderThatIsThereTwiceIsOneList) {
  const auto tags =
      views::read_entity_tags({{"If-Match", "\"1\""}, {"IF-MATCH", "\"2\""}}, "If-Match");
  ASSERT_TRUE(tags);
  EXPECT_EQ(views::versions_of(*tags), store::one_of({1, 2}));
}

TEST(Conditions, AChangeMayFindWhatIfMatchListsAndIfNoneMatchDoesNot) {
  struct Case {
    std::string if_match, if_none_match;  // empty: no such header
    store::Versions versions;
  };
  const Case cases[] = {
      {"", "*", store::one_of({})},
      {"*", "*", store::one_of({})},
      {R"("3")", "*", store::one_of({})},
      {"", R"("3")", store::any_but({3})},
      {"*", R"("3", "4-html")", store::any_but({3, 4})},
      {"", R"(W/"3")", store::any_but({3})},  // a weak tag is of that version, too
      {"", R"("abc")", store::any_but({})},
      {R"("3", "4")", R"("4", "5")", store::one_of({3})},
      {R"(W/"3", "4")", R"(W/"4")", store::one_of({})},
  };
  for (const Case& each : cases) {
    const auto tags = [](const std::string& value) {
      return value.empty() ? std::nullopt : if_match(value);
    };
    EXPECT_EQ(views::versions_of(tags(each.if_match), tags(each.if_none_match)), each.versions)
        << "If-Match: " << each.if_match << ", If-None-Match: " << each.if_none_match;
  }
}

TEST(Conditions, WhatIsNoListIsRefusedWithItsName) {
  for (const char* value : {"", ",", "3", "\"3", "3\"", "\"3\" \"4\"", "w/\"3\"", "W/3", "*, \"3\"",
                            "\"3\", *", "\"a b\"", "\"3\";x"}) {
    const auto tags = views::read_entity_tags({{"If-Match", value}}, "If-Match");
    ASSERT_FALSE(tags) << value;
    EXPECT_EQ(tags.error().code, "invalid_header");
    EXPECT_EQ(tags.error().errors.front().first, "If-Match");
    EXPECT_EQ(tags.error().place, frame::Problem::Place::header);
  }
}

TEST(Conditions, IfNoneMatchComparesWeakly) {
  const auto listed = [](const std::string& value, std::string_view etag) {
    return views::is_listed(etag, if_match(value).value());
  };
  EXPECT_TRUE(listed(R"("3")", "\"3\""));
  EXPECT_TRUE(listed(R"(W/"3")", "\"3\"")) << "a cache on the way may have weakened it";
  EXPECT_TRUE(listed(R"("1", "3")", "\"3\""));
  EXPECT_TRUE(listed("*", "\"3\""));
  EXPECT_FALSE(listed(R"("4")", "\"3\""));
  EXPECT_FALSE(listed(R"("3")", "\"3-html\"")) << "another form has other bytes";
}

}  // namespace
