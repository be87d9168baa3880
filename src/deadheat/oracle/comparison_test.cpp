#include "oracle/comparison.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "oracle/oracle_testing.h"

namespace {

record::Value json_of(const std::string& text) {
  return {.is = record::Value::Is::json, .text = text};
}

using namespace oracle_testing;

TEST(Comparison, TheNearestOrderShowsWhatDiffers) {
  OneWinner bench;
  const auto reading =
      bench.reading({0, 1}, {{said(200), said(409)}, R"({"status": "preparing"})"});
  const auto close = bench.oracle->closeness(reading, {{0, 1}, {}});
  EXPECT_EQ(close.count, 1);
  const auto differs = std::find_if(close.differences.begin(), close.differences.end(),
                                    [](const auto& d) { return d.differs; });
  ASSERT_NE(differs, close.differences.end());
  EXPECT_EQ(differs->place, ".after.order.body.status");
  EXPECT_EQ(differs->seen, json_of("\"preparing\""));
  EXPECT_EQ(differs->expected, json_of("\"cancelled\""));
  EXPECT_EQ(bench.oracle->closeness(reading, {{1, 0}, {}}).count, 2);
}

}  // namespace
