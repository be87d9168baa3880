#include "oracle/pattern.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "oracle/oracle_testing.h"

/// What two runs of an order teach.
namespace {

using namespace oracle_testing;
using oracle::Judgement;

/// One script's body in two serial runs, and in an attempt. Another script beside it says nothing.
struct BodyCase {
  const char* lesson;
  const char *first, *second;
  const char* attempt;
  bool fits;
};

bool fits(const BodyCase& c) {
  Bench bench({{"ask"}, {"idle"}}, false);
  const auto told = [](const char* body) { return Told{{said(200, body), said(204)}}; };
  bench.learn({0, 1}, {told(c.first), told(c.second)});
  // The other order says the same.
  bench.learn({1, 0}, {{{said(204), said(200, c.first)}}, {{said(204), said(200, c.second)}}});
  EXPECT_TRUE(bench.oracle->clashes().empty()) << c.lesson;
  return word_for(bench.judge(told(c.attempt))) == "explained";
}

TEST(Learn, ConstantsSlotsAndRelations) {
  constexpr BodyCase cases[] = {
      {"what the runs agree in is a constant", R"({"n": 1})", R"({"n": 1})", R"({"n": 1})", true},
      {"and nothing else will do", R"({"n": 1})", R"({"n": 1})", R"({"n": 2})", false},
      {"1 and 1.0 are numbers, \"1\" is a text", R"({"n": 1})", R"({"n": 1})", R"({"n": "1"})",
       false},
      {"a slot takes any number", R"({"id": 17})", R"({"id": 18})", R"({"id": 3000000})", true},
      {"but no text", R"({"id": 17})", R"({"id": 18})", R"({"id": "19"})", false},
      {"nor null", R"({"id": 17})", R"({"id": 18})", R"({"id": null})", false},
      {"a slot takes any word", R"({"id": "9f3a"})", R"({"id": "77c2"})", R"({"id": "Zebra_1"})",
       true},
      {"a word has no blanks", R"({"id": "9f3a"})", R"({"id": "77c2"})", R"({"id": "not a word"})",
       false},
      {"unless the runs had them", R"({"t": "so it is"})", R"({"t": "no"})",
       R"({"t": "any old text"})", true},
      {"words of a text that agree stay", R"({"m": "Order 17 created"})",
       R"({"m": "Order 18 created"})", R"({"m": "Order 19 created"})", true},
      {"and are evidence", R"({"m": "Order 17 created"})", R"({"m": "Order 18 created"})",
       R"({"m": "Order 19 deleted"})", false},
      {"a slot is not empty", R"({"m": "Order 17"})", R"({"m": "Order 18"})", R"({"m": "Order "})",
       false},
      {"parts of a word likewise", R"({"u": "/r/17/edit"})", R"({"u": "/r/18/edit"})",
       R"({"u": "/r/19/edit"})", true},
      {"with their punctuation", R"({"u": "/r/17/edit"})", R"({"u": "/r/18/edit"})",
       R"({"u": "/r/19-edit"})", false},
      {"a query is cut at & and =", R"({"u": "/r?id=17&v=2"})", R"({"u": "/r?id=18&v=2"})",
       R"({"u": "/r?id=19&v=3"})", false},

      {"equal in all runs: equal", R"({"a": 17, "b": 17})", R"({"a": 18, "b": 18})",
       R"({"a": 19, "b": 19})", true},
      {"and not unequal", R"({"a": 17, "b": 17})", R"({"a": 18, "b": 18})", R"({"a": 19, "b": 20})",
       false},
      {"unequal in all runs: unequal", R"({"a": 17, "b": 27})", R"({"a": 18, "b": 28})",
       R"({"a": 19, "b": 29})", true},
      {"and not equal", R"({"a": 17, "b": 27})", R"({"a": 18, "b": 28})", R"({"a": 19, "b": 19})",
       false},
      {"now equal, now unequal: free", R"({"a": 1, "b": 1})", R"({"a": 2, "b": 3})",
       R"({"a": 4, "b": 4})", true},
      {"numbers and texts relate as text", R"({"id": 17, "u": "/r/17"})",
       R"({"id": 18, "u": "/r/18"})", R"({"id": 19, "u": "/r/19"})", true},
      {"whichever of them is wrong", R"({"id": 17, "u": "/r/17"})", R"({"id": 18, "u": "/r/18"})",
       R"({"id": 19, "u": "/r/18"})", false},
      {"a UUID is one thing", R"({"u": "/r/a1b2c3d4-0000-4000-8000-00000000aaaa"})",
       R"({"u": "/r/b1b2c3d4-1111-4111-9111-11111111bbbb"})",
       R"({"u": "/r/c1b2c3d4-0000-4000-8000-22222222cccc"})", true},

      {"a time keeps to the clock and is free", R"({"at": $now, "by": $now})",
       R"({"at": $now, "by": $now})", R"({"at": 1790000099, "by": 1790000100})", true},
      {"a time is a time", R"({"at": $now})", R"({"at": $now})", R"({"at": 12})", false},
      {"what only reads as one is an id", R"({"a": 1500000000, "b": 1500000000})",
       R"({"a": 1500000999, "b": 1500000999})", R"({"a": 1500000001, "b": 1500000002})", false},

      {"an array that was seen in two orders has none", R"(["a", "b", "c"])", R"(["a", "c", "b"])",
       R"(["c", "b", "a"])", true},
      {"its elements count as often as they are there", R"(["a", "b", "c"])", R"(["a", "c", "b"])",
       R"(["c", "c", "a"])", false},
      {"relations hold in it", R"([{"k": "a", "id": 1, "of": 1}, {"k": "b", "id": 2, "of": 2}])",
       R"([{"k": "b", "id": 3, "of": 3}, {"k": "a", "id": 4, "of": 4}])",
       R"([{"k": "a", "id": 5, "of": 6}, {"k": "b", "id": 6, "of": 5}])", false},
      {"and with them any order", R"([{"k": "a", "id": 1, "of": 1}, {"k": "b", "id": 2, "of": 2}])",
       R"([{"k": "b", "id": 3, "of": 3}, {"k": "a", "id": 4, "of": 4}])",
       R"([{"k": "b", "id": 6, "of": 6}, {"k": "a", "id": 5, "of": 5}])", true},
      {"an array that was not keeps its order", R"(["a", "b"])", R"(["a", "b"])", R"(["b", "a"])",
       false},
      {"a key may be volatile", R"({"17": {"n": 1}, "of": 17})", R"({"18": {"n": 1}, "of": 18})",
       R"({"19": {"n": 1}, "of": 19})", true},
      {"and relate to others", R"({"17": {"n": 1}, "of": 17})", R"({"18": {"n": 1}, "of": 18})",
       R"({"19": {"n": 1}, "of": 18})", false},
      {"what it leads to is evidence", R"({"17": {"n": 1}, "of": 17})",
       R"({"18": {"n": 1}, "of": 18})", R"({"19": {"n": 2}, "of": 19})", false},
      {"several pair up as they can", R"({"17": "kim", "18": "lee"})",
       R"({"19": "lee", "20": "kim"})", R"({"21": "lee", "22": "kim"})", true},
      {"but each once", R"({"17": "kim", "18": "lee"})", R"({"19": "lee", "20": "kim"})",
       R"({"21": "lee", "22": "lee"})", false},
      {"a part of a key likewise", R"({"acl.17.read": true})", R"({"acl.18.read": true})",
       R"({"acl.19.write": true})", false},
      {"how many there are is not", R"({"17": 1})", R"({"18": 1})", R"({"19": 1, "20": 1})", false},
      // {"role": ..., "exp": an hour from now}
      {"a token is its claims: times in it are times",
       R"({"t": "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYWRtaW4iLCJleHAiOjE3OTAwMDM2MTB9.c2ln"})",
       R"({"t": "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYWRtaW4iLCJleHAiOjE3OTAwMDM2MjB9.b25l"})",
       R"({"t": "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYWRtaW4iLCJleHAiOjE3OTAwMDM2NTB9.dHdv"})", true},
      // {"role": ..., "exp": an hour from now}
      {"and the rest is evidence",
       R"({"t": "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYWRtaW4iLCJleHAiOjE3OTAwMDM2MTB9.c2ln"})",
       R"({"t": "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYWRtaW4iLCJleHAiOjE3OTAwMDM2MjB9.b25l"})",
       R"({"t": "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoidXNlciIsImV4cCI6MTc5MDAwMzY1MH0.dHdv"})", false},
      {"lengths are never volatile", R"([1, 2])", R"([3, 4])", R"([5])", false},
      {"nor are keys", R"({"id": 1})", R"({"id": 2})", R"({"id": 3, "x": 4})", false},
      {"nor is what is null", R"({"w": null})", R"({"w": null})", R"({"w": 4})", false},
      {"nor true and false", R"({"w": true})", R"({"w": true})", R"({"w": false})", false},
  };
  for (const BodyCase& c : cases) EXPECT_EQ(fits(c), c.fits) << c.lesson << ": " << c.attempt;
}

TEST(Learn, ThereIsNoBaselineWhereStructureChanges) {
  struct Case {
    const char* lesson;
    Said first, second;
    const char* place;
  };
  const Case cases[] = {
      {"a truth that flips",
       {200, R"({"hit": true})"},
       {200, R"({"hit": false})"},
       ".answers.ask.steps[0].body.hit"},
      {"a value that is null at times",
       {200, R"({"w": null})"},
       {200, R"({"w": 5})"},
       ".answers.ask.steps[0].body.w"},
      {"a number that is a text at times",
       {200, R"({"w": "5"})"},
       {200, R"({"w": 5})"},
       ".answers.ask.steps[0].body.w"},
      {"an array that grows", {200, "[1]"}, {200, "[1, 2]"}, ".answers.ask.steps[0].body"},
      {"a key that comes and goes",
       {200, R"({"a": 1})"},
       {200, R"({"a": 1, "b c": 2})"},
       ".answers.ask.steps[0].body"},
      {"a status", {200, "{}"}, {201, "{}"}, ".answers.ask.steps[].status"},
  };
  for (const Case& c : cases) {
    Bench bench({{"ask"}, {"idle"}}, false);
    bench.learn({0, 1}, {{{{{c.first}}, said(204)}}, {{{{c.second}}, said(204)}}});
    const auto clashes = bench.oracle->clashes();
    ASSERT_EQ(clashes.size(), 1u) << c.lesson;
    EXPECT_EQ(clashes[0].conflict.place, c.place) << c.lesson;
    EXPECT_EQ(clashes[0].order, (oracle::Order{{0, 1}, {}}));
  }
}

TEST(Learn, ThereIsNoBaselineWhereAStateComesAndGoes) {
  Bench bench({{"ask"}, {"idle"}});
  bench.learn({0, 1}, {{{said(200), said(204)}, "{}", 200}, {{said(200), said(204)}, "{}", 404}});
  ASSERT_EQ(bench.oracle->clashes().size(), 1u);
}

TEST(Learn, AResetThatDoesNotBringBackTheStateIsFound) {
  Bench bench({{"ask"}, {"idle"}});
  for (const char* before : {R"({"left": [1]})", R"({"left": [1, 2]})"}) {
    oracle::Reading run = bench.reading({0, 1}, {{said(200), said(204)}});
    run.before = bench.reading({0, 1}, {{said(200), said(204)}, before}).after;
    bench.oracle->learn_reset(run);
  }
  ASSERT_EQ(bench.oracle->reset_conflicts().size(), 1u);
  EXPECT_EQ(bench.oracle->reset_conflicts()[0].place, ".before.order.body.left");
}

/// What is volatile in one order does not make the same place volatile in another: a winner who is
/// null is evidence.
TEST(Learn, EvidenceBelongsToTheOrder) {
  Bench bench({{"take"}, {"drop"}});
  bench.learn({0, 1}, {{{said(200), said(200)}, R"({"holder": "none"})"},
                       {{said(200), said(200)}, R"({"holder": "none"})"}});
  bench.learn({1, 0}, {{{said(404), said(200)}, R"({"holder": "h1"})"},
                       {{said(404), said(200)}, R"({"holder": "h2"})"}});
  EXPECT_EQ(word_for(bench.judge({{said(200), said(404)}, R"({"holder": "h3"})"})), "explained");
  EXPECT_EQ(word_for(bench.judge({{said(200), said(200)}, R"({"holder": "h3"})"})), "state");
  // A slot never takes a text that is a constant at that place in another order.
  EXPECT_EQ(word_for(bench.judge({{said(200), said(404)}, R"({"holder": "none"})"})), "state");
}

TEST(Learn, ASlotNeverTakesAConstantOfAnotherRole) {
  // The first to come has no predecessor, the second has the first, whom nobody but the server has
  // a word for.
  Bench bench({{"take", 2}}, false);
  const auto run = [](const char* first, const char* second) {
    return Told{{said(200, std::string(R"({"previous": "none", "mine": ")") + first + "\"}"),
                 said(200, std::string(R"({"previous": "from )") + first + R"(", "mine": ")" +
                               second + "\"}")}};
  };
  bench.learn({0, 1}, {run("h1", "h2"), run("h3", "h4")});
  EXPECT_EQ(word_for(bench.judge(run("h5", "h6"))), "explained");
  EXPECT_EQ(word_for(bench.judge({{said(200, R"({"previous": "none", "mine": "h5"})"),
                                   said(200, R"({"previous": "none", "mine": "h6"})")}})),
            "state");
}

TEST(Learn, AWholeTextThatIsAConstantElsewhereIsRefused) {
  Bench bench({{"take", 2}}, false);
  const auto by = [](const std::string& word) {
    return said(200, R"({"note": "taken from )" + word + "\"}");
  };
  bench.learn({0, 1}, {{{by("nobody"), by("h1")}}, {{by("nobody"), by("h2")}}});
  EXPECT_EQ(word_for(bench.judge({{by("nobody"), by("h3")}})), "explained");
  EXPECT_EQ(word_for(bench.judge({{by("nobody"), by("nobody")}})), "state");
}

