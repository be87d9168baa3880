#include "settings/settings.h"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using settings::Database;
using settings::Environment;
using Kind = Database::Kind;

TEST(Settings, AnEmptyEnvironmentServesThisMachineOnly) {
  const auto settings = settings::read_settings({});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->host, "127.0.0.1");
  EXPECT_EQ(settings->port, 8000);
  EXPECT_EQ(settings->database, (Database{Kind::sqlite, "orders.sqlite3"}));
  EXPECT_EQ(settings->processing_delay, 3s);
  EXPECT_EQ(settings->secret_key, settings::insecure_secret_key);
  EXPECT_TRUE(settings->insecure_key);
  EXPECT_FALSE(settings->debug);
  EXPECT_EQ(settings->mounts, settings::all_mounts);
  EXPECT_TRUE(settings::check(*settings));
}

TEST(Settings, TakesWhatTheEnvironmentSays) {
  const auto settings = settings::read_settings({{"SECRET_KEY", "k"},
                                                 {"DEBUG", "True"},
                                                 {"ALLOWED_HOSTS", "a.example, .b.example"},
                                                 {"DATABASE_URL", "sqlite:////var/o.sqlite3"},
                                                 {"PROCESSING_DELAY", "50ms"},
                                                 {"HOST", "0.0.0.0"},
                                                 {"PORT", "0"},
                                                 {"AUTH", "on"},
                                                 {"MOUNTS", "v2, lab"},
                                                 {"DRAIN_DELAY", "5s"},
                                                 {"HEARTBEAT", "20s"}});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->secret_key, "k");
  EXPECT_TRUE(settings->debug);
  EXPECT_EQ(settings->allowed_hosts, (std::vector<std::string>{"a.example", ".b.example"}));
  EXPECT_EQ(settings->database, (Database{Kind::sqlite, "/var/o.sqlite3"}));
  EXPECT_EQ(settings->processing_delay, 50ms);
  EXPECT_EQ(settings->port, 0);
  EXPECT_TRUE(settings->auth);
  EXPECT_EQ(settings->mounts, (settings::Mounts{.v2 = true, .lab = true}));
  EXPECT_EQ(settings->drain_delay, 5s);
  EXPECT_EQ(settings->heartbeat, 20s);
  EXPECT_TRUE(settings::check(*settings));
}

TEST(Settings, EveryLimitCanBeSet) {
  const auto set = settings::read_settings({{"MAX_BODY_BYTES", "1000"},
                                            {"MAX_HEADER_BYTES", "2000"},
                                            {"MAX_REQUEST_LINE_BYTES", "300"},
                                            {"MAX_JSON_DEPTH", "4"},
                                            {"MAX_CONNECTIONS", "5"},
                                            {"MAX_REQUESTS_PER_CONNECTION", "6"},
                                            {"IDLE_TIMEOUT", "7s"},
                                            {"RECEIVE_TIMEOUT", "8s"},
                                            {"SEND_TIMEOUT", "9s"},
                                            {"DATABASE_CONNECTIONS", "10"},
                                            {"DATABASE_TRANSACTIONS", "11"},
                                            {"DATABASE_WAIT", "12s"},
                                            {"DATABASE_CONNECT_TIMEOUT", "13s"},
                                            {"DATABASE_STATEMENT_TIMEOUT", "14s"}});
  ASSERT_TRUE(set);
  const settings::Limits& limits = set->limits;
  EXPECT_EQ(limits.body_bytes, 1000u);
  EXPECT_EQ(limits.header_bytes, 2000u);
  EXPECT_EQ(limits.request_line_bytes, 300u);
  EXPECT_EQ(limits.json_depth, 4u);
  EXPECT_EQ(limits.connections, 5u);
  EXPECT_EQ(limits.requests_per_connection, 6u);
  EXPECT_EQ(limits.idle, 7s);
  EXPECT_EQ(limits.receive, 8s);
  EXPECT_EQ(limits.send, 9s);
  EXPECT_EQ(set->database_limits.connections, 10u);
  EXPECT_EQ(set->database_limits.transactions, 11u);
  EXPECT_EQ(set->database_limits.wait, 12s);
  EXPECT_EQ(set->database_limits.connect, 13s);
  EXPECT_EQ(set->database_limits.statement, 14s);
}

TEST(Settings, EachVariableIsDescribed) {
  const std::string text = settings::describe_variables();
  for (const char* name : {"SECRET_KEY", "DATABASE_URL", "PAGE_SIZE", "MAX_BODY_BYTES"})
    EXPECT_NE(text.find(name), text.npos) << name;
}

