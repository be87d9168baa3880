// The document and the service are the same thing twice: what one has, the other has too.
#include "frame/openapi.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "base/json.h"
#include "frame/problem.h"
#include "views/bench_testing.h"

namespace {

const json::object& document() {
  static const json::value value = base::parse_json(frame::openapi_document()).value();
  return value.as_object();
}

const json::value& at(std::string_view pointer) {
  static const json::value whole = document();
  return whole.at_pointer(std::string(pointer));
}

TEST(OpenApi, ThereIsARouteForEachOperationAndTheOtherWayRound) {
  std::set<std::string> documented;
  for (const auto& path : at("/paths").as_object())
    for (const auto& operation : path.value().as_object()) {
      if (operation.key() == "parameters") continue;
      std::string method(operation.key());
      for (char& c : method) c = static_cast<char>(c - 'a' + 'A');
      documented.insert(method + " " + std::string(path.key()));
    }
  std::set<std::string> routed;
  views::Bench bench;
  for (const auto& route : bench.service.routes())
    routed.insert(std::string(route.method) + " " + route.path);
  EXPECT_EQ(documented, routed);
}

TEST(OpenApi, EachDocumentedPathLeadsThere) {
  views::Bench bench;
  for (const auto& path : at("/paths").as_object()) {
    std::string target(path.key());
    for (const auto& [name, value] : {std::pair{"{id}", "1"}, {"{strategy}", "version"}})
      if (const std::size_t place = target.find(name); place != target.npos)
        target.replace(place, std::string_view(name).size(), value);
    bench.ask("POST", "/api/v2/orders/", views::order_text);
    EXPECT_EQ(bench.ask("GET", target).status, 200) << target;
  }
}

/// What is asked in all ways, right and wrong, is answered with a status that is documented there.
TEST(OpenApi, EachStatusIsDocumentedWhereItIsSeen) {
  constexpr const char* bodies[] = {
      "", "{", "{}", R"({"status":"cancelled"})", R"({"quantity":0})", views::order_text};
  const http::Fields headers[] = {{},
                                  {{"Accept", "image/png"}},
                                  {{"Authorization", "Basic YTpi"}},
                                  {{"Content-Type", "text/plain"}},
                                  {{"Idempotency-Key", "k"}},
                                  {{"If-Match", "\"77\""}},
                                  {{"If-Match", "77"}},
                                  {{"If-None-Match", "*"}},
                                  {{"X-Role", "cook"}}};
  views::Bench bench({.processing_delay = base::Nanoseconds::zero()});
  const auto status_of = [&](const auto& route, const char* body, const http::Fields& fields,
                             const std::string& id, const char* query) {
    std::string target = route.path;
    for (const auto& [name, value] : {std::pair{std::string("{id}"), id}, {"{strategy}", "lock"}})
      if (const std::size_t place = target.find(name); place != target.npos)
        target.replace(place, name.size(), value);
    return bench.ask(std::string(route.method), target + query, body, fields).status;
  };
  std::int64_t orders = 0;
  for (const auto& route : bench.service.routes()) {
    std::string method(route.method);
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    const json::object& documented =
        document().at("paths").at(route.path).at(method).at("responses").as_object();
    for (const char* body : bodies)
      for (const http::Fields& fields : headers)
        for (const char* query : {"", "?nonsense=1"}) {
          for (const std::string& id : {std::to_string(orders), std::string("777777")}) {
            const int status = status_of(route, body, fields, id, query);
            EXPECT_TRUE(documented.contains(std::to_string(status)))
                << route.method << " " << route.path << query << " " << body << " "
                << (fields.empty() ? "" : fields.front().name) << " " << status;
          }
          if (route.method == "DELETE" || orders == 0) {
            const auto created = bench.ask("POST", "/api/v2/orders/", views::order_text);
            orders = base::parse_json(created.body)->at("id").as_int64();
          }
        }
    // Where the database may be away, it may be lost as well.
    if (route.path.starts_with("/api/") || route.path.starts_with("/lab/")) {
      EXPECT_EQ(documented.contains("500"), documented.contains("503")) << route.path;
    }
  }
}

TEST(OpenApi, EachReferenceLeadsSomewhereAndEachComponentIsReferredTo) {
  std::set<std::string> referred;
  const std::function<void(const json::value&)> look = [&](const json::value& value) {
    if (const json::array* array = value.if_array())
      for (const json::value& each : *array) look(each);
    if (const json::object* object = value.if_object())
      for (const auto& member : *object) {
        if (member.key() == "$ref")
          referred.insert(std::string(member.value().as_string()).substr(1));
        look(member.value());
      }
  };
  look(document());
  for (const std::string& pointer : referred) EXPECT_NO_THROW((void)at(pointer)) << pointer;
  for (const auto& kind : at("/components").as_object()) {
    if (kind.key() == "securitySchemes") continue;  // referred to by their names alone
    for (const auto& each : kind.value().as_object())
      EXPECT_TRUE(referred.contains("/components/" + std::string(kind.key()) + "/" +
                                    std::string(each.key())))
          << each.key();
  }
}

TEST(OpenApi, ItsCodesAreThoseOfTheService) {
  std::set<std::string> codes;
  for (const frame::ProblemKind& kind : frame::problem_kinds())
    codes.insert(std::string(kind.code));
  std::set<std::string> complaints;
  for (const std::string_view code : frame::complaint_codes()) complaints.insert(std::string(code));
  const auto enumerated = [](std::string_view schema) {
    std::set<std::string> all;
    const std::string place = "/components/schemas/" + std::string(schema);
    for (const json::value& code : at(place + "/properties/code/enum").as_array())
      all.insert(std::string(code.as_string()));
    return all;
  };
  EXPECT_EQ(enumerated("Problem"), codes);
  EXPECT_EQ(enumerated("Error"), complaints);
  for (const auto& response : at("/components/responses").as_object()) {
    const json::object* content = response.value().as_object().contains("content")
                                      ? &response.value().at("content").as_object()
                                      : nullptr;
    if (content == nullptr || !content->contains("application/problem+json")) continue;
    const json::value& example = content->at("application/problem+json").at("example");
    EXPECT_TRUE(codes.contains(std::string(example.at("code").as_string()))) << response.key();
    for (const frame::ProblemKind& kind : frame::problem_kinds())
      if (example.at("code").as_string() == kind.code) {
        EXPECT_EQ(example.at("status").as_int64(), kind.status);
        EXPECT_EQ(example.at("title").as_string(), kind.title);
      }
  }
}

TEST(OpenApi, ItsExamplesAreTaken) {
  views::Bench bench({.processing_delay = base::Nanoseconds::zero()});
  const auto example = [](std::string_view body, std::string_view place) {
    return base::to_text(at("/components/requestBodies/" + std::string(body) +
                            "/content/application~1json/" + std::string(place)));
  };
  EXPECT_EQ(bench.ask("POST", "/api/v2/orders/", example("Draft", "example")).status, 201);
  const std::string order = "/api/v2/orders/1/";
  EXPECT_EQ(bench.ask("PUT", order, example("Put", "examples/whole/value")).status, 200);
  EXPECT_EQ(bench.ask("PATCH", order, example("Patch", "examples/move/value")).status, 200);
  EXPECT_EQ(bench.ask("PUT", order, example("Put", "examples/accept/value")).status, 200);
  EXPECT_EQ(bench.ask("PUT", "/api/v1/orders/1/", example("V1Update", "example")).status, 200);
}

}  // namespace
