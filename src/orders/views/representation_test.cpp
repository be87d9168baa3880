#include "views/representation.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "base/random.h"
#include "dialect/python_json.h"

namespace {

using frame::Mount;

TEST(Representation, TimesAreAsDrfRendersThem) {
  EXPECT_EQ(views::time_text(order::Timestamp(1'714'558'830'123'456)),
            "2024-05-01T10:20:30.123456Z");
  EXPECT_EQ(views::time_text(order::Timestamp(1'714'558'830'000'007)),
            "2024-05-01T10:20:30.000007Z");
  EXPECT_EQ(views::time_text(order::Timestamp(1'714'558'830'000'000)), "2024-05-01T10:20:30Z");
  EXPECT_EQ(views::time_text(order::Timestamp(0)), "1970-01-01T00:00:00Z");
}

TEST(Representation, OnlyV2ShowsTheVersion) {
  const order::Order order{
      {"김고객", "가게", "떡볶이", 2, 18'000, "서울시", "pending"}, 8, {}, {}, 3};
  EXPECT_EQ(
      dialect::write_json(views::representation(order, Mount::v1)),
      R"({"id":8,"customer_name":"김고객","restaurant_name":"가게","menu":"떡볶이","quantity":2,)"
      R"("total_price":18000,"delivery_address":"서울시","status":"pending",)"
      R"("created_at":"1970-01-01T00:00:00Z","updated_at":"1970-01-01T00:00:00Z"})");
  EXPECT_EQ(views::representation(order, Mount::v2).at("version"), 3);
}

TEST(Representation, MetadataReadsTheTableOfFields) {
  const json::object metadata = views::metadata("Order V1 Instance", "", "PUT");
  const json::object& fields = metadata.at("actions").at("PUT").as_object();
  EXPECT_EQ(fields.size(), 10u);
  EXPECT_EQ(
      dialect::write_json(fields.at("quantity")),
      R"({"type":"integer","required":false,"read_only":false,"label":"Quantity","min_value":1})");
  EXPECT_EQ(
      dialect::write_json(fields.at("total_price")),
      R"({"type":"integer","required":true,"read_only":false,"label":"Total price","help_text":"KRW"})");
  const json::object ranged = views::metadata("Order V1 Instance", "", "PUT", 2'147'483'647);
  EXPECT_EQ(
      dialect::write_json(ranged.at("actions").at("PUT").at("total_price")),
      R"({"type":"integer","required":true,"read_only":false,"label":"Total price","help_text":"KRW",)"
      R"("min_value":0,"max_value":2147483647})");
  EXPECT_EQ(fields.at("status").at("choices").as_array().size(), 5u);
  EXPECT_FALSE(views::metadata("x", "", "").contains("actions"));
}

// Written directly or as a tree of values, it is the same text.
TEST(Representation, IsWrittenAsItsValueWouldBe) {
  base::Random random(7);
  const std::vector<std::string> pieces = {
      "a",        "\"",           "\\",           "/",
      "\n",       "\x1F",         "\x7F",         "\xE2",
      "김치찌개", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x82\xAC",
      "🍜",        "\b\f\r\t",     "\xED\xA0\x80", " "};
  for (int round = 0; round < 500; ++round) {
    const auto text = [&] {
      std::string made;
      for (std::uint64_t i = random.below(6); i > 0; --i)
        made += pieces.at(random.below(pieces.size()));
      return made;
    };
    order::Order order;
    order.id = static_cast<order::OrderId>(random.below(1'000'000'007));
    order.customer_name = text();
    order.restaurant_name = text();
    order.menu = text();
    order.quantity = static_cast<std::int64_t>(random.below(1000)) - 500;
    order.total_price = static_cast<std::int64_t>(random.below(1ULL << 62));
    order.delivery_address = text();
    order.status = text();
    order.created_at = order::Timestamp(random.below(4'000'000'000'000'000));
    order.updated_at = order::Timestamp(random.below(4'000'000'000) * 1'000'000);
    order.version = static_cast<std::int64_t>(random.below(100));
    for (const Mount mount : {Mount::v1, Mount::std, Mount::v2}) {
      std::string written;
      views::append_representation(order, mount, written);
      ASSERT_EQ(written, dialect::write_json(views::representation(order, mount)));
    }
  }
}

}  // namespace
