#include "scenario/fill.h"

#include <gtest/gtest.h>

#include <map>

#include "expression/expression.h"
#include "scenario/parse.h"

namespace {

using scenario::Body;
using scenario::HeaderTemplate;
using scenario::Request;
using scenario::Scenario;

json::value parsed(std::string_view text) { return *base::parse_json(text); }

/// Plain paths, and the programs of these tests with what jq makes of them; the evaluator's tests
/// put the same templates to jq itself.
base::Result<json::value, expression::Failure> jq(const std::string& program,
                                                  const json::value& input) {
  static const std::map<std::string, json::value> outputs = {
      {".order + 1", 42},
      {R"(.["$uuid"] as $uuid | $uuid | .[0:4])", "6f1c"},
      {".name | @base64", "65ahIOuztuydtA=="},
      {R"(.["$index"] as $index | "user-" + ($index | tostring) + ":" + (.token | tostring) + "!" )"
       "| @base64",
       "dXNlci0wMzp0MGsh"},
  };
  static const std::map<std::string, std::string> failures = {
      {".order | foo", "foo/0 is not defined"},
      {".order.x", R"(Cannot index number with string "x")"},
      {".order | empty", "the program gave no output"},
  };
  if (const auto output = outputs.find(program); output != outputs.end()) return output->second;
  if (const auto failure = failures.find(program); failure != failures.end())
    return base::failure(expression::Failure{.message = failure->second});
  const auto path = expression::parse_path(program);
  const json::value* found = path ? expression::find(input, *path) : nullptr;
  if (found == nullptr)
    return base::failure(expression::Failure{.message = "not a program of these tests"});
  return *found;
}

class Fill : public testing::Test {
 protected:
  Scenario scenario{
      .file = "x.yaml",
      .targets = {"http://127.0.0.1:8000"},
      .actors = {{.name = "u",
                  .label = "U",
                  .headers = {{"Authorization", {"Bearer {{token}}", {}}}, {"X-Who", {"u", {}}}},
                  .variables = {{"tenant", 7}, {"order", "the caller's binding wins"}}}}};
  json::object bindings = parsed(R"({"order": 41, "name": "떡 볶이", "odd": "a/b?c#d&e=%20",
    "token": "t0k", "null": null, "list": [1, "x"], "rate": 0.5, "$uuid": "6f1c-aa", "$index": "03",
    "$base": "http://127.0.0.1:8000", "next": "/api/x/?page=2", "other": "http://evil.test/x",
    "break": "x\r\nEvil: y", "big": 9007199254740993})")
                              .as_object();

  std::string filled(const std::string& text) {
    const auto value = fill(scenario, scenario::Template{text, {3, 5}}, bindings, jq);
    return value ? base::to_text(*value) : "error: " + value.error().message;
  }

  base::Result<http::Request, scenario::Problem> request(const Request& request) {
    return fill(scenario, request, bindings, jq);
  }

  std::string target(const std::string& text) {
    const auto result = request({.method = "GET", .target = {text, {3, 5}}});
    return result ? result->target : "error: " + result.error().message;
  }

  std::string body(Body::Kind kind, const json::value& value) {
    const auto result =
        request({.method = "POST", .target = {"/", {}}, .body = {kind, value, {4, 9}}});
    return result ? result->body : "error: " + result.error().message;
  }
};