/// A value that another order shows to change by itself is no evidence in this one, if it is that
/// very value.
TEST(Learn, ARestlessPlaceIsNoEvidenceForTheValuesItTook) {
  const auto cache = [](const char* hit) { return std::string(R"({"cache": ")") + hit + "\"}"; };
  const auto learn = [&](Bench& bench) {
    bench.learn({0, 1},
                {{{said(200), said(200)}, cache("hit")}, {{said(200), said(200)}, cache("miss")}});
    bench.learn({1, 0},
                {{{said(200), said(201)}, cache("hit")}, {{said(200), said(201)}, cache("hit")}});
  };
  Bench bench({{"a"}, {"b"}});
  learn(bench);
  EXPECT_EQ(word_for(bench.judge({{said(201), said(200)}, cache("miss")})), "explained");
  // Another value, that never moved, is.
  Bench other({{"a"}, {"b"}});
  other.learn({0, 1},
              {{{said(200), said(200)}, cache("hit")}, {{said(200), said(200)}, cache("miss")}});
  other.learn({1, 0},
              {{{said(200), said(201)}, cache("off")}, {{said(200), said(201)}, cache("off")}});
  EXPECT_EQ(word_for(other.judge({{said(201), said(200)}, cache("miss")})), "state");
}

/// That two constants agree is no identity, where both have been seen to move in another order.
TEST(Learn, WhatMovesInAnotherOrderOnlyHasNoRelationsHere) {
  const auto told = [](const char* sky, const char* sea, int status) {
    return Told{{said(200), said(status)},
                fmt::format(R"({{"sky": "{}", "sea": "{}"}})", sky, sea)};
  };
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, told("grey", "grey", 201));
  bench.learn({1, 0}, {told("grey", "grey", 200), told("blue", "grey", 200)});
  EXPECT_EQ(word_for(bench.judge(told("grey", "blue", 201))), "state") << "it has not moved yet";
  bench.learn({1, 0}, {told("grey", "blue", 200)});
  EXPECT_EQ(word_for(bench.judge(told("blue", "grey", 201))), "explained");
}

