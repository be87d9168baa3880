#include "report/progress.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "report/columns.h"

namespace {

using report::Progress;

Progress racing() {
  return {.phase = "racing",
          .scenario = "Customer cancels while the restaurant accepts",
          .attempts = 120,
          .attempts_planned = 200,
          .serial_runs = 34,
          .explained = 118,
          .unexplained = 2,
          .refused = 14,
          .elapsed_s = 12.3,
          .budget_s = 60,
          .remark = "accept was refused with 409"};
}

TEST(Progress, IsABarAndNumbersInWords) {
  EXPECT_EQ(report::block(racing(), {.width = 80}),
            "racing  Customer cancels while the restaurant accepts\n"
            "████████████████████████░░░░░░░░░░░░░░░░  120 of 200 attempts · 12 of 60 s\n"
            "118 explained, 2 unexplained, 14 with refusals · 34 serial runs\n"
            "accept was refused with 409\n");
  EXPECT_EQ(report::block({.phase = "learning",
                           .scenario = "coupon",
                           .serial_runs = 1,
                           .serial_runs_planned = 4,
                           .elapsed_s = 0.4},
                          {.width = 60}),
            "learning  coupon\n"
            "████████░░░░░░░░░░░░░░░░░░░░░░░░░  1 of 4 serial runs · 0 s\n");
}

TEST(Progress, IsOneLineForAPipe) {
  EXPECT_EQ(
      report::line(racing()),
      "racing Customer cancels while the restaurant accepts: 120 of 200 attempts, 118 "
      "explained, 2 unexplained, 14 with refusals, 12 of 60 s; accept was refused with 409\n");
  Progress hostile = racing();
  hostile.remark = "\x1b[2J\n";
  const std::string line = report::line(hostile);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(Progress, LeavesTheLastColumnFree) {
  for (const int width : {60, 80, 100}) {
    const std::string text = report::block(racing(), {.width = width});
    for (std::size_t start = 0; start < text.size(); start = text.find('\n', start) + 1)
      EXPECT_LT(report::display_width(text.substr(start, text.find('\n', start) - start)), width);
  }
}

struct Closes {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

class DisplayTest : public testing::Test {
 protected:
  /// All that was written so far.
  std::string written() {
    std::string text;
    std::rewind(file_.get());
    for (int byte = std::fgetc(file_.get()); byte != EOF; byte = std::fgetc(file_.get()))
      text += static_cast<char>(byte);
    return text;
  }

  std::unique_ptr<std::FILE, Closes> file_{std::tmpfile()};
  base::FakeClock clock_;
  report::Look look_{.width = 80};
};

TEST_F(DisplayTest, RedrawsItsBlockInPlaceAndErasesItAtTheEnd) {
  const std::string text = report::block(racing(), look_);
  {
    report::Display display(file_.get(), true, look_, clock_);
    display.update(racing());
    clock_.advance(std::chrono::milliseconds(99));
    display.update(racing());  // too soon
    clock_.advance(std::chrono::milliseconds(1));
    display.update(racing());
    display.finish();
    display.finish();
  }
  EXPECT_EQ(written(), text + "\x1b[4A\r\x1b[J" + text + "\x1b[4A\r\x1b[J");
}

TEST_F(DisplayTest, ShowsANewPhaseAtOnce) {
  report::Display display(file_.get(), true, look_, clock_);
  Progress progress = racing();
  display.update(progress);
  progress.phase = "proving";
  display.update(progress);
  EXPECT_NE(written().find("proving"), std::string::npos);
}

TEST_F(DisplayTest, LeavesNothingOnTheTerminalWhenItIsDestroyed) {
  { report::Display(file_.get(), true, look_, clock_).update(racing()); }
  EXPECT_TRUE(written().ends_with("\x1b[4A\r\x1b[J"));
}

TEST_F(DisplayTest, WritesALineEveryTenSecondsToAPipe) {
  report::Display display(file_.get(), false, look_, clock_);
  for (int second = 0; second < 25; ++second) {
    display.update(racing());
    clock_.advance(std::chrono::seconds(1));
  }
  display.finish();
  const std::string line = report::line(racing());
  EXPECT_EQ(written(), line + line + line);
}

}  // namespace
