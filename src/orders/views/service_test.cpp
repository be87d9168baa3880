// What the end-to-end tests cannot bring about: failures of the database, and its boundary.
#include "frame/service.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "views/bench_testing.h"

namespace {

using Outcome = store::StoreError::Outcome;
using service::Bench;
using service::order_text;

/// A store whose every operation fails.
class FailingStore final : public store::LocalStore {
 public:
  explicit FailingStore(Outcome outcome) : outcome_(outcome) {}
  std::vector<order::Order> list(order::OrderId, std::size_t) override { fail(); }
  std::vector<order::Order> select(const store::Selection&) override { fail(); }
  std::vector<order::Order> excerpt(const store::Excerpt&) override { fail(); }
  std::size_t count(const std::vector<std::string>&) override { fail(); }
  std::optional<order::Order> get(order::OrderId) override { fail(); }
  order::Order insert(const order::Draft&, const store::Actor&, order::Timestamp) override {
    fail();
  }
  base::Result<store::Created, store::NotCreated> insert_once(const std::string&,
                                                              const std::string&,
                                                              const order::Draft&,
                                                              const store::Actor&,
                                                              order::Timestamp) override {
    fail();
  }
  std::size_t insert_absent(std::span<const order::Order>) override { fail(); }
  order::Order save(const order::Order&, const store::Actor&) override { fail(); }
  base::Result<order::Order, store::Lost> update(order::OrderId, const order::Changes&,
                                                 const store::Versions&, const store::Actor&,
                                                 order::Timestamp) override {
    fail();
  }
  base::Result<order::Order, store::Lost> transition(order::OrderId,
                                                     std::span<const order::OrderStatus>,
                                                     order::OrderStatus, const order::Changes&,
                                                     const store::Versions&, const store::Actor&,
                                                     order::Timestamp) override {
    fail();
  }
  base::Result<order::Order, store::Lost> remove(order::OrderId, const store::Versions&,
                                                 const store::Actor&, order::Timestamp) override {
    fail();
  }
  std::vector<store::Event> history(order::OrderId) override { fail(); }
  std::vector<store::Event> events(store::Position, std::size_t) override { fail(); }
  store::Position last_event() override { fail(); }
  void ping() override { fail(); }

 private:
  [[noreturn]] void fail() const { throw store::StoreError(outcome_, "the disk is on fire"); }
  Outcome outcome_;
};

TEST(Service, WhenTheDatabaseIsLostNothingIsSaidToHaveHappened) {
  Bench bench([] { return std::make_unique<FailingStore>(Outcome::not_committed); });
  for (const auto& [method, target, body] :
       {std::tuple{"GET", "/api/v1/orders/", ""},
        {"POST", "/api/std/orders/", order_text},
        {"PUT", "/api/v1/orders/8/", R"({"status":"cancelled"})"},
        {"DELETE", "/api/v1/orders/8/", ""}}) {
    const http::Response response = bench.ask(method, target, body);
    EXPECT_EQ(response.status, 503) << method << target;
    EXPECT_EQ(http::find(response.fields, "Retry-After"), "1");
    EXPECT_EQ(response.body.find("on fire"), std::string::npos) << "insides stay inside";
  }
  EXPECT_NE(bench.errors.find("on fire"), std::string::npos) << "and are logged";
  const http::Response v2 = bench.ask("PATCH", "/api/v2/orders/8/", R"({"status":"cancelled"})");
  EXPECT_EQ(v2.status, 503);
  EXPECT_EQ(http::find(v2.fields, "Content-Type"), "application/problem+json");
  EXPECT_EQ(service::read_json(v2.body)->at("code"), "database_unavailable");
  EXPECT_EQ(bench.ask("GET", "/livez").status, 200);
}

/// A store that is wrong, and does not know it.
class BrokenStore final : public store::MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  store::Position last_event() override { throw std::logic_error("no such place"); }
  std::optional<order::Order> get(order::OrderId) override { throw std::bad_alloc(); }
};

TEST(Service, WhatNobodyExpectedIsAFaultOfTheServiceEverywhere) {
  Bench bench([] { return std::make_unique<BrokenStore>(std::make_shared<store::Memory>()); });
  for (const char* target : {"/api/v2/events", "/api/v2/orders/8/"}) {
    const http::Response response = bench.ask("GET", target);
    EXPECT_EQ(response.status, 500) << target;
    EXPECT_EQ(service::read_json(response.body)->at("code"), "internal") << target;
    EXPECT_EQ(response.body.find("no such place"), std::string::npos);
  }
  EXPECT_NE(bench.errors.find("no such place"), std::string::npos);
}

