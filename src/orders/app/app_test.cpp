#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include "app/buffered_sink.h"
#include "app/command_line.h"
#include "app/load.h"
#include "app/log.h"
#include "app/serve.h"
#include "dialect/python_json.h"
#include "order/lifecycle.h"
#include "views/fields.h"
#include "views/representation.h"

namespace {

using namespace std::chrono_literals;

TEST(ExampleOrders, AreWhatTheApiItselfWouldTake) {
  const auto orders = app::example_orders(30, 24h);
  ASSERT_EQ(orders.size(), 30u);
  EXPECT_EQ(app::example_orders(30, 24h, 8, 2), (std::vector{orders[7], orders[8]}));
  EXPECT_EQ(orders[7].id, 8) << "the note's order";
  for (const order::Order& order : orders) {
    const json::object shown = views::representation(order, frame::Mount::v1);
    const auto valid = views::validate({.data = shown}, /*partial=*/false);
    ASSERT_TRUE(valid) << dialect::write_json(shown);
    EXPECT_EQ(order.status, order::name_of(order::OrderStatus::pending));
    EXPECT_LT(order.created_at, order::Timestamp(24h));
  }
}

/// What is logged about a visit.
std::string logged(bool as_json, const frame::Visit& visit) {
  std::ostringstream out;
  spdlog::logger log("test", std::make_shared<spdlog::sinks::ostream_sink_st>(out));
  log.set_pattern("%l %v");
  app::log_visit(log, as_json, visit);
  return out.str();
}

TEST(Log, HasOneLineAVisitWithoutItsQuery) {
  const frame::Visit visit{.method = "GET",
                           .target = "/api/v1/orders/?token=hidden",
                           .status = 200,
                           .milliseconds = 1.23456,
                           .request_id = "abc-1"};
  EXPECT_EQ(logged(false, visit), "info GET /api/v1/orders/ 200 1.235 ms abc-1\n");
  const std::string json = logged(true, visit);
  EXPECT_EQ(
      json,
      R"(info "level":"info","method":"GET","path":"/api/v1/orders/","status":200,"ms":1.235,)"
      R"("request_id":"abc-1"})"
      "\n");
}

TEST(Log, APathThatIsNotUtf8DoesNotSpoilIt) {
  const frame::Visit visit{.method = "GET", .target = "/\xFF", .status = 404};
  EXPECT_NE(logged(true, visit).find("\"path\":\"/\uFFFD\""), std::string::npos);
}

TEST(Log, AnErrorIsLoggedAsOne) {
  const frame::Visit visit{
      .method = "GET", .target = "/", .status = 503, .request_id = "1", .error = "disk \"full\""};
  EXPECT_EQ(logged(false, visit), "error GET / 503 0.000 ms 1 disk \"full\"\n");
  EXPECT_NE(logged(true, visit).find(R"("error":"disk \"full\"")"), std::string::npos);
}

TEST(CommandLine, UsageErrorsAre2) {
  const char* const cases[][4] = {{"orders", "serve", "--bogus", nullptr},
                                  {"orders", nullptr, nullptr, nullptr},
                                  {"orders", "serve", "--threads=0", nullptr},
                                  {"orders", "load", "--count=0", nullptr}};
  for (const auto& arguments : cases) {
    int count = 0;
    while (count < 4 && arguments[count] != nullptr) ++count;
    EXPECT_EQ(app::run(count, arguments), 2);
  }
}

std::string confess(std::size_t dropped) { return "dropped " + std::to_string(dropped); }

TEST(Log, NobodyWaitsForWhoReadsIt) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  constexpr std::size_t count = 40'000;
  const std::string line(99, 'x');
  std::thread reader;
  std::string all;
  {
    spdlog::logger log("test", std::make_shared<app::BufferedSink>(ends[1], confess));
    log.set_pattern("%v");
    for (std::size_t i = 0; i < count; ++i) log.error(line);  // more than fits, and nobody reads
    reader = std::thread([&] {
      std::array<char, 65536> bytes{};
      for (ssize_t size = 0; (size = read(ends[0], bytes.data(), bytes.size())) > 0;)
        all.append(bytes.data(), static_cast<std::size_t>(size));
    });
  }
  close(ends[1]);
  reader.join();
  close(ends[0]);
  // Each line was kept, whole, or told to be dropped.
  std::size_t kept = 0;
  std::size_t dropped = 0;
  std::istringstream lines(all);
  for (std::string each; std::getline(lines, each);) {
    if (each == line)
      ++kept;
    else if (each.starts_with("dropped "))
      dropped += std::stoul(each.substr(8));
    else
      ADD_FAILURE() << each;
  }
  EXPECT_GE(kept * (line.size() + 1), app::BufferedSink::most_bytes);
  EXPECT_GT(dropped, 0u);
  EXPECT_EQ(kept + dropped, count);
}

TEST(Log, ItsEndDoesNotWaitForWhoNeverReads) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  {
    spdlog::logger log("test", std::make_shared<app::BufferedSink>(ends[1], confess));
    for (int i = 0; i < 10'000; ++i) log.error("some forty bytes of a line of a log");
  }
  for (const int end : ends) close(end);
}

TEST(Serve, AsksForTheFilesThatItsSettingsNeed) {
  settings::Settings settings;
  settings.limits.connections = 1'000;
  settings.database_limits = {.connections = 8, .transactions = 16};
  EXPECT_EQ(app::files_needed(settings, 4), 1'100u + 64 + 3 * (3 + 16));
  settings.database.kind = settings::Database::Kind::postgres;
  EXPECT_EQ(app::files_needed(settings, 4), 1'100u + 64 + 4 * 2 * (8 + 16));
}

TEST(Log, LinesKeepTheirOrderAndAWarningDoesNotWait) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const auto received = [&ends] {
    std::array<char, 100> bytes{};
    const ssize_t size = read(ends[0], bytes.data(), bytes.size());
    return std::string(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  };
  {
    spdlog::logger log("test", std::make_shared<app::BufferedSink>(ends[1], confess));
    log.set_pattern("%v");
    log.warn("first");
    EXPECT_EQ(received(), "first\n");
    log.info("second");
    log.info("third");
  }
  close(ends[1]);
  std::string rest;
  for (std::string some = received(); !some.empty(); some = received()) rest += some;
  EXPECT_EQ(rest, "second\nthird\n");
  close(ends[0]);
}

}  // namespace
