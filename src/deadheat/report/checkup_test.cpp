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
          .sentence = "A window of 1 ms is found within 1 attempt.",
          .planted = {{1000, 15, 15, 1, record::rate(420, 600)},
                      {100, 15, 14, 3, record::rate(60, 600)},
                      {20, 15, 4, 0, record::rate(5, 600)},
                      {5, 15, 0, 0, record::rate(0, 600)}},
          .machine = {{"cores", "2", true, ""},
                      {"load", "9.1 in the last minute, for 2 cores", false, "stop others"}}};
}

TEST(Checkup, LooksAsReviewed) {
  EXPECT_EQ(
      report::terminal(checkup(), {.width = 100}),
      R"(━━━ FINE ━━━ What race window is found here, now ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
A window of 1 ms is found within 1 attempt.

Planted windows  a counter that is read, worked on, and written back
  window    found                                       attempts that hit
  1 ms      within 1 attempt (median of 15 rounds)      420 of 600 (95 %: 66-74 %)
  100 µs    within 3 attempts (median of 15 rounds)     60 of 600 (95 %: 8-13 %)
  20 µs     in 4 of 15 rounds only                      5 of 600 (95 %: 0-2 %)
  5 µs      never, in 600 attempts                      0 of 600 (95 %: 0-1 %)

This machine
  ✓ cores  2
  ! load   9.1 in the last minute, for 2 cores
           stop others

seed 7 · 6.2 s · deadheat 0.1.0 · --json writes all of it
)");
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
