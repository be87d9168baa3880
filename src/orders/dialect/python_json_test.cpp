// CPython's json module and str() are the specification.
#include "dialect/python_json.h"

#include <gtest/gtest.h>

#include "dialect/utf8.h"

namespace {

using dialect::read_json;
using dialect::write_json;

TEST(PythonJson, ErrorsAreThoseOfPython) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "Expecting value: line 1 column 1 (char 0)"},
      {" \n ", "Expecting value: line 2 column 2 (char 3)"},
      {"{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"},
      {R"({"a": 1,})",
       "Expecting property name enclosed in double quotes: line 1 column 9 (char 8)"},
      {R"({"a" 1})", "Expecting ':' delimiter: line 1 column 6 (char 5)"},
      {R"({"a": 1 "b": 2})", "Expecting ',' delimiter: line 1 column 9 (char 8)"},
      {"[1,]", "Expecting value: line 1 column 4 (char 3)"},
      {"[1 2]", "Expecting ',' delimiter: line 1 column 4 (char 3)"},
      {"[", "Expecting value: line 1 column 2 (char 1)"},
      {R"("x)", "Unterminated string starting at: line 1 column 1 (char 0)"},
      {R"("x\)", "Unterminated string starting at: line 1 column 1 (char 0)"},
      {"\"a\nb\"", "Invalid control character at: line 1 column 3 (char 2)"},
      {R"("\x41")", "Invalid \\escape: line 1 column 2 (char 1)"},
      {R"("\u12g4")", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"},
      {R"("\u1234)", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"},
      {R"("\u12)", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"},
      {"01", "Extra data: line 1 column 2 (char 1)"},
      {"1.", "Extra data: line 1 column 2 (char 1)"},
      {"-", "Expecting value: line 1 column 1 (char 0)"},
      {"1e", "Extra data: line 1 column 2 (char 1)"},
      {R"({"메뉴": "김밥" "b"})", "Expecting ',' delimiter: line 1 column 13 (char 12)"},
      {"NaN", "Out of range float values are not JSON compliant: 'NaN'"},
      {"[-Infinity]", "Out of range float values are not JSON compliant: '-Infinity'"},
      {"\xEF\xBB\xBF{}", "Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)"},
      {"\"\xFF\"", "'utf-8' codec can't decode byte 0xff in position 1: invalid start byte"},
      {"\"\xEA\xB9\"",
       "'utf-8' codec can't decode bytes in position 1-2: invalid continuation byte"},
      {"\"\xEA\xB9", "'utf-8' codec can't decode bytes in position 1-2: unexpected end of data"},
      {"\"\xED\xA0\x80\"",
       "'utf-8' codec can't decode byte 0xed in position 1: invalid continuation byte"},
  };
  for (const auto& [text, message] : cases) {
    const auto read = read_json(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error(), message) << text;
  }
}

TEST(PythonJson, ReadsWhatIsJson) {
  EXPECT_EQ(
      *read_json(R"( {"a": [1, -0, 2.5, 1e2, true, false, null, "x"], "b": {}} )"),
      (json::value{{"a", {1, 0, 2.5, 100.0, true, false, nullptr, "x"}}, {"b", json::object{}}}));
  EXPECT_EQ(*read_json(R"("\"\\\/\b\f\n\r\t\u00e9\ud83c\udf54")"), "\"\\/\b\f\n\r\té🍔");
  EXPECT_EQ(*read_json(R"({"a": 1, "a": 2})"), (json::value{{"a", 2}})) << "the last one wins";
  EXPECT_TRUE(read_json("1.0")->is_double());
  EXPECT_TRUE(read_json("9223372036854775807")->is_int64());
  EXPECT_EQ(read_json("18446744073709551615")->as_uint64(), UINT64_MAX);
  EXPECT_EQ(dialect::write_json(*read_json("18446744073709551615")), "18446744073709551615");
  EXPECT_TRUE(read_json("18446744073709551616")->is_double());
}

TEST(PythonJson, LoneSurrogatesAreKeptForValidation) {
  EXPECT_EQ(*read_json(R"("\ud800")"), "\xED\xA0\x80");
  EXPECT_EQ(*read_json(R"("\ud800\u0041")"),
            "\xED\xA0\x80"
            "A");
}

