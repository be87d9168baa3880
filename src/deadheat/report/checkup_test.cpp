#include "report/checkup.h"

#include <gtest/gtest.h>

#include "report/columns.h"

namespace {

record::Checkup checkup() {
  return {.tool = "deadheat 0.1.0",
          .duration_s = 6.2,
          .seed = 7,
          .fine = true,
          .exit_code = 0,
          .planted = {{1000, 15, 15, 1, record::rate(420, 600)},
                      {100, 15, 14, 3, record::rate(60, 600)},
                      {20, 15, 4, 0, record::rate(5, 600)},
                      {5, 15, 0, 0, record::rate(0, 600)}},
          .machine = {{record::CheckCode::cores, true, {{"cores", 2}}},
                      {record::CheckCode::load, false, {{"load", 9.1}, {"cores", 2}}}}};
}

TEST(Checkup, LooksAsReviewed) {
  EXPECT_EQ(
      report::terminal(checkup(), {.width = 100}),
      R"(━━━ FINE ━━━ How narrow a race this machine can detect ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
A race window of 1 ms is detected within 1 attempt (median of 15 rounds).

Planted windows  a counter that is read, changed and written back
  window  detected                                 attempts that hit
  1 ms    within 1 attempt (median of 15 rounds)   420 of 600 (95 %: 66-74 %)
  100 µs  within 3 attempts (median of 15 rounds)  60 of 600 (95 %: 8-13 %)
  20 µs   only in 4 of 15 rounds                   5 of 600 (95 %: 0-2 %)
  5 µs    in none of 600 attempts                  0 of 600 (95 %: 0-1 %)

This machine
✓ cores  2
! load   9.1 in the last minute, for 2 cores
         Other processes compete for the cores, and requests sent together may not start together.
         Stop them, or raise --attempts.

seed 7 · 6.2 s · deadheat 0.1.0 · --json writes all of it
)");
}

TEST(Checkup, SaysWhatEachCheckFoundAndWhatToDo) {
  using record::CheckCode;
  struct Case {
    record::Check check;
    const char* found;
    const char* advice;
  };
  const Case cases[] = {
      {{CheckCode::cores, false, {{"cores", 1}}}, "cores  1", "Use two cores or more."},
      {{CheckCode::cpu_quota, true, {{"cores", 0}}}, "CPU quota  none", ""},
      {{CheckCode::cpu_quota, false, {{"cores", 0.5}}}, "CPU quota  0.5 cores", "Raise the quota"},
      {{CheckCode::clock, true, {{"step_ns", 30}, {"source", "tsc"}}},
       "clock  steps of 30 ns (tsc)",
       ""},
      {{CheckCode::clock, false, {{"step_ns", 4'000'000}, {"source", ""}}},
       "clock  steps of 4 ms",
       "clock source."},
      {{CheckCode::open_files, false, {{"limit", 256}, {"most", 4096}}},
       "open files  256",
       "ulimit -n 4096"},
      {{CheckCode::open_files, false, {{"limit", 256}, {"most", 18446744073709551615U}}},
       "open files  256",
       "ulimit -n 65536"},
      {{CheckCode::local_ports, true, {{"first", 32768}, {"last", 60999}}},
       "local ports  32768 to 60999",
       ""},
      {{CheckCode::loopback_ipv6, false, {}}, "loopback IPv6  no", "127.0.0.1 is as good."},
      {{CheckCode::jq, true, {{"cause", ""}}}, "jq  deadheat-jq works", ""},
      {{CheckCode::jq, false, {{"cause", "not found"}}},
       "jq  not found",
       "Install deadheat-jq beside deadheat"},
  };
  for (const auto& [check, found, advice] : cases) {
    record::Checkup one = checkup();
    one.machine = {check};
    const std::string text = report::terminal(one, {.width = 200});
    EXPECT_NE(text.find(found), std::string::npos) << found << "\n" << text;
    EXPECT_NE(text.find(advice), std::string::npos) << advice << "\n" << text;
  }
}

TEST(Checkup, SaysWhatWasNotFound) {
  record::Checkup bad = checkup();
  bad.fine = false;
  EXPECT_NE(report::terminal(bad, {}).find("NOT FOUND"), std::string::npos);
}

TEST(Checkup, IsNoWiderThanTheLook) {
  const std::string text = report::terminal(checkup(), {.width = 60});
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end + 1) {
    end = text.find('\n', begin);
    EXPECT_LE(report::display_width(text.substr(begin, end - begin)), 60);
  }
}

}  // namespace