TEST(Learn, ARunAfterAJudgementWidensEveryOrderThatItConcerns) {
  const auto cache = [](const char* hit) { return std::string(R"({"cache": ")") + hit + "\"}"; };
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), said(200)}, cache("hit")});
  bench.learn({1, 0}, Told{{said(200), said(201)}, cache("hit")});
  const Told attempt{{said(201), said(200)}, cache("miss")};
  EXPECT_EQ(word_for(bench.judge(attempt)), "state");
  bench.learn({0, 1}, std::vector<Told>{{{said(200), said(200)}, cache("miss")}});
  EXPECT_EQ(word_for(bench.judge(attempt)), "explained");
}

TEST(Learn, AMultisetOfOneOrderIsOneInEveryOrder) {
  for (const bool first_order_moves : {true, false}) {
    const std::vector<int> moving =
        first_order_moves ? std::vector<int>{0, 1} : std::vector<int>{1, 0};
    const std::vector<int> calm{moving[1], moving[0]};
    Bench bench({{"a"}, {"b"}});
    bench.learn(moving, {{{said(200), said(200)}, R"(["x", "y", "z"])"},
                         {{said(200), said(200)}, R"(["y", "x", "z"])"}});
    bench.learn(calm, Told{{said(200), said(201)}, R"(["x", "y", "w"])"});
    const auto attempt = [&](const char* list) {
      Told told{{said(200), said(200)}, list};
      told.answers[static_cast<std::size_t>(moving[0])] = said(201);
      return told;
    };
    EXPECT_EQ(word_for(bench.judge(attempt(R"(["w", "y", "x"])"))), "explained");
    EXPECT_EQ(word_for(bench.judge(attempt(R"(["w", "w", "x"])"))), "state");
  }
}

