#include "scenario/yaml.h"

#include <gtest/gtest.h>

namespace {

namespace yaml = scenario::yaml;

/// "line:column message", or "" where the text is read.
std::string problem_of(std::string_view text) {
  const auto root = yaml::read(text);
  if (root) return "";
  const yaml::Error& error = root.error().front();
  return std::to_string(error.place.line) + ":" + std::to_string(error.place.column) + " " +
         error.message;
}

TEST(Yaml, ResolvesScalarsByTheCoreSchema) {
  const std::pair<const char*, const char*> cases[] = {
      {"yes", "\"yes\""},
      {"no", "\"no\""},
      {"on", "\"on\""},
      {"off", "\"off\""},
      {"y", "\"y\""},
      {"true", "true"},
      {"True", "true"},
      {"FALSE", "false"},
      {"tRue", "\"tRue\""},
      {"null", "null"},
      {"~", "null"},
      {"Null", "null"},
      {"nULL", "\"nULL\""},
      {"0", "0"},
      {"-0", "0"},
      {"+12", "12"},
      {"007", "7"},
      {"0x1F", "31"},
      {"0o17", "15"},
      {"0b11", "\"0b11\""},
      {"1_000", "\"1_000\""},
      {"12:30", "\"12:30\""},
      {"2024-01-01", "\"2024-01-01\""},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"18446744073709551615", "18446744073709551615"},
      {"1.5", "1.5E0"},
      {"1.", "1E0"},
      {".5", "5E-1"},
      {"-1e3", "-1E3"},
      {"+1.5", "1.5E0"},
      {"1e", "\"1e\""},
      {"e3", "\"e3\""},
      {".", "\".\""},
      {"1.2.3", "\"1.2.3\""},
      {"\"1\"", "\"1\""},
      {"'true'", "\"true\""},
      {"''", "\"\""},
      {"!!str 1", "\"1\""},
      {"|-\n 12", "\"12\""},
      {"떡볶이", "\"떡볶이\""},
  };
  for (const auto& [text, expected] : cases) {
    const auto root = yaml::read("x: " + std::string(text));
    ASSERT_TRUE(root) << text;
    const auto value = yaml::scalar_value(*yaml::find(*root, "x"));
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(base::to_text(*value), expected) << text;
  }
  for (const char* text : {".inf", "-.INF", ".nan", "18446744073709551616", "-9223372036854775809",
                           "1e999", "0xFFFFFFFFFFFFFFFFF"})
    EXPECT_FALSE(yaml::scalar_value(*yaml::find(*yaml::read("x: " + std::string(text)), "x")))
        << text;
}

TEST(Yaml, CountsCharactersAsEditorsDo) {
  const auto root = yaml::read("\xEF\xBB\xBF{떡: 볶이, a: b}\nx: y");
  EXPECT_FALSE(root);
  const auto good = yaml::read("떡:\n  {볶이: 순대, a: b}");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->items[0].keys[1].place.line, 2);
  EXPECT_EQ(good->items[0].keys[1].place.column, 12);
}

TEST(Yaml, CutsWhatIsLongBetweenCharacters) {
  const std::string start(56, 'x');
  const std::string text = "'" + start + "고객': 1\n'" + start + "고객': 2";
  EXPECT_EQ(problem_of(text), "2:1 the key '" + start + "고…' appears twice (first in line 1)");
}

