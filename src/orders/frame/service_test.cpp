// What the service does around its views, whatever they are: here, what the test has them do.
#include "frame/service.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <functional>
#include <new>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "dialect/python_json.h"
#include "store/error.h"

namespace {

using frame::Answer;
using frame::Call;
using frame::Mount;
using frame::Outcome;

/// A service, one request at a time, and what it logged. Each view runs `act`, and has it for an
/// answer.
class Bench {
 public:
  explicit Bench(frame::ServiceOptions options = {})
      : service_(served(), {clock_, metrics_}, std::move(options), [this](const auto& visit) {
          errors += visit.error;
          ids.emplace_back(visit.request_id);
        }) {}

  http::Response ask(std::string method, std::string target, http::Fields fields = {}) {
    if (!http::find(fields, "Host")) fields.push_back({"Host", "127.0.0.1:8000"});
    http::Request request{
        .method = std::move(method), .target = std::move(target), .fields = std::move(fields)};
    context_.restart();
    auto response = asio::co_spawn(context_, respond(std::move(request)), asio::use_future);
    context_.run();
    return response.get();
  }

  [[nodiscard]] std::string metrics() const { return metrics_.text(); }

  std::function<Outcome(const Call&)> act = [](const Call&) { return Answer{}; };
  std::string errors;
  std::vector<std::string> ids;

 private:
  /// Of a stream, its head.
  asio::awaitable<http::Response> respond(http::Request request) {
    net::Answer answer = co_await service_.answer(std::move(request));
    co_return std::move(answer.response);
  }

  frame::Served served() {
    using Kind = frame::Route::Kind;
    const auto run = [this](const Call& call) { return view(call); };
    const frame::Actions actions({{"GET", Kind::root, run},
                                  {"GET", Kind::list, run},
                                  {"POST", Kind::list, run},
                                  {"GET", Kind::detail, run},
                                  {"DELETE", Kind::detail, run}});
    return {.v1 = actions,
            .std = actions,
            .v2 = actions,
            .lab = {"naive"},
            .operations = [](Call&) { return operations(); },
            .events = [this](const Call& call) { return events(call); }};
  }

  asio::awaitable<Outcome> view(const Call& call) { co_return act(call); }
  static asio::awaitable<http::Response> operations() { co_return http::Response{}; }
  asio::awaitable<base::Result<net::Answer, frame::Problem>> events(const Call& call) {
    const Outcome outcome = act(call);
    if (!outcome) co_return base::failure(outcome.error());
    co_return http::Response{.status = outcome->status};
  }

