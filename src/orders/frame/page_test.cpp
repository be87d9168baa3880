#include "frame/page.h"

#include <gtest/gtest.h>

namespace {

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

TEST(BrowsablePage, ShowsTheAnswerAndNothingOfItAsMarkup) {
  const http::Response response{.status = 404, .fields = {{"Allow", "GET, <b>"}}};
  const std::string page =
      frame::browsable_page({.name = "Order V1 List",
                             .description = "a & b",
                             .method = "GET",
                             .target = "/?a=\"'><script>",
                             .json = R"({"menu": "<script>alert(1)</script> '&'"})"},
                            response);
  EXPECT_TRUE(contains(page, "<title>Order V1 List"));
  EXPECT_TRUE(contains(page, "HTTP 404 Not Found"));
  EXPECT_TRUE(contains(page, "a &amp; b"));
  EXPECT_TRUE(contains(page, "&lt;script&gt;alert(1)&lt;/script&gt; &#x27;&amp;&#x27;"));
  EXPECT_FALSE(contains(page, "<script"));
  EXPECT_FALSE(contains(page, "<b>\n"));
}

TEST(BrowsablePage, LinksUrlsThatStayInsideTheirQuotes) {
  const auto page_of = [](std::string_view json) {
    return frame::browsable_page({.method = "GET", .target = "/", .json = json}, {});
  };
  EXPECT_TRUE(contains(page_of(R"({"orders": "http://h/o/?a=1&b=2"})"),
                       R"(<a href="http://h/o/?a=1&amp;b=2">http://h/o/?a=1&amp;b=2</a>)"));
  const std::string tricky = page_of(R"({"menu": "http://h/\" onclick=\"x"})");
  EXPECT_TRUE(contains(tricky, R"(<a href="http://h/\">)")) << "the quote is escaped, and ends it";
  EXPECT_FALSE(contains(tricky, "\" onclick"));
  EXPECT_FALSE(contains(page_of(R"({"menu": "http://cut)"), "<a"));
  EXPECT_FALSE(contains(page_of(R"({"menu": "javascript:x"})"), "<a"));
}

}  // namespace
