#include "dialect/body.h"

#include <gtest/gtest.h>

#include "dialect/form.h"
#include "dialect/python_json.h"

namespace {

using Why = dialect::Unreadable::Why;

base::Result<dialect::Body, dialect::Unreadable> read(std::string type, std::string body) {
  http::Request request{.method = "POST", .body = std::move(body)};
  request.fields.push_back({"Content-Type", std::move(type)});
  return dialect::read_body(request);
}

TEST(Body, IsReadInTheCharsetItNames) {
  const auto ask = [](const std::string& type, std::string body) {
    return dialect::read_body({.fields = {{"Content-Type", type}}, .body = std::move(body)});
  };
  const json::value rice = {{"menu", "김밥"}};
  EXPECT_EQ(ask("application/json; charset=euc-kr", "{\"menu\": \"\xB1\xE8\xB9\xE4\"}")->data,
            rice);
  EXPECT_EQ(ask("application/x-www-form-urlencoded; charset=EUC-KR", "menu=%B1%E8%B9%E4")->data,
            rice);
  EXPECT_EQ(ask("application/json; charset=latin-1", "{\"menu\": \"\xE9\"}")->data,
            (json::value{{"menu", "é"}}));
  EXPECT_EQ(ask("application/json; charset=martian", R"({"menu": "김밥"})")->data, rice);
  const auto cut = ask("application/json; charset=utf-16", std::string("\xFF\xFE{", 3));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().detail, "JSON parse error - 'utf-16' codec can't decode the body");
  EXPECT_EQ(ask("application/x-www-form-urlencoded; charset=ascii", "menu=a%FFb")->data,
            (json::value{{"menu", "a\uFFFDb"}}));
}

TEST(Body, IsReadByItsType) {
  const json::value menu = {{"menu", "김밥 2"}};
  EXPECT_EQ(read("application/json", R"({"menu": "김밥 2"})")->data, menu);
  EXPECT_EQ(read("APPLICATION/JSON; charset=utf-8", R"({"menu": "김밥 2"})")->data, menu);
  const auto form = read("application/x-www-form-urlencoded", "menu=%EA%B9%80%EB%B0%A5+2");
  EXPECT_EQ(form->data, menu);
  EXPECT_TRUE(form->form);
  const auto multipart =
      read("multipart/form-data; boundary=\"XyZ\"",
           "preamble\r\n--XyZ\r\nContent-Disposition: form-data; name=\"menu\"\r\n\r\n"
           "김밥 2\r\n--XyZ--\r\nepilogue");
  EXPECT_EQ(multipart->data, menu);
}

TEST(Body, NoBodyIsNothingGiven) {
  EXPECT_EQ(read("text/plain", "")->data, json::object{});
  EXPECT_EQ(read("application/json", "")->data, json::object{});
}

TEST(Body, OtherTypesAndBrokenBodiesAreRefused) {
  const auto plain = read("text/plain", "x");
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().why, Why::unsupported_type);
  EXPECT_EQ(plain.error().detail, "text/plain");
  const auto cut = read("application/json", "{");
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().why, Why::malformed);
  EXPECT_EQ(cut.error().detail.substr(0, 19), "JSON parse error - ");
  EXPECT_EQ(read("multipart/form-data", "x").error().detail,
            "Multipart form parse error - Invalid boundary in multipart: None");
}

TEST(Form, TheLastOfRepeatedKeysWins) {
  EXPECT_EQ(*dialect::read_urlencoded("a=1&&b&a=2&=x"),
            (json::object{{"a", "2"}, {"b", ""}, {"", "x"}}));
}

TEST(Form, WhatIsNoEscapeStandsForItself) {
  EXPECT_EQ(dialect::percent_decode("100%&%zz%4&%41+b"), "100%&%zz%4&A+b");
  EXPECT_EQ(*dialect::read_urlencoded("a=%FF+%"), (json::object{{"a", "\uFFFD %"}}));
}

TEST(Form, FieldsHaveALimit) {
  std::string body;
  for (std::size_t i = 0; i < dialect::max_form_fields; ++i) body += "a=1&";
  EXPECT_TRUE(dialect::read_urlencoded(body));
  EXPECT_FALSE(dialect::read_urlencoded(body + "a=1"));
  EXPECT_EQ(read("application/x-www-form-urlencoded", body + "a=1").error().why,
            Why::too_many_fields);
}

TEST(Form, AFileIsNoText) {
  const auto form = dialect::read_multipart(
      "--B\r\ncontent-disposition: form-data; filename=\"f.txt\"; name=\"menu\"\r\n"
      "Content-Type: text/plain\r\n\r\nx\r\n--B--",
      "B");
  ASSERT_TRUE(form);
  EXPECT_TRUE(form->at("menu").is_object());
}

TEST(Form, AMultipartCutAnywhereIsReadAsFarAsItGoes) {
  const std::string whole =
      "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
      "--B\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n2\r\n--B--\r\n";
  EXPECT_EQ(*dialect::read_multipart(whole, "B"), (json::object{{"a", "1"}, {"b", "2"}}));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto form = dialect::read_multipart(whole.substr(0, size), "B");
    ASSERT_TRUE(form);
    EXPECT_LE(form->size(), 2u);
  }
}

}  // namespace
