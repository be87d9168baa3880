// What v2 says to one request after another. What happens when they come together, the end-to-end
// tests show.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

#include "frame/problem.h"
#include "views/bench_testing.h"

namespace {

using namespace std::chrono_literals;
using views::Bench;
using views::order_text;

json::value body_of(const http::Response& response) {
  auto read = dialect::read_json(response.body);
  EXPECT_TRUE(read.has_value()) << response.body;
  return read.value_or(json::value());
}

std::string_view field(const http::Response& response, std::string_view name) {
  return http::find(response.fields, name).value_or("");
}

/// The status and, of a problem, its code: "412 precondition_failed".
std::string told(const http::Response& response) {
  std::string text = std::to_string(response.status);
  if (field(response, "Content-Type") != "application/problem+json") return text;
  return text + " " + std::string(body_of(response).at("code").as_string());
}

constexpr char one[] = "/api/v2/orders/1/";
constexpr char cancel[] = R"({"status":"cancelled"})";
constexpr char rename[] = R"({"menu":"x"})";

TEST(V2, EveryRepresentationOfAnOrderHasAStrongTag) {
  Bench bench;
  const auto created = bench.ask("POST", "/api/v2/orders/", order_text);
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(field(created, "ETag"), "\"1\"");
  EXPECT_EQ(field(created, "Location"), one);
  EXPECT_EQ(field(bench.ask("GET", one), "ETag"), "\"1\"");
  EXPECT_EQ(field(bench.ask("PATCH", one, rename), "ETag"), "\"2\"");
  EXPECT_EQ(field(bench.ask("PUT", one, cancel), "ETag"), "\"3\"");
  EXPECT_EQ(field(bench.ask("GET", one, "", {{"Accept", "text/html"}}), "ETag"), "\"3-html\"");
  EXPECT_EQ(field(bench.ask("GET", one, "", {{"Accept", "application/json; indent=2"}}), "ETag"),
            "\"3-indent2\"");
  EXPECT_EQ(field(bench.ask("GET", "/api/v1/orders/1/"), "ETag"), "") << "the original has none";
}

TEST(V2, ChangesHappenOnlyToTheVersionsThatIfMatchLists) {
  struct Case {
    std::string if_match;
    std::string told;
  };
  const Case cases[] = {
      {"\"2\"", "200"},
      {"\"1\", \"2\"", "200"},
      {"\"2-html\"", "200"},
      {"*", "200"},
      {"\"1\"", "412 precondition_failed"},
      {"\"3\"", "412 precondition_failed"},
      {"W/\"2\"", "412 precondition_failed"},
      {"\"cafe\"", "412 precondition_failed"},
      {"2", "400 invalid_header"},
      {"", "400 invalid_header"},
  };
  for (const auto& [method, body, success] : {std::tuple{"PATCH", rename, "200"},
                                              {"PATCH", cancel, "200"},
                                              {"PUT", cancel, "200"},
                                              {"PUT", order_text, "200"},
                                              {"PATCH", "{}", "200"},
                                              {"DELETE", "", "204"}}) {
    for (const Case& c : cases) {
      Bench bench;
      bench.ask("POST", "/api/v2/orders/", order_text);
      bench.ask("PATCH", one, R"({"menu":"second"})");
      const auto answer = bench.ask(method, one, body, {{"If-Match", c.if_match}});
      const std::string wanted = c.told == "200" ? success : c.told;
      EXPECT_EQ(told(answer), wanted) << method << " " << body << " " << c.if_match;
      if (wanted == success) continue;
      const auto after = bench.ask("GET", one);
      EXPECT_EQ(body_of(after).at("version"), 2) << "nothing was changed";
      EXPECT_EQ(field(answer, "ETag"), answer.status == 412 ? field(after, "ETag") : "");
    }
  }
}

TEST(V2, AnOrderThatIsNotThereIsMissingWhateverIsWantedOfIt) {
  Bench bench;
  for (const char* if_match : {"*", "\"1\""})
    for (const auto& [method, body] :
         {std::pair{"GET", ""}, {"PATCH", rename}, {"PUT", cancel}, {"DELETE", ""}})
      EXPECT_EQ(told(bench.ask(method, one, body, {{"If-Match", if_match}})), "404 not_found");
}

TEST(V2, AStaleVersionComesBeforeTheRule) {
  Bench bench;
  bench.ask("POST", "/api/v2/orders/", order_text);
  bench.ask("PATCH", one, cancel);
  EXPECT_EQ(told(bench.ask("PATCH", one, R"({"status":"preparing"})", {{"If-Match", "\"1\""}})),
            "412 precondition_failed");
  EXPECT_EQ(told(bench.ask("PATCH", one, R"({"status":"preparing"})", {{"If-Match", "\"2\""}})),
            "409 illegal_transition");
}

TEST(V2, IfMatchCanBeRequired) {
  Bench bench({.require_if_match = true});
  EXPECT_EQ(bench.ask("POST", "/api/v2/orders/", order_text).status, 201);
  for (const auto& [method, body] :
       {std::pair{"PATCH", rename}, {"PUT", cancel}, {"PATCH", "{}"}, {"DELETE", ""}})
    EXPECT_EQ(told(bench.ask(method, one, body)), "428 precondition_required");
  EXPECT_EQ(bench.ask("PATCH", one, cancel, {{"If-Match", "\"1\""}}).status, 200);
  EXPECT_EQ(bench.ask("DELETE", one, "", {{"If-Match", "*"}}).status, 204);
}

TEST(V2, ReadsAreConditionalToo) {
  Bench bench;
  bench.ask("POST", "/api/v2/orders/", order_text);
  const auto same = bench.ask("GET", one, "", {{"If-None-Match", "W/\"1\", \"7\""}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(field(same, "ETag"), "\"1\"");
  EXPECT_EQ(field(same, "Vary"), "Accept");
  EXPECT_EQ(field(same, "Content-Type"), "");
  EXPECT_EQ(bench.ask("GET", one, "", {{"If-None-Match", "*"}}).status, 304);
  EXPECT_EQ(bench.ask("GET", one, "", {{"If-None-Match", "\"2\""}}).status, 200);
  EXPECT_EQ(bench.ask("GET", one, "", {{"If-None-Match", "\"1\""}, {"Accept", "text/html"}}).status,
            200);
  EXPECT_EQ(told(bench.ask("GET", one, "", {{"If-Match", "\"2\""}})), "412 precondition_failed");
}

// RFC 9110, 13.1.2: where a read is answered with 304, a change is refused.
TEST(V2, IfNoneMatchNamesTheVersionsThatAChangeMayNotFind) {
  struct Case {
    std::string if_none_match, if_match;  // empty: no such header
    bool is_made;
  };
  const Case cases[] = {
      {"*", "", false},          {"\"1\"", "", false},
      {"W/\"1\"", "", false},    {"\"7\", \"1\"", "", false},
      {"\"1-html\"", "", false}, {"\"2\"", "", true},
      {"\"abc\"", "", true},     {"\"1\"", "\"1\"", false},
      {"\"2\"", "\"1\"", true},  {"\"2\"", "\"2\"", false},
      {"*", "*", false},
  };
  const std::pair<const char*, const char*> changes[] = {
      {"PATCH", rename}, {"PATCH", "{}"}, {"PUT", cancel}, {"DELETE", ""}};
  for (const std::string mount : {"/api/v2/", "/lab/version/", "/lab/naive/"})
    for (const Case& each : cases)
      for (const auto& [method, body] : changes) {
        Bench bench;
        bench.ask("POST", "/api/v2/orders/", order_text);
        http::Fields fields = {{"If-None-Match", each.if_none_match}};
        if (!each.if_match.empty()) fields.push_back({"If-Match", each.if_match});
        const auto answer = bench.ask(method, mount + "orders/1/", body, fields);
        const std::string which = fmt::format("{} {}: {}", method, mount, each.if_none_match);
        if (each.is_made) {
          EXPECT_LT(answer.status, 300) << which;
        } else {
          EXPECT_EQ(told(answer), "412 precondition_failed") << which;
          EXPECT_EQ(field(answer, "ETag"), "\"1\"") << which;
        }
        EXPECT_EQ(told(bench.ask(method, mount + "orders/2/", body, fields)), "404 not_found");
      }
  Bench bench;
  EXPECT_EQ(told(bench.ask("DELETE", one, "", {{"If-None-Match", "1"}})), "400 invalid_header");
}

TEST(V2, AWholeOrderCanBePutBackAsItWasRead) {
  Bench bench;
  bench.ask("POST", "/api/v2/orders/", order_text);
  auto read = body_of(bench.ask("GET", one)).as_object();
  read["menu"] = "z";
  const auto put = bench.ask("PUT", one, dialect::write_json(read), {{"If-Match", "\"1\""}});
  EXPECT_EQ(put.status, 200);
  EXPECT_EQ(body_of(put).at("menu"), "z");
  EXPECT_EQ(told(bench.ask("PUT", one, R"({"status":"pending"})")), "409 same_status")
      << "who asks for the status alone wants to be the one who made it so";
}

TEST(V2, AKeyCreatesOneOrder) {
  Bench bench;
  const auto post = [&](std::string key, std::string body = order_text,
                        std::string where = "/api/v2/orders/") {
    return bench.ask("POST", std::move(where), std::move(body),
                     {{"Idempotency-Key", std::move(key)}});
  };
  const auto first = post("k");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(field(first, "Idempotent-Replayed"), "");
  bench.clock.advance(std::chrono::seconds(5));
  bench.ask("PATCH", one, cancel);
  const auto again = post("\"k\"");
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body) << "the first answer, whatever became of the order";
  EXPECT_EQ(field(again, "ETag"), field(first, "ETag"));
  EXPECT_EQ(field(again, "Location"), field(first, "Location"));
  EXPECT_EQ(field(again, "Idempotent-Replayed"), "true");
  EXPECT_EQ(
      told(post("k", R"({"customer_name":"a","restaurant_name":"b","menu":"c","total_price":2,)"
                     R"("delivery_address":"d"})")),
      "422 idempotency_key_reused");
  EXPECT_EQ(told(post("")), "400 invalid_header");
  EXPECT_EQ(told(post(std::string(256, 'k'))), "400 invalid_header");
  EXPECT_EQ(told(post("refused", "{}")), "400 invalid");
  EXPECT_EQ(post("refused").status, 201) << "what was refused has used no key";
  EXPECT_EQ(field(post("k", order_text, "/lab/lock/orders/"), "Location"), "/lab/lock/orders/3/")
      << "a key is for one place";
  EXPECT_EQ(body_of(bench.ask("GET", "/api/v2/orders/")).as_array().size(), 3u);
}

TEST(V2, ListsArePagesWithLinks) {
  Bench bench;
  for (int i = 0; i < 5; ++i) bench.ask("POST", "/api/v2/orders/", order_text);
  const auto link = [](const http::Response& page, const std::string& rel) {
    for (const http::Field& each : page.fields)
      if (each.name == "Link" && each.value.ends_with("rel=\"" + rel + "\""))
        return each.value.substr(1, each.value.find('>') - 1);
    return std::string();
  };
  const auto ids = [](const http::Response& page) {
    std::string all;
    const json::value orders = body_of(page);
    for (const json::value& order : orders.as_array())
      all += std::to_string(order.at("id").as_int64());
    return all;
  };
  const auto first = bench.ask("GET", "/api/v2/orders/?limit=2&search=b");
  EXPECT_EQ(ids(first), "12");
  EXPECT_EQ(link(first, "prev"), "");
  const auto second = bench.ask("GET", link(first, "next"));
  EXPECT_EQ(ids(second), "34");
  const auto third = bench.ask("GET", link(second, "next"));
  EXPECT_EQ(ids(third), "5");
  EXPECT_EQ(link(third, "next"), "");
  EXPECT_EQ(ids(bench.ask("GET", link(third, "prev"))), "34");
  EXPECT_EQ(ids(bench.ask("GET", link(third, "first"))), "12");
  EXPECT_EQ(link(first, "first"), "/api/v2/orders/?limit=2&search=b");
  EXPECT_EQ(ids(bench.ask("GET", "/api/v2/orders/?order=-id&limit=3")), "543");
  bench.ask("PATCH", "/api/v2/orders/4/", cancel);
  EXPECT_EQ(ids(bench.ask("GET", "/api/v2/orders/?status=cancelled")), "4");
  EXPECT_EQ(ids(bench.ask("GET", "/api/v2/orders/?customer_name=A")), "");
}

TEST(V2, UnknownParametersAreRefused) {
  Bench bench;
  bench.ask("POST", "/api/v2/orders/", order_text);
  for (const auto& [target, status] : {
           std::pair{"/api/v2/orders/?gap=5ms", 400},
           {"/api/v2/orders/?page=2", 400},
           {"/api/v2/orders/1/?gap=5ms", 400},
           {"/api/v2/orders/1/?limit=5", 400},
           {"/api/v2/orders/1/?format=json", 200},
           {"/api/v2/orders/1/history?x=1", 400},
           {"/api/v1/orders/1/?gap=5ms", 200},
           {"/api/std/orders/?gap=5ms", 200},
           {"/lab/lock/orders/1/?gap=5ms", 200},
           {"/lab/lock/orders/1/?gap=10s", 200},
           {"/lab/lock/orders/1/?gap=0s", 200},
           {"/lab/lock/orders/1/?gap=11s", 400},
           {"/lab/lock/orders/1/?gap=10001ms", 400},
           {"/lab/lock/orders/1/?gap=4294967295s", 400},
           {"/lab/lock/orders/1/?gap=5", 400},
           {"/lab/lock/orders/1/?gap=-5ms", 400},
           {"/lab/lock/orders/1/?gap=", 400},
           {"/lab/lock/orders/1/?gap=soon", 400},
       })
    EXPECT_EQ(bench.ask("GET", target).status, status) << target;
  EXPECT_EQ(body_of(bench.ask("GET", "/api/v2/orders/?gap=5ms")).at("errors").at(0).at("parameter"),
            "gap");
}

TEST(V2, AQueryThatIsTooLongIsNotAnEmptyOne) {
  Bench bench;
  std::string query = "?status=cancelled";
  for (int i = 1; i < 1'000; ++i) query += "&status=cancelled";
  EXPECT_EQ(told(bench.ask("GET", "/api/v2/orders/" + query)), "200");
  const auto beyond = bench.ask("GET", "/api/v2/orders/" + query + "&status=cancelled");
  EXPECT_EQ(told(beyond), "400 invalid_parameter");
  EXPECT_EQ(bench.ask("GET", "/api/v1/orders/" + query + "&x=1").status, 400) << "as Django does";
}

TEST(V2, HistoryTellsWhoChangedWhatWhen) {
  Bench bench;
  bench.ask("POST", "/api/v2/orders/", order_text);
  bench.clock.advance(std::chrono::seconds(1));
  bench.ask("PATCH", one, R"({"status":"preparing"})");
  bench.ask("PATCH", one, rename);
  bench.ask("PUT", "/api/std/orders/1/", order_text);
  const auto seen = [&] {
    std::string all;
    const json::value events = body_of(bench.ask("GET", "/api/v2/orders/1/history"));
    for (const json::value& each : events.as_array()) {
      json::object event = each.as_object();
      event.stable_erase("at");
      all += dialect::write_json(event) + "\n";
    }
    return all;
  };
  EXPECT_EQ(
      seen(),
      R"({"version":1,"kind":"created","from":null,"to":"pending","role":"customer","name":null})"
      "\n"
      R"({"version":2,"kind":"changed","from":"pending","to":"preparing","role":"restaurant","name":null})"
      "\n"
      R"({"version":3,"kind":"changed","from":"preparing","to":"preparing","role":null,"name":null})"
      "\n"
      R"({"version":4,"kind":"changed","from":"preparing","to":"preparing","role":null,"name":null})"
      "\n");
  bench.ask("DELETE", one, "", {{"X-Role", "restaurant"}});
  EXPECT_NE(seen().find(R"("kind":"removed","from":"preparing","to":null,"role":"restaurant")"),
            std::string::npos)
      << "a history outlives its order";
  EXPECT_EQ(told(bench.ask("GET", "/api/v2/orders/77/history")), "404 not_found");
  EXPECT_EQ(told(bench.ask("POST", "/api/v2/orders/1/history")), "405 method_not_allowed");
}

/// A store in which a's order is given to ben as soon as somebody has looked at it.
class RenamingStore final : public store::MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  using MemoryStore::perform;
  store::Get::Given perform(const store::Get& asked) override {
    std::optional<order::Order> found = MemoryStore::perform(asked);
    if (found && found->customer_name == "a")
      (void)update(asked.id, {.customer_name = "ben"}, {}, {}, order::Timestamp(1));
    return found;
  }
};

TEST(V2, WhatIsGivenAwayMeanwhileIsNoLongerTheCallers) {
  const callers::Tokens tokens("a key of our own, of more than 32 bytes");
  for (const auto& [method, mount, rest, body] : {std::tuple{"GET", "/api/v2/", "", ""},
                                                  {"GET", "/api/v2/", "history", ""},
                                                  {"PATCH", "/api/v2/", "", rename},
                                                  {"PATCH", "/api/v2/", "", cancel},
                                                  {"PATCH", "/api/v2/", "", "{}"},
                                                  {"PUT", "/api/v2/", "", cancel},
                                                  {"PUT", "/api/v2/", "", order_text},
                                                  {"PATCH", "/lab/version/", "", rename},
                                                  {"PATCH", "/lab/check-then-act/", "", cancel},
                                                  {"PATCH", "/lab/naive/", "", cancel}}) {
    const auto memory = std::make_shared<store::Memory>();
    Bench bench([&memory] { return std::make_unique<RenamingStore>(memory); }, {},
                {.tokens = tokens});
    const http::Field token{"Authorization", "Bearer " + tokens.sign({order::Role::customer, "a",
                                                                      bench.clock.wall() + 1min},
                                                                     bench.clock.wall())};
    ASSERT_EQ(bench.ask("POST", "/api/v2/orders/", order_text, {token}).status, 201);
    const std::string target = std::string(mount) + "orders/1/" + rest;
    EXPECT_EQ(told(bench.ask(method, target, body, {token})), "404 not_found") << method << target;
    const order::Order left = store::MemoryStore(memory).get(1).value();
    EXPECT_EQ(left.customer_name + " " + left.menu + " " + left.status, "ben c pending");
  }
}

TEST(V2, TheLabIsTheSameApiForEachStrategy) {
  for (const strategy::Strategy& each : strategy::all_strategies()) {
    Bench bench;
    const std::string orders = "/lab/" + std::string(each.name) + "/orders/";
    EXPECT_EQ(field(bench.ask("POST", orders, order_text), "Location"), orders + "1/");
    const auto changed = bench.ask("PATCH", orders + "1/", cancel);
    const bool in_transaction =
        each.name == "transaction" || each.name == "lock" || each.name == "serializable";
    // A map in memory has no transactions.
    EXPECT_EQ(told(changed), in_transaction ? "501 strategy_unsupported" : "200") << each.name;
    if (in_transaction) continue;
    EXPECT_EQ(field(changed, "ETag"), "\"2\"");
    EXPECT_EQ(told(bench.ask("PATCH", orders + "1/", rename, {{"If-Match", "\"1\""}})),
              "412 precondition_failed");
    EXPECT_EQ(told(bench.ask("PATCH", orders + "1/", R"({"status":"preparing"})")),
              each.name == "naive" ? "200" : "409 illegal_transition");
    EXPECT_EQ(bench.ask("GET", orders + "1/history").status, 200);
  }
  Bench bench;
  const auto unknown = bench.ask("GET", "/lab/hope/orders/");
  EXPECT_EQ(told(unknown), "404 not_found");
  EXPECT_NE(unknown.body.find("check-then-act"), std::string::npos) << "says what there is";
}

}  // namespace
