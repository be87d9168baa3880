#include "finding/kind.h"

#include <gtest/gtest.h>

#include <boost/describe/enum_to_string.hpp>

#include "finding/evidence_testing.h"

namespace {

using finding::Bench;
using finding::Happened;
using finding::Heard;
using finding::told;
using record::Cure;
using record::Kind;
using Is = record::Why::Is;
using World = std::unique_ptr<Bench>;

const char* name_of(Kind kind) { return boost::describe::enum_to_string(kind, "?"); }

// Some copies, of which `limit` succeed.
World limited(int copies, int limit) {
  auto bench = std::make_unique<Bench>(std::vector<Bench::Script>{{"redeem", copies}});
  Happened run{{}, R"({"left": 9})", R"({"left": 0})"};
  std::vector<int> who;
  for (int i = 0; i < copies; ++i) {
    run.heard.push_back(told(i < limit ? 200 : 409));
    who.push_back(i);
    if (i + 1 >= limit) bench->learn(who, run);
  }
  return bench;
}

// Two pay for the same; one call goes out.
World paid_once() {
  auto bench = std::make_unique<Bench>(
      std::vector<Bench::Script>{{"pay", 2}},
      [](scenario::Scenario& scenario) { scenario.sinks.push_back({.name = "bank"}); });
  bench->learn({0, 1}, {{told(200), told(200)}, "{}", "{}", 200, {"5"}});
  return bench;
}

// Whoever comes second finds it there.
World created_once() {
  auto bench = std::make_unique<Bench>(std::vector<Bench::Script>{{"create", 2}});
  bench->learn({0, 1}, {{told(201), told(200)}, "[]", R"([{"name": "x"}])"});
  return bench;
}

// It is gone at the end, whoever comes first.
World removed() {
  auto bench = std::make_unique<Bench>(std::vector<Bench::Script>{{"remove"}, {"change"}});
  bench->learn({0, 1}, {{told(204), told(404)}, R"({"n": 0})", "{}", 404});
  bench->learn({1, 0}, {{told(200), told(204)}, R"({"n": 0})", "{}", 404});
  return bench;
}

// A note is replaced, and the last one stays.
World noted() {
  auto bench = std::make_unique<Bench>(std::vector<Bench::Script>{{"first"}, {"second"}});
  bench->learn({0, 1}, {{told(200), told(200)}, R"({"note": "old"})", R"({"note": "second"})"});
  bench->learn({1, 0}, {{told(200), told(200)}, R"({"note": "old"})", R"({"note": "first"})"});
  return bench;
}

World one_winner() { return finding::one_winner(); }
World additions() { return finding::additions(); }

struct Case {
  const char* what;
  World (*world)();
  Happened attempt;
  Kind kind;
  Is why;
};

// Each hit stands beside what only just is none of its kind.
const Case cases[] = {
    {"both are ok, where one is",
     one_winner,
     {{told(200), told(200)}, R"({"by": "nobody"})", R"({"by": "give"})"},
     Kind::check_then_act,
     Is::more_succeeded},
    {"likewise, of copies",
     [] { return limited(2, 1); },
     {{told(200), told(200)}, R"({"left": 9})", R"({"left": 0})"},
     Kind::double_execution,
     Is::more_succeeded},
    {"three are ok, where two are",
     [] { return limited(4, 2); },
     {{told(200), told(200), told(200), told(409)}, R"({"left": 9})", R"({"left": 0})"},
     Kind::limit_exceeded,
     Is::more_succeeded},
    {"two are ok, but the state is another",
     [] { return limited(4, 2); },
     {{told(200), told(200), told(409), told(409)}, R"({"left": 9})", R"({"left": -1})"},
     Kind::other,
     Is::nothing_fits},

    {"two calls go out, where one does",
     paid_once,
     {{told(200), told(200)}, "{}", "{}", 200, {"5", "5"}},
     Kind::double_execution,
     Is::called_more_often},
    {"one call goes out, with another body",
     paid_once,
     {{told(200), told(200)}, "{}", "{}", 200, {"6"}},
     Kind::other,
     Is::nothing_fits},

    {"a count moves less far than in any order",
     additions,
     {{told(200, R"({"count": 1})"), told(200, R"({"count": 1})")},
      R"({"count": 0})",
      R"({"count": 1})"},
     Kind::lost_update,
     Is::change_is_gone},
    {"a count moves further",
     additions,
     {{told(200, R"({"count": 1})"), told(200, R"({"count": 2})")},
      R"({"count": 0})",
      R"({"count": 3})"},
     Kind::other,
     Is::nothing_fits},
    {"a count moves the other way",
     additions,
     {{told(200, R"({"count": 1})"), told(200, R"({"count": 2})")},
      R"({"count": 0})",
      R"({"count": -1})"},
     Kind::other,
     Is::nothing_fits},
    {"a text stands as it was",
     noted,
     {{told(200), told(200)}, R"({"note": "old"})", R"({"note": "old"})"},
     Kind::lost_update,
     Is::change_is_gone},
    {"a text is a third one",
     noted,
     {{told(200), told(200)}, R"({"note": "old"})", R"({"note": "both"})"},
     Kind::other,
     Is::nothing_fits},

    {"there are two, where there is one",
     created_once,
     {{told(201), told(201)}, "[]", R"([{"name": "x"}, {"name": "x"}])"},
     Kind::duplicate,
     Is::more_of_them},
    {"there is none",
     created_once,
     {{told(201), told(201)}, "[]", "[]"},
     Kind::other,
     Is::nothing_fits},

    {"it exists, where every order deletes it",
     removed,
     {{told(204), told(200)}, R"({"n": 0})", R"({"n": 1})", 200},
     Kind::resurrected,
     Is::exists_again},
    {"it cannot be read",
     removed,
     {{told(204), told(200)}, R"({"n": 0})", "{}", 500},
     Kind::other,
     Is::nothing_fits},

    {"statuses and state are right, and one is told what is not true",
     additions,
     {{told(200, R"({"count": 1})"), told(200, R"({"count": 1})")},
      R"({"count": 0})",
      R"({"count": 2})"},
     Kind::stale_answer,
     Is::told_otherwise},
    {"the state is that of the loser",
     one_winner,
     {{told(200), told(409)}, R"({"by": "nobody"})", R"({"by": "give"})"},
     Kind::answer_contradicts_state,
     Is::answers_fit_no_order},
    {"the state is that of nobody",
     one_winner,
     {{told(200), told(409)}, R"({"by": "nobody"})", R"({"by": "nobody"})"},
     Kind::lost_update,
     Is::change_is_gone},
};

TEST(Kinds, AreToldApart) {
  for (const Case& c : cases) {
    const World world = c.world();
    ASSERT_TRUE(world->ledger().baseline) << c.what;
    ASSERT_TRUE(world->attempt(c.attempt).contradicts()) << c.what;
    const record::Finding finding = world->finding();
    EXPECT_EQ(finding.kind, c.kind) << c.what << ": " << name_of(finding.kind);
    EXPECT_EQ(finding.why.is, c.why) << c.what;
    EXPECT_EQ(finding.layer,
              c.kind == Kind::stale_answer ? record::Layer::body : record::Layer::state)
        << c.what;
    EXPECT_FALSE(finding.across_requests) << c.what;
  }
}

TEST(Kinds, SayHowManySucceeded) {
  const World world = limited(4, 2);
  (void)world->attempt(
      {{told(200), told(200), told(200), told(409)}, R"({"left": 9})", R"({"left": 0})"});
  const record::Why why = world->finding().why;
  EXPECT_EQ(why.seen, 3);
  EXPECT_EQ(why.allowed, 2);
}

TEST(Kinds, SayHowOftenASinkWasCalled) {
  const World world = paid_once();
  (void)world->attempt({{told(200), told(200)}, "{}", "{}", 200, {"5", "5", "5"}});
  const record::Finding finding = world->finding();
  EXPECT_EQ(finding.why.name, "bank");
  EXPECT_EQ(finding.why.seen, 3);
  EXPECT_EQ(finding.why.allowed, 1);
  EXPECT_EQ(finding.calls.size(), 3u);
}

TEST(Kinds, SayWhoseChangeIsGone) {
  struct Lost {
    World world;
    Happened attempt;
    bool everybody, several;
  };
  const Happened both{{told(200), told(200)}, R"({"note": "old"})", R"({"note": "old"})"};
  const Happened one{{told(200), told(409)}, R"({"by": "nobody"})", R"({"by": "nobody"})"};
  Lost lost[] = {{noted(), both, true, false}, {one_winner(), one, false, false}};
  for (Lost& each : lost) {
    (void)each.world->attempt(each.attempt);
    const record::Why why = each.world->finding().why;
    EXPECT_EQ(why.everybody, each.everybody);
    EXPECT_EQ(why.several, each.several);
  }
  Bench many({{"add", 3}});
  many.learn({0, 1, 2}, {{told(200), told(200), told(200)}, R"({"n": 0})", R"({"n": 3})"});
  (void)many.attempt({{told(200), told(200), told(200)}, R"({"n": 0})", R"({"n": 2})"});
  EXPECT_TRUE(many.finding().why.several);
}

// To compute where the number is kept is the plainest cure of a number; of a text it is none.
TEST(Kinds, OfALostNumberIsCuredWhereItIsKept) {
  const World number = additions(), text = noted();
  (void)number->attempt({{told(200, R"({"count": 1})"), told(200, R"({"count": 1})")},
                         R"({"count": 0})",
                         R"({"count": 1})"});
  (void)text->attempt({{told(200), told(200)}, R"({"note": "old"})", R"({"note": "old"})"});
  EXPECT_EQ(
      number->finding().cures,
      (std::vector{Cure::compute_in_database, Cure::write_changed_columns, Cure::compare_version}));
  EXPECT_EQ(text->finding().cures, (std::vector{Cure::write_changed_columns, Cure::compare_version,
                                                Cure::compute_in_database}));
}

// What is counted is judged by its move alone: 500 -> 499 where two were taken.
TEST(Kinds, OfWhatIsCountedAreToldByItsMove) {
  const auto stock = [](const char* before, const char* after) {
    return Happened{{told(200), told(200)},
                    R"({"left": )" + std::string(before) + "}",
                    R"({"left": )" + std::string(after) + "}"};
  };
  struct Move {
    const char* after;
    Kind kind;
  };
  for (const Move& move : {Move{"499", Kind::lost_update}, Move{"497", Kind::other}}) {
    Bench bench({{"take", 2}}, [](scenario::Scenario& scenario) {
      scenario.counts.push_back({".after.thing.body.left", {}});
    });
    (void)bench.serial({0, 1}, stock("504", "502"), trial::Use::learning);
    (void)bench.serial({0, 1}, stock("502", "500"), trial::Use::late);
    (void)bench.attempt(stock("500", move.after));
    EXPECT_EQ(bench.finding().kind, move.kind) << move.after;
  }
}

// -- between requests

struct AcrossCase {
  const char* what;
  Happened attempt;
  oracle::ByRequest by_request;
  Kind kind;
  Is why;
};

TEST(Kinds, AreBetweenRequestsWhereTheRequestsExplainIt) {
  const Happened both{{told(200), told(200)}, R"({"by": "nobody"})", R"({"by": "give"})"};
  const Happened neither{{told(200), told(409)}, R"({"by": "nobody"})", R"({"by": "nobody"})"};
  using oracle::ByRequest;
  const Kind across = Kind::check_then_act_across_requests;
  const AcrossCase list[] = {
      {"more succeed", both, ByRequest::explained, across, Is::more_succeeded},
      {"the state differs", neither, ByRequest::explained, across, Is::requests_explain},
      {"requests do not explain it either", both, ByRequest::contradicts, Kind::check_then_act,
       Is::more_succeeded},
      {"that cannot be told", both, ByRequest::undecided, Kind::check_then_act, Is::more_succeeded},
  };
  for (const AcrossCase& c : list) {
    const World world = one_winner();
    (void)world->attempt(c.attempt);
    trial::Ledger ledger = world->ledger();
    ledger.by_request.is = c.by_request;
    const auto finding = explain(world->evidence_of(ledger), ledger.attempts.back());
    EXPECT_EQ(finding.kind, c.kind) << c.what;
    EXPECT_EQ(finding.why.is, c.why) << c.what;
    EXPECT_EQ(finding.across_requests, c.by_request == ByRequest::explained) << c.what;
  }
}

TEST(Kinds, OfAnOutdatedReadSayThatTheRestIsRight) {
  const World world = additions();
  (void)world->attempt({{told(200, R"({"count": 1})"), told(200, R"({"count": 1})")},
                        R"({"count": 0})",
                        R"({"count": 2})"});
  trial::Ledger ledger = world->ledger();
  ledger.by_request.is = oracle::ByRequest::explained;
  const auto finding = explain(world->evidence_of(ledger), ledger.attempts.back());
  EXPECT_EQ(finding.kind, Kind::check_then_act_across_requests);
  EXPECT_EQ(finding.why.is, Is::read_was_outdated);
}

// -- rules

// Masked, so that orders say nothing of it.
void add_rule(scenario::Scenario& scenario) {
  const scenario::Expression fair{".after.thing.body.fair", {}};
  scenario.rules.push_back({.name = "fair", .holds = fair});
  scenario.mask.push_back(fair);
}

// The rule holds in every serial run.
World ruled() {
  auto bench = std::make_unique<Bench>(std::vector<Bench::Script>{{"take"}, {"give"}}, add_rule);
  const char* nobody = R"({"by": "nobody"})";
  bench->learn({0, 1}, {{told(200), told(409)}, nobody, R"({"by": "take", "fair": true})"});
  bench->learn({1, 0}, {{told(200), told(409)}, nobody, R"({"by": "give", "fair": true})"});
  return bench;
}

TEST(Kinds, OfABrokenRuleSayWhatItSaw) {
  const World world = ruled();
  ASSERT_FALSE(
      world
          ->attempt(
              {{told(200), told(409)}, R"({"by": "nobody"})", R"({"by": "take", "fair": false})"})
          .contradicts());
  const record::Finding finding = world->finding();
  EXPECT_EQ(finding.kind, Kind::rule_broken_under_contention);
  EXPECT_EQ(finding.why.is, Is::rule_held_serially);
  EXPECT_EQ(finding.layer, record::Layer::rule);
  EXPECT_EQ(finding.rule.name, "fair");
  EXPECT_NE(finding.rule.values.find(R"("fair":false)"), std::string::npos) << finding.rule.values;
  EXPECT_EQ(finding.rule.error, record::RuleError{});
}

TEST(Kinds, OfAContradictionAreNotOfARuleThatBrokeWithIt) {
  const World world = ruled();
  (void)world->attempt(
      {{told(200), told(200)}, R"({"by": "nobody"})", R"({"by": "take", "fair": false})"});
  const record::Finding finding = world->finding();
  EXPECT_EQ(finding.kind, Kind::check_then_act);
  EXPECT_EQ(finding.layer, record::Layer::state);
  EXPECT_EQ(finding.rule.name, "fair");
}

TEST(Kinds, OfARuleThatBreaksSeriallyAreAMissingCheck) {
  const World world = finding::one_winner(add_rule);  // nothing is there: null is not true
  ASSERT_TRUE(world->ledger().serial_break);
  const auto finding = explain(world->evidence(), *world->ledger().serial_break);
  EXPECT_EQ(finding.kind, Kind::missing_check);
  EXPECT_EQ(finding.why.is, Is::broke_serially);
  EXPECT_EQ(finding.layer, record::Layer::rule);
  EXPECT_EQ(finding.rule.name, "fair");
  EXPECT_EQ(finding.attempt, 0);
  EXPECT_EQ(finding.orders, (std::vector<record::Order>{{{{"take"}, {"give"}}}}));
  EXPECT_EQ(finding.timeline.size(), 2u);
  EXPECT_FALSE(ruled()->ledger().serial_break);
}

// -- errors

TEST(Kinds, OfAnErrorThatOnlyContentionBringsForth) {
  const World world = additions();
  const auto calm = Happened{{told(200, R"({"count": 1})"), told(200, R"({"count": 2})")},
                             R"({"count": 0})",
                             R"({"count": 2})"};
  Happened failed = calm;
  failed.heard[1] = told(500);
  failed.after = R"({"count": 1})";
  (void)world->serial({0, 1}, calm, trial::Use::control);
  (void)world->attempt(failed);
  (void)world->attempt(calm);
  (void)world->attempt(failed);
  EXPECT_EQ(world->ledger().contention_error(), nullptr) << "it may have broken down for good";
  (void)world->serial({0, 1}, calm, trial::Use::control);
  ASSERT_NE(world->ledger().contention_error(), nullptr);
  const auto finding = explain(world->evidence(), *world->ledger().contention_error());
  EXPECT_EQ(finding.kind, Kind::error_under_contention);
  EXPECT_EQ(finding.why.is, Is::only_together);
  EXPECT_GT(finding.why.before, 0);
  EXPECT_EQ(finding.why.after, 1);
  EXPECT_EQ(finding.error.script, "add");
  EXPECT_EQ(finding.error.status, 500);
  EXPECT_EQ(finding.error.attempts, 2);
  EXPECT_EQ(finding.attempt, 1);
  EXPECT_EQ(finding.proven_at, 3);
}

// -- the table

template <class Enum>
std::vector<Enum> all_of() {
  std::vector<Enum> all;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>(
      [&](auto each) { all.push_back(each.value); });
  return all;
}

TEST(Kinds, HaveAWeaknessAndACureEach) {
  std::vector<Cure> used;
  for (const Kind kind : all_of<Kind>()) {
    record::Finding finding;
    finding::set_kind(finding, kind);
    EXPECT_EQ(finding.kind, kind);
    EXPECT_TRUE(finding.cwe.starts_with("CWE-")) << name_of(kind);
    EXPECT_FALSE(finding.cures.empty()) << name_of(kind);
    used.insert(used.end(), finding.cures.begin(), finding.cures.end());
  }
  for (const Cure cure : all_of<Cure>())
    EXPECT_NE(std::find(used.begin(), used.end(), cure), used.end())
        << boost::describe::enum_to_string(cure, "?");
}

}  // namespace