TEST(Yaml, SaysWhereItIsNot) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "1:1 the file is empty"},
      {"# only a comment\n", "1:1 the file is empty"},
      {"a: 1\nb: [1, 2", "2:1 not YAML: end of sequence flow not found"},
      {"a: 1\n---\nb: 2", "3:1 a second document; expected one"},
      {"a: 1\nb: 2\na: 3", "3:1 the key 'a' appears twice (first in line 1)"},
      {"x: {a: 1, a: 2}", "1:11 the key 'a' appears twice (first in line 1)"},
      {"x:\n  - y: {k: {a: 1, 'a': 2}}", "2:19 the key 'a' appears twice (first in line 2)"},
      {"a: {{x}}", "1:5 without quotes YAML sees a map here; quote it: \"{{x}}\""},
      {"a: {id: {{ order }}, b: 1}",
       "1:10 without quotes YAML sees a map here; quote it: \"{{order}}\""},
      {"a: {{x}}/b", "1:9 not YAML: "},
      {"a: !!binary aGk=", "1:4 tags such as tag:yaml.org,2002:binary are not supported"},
      {"a: &x [*x]", "1:8 an alias refers to a node that contains it"},
      {"a: *missing", "1:4 not YAML: the referenced anchor is not defined"},
      {"? [a]\n: 1", "1:3 expected a text as the key, found a list"},
      {"~: 1", "1:1 a key is missing; the text null is written \"null\""},
      {"a: \x01", "1:4 control character 0x01: this is not a text"},
      {"a: b\nc: \xFF", "2:4 byte 0xff is not UTF-8"},
      {"a: b\nc: 고\xed\xa0\x80", "2:5 byte 0xed is not UTF-8"},  // a surrogate
      {std::string("PK\x03\x04\0\0", 6), "1:3 control character 0x03: this is not a text"},
  };
  for (const auto& [text, expected] : cases) {
    const std::string found = problem_of(text);
    EXPECT_TRUE(found.starts_with(expected)) << text << "\n found " << found;
  }
  EXPECT_NE(problem_of("a: {{x}}/b").find("quote it: \"{{x}}\""), std::string::npos);
}

TEST(Yaml, TellsAllDuplicatesAtOnce) {
  const auto root = yaml::read("a: 1\na: 2\nb: {c: 1, c: 2}");
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().size(), 2U);
}

TEST(Yaml, HasLimits) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) bomb += ", " + before;
    bomb += "]\n";
  }
  std::string long_texts = "a: &a " + std::string(500'000, 'x') + "\nb: [";
  for (int i = 0; i < 50'000; ++i) long_texts += "*a, ";
  std::string anchors = "a: ";
  for (int i = 0; i < 60; ++i) anchors += "&a" + std::to_string(i) + " [";
  for (int i = 0; i < 50'000; ++i) anchors += "x, ";
  std::string one_line = "[";
  for (int i = 0; i < 200'000; ++i) one_line += "[], ";
  const std::pair<std::string, const char*> cases[] = {
      {one_line, "more than 100000 values"},
      {long_texts + "]", "more than 100000 values"},
      {anchors + "x" + std::string(60, ']'), "more than 100000 values"},
      {bomb, "more than 100000 values"},
      {std::string(50 << 20, 'x'), "a scenario has at most"},
      {"a: " + std::string(200'000, '['), "nested deeper than 64 levels"},
      {"a: " + std::string(200'000, '{'), "nested deeper than 64 levels"},
      {std::string(500'000, '-'), ""},
      {std::string(500'000, '?'), ""},
      {std::string(250'000, '&'), ""},
      {std::string(1 << 20, '\n'), ""},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_NE((problem_of(text) + " ").find(expected), std::string::npos)
        << text.substr(0, 20) << "... " << problem_of(text);
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_NE(problem_of(deep).find("nested deeper"), std::string::npos);
  std::string dashes;
  for (int i = 0; i < 300'000; ++i) dashes += "- ";
  EXPECT_NE(problem_of(dashes).find("nested deeper"), std::string::npos);
}

TEST(Yaml, ExpandsAliases) {
  const auto root = yaml::read("a: &x {k: [1, 2]}\nb: *x");
  ASSERT_TRUE(root);
  EXPECT_EQ(yaml::find(root->items[1], "k")->items.size(), 2U);
}

/// Whatever the bytes are, there is an answer.
TEST(Yaml, TakesAnyPrefixOfAText) {
  const std::string text =
      "a: &x {k: [1, \"떡\\n볶이\", 'it''s'], j: |\n  block\n  more\n }\nb: *x\nc: >-\n folded\n";
  for (std::size_t length = 0; length <= text.size(); ++length)
    for (const char c : {'\0', '{', '}', ':', '-', '"', '\'', '\n', '\xEB', '*'})
      (void)yaml::read(text.substr(0, length) + c);
  SUCCEED();
}

}  // namespace
