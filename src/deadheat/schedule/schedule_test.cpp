#include "schedule/schedule.h"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using schedule::from_json;
using schedule::Hold;
using schedule::Schedule;
using schedule::Sync;

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
