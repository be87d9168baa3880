#include "scenario/target.h"

#include <gtest/gtest.h>

#include <vector>

namespace {

TEST(Links, LeadFromAPath) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"/a/b", "/c?x=1#y", "/c?x=1"},
      {"/a/b", "c", "/a/c"},
      {"/a/b?x=/y/z", "c", "/a/c"},
      {"/a/b/", "c", "/a/b/c"},
      {"/a/b", "../c/./d", "/c/d"},
      {"/a/b", "../../../c", "/c"},
      {"/a/b", "..", "/"},
      {"/a/b/c", ".", "/a/b/"},
      {"/a/b", "?y=2", "/a/b?y=2"},
      {"/a/b?x=1", "", "/a/b?x=1"},
      {"/a/b?x=1", "#top", "/a/b?x=1"},
      {"/a", "/b?to=../c", "/b?to=../c"},
      {"/", "/", "/"},
  };
  for (const auto& [from, link, to] : cases)
    EXPECT_EQ(scenario::resolve_path(from, link), to) << from << " " << link;
}

TEST(Targets, AreHttpUrlsWithoutAPath) {
  const std::pair<const char*, const char*> good[] = {
      {"http://127.0.0.1:8000", "http://127.0.0.1:8000"},
      {"http://127.0.0.1:8000/", "http://127.0.0.1:8000"},
      {"HTTP://LocalHost:80", "http://localhost:80"},
      {"http://shop.test", "http://shop.test:80"},
      {"http://[::1]:8000", "http://[::1]:8000"},
      {"http://[::1]", "http://[::1]:80"},
      {"https://Shop.test", "https://shop.test:443"},
      {"https://[::1]:8443/", "https://[::1]:8443"},
  };
  for (const auto& [url, base] : good) {
    ASSERT_TRUE(scenario::parse_base(url)) << url;
    EXPECT_EQ(*scenario::parse_base(url), base);
  }
  for (const char* url :
       {"", "127.0.0.1:8000", "localhost", "ftp://x", "https://", "http://", "http://:80",
        "http://x:0", "http://x:65536", "http://x:8a", "http://x:", "http://u:p@x", "http://x/api",
        "http://x?q", "http://x y", "http://[::1", "http:/x"})
    EXPECT_FALSE(scenario::parse_base(url)) << url;
}

TEST(Proxies, AreSpokenToWithoutTls) {
  const scenario::Proxy proxy = scenario::parse_proxy("http://Proxy.test").value();
  EXPECT_EQ(proxy.url, "http://proxy.test:80");
  EXPECT_EQ(proxy.authorization, "");
  EXPECT_FALSE(scenario::parse_proxy("proxy.test:80"));
  EXPECT_EQ(scenario::parse_proxy("https://proxy.test").error(),
            "expected a proxy's http://host:port, found \"https://proxy.test\"");
}

TEST(Proxies, MayKnowTheirUsers) {
  const std::pair<const char*, const char*> cases[] = {
      {"http://me:secret@proxy.test:3128", "Basic bWU6c2VjcmV0"},
      {"http://me@proxy.test:3128", "Basic bWU6"},
      {"http://me:a%40b%3Ac@proxy.test:3128", "Basic bWU6YUBiOmM="},
      {"http://me:a@b@proxy.test:3128", "Basic bWU6YUBi"},
  };
  for (const auto& [url, authorization] : cases) {
    const auto proxy = scenario::parse_proxy(url);
    ASSERT_TRUE(proxy) << proxy.error();
    EXPECT_EQ(proxy->url, "http://proxy.test:3128");
    EXPECT_EQ(proxy->authorization, authorization);
  }
  EXPECT_EQ(scenario::parse_proxy("https://me:secret@proxy.test").error(),
            "expected a proxy's http://host:port, found \"https://proxy.test\"");
  EXPECT_EQ(scenario::parse_proxy("http://me:secret@:1").error().find("secret"), std::string::npos);
}

TEST(Targets, AreReducedToTheirPath) {
  const std::vector<std::string> bases = {"http://127.0.0.1:8000", "http://b.test:80",
                                          "https://c.test:443"};
  const std::pair<const char*, const char*> good[] = {
      {"/a/b?c=d", "/a/b?c=d"},       {"http://127.0.0.1:8000/a?b", "/a?b"},
      {"http://127.0.0.1:8000", "/"}, {"http://127.0.0.1:8000?q=1", "/?q=1"},
      {"http://B.test/x", "/x"},      {"http://b.test:80/x", "/x"},
      {"https://C.test/x?y", "/x?y"},
  };
  for (const auto& [target, path] : good) {
    ASSERT_TRUE(scenario::origin_form(target, bases)) << target;
    EXPECT_EQ(*scenario::origin_form(target, bases), path);
  }
  for (const char* target : {"", "a/b", "http://127.0.0.1:80001/x", "http://127.0.0.1/x",
                             "http://b.test.evil/x", "http://b.test@evil/x", "https://b.test/x"})
    EXPECT_FALSE(scenario::origin_form(target, bases)) << target;
}

TEST(Escapes, AreWhereTheyMustBe) {
  EXPECT_EQ(scenario::encode_url("/a-b/%20/100%/떡?q=x y&z=[1]"),
            "/a-b/%20/100%25/%EB%96%A1?q=x%20y&z=[1]");
  EXPECT_EQ(scenario::encode_component("a/b?c#d e&f=%20떡~_.-"),
            "a%2Fb%3Fc%23d%20e%26f%3D%2520%EB%96%A1~_.-");
  EXPECT_EQ(scenario::encode_form("a b+c&떡*~"), "a+b%2Bc%26%EB%96%A1*%7E");
}

}  // namespace
