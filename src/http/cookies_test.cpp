#include "http/cookies.h"

#include <gtest/gtest.h>

namespace {

using http::CookieJar;
using http::CookieScope;
using std::chrono::seconds;

constexpr seconds now{1'700'000'000};  // Tue, 14 Nov 2023 22:13:20 GMT

struct Case {
  const char* lesson;
  std::vector<std::string> set;  // by http://shop.example/account/login
  CookieScope asked;
  const char* sent;
};

TEST(Cookies, GoWhereTheyBelong) {
  const CookieScope same{.host = "shop.example", .path = "/account/x", .now = now};
  const Case cases[] = {
      {"a session", {"id=1; HttpOnly; SameSite=Lax"}, same, "id=1"},
      {"several, and an equals sign in a value", {"a=1", "b=x=y"}, same, "a=1; b=x=y"},
      {"quotes are part of a value", {"a=\"1 2\""}, same, "a=\"1 2\""},
      {"the last one of a name", {"a=1", "a=2"}, same, "a=2"},
      {"hosts are not told apart by case",
       {"a=1"},
       {"Shop.Example", "/account/x", false, now},
       "a=1"},
      {"its path is the folder of the request", {"a=1"}, {"shop.example", "/", false, now}, ""},
      {"a path of its own", {"a=1; Path=/"}, {"shop.example", "/", false, now}, "a=1"},
      {"a path ends at a slash", {"a=1; Path=/ac"}, same, ""},
      {"a path and a query", {"a=1; Path=/q"}, {"shop.example", "/q?x=/", false, now}, "a=1"},
      {"longer paths first", {"a=1; Path=/", "b=2; Path=/account"}, same, "b=2; a=1"},
      {"the same name at two paths", {"a=1; Path=/", "a=2"}, same, "a=2; a=1"},
      {"another host", {"a=1"}, {"www.shop.example", "/account/x", false, now}, ""},
      {"a domain", {"a=1; Domain=.example"}, {"www.example", "/account/x", false, now}, "a=1"},
      {"a domain ends at a dot",
       {"a=1; Domain=example"},
       {"myexample", "/account/x", false, now},
       ""},
      {"a domain that is not the server's", {"a=1; Domain=other.example"}, same, ""},
      {"Secure from an open connection", {"a=1; Secure"}, same, ""},
      {"Max-Age that is over", {"a=1", "a=2; Max-Age=0"}, same, ""},
      {"Max-Age before Expires",
       {"a=1; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT"},
       same,
       "a=1"},
      {"Expires that is over", {"a=1", "a=; expires=Thu, 01-Jan-1970 00:00:00 GMT"}, same, ""},
      {"Expires that is not", {"a=1; Expires=Tue, 14 Nov 2023 22:13:21 GMT"}, same, "a=1"},
      {"a date that is none", {"a=1; Expires=soon"}, same, "a=1"},
      {"it grows old",
       {"a=1; Max-Age=60"},
       {"shop.example", "/account/x", false, now + seconds(60)},
       ""},
      {"no name", {"=1", "lonely", "", ";", "  = "}, same, ""},
      {"an empty value", {"a="}, same, "a="},
  };
  for (const Case& c : cases) {
    CookieJar jar;
    for (const std::string& field : c.set)
      jar.keep({{"Set-Cookie", field}},
               {.host = "shop.example", .path = "/account/login", .now = now});
    EXPECT_EQ(jar.header(c.asked), c.sent) << c.lesson;
  }
}

TEST(Cookies, SecureOnesGoOverSecureConnections) {
  CookieJar jar;
  CookieScope scope{.host = "127.0.0.1", .path = "/", .secure = true, .now = now};
  jar.keep({{"set-cookie", "a=1; Secure; Domain=127.0.0.1"}}, scope);
  EXPECT_EQ(jar.header(scope), "a=1");
  scope.secure = false;
  EXPECT_EQ(jar.header(scope), "");
}

TEST(Cookies, AJarHasABound) {
  CookieJar jar;
  const CookieScope scope{.host = "a", .path = "/", .now = now};
  for (std::size_t i = 0; i <= CookieJar::most_cookies; ++i)
    jar.keep({{"Set-Cookie", "c" + std::to_string(i) + "=1"}}, scope);
  const std::string header = jar.header(scope);
  EXPECT_EQ(header.find("c0="), std::string::npos);
  EXPECT_TRUE(header.starts_with("c1=1; c2=1"));
  jar.keep({{"Set-Cookie", "big=" + std::string(CookieJar::longest_cookie, 'x')}}, scope);
  EXPECT_EQ(jar.header(scope), header);
}

}  // namespace