TEST(Service, ALostCommitIsToldAsUnknown) {
  Bench bench([] { return std::make_unique<FailingStore>(Outcome::unknown); });
  const http::Response response = bench.ask("POST", "/api/v2/orders/", order_text);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(service::read_json(response.body)->at("code"), "outcome_unknown");
}

TEST(Service, WhatIsNotMountedIsNotThere) {
  using service::Mount;
  const std::tuple<Mount, std::string, int> served[] = {
      {Mount::v1, "/api/v1/orders/", 200},    {Mount::v1, "/api/v1/orders", 301},
      {Mount::std, "/api/std/", 200},         {Mount::v2, "/api/v2/orders/", 200},
      {Mount::v2, "/api/v2/orders", 301},     {Mount::v2, "/api/v2/events", 200},
      {Mount::lab, "/lab/naive/orders/", 200}};
  for (const Mount mount : service::all_mounts) {
    Bench bench({.mounts = {mount}});
    for (const auto& [of, target, status] : served)
      EXPECT_EQ(bench.ask("GET", target).status, of == mount ? status : 404) << target;
    const http::Response document = bench.ask("GET", "/openapi.json");
    const json::value paths = service::read_json(document.body)->at("paths");
    for (const auto& path : paths.as_object()) {
      const std::string_view place = path.key();
      const bool shared = place == "/livez" || place == "/readyz" || place == "/metrics" ||
                          place == "/openapi.json";
      EXPECT_TRUE(shared || place.starts_with(service::place_of(mount))) << place;
    }
    EXPECT_GT(paths.as_object().size(), 4u);
    EXPECT_EQ(bench.ask("GET", "/livez").status, 200);
  }
  Bench bench({.mounts = {Mount::v2}, .debug = true});
  const std::string page = bench.ask("GET", "/api/v1/orders/").body;
  EXPECT_NE(page.find("/api/v2/"), std::string::npos);
  EXPECT_EQ(page.find("/lab/"), std::string::npos);
}

TEST(Service, V1TakesAnyStatusOfUpTo255Characters) {
  Bench bench({.processing_delay = base::Nanoseconds::zero()});
  bench.ask("POST", "/api/v1/orders/", order_text);
  const auto put = [&](std::string_view letter, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += letter;
    return bench.ask("PUT", "/api/v1/orders/1/", R"({"status":")" + text + "\"}");
  };
  EXPECT_EQ(put("x", 255).status, 200);
  EXPECT_EQ(put("떡", 255).status, 200);
  const http::Response beyond = put("떡", 256);
  EXPECT_EQ(beyond.status, 400);
  EXPECT_EQ(beyond.body, R"({"status":["Ensure this field has no more than 255 characters."]})");
  EXPECT_EQ(put("x", 1'000'000).status, 400);
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
    EXPECT_EQ(bench.ask("GET", "/api/v1/", "", {{"Host", host}}).status, status)
        << allowed << " " << host;
    EXPECT_EQ(bench.ask("GET", "/livez", "", {{"Host", host}}).status, 200);
  }
}

TEST(Service, WithDebugARedirectThatWouldLoseABodyIsRefused) {
  for (const bool debug : {false, true}) {
    Bench bench(service::ServiceOptions{.debug = debug});
    for (const char* method : {"POST", "PUT", "PATCH"})
      EXPECT_EQ(bench.ask(method, "/api/v1/orders", order_text).status, debug ? 400 : 301);
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
    EXPECT_EQ(bench.ask("GET", target, "", {{"Authorization", "Basic YTpi"}}).status, status)
        << target;
}

TEST(Service, ARequestKeepsItsIdIfThatIsPlain) {
  Bench bench;
  const auto id_for = [&](std::string given) {
    const http::Response response =
        bench.ask("GET", "/livez", "", {{"X-Request-Id", std::move(given)}});
    EXPECT_EQ(http::find(response.fields, "X-Request-Id"), bench.ids.back());
    return bench.ids.back();
  };
  EXPECT_EQ(id_for("abc-1.2_Z"), "abc-1.2_Z");
  EXPECT_NE(id_for("two words"), "two words");
  EXPECT_NE(id_for(std::string(65, 'x')), std::string(65, 'x'));
  EXPECT_NE(id_for(""), id_for(""));
}

TEST(Service, V1LooksForTheOrderBeforeItReadsTheBody) {
  Bench bench;
  const http::Response missing = bench.ask("PUT", "/api/v1/orders/8/", "not json");
  EXPECT_EQ(missing.status, 404) << "get_object() comes before request.data";
}

}  // namespace