  base::FakeClock clock_;
  metrics::Metrics metrics_;
  frame::Service service_;
  asio::io_context context_;
};

json::value body_of(const http::Response& response) {
  return dialect::read_json(response.body).value_or(json::value());
}

TEST(Service, TellsWhatFailedInsideByItsKindAlone) {
  using store::StoreError;
  struct Case {
    std::function<void()> fail;
    int status;
    const char* code;
    bool is_logged;
  };
  const Case cases[] = {
      {[] { throw StoreError(StoreError::Outcome::not_committed, "on fire"); }, 503,
       "database_unavailable", true},
      {[] { throw StoreError(StoreError::Outcome::unknown, "on fire"); }, 500, "outcome_unknown",
       true},
      {[] { throw store::Unsupported("no transactions"); }, 501, "strategy_unsupported", false},
      {[] { throw store::Unstorable("a NUL"); }, 400, "unstorable", false},
      {[] { throw std::logic_error("on fire"); }, 500, "internal", true},
      {[] { throw std::bad_alloc(); }, 500, "internal", true},
      {[] { throw 8; }, 500, "internal", true},
  };
  for (const auto& [fail, status, code, is_logged] : cases)
    for (const char* target : {"/api/v2/orders/8/", "/lab/naive/orders/", "/api/v2/events"}) {
      Bench bench;
      bench.act = [&fail = fail](const Call&) -> Outcome {
        fail();
        return Answer{};
      };
      const http::Response response = bench.ask("GET", target);
      EXPECT_EQ(response.status, status) << code << target;
      EXPECT_EQ(body_of(response).at("code"), code) << target;
      EXPECT_EQ(response.body.find("on fire"), std::string::npos) << "insides stay inside";
      EXPECT_EQ(bench.errors.empty(), !is_logged) << code;
      EXPECT_EQ(http::find(response.fields, "Retry-After").has_value(), status == 503);
    }
}

TEST(Service, WhatAViewSaysIsWrittenAsTheClientAsks) {
  Bench bench;
  bench.act = [](const Call&) { return Answer{.body = json::value{{"menu", "김밥"}}}; };
  const auto ask = [&](std::string target, http::Fields fields = {}) {
    return bench.ask("GET", std::move(target), std::move(fields));
  };
  EXPECT_EQ(ask("/api/v2/orders/8/").body, R"({"menu":"김밥"})");
  EXPECT_EQ(ask("/api/v2/orders/8/", {{"Accept", "application/json; indent=2"}}).body,
            "{\n  \"menu\": \"김밥\"\n}");
  EXPECT_TRUE(ask("/api/v1/orders/8/?format=api").body.starts_with("<!DOCTYPE html>"));
  EXPECT_EQ(ask("/api/v1/orders/8/", {{"Accept", "image/png"}}).status, 406);
  EXPECT_EQ(ask("/api/v1/orders/8/?format=png").status, 404);
}

TEST(Service, AMethodThatAPlaceDoesNotHaveIsRefusedWithThoseThatItHas) {
  Bench bench;
  for (const auto& [method, target, status] : {std::tuple{"HEAD", "/api/v1/orders/", 200},
                                               {"POST", "/api/v1/orders/", 200},
                                               {"DELETE", "/api/v1/orders/", 405},
                                               {"PUT", "/api/v2/orders/8/", 405},
                                               {"POST", "/openapi.json", 405},
                                               {"POST", "/api/v2/events", 405}})
    EXPECT_EQ(bench.ask(method, target).status, status) << method << target;
  const http::Response refused = bench.ask("DELETE", "/api/v1/orders/");
  EXPECT_EQ(http::find(refused.fields, "Allow"), "GET, POST, HEAD, OPTIONS");
  EXPECT_EQ(refused.body, R"({"detail":"Method \"DELETE\" not allowed."})");
}

TEST(Service, WhoeverHasNoTokenIsTurnedAwayBeforeTheView) {
  const callers::Tokens tokens("a key of our own, of more than 32 bytes");
  Bench bench({.tokens = tokens});
  int runs = 0;
  bench.act = [&runs](const Call& call) {
    ++runs;
    EXPECT_EQ(call.caller.has_value(), !is_original(call.route.mount));
    return Answer{};
  };
  for (const char* target : {"/api/v2/orders/", "/lab/naive/orders/", "/api/v2/events"})
    EXPECT_EQ(bench.ask("GET", target).status, 401) << target;
  EXPECT_EQ(runs, 0);
  const std::string token = tokens.sign({order::Role::customer, "a", base::Nanoseconds::max()}, {});
  EXPECT_EQ(bench.ask("GET", "/api/v2/orders/", {{"Authorization", "Bearer " + token}}).status,
            200);
  EXPECT_EQ(bench.ask("GET", "/api/v1/orders/").status, 200) << "the original asks nobody";
  EXPECT_EQ(runs, 2);
}

TEST(Service, CountsByAFewNamesWhateverClientsAskFor) {
  Bench bench;
  bench.ask("GET", "/lab/naive/orders/");
  bench.ask("GET", "/lab/hope/orders/");
  EXPECT_NE(bench.metrics().find(R"(mount="lab/naive")"), std::string::npos);
  EXPECT_NE(bench.metrics().find(R"(mount="lab")"), std::string::npos);
  EXPECT_EQ(bench.metrics().find("hope"), std::string::npos);
}

