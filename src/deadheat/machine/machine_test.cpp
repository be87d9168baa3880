#include "machine/machine.h"

#include <gtest/gtest.h>

#include <algorithm>

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

/// The names of the checks that are not fine.
std::string wrong(const Facts& facts) {
  std::string names;
  for (const record::Check& check : judge(facts)) {
    EXPECT_EQ(check.fine, check.advice.empty()) << check.name;
    if (!check.fine) names += (names.empty() ? "" : ", ") + check.name;
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
      {"half a core", [](Facts& f) { f.cpu_quota = 0.5; }, "CPU quota"},
      {"two of four cores", [](Facts& f) { f.cpu_quota = 2.0; }, ""},
      {"others at work", [](Facts& f) { f.load = 4.1; }, "load"},
      {"a coarse clock", [](Facts& f) { f.clock_step = std::chrono::milliseconds(4); }, "clock"},
      {"few files", [](Facts& f) { f.open_files = 256; }, "open files"},
      {"few ports", [](Facts& f) { f.last_port = 33000; }, "local ports"},
      {"no ports known", [](Facts& f) { f.first_port = f.last_port = 0; }, "local ports"},
      {"no loopback", [](Facts& f) { f.ipv4 = f.ipv6 = false; }, "loopback IPv4, loopback IPv6"},
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

}  // namespace
