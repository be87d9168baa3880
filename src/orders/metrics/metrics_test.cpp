#include "metrics/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

/// The value of a line; empty if there is none.
std::string value_of(const std::string& text, const std::string& series) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(series + " ")) return line.substr(series.size() + 1);
  return "";
}

TEST(Metrics, CountRequestsByWhereTheyWentAndHowTheyEnded) {
  metrics::Metrics metrics;
  metrics.count({"v2", "detail", "GET", 200, 3ms});
  metrics.count({"v2", "detail", "GET", 200, 30ms});
  metrics.count({"v2", "detail", "GET", 404, 3ms});
  const std::string text = metrics.text();
  const auto series = [](const std::string& status) {
    return R"(orders_requests_total{method="GET",mount="v2",route="detail",status=")" + status +
           R"("})";
  };
  EXPECT_EQ(value_of(text, series("200")), "2") << text;
  EXPECT_EQ(value_of(text, series("404")), "1");
  EXPECT_EQ(
      value_of(text, R"(orders_request_seconds_bucket{mount="v2",route="detail",le="0.005"})"),
      "2");
  EXPECT_EQ(value_of(text, R"(orders_request_seconds_count{mount="v2",route="detail"})"), "3");
}

TEST(Metrics, WhatAClientChoosesMakesNoSeries) {
  metrics::Metrics metrics;
  for (int i = 0; i < 100; ++i) {
    metrics.count({"v2", "detail", "METHOD" + std::to_string(i), 405, 1ms});
    metrics.count_transition("status " + std::to_string(i));
  }
  const std::string text = metrics.text();
  EXPECT_EQ(value_of(text, R"(orders_transitions_total{to="other"})"), "100");
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 50);
}

TEST(Metrics, CountTransitionsConflictsAndWaits) {
  metrics::Metrics metrics;
  metrics.count_transition("cancelled");
  metrics.count_conflicts("serializable", 3);
  metrics.count_conflicts("serializable", 2);
  metrics.count_conflicts("lock", 0);
  metrics.note_wait("get", 20us, false);
  metrics.note_wait("get", 20us, true);
  metrics.note_queue("connection", 0ns);
  metrics.note_queue("connection", 20ms);
  metrics.count_turned_away(431);
  const std::string text = metrics.text();
  EXPECT_EQ(value_of(text, R"(orders_transitions_total{to="cancelled"})"), "1");
  EXPECT_EQ(value_of(text, R"(orders_conflicts_total{strategy="serializable"})"), "5");
  EXPECT_EQ(text.find("lock"), std::string::npos);
  EXPECT_EQ(value_of(text, R"(orders_database_wait_seconds_bucket{operation="get",le="2.5e-05"})"),
            "2");
  EXPECT_EQ(value_of(text, R"(orders_database_failures_total{operation="get"})"), "1");
  const std::string queue = R"(orders_database_queue_seconds_bucket{line="connection",le=)";
  EXPECT_EQ(value_of(text, queue + R"("1e-05"})"), "1");
  EXPECT_EQ(value_of(text, queue + R"("0.025"})"), "2");
  EXPECT_EQ(value_of(text, R"(orders_turned_away_total{status="431"})"), "1");
}

TEST(Metrics, ReadWhatIsWatchedWhenTheyAreAskedFor) {
  metrics::Metrics metrics;
  double value = 1;
  metrics.watch("orders_open", "How many", [&value] { return value; });
  EXPECT_EQ(value_of(metrics.text(), "orders_open"), "1");
  value = 7;
  EXPECT_EQ(value_of(metrics.text(), "orders_open"), "7");
}

TEST(Metrics, LoseNothingOfManyThreads) {
  metrics::Metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&metrics, i] {
      for (int n = 0; n < 1000; ++n) metrics.count({"v2", "detail", "GET", 200 + (n + i) % 7, 1ms});
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(value_of(metrics.text(), R"(orders_request_seconds_count{mount="v2",route="detail"})"),
            "4000");
}

}  // namespace