TEST(Learn, OfALongListOnlyWhatChangedIsPairedAnew) {
  // A hundred rows, two of which come in any order. All with all would be as right, and slow.
  const auto run = [](bool swapped, const std::string& last) {
    Told told{{said(200), said(200)}, "["};
    for (int i = 0; i < 100; ++i) {
      const int row = swapped && (i == 40 || i == 70) ? 110 - i : i;
      told.state += R"({"id": )" + std::to_string(row) + "}, ";
    }
    told.state += R"({"id": ")" + last + R"("}])";
    return told;
  };
  Bench bench({{"a", 2}});
  bench.learn({0, 1}, {run(false, "end"), run(true, "end")});
  EXPECT_EQ(word_for(bench.judge(run(true, "end"))), "explained");
  EXPECT_EQ(word_for(bench.judge(run(false, "other"))), "state");
}

TEST(Learn, OneNewRunMakesOnePatternAfresh) {
  Bench bench({{"a"}, {"b"}, {"c"}, {"d"}, {"e"}});
  const auto run = [](int id) {
    return Told{std::vector<Answer>(5, said(200)), R"({"n": 5, "id": )" + std::to_string(id) + "}"};
  };
  for (const oracle::Order& order : bench.oracle->orders())
    bench.learn(order.roles, {run(1), run(2)});
  EXPECT_EQ(word_for(bench.judge(run(3))), "explained");
  const std::size_t made = bench.oracle->patterns_made();
  EXPECT_EQ(made, 120u);
  bench.learn(bench.oracle->orders()[60].roles, std::vector<Told>{run(4)});
  EXPECT_EQ(word_for(bench.judge(run(5))), "explained");
  EXPECT_EQ(bench.oracle->patterns_made(), made + 1);
}

