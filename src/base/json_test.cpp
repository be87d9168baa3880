#include "base/json.h"

#include <gtest/gtest.h>

namespace {

TEST(Json, KeepsTheKindOfNumbers) {
  EXPECT_TRUE(base::parse_json("1")->is_int64());
  EXPECT_TRUE(base::parse_json("1.0")->is_double());
  EXPECT_TRUE(base::parse_json("18446744073709551615")->is_uint64());
}

TEST(Json, SaysWhereATextStopsBeingJson) {
  const auto cut = base::parse_json(R"({"a": 1,)");
  ASSERT_FALSE(cut);
  EXPECT_FALSE(cut.error().message.empty());
  EXPECT_FALSE(base::parse_json(""));
  EXPECT_FALSE(base::parse_json("1 2"));
}

TEST(Json, RefusesNestingBeyondTheLimit) {
  EXPECT_TRUE(base::parse_json(std::string(100, '[') + std::string(100, ']')));
  EXPECT_FALSE(base::parse_json(std::string(200'000, '[')));
}

TEST(Json, PrettyTextIsTheSameValue) {
  const json::value value = {{"a", {1, 2.5, nullptr}}, {"b", json::object{}}, {"떡", "볶이\n"}};
  const std::string text = base::to_pretty_text(value);
  EXPECT_EQ(*base::parse_json(text), value);
  EXPECT_NE(text.find("\n  \"a\": [\n    1,"), std::string::npos) << text;
}

}  // namespace
