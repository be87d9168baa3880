#include "report/terminal.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "report/columns.h"
#include "report/sample_testing.h"

namespace {

using record::Record;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string without_colour(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b')
      i = text.find('m', i);
    else
      plain += text[i];
  }
  return plain;
}

std::string read(const std::string& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

/// DEADHEAT_REWRITE_GOLDEN=1 writes the files anew, to be reviewed as a diff.
void expect_golden(const std::string& name, const std::string& text) {
  const std::string file = std::string(GOLDEN_DIRECTORY) + "/" + name + ".txt";
  if (std::getenv("DEADHEAT_REWRITE_GOLDEN") != nullptr) std::ofstream(file) << text;
  EXPECT_EQ(text, read(file)) << file;
}

TEST(Terminal, LooksAsReviewed) {
  for (const auto& [name, sample] : sample::all())
    expect_golden(name, report::terminal(sample, {.width = 100}));
  expect_golden("race-60", report::terminal(sample::race(), {.width = 60}));
  expect_golden("coupon-60", report::terminal(sample::coupon(), {.width = 60}));
  expect_golden("race-140", report::terminal(sample::race(), {.width = 140}));
  for (const auto& [name, sample] : sample::all())
    expect_golden(std::string(name) + "-ko",
                  report::terminal(sample, {.width = 100, .language = report::Language::ko}));
}

TEST(Terminal, NoLineIsWiderThanTheLook) {
  for (auto [name, sample] : sample::all()) {
    sample.mask.clear();  // is there to be copied, however wide
    for (const report::Language language : {report::Language::en, report::Language::ko})
      for (const int width : {40, 60, 80, 100, 140, 200})
        for (const std::string& line :
             lines_of(report::terminal(sample, {.width = width, .language = language})))
          EXPECT_LE(report::display_width(line), width) << name << " at " << width << ": " << line;
  }
}

TEST(Terminal, ColourChangesNothingButColour) {
  for (const auto& [name, sample] : sample::all()) {
    const std::string coloured = report::terminal(sample, {.width = 80, .colour = true});
    EXPECT_NE(coloured, without_colour(coloured)) << name;
    EXPECT_EQ(lines_of(without_colour(coloured)).size(),
              lines_of(report::terminal(sample, {.width = 80})).size())
        << name;
    for (const std::string& line : lines_of(coloured))
      EXPECT_LE(report::display_width(without_colour(line)), 80) << name;
  }
}

TEST(Terminal, SendsNothingRawThatCameFromTheTarget) {
  const std::string hostile = "\x1b[2J\x1b]0;owned\x07 \r\n\t\u009b31m\u202eabc \xff";
  for (const auto& [name, sample] : sample::all()) {
    Record record = sample::with_every_text(sample, hostile);
    for (const record::Verdict verdict : {record::Verdict::race, record::Verdict::broken,
                                          record::Verdict::inconclusive, record::Verdict::clean}) {
      record.verdict = verdict;
      const std::string text = report::terminal(record, {.width = 80});
      for (const char raw : {'\x1b', '\r', '\t', '\x07', '\xff'})
        EXPECT_EQ(text.find(raw), std::string::npos) << name << ": byte " << int(raw);
      EXPECT_FALSE(contains(text, "\u009b") || contains(text, "\u202e")) << name;
      EXPECT_TRUE(contains(text, "␛[2J"));
    }
  }
}

TEST(Terminal, LanesOfDifferentScriptsBeginAtTheSameColumn) {
  const std::string text = report::terminal(sample::race(), {.width = 100});
  std::vector<int> columns;
  for (const std::string& line : lines_of(text))
    if (line.starts_with("  고객 ") || line.starts_with("  사장님 "))
      if (const std::size_t lane = line.find("┃"); lane != std::string::npos)
        columns.push_back(report::display_width(line.substr(0, lane)));
  ASSERT_EQ(columns.size(), 2U) << text;
  EXPECT_EQ(columns[0], columns[1]) << text;
}

TEST(Terminal, ManyPartsAreShownInPartAndCounted) {
  const std::string text = report::terminal(sample::coupon(), {.width = 100});
  EXPECT_TRUE(contains(text, "redeem[7]"));
  EXPECT_FALSE(contains(text, "redeem[8]"));
  EXPECT_TRUE(contains(text, "… and 12 more: 4 × 200 (ok), 7 × 409 (refused), 1 × no answer"))
      << text;
}

TEST(Terminal, ALongAnswerIsShownByWhatTellsItFromTheOthers) {
  Record record = sample::race();
  const std::string same = R"({"address":")" + std::string(200, 'x') + R"(","status":")";
  for (record::Part& part : record.findings[0].timeline)
    for (record::Move& move : part.moves) move.answer = same + "pending\"}";
  record.findings[0].timeline[0].moves[1].answer = same + "cancelled\"}";
  const std::string text = report::terminal(record, {.width = 100});
  EXPECT_TRUE(contains(text, R"(→ 200 {"status":"cancelled",…})")) << text;
  EXPECT_TRUE(contains(text, R"(→ 200 {"status":"pending",…})")) << text;
}