TEST(Learn, OfManyRunsThoseThatFitAreOnlyCounted) {
  Bench bench({{"a"}, {"b"}});
  const auto run = [](int id, const char* left = "5") {
    return Told{{said(200), said(200)}, fmt::format(R"({{"left": {}, "id": {}}})", left, id)};
  };
  int id = 0;
  const auto learn = [&](const char* left) {
    bench.learn({0, 1}, std::vector<Told>{run(++id, left)});
    return bench.oracle->clashes().size();  // asks for the pattern
  };
  bench.learn({1, 0}, {run(++id), run(++id)});
  const std::size_t kept = oracle::Limits().kept;
  for (std::size_t i = 0; i < kept; ++i) ASSERT_EQ(learn("5"), 0u);
  const std::size_t made = bench.oracle->patterns_made();
  const std::uint64_t revision = bench.oracle->revision();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(learn("5"), 0u);
  EXPECT_EQ(bench.oracle->patterns_made(), made);
  EXPECT_EQ(bench.oracle->revision(), revision) << "nothing has to be judged again";
  EXPECT_EQ(bench.oracle->runs_of(oracle::Order{.roles = {0, 1}}), kept + 3);
  EXPECT_EQ(word_for(bench.judge(run(++id, "6"))), "state");
  EXPECT_EQ(learn("6"), 0u);
  EXPECT_EQ(word_for(bench.judge(run(++id, "7"))), "explained") << "what does not fit widens";
  EXPECT_EQ(learn("null"), 1u) << "and what clashes is heard";
}