TEST_F(Fill, KeepsTheTypeOfALoneName) {
  const std::pair<const char*, const char*> cases[] = {
      {"{{order}}", "41"},
      {"{{ order }}", "41"},
      {"{{null}}", "null"},
      {"{{list}}", R"([1,"x"])"},
      {"{{big}}", "9007199254740993"},
      {"{{.big}}", "9007199254740993"},
      {"{{ .order + 1 }}", "42"},
      {"{{ $uuid | .[0:4] }}", "\"6f1c\""},
      {"{{.list[1]}}", "\"x\""},
      // near misses: anything beside it makes a text
      {" {{order}}", "\" 41\""},
      {"{{order}}{{order}}", "\"4141\""},
      {"o-{{order}}", "\"o-41\""},
      {"{{list}}!", R"("[1,\"x\"]!")"},
      {"{{$uuid}}-{{$index}}", "\"6f1c-aa-03\""},
      {"{{ .name | @base64 }}.", "\"65ahIOuztuydtA==.\""},
      {"", "\"\""},
      {"plain", "\"plain\""},
      {"{{nothing}}", "error: nothing binds {{nothing}}"},
      {"{{null}}!", "error: {{null}} is null, which cannot be part of a text"},
      {"{{.nothing}}!", "error: {{.nothing}} is null, which cannot be part of a text"},
      {"{{ .order | foo }}", "error: {{ .order | foo }}: foo/0 is not defined"},
      {"{{ .order.x }}", "error: {{ .order.x }}: Cannot index number with string \"x\""},
      {"{{ .order | empty }}", "error: {{ .order | empty }}: the program gave no output"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(filled(text), expected) << text;
}

TEST_F(Fill, EncodesTargets) {
  const std::pair<const char*, const char*> cases[] = {
      {"/orders/{{order}}/", "/orders/41/"},
      {"/orders/{{name}}/", "/orders/%EB%96%A1%20%EB%B3%B6%EC%9D%B4/"},
      {"/orders/{{odd}}/?q={{odd}}",
       "/orders/a%2Fb%3Fc%23d%26e%3D%2520/?q=a%2Fb%3Fc%23d%26e%3D%2520"},
      {"/메뉴/?이름=떡&a=b", "/%EB%A9%94%EB%89%B4/?%EC%9D%B4%EB%A6%84=%EB%96%A1&a=b"},
      {"/a%20b/100%", "/a%20b/100%25"},
      {"http://127.0.0.1:8000/x?y", "/x?y"},
      {"http://127.0.0.1:8000", "/"},
      {"{{$base}}/x/{{odd}}", "/x/a%2Fb%3Fc%23d%26e%3D%2520"},
      {"{{next}}", "/api/x/?page=2"},
      {"{{other}}", "error: \"http://evil.test\" is not one of the targets"},
      {"http://127.0.0.1:80001/x", "error: \"http://127.0.0.1:80001\" is not one of the targets"},
      {"{{order}}",
       "error: expected a path that begins with /, or a URL of a target, found \"41\""},
      {"/{{null}}", "error: {{null}} is null, which cannot be part of a text"},
      {"/{{break}}", "/x%0D%0AEvil%3A%20y"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(target(text), expected) << text;
}

TEST_F(Fill, WritesBodies) {
  EXPECT_EQ(body(Body::Kind::none, nullptr), "");
  EXPECT_EQ(
      body(Body::Kind::json, parsed(R"({"id": "{{order}}", "k{{order}}": ["{{name}}", 1.5, 1.0,
              18000.5, true, null, "o-{{order}}"], "": {}, "e": []})")),
      R"({"id":41,"k41":["떡 볶이",1.5,1.0,18000.5,true,null,"o-41"],"":{},"e":[]})");
  EXPECT_EQ(body(Body::Kind::json, "{{list}}"), R"([1,"x"])");
  EXPECT_EQ(body(Body::Kind::json, parsed(R"({"{{order}}": 1, "41": 2})")),
            "error: the key \"41\" appears twice after filling");
  EXPECT_EQ(body(Body::Kind::text, "a\n{{order}} 떡"), "a\n41 떡");
  EXPECT_EQ(body(Body::Kind::form, parsed(R"({"a": "{{odd}}", "b c": "x y", "떡": ""})")),
            "a=a%2Fb%3Fc%23d%26e%3D%2520&b+c=x+y&%EB%96%A1=");
}

TEST_F(Fill, SendsTheHeadersOfRequestAndActor) {
  const auto result = request({.method = "PUT",
                               .target = {"/{{tenant}}/{{order}}", {}},
                               .headers = {{"x-who", {"me {{order}}", {}}}},
                               .body = {Body::Kind::json, parsed("{}"), {}},
                               .actor = "u"});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->method, "PUT");
  EXPECT_EQ(result->target, "/7/41");
  ASSERT_EQ(result->fields.size(), 3U);
  EXPECT_EQ(http::find(result->fields, "Authorization"), "Bearer t0k");
  EXPECT_EQ(http::find(result->fields, "X-Who"), "me 41") << "the request's own wins";
  EXPECT_EQ(http::find(result->fields, "Content-Type"), "application/json");
}

TEST_F(Fill, LeavesAGivenContentTypeAlone) {
  const auto result = request({.method = "PATCH",
                               .target = {"/", {}},
                               .headers = {{"content-type", {"application/merge-patch+json", {}}}},
                               .body = {Body::Kind::json, parsed("{}"), {}}});
  ASSERT_EQ(result->fields.size(), 1U);
  EXPECT_EQ(result->fields[0].value, "application/merge-patch+json");
  const auto form = request(
      {.method = "POST", .target = {"/", {}}, .body = {Body::Kind::form, json::object{}, {}}});
  EXPECT_EQ(http::find(form->fields, "Content-Type"), "application/x-www-form-urlencoded");
}

TEST_F(Fill, RefusesHeadersThatBreakTheLine) {
  const auto result =
      request({.method = "GET", .target = {"/", {}}, .headers = {{"X-A", {"{{break}}", {8, 3}}}}});
  ASSERT_FALSE(result);
  EXPECT_EQ(scenario::to_text(result.error()),
            "x.yaml:8:3: the header X-A would contain a line break or NUL after filling");
}

TEST_F(Fill, WritesBasicAuthorizationWithTemplates) {
  const auto given = scenario::parse(
      "x.yaml",
      "target: http://h\nactors: {u: {basic: 'user-{{$index}}:{{token}}!', token: t0k}}\n"
      "race: {a: {request: GET /, as: u}, b: GET /}",
      [](const std::string&) { return std::nullopt; });
  ASSERT_TRUE(given) << scenario::to_text(given.error().front());
  const auto result = fill(*given, given->race[0].steps[0], bindings, jq);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(http::find(result->fields, "authorization"), "Basic dXNlci0wMzp0MGsh");
}

TEST(AsValue, ShowsExpressionsWhatAnAnswerIs) {
  const auto shown = [](std::optional<std::string> type, std::string body) {
    http::Response response{.status = 201, .body = std::move(body)};
    if (type) response.fields.push_back({"Content-Type", *type});
    return base::to_text(scenario::as_value(response).at("body"));
  };
  EXPECT_EQ(shown("application/json", R"({"id": 9007199254740993})"), R"({"id":9007199254740993})");
  EXPECT_EQ(shown("application/problem+json; charset=utf-8", "{}"), "{}");
  EXPECT_EQ(shown("Application/JSON ; x=y", "[1]"), "[1]");
  EXPECT_EQ(shown(std::nullopt, "{\"a\":1}"), "{\"a\":1}");
  // near misses
  EXPECT_EQ(shown("text/plain", "{\"a\":1}"), R"("{\"a\":1}")");
  EXPECT_EQ(shown("application/jsonp", "1"), "\"1\"");
  EXPECT_EQ(shown("application/json", "{\"a\":"), R"("{\"a\":")");
  EXPECT_EQ(shown("application/json", ""), "\"\"");
  EXPECT_EQ(shown("text/html", "떡볶이"), "\"떡볶이\"");
  EXPECT_EQ(shown("image/png", "\x89PNG"), "\"\xC2\x89PNG\"") << "bytes as ISO 8859-1";

  const json::value answer = scenario::as_value(
      {.status = 409,
       .fields = {{"ETag", "\"1\""}, {"Set-Cookie", "a=1"}, {"set-cookie", "b=2"}},
       .body = "no"});
  EXPECT_EQ(base::to_text(answer),
            R"({"status":409,"headers":{"etag":"\"1\"","set-cookie":"a=1, b=2"},"body":"no"})");
}

}  // namespace
