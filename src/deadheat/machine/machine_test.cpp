#include "machine/machine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/describe/enum_to_string.hpp>

namespace {

using machine::Facts;
using machine::judge;
using machine::quota_in_cores;

TEST(Quota, IsReadAsCores) {
  struct Case {
    const char* text;
    std::optional<double> cores;
  };
  const Case cases[] = {
      {"50000 100000\n", 0.5}, {"200000 100000\n", 2.0}, {"max 100000\n", std::nullopt},
      {"", std::nullopt},      {"0 0", std::nullopt},    {"200000", std::nullopt},
  };
  for (const Case& c : cases) EXPECT_EQ(quota_in_cores(c.text), c.cores) << c.text;
}

Facts good() {
  return {.cores = 4,
          .load = 0.5,
          .clock_step = std::chrono::nanoseconds(30),
          .clock_source = "tsc",
          .open_files = 1024,
          .open_files_most = 4096,
          .first_port = 32768,
          .last_port = 60999,
          .ipv4 = true,
          .ipv6 = true};
}

/// The checks that are not fine.
std::string wrong(const Facts& facts) {
  std::string names;
  for (const record::Check& check : judge(facts)) {
    const std::string name = boost::describe::enum_to_string(check.code, "");
    for (const record::Member& member : members_of(check.code))
      EXPECT_TRUE(check.with.contains(member.name)) << name << " without " << member.name;
    if (!check.fine) names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

TEST(Judge, SaysWhatLimitsARace) {
  struct Case {
    const char* what;
    void (*change)(Facts&);
    const char* wrong;
  };
  const Case cases[] = {
      {"a good machine", [](Facts&) {}, ""},
      {"one core", [](Facts& f) { f.cores = 1; }, "cores"},
      {"one core, and all of it", [](Facts& f) { f.cores = 1, f.cpu_quota = 1.0; }, "cores"},
      {"half a core", [](Facts& f) { f.cpu_quota = 0.5; }, "cpu_quota"},
      {"two of four cores", [](Facts& f) { f.cpu_quota = 2.0; }, ""},
      {"others at work", [](Facts& f) { f.load = 4.1; }, "load"},
      {"a coarse clock", [](Facts& f) { f.clock_step = std::chrono::milliseconds(4); }, "clock"},
      {"few files", [](Facts& f) { f.open_files = 256; }, "open_files"},
      {"few ports", [](Facts& f) { f.last_port = 33000; }, "local_ports"},
      {"no ports known", [](Facts& f) { f.first_port = f.last_port = 0; }, "local_ports"},
      {"no loopback", [](Facts& f) { f.ipv4 = f.ipv6 = false; }, "loopback_ipv4, loopback_ipv6"},
      {"no jq", [](Facts& f) { f.jq_failure = "not found"; }, "jq"},
  };
  for (const Case& c : cases) {
    Facts facts = good();
    c.change(facts);
    EXPECT_EQ(wrong(facts), c.wrong) << c.what;
  }
}

TEST(Look, AsksThisMachine) {
  const Facts facts = machine::look(base::SystemClock());
  EXPECT_GE(facts.cores, 1);
  EXPECT_GT(facts.clock_step.count(), 0);
  EXPECT_GT(facts.open_files, 0U);
  EXPECT_LE(facts.open_files, facts.open_files_most);
  EXPECT_LE(facts.first_port, facts.last_port);
  EXPECT_TRUE(facts.ipv4) << "these tests need it";
}

TEST(Work, IsReadFromTicks) {
  const auto work = machine::work_in(
      "cpu  100 20 30 400 50 6 7 8 0 0\ncpu0 1 2 3 4 5 6 7 8\ncpu1 1 2 3 4 5 6 7 8\nintr 5\n", 100);
  ASSERT_TRUE(work);
  EXPECT_EQ(work->cores, 2);
  EXPECT_EQ(work->busy, std::chrono::milliseconds(1710));
  EXPECT_EQ(work->idle, std::chrono::milliseconds(4500));
  for (const char* text : {"", "intr 1\n", "cpu  1 2 3\ncpu0 1\n", "cpu  1 2 3 4 5 6 7 8\n",
                           "cpu  a b c d e f g h\ncpu0 1\n", "cpu  1 2 3 -4 5 6 7 8\ncpu0 1\n"})
    EXPECT_FALSE(machine::work_in(text, 100)) << text;
}

TEST(Work, IsCrowdedWhenOthersLeaveNothing) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  const machine::Work before{
      .cores = 2, .busy = seconds(100), .idle = seconds(50), .own = seconds(1)};
  struct Case {
    const char* what;
    milliseconds busy, idle, own;
    bool crowded;
  };
  const Case cases[] = {
      {"others at work", milliseconds(7900), milliseconds(100), milliseconds(1000), true},
      {"mostly idle", milliseconds(1000), milliseconds(7000), milliseconds(500), false},
      {"busy, and a tenth left", milliseconds(7200), milliseconds(800), milliseconds(1000), false},
      {"busy by itself", milliseconds(8000), milliseconds(0), milliseconds(5000), false},
      {"too short to tell", milliseconds(900), milliseconds(0), milliseconds(0), false},
      {"clocks went backwards", milliseconds(8000), milliseconds(-100), milliseconds(0), false},
  };
  for (const Case& c : cases) {
    machine::Work after = before;
    after.busy += c.busy;
    after.idle += c.idle;
    after.own += c.own;
    EXPECT_EQ(machine::load_between(before, after).crowded, c.crowded) << c.what;
  }
  machine::Work after = before;
  after.busy += seconds(6);
  after.idle += seconds(2);
  after.own += seconds(2);
  const record::Load load = machine::load_between(before, after);
  EXPECT_EQ(load.cores, 2);
  EXPECT_DOUBLE_EQ(load.busy, 1.5);
  EXPECT_DOUBLE_EQ(load.others, 1.0);
}

}  // namespace