TEST(Learn, AnyPairOfRunsMayShowThatAnArrayHasNoOrder) {
  const auto is_multiset = [](const std::vector<const char*>& lists) {
    Bench bench({{"a"}, {"b"}});
    for (const char* list : lists)
      bench.learn({0, 1}, std::vector<Told>{{{said(200), said(200)}, list}});
    const auto places = bench.oracle->volatile_places();
    return std::any_of(places.begin(), places.end(),
                       [](const auto& p) { return p.is == oracle::VolatilePlace::Is::any_order; });
  };
  EXPECT_TRUE(is_multiset({R"(["a", "b"])", R"(["b", "a"])"}));
  EXPECT_TRUE(is_multiset({R"(["a", "b"])", R"(["c", "d"])", R"(["d", "c"])"}));
  EXPECT_FALSE(is_multiset({R"(["a", "b"])", R"(["c", "d"])", R"(["c", "e"])"}));
}

// -- names

TEST(Names, WhatTheToolPutInIsKnownByName) {
  const auto run = [](int order, const std::string& url_order) {
    return Told{.answers = {said(200, R"({"url": "/orders/)" + url_order + R"(/", "by": "kim"})"),
                            said(204)},
                .state = R"({"id": )" + std::to_string(order) + "}",
                .captured = {{"order", order}}};
  };
  Bench bench({{"ask"}, {"idle"}});
  bench.learn({0, 1}, {run(17, "17"), run(18, "18")});
  bench.learn({1, 0}, {{{said(204), said(500)}}, {{said(204), said(500)}}});
  EXPECT_EQ(word_for(bench.judge(run(19, "19"))), "explained");
  EXPECT_EQ(word_for(bench.judge(run(19, "20"))), "bodies")
      << "the order's own id, in a part of a text";
}