TEST(Terminal, AtMostFourOrdersHaveAColumn) {
  Record record = sample::race();
  record::Finding& finding = record.findings[0];
  finding.orders.clear();
  for (const char* script : {"first", "second", "third", "fourth", "fifth", "sixth"})
    finding.orders.push_back({{{.script = script}}});
  for (record::Comparison& place : finding.differences) {
    place.allowed.clear();
    for (const char* text : {"1", "2", "3", "4", "5", "6"})
      place.allowed.push_back({.is = record::Value::Is::json, .text = text});
  }
  const std::string text = report::terminal(record, {.width = 100});
  EXPECT_TRUE(contains(text, "first  second  third  fourth\n")) << text;
  EXPECT_TRUE(contains(text, "1      2       3      4\n")) << text;
  EXPECT_TRUE(contains(text, "not shown: 2 of 6 orders")) << text;
  EXPECT_TRUE(contains(report::terminal(record, {.width = 60}), "not shown: 4 of 6 orders"));
}

TEST(Terminal, DrawsAttemptsOfAnyLength) {
  for (const double length_ms : {0.0, 0.1, 1.0, 7.0, 300.0, 3000.0, 30'000.0, 3e6})
    for (const std::size_t parts : {2U, 3U, 8U, 9U, 20U}) {
      Record record = sample::race();
      record::Part part = record.findings[0].timeline[0];
      for (record::Move& move : part.moves) {
        move.sent_ms *= length_ms / 3020;
        if (move.released_ms > 0) move.released_ms *= length_ms / 3020;
        move.answered_ms *= length_ms / 3020;
      }
      record.findings[0].timeline.assign(parts, part);
      for (const std::string& line : lines_of(report::terminal(record, {.width = 60})))
        EXPECT_LE(report::display_width(line), 60) << length_ms << " ms: " << line;
    }
}

TEST(Terminal, AnEmptyRecordIsNoAccident) {
  EXPECT_FALSE(report::terminal(Record{}, {}).empty());
  Record record = sample::race();
  record.findings[0].timeline = {{.script = "cancel"}, {.script = "accept"}};
  record.findings[0].orders.clear();
  EXPECT_FALSE(report::terminal(record, {}).empty());
}

TEST(Terminal, SaysWhatBrokenMeans) {
  EXPECT_TRUE(contains(report::terminal(sample::broken(), {}), "This is not a race"));
  EXPECT_FALSE(contains(report::terminal(sample::race(), {}), "This is not a race"));
}

TEST(Terminal, AMaskIsReadyToCopyHoweverNarrowTheTerminal) {
  Record record = sample::inconclusive();
  const std::string path = ".after.wallet.body." + std::string(60, 'x');
  record.mask = {path};
  EXPECT_TRUE(
      contains(report::terminal(record, {.width = 60}), "\n    mask:\n      - '" + path + "'\n"));
}

TEST(Terminal, SaysInALineEachWhyARunNeverBeganAndWhatToDo) {
  Record record;
  record.scenario_file = "shop.yaml";
  record.reasons = {{record::ReasonCode::unreachable,
                     {{"cause", "connection\x1b[2J\nrefused"}, {"line", 3}, {"column", 9}}}};
  record.next_steps = {{record::StepCode::start_target, {}}};
  EXPECT_EQ(report::why_it_never_began(record, report::Language::en),
            "shop.yaml:3:9: connection␛[2J␊refused\n"
            "deadheat: Start the target, or correct target: (or --target).\n");
}

}  // namespace
