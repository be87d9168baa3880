#include "report/outline.h"

#include <gtest/gtest.h>

#include "report/sample_testing.h"

namespace {

using record::Record;
using report::Language;
using report::Outline;
using report::Words;

const Words english(Language::en);

/// What an entry says, in whatever section.
std::string said(const Record& record, const std::string& label) {
  const Outline outline = report::outline(record, english, {});
  for (const report::Section& section : outline.sections)
    for (const report::Block& block : section.blocks)
      if (const auto* entries = std::get_if<report::Entries>(&block))
        for (const report::Entry& entry : entries->list)
          if (entry.label == label) return entry.text;
  return "";
}

std::vector<std::string> headings(const Record& record, const report::Detail& detail = {}) {
  std::vector<std::string> texts;
  for (const report::Section& section : report::outline(record, english, detail).sections)
    texts.push_back(section.heading);
  return texts;
}

std::string sentence(const Record& record) {
  return report::outline(record, english, {}).lead.front().text;
}

TEST(Outline, BeginsWithTheVerdictInASentence) {
  EXPECT_EQ(sentence(sample::race()),
            "In 9 of 10 attempts the result matches no sequential order of the scripts.");
  EXPECT_EQ(sentence(sample::clean()),
            "Each of 200 attempts gave a result that some sequential order gives too.");
  EXPECT_EQ(sentence(sample::broken()),
            "Rule one-winner fails even sequentially (cancel, then accept): a missing check, not a "
            "race.");
  EXPECT_TRUE(sentence(sample::inconclusive())
                  .starts_with("No verdict. Runs of the same order (rent, then food) have "
                               "different values at state wallet .quote.status: "));
  Record record = sample::race();
  record.findings[0].layer = record::Layer::rule;
  EXPECT_EQ(sentence(record),
            "Rule one-winner holds in every serial run, and broke in 9 of 10 attempts.");
  record.findings[0].error = {"cancel", 500, 2};
  EXPECT_EQ(sentence(record),
            "In 9 of 10 attempts the scripts caused an error that no serial run shows.");
}

TEST(Outline, SaysFirstWhatIsMissingWhereThereIsNoVerdict) {
  EXPECT_EQ(
      headings(sample::inconclusive()),
      (std::vector<std::string>{"Why there is no verdict", "What to do", "Mask for the scenario",
                                "Learnt from serial runs", "Notes"}));
  EXPECT_EQ(headings(sample::broken()).back(), "Next steps");
}

TEST(Outline, OfAPageHasTheLags) {
  Record record = sample::clean();
  for (int i = 0; i < 4; ++i)
    record.attempts.push_back(
        {.attempt = i + 1, .lag_ms = i * 1.0, .result = record::Attempt::Result::either_order});
  const auto has_lags = [&](const report::Detail& detail) {
    const std::vector<std::string> all = headings(record, detail);
    return std::find(all.begin(), all.end(), "Result by lag") != all.end();
  };
  EXPECT_TRUE(has_lags(report::of_page));
  EXPECT_FALSE(has_lags({}));
}

TEST(Outline, ARefusedStreamHasNoStatus) {
  Record record = sample::clean();
  record.tried.refusals = {{"cancel", 0, 1, true}};
  EXPECT_EQ(said(record, "refused"),
            "only under contention: cancel with REFUSED_STREAM in 1 attempt");
}

TEST(Outline, EverybodyRefusedIsSaidWithOrWithoutARefusalOfContention) {
  Record record = sample::clean();
  EXPECT_EQ(said(record, ""), "every script in 2 attempts");
  record.tried.refusals.clear();
  EXPECT_EQ(said(record, "refused"), "every script in 2 attempts");
}

TEST(Outline, WhatWasPlayedOnceMoreIsNotKeptQuiet) {
  Record record = sample::clean();
  EXPECT_EQ(said(record, "repeated"), "");
  record.tried.played_anew = 1;
  EXPECT_EQ(said(record, "repeated"),
            "1 serial run was repeated: the server had closed a connection that it seemed to keep");
}

TEST(Outline, ABusyMachineIsSaid) {
  Record record = sample::clean();
  EXPECT_EQ(said(record, "machine"), "");
  record.tried.load = {.cores = 2, .busy = 1.97, .others = 1.5, .crowded = true};
  EXPECT_EQ(said(record, "machine"),
            "The machine was busy: other processes, including a target on this machine, used 1.5 "
            "of 2 cores. Requests sent together may not start together.");
  record.notes = {{record::RemarkCode::machine_crowded, {{"others", 1.5}, {"cores", 2}}}};
  EXPECT_EQ(said(record, "machine"), "");
}

TEST(Outline, OrdersOfUnknownOutcomeComeLast) {
  Record record = sample::clean();
  record.learnt.orders[1].outcome = -1;
  std::swap(record.learnt.orders[0], record.learnt.orders[1]);
  const Outline outline = report::outline(record, english, {});
  for (const report::Block& block : outline.sections.at(0).blocks)
    if (const auto* orders = std::get_if<report::Orders>(&block)) {
      EXPECT_EQ(orders->lines[0].letter, "A");
      EXPECT_EQ(orders->lines[1].letter, "");
    }
}

TEST(Outline, TheBoundIsRoundedDown) {
  EXPECT_EQ(said(sample::clean(), "bound"),
            "a race that hits in more than 1 of 63 attempts would have been seen (95 %)");
  EXPECT_EQ(said(sample::race(), "bound"), "");
}

TEST(Outline, ARateHasItsInterval) {
  EXPECT_EQ(said(sample::race(), "hit rate"),
            "9 of 10 attempts (95 %: 60-98 %), 0 of 30 fresh serial runs");
  EXPECT_EQ(said(sample::broken(), "serially"), "fails in 4 of 4 serial runs (95 %: 51-100 %)");
}

TEST(Outline, OfAnEmptyRecordIsNoAccident) {
  for (const Language language : {Language::en, Language::ko})
    EXPECT_FALSE(report::outline({}, Words(language), {}).verdict.empty());
}

}  // namespace
