#include "report/finding.h"

#include <gtest/gtest.h>

#include "report/sample_testing.h"

namespace {

using record::Comparison;
using record::Finding;
using record::Part;
using record::Place;
using record::Value;
using report::headline_of;
using report::Language;
using report::Words;

const Words english(Language::en);
const Words korean(Language::ko);

Part part(const char* script, const char* label, Part::Result result, int status,
          const char* say = "") {
  Part part{.script = script, .label = label, .result = result};
  part.moves = {{.request = "POST /", .say = say, .status = status}};
  return part;
}

Comparison row(Place place, const char* seen, std::vector<const char*> allowed, bool differs) {
  const auto json_of = [](const char* text) { return Value{.is = Value::Is::json, .text = text}; };
  Comparison row{.place = std::move(place), .seen = json_of(seen), .differs = differs};
  for (const char* text : allowed) row.allowed.push_back(json_of(text));
  return row;
}

Place state(const char* pointer) {
  return {Place::In::state, "order", 0, Place::Part::body, pointer};
}

TEST(Headline, SaysWhoWasToldWhat) {
  using Result = Part::Result;
  struct Case {
    std::vector<Part> timeline;
    const char* headline;
  };
  const Case cases[] = {
      {{part("cancel", "Kim", Result::ok, 200, "cancel it!"),
        part("accept", "", Result::refused, 409)},
       "Kim asked “cancel it!” and got 200 (ok); accept got 409 (refused)."},
      {{part("cancel", "Kim", Result::failed, 500), part("accept", "", Result::no_answer, 0)},
       "Kim got 500 (neither ok nor refused); accept got no answer."},
      {{part("redeem[0]", "", Result::ok, 200), part("redeem[1]", "", Result::ok, 200),
        part("redeem[2]", "", Result::refused, 409)},
       "2 of 3 redeem got 200 (ok); 1 of 3 redeem got 409 (refused)."},
      {{}, ""},
  };
  for (const auto& [timeline, headline] : cases)
    EXPECT_EQ(headline_of(Finding{.timeline = timeline}, english), headline);
}

TEST(Headline, SaysWhatIsTrueNow) {
  const auto now = [](std::vector<Comparison> differences) {
    return headline_of(Finding{.differences = std::move(differences)}, english);
  };
  EXPECT_EQ(now({row(state("/left"), "-3", {"0", "0"}, true)}),
            "Afterwards order .left is -3, where every order leaves 0.");
  EXPECT_EQ(now({row(state("/left"), "-3", {"0", "1"}, true)}), "Afterwards order .left is -3.");
  EXPECT_EQ(now({row(state("/a"), "1", {"1"}, false), row(state("/b"), "2", {"3"}, true),
                 row(state("/c"), "4", {"4"}, false)}),
            "Afterwards order .b is 2, where every order leaves 3; order .a is 1.");
  Comparison calls{.place = {Place::In::sink, "mail", 0, Place::Part::calls, ""},
                   .seen = {.is = Value::Is::calls, .count = 2},
                   .differs = true};
  EXPECT_EQ(now({calls}), "Afterwards mail has got 2 calls.");
  EXPECT_EQ(now({row({Place::In::answer, "cancel", 1, Place::Part::body, "/a"}, "1", {}, true)}),
            "");
}

/// A key of the target's own may read like what a report says of a status.
TEST(Headline, AKeyThatReadsLikeAStatusIsNone) {
  Place key = state("/a HTTP status b");
  EXPECT_EQ(headline_of(Finding{.differences = {row(key, "1", {}, true)}}, english),
            "Afterwards order .\"a HTTP status b\" is 1.");
  Place status{Place::In::state, "order", 0, Place::Part::status, ""};
  EXPECT_EQ(headline_of(Finding{.differences = {row(status, "404", {}, true)}}, english),
            "Afterwards order answers 404.");
}

TEST(Headline, OfAnErrorIsTheError) {
  Finding finding{.error = {"pay", 500, 3}, .concurrent = record::rate(3, 40)};
  EXPECT_EQ(headline_of(finding, english), "pay got 500 in 3 of 40 attempts, and never alone.");
  finding.error.status = 0;
  EXPECT_EQ(headline_of(finding, english),
            "pay got no answer in 3 of 40 attempts, and always one alone.");
}

TEST(Headline, InKoreanChoosesItsParticles) {
  Finding finding{.timeline = {part("cancel", "고객", Part::Result::ok, 200, "취소해주세요!"),
                               part("accept", "배달 기사", Part::Result::refused, 409)}};
  EXPECT_EQ(headline_of(finding, korean),
            "고객은 “취소해주세요!” 요청을 보내 200 응답을 받았습니다(성공). 배달 기사는 409 "
            "응답을 받았습니다(거부).");
}

TEST(Why, HasItsNumbersAndItsNearCases) {
  using Is = record::Why::Is;
  struct Case {
    record::Why why;
    bool across;
    const char* words;
  };
  const Case cases[] = {
      {{.is = Is::more_succeeded, .seen = 2, .allowed = 1},
       false,
       "In any sequential order, at most 1 of them succeeds. Here 2 did."},
      {{.is = Is::more_succeeded, .seen = 8, .allowed = 5},
       true,
       "In any sequential order, at most 5 of them succeed. Here 8 did. Each request is handled "
       "correctly by itself, but acted on a value that had changed since it was read."},
      {{.is = Is::more_succeeded, .seen = 1},
       false,
       "In no sequential order does any of them succeed. Here 1 did."},
      {{.is = Is::called_more_often, .seen = 2, .allowed = 1, .name = "mail"},
       false,
       "In any sequential order, mail is called at most 1 time. Here it was called 2 times."},
      {{.is = Is::called_more_often, .seen = 1, .name = "mail"},
       false,
       "In no sequential order is mail called. Here it was called 1 time."},
      {{.is = Is::change_is_gone, .everybody = true},
       false,
       "In any sequential order, every confirmed change is there at the end. Here one is gone, "
       "although every script succeeded."},
      {{.is = Is::change_is_gone, .several = true},
       false,
       "In any sequential order, every confirmed change is there at the end. Here some are gone, "
       "although the scripts that made them succeeded."},
      {{.is = Is::only_together, .before = 1, .after = 4},
       false,
       "All 1 serial run before the first error and all 4 controls after the last one were "
       "answered."},
  };
  for (const auto& [why, across, words] : cases)
    EXPECT_EQ(report::why(Finding{.why = why, .across_requests = across}, english), words);
}

TEST(Finding, WithoutAKindIsNamedByWhatItContradicts) {
  Finding finding;
  EXPECT_EQ(report::title_of(finding, english), "a result that no order gives");
  finding.rule.name = "one-winner";
  EXPECT_EQ(report::title_of(finding, english), "a broken rule");
  finding.kind = record::Kind::lost_update;
  EXPECT_EQ(report::title_of(finding, english), "lost update");
}

TEST(Finding, SpeaksOfAWindowOnlyBesideOtherLags) {
  record::Record record = sample::race();
  Finding& finding = record.findings[0];
  finding.window = {.known = true,
                    .before_step = 2,
                    .low_ms = 5.5,
                    .high_ms = 7,
                    .inside = record::rate(35, 40),
                    .outside = record::rate(0, 62)};
  EXPECT_EQ(report::hit_window(finding, record, english),
            "when accept arrives 5.5 to 7.0 ms after cancel, with the gate before step 2: 35 of 40 "
            "attempts; with any other lag 0 of 62");
  finding.window.outside = record::rate(0, 0);
  EXPECT_EQ(report::hit_window(finding, record, english), "");
}

}  // namespace
