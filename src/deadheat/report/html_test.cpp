#include "report/html.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "report/offsets.h"
#include "report/sample.h"
#include "report/words.h"

namespace {

using record::Record;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

int count(const std::string& text, const std::string& part) {
  int times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++times;
  return times;
}

/// Every element that is opened is closed, in turn. Not a parser: what the report writes, no more.
bool is_balanced(const std::string& page) {
  const std::set<std::string> empty_elements{"meta", "!doctype"};
  std::vector<std::string> open;
  for (std::size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const std::size_t end = page.find('>', at);
    if (end == std::string::npos) return false;
    const std::string tag = page.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find_first_of(" \n"));
    if (name.starts_with('/')) {
      if (open.empty() || open.back() != name.substr(1)) return false;
      open.pop_back();
    } else if (!tag.ends_with('/') && !empty_elements.contains(name)) {
      open.push_back(name);
    }
  }
  return open.empty();
}

record::Attempt made(int number, double lag_ms, bool hit, const std::string& result) {
  return {.attempt = number, .lag_ms = lag_ms, .hit = hit, .result = result};
}

/// As a slow handler and a quick one give it.
Record swept() {
  Record record = sample::race();
  record.entries = {"transfer", "withdraw"};
  record.attempts = {
      made(1, 0, false, "withdraw, then transfer"), made(2, 3, false, "withdraw, then transfer"),
      made(3, 6.5, true, "no order explains it"), made(4, 5.6, true, "no order explains it"),
      made(5, 7.4, false, "transfer, then withdraw")};
  record.findings[0].window = {.when = "withdraw arrives 5.6 to 6.5 ms after transfer",
                               .before_step = 1,
                               .low_ms = 5.6,
                               .high_ms = 6.5,
                               .inside = record::rate(2, 2),
                               .outside = record::rate(0, 3)};
  return record;
}

TEST(Html, IsAWholePageForEveryVerdict) {
  for (const auto& [name, sample] : sample::all()) {
    const std::string page = report::html(sample);
    EXPECT_TRUE(page.starts_with("<!doctype html>")) << name;
    EXPECT_TRUE(is_balanced(page)) << name;
    EXPECT_TRUE(contains(page, report::escaped(sample.sentence))) << name;
    for (const record::Finding& finding : sample.findings)
      EXPECT_TRUE(contains(page, report::escaped(finding.headline))) << name;
    for (const std::string& reason : sample.reasons)
      EXPECT_TRUE(contains(page, report::escaped(reason))) << name;
  }
  EXPECT_TRUE(is_balanced(report::html({})));
}

void expect_entries(const std::string& page, const std::vector<report::Entry>& entries) {
  for (const report::Entry& entry : entries) {
    if (entry.text.empty()) continue;
    EXPECT_TRUE(contains(page, ">" + report::escaped(entry.text) + "</dd>")) << entry.text;
  }
}

TEST(Html, SaysWhatTheTerminalSays) {
  for (const auto& [name, sample] : sample::all()) {
    SCOPED_TRACE(name);
    const std::string page = report::html(sample);
    if (sample.tried.attempts > 0) expect_entries(page, report::what_was_tried(sample));
    for (const record::Finding& finding : sample.findings) {
      if (&finding != &sample.findings.front()) {
        EXPECT_TRUE(contains(page, report::escaped(report::in_brief(finding))));
        continue;
      }
      expect_entries(page, report::what_it_is(finding, sample.verdict == "race"));
      expect_entries(page, report::how_sure(finding, sample.verdict == "race"));
    }
  }
  EXPECT_TRUE(contains(report::html(sample::broken()), "This is not a race"));
  EXPECT_FALSE(contains(report::html(sample::race()), "This is not a race"));
}

TEST(Html, ShowsWhatSinksWereCalledWith) {
  Record record = sample::race();
  for (int i = 0; i < 30; ++i)
    record.findings[0].calls.push_back({"payments", "POST /charges", "{\"amount\": 5}", 1.5});
  const std::string page = report::html(record);
  EXPECT_TRUE(is_balanced(page));
  EXPECT_EQ(count(page, "POST /charges"), 24);
  EXPECT_TRUE(contains(page, "{&quot;amount&quot;: 5}"));
  EXPECT_TRUE(contains(page, "not shown: 6 of 30 calls"));
}

