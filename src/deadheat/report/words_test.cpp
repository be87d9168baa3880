#include "report/words.h"

#include <gtest/gtest.h>

#include "report/sample.h"

namespace {

std::string said(const std::vector<report::Entry>& entries, const std::string& label) {
  for (const report::Entry& entry : entries)
    if (entry.label == label && !entry.text.empty()) return entry.text;
  return "";
}

TEST(Words, AWindowIsSpokenOfOnlyBesideOtherLags) {
  record::Finding finding = sample::race().findings[0];
  finding.window = {.when = "accept arrives 5.5 to 7.0 ms after cancel",
                    .before_step = 2,
                    .inside = record::rate(35, 40),
                    .outside = record::rate(0, 62)};
  EXPECT_EQ(report::hit_window(finding),
            "when accept arrives 5.5 to 7.0 ms after cancel, with the gate before step 2: 35 of 40 "
            "attempts; with any other lag 0 of 62");
  finding.window.outside = record::rate(0, 0);
  EXPECT_EQ(report::hit_window(finding), "");
}

TEST(Words, ARefusedStreamHasNoStatus) {
  record::Record record = sample::clean();
  record.tried.refusals = {{"cancel", 0, 1, true}};
  EXPECT_EQ(said(report::what_was_tried(record), "refused"),
            "only under contention: cancel with REFUSED_STREAM in 1 attempt");
}

TEST(Words, EverybodyRefusedIsSaidWithOrWithoutARefusalOfContention) {
  record::Record record = sample::clean();
  EXPECT_EQ(said(report::what_was_tried(record), ""), "in 2 attempts everybody was refused");
  record.tried.refusals.clear();
  EXPECT_EQ(said(report::what_was_tried(record), "refused"), "in 2 attempts everybody was refused");
}

TEST(Words, WhatWasPlayedOnceMoreIsNotKeptQuiet) {
  record::Record record = sample::clean();
  EXPECT_EQ(said(report::what_was_tried(record), "anew"), "");
  record.tried.played_anew = 1;
  EXPECT_EQ(said(report::what_was_tried(record), "anew"),
            "1 serial run was played once more: the server had hung up on a kept connection");
}

TEST(Words, MarksOfAnAxisAreRound) {
  struct Case {
    double least, step;
  };
  constexpr Case cases[] = {{1, 1},   {1.01, 2},    {2.5, 5},   {5.1, 10},
                            {47, 50}, {0.03, 0.05}, {0.2, 0.2}, {720, 1000}};
  for (const auto& [least, step] : cases)
    EXPECT_NEAR(report::tick_step(least), step, 1e-9) << least;
}

}  // namespace
