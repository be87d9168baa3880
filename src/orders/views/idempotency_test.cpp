#include "views/idempotency.h"

#include <gtest/gtest.h>

namespace {

base::Result<std::optional<std::string>, frame::Problem> read(std::string value) {
  return views::read_idempotency_key({{"idempotency-key", std::move(value)}});
}

TEST(Idempotency, AKeyIsTheSameWithAndWithoutItsQuotes) {
  const std::pair<std::string, std::string> cases[] = {
      {"8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"},
      {R"("8e03978e-40d5-43dd-bc93-6894a57f9324")", "8e03978e-40d5-43dd-bc93-6894a57f9324"},
      {R"("two words")", "two words"},
      {R"("a \"b\" \\")", R"(a "b" \)"},
      {"a\\b", "a\\b"},
      {std::string(255, 'x'), std::string(255, 'x')},
      {"\"" + std::string(255, 'x') + "\"", std::string(255, 'x')},
  };
  for (const auto& [value, key] : cases) EXPECT_EQ(read(value).value(), key) << value;
  EXPECT_EQ(views::read_idempotency_key({{"Host", "x"}}).value(), std::nullopt);
}

TEST(Idempotency, WhatIsNoKeyIsRefusedWithItsName) {
  for (const std::string& value :
       {std::string(), std::string("\"\""), std::string("\""), std::string("\"abc"),
        std::string("abc\""), std::string("a\"b"), std::string("two words"),
        std::string("\"a\\b\""), std::string("\"a\\\""), std::string("\"a\"b\""), std::string("한"),
        std::string("\"한\""), std::string("\"a\tb\""), std::string(256, 'x'),
        "\"" + std::string(256, 'x') + "\""}) {
    const auto key = read(value);
    ASSERT_FALSE(key) << value;
    EXPECT_EQ(key.error().status, 400);
    EXPECT_EQ(key.error().errors.front().first, "Idempotency-Key");
  }
  EXPECT_FALSE(views::read_idempotency_key({{"Idempotency-Key", "a"}, {"Idempotency-Key", "a"}}));
}

TEST(Idempotency, AFingerprintIsOfAllThatIsOrdered) {
  const order::Draft draft{"a", "b", "c", 1, 2, "d"};
  order::Draft other = draft;
  EXPECT_EQ(views::fingerprint_of(draft), views::fingerprint_of(other));
  for (auto field : {&order::Draft::customer_name, &order::Draft::restaurant_name,
                     &order::Draft::menu, &order::Draft::delivery_address}) {
    other = draft;
    other.*field += "\",\"";
    EXPECT_NE(views::fingerprint_of(draft), views::fingerprint_of(other));
  }
  for (auto field : {&order::Draft::quantity, &order::Draft::total_price}) {
    other = draft;
    other.*field += 1;
    EXPECT_NE(views::fingerprint_of(draft), views::fingerprint_of(other));
  }
}

}  // namespace
