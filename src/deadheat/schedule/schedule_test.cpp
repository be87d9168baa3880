#include "schedule/schedule.h"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using base::Nanoseconds;
using schedule::describe;
using schedule::from_json;
using schedule::Hold;
using schedule::Schedule;
using schedule::Sync;

/// A scenario of scripts with so many steps each.
scenario::Scenario scripts(const std::vector<int>& steps) {
  scenario::Scenario scenario;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    scenario::Script script;
    script.name = std::string(1, static_cast<char>('a' + i));
    script.steps.resize(static_cast<std::size_t>(steps[i]));
    scenario.race.push_back(script);
  }
  return scenario;
}

TEST(Describe, SaysItInWords) {
  struct Case {
    Schedule schedule;
    const char* words;
  };
  const scenario::Scenario pair = scripts({2, 2});
  const Case cases[] = {
      {{.gate = 1, .offsets = {0ns, 0ns}}, "together, held at headers before step 2"},
      {{.hold = Hold::body, .offsets = {0ns, 5200us}},
       "b 5.2 ms after a, held at body before step 1"},
      {{.offsets = {130us, 0ns}}, "a 130 µs after b, held at headers before step 1"},
      {{.sync = Sync::threads, .offsets = {0ns, 0ns}},
       "together, by threads at a barrier before step 1"},
  };
  for (const Case& c : cases) EXPECT_EQ(describe(c.schedule, pair), c.words);
  EXPECT_EQ(describe({.offsets = {0ns, 5500us}}, {.offsets = {0ns, 7ms}}, pair),
            "b 5.5 to 7.0 ms after a, held at headers before step 1");
  EXPECT_EQ(describe({.offsets = {480us, 0ns}}, {.offsets = {1200us, 0ns}}, pair),
            "a 480 µs to 1.2 ms after b, held at headers before step 1");
  EXPECT_EQ(describe({.offsets = {0ns, 1ms, 0ns}}, scripts({1, 1, 1})),
            "b 1.0 ms after the others, held at headers");
  EXPECT_EQ(describe({.offsets = {0ns, 1ms, 2ms, 2ms, 2ms}}, scripts({1, 1, 1, 1, 1})),
            "4 of 5 up to 2.0 ms late, held at headers");
}

TEST(Describe, SaysHowFarTwoAreApart) {
  struct Case {
    Nanoseconds least, most;
    const char* words;
  };
  const Case cases[] = {
      {0ns, 0ns, "both arrive together"},
      {5500us, 7ms, "b arrives 5.5 to 7.0 ms after a"},
      {-900us, -400us, "a arrives 400 to 900 µs after b"},
      {0ns, 300us, "b arrives up to 300 µs after a"},
      {-2ms, 0ns, "a arrives up to 2.0 ms after b"},
      {-1ms, 2ms, "a arrives up to 1.0 ms after b, or b up to 2.0 ms after a"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(schedule::describe_lags(c.least, c.most, scripts({1, 1})), c.words);
}

TEST(FromJson, ReadsWhatWasWritten) {
  const Schedule schedules[] = {
      {.offsets = {0ns, 0ns, 0ns}, .sequence = {2, 0, 1}},
      {.sync = Sync::threads, .gate = 1, .offsets = {0ns, 5ms, 1ns}, .sequence = {0, 1, 2}},
      {.hold = Hold::body,
       .connections = schedule::Connections::shared,
       .gate = 2,
       .offsets = {250ms, 0ns, 0ns},
       .sequence = {1, 2, 0}},
  };
  for (const Schedule& schedule : schedules) {
    const auto read = from_json(to_json(schedule), 3);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(to_json(*read), to_json(schedule));
    EXPECT_EQ(read->sync, schedule.sync);
    EXPECT_EQ(read->offsets, schedule.offsets);
    EXPECT_EQ(read->sequence, schedule.sequence);
  }
}

TEST(FromJson, RefusesWhatDoesNotFit) {
  const std::pair<const char*, const char*> wrong[] = {
      {R"(7)", "sync: expected \"held\" or \"threads\""},
      {R"({})", "sync: expected \"held\" or \"threads\""},
      {R"({"sync":"auto","hold":"body","gate":0,"offsets_ns":[0,0],"sequence":[0,1]})", "sync: "},
      {R"({"sync":1,"hold":"body","gate":0,"offsets_ns":[0,0],"sequence":[0,1]})", "sync: "},
      {R"({"sync":"held","gate":0,"offsets_ns":[0,0],"sequence":[0,1]})", "hold: "},
      {R"({"sync":"held","hold":"nose","gate":0,"offsets_ns":[0,0],"sequence":[0,1]})",
       "hold: expected \"headers\" or \"body\""},
      {R"({"sync":"held","hold":"body","connections":"auto"})",
       "connections: expected \"own\" or \"shared\""},
      {R"({"sync":"held","hold":"body","gate":-1,"offsets_ns":[0,0],"sequence":[0,1]})", "gate: "},
      {R"({"sync":"held","hold":"body","gate":0,"offsets_ns":[0],"sequence":[0,1]})", "offsets_ns"},
      {R"({"sync":"held","hold":"body","gate":0,"offsets_ns":[0,-5],"sequence":[0,1]})",
       "offsets_ns: "},
      {R"({"sync":"held","hold":"body","gate":0,"offsets_ns":[0,0],"sequence":[0,2]})",
       "sequence: "},
      {R"({"sync":"held","hold":"body","gate":0,"offsets_ns":[0,0],"sequence":[1,1]})",
       "sequence: "},
  };
  for (const auto& [text, why] : wrong) {
    const auto read = from_json(*base::parse_json(text), 2);
    ASSERT_FALSE(read) << text;
    EXPECT_TRUE(read.error().starts_with(why)) << text << ": " << read.error();
  }
}

TEST(FromJson, ARecordFromBeforeHttp2HasAConnectionForEach) {
  const auto read = from_json(
      *base::parse_json(
          R"({"sync":"threads","hold":"body","gate":0,"offsets_ns":[0,0],"sequence":[0,1]})"),
      2);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->connections, schedule::Connections::own);
  EXPECT_EQ(read->hold, Hold::body);
  EXPECT_EQ(read->sync, Sync::threads);
}

}  // namespace
