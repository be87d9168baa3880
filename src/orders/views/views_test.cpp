// What the end-to-end tests cannot bring about: failures of the database.
#include "views/views.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "views/bench_testing.h"

namespace {

using Outcome = store::StoreError::Outcome;
using views::Bench;
using views::order_text;

/// A store that has lost its database.
class LostStore final : public store::MemoryStore {
 public:
  using MemoryStore::perform;
  store::List::Given perform(const store::List&) override { fail(); }
  store::Get::Given perform(const store::Get&) override { fail(); }
  store::Insert::Given perform(const store::Insert&) override { fail(); }
  store::Remove::Given perform(const store::Remove&) override { fail(); }

 private:
  [[noreturn]] static void fail() { throw store::StoreError(Outcome::not_committed, "on fire"); }
};

TEST(Views, WhenTheDatabaseIsLostNothingIsSaidToHaveHappened) {
  Bench bench([] { return std::make_unique<LostStore>(); });
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
  const http::Response v2 = bench.ask("DELETE", "/api/v2/orders/8/");
  EXPECT_EQ(v2.status, 503);
  EXPECT_EQ(http::find(v2.fields, "Content-Type"), "application/problem+json");
  EXPECT_EQ(dialect::read_json(v2.body)->at("code"), "database_unavailable");
  EXPECT_EQ(bench.ask("GET", "/livez").status, 200);
}

/// A store that is wrong, and does not know it.
class BrokenStore final : public store::MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  using MemoryStore::perform;
  store::LastEvent::Given perform(const store::LastEvent&) override {
    throw std::logic_error("no such place");
  }
  store::Get::Given perform(const store::Get&) override { throw std::bad_alloc(); }
};

TEST(Views, WhatNobodyExpectedIsAFaultOfTheServiceEverywhere) {
  Bench bench([] { return std::make_unique<BrokenStore>(std::make_shared<store::Memory>()); });
  for (const char* target : {"/api/v2/events", "/api/v2/orders/8/"}) {
    const http::Response response = bench.ask("GET", target);
    EXPECT_EQ(response.status, 500) << target;
    EXPECT_EQ(dialect::read_json(response.body)->at("code"), "internal") << target;
    EXPECT_EQ(response.body.find("no such place"), std::string::npos);
  }
  EXPECT_NE(bench.errors.find("no such place"), std::string::npos);
}

TEST(Views, V1TakesAnyStatusOfUpTo255Characters) {
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

TEST(Views, V1LooksForTheOrderBeforeItReadsTheBody) {
  Bench bench;
  const http::Response missing = bench.ask("PUT", "/api/v1/orders/8/", "not json");
  EXPECT_EQ(missing.status, 404) << "get_object() comes before request.data";
}

}  // namespace