TEST(Settings, WhatIsNotSafeBeyondThisMachineIsForThisMachineOnly) {
  struct Case {
    const char* host;
    const char* key;  // empty: none
    const char* auth;
    const char* wrong;  // the variable that is; empty: none
  };
  const Case cases[] = {
      {"127.0.0.1", "", "off", ""},
      {"::1", "", "off", ""},
      {"127.0.0.1", "long and random", "on", ""},
      {"127.0.0.1", "", "on", "AUTH"},
      {"127.0.0.1", "django-insecure-a^7x", "on", "AUTH"},
      {"0.0.0.0", "", "on", "HOST"},
      {"192.168.0.2", "", "on", "HOST"},
      {"0.0.0.0", "long and random", "on", ""},
      {"0.0.0.0", "long and random", "off", "AUTH"},
      {"0.0.0.0", settings::insecure_secret_key.data(), "on", "HOST"},
      {"0.0.0.0", "django-insecure-a^7x", "on", "HOST"},
  };
  for (const Case& c : cases) {
    Environment environment{{"HOST", c.host}, {"AUTH", c.auth}};
    if (*c.key != '\0') environment["SECRET_KEY"] = c.key;
    const auto settings = settings::read_settings(environment);
    ASSERT_TRUE(settings);
    const auto checked = settings::check(*settings);
    EXPECT_EQ(checked ? "" : checked.error().variable, c.wrong)
        << c.host << " " << c.key << " " << c.auth;
  }
}

TEST(Settings, ErrorsSayWhereWhatAndWhatInstead) {
  const std::pair<const char*, const char*> wrong[] = {
      {"SECRET_KEY", ""},
      {"DEBUG", "maybe"},
      {"ALLOWED_HOSTS", " , "},
      {"DATABASE_URL", "mysql://x"},
      {"DATABASE_URL", ""},
      {"DATABASE_URL", "sqlite://x"},
      {"PROCESSING_DELAY", "3x"},
      {"PROCESSING_DELAY", "-1"},
      {"PROCESSING_DELAY", ""},
      {"PROCESSING_DELAY", "2h"},
      {"PROCESSING_DELAY", "inf"},
      {"PROCESSING_DELAY", "99999s"},
      {"HOST", "orders.example"},
      {"PORT", "65536"},
      {"PORT", "-1"},
      {"PORT", "80x"},
      {"AUTH", "maybe"},
      {"DRAIN_DELAY", "2h"},
      {"HEARTBEAT", "0"},
      {"PAGE_SIZE", "-1"},
      {"PAGE_SIZE", "10001"},
      {"SEARCH", "maybe"},
      {"LANGUAGE_CODE", "ko_KR"},
      {"MAX_BODY_BYTES", "0"},
      {"MAX_HEADER_BYTES", "1k"},
      {"MAX_JSON_DEPTH", "1001"},
      {"MAX_CONNECTIONS", ""},
      {"IDLE_TIMEOUT", "0"},
      {"RECEIVE_TIMEOUT", "soon"},
      {"DATABASE_CONNECTIONS", "0"},
      {"DATABASE_WAIT", "0"},
  };
  for (const auto& [variable, value] : wrong) {
    const auto settings = settings::read_settings({{variable, value}});
    ASSERT_FALSE(settings) << variable << "=" << value;
    EXPECT_EQ(settings.error().variable, variable);
    EXPECT_EQ(settings.error().found, value);
    EXPECT_FALSE(settings.error().expected.empty());
  }
  EXPECT_EQ(settings::read_settings({{"PORT", "x"}}).error().message(),
            "PORT: found 'x', expected a number from 0 to 65535");
}

TEST(Settings, TheDatabaseIsChosenByItsScheme) {
  for (const auto& [text, database] :
       {std::pair{"o.sqlite3", Database{Kind::sqlite, "o.sqlite3"}},
        std::pair{"sqlite:///o.sqlite3", Database{Kind::sqlite, "o.sqlite3"}},
        std::pair{"postgres://me@db/o", Database{Kind::postgres, "postgres://me@db/o"}},
        std::pair{"postgresql:///o?host=/run",
                  Database{Kind::postgres, "postgresql:///o?host=/run"}}})
    EXPECT_EQ(settings::read_database(text), database) << text;
}

TEST(Settings, ErrorsTellNoPassword) {
  const auto settings = settings::read_settings({{"DATABASE_URL", "mysql://me:s3cret@db/o"}});
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().found, "mysql://***@db/o");
  const auto in_query = settings::read_settings({{"DATABASE_URL", "mysql:///o?password=s3cret"}});
  ASSERT_FALSE(in_query);
  EXPECT_EQ(in_query.error().found, "mysql:///o?password=***");
}

TEST(Settings, ATimeHasAUnitOrIsSeconds) {
  EXPECT_EQ(settings::read_duration("3s"), 3s);
  EXPECT_EQ(settings::read_duration("3"), 3s);
  EXPECT_EQ(settings::read_duration("0"), 0s);
  EXPECT_EQ(settings::read_duration("0.25"), 250ms);
  EXPECT_EQ(settings::read_duration("50ms"), 50ms);
  EXPECT_EQ(settings::read_duration("10us"), 10us);
  EXPECT_EQ(settings::read_duration("1.5m"), 90s);
}

TEST(Settings, ATokenIsGoodForASecondToAYear) {
  EXPECT_EQ(settings::read_lifetime("8h"), 8h);
  EXPECT_EQ(settings::read_lifetime("30d"), 30 * 24h);
  EXPECT_EQ(settings::read_lifetime("90"), 90s);
  for (const char* wrong : {"", "0", "500ms", "-1h", "2y", "367d", "8 h", "inf", "nan"})
    EXPECT_FALSE(settings::read_lifetime(wrong)) << wrong;
}

}  // namespace