TEST(PythonJson, NestingHasALimit) {
  const std::size_t deepest = dialect::default_json_depth;
  EXPECT_TRUE(read_json(std::string(deepest, '[') + std::string(deepest, ']')));
  EXPECT_FALSE(read_json(std::string(deepest + 2, '[') + std::string(deepest + 2, ']')));
  EXPECT_FALSE(read_json(std::string(1'000'000, '[')));
}

TEST(PythonJson, ATextCutAnywhereIsAnErrorNotACrash) {
  const std::string text = R"({"a": [1.5e3, "\ud83c\udf54 김", null], "b": {"c": true}})";
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(read_json(text.substr(0, size))) << size;
}

TEST(PythonJson, WritesAsTheRendererDoes) {
  const json::value value = {
      {"menu", "김밥 \"x\"\\\n\x01/<>"}, {"n", {1, 1.5, true, nullptr}}, {"e", json::array{}}};
  const std::string text = write_json(value);
  EXPECT_EQ(text, R"({"menu":"김밥 \"x\"\\\n\u0001/<>","n":[1,1.5,true,null],"e":[]})");
  EXPECT_EQ(*read_json(text), value);
  EXPECT_EQ(write_json("\xE2\x80\xA8 \xE2\x80\xA9 \xE2\x80\xAA"),
            "\"\\u2028 \\u2029 \xE2\x80\xAA\"");
  EXPECT_EQ(write_json({{"a", {1, json::object{}}}}, 2), "{\n  \"a\": [\n    1,\n    {}\n  ]\n}");
}

TEST(PythonJson, StrIsThatOfPython) {
  const std::pair<json::value, std::string> cases[] = {
      {nullptr, "None"},
      {true, "True"},
      {false, "False"},
      {5, "5"},
      {1.0, "1.0"},
      {1.5, "1.5"},
      {1e16, "1e+16"},
      {1e15, "1000000000000000.0"},
      {0.00001, "1e-05"},
      {"it's", "it's"},
      {{"cancelled", 1, nullptr}, "['cancelled', 1, None]"},
      {json::object{{"a", "b"}}, "{'a': 'b'}"},
      {json::array{"it's", "a\"b'", "\n"}, R"(["it's", 'a"b\'', '\n'])"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(dialect::python_str(value), text);
}

TEST(Utf8, FindsWhatIsNotUtf8AndReplacesIt) {
  EXPECT_FALSE(dialect::find_invalid_utf8("떡볶이 🍔"));
  EXPECT_EQ(dialect::replace_invalid_utf8("a\xFF\xFE"
                                          "b"),
            "a\uFFFD\uFFFDb");
  EXPECT_EQ(dialect::replace_invalid_utf8("\xEA\xB9"), "\uFFFD");
  EXPECT_EQ(dialect::replace_invalid_utf8("김"), "김");
}

TEST(Utf8, SurrogatesAreFoundAmongTheirNeighbours) {
  const auto found = [](std::string_view escaped) {
    return dialect::surrogates_in(dialect::read_json(escaped)->as_string());
  };
  using Found = std::vector<char32_t>;
  EXPECT_EQ(found(R"("김\ud7ff\ue000🍔")"), Found{}) << "the neighbours, and a pair";
  EXPECT_EQ(found(R"("\ud83c\udf54")"), Found{});
  EXPECT_EQ(found(R"("a\ud800김\udfff")"), (Found{0xD800, 0xDFFF}));
  EXPECT_EQ(found(R"("\udc00\ud800")"), (Found{0xDC00, 0xD800}));
}

TEST(Utf8, IsStrippedOfWhatPythonTakesForBlank) {
  EXPECT_EQ(dialect::strip(" \t\u3000김 밥\u00A0\n"), "김 밥");
  EXPECT_EQ(dialect::strip("\u2003\u0085"), "");
  EXPECT_EQ(dialect::strip("\u200B김"), "\u200B김") << "a zero-width space is none";
  EXPECT_EQ(dialect::strip(""), "");
}

}  // namespace
