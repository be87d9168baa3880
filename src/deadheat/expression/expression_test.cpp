#include "expression/expression.h"

#include <gtest/gtest.h>

namespace {

using expression::Path;

struct PathCase {
  const char* jq;
  std::optional<Path> path;
};

const Path empty_path;

TEST(Paths, AreMemberNamesAndIndicesOnly) {
  const PathCase cases[] = {
      {".", empty_path},
      {"  .  ", empty_path},
      {".a", Path{"a"}},
      {" .body.id\n", Path{"body", "id"}},
      {".body.items[0].id", Path{"body", "items", std::int64_t{0}, "id"}},
      {".[0]", Path{std::int64_t{0}}},
      {".a[-1]", Path{"a", std::int64_t{-1}}},
      {".a[0][1]", Path{"a", std::int64_t{0}, std::int64_t{1}}},
      {R"(.headers."content-type")", Path{"headers", "content-type"}},
      {R"(."content-type")", Path{"content-type"}},
      {R"(.["x"])", Path{"x"}},
      {R"(.a["x y"].b)", Path{"a", "x y", "b"}},
      {R"(.a."떡볶이")", Path{"a", "떡볶이"}},
      {R"(.a."\ub5a1\n\"")", Path{"a", "떡\n\""}},
      {".if", Path{"if"}},
      {".and._1", Path{"and", "_1"}},
      // near misses: jq may know them, but they are more than a path, or nothing
      {"", std::nullopt},
      {"a", std::nullopt},
      {"..", std::nullopt},
      {"..a", std::nullopt},
      {".a.", std::nullopt},
      {".a .b", std::nullopt},
      {".a | .b", std::nullopt},
      {".a, .b", std::nullopt},
      {".a[]", std::nullopt},
      {".a?", std::nullopt},
      {".a[1:2]", std::nullopt},
      {".a[1.5]", std::nullopt},
      {".a[-]", std::nullopt},
      {".a[01]", std::nullopt},
      {".a[12345678901]", std::nullopt},
      {".a.[0]", std::nullopt},
      {".a[0", std::nullopt},
      {".a]", std::nullopt},
      {".1", std::nullopt},
      {".a.0", std::nullopt},
      {".a-b", std::nullopt},
      {".떡", std::nullopt},
      {R"(.a["x)", std::nullopt},
      {R"~(.a["x\(.b)"])~", std::nullopt},
      {R"(.a."x"y)", std::nullopt},
      {".a::b", std::nullopt},
      {".a # comment", std::nullopt},
      {".a == 1", std::nullopt},
  };
  for (const auto& [jq, path] : cases) EXPECT_EQ(expression::parse_path(jq), path) << jq;
}

TEST(Paths, AreFollowedAsJqFollowsThem) {
  const json::value input = *base::parse_json(
      R"({"a": {"b": [10, 20, 30], "n": null}, "s": "text", "big": 9007199254740993, "content-type": 1})");
  const std::pair<const char*, const char*> found[] = {
      {".a.b[0]", "10"},
      {".a.b[-1]", "30"},
      {".a.b[3]", "null"},
      {".a.b[-4]", "null"},
      {".a.n.x[0]", "null"},
      {".missing.too", "null"},
      {".big", "9007199254740993"},
      {R"(."content-type")", "1"},
  };
  for (const auto& [jq, expected] : found) {
    const json::value* value = expression::find(input, *expression::parse_path(jq));
    ASSERT_NE(value, nullptr) << jq;
    EXPECT_EQ(base::to_text(*value), expected) << jq;
  }
  for (const char* jq : {".s.x", ".s[0]", ".a[0]", ".a.b.x", ".big.x"})
    EXPECT_EQ(expression::find(input, *expression::parse_path(jq)), nullptr) << jq;
}

TEST(Places, ArePathsWithEveryElement) {
  using expression::Every;
  using expression::Places;
  const std::pair<const char*, std::optional<Places>> cases[] = {
      {".a[]", Places{"a", Every{}}},
      {".[]", Places{Every{}}},
      {".a[].b[0][]", Places{"a", Every{}, "b", std::int64_t{0}, Every{}}},
      {".a.b", Places{"a", "b"}},
      {".a.[]", std::nullopt},
      {".a[ ]", std::nullopt},
      {".a[]?", std::nullopt},
      {"[]", std::nullopt},
  };
  for (const auto& [jq, places] : cases) EXPECT_EQ(expression::parse_places(jq), places) << jq;
}

TEST(Places, AreFollowedAsJqFollowsThem) {
  const json::value input =
      *base::parse_json(R"({"a": [{"n": 1}, {"n": 2}, {}], "o": {"x": 3, "y": 4}, "e": []})");
  const auto found = [&](const char* jq) -> std::string {
    const auto values = expression::find_all(input, *expression::parse_places(jq));
    if (!values) return "error";
    std::string text;
    for (const json::value* value : *values) text += base::to_text(*value) + " ";
    return text;
  };
  EXPECT_EQ(found(".a[].n"), "1 2 null ");
  EXPECT_EQ(found(".o[]"), "3 4 ");
  EXPECT_EQ(found(".e[].n"), "");
  EXPECT_EQ(found(".a[1].n"), "2 ");
  EXPECT_EQ(found(".missing.too"), "null ");
  EXPECT_EQ(found(".missing[]"), "error");
  EXPECT_EQ(found(".a[].n[]"), "error");
  EXPECT_EQ(found(".o.x.y"), "error");
}

TEST(Truth, IsEverythingButNullAndFalse) {
  for (const char* text : {"true", "0", "1", "\"\"", "\"false\"", "[]", "{}", "0.0"})
    EXPECT_TRUE(expression::is_true(*base::parse_json(text))) << text;
  for (const char* text : {"null", "false"})
    EXPECT_FALSE(expression::is_true(*base::parse_json(text))) << text;
}

}  // namespace