TEST(Names, WhatBelongsToTheActorIsHis) {
  Bench bench({{"redeem", 3}}, false);
  const auto by = [](int entry) {
    return said(200, R"({"for": "kept for )" + user_of(entry) + "\"}");
  };
  bench.learn({0, 1, 2}, std::vector<Told>{{{by(0), by(1), by(2)}}});
  bench.learn({1, 2, 0}, std::vector<Told>{{{by(1), by(2), by(0)}}});
  EXPECT_EQ(word_for(bench.judge({{by(0), by(1), by(2)}})), "explained");
  EXPECT_EQ(word_for(bench.judge({{by(1), by(0), by(2)}})), "state")
      << "each was told of somebody else";
}

TEST(Names, WhatTheScriptCapturesIsNoNameForItself) {
  Bench bench({{"pay", 2}}, false);
  bench.scenario.race[0].steps.emplace_back();
  bench.scenario.race[0].steps[0].captures.push_back({"charge", {}});
  const auto pay = [](int id) {
    return Answer{.steps = {{201, R"({"id": )" + std::to_string(id) + "}"}},
                  .bindings = {{"charge", id}}};
  };
  bench.learn({0, 1}, {{{pay(1), pay(1)}}, {{pay(2), pay(2)}}});
  EXPECT_EQ(word_for(bench.judge({{pay(3), pay(3)}})), "explained");
  EXPECT_EQ(word_for(bench.judge({{pay(3), pay(4)}})), "state") << "two charges for one key";
}

TEST(Names, AListOfUsersInAnyOrderIsSeenToBeOne) {
  Bench bench({{"join", 4}});
  const auto run = [](const std::vector<int>& list) {
    Told told{std::vector<Answer>(4, said(200)), ""};
    for (const int entry : list)
      told.state += (told.state.empty() ? "[\"" : ", \"") + user_of(entry) + "\"";
    told.state += "]";
    return told;
  };
  // No user stands where he stood before; by role, only the first two have changed places.
  bench.learn({0, 1, 2, 3}, std::vector<Told>{run({0, 1, 2, 3})});
  bench.learn({2, 3, 0, 1}, std::vector<Told>{run({3, 2, 0, 1})});
  const auto places = bench.oracle->volatile_places();
  EXPECT_TRUE(std::any_of(places.begin(), places.end(), [](const auto& place) {
    return place.is == oracle::VolatilePlace::Is::any_order;
  }));
  EXPECT_EQ(word_for(bench.judge(run({3, 2, 1, 0}))), "explained");
  EXPECT_EQ(word_for(bench.judge(run({3, 2, 1, 1}))), "state");
}

TEST(Names, AnArrayIsPairedByThemWhereTheUsersAreOthers) {
  for (const bool moved : {false, true}) {
    Bench bench({{"join", 4}});
    const auto list = [](int a, int b) {
      return "[\"" + user_of(a) + "\", \"" + user_of(b) + "\"]";
    };
    bench.learn({0, 1}, std::vector<Told>{{{said(200), said(200)}, list(0, 1)}});
    bench.learn({2, 3},
                std::vector<Told>{{{said(200), said(200)}, moved ? list(3, 2) : list(2, 3)}});
    const auto places = bench.oracle->volatile_places();
    EXPECT_EQ(
        std::any_of(places.begin(), places.end(),
                    [](const auto& p) { return p.is == oracle::VolatilePlace::Is::any_order; }),
        moved);
  }
}

TEST(Names, AMapByUserTellsTwinsApart) {
  // Both are told the same. Who came first, only a key of the state says.
  Bench bench({{"take", 2}});
  const auto held_by = [](const std::string& user) {
    return Told{{said(200), said(200)}, R"({"held": {")" + user + R"(": true}})"};
  };
  bench.learn({0, 1}, std::vector<Told>{held_by(user_of(0))});
  bench.learn({1, 0}, std::vector<Told>{held_by(user_of(1))});
  for (const int entry : {0, 1})
    EXPECT_EQ(word_for(bench.judge(held_by(user_of(entry)))), "explained") << entry;
  EXPECT_EQ(word_for(bench.judge(held_by("nobody"))), "state");
}

}  // namespace