TEST(Html, TheMarkIsExplainedOnlyWhereItStands) {
  Record record = sample::race();
  const std::string explained = "✗ no order has this value here";
  EXPECT_TRUE(contains(report::html(record), explained));
  for (record::Comparison& place : record.findings[0].differences) place.differs = false;
  EXPECT_FALSE(contains(report::html(record), explained));
  EXPECT_TRUE(contains(report::html(record), "each value alone has an order that allows it"));
}

TEST(Html, NeedsNothingFromElsewhere) {
  const std::string page = report::html(swept());
  for (const char* word : {"<script", "src=", "href=", "@import", "url("})
    EXPECT_FALSE(contains(page, word)) << word;
}

TEST(Html, NothingThatCameFromTheTargetIsMarkup) {
  const std::string hostile = "</td><script>alert('1')</script>\x1b[2J\u202e\" onload=\"x";
  Record record = swept();
  record.scenario_name = record.sentence = record.mask = record.scenario_id = hostile;
  record.verdict = record.tool = record.scenario_file = hostile;
  record.notes = record.reasons = record.next_steps = record.learnt.remarks = {hostile};
  record.entries = {hostile, hostile};
  for (record::Attempt& attempt : record.attempts) attempt.result = hostile;
  record::Finding& finding = record.findings[0];
  finding.kind = finding.headline = finding.why = finding.rule_values = finding.schedule = hostile;
  finding.window.when = hostile;
  finding.cures = finding.orders = {hostile, hostile};
  for (record::Part& part : finding.timeline) {
    part.label = part.script = hostile;
    for (record::Move& move : part.moves) move.request = move.say = move.answer = hostile;
  }
  for (record::Comparison& place : finding.differences) {
    place.place = place.seen = hostile;
    place.allowed = {hostile, hostile};
  }
  const std::string page = report::html(record);
  EXPECT_TRUE(is_balanced(page));
  EXPECT_FALSE(contains(page, "<script"));
  EXPECT_FALSE(contains(page, "\" onload"));
  EXPECT_FALSE(contains(page, "\x1b") || contains(page, "\u202e"));
  EXPECT_TRUE(contains(page, "&lt;script&gt;"));
}

TEST(Offsets, EachAttemptIsAMarkInTheRowOfItsOutcome) {
  const std::string svg = report::offsets_drawing(swept());
  EXPECT_EQ(count(svg, "class=\"hit\""), 2 + 1);  // and in the legend
  EXPECT_EQ(count(svg, "class=\"other\""), 3 + 1);
  for (const char* row : {">no order explains it · 2<", ">withdraw, then transfer · 2<",
                          ">transfer, then withdraw · 1<"})
    EXPECT_TRUE(contains(svg, row)) << row << "\n" << svg;
  EXPECT_TRUE(contains(svg, "lag of withdraw behind transfer, in ms"));
  EXPECT_TRUE(contains(svg, ">2 of 2 hit<"));
  EXPECT_EQ(count(svg, "class=\"band\""), 2);  // the window, and its key
}

TEST(Offsets, NothingIsDrawnWhereAllWereTogether) {
  Record record = swept();
  for (record::Attempt& attempt : record.attempts) attempt.lag_ms = 0;
  EXPECT_EQ(report::offsets_drawing(record), "");
  EXPECT_FALSE(contains(report::html(record), "<svg"));
}

TEST(Offsets, EachGateHasAPanelAndManyOutcomesShareARow) {
  Record record = swept();
  for (int i = 0; i < 40; ++i) {
    record.attempts.push_back(made(10 + i, i * 0.1, false, "order " + std::to_string(i % 20)));
    record.attempts.back().before_step = 2;
  }
  const std::string svg = report::offsets_drawing(record);
  EXPECT_EQ(count(svg, "<svg"), 2);
  EXPECT_TRUE(contains(svg, "Gate before step 1") && contains(svg, "Gate before step 2"));
  EXPECT_TRUE(contains(svg, ">some other order · 28<")) << svg;
}

}  // namespace
