#include "report/in_words.h"

#include <gtest/gtest.h>

#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>

namespace {

using record::Place;
using record::Record;
using record::Schedule;
using record::Value;
using report::in_words;
using report::Language;
using report::Words;

const Words english(Language::en);
const Words korean(Language::ko);

TEST(InWords, APlaceIsItsOwnerAndAPathAsJqHasIt) {
  using In = Place::In;
  using Part = Place::Part;
  struct Case {
    Place place;
    const char* words;
  };
  const Case cases[] = {
      {{In::state, "order", 0, Part::body, "/status"}, "state order .status"},
      {{In::state, "order", 0, Part::body, ""}, "state order"},
      {{In::state, "order", 0, Part::body, "/items/0/id"}, "state order .items[0].id"},
      {{In::state, "order", 0, Part::body, "/items/-/by key/*"},
       "state order .items[].\"by key\".*"},
      {{In::state, "order", 0, Part::body, "/a~1b/c~0d"}, "state order .\"a/b\".\"c~d\""},
      {{In::state, "order", 0, Part::body, "/ HTTP status"}, "state order .\" HTTP status\""},
      {{In::state, "order", 0, Part::status, ""}, "state order, HTTP status"},
      {{In::state, "order", 0, Part::headers, "/etag"}, "state order, header etag"},
      {{In::state, "order", 0, Part::members, ""}, "state order, members"},
      {{In::state, "", 0, Part::statuses, ""}, "state, HTTP statuses"},
      {{In::answer, "cancel", 0, Part::statuses, ""}, "answer of cancel, HTTP statuses"},
      {{In::answer, "redeem[3]", 2, Part::body, "/left"}, "answer of redeem[3], step 2 .left"},
      {{In::sink, "mail", 0, Part::calls, ""}, "sink mail"},
      {{In::sink, "mail", 0, Part::calls, "/0/body/to"}, "sink mail [0].body.to"},
      {{In::suffix, "1", 0, Part::body, "/left"}, "suffix 1 .left"},
  };
  for (const auto& [place, words] : cases) EXPECT_EQ(in_words(place, english), words);
}

TEST(InWords, AValueIsJsonOrWhatAnOrderAllows) {
  using Is = Value::Is;
  struct Case {
    Value value;
    const char* words;
  };
  const Case cases[] = {
      {{.is = Is::nothing}, "-"},
      {{.is = Is::absent}, "absent"},
      {{.is = Is::json, .text = "{\"a\":1}"}, "{\"a\":1}"},
      {{.is = Is::json, .text = "40", .moved = -10}, "40, moved by -10"},
      {{.is = Is::number, .moved = -10}, "any number, moved by -10"},
      {{.is = Is::moved, .moved = 2.5}, "moved by 2.5"},
      {{.is = Is::moved, .moved = 0}, "moved by 0"},
      {{.is = Is::statuses, .text = "200, 409"}, "200, 409"},
      {{.is = Is::statuses, .text = "200, -"}, "200, then stopped"},
      {{.is = Is::statuses, .text = "-"}, "stopped"},
      {{.is = Is::statuses, .text = "0"}, "no answer"},
      {{.is = Is::elements, .count = 1}, "1 element"},
      {{.is = Is::bag, .count = 3}, "3 elements in any order"},
      {{.is = Is::calls, .count = 2}, "2 calls"},
      {{.is = Is::names, .text = "/id\n/total/sum", .count = 2}, ".id, .total.sum"},
      {{.is = Is::names, .text = "/id\n/at", .count = 5}, ".id, .at and 3 more"},
  };
  for (const auto& [value, words] : cases) EXPECT_EQ(in_words(value, english), words);
}

TEST(InWords, AnOrderCountsCopies) {
  EXPECT_EQ(in_words(record::Order{}, english), "no script");
  EXPECT_EQ(in_words(record::Order{{{"cancel"}, {"accept"}}}, english), "cancel, then accept");
  EXPECT_EQ(in_words(record::Order{{{"take", 0, 5}, {"give"}}}, english), "5 x take, then give");
  EXPECT_EQ(in_words(record::Order{{{"cancel", 1}, {"accept", 1}}}, english),
            "cancel step 1, then accept step 1");
  EXPECT_EQ(in_words(record::Order{{{"take", 0, 5}, {"give"}}}, korean), "take × 5 → give");
}

TEST(InWords, AGroupCountsCopies) {
  EXPECT_EQ(in_words(record::Group{{{"redeem", 2}}}, english), "2 redeem");
  EXPECT_EQ(in_words(record::Group{{{"cancel"}, {"accept"}}}, english), "cancel and accept");
  EXPECT_EQ(in_words(record::Group{{{"a"}, {"b", 2}, {"c"}}}, english), "a, 2 b and c");
}

Record two_scripts(int steps) {
  Record record;
  record.entries = {"cancel", "accept"};
  record.scripts = {{.name = "cancel", .steps = steps}, {.name = "accept", .steps = 1}};
  return record;
}

TEST(InWords, AScheduleSaysWhoIsLateAndWhereAllWait) {
  const Record two = two_scripts(2), single = two_scripts(1);
  Record many;
  for (int i = 0; i < 20; ++i) many.entries.push_back("redeem[" + std::to_string(i) + "]");
  Schedule seven{.offsets_ns = std::vector<std::int64_t>(20, 0)};
  for (std::size_t i = 0; i < 7; ++i) seven.offsets_ns[i] = 100'000 * static_cast<int>(i + 1);
  struct Case {
    const Record& record;
    Schedule schedule;
    const char* words;
  };
  const Case cases[] = {
      {two, {.gate = 1, .offsets_ns = {0, 0}}, "together, held at headers before step 2"},
      {single, {.offsets_ns = {0, 0}}, "together, held at headers"},
      {single,
       {.hold = Schedule::Hold::body, .offsets_ns = {0, 5'200'000}},
       "accept 5.2 ms after cancel, held at body"},
      {single, {.offsets_ns = {250'000, 0}}, "cancel 250 µs after accept, held at headers"},
      {single,
       {.sync = Schedule::Sync::threads, .offsets_ns = {0, 0}},
       "together, threads at a barrier"},
      {single,
       {.connections = Schedule::Connections::shared, .offsets_ns = {0, 0}},
       "together, held at headers, on one connection"},
      {many, seven, "7 of 20 up to 700 µs late, held at headers"},
  };
  for (const auto& [record, schedule, words] : cases)
    EXPECT_EQ(in_words(schedule, record, english), words);

  Record three = single;
  three.entries = {"a", "b", "c", "d"};
  EXPECT_EQ(in_words(Schedule{.offsets_ns = {0, 1'000'000, 2'000'000, 0}}, three, english),
            "b 1.0 ms, c 2.0 ms after the others, held at headers");
  EXPECT_EQ(in_words(Schedule{.offsets_ns = {0, 5'500'000}}, Schedule{.offsets_ns = {0, 7'000'000}},
                     single, english),
            "accept 5.5 to 7.0 ms after cancel, held at headers");
  EXPECT_EQ(in_words(Schedule{.offsets_ns = {480'000, 0}}, Schedule{.offsets_ns = {1'200'000, 0}},
                     single, english),
            "cancel 480 µs to 1.2 ms after accept, held at headers");
}

TEST(InWords, AWindowSaysWhoArrivesWhen) {
  struct Case {
    double low_ms, high_ms;
    const char* words;
  };
  constexpr Case cases[] = {
      {5.5, 7, "accept arrives 5.5 to 7.0 ms after cancel"},
      {-7, -5.5, "cancel arrives 5.5 to 7.0 ms after accept"},
      {0, 0, "both arrive together"},
      {0, 3, "accept arrives up to 3.0 ms after cancel"},
      {-3, 0, "cancel arrives up to 3.0 ms after accept"},
      {-0.2, 3, "cancel arrives up to 200 µs after accept, or accept up to 3.0 ms after cancel"},
      {0.9, 1.2, "accept arrives 900 µs to 1.2 ms after cancel"},
      {2, 2, "accept arrives 2.0 ms after cancel"},
      {-0.9, -0.4, "cancel arrives 400 to 900 µs after accept"},
  };
  for (const auto& [low_ms, high_ms, words] : cases)
    EXPECT_EQ(in_words(record::Window{.known = true, .low_ms = low_ms, .high_ms = high_ms},
                       two_scripts(1), english),
              words);
  EXPECT_EQ(in_words(record::Window{.known = true, .before_step = 2, .low_ms = 5.5, .high_ms = 7},
                     two_scripts(2), english),
            "accept arrives 5.5 to 7.0 ms after cancel, with the gate before step 2");
}

TEST(InWords, AnAnswerInAnOrderSaysWhereItStopped) {
  struct Case {
    record::Told told;
    const char* words;
  };
  const Case cases[] = {
      {{"cancel", 1, {200, 409}}, "cancel: 200, 409"},
      {{"cancel", 1, {200}, true}, "cancel: 200, then stopped"},
      {{"cancel", 1, {}, true}, "cancel: stopped"},
      {{"cancel", 1, {}}, "cancel: nothing sent"},
      {{"take", 5, {0}}, "5 x take: no answer"},
  };
  for (const auto& [told, words] : cases) EXPECT_EQ(in_words(told, english), words);
}

TEST(InWords, OrdersWithTheSameOutcomeHaveTheSameLetter) {
  EXPECT_EQ(report::letter_of(-1), "");
  EXPECT_EQ(report::letter_of(0), "A");
  EXPECT_EQ(report::letter_of(25), "Z");
  EXPECT_EQ(report::letter_of(26), "27");
}

/// Something for every member.
json::object sample_of(std::span<const record::Member> members) {
  using Is = record::Member::Is;
  json::object with;
  for (const record::Member& member : members) switch (member.is) {
      case Is::number:
        with[member.name] = 3;
        break;
      case Is::text:
        with[member.name] = "attempt";
        break;
      case Is::place:
        with[member.name] = to_json(Place{.name = "order", .pointer = "/status"});
        break;
      case Is::value:
        with[member.name] = to_json(Value{.is = Value::Is::json, .text = "41"});
        break;
      case Is::order:
        with[member.name] = to_json(record::Order{{{"cancel"}, {"accept"}}});
        break;
      case Is::schedule:
        with[member.name] = to_json(Schedule{.offsets_ns = {0, 0}});
        break;
      case Is::rule_error:
        with[member.name] =
            to_json(record::RuleError{record::RuleError::Is::no_number, ".after.x", "\"many\""});
        break;
      case Is::values:
        with[member.name] = json::array{
            {{"value", to_json(Value{.is = Value::Is::json, .text = "41"})}, {"runs", 2}}};
        break;
    }
  return with;
}

template <class Code>
void expect_every_code_to_be_said() {
  const Record record = two_scripts(2);
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Code>>([&](auto each) {
    const record::Said<Code> said{each.value, sample_of(members_of(each.value))};
    for (const Words& words : {english, korean}) {
      const std::string text = in_words(said, record, words);
      EXPECT_GT(text.size(), 10U) << each.name;
      EXPECT_EQ(text.find("{a"), std::string::npos) << text;
    }
  });
}

TEST(InWords, EveryReasonRemarkAndStepIsSaidWithItsMembers) {
  expect_every_code_to_be_said<record::ReasonCode>();
  expect_every_code_to_be_said<record::RemarkCode>();
  expect_every_code_to_be_said<record::StepCode>();
}

TEST(InWords, AReasonNamesItsLineInTheScenario) {
  Record record = two_scripts(1);
  record.scenario_file = "shop.yaml";
  json::object with{{"cause", "no such host"}, {"line", 12}, {"column", 3}};
  EXPECT_EQ(in_words(record::Reason{record::ReasonCode::scenario_error, with}, record, english),
            "shop.yaml:12:3: no such host");
  with["line"] = with["column"] = 0;
  EXPECT_EQ(in_words(record::Reason{record::ReasonCode::scenario_error, with}, record, english),
            "no such host");
}

TEST(InWords, ALostTargetIsToldByWhatWentOn) {
  json::object with{{"order", to_json(record::Order{{{"cancel"}, {"accept"}}})},
                    {"attempt", 7},
                    {"cause", "connection refused"},
                    {"line", 0},
                    {"column", 0}};
  struct Case {
    const char* during;
    const char* words;
  };
  constexpr Case cases[] = {
      {"serial_run", "A serial run (cancel, then accept) failed: connection refused"},
      {"attempt", "Attempt 7 failed: connection refused"},
      {"second_look", "The second look at the state of attempt 7 failed: connection refused"},
  };
  for (const auto& [during, words] : cases) {
    with["during"] = during;
    EXPECT_EQ(in_words(record::Reason{record::ReasonCode::target_lost, with}, Record(), english),
              words);
  }
}

TEST(InWords, ValuesThatDifferAreCounted) {
  const auto seen = [](const char* text, int runs) {
    return json::object{{"value", to_json(Value{.is = Value::Is::json, .text = text})},
                        {"runs", runs}};
  };
  const record::Reason reason{
      record::ReasonCode::resets_differ,
      {{"place", to_json(Place{.name = "wallet", .part = Place::Part::body, .pointer = "/left"})},
       {"values", {seen("1", 12), seen("2", 1)}},
       {"more", 4}}};
  EXPECT_EQ(
      in_words(reason, Record(), english),
      "Resets leave different values at state wallet .left: 1 (12 runs), 2 (1 run) and 4 more.");
}

TEST(InWords, ARuleThatCannotBeComputedSaysWhyAndWhere) {
  using Is = record::RuleError::Is;
  struct Case {
    record::RuleError error;
    const char* words;
  };
  const Case cases[] = {
      {{}, ""},
      {{Is::jq, "", "null (null) has no keys"}, "null (null) has no keys"},
      {{Is::no_boolean, "", "3"}, "expected true or false, found 3"},
      {{Is::no_list, ".a", "3"}, ".a: expected a list, found 3"},
      {{Is::no_number, ".a", "null"}, ".a: expected a number, found null"},
      {{Is::no_way, ".a.b", ""}, ".a.b leads through a value that is no list or object"},
  };
  for (const auto& [error, words] : cases) EXPECT_EQ(in_words(error, english), words);
}

TEST(InWords, AnErrorWithoutAStatusIsNoAnswer) {
  json::object with{{"script", "pay"}, {"status", 500}, {"attempts", 1}};
  EXPECT_EQ(in_words(record::Remark{record::RemarkCode::error_seen, with}, Record(), english),
            "pay got status 500 in 1 attempt, and never alone.");
  with["status"] = 0;
  EXPECT_EQ(in_words(record::Remark{record::RemarkCode::error_seen, with}, Record(), english),
            "pay got no answer in 1 attempt, and always one alone.");
}

TEST(InWords, ASinkIsNamedAsAScenarioHasIt) {
  const record::Remark remark{record::RemarkCode::one_lane_sink_strays, {{"sink", "mail"}}};
  EXPECT_NE(in_words(remark, Record(), english).find("the path of {{$sink.mail}},"),
            std::string::npos);
}

TEST(InWords, AFileThatIsNoRecordIsToldWhatItIs) {
  using Is = record::Misfit::Is;
  struct Case {
    record::Misfit misfit;
    const char* words;
  };
  const Case cases[] = {
      {{.is = Is::old_version, .found = "1"},
       "a run.json of version 1, written by an older deadheat; run the scenario again"},
      {{.is = Is::new_version, .found = "3"},
       "a run.json of version 3, written by a newer deadheat; this one reads version 2"},
      {{.is = Is::missing, .path = "learnt.orders"}, "learnt.orders: missing"},
      {{Is::unexpected, "verdict", "string", "null"}, "verdict: expected string, found null"},
  };
  for (const auto& [misfit, words] : cases) EXPECT_EQ(in_words(misfit, english), words);
}

}  // namespace
