#include "scenario/curl.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace {

/// "POST /x [A: b] body", or what is wrong.
std::string reading_of(std::string_view command) {
  const auto read = scenario::parse_curl(command);
  if (!read) return "error: " + read.error();
  std::string text = read->method + " " + read->path;
  for (const auto& [name, value] : read->headers) text += fmt::format(" [{}: {}]", name, value);
  if (read->credentials) text += " user " + *read->credentials;
  if (read->follows_redirects) text += " follows";
  if (read->body) text += " body " + *read->body;
  return text;
}

TEST(Curl, ReadsWhatBrowsersCopy) {
  EXPECT_EQ(reading_of(R"(curl 'http://localhost:8000/orders/8/?x=1' \
  -X 'PUT' \
  -H 'Accept: */*' \
  -H 'Accept-Encoding: gzip, deflate' \
  -H 'Connection: keep-alive' \
  -H 'Content-Type: application/json' \
  -b 'sessionid=abc; theme=dark' \
  -H 'User-Agent: Mozilla/5.0' \
  --data-raw $'{"name":"Zo\u00eb\'s \\"x\\""}' \
  --compressed --insecure)"),
            R"(PUT /orders/8/?x=1 [Accept: */*] [Content-Type: application/json] )"
            R"([Cookie: sessionid=abc; theme=dark] body {"name":"Zoë's \"x\""})");
}

TEST(Curl, ReadsItsOptions) {
  const std::pair<const char*, const char*> cases[] = {
      {"curl http://a:1", "GET /"},
      {"curl http://a:1?x=1", "GET /?x=1"},
      {"curl a:1/b#c", "GET /b"},
      {"curl /orders/{{order}}", "GET /orders/{{order}}"},
      {"curl '{{next}}'", "GET {{next}}"},
      {"curl http://a/{{x}}", "GET /{{x}}"},
      {"curl --url http://a/b", "GET /b"},
      {"curl -XDELETE http://a/b", "DELETE /b"},
      {"curl -sSLi http://a/b", "GET /b follows"},
      {"curl -I http://a/b", "HEAD /b"},
      {"curl http://a -d x=1 -d y=2",
       "POST / [Content-Type: application/x-www-form-urlencoded] body x=1&y=2"},
      {"curl -G http://a/?q=0 -d x=1", "GET /?q=0&x=1"},
      {"curl http://a --json '{}'",
       "POST / [Content-Type: application/json] [Accept: application/json] body {}"},
      {"curl http://a -u me:secret", "GET / user me:secret"},
      {"curl http://a --data-raw @me",
       "POST / [Content-Type: application/x-www-form-urlencoded] body @me"},
      {R"(curl "http://a/\"b\"" -H "A: \$x\y" -e http://b)",
       R"(GET /"b" [A: $x\y] [Referer: http://b])"},
      {"curl http://a -H 'Empty;' ", "error: expected a header, name: value, found \"Empty;\""},
      {"curl http://a -H 'Host: b' -H 'Gone:'", "GET /"},
      {"wget http://a", "error: expected a curl command"},
      {"", "error: expected a curl command"},
      {"curl", "error: expected a URL, found none"},
      {"curl a b", "error: expected one URL, found another: \"b\""},
      {"curl 'http://a", "error: a quote is not closed"},
      {"curl http://a -X", "error: -X needs a value"},
      {"curl http://a | jq .", "error: '|' has a meaning in the shell; quote it"},
      {"curl http://a/?x=1&y=2", "error: '&' has a meaning in the shell; quote it"},
      {"curl http://a -b jar.txt", "error: -b jar.txt: expected cookies, found the name of a file"},
  };
  for (const auto& [command, expected] : cases) EXPECT_EQ(reading_of(command), expected) << command;
  EXPECT_TRUE(
      reading_of("curl -F file=@x http://a").starts_with("error: -F is not known here; known"));
  EXPECT_TRUE(
      reading_of("curl --proxy x http://a").starts_with("error: --proxy is not known here"));
  EXPECT_TRUE(
      reading_of("curl http://a -d @file").starts_with("error: -d @file: expected what is sent"));
}

}  // namespace