TEST(Service, WhatIsNotMountedIsNotThere) {
  const std::tuple<Mount, std::string, int> served[] = {
      {Mount::v1, "/api/v1/orders/", 200},    {Mount::v1, "/api/v1/orders", 301},
      {Mount::std, "/api/std/", 200},         {Mount::v2, "/api/v2/orders/", 200},
      {Mount::v2, "/api/v2/orders", 301},     {Mount::v2, "/api/v2/events", 200},
      {Mount::lab, "/lab/naive/orders/", 200}};
  for (const Mount mount : frame::all_mounts) {
    Bench bench({.mounts = {mount}});
    for (const auto& [of, target, status] : served)
      EXPECT_EQ(bench.ask("GET", target).status, of == mount ? status : 404) << target;
    const http::Response document = bench.ask("GET", "/openapi.json");
    const json::value paths = dialect::read_json(document.body)->at("paths");
    for (const auto& path : paths.as_object()) {
      const std::string_view place = path.key();
      const bool shared = place == "/livez" || place == "/readyz" || place == "/metrics" ||
                          place == "/openapi.json";
      EXPECT_TRUE(shared || place.starts_with(frame::place_of(mount))) << place;
    }
    EXPECT_GT(paths.as_object().size(), 4u);
    EXPECT_EQ(bench.ask("GET", "/livez").status, 200);
  }
  Bench bench({.mounts = {Mount::v2}, .debug = true});
  const std::string page = bench.ask("GET", "/api/v1/orders/").body;
  EXPECT_NE(page.find("/api/v2/"), std::string::npos);
  EXPECT_EQ(page.find("/lab/"), std::string::npos);
}

TEST(Service, HostsAreAllowedAsDjangoDoes) {
  const std::tuple<std::string, std::string, int> cases[] = {
      {"api.example", "api.example", 200},
      {"api.example", "API.example:8000", 200},
      {"api.example", "evil.example", 400},
      {".example", "a.b.example", 200},
      {".example", "example:80", 200},
      {".example", "notexample", 400},
      {"*", "anything", 200},
      {"[::1]", "[::1]:8000", 200},
      {"[::1]", "[::1]", 200},
      {"api.example", "", 400},
  };
  for (const auto& [allowed, host, status] : cases) {
    Bench bench({.allowed_hosts = {allowed}});
    EXPECT_EQ(bench.ask("GET", "/api/v1/", {{"Host", host}}).status, status)
        << allowed << " " << host;
    EXPECT_EQ(bench.ask("GET", "/livez", {{"Host", host}}).status, 200);
  }
}

TEST(Service, WithDebugARedirectThatWouldLoseABodyIsRefused) {
  for (const bool debug : {false, true}) {
    Bench bench({.debug = debug});
    for (const char* method : {"POST", "PUT", "PATCH"})
      EXPECT_EQ(bench.ask(method, "/api/v1/orders").status, debug ? 400 : 301);
    EXPECT_EQ(bench.ask("GET", "/api/v1/orders").status, 301);
    const http::Response nowhere = bench.ask("GET", "/nope/");
    EXPECT_EQ(nowhere.status, 404);
    EXPECT_EQ(nowhere.body.find("/api/v1/") != std::string::npos, debug);
  }
}

TEST(Service, BasicCredentialsAreRefusedWhereDjangoWouldCheckThem) {
  Bench bench;
  for (const auto& [target, status] :
       {std::pair{"/api/v1/", 403}, {"/api/std/", 403}, {"/api/v2/", 200}, {"/livez", 200}})
    EXPECT_EQ(bench.ask("GET", target, {{"Authorization", "Basic YTpi"}}).status, status) << target;
}

TEST(Service, ARequestKeepsItsIdIfThatIsPlain) {
  Bench bench;
  const auto id_for = [&](std::string given) {
    const http::Response response =
        bench.ask("GET", "/livez", {{"X-Request-Id", std::move(given)}});
    EXPECT_EQ(http::find(response.fields, "X-Request-Id"), bench.ids.back());
    return bench.ids.back();
  };
  EXPECT_EQ(id_for("abc-1.2_Z"), "abc-1.2_Z");
  EXPECT_NE(id_for("two words"), "two words");
  EXPECT_NE(id_for(std::string(65, 'x')), std::string(65, 'x'));
  EXPECT_NE(id_for(""), id_for(""));
}

}  // namespace
