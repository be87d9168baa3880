#include "report/progress.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "report/columns.h"

namespace {

using record::Phase;
using report::Progress;

const report::Words english(report::Language::en);

Progress racing() {
  return {.phase = Phase::racing,
          .scenario = "Customer cancels while the restaurant accepts",
          .attempts = 120,
          .attempts_planned = 200,
          .serial_runs = 34,
          .explained = 118,
          .unexplained = 2,
          .refused = 14,
          .elapsed_s = 12.3,
          .budget_s = 60};
}

TEST(Progress, IsABarAndNumbersInWords) {
  EXPECT_EQ(report::block(racing(), {.width = 80}),
            "racing  Customer cancels while the restaurant accepts\n"
            "████████████████████████░░░░░░░░░░░░░░░░  120 of 200 attempts · 12 of 60 s\n"
            "118 explained, 2 unexplained, 14 with refusals · 34 serial runs\n");
  EXPECT_EQ(report::block({.phase = Phase::learning,
                           .scenario = "coupon",
                           .serial_runs = 1,
                           .serial_runs_planned = 4,
                           .elapsed_s = 0.4},
                          {.width = 60}),
            "learning  coupon\n"
            "████████░░░░░░░░░░░░░░░░░░░░░░░░░  1 of 4 serial runs · 0 s\n");
}

TEST(Progress, IsOneLineForAPipe) {
  EXPECT_EQ(report::line(racing(), english),
            "racing Customer cancels while the restaurant accepts: 120 of 200 attempts, 118 "
            "explained, 2 unexplained, 14 with refusals, 12 of 60 s\n");
  Progress hostile = racing();
  hostile.scenario = "\x1b[2J\n";
  const std::string line = report::line(hostile, english);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(Progress, AsksWhatASmallerGroupIsRacedFor) {
  Progress progress = racing();
  progress.phase = Phase::narrowing;
  progress.group = {{{"redeem", 6}}};
  progress.group_of = 20;
  progress.at_most_s = 9.6;
  EXPECT_NE(
      report::line(progress, english).find("; do 6 redeem of 20 scripts race, too? 10 s at most"),
      std::string::npos);
  EXPECT_NE(report::block(progress, {.width = 80}).find("\ndo 6 redeem of 20 scripts race, too?"),
            std::string::npos);
}

TEST(Progress, HasALanguage) {
  EXPECT_EQ(
      report::line(racing(), report::Words(report::Language::ko)),
      "경쟁 Customer cancels while the restaurant accepts: 시도 120/200회, 일치 118회, 불일치 "
      "2회, 거부 포함 14회, 12/60초\n");
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
  EXPECT_EQ(written(), text + "\x1b[3A\r\x1b[J" + text + "\x1b[3A\r\x1b[J");
}

TEST_F(DisplayTest, ShowsANewPhaseAtOnce) {
  report::Display display(file_.get(), true, look_, clock_);
  Progress progress = racing();
  display.update(progress);
  progress.phase = Phase::proving;
  display.update(progress);
  EXPECT_NE(written().find("proving"), std::string::npos);
}

TEST_F(DisplayTest, LeavesNothingOnTheTerminalWhenItIsDestroyed) {
  { report::Display(file_.get(), true, look_, clock_).update(racing()); }
  EXPECT_TRUE(written().ends_with("\x1b[3A\r\x1b[J"));
}

TEST_F(DisplayTest, WritesALineEveryTenSecondsToAPipe) {
  report::Display display(file_.get(), false, look_, clock_);
  for (int second = 0; second < 25; ++second) {
    display.update(racing());
    clock_.advance(std::chrono::seconds(1));
  }
  display.finish();
  const std::string line = report::line(racing(), english);
  EXPECT_EQ(written(), line + line + line);
}

}  // namespace
