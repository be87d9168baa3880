#include "report/html.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "report/markup.h"
#include "report/offsets.h"
#include "report/outline.h"
#include "report/sample_testing.h"

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

using Result = record::Attempt::Result;
using report::Language;

std::string html(const Record& record) { return report::html(record, Language::en); }
std::string drawing(const Record& record) {
  return report::offsets_drawing(record, report::Words(Language::en));
}

record::Attempt made(int number, double lag_ms, bool hit, Result result) {
  return {.attempt = number, .lag_ms = lag_ms, .hit = hit, .result = result};
}
record::Attempt made(int number, double lag_ms, const std::vector<std::string>& scripts) {
  record::Attempt attempt = made(number, lag_ms, false, Result::one_order);
  for (const std::string& script : scripts) attempt.order.turns.push_back({.script = script});
  return attempt;
}

/// As a slow handler and a quick one give it.
Record swept() {
  Record record = sample::race();
  record.entries = {"transfer", "withdraw"};
  record.scripts = {{.name = "transfer", .steps = 1}, {.name = "withdraw", .steps = 1}};
  record.attempts = {made(1, 0, {"withdraw", "transfer"}), made(2, 3, {"withdraw", "transfer"}),
                     made(3, 6.5, true, Result::no_order), made(4, 5.6, true, Result::no_order),
                     made(5, 7.4, {"transfer", "withdraw"})};
  record.findings[0].window = {.known = true,
                               .before_step = 1,
                               .low_ms = 5.6,
                               .high_ms = 6.5,
                               .inside = record::rate(2, 2),
                               .outside = record::rate(0, 3)};
  return record;
}

TEST(Html, IsAWholePageForEveryVerdict) {
  for (const auto& [name, sample] : sample::all()) {
    const std::string page = html(sample);
    EXPECT_TRUE(page.starts_with("<!doctype html>")) << name;
    EXPECT_TRUE(is_balanced(page)) << name;
  }
  EXPECT_TRUE(is_balanced(html({})));
}

/// Collects what blocks say.
struct Texts {
  std::vector<std::string> all;

  void operator()(const report::Paragraph& block) { all.push_back(block.text); }
  void operator()(const report::Entries& block) {
    for (const report::Entry& entry : block.list) all.insert(all.end(), {entry.label, entry.text});
  }
  void operator()(const report::Bullets& block) {
    all.insert(all.end(), block.texts.begin(), block.texts.end());
  }
  void operator()(const report::Verbatim& block) {
    all.insert(all.end(), block.lines.begin(), block.lines.end());
  }
  void operator()(const report::Table& block) {
    all.insert(all.end(), block.head.begin(), block.head.begin() + static_cast<long>(block.fixed));
    for (const auto& row : block.rows)
      all.insert(
          all.end(), row.cells.begin(),
          row.cells.begin() + static_cast<long>(block.fixed == 0 ? row.cells.size() : block.fixed));
  }
  void operator()(const report::Timeline& block) {
    for (const record::Part& part : block.parts) all.push_back(part.label);
  }
  void operator()(const report::Orders& block) {
    for (const auto& line : block.lines)
      all.insert(all.end(), {line.order, line.runs, line.explains, line.answers, line.state});
  }
  void operator()(const report::Lags& block) { all.push_back(block.caption); }
};

TEST(Html, SaysEverythingOfTheOutline) {
  for (const Language language : {Language::en, Language::ko})
    for (const auto& [name, sample] : sample::all()) {
      const report::Outline outline =
          report::outline(sample, report::Words(language), report::of_page);
      Texts texts;
      texts.all = {outline.verdict, outline.title, outline.end};
      for (const report::Paragraph& paragraph : outline.lead) texts(paragraph);
      for (const report::Section& section : outline.sections) {
        texts.all.insert(texts.all.end(), {section.heading, section.aside});
        for (const report::Block& block : section.blocks) std::visit(texts, block);
      }
      const std::string page = report::html(sample, language);
      for (const std::string& text : texts.all)
        EXPECT_TRUE(contains(page, report::escaped(text))) << name << ": " << text;
    }
}

TEST(Html, HasTheLanguageOfItsWords) {
  EXPECT_TRUE(contains(html(sample::race()), "<html lang=\"en\">"));
  const std::string page = report::html(sample::race(), Language::ko);
  EXPECT_TRUE(contains(page, "<html lang=\"ko\">"));
  EXPECT_TRUE(contains(page, "<h2>해결 방법"));
}

TEST(Html, ShowsWhatSinksWereCalledWith) {
  Record record = sample::race();
  for (int i = 0; i < 30; ++i)
    record.findings[0].calls.push_back({"payments", "POST /charges", "{\"amount\": 5}", 1.5});
  const std::string page = html(record);
  EXPECT_TRUE(is_balanced(page));
  EXPECT_EQ(count(page, "POST /charges"), 24);
  EXPECT_TRUE(contains(page, "{&quot;amount&quot;: 5}"));
  EXPECT_TRUE(contains(page, "not shown: 6 of 30 calls"));
}

TEST(Html, TheMarkIsExplainedOnlyWhereItStands) {
  Record record = sample::coupon();
  const std::string explained = "✗ no sequential order gives this value";
  EXPECT_TRUE(contains(html(record), explained));
  for (record::Comparison& place : record.findings[0].differences) place.differs = false;
  EXPECT_FALSE(contains(html(record), explained));
  EXPECT_TRUE(contains(html(record), "each value occurs in some sequential order"));
}

TEST(Html, NeedsNothingFromElsewhere) {
  const std::string page = html(swept());
  for (const char* word : {"<script", "src=", "href=", "@import", "url("})
    EXPECT_FALSE(contains(page, word)) << word;
}

TEST(Html, NothingThatCameFromTheTargetIsMarkup) {
  const std::string hostile = "</td><script>alert('1')</script>\x1b[2J\u202e\" onload=\"x";
  Record record = sample::with_every_text(swept(), hostile);
  const std::string page = html(record);
  EXPECT_TRUE(is_balanced(page));
  EXPECT_FALSE(contains(page, "<script"));
  EXPECT_FALSE(contains(page, "\" onload"));
  EXPECT_FALSE(contains(page, "\x1b") || contains(page, "\u202e"));
  EXPECT_TRUE(contains(page, "&lt;script&gt;"));
}

TEST(Offsets, EachAttemptIsAMarkInTheRowOfItsOutcome) {
  const std::string svg = drawing(swept());
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
  EXPECT_EQ(drawing(record), "");
  EXPECT_FALSE(contains(html(record), "<svg"));
}

TEST(Offsets, EachGateHasAPanelAndManyOutcomesShareARow) {
  Record record = swept();
  for (int i = 0; i < 40; ++i) {
    record.attempts.push_back(made(10 + i, i * 0.1, {"order " + std::to_string(i % 20)}));
    record.attempts.back().before_step = 2;
  }
  const std::string svg = drawing(record);
  EXPECT_EQ(count(svg, "<svg"), 2);
  EXPECT_TRUE(contains(svg, "Gate before step 1") && contains(svg, "Gate before step 2"));
  EXPECT_TRUE(contains(svg, ">another result · 28<")) << svg;
}

}  // namespace
