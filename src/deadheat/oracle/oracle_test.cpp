#include "oracle/oracle.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "base/random.h"
#include "oracle/mask.h"
#include "oracle/proof.h"

/// doc/verdicts.md, by example.
namespace {

using base::Nanoseconds;
using oracle::ByRequest;
using oracle::Judgement;
using oracle::Layer;
using Is = oracle::Judgement::Is;

json::value parse(const std::string& text) {
  auto value = base::parse_json(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value ? *value : json::value();
}

record::Value json_of(const std::string& text) {
  return {.is = record::Value::Is::json, .text = text};
}
record::Value moved_by(double by) { return {.is = record::Value::Is::moved, .moved = by}; }

/// One request and what came back. `$now` in a body is the time of the run.
struct Said {
  int status = 200;
  std::string body = "{}";
  bool safe = false;
  Nanoseconds from{0}, to{100};  // all overlap, unless a test says otherwise
};
/// What one script was told.
struct Answer {
  std::vector<Said> steps;
  bool stopped = false;
  json::object bindings = {};
};
/// What was told, in serial order or by entry, and the state that it led to.
struct Told {
  std::vector<Answer> answers;
  std::string state = "{}";
  int state_status = 200;
  json::object captured = {};  // by the reset
  std::string later;
  std::string before;
};

Answer said(int status, std::string body = "{}") { return {.steps = {{status, std::move(body)}}}; }

const std::vector<std::string> users = {"kim", "lee", "park", "choi", "jung"};
std::string user_of(int entry) {
  return static_cast<std::size_t>(entry) < users.size() ? users[static_cast<std::size_t>(entry)]
                                                        : "user" + std::to_string(entry);
}

/// A race and the oracle that learns it. Runs come ten seconds apart.
class Bench {
 public:
  struct Script {
    std::string name;
    int times = 1;
  };
  explicit Bench(const std::vector<Script>& scripts, bool observes = true,
                 oracle::Limits limits = {}, const std::vector<std::string>& counts = {}) {
    for (const std::string& path : counts) scenario.counts.push_back({path, {}});
    for (const Script& script : scripts)
      scenario.race.push_back({.name = script.name, .times = script.times});
    if (observes) scenario.observe.push_back({"order", {}});
    entries = scenario::entries(scenario);
    oracle = std::make_unique<oracle::Oracle>(scenario, limits, 7);
  }

  Bench(const Bench&) = delete;  // the oracle refers to the scenario

  outcome::Outcome outcome(const std::vector<int>& who, const Told& told) {
    wall_ += std::chrono::seconds(10);
    outcome::Outcome out;
    out.bindings = told.captured;
    out.wall_begin = wall_;
    out.wall_end = wall_ + std::chrono::seconds(1);
    for (std::size_t i = 0; i < who.size(); ++i) {
      outcome::Answer answer{.entry = entries[static_cast<std::size_t>(who[i])],
                             .bindings = told.answers[i].bindings};
      answer.bindings["user"] = user_of(who[i]);
      for (const Said& step : told.answers[i].steps)
        answer.steps.push_back({.status = step.status,
                                .body = body(step.body),
                                .safe = step.safe,
                                .sent = step.from,
                                .released = step.from,
                                .answered = step.to});
      if (told.answers[i].stopped) answer.stopped_before = static_cast<int>(answer.steps.size());
      outcome::classify(answer, std::nullopt, std::nullopt);
      out.answers.push_back(std::move(answer));
    }
    if (!scenario.observe.empty()) {
      out.after = {{"order", told.state_status, body(told.state), {}, ""}};
      if (!told.before.empty()) out.before = {{"order", 200, body(told.before), {}, ""}};
      if (!told.later.empty()) out.later = {{"order", 200, body(told.later), {}, ""}};
    }
    return out;
  }
  oracle::Reading reading(const std::vector<int>& who, const Told& told) {
    return oracle::read(outcome(who, told), scenario);
  }

  oracle::Order order_of(const std::vector<int>& who) const {
    oracle::Order order;
    for (const int entry : who)
      order.roles.push_back(entries[static_cast<std::size_t>(entry)].script);
    return order;
  }
  /// Serial runs of an order, entries in turn.
  void learn(const std::vector<int>& who, const std::vector<Told>& runs) {
    for (const Told& run : runs) oracle->learn(order_of(who), reading(who, run));
  }
  /// The same run twice.
  void learn(const std::vector<int>& who, const Told& run) { learn(who, {run, run}); }

  std::vector<int> everyone() const {
    std::vector<int> all(entries.size());
    std::iota(all.begin(), all.end(), 0);
    return all;
  }
  Judgement judge(const Told& attempt) { return oracle->judge(reading(everyone(), attempt)); }

  scenario::Scenario scenario;
  std::vector<scenario::Entry> entries;
  std::unique_ptr<oracle::Oracle> oracle;

 private:
  json::value body(std::string text) const {
    const auto seconds = std::to_string(wall_.count() / 1'000'000'000);
    for (std::size_t at; (at = text.find("$now")) != std::string::npos;)
      text.replace(at, 4, seconds);
    return parse(text);
  }
  Nanoseconds wall_ = std::chrono::seconds(1'790'000'000);
};

std::string word_for(const Judgement& judgement) {
  switch (judgement.is) {
    case Is::explained:
      return judgement.eventual ? "eventual" : "explained";
    case Is::needs_runs:
      return "needs runs";
    case Is::unjudged:
      return "unjudged";
    case Is::contradicts:
      break;
  }
  return judgement.layer == Layer::state    ? "state"
         : judgement.layer == Layer::bodies ? "bodies"
                                            : "detail";
}

// -- 3.2: what two runs of an order teach

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

// -- 3.4: judging

/// cancel and accept, with one winner: serially the second is told 409.
class OneWinner : public Bench {
 public:
  OneWinner() : Bench({{"cancel"}, {"accept"}}) {
    learn({0, 1}, Told{{said(200), said(409)}, R"({"status": "cancelled"})"});
    learn({1, 0}, Told{{said(200), said(409)}, R"({"status": "preparing"})"});
    // With one of them turned away.
    learn({0}, Told{{said(200)}, R"({"status": "cancelled"})"});
    learn({1}, Told{{said(200)}, R"({"status": "preparing"})"});
  }
};

TEST(Judge, AnAttemptIsExplainedByAnOrderOrByNone) {
  OneWinner bench;
  const auto cancelled = bench.judge({{said(200), said(409)}, R"({"status": "cancelled"})"});
  ASSERT_EQ(word_for(cancelled), "explained");
  EXPECT_EQ(cancelled.orders, (std::vector<oracle::Order>{{{0, 1}, {}}}));
  EXPECT_EQ(cancelled.cast, (std::vector<int>{0, 1}));
  EXPECT_EQ(word_for(bench.judge({{said(409), said(200)}, R"({"status": "preparing"})"})),
            "explained");
  EXPECT_EQ(word_for(bench.judge({{said(200), said(200)}, R"({"status": "preparing"})"})), "state");
  EXPECT_EQ(word_for(bench.judge({{said(200), said(409)}, R"({"status": "preparing"})"})), "state");
}

TEST(Judge, AnAttemptThatSeveralOrdersExplainCountsForEach) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), said(200)}});
  bench.learn({1, 0}, Told{{said(200), said(200)}});
  EXPECT_EQ(bench.judge({{said(200), said(200)}}).orders.size(), 2u);
}

TEST(Judge, OrdersThatAreNotLearntYetAreAskedFor) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), said(200)}});
  const auto judgement = bench.judge({{said(200), said(200)}});
  ASSERT_EQ(word_for(judgement), "needs runs");
  ASSERT_EQ(judgement.wanted.size(), 1u);
  EXPECT_EQ(judgement.wanted[0].order, (oracle::Order{{1, 0}, {}}));
}

/// Answers of two scripts in real time: [from, to], and whether "second a, then b" is a legal
/// account of it.
TEST(Judge, RealTimeOrdersWhoeverWasOverBeforeTheOtherBegan) {
  struct Case {
    const char* picture;
    Nanoseconds first_from, first_to, second_from, second_to;
    bool explained;
  };
  const Case cases[] = {
      {"A |----|   B      |----|", Nanoseconds(0), Nanoseconds(10), Nanoseconds(20),
       Nanoseconds(30), false},
      {"A |----|   B    |----|  ", Nanoseconds(0), Nanoseconds(10), Nanoseconds(5), Nanoseconds(15),
       true},
      {"A |----|   B     |----| ", Nanoseconds(0), Nanoseconds(10), Nanoseconds(10),
       Nanoseconds(20), true},
      {"B |----|   A      |----|", Nanoseconds(20), Nanoseconds(30), Nanoseconds(0),
       Nanoseconds(10), true},
  };
  for (const Case& c : cases) {
    Bench bench({{"a"}, {"b"}});
    bench.learn({0, 1}, Told{{said(200), said(200)}, R"({"last": "b"})"});
    bench.learn({1, 0}, Told{{said(200), said(200)}, R"({"last": "a"})"});
    // The state says that b came first.
    const auto judgement = bench.judge({{{{{200, "{}", false, c.first_from, c.first_to}}},
                                         {{{200, "{}", false, c.second_from, c.second_to}}}},
                                        R"({"last": "a"})"});
    EXPECT_EQ(word_for(judgement), c.explained ? "explained" : "state") << c.picture;
  }
}

TEST(Judge, RefusedScriptsGiveNoOrder) {
  // Serial runs say 400 to the second, too: it is not taken out.
  Bench bench({{"cancel"}, {"accept"}});
  bench.learn({0, 1}, Told{{said(200), said(400)}, R"({"status": "cancelled"})"});
  bench.learn({1, 0}, Told{{said(200), said(400)}, R"({"status": "preparing"})"});
  // accept was refused and over before cancel began; it did nothing, so it may stand behind.
  EXPECT_EQ(word_for(bench.judge({{{{{200, "{}", false, Nanoseconds(20), Nanoseconds(30)}}},
                                   {{{400, "{}", false, Nanoseconds(0), Nanoseconds(10)}}}},
                                  R"({"status": "cancelled"})"})),
            "explained");
}

TEST(Judge, AStepHeldInItsHeadBeginsAtTheRelease) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), said(200)}, R"({"last": "b"})"});
  bench.learn({1, 0}, Told{{said(200), said(200)}, R"({"last": "a"})"});
  for (const bool held : {false, true}) {
    auto attempt = bench.outcome({0, 1}, {{said(200), said(200)}, R"({"last": "a"})"});
    attempt.answers[0].steps[0].answered = Nanoseconds(10);
    attempt.answers[1].steps[0].sent = Nanoseconds(0);
    attempt.answers[1].steps[0].released = Nanoseconds(20);
    attempt.answers[1].steps[0].held_in_head = held;
    EXPECT_EQ(word_for(bench.oracle->judge(oracle::read(attempt, bench.scenario))),
              held ? "state" : "explained");
  }
}

// Two that both succeed serially; under contention one is turned away.
struct RefusalCase {
  const char* lesson;
  Answer refused;
  const char* state;
  std::string word;
  bool odd;
};

TEST(Refusals, MayBeTakenOut) {
  const RefusalCase cases[] = {
      {"a customary refusal did nothing", said(409), R"({"n": 1})", "explained", false},
      {"a busy lock", said(423), R"({"n": 1})", "explained", false},
      {"an overloaded server", said(503), R"({"n": 1})", "explained", false},
      {"but the rest has to be right", said(409), R"({"n": 2})", "state", false},
      {"another 4xx that no serial run gave, oddly", said(403), R"({"n": 1})", "explained", true},
      {"a 404 that serial runs give with other words", said(404, R"({"e": "held"})"), R"({"n": 1})",
       "explained", true},
      {"that very answer is no refusal under contention", said(404, R"({"e": "gone 99"})"),
       R"({"n": 1})", "state", false},
      {"what wrote before cannot be taken out", {{{200}, {409}}}, R"({"n": 1})", "state", false},
      {"what only read before can",
       {{{200, "{}", true}, {409}}},
       R"({"n": 1})",
       "explained",
       false},
  };
  for (const RefusalCase& c : cases) {
    Bench bench({{"add"}, {"more"}, {"drop"}});
    const std::vector<std::vector<int>> orders = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                                  {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (const auto& order : orders) {
      // drop succeeds behind the others; before one of them that one finds nothing and is told so
      // in passing.
      std::vector<Told> runs(2, Told{{said(200), said(200), said(200)}, R"({"n": 2})"});
      if (order[2] == 1 && order[0] == 2)
        for (int run = 0; run < 2; ++run)
          runs[static_cast<std::size_t>(run)].answers[2] =
              said(404, R"({"e": "gone )" + std::to_string(17 + run) + "\"}");
      bench.learn(order, runs);
    }
    bench.learn({0, 2}, Told{{said(200), said(200)}, R"({"n": 1})"});
    bench.learn({2, 0}, Told{{said(200), said(200)}, R"({"n": 1})"});
    const auto judgement = bench.judge({{said(200), c.refused, said(200)}, c.state});
    EXPECT_EQ(word_for(judgement), c.word) << c.lesson;
    EXPECT_EQ(!judgement.odd.empty(), c.odd) << c.lesson;
    EXPECT_EQ(judgement.out == std::vector<int>{1}, c.word == "explained") << c.lesson;
  }
}

TEST(Refusals, OfAllLeaveTheResetState) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), said(200)}, R"({"n": 2})"});
  bench.learn({1, 0}, Told{{said(200), said(200)}, R"({"n": 2})"});
  const Told refused{{said(409), said(409)}, R"({"n": 0})"};
  // First the rest of each, then nobody.
  for (int rounds = 0; rounds < 3; ++rounds)
    for (const oracle::Wanted& wanted : bench.judge(refused).wanted) {
      const std::vector<Answer> answers(wanted.order.roles.size(), said(200));
      bench.learn(wanted.order.roles,
                  Told{answers, R"({"n": )" + std::to_string(answers.size()) + "}"});
    }
  const auto judgement = bench.judge(refused);
  ASSERT_EQ(word_for(judgement), "explained");
  EXPECT_EQ(judgement.out, (std::vector<int>{0, 1}));
  EXPECT_EQ(word_for(bench.judge({{said(409), said(409)}, R"({"n": 7})"})), "state")
      << "refused, and yet something happened";
}

TEST(Refusals, AnAnswerThatNamesSomebodyElseIsThatVeryAnswer) {
  Bench bench({{"take", 2}});
  const auto held_by = [](int entry) { return said(403, R"({"by": ")" + user_of(entry) + "\"}"); };
  bench.learn({0, 1}, std::vector<Told>{{{said(200), held_by(0)}, R"({"n": 1})"}});
  bench.learn({1, 0}, std::vector<Told>{{{said(200), held_by(1)}, R"({"n": 1})"}});
  // Both were told that the other has it: serial runs say so too, so neither is turned away under
  // contention.
  EXPECT_EQ(word_for(bench.judge({{held_by(1), held_by(0)}, R"({"n": 1})"})), "state");
}

TEST(Refusals, ARestIsPlayedByEverybodyInTurn) {
  Bench bench({{"redeem", 3}});
  bench.learn({0, 1, 2}, Told{{said(200), said(200), said(200)}, R"({"n": 3})"});
  const auto judgement = bench.judge({{said(409), said(200), said(200)}, R"({"n": 2})"});
  ASSERT_EQ(word_for(judgement), "needs runs");
  EXPECT_EQ(judgement.wanted[0].order.roles.size(), 2u);
  EXPECT_EQ(judgement.wanted[0].members, (std::vector<int>{0, 1, 2}));
}

TEST(Refusals, WhatNoOrderSaysIsOutInAnyCase) {
  // Ten were told 503, each at a time of its own: 1024 sets, but only one that can explain it.
  Bench bench({{"like", 10}});
  std::vector<Answer> all;
  for (int i = 0; i < 10; ++i) all.push_back(said(200));
  bench.learn({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, Told{all, R"({"n": 10})"});
  std::vector<Answer> refused;
  for (int i = 0; i < 10; ++i)
    refused.push_back(said(503, R"({"try": )" + std::to_string(i) + "}"));
  refused[3] = said(200);
  const auto judgement = bench.judge({refused, R"({"n": 1})"});
  ASSERT_EQ(word_for(judgement), "needs runs");
  ASSERT_EQ(judgement.wanted.size(), 1u);
  EXPECT_EQ(judgement.wanted[0].order.roles.size(), 1u);
}

TEST(Refusals, BeyondTheCapTheAttemptIsUnjudged) {
  // Twelve scripts, each refused in words of its own: 4096 sets.
  for (const std::size_t trials : {64u, 5000u}) {
    std::vector<Bench::Script> scripts;
    for (int i = 0; i < 12; ++i) scripts.push_back({"s" + std::to_string(i)});
    Bench bench(scripts, true, {.orders = 1, .trials = trials});
    std::vector<Answer> served(12, said(200)), refused(12, said(409));
    bench.learn(bench.oracle->orders()[0].roles, Told{served, R"({"n": 12})"});
    Judgement judgement = bench.judge({refused, R"({"n": 5})"});
    while (judgement.is == Is::needs_runs) {
      for (const oracle::Wanted& wanted : judgement.wanted) {
        const std::vector<Answer> answers(wanted.order.roles.size(), said(200));
        bench.learn(wanted.order.roles, Told{answers, R"({"n": 12})"});
      }
      judgement = bench.judge({refused, R"({"n": 5})"});
    }
    // Nobody who comes first is ever refused: that rules out every order of every rest.
    EXPECT_EQ(word_for(judgement), trials == 64 ? "unjudged" : "state");
    EXPECT_EQ(judgement.doubt, trials == 64 ? Judgement::Doubt::refusals : Judgement::Doubt::none);
    EXPECT_LT(bench.oracle->revision(), 200u);
  }
}

TEST(Refusals, TheScenariosOwnWordIsEnough) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), said(200)}, R"({"n": 2})"});
  bench.learn({1, 0}, Told{{said(200), said(200)}, R"({"n": 2})"});
  bench.learn({0}, Told{{said(200)}, R"({"n": 1})"});
  bench.learn({1}, Told{{said(200)}, R"({"n": 1})"});
  auto attempt =
      bench.outcome({0, 1}, {{said(200), said(200, R"({"errors": ["busy"]})")}, R"({"n": 1})"});
  EXPECT_EQ(word_for(bench.oracle->judge(oracle::read(attempt, bench.scenario))), "state");
  outcome::classify(attempt.answers[1], false, true);  // `refused:` of the scenario
  EXPECT_EQ(word_for(bench.oracle->judge(oracle::read(attempt, bench.scenario))), "explained");
}

// -- indeterminate

TEST(Indeterminate, MayHaveHappenedOrNot) {
  for (const int status : {0, 500, 408}) {
    Bench bench({{"a"}, {"b"}});
    bench.learn({0, 1}, Told{{said(200), said(200)}, R"({"n": 2})"});
    bench.learn({1, 0}, Told{{said(200), said(200)}, R"({"n": 2})"});
    bench.learn({0}, Told{{said(200)}, R"({"n": 1})"});
    const auto in = bench.judge({{said(200), said(status)}, R"({"n": 2})"});
    EXPECT_EQ(word_for(in), "explained") << status;
    EXPECT_TRUE(in.indeterminate && in.out.empty()) << status;
    const auto out = bench.judge({{said(200), said(status)}, R"({"n": 1})"});
    EXPECT_EQ(word_for(out), "explained") << status;
    EXPECT_TRUE(out.indeterminate && out.out == std::vector<int>{1}) << status;
    // Neither way.
    EXPECT_EQ(word_for(bench.judge({{said(200), said(status)}, R"({"n": 3})"})), "state") << status;
  }
}

TEST(Indeterminate, AfterAWriteItIsInOrUnjudged) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), {{{200}, {200}}}}, R"({"n": 3})"});
  bench.learn({1, 0}, Told{{{{{200}, {200}}}, said(200)}, R"({"n": 3})"});
  EXPECT_EQ(word_for(bench.judge({{said(200), {{{200}, {0}}}}, R"({"n": 3})"})), "explained");
  // Its first write only: no order has that, and it is no race.
  EXPECT_EQ(word_for(bench.judge({{said(200), {{{200}, {0}}}}, R"({"n": 2})"})), "unjudged");
}

TEST(Indeterminate, WhatIsNotAnsweredIsNeverOver) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), said(200)}, R"({"last": "b"})"});
  bench.learn({1, 0}, Told{{said(200), said(200)}, R"({"last": "a"})"});
  // a timed out before b was sent, and landed after it.
  EXPECT_EQ(word_for(bench.judge({{{{{0, "null", false, Nanoseconds(0), Nanoseconds(10)}}},
                                   {{{200, "{}", false, Nanoseconds(20), Nanoseconds(30)}}}},
                                  R"({"last": "a"})"})),
            "explained");
}

TEST(Indeterminate, WhatIsNotKnownOfItMayBeAnything) {
  Bench bench({{"a", 2}});
  const auto by = [](int entry) { return R"({"last": ")" + user_of(entry) + "\"}"; };
  bench.learn({0, 1}, std::vector<Told>{{{said(200), said(200)}, by(1)}});
  bench.learn({1, 0}, std::vector<Told>{{{said(200), said(200)}, by(0)}});
  oracle::Reading attempt =
      bench.reading({0, 1}, {{said(200), said(0)}, R"({"last": "who knows"})"});
  EXPECT_NE(word_for(bench.oracle->judge(attempt)), "explained");
  attempt.told[1].names.clear();  // it never came to be filled
  EXPECT_EQ(word_for(bench.oracle->judge(attempt)), "explained");
}

TEST(Indeterminate, WhoPlayedARoleBeforeItSaysNothingOfIt) {
  // The state names whoever came first, and of the one that may have there is no name.
  Bench bench({{"a", 2}});
  const auto by = [](int entry) { return R"({"first": ")" + user_of(entry) + "\"}"; };
  bench.learn({0, 1}, std::vector<Told>{{{said(200), said(200)}, by(0)}});
  bench.learn({1, 0}, std::vector<Told>{{{said(200), said(200)}, by(1)}});
  oracle::Reading attempt =
      bench.reading({0, 1}, {{said(200), said(0)}, R"({"first": "who knows"})"});
  attempt.told[1].names.clear();
  EXPECT_EQ(word_for(bench.oracle->judge(attempt)), "explained");
}

TEST(Indeterminate, RealTimeTellsTwinsApart) {
  // x fails twice, before c and after it; one of the two happened, before c.
  Bench bench({{"x", 2}, {"c"}});
  const auto state = [](int n, const char* last) {
    return R"({"n": )" + std::to_string(n) + R"(, "last": ")" + last + "\"}";
  };
  const std::vector<Answer> three(3, said(200)), two(2, said(200));
  bench.learn({0, 1, 2}, Told{three, state(3, "c")});
  bench.learn({0, 2, 1}, Told{three, state(3, "x")});
  bench.learn({2, 0, 1}, Told{three, state(3, "x")});
  bench.learn({0, 2}, Told{two, state(2, "c")});
  bench.learn({2, 0}, Told{two, state(2, "x")});
  const auto at = [](int status, int from) {
    return Answer{{{status, "{}", false, Nanoseconds(from), Nanoseconds(from + 10)}}};
  };
  const auto judgement = bench.judge({{at(500, 0), at(500, 40), at(200, 20)}, state(2, "c")});
  ASSERT_EQ(word_for(judgement), "explained");
  EXPECT_EQ(judgement.out, (std::vector<int>{1}));
}

// -- layers

TEST(Layers, StateBeforeBodiesBeforeDetail) {
  struct Case {
    const char* lesson;
    const char *body, *state;
    std::string observed, unobserved;
  };
  constexpr const char* body = R"({"left": 1, "rev": "7-$now", "tags": ["x", "y"]})";
  const Case cases[] = {
      {"as it should be", body, R"({"n": 1})", "explained", "explained"},
      {"the state", body, R"({"n": 2})", "state", "explained"},
      {"a stale answer", R"({"left": 2, "rev": "7-$now", "tags": ["x", "y"]})", R"({"n": 1})",
       "bodies", "state"},
      {"the inside of a partly volatile word",
       R"({"left": 1, "rev": "8-$now", "tags": ["x", "y"]})", R"({"n": 1})", "detail", "detail"},
      {"the order of a list", R"({"left": 1, "rev": "7-$now", "tags": ["y", "x"]})", R"({"n": 1})",
       "detail", "detail"},
  };
  for (const bool observes : {true, false})
    for (const Case& c : cases) {
      Bench bench({{"a"}, {"b"}}, observes);
      bench.learn({0, 1}, Told{{said(200, body), said(204)}, R"({"n": 1})"});
      bench.learn({1, 0}, Told{{said(204), said(200, body)}, R"({"n": 1})"});
      EXPECT_EQ(word_for(bench.judge({{said(200, c.body), said(204)}, c.state})),
                observes ? c.observed : c.unobserved)
          << c.lesson << (observes ? "" : ", no state observed");
    }
}

TEST(Layers, AStatusIsOfTheFirst) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), said(200)}});
  bench.learn({1, 0}, Told{{said(200), said(200)}});
  EXPECT_EQ(word_for(bench.judge({{said(200), said(201)}})), "state");
}

TEST(Eventual, TheSecondLookMayExplain) {
  OneWinner bench;
  Told attempt{{said(200), said(409)}, R"({"status": "pending"})"};
  EXPECT_EQ(word_for(bench.judge(attempt)), "state");
  attempt.later = R"({"status": "cancelled"})";
  EXPECT_EQ(word_for(bench.judge(attempt)), "eventual");
  attempt.later = R"({"status": "preparing"})";
  EXPECT_EQ(word_for(bench.judge(attempt)), "state");
}

TEST(Eventual, TheSecondLookCountsForTheLayer) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200, R"({"n": 1})"), said(200)}, R"({"n": 1})"});
  bench.learn({1, 0}, Told{{said(200), said(200, R"({"n": 1})")}, R"({"n": 1})"});
  EXPECT_EQ(word_for(bench.judge({.answers = {said(200, R"({"n": 0})"), said(200)},
                                  .state = R"({"n": 0})",
                                  .later = R"({"n": 1})"})),
            "bodies");
}

// -- orders of single requests

/// Both read, then both write: the order of requests that the attempt had.
TEST(ByRequests, TellTheServerFromWhatLiesBetween) {
  const Said read_c{200, R"({"status": "pending"})", true, Nanoseconds(0), Nanoseconds(10)};
  const Said read_a{200, R"({"status": "pending"})", true, Nanoseconds(1), Nanoseconds(11)};
  const Said write_c{200, "{}", false, Nanoseconds(20), Nanoseconds(30)};
  const Said write_a{200, "{}", false, Nanoseconds(40), Nanoseconds(50)};
  const Answer stopped{{{200, R"({"status": "taken"})", true}}, true};
  struct Case {
    const char* lesson;
    const char* state;
    ByRequest is;
  };
  const Case cases[] = {
      {"the later write won, as it would one request at a time", R"({"status": "preparing"})",
       ByRequest::explained},
      {"the earlier one did: the server itself is not atomic", R"({"status": "cancelled"})",
       ByRequest::contradicts},
  };
  for (const Case& c : cases) {
    Bench bench({{"cancel"}, {"accept"}});
    bench.learn({0, 1}, Told{{{{read_c, write_c}}, stopped}, R"({"status": "cancelled"})"});
    bench.learn({1, 0}, Told{{{{read_a, write_a}}, stopped}, R"({"status": "preparing"})"});
    const Told attempt{{{{read_c, write_c}}, {{read_a, write_a}}}, c.state};
    EXPECT_EQ(word_for(bench.judge(attempt)), "state") << c.lesson;
    const auto reading = bench.reading({0, 1}, attempt);
    auto judgement = bench.oracle->judge_by_request(reading);
    ASSERT_EQ(judgement.is, ByRequest::needs_runs) << c.lesson;
    // The reads overlap, but change nothing for each other: one order stands for both. The writes
    // do not overlap.
    ASSERT_EQ(judgement.wanted.size(), 1u);
    for (const oracle::Wanted& wanted : judgement.wanted) {
      EXPECT_EQ(wanted.order.turns.size(), 4u);
      std::vector<int> players = wanted.order.roles;
      for (int run = 0; run < 2; ++run) {
        std::vector<Answer> answers;
        for (const int player : players)
          answers.push_back({{player == 0 ? read_c : read_a, player == 0 ? write_c : write_a}});
        bench.oracle->learn(wanted.order,
                            bench.reading(players, {answers, R"({"status": "preparing"})"}));
      }
    }
    EXPECT_EQ(bench.oracle->judge_by_request(reading).is, c.is) << c.lesson;
    // It is no serial run: the attempt is as unexplained as before.
    EXPECT_EQ(word_for(bench.judge(attempt)), "state") << c.lesson;
  }
}

TEST(ByRequests, AreNoSerialRuns) {
  Bench bench({{"a"}, {"b"}});
  bench.learn({0, 1}, Told{{said(200), said(200)}, R"({"n": 2})"});
  bench.learn({1, 0}, Told{{said(200), said(200)}, R"({"n": 2})"});
  bench.learn({0}, Told{{said(200)}, R"({"n": 1})"});
  const Told attempt{{said(200), said(403)}, R"({"n": 1})"};
  EXPECT_EQ(word_for(bench.judge(attempt)), "explained");
  oracle::Order by_request{{0, 1}, {0, 1}};
  bench.oracle->learn(by_request, bench.reading({0, 1}, {{said(200), said(403)}, R"({"n": 1})"}));
  bench.oracle->learn(by_request, bench.reading({0, 1}, {{said(200), said(500)}, R"({"n": 1})"}));
  EXPECT_EQ(word_for(bench.judge(attempt)), "explained")
      << "403 is still a refusal that only contention brings forth";
  EXPECT_FALSE(bench.oracle->status_given_serially(1, 403));
  EXPECT_TRUE(bench.oracle->clashes().empty());
}

TEST(ByRequests, TheRefusedMayBeTakenOutThereAsWell) {
  const auto said_at = [](int status, int from, bool safe) {
    return Said{status, "{}", safe, Nanoseconds(from), Nanoseconds(from + 5)};
  };
  Bench bench({{"a"}, {"b"}, {"c"}});
  const Told attempt{{{{said_at(200, 0, true), said_at(200, 20, false)}},
                      {{said_at(200, 10, true), said_at(200, 30, false)}},
                      {{said_at(423, 40, false)}}},
                     R"({"n": "a and b, step by step"})"};
  const auto reading = bench.reading({0, 1, 2}, attempt);
  ByRequest is = ByRequest::needs_runs;
  int asked = 0;
  for (int rounds = 0; rounds < 5 && is == ByRequest::needs_runs; ++rounds) {
    const auto judgement = bench.oracle->judge_by_request(reading);
    is = judgement.is;
    for (const oracle::Wanted& wanted : judgement.wanted) {
      ++asked;
      std::vector<Answer> answers(wanted.order.roles.size(), Answer{{{200, "{}", true}, {200}}});
      // c is not turned away where nothing is at the same time.
      if (answers.size() == 3) answers[2] = said(200);
      const Told told{answers, answers.size() == 3 ? R"({"n": "all"})" : attempt.state};
      for (int run = 0; run < 2; ++run)
        bench.oracle->learn(wanted.order, bench.reading(wanted.order.roles, told));
    }
  }
  EXPECT_EQ(is, ByRequest::explained);
  EXPECT_EQ(asked, 2) << "one order of the requests of all, one without those of c";
}

TEST(ByRequests, DoNotConcernScriptsOfOneRequest) {
  OneWinner bench;
  EXPECT_EQ(bench.oracle->judge_by_request(bench.reading({0, 1}, {{said(200), said(200)}})).is,
            ByRequest::not_applicable);
}

TEST(ByRequests, BeyondTheLimitNothingIsDecided) {
  Bench bench({{"a"}, {"b"}}, true, {.interleavings = 2});
  const Answer two{{{200}, {200}}};  // all four overlap: six interleavings
  bench.learn({0, 1}, Told{{two, two}, R"({"n": 4})"});
  bench.learn({1, 0}, Told{{two, two}, R"({"n": 4})"});
  const auto reading = bench.reading({0, 1}, {{two, two}, R"({"n": 3})"});
  const auto judgement = bench.oracle->judge_by_request(reading);
  ASSERT_EQ(judgement.wanted.size(), 2u);
  for (const oracle::Wanted& wanted : judgement.wanted)
    for (int run = 0; run < 2; ++run)
      bench.oracle->learn(wanted.order,
                          bench.reading(wanted.order.roles, {{two, two}, R"({"n": 4})"}));
  EXPECT_EQ(bench.oracle->judge_by_request(reading).is, ByRequest::undecided);
}

TEST(ByRequests, ThoseWhoOnlyReadHaveOneOrder) {
  // 3^20 beginnings, nearly all of which lead nowhere, and one order that stands for all.
  Bench bench({{"look", 20}});
  const Answer two{{{200, "{}", true}, {200, "{}", true}}};
  const Told serial{std::vector<Answer>(20, two), R"({"looks": 40})"};
  bench.learn(bench.everyone(), serial);
  const auto reading = bench.reading(bench.everyone(), {serial.answers, R"({"looks": 39})"});
  const auto judgement = bench.oracle->judge_by_request(reading);
  ASSERT_EQ(judgement.wanted.size(), 1u);
  for (int run = 0; run < 2; ++run)
    bench.oracle->learn(judgement.wanted[0].order, bench.reading(bench.everyone(), serial));
  EXPECT_EQ(bench.oracle->judge_by_request(reading).is, ByRequest::undecided);
}

// -- proof

TEST(Proof, TakesAsManyAttemptsAsTheRateDemands) {
  EXPECT_FALSE(oracle::is_proven(1, 1, 20));
  EXPECT_TRUE(oracle::is_proven(2, 2, 20)) << "a sure hit is proven by the second attempt";
  EXPECT_FALSE(oracle::is_proven(2, 2, 19)) << "with at least 20 serial runs";
  EXPECT_FALSE(oracle::is_proven(1, 1, 30)) << "one may be chance";
  // One in ten, with three serial runs for every attempt.
  EXPECT_FALSE(oracle::is_proven(3, 30, 90));
  EXPECT_TRUE(oracle::is_proven(4, 40, 120));
  EXPECT_FALSE(oracle::is_proven(4, 40, 119));
  EXPECT_FALSE(oracle::is_proven(0, 200, 600));
}

TEST(Proof, WantsThreeSerialRunsForEveryAttempt) {
  EXPECT_EQ(oracle::serial_runs_wanted(6), 20);
  EXPECT_EQ(oracle::serial_runs_wanted(7), 21);
  EXPECT_EQ(oracle::paused_runs_wanted(1), 2);
  EXPECT_EQ(oracle::paused_runs_wanted(3), 3);
  EXPECT_EQ(oracle::paused_runs_wanted(24), 4);
}

TEST(Proof, AsksForFreshRunsOfEveryOrderThatRealTimePermits) {
  OneWinner bench;
  const Told overlapping{{said(200), said(200)}, R"({"status": "preparing"})"};
  EXPECT_EQ(bench.oracle->suspects(bench.reading({0, 1}, overlapping)).size(), 2u);
  const Told apart{{said(200), {{{200, "{}", false, Nanoseconds(200), Nanoseconds(300)}}}},
                   R"({"status": "cancelled"})"};
  const auto suspects = bench.oracle->suspects(bench.reading({0, 1}, apart));
  ASSERT_EQ(suspects.size(), 1u);
  EXPECT_EQ(suspects[0].order, (oracle::Order{{0, 1}, {}}));
}

TEST(Proof, AndOfEveryRestThatWasAskedAbout) {
  OneWinner bench;
  const auto suspects = bench.oracle->suspects(
      bench.reading({0, 1}, {{said(200), said(409)}, R"({"status": "preparing"})"}));
  ASSERT_EQ(suspects.size(), 3u);
  EXPECT_EQ(suspects[2].order, (oracle::Order{{0}, {}}));
}

// -- explaining

TEST(Explain, OrdersOfOneOutcomeAreOneClass) {
  Bench bench({{"a"}, {"b"}, {"c"}});
  for (const oracle::Order& order : bench.oracle->orders()) {
    std::vector<Answer> answers;
    for (std::size_t role = 0; role < 3; ++role) answers.push_back(said(role == 0 ? 200 : 409));
    bench.learn(order.roles,
                Told{answers, R"({"winner": )" + std::to_string(order.roles[0]) + "}"});
  }
  EXPECT_EQ(bench.oracle->outcome_classes(), (std::vector<int>{0, 0, 2, 2, 4, 4}));
  EXPECT_EQ(bench.oracle->winners(bench.oracle->orders()[2]), (std::vector<int>{1}));
}

TEST(Explain, TheNearestOrderShowsWhatDiffers) {
  OneWinner bench;
  const auto reading =
      bench.reading({0, 1}, {{said(200), said(409)}, R"({"status": "preparing"})"});
  const auto close = bench.oracle->closeness(reading, {{0, 1}, {}});
  EXPECT_EQ(close.count, 1);
  const auto differs = std::find_if(close.differences.begin(), close.differences.end(),
                                    [](const auto& d) { return d.differs; });
  ASSERT_NE(differs, close.differences.end());
  EXPECT_EQ(differs->place, ".after.order.body.status");
  EXPECT_EQ(differs->seen, json_of("\"preparing\""));
  EXPECT_EQ(differs->expected, json_of("\"cancelled\""));
  EXPECT_EQ(bench.oracle->closeness(reading, {{1, 0}, {}}).count, 2);
}

TEST(Explain, AControlFitsItsOwnOrderOnly) {
  OneWinner bench;
  const auto run = bench.reading({0, 1}, {{said(200), said(409)}, R"({"status": "cancelled"})"});
  EXPECT_TRUE(bench.oracle->fits({{0, 1}, {}}, run));
  const auto drifted =
      bench.reading({0, 1}, {{said(200), said(409)}, R"({"status": "preparing"})"});
  EXPECT_FALSE(bench.oracle->fits({{0, 1}, {}}, drifted));
}

TEST(Explain, SomethingHasToBeAnsweredAndNotRefused) {
  const auto learnt = [](int first, int second, const char* state = "{}") {
    Bench bench({{"a"}, {"b"}});
    bench.learn({0, 1},
                Told{.answers = {said(first), said(second)}, .state = state, .before = "{}"});
    return std::pair(bench.oracle->everything_refused_serially(),
                     bench.oracle->nothing_answered_serially());
  };
  EXPECT_EQ(learnt(401, 401), std::pair(true, false));
  EXPECT_EQ(learnt(503, 503), std::pair(true, false));
  EXPECT_EQ(learnt(401, 401, R"({"failed": 2})"), std::pair(false, false)) << "they are counted";
  EXPECT_EQ(learnt(401, 403), std::pair(false, false));
  EXPECT_EQ(learnt(200, 200), std::pair(false, false));
  EXPECT_EQ(learnt(0, 0), std::pair(false, true));
}

// -- masks

// -- counts

/// A stock that no reset restores, and two who take from it.
class Stock : public Bench {
 public:
  explicit Stock(const std::vector<std::string>& counts = {})
      : Bench({{"a"}, {"b"}}, true, {}, counts) {}

  static Told moved(const std::string& before, const std::string& after) {
    const auto state = [](const std::string& stock) { return R"({"stock": )" + stock + "}"; };
    return {.answers = {said(200), said(200)}, .state = state(after), .before = state(before)};
  }
  void learn_runs(const std::vector<Told>& runs) {
    for (const auto& order : {std::vector{0, 1}, std::vector{1, 0}}) learn(order, runs);
  }
};

const std::vector<std::string> stock = {".after.order.body.stock"};

TEST(Counts, WhatNobodyCountsIsNotedOnly) {
  Stock bench;
  bench.learn_runs({Stock::moved("100", "90"), Stock::moved("80", "70")});
  const Judgement as_ever = bench.judge(Stock::moved("60", "50"));
  EXPECT_EQ(word_for(as_ever), "explained");
  EXPECT_TRUE(as_ever.moved.empty());
  const Judgement odd = bench.judge(Stock::moved("60", "55"));
  EXPECT_EQ(word_for(odd), "explained");
  ASSERT_EQ(odd.moved.size(), 1u);
  EXPECT_EQ(odd.moved[0].place, stock[0]);
  EXPECT_EQ(odd.moved[0].seen, moved_by(-5));
  EXPECT_EQ(odd.moved[0].expected, moved_by(-10));
}

TEST(Counts, OneOrderThatMovesItSoIsEnough) {
  Stock bench;
  bench.learn({0, 1}, {Stock::moved("100", "90"), Stock::moved("80", "70")});
  bench.learn({1, 0}, {Stock::moved("70", "65"), Stock::moved("40", "35")});
  EXPECT_TRUE(bench.judge(Stock::moved("60", "55")).moved.empty());
  EXPECT_EQ(bench.judge(Stock::moved("60", "59")).moved.size(), 1u);
}

TEST(Counts, WhatMovesDifferentlyOrIsATimeIsNoCount) {
  Stock bench;
  bench.learn_runs({Stock::moved("100", "90"), Stock::moved("80", "71")});
  EXPECT_TRUE(bench.judge(Stock::moved("60", "59")).moved.empty());
  Stock times;
  times.learn_runs({Stock::moved("$now", "$now"), Stock::moved("$now", "$now")});
  EXPECT_TRUE(times.judge(Stock::moved("1790000000", "$now")).moved.empty());
}

TEST(Counts, WhatTheScenarioCountsIsComparedByItsMove) {
  struct Case {
    const char *before, *after, *word;
  };
  constexpr Case cases[] = {{"60", "50", "explained"},
                            {"60", "55", "state"},
                            {"60", "60", "state"},
                            {"60.5", "50.5", "explained"},
                            {"\"60.10\"", "\"50.10\"", "explained"},
                            {"60", "null", "state"},
                            {"60", "\"sold out\"", "state"}};
  Stock bench(stock);
  bench.learn_runs({Stock::moved("100", "90"), Stock::moved("80", "70")});
  EXPECT_TRUE(bench.oracle->clashes().empty());
  for (const Case& c : cases) {
    const Judgement judgement = bench.judge(Stock::moved(c.before, c.after));
    EXPECT_EQ(word_for(judgement), c.word) << c.before << " to " << c.after;
    EXPECT_TRUE(judgement.moved.empty());
  }
}

TEST(Counts, AnOrderWithAStockOfItsOwnIsCountedAlike) {
  // The reset restores it: its value is a constant, and it is compared by its move all the same.
  Stock bench(stock);
  bench.learn_runs({Stock::moved("100", "90"), Stock::moved("100", "90")});
  EXPECT_EQ(word_for(bench.judge(Stock::moved("60", "50"))), "explained");
  EXPECT_EQ(word_for(bench.judge(Stock::moved("100", "95"))), "state");
}

TEST(Counts, ThereIsNoBaselineWhereRunsMoveItDifferently) {
  Stock bench(stock);
  bench.learn_runs({Stock::moved("100", "90"), Stock::moved("80", "75.5")});
  const auto clashes = bench.oracle->clashes();
  ASSERT_EQ(clashes.size(), 2u);
  EXPECT_EQ(clashes[0].conflict.place, stock[0]);
  EXPECT_EQ(clashes[0].conflict.values,
            (std::vector<record::Value>{moved_by(-10), moved_by(-4.5)}));
}

TEST(Counts, TheComparisonShowsTheMoves) {
  for (const bool counted : {false, true}) {
    Stock bench(counted ? stock : std::vector<std::string>());
    bench.learn_runs({Stock::moved("100", "90"), Stock::moved("80", "70")});
    const auto close = bench.oracle->closeness(bench.reading({0, 1}, Stock::moved("60", "55")),
                                               bench.order_of({0, 1}));
    const auto row = std::find_if(close.differences.begin(), close.differences.end(),
                                  [](const auto& d) { return d.place == stock[0]; });
    ASSERT_NE(row, close.differences.end());
    EXPECT_EQ(row->differs, counted);
    const record::Value beside{.is = record::Value::Is::json, .text = "55", .moved = -5};
    const record::Value any{.is = record::Value::Is::number, .moved = -10};
    EXPECT_EQ(row->seen, counted ? moved_by(-5) : beside);
    EXPECT_EQ(row->expected, counted ? moved_by(-10) : any);
  }
}

TEST(Counts, WhatIsNotTheSameAfterEveryResetIsShared) {
  for (const bool restored : {false, true}) {
    Stock bench(stock);
    for (const char* before : {"100", restored ? "100" : "90"})
      bench.oracle->learn_reset(bench.reading({0, 1}, Stock::moved(before, "80")));
    EXPECT_EQ(bench.oracle->shared_count().has_value(), !restored);
  }
}

TEST(Counts, EveryElementOfAListMayBeNamed) {
  Bench bench({{"a"}, {"b"}}, true, {}, {".after.order.body.items[].stock"});
  const auto moved = [](int first, int second, int by) {
    const auto state = [](int x, int y) {
      return fmt::format(R"({{"items": [{{"stock": {}}}, {{"stock": {}}}]}})", x, y);
    };
    return Told{.answers = {said(200), said(200)},
                .state = state(first - 1, second - by),
                .before = state(first, second)};
  };
  for (const auto& order : {std::vector{0, 1}, std::vector{1, 0}})
    bench.learn(order, {moved(10, 20, 2), moved(30, 7, 2)});
  EXPECT_EQ(word_for(bench.judge(moved(5, 6, 2))), "explained");
  EXPECT_EQ(word_for(bench.judge(moved(5, 6, 1))), "state");
}

TEST(Mask, DeletesWhatItNames) {
  struct Case {
    const char* mask;
    std::string first_answer, second_answer, state;
  };
  const std::string answer = R"({"id":1,"items":[{"at":1,"n":2},{"at":3,"n":4}]})";
  const std::string state = R"({"rev":5,"a-b":{"c d":6,"e":7},"list":[8,9]})";
  const Case cases[] = {
      {".after.order.body.rev", answer, answer, R"({"a-b":{"c d":6,"e":7},"list":[8,9]})"},
      {R"(.after.order.body."a-b"."c d")", answer, answer,
       R"({"rev":5,"a-b":{"e":7},"list":[8,9]})"},
      {R"(.after.order.body["a-b"].e)", answer, answer,
       R"({"rev":5,"a-b":{"c d":6},"list":[8,9]})"},
      {".after.order.body.list[0]", answer, answer,
       R"({"rev":5,"a-b":{"c d":6,"e":7},"list":[9]})"},
      {".after.order.body.list[]", answer, answer, R"({"rev":5,"a-b":{"c d":6,"e":7},"list":[]})"},
      {".after.order.body", answer, answer, "null"},
      {R"(.after.order.body["a-b"][])", answer, answer, R"({"rev":5,"a-b":{},"list":[8,9]})"},
      {R"(.after.order.body[]."c d")", answer, answer, R"({"rev":5,"a-b":{"e":7},"list":[8,9]})"},
      {".after.other.body.rev", answer, answer, state},
      {".answers.get.steps[0].body.id", R"({"items":[{"at":1,"n":2},{"at":3,"n":4}]})",
       R"({"items":[{"at":1,"n":2},{"at":3,"n":4}]})", state},
      {".answers.get[].steps[].body.items[].at", R"({"id":1,"items":[{"n":2},{"n":4}]})",
       R"({"id":1,"items":[{"n":2},{"n":4}]})", state},
      {".answers.get[1].steps[0].body.items[1].at", answer,
       R"({"id":1,"items":[{"at":1,"n":2},{"n":4}]})", state},
      {".answers.get[].steps[1].body.id", answer, answer, state},
      {".answers.put.steps[0].body.id", answer, answer, state},
  };
  for (const Case& c : cases) {
    Bench bench({{"get", 2}, {"put"}});
    bench.scenario.mask = {{c.mask, {}}};
    auto outcome =
        bench.outcome({0, 1, 2}, {{said(200, answer), said(200, answer), said(204)}, state});
    oracle::apply_mask(outcome, bench.scenario);
    EXPECT_EQ(outcome.answers[0].steps[0].body, parse(c.first_answer)) << c.mask;
    EXPECT_EQ(outcome.answers[1].steps[0].body, parse(c.second_answer)) << c.mask;
    EXPECT_EQ(outcome.after[0].body, parse(c.state)) << c.mask;
  }
}

TEST(Mask, DeletesHeaders) {
  for (const auto& [mask, left] : {std::pair(R"(.answers.get.steps[0].headers."x-rate")", 1),
                                   std::pair(".answers.get.steps[0].headers", 0)}) {
    Bench bench({{"get"}, {"put"}});
    bench.scenario.mask = {{mask, {}}};
    auto outcome = bench.outcome({0, 1}, {{said(200), said(204)}});
    outcome.answers[0].steps[0].headers = {{"x-rate", "1"}, {"etag", "2"}};
    oracle::apply_mask(outcome, bench.scenario);
    EXPECT_EQ(outcome.answers[0].steps[0].headers.size(), static_cast<std::size_t>(left)) << mask;
  }
}

// -- many scripts

/// A coupon for five and twenty who want it. `named`: users and ids in every answer, and a list of
/// redemptions.
class CouponForFive {
 public:
  explicit CouponForFive(bool named) : bench({{"redeem", 20}}), named_(named) {
    answer_needs(std::vector<oracle::Wanted>{{bench.oracle->orders()[0], bench.everyone()}});
  }

  Told told(const std::vector<int>& who, int winners) {
    Told told;
    std::vector<std::string> list;
    for (std::size_t i = 0; i < who.size(); ++i) {
      const bool wins = static_cast<int>(i) < winners;
      const std::string user = user_of(who[i]), id = std::to_string(++ids_);
      const std::string mine = fmt::format(R"("user": "{}", "id": {})", user, id);
      told.answers.push_back(said(
          wins ? 200 : 409, fmt::format(R"({{{}"ok": {}}})", named_ ? mine + ", " : "", wins)));
      if (wins) list.push_back("{" + mine + "}");
    }
    if (!named_) list = {std::to_string(winners)};
    random_.shuffle(list);
    told.state.clear();
    for (const std::string& element : list)
      told.state += (told.state.empty() ? "[" : ", ") + element;
    told.state += "]";
    return told;
  }
  /// Serial runs: the first five win.
  void answer_needs(const std::vector<oracle::Wanted>& wanted) {
    for (const oracle::Wanted& each : wanted)
      while (!bench.oracle->knows(each.order)) {
        const auto who = oracle::cast(each.order, each.members, bench.entries,
                                      bench.oracle->runs_of(each.order));
        bench.oracle->learn(each.order, bench.reading(who, told(who, 5)));
        ++runs;
      }
  }
  Judgement judge(const Told& attempt) {
    const auto reading = bench.reading(bench.everyone(), attempt);
    Judgement judgement = bench.oracle->judge(reading);
    for (; judgement.is == Is::needs_runs; judgement = bench.oracle->judge(reading)) {
      ++rounds;
      answer_needs(judgement.wanted);
    }
    return judgement;
  }

  Bench bench;
  int rounds = 0, runs = 0;

 private:
  bool named_;
  int ids_ = 1000;
  base::Random random_{7};
};

TEST(ManyScripts, TwentyInterchangeableOnesHaveOneOrder) {
  for (const bool named : {false, true}) {
    CouponForFive coupon(named);
    ASSERT_EQ(coupon.bench.oracle->orders().size(), 1u);
    EXPECT_EQ(word_for(coupon.judge(coupon.told(coupon.bench.everyone(), 5))), "explained")
        << named;
    EXPECT_EQ(coupon.runs, 2);
    EXPECT_EQ(word_for(coupon.judge(coupon.told(coupon.bench.everyone(), 6))), "state") << named;
    // Of fourteen who were refused it only matters how many are taken out.
    EXPECT_EQ(coupon.rounds, 14) << named;
    EXPECT_EQ(coupon.runs, 2 + 2 * 14) << named;
  }
}

TEST(ManyScripts, FewerWinnersAreNoRaceIfTheRefusedGotOutOfTheWay) {
  // Three won and seventeen were turned away: a serial order of three of them has just these
  // winners.
  CouponForFive coupon(true);
  const auto judgement = coupon.judge(coupon.told(coupon.bench.everyone(), 3));
  EXPECT_EQ(word_for(judgement), "explained");
  EXPECT_EQ(judgement.out.size(), 17u);
}

TEST(ManyScripts, AWinnerWhoIsNotInTheListIsFound) {
  CouponForFive coupon(true);
  Told attempt = coupon.told(coupon.bench.everyone(), 5);
  EXPECT_EQ(word_for(coupon.judge(attempt)), "explained");
  const std::size_t at = attempt.state.find("kim");
  ASSERT_NE(at, std::string::npos);
  attempt.state.replace(at, 3, "lee");  // lee stands there twice, kim not at all
  EXPECT_EQ(word_for(coupon.judge(attempt)), "state");
}

TEST(ManyScripts, IdsOfTwentyInAListOfAnyOrderAreFound) {
  base::Random random(7);
  int ids = 1000;
  /// Each makes a row and is told its id. Somebody may be told another's, and another row may stand
  /// in the list twice.
  const auto run = [&](bool told_twice = false, bool listed_twice = false) {
    Told told{{}, ""};
    std::vector<int> rows;
    for (int entry = 0; entry < 20; ++entry) {
      rows.push_back(++ids);
      const int id = told_twice && entry == 7 ? rows[3] : rows.back();
      told.answers.push_back(said(201, R"({"id": )" + std::to_string(id) + "}"));
    }
    if (listed_twice) rows[7] = rows[3];
    random.shuffle(rows);
    for (const int row : rows)
      told.state +=
          (told.state.empty() ? R"([{"id": )" : R"(, {"id": )") + std::to_string(row) + "}";
    told.state += "]";
    return told;
  };
  Bench bench({{"make", 20}});
  const oracle::Order order = bench.oracle->orders()[0];
  for (const std::size_t turn : {0u, 1u})
    bench.learn(oracle::cast(order, bench.everyone(), bench.entries, turn),
                std::vector<Told>{run()});
  EXPECT_EQ(word_for(bench.judge(run())), "explained");
  EXPECT_EQ(word_for(bench.judge(run(true))), "bodies");
  EXPECT_EQ(word_for(bench.judge(run(false, true))), "state");
}

TEST(ManyScripts, EightDistinctOnesAreSampled) {
  std::vector<Bench::Script> scripts;
  for (int i = 0; i < 8; ++i) scripts.push_back({"s" + std::to_string(i)});
  const Bench bench(scripts);
  EXPECT_TRUE(bench.oracle->sampled());
  EXPECT_EQ(bench.oracle->orders().size(), 120u);
  const Bench five({{"a"}, {"b"}, {"c"}, {"d"}, {"e"}});
  EXPECT_FALSE(five.oracle->sampled());
  EXPECT_EQ(five.oracle->orders().size(), 120u);
}

/// Four scripts, of which twelve orders of twenty-four are drawn. The state tells who came when, or
/// only how many came.
class FourOfWhichTwelveAreDrawn {
 public:
  explicit FourOfWhichTwelveAreDrawn(bool state_tells, std::size_t targeted)
      : bench({{"a"}, {"b"}, {"c"}, {"d"}}, true, {.orders = 12, .targeted = targeted}),
        state_tells_(state_tells) {
    for (const oracle::Order& order : bench.oracle->orders()) learn(order);
  }
  std::string judge(const std::string& state) {
    const Told attempt{std::vector<Answer>(4, said(200)), state};
    Judgement judgement = bench.judge(attempt);
    for (; judgement.is == Is::needs_runs; judgement = bench.judge(attempt))
      for (const oracle::Wanted& wanted : judgement.wanted) learn(wanted.order);
    return word_for(judgement);
  }
  std::string state_after(const std::vector<int>& order) const {
    if (!state_tells_) return "[4]";
    return fmt::format("[{}]", fmt::join(order, ", "));
  }
  Bench bench;
  int learnt = 0;

 private:
  void learn(const oracle::Order& order) {
    bench.learn(order.roles, Told{std::vector<Answer>(4, said(200)), state_after(order.roles)});
    ++learnt;
  }
  bool state_tells_;
};

TEST(ManyScripts, ASampleAccusesOnlyIfItHasSeenEveryOutcomeTwice) {
  EXPECT_EQ(FourOfWhichTwelveAreDrawn(true, 0).judge("[0, 0, 0, 0]"), "unjudged");
  EXPECT_EQ(FourOfWhichTwelveAreDrawn(false, 0).judge("[3]"), "state");
}

TEST(ManyScripts, ALateReadOfAnOrderThatWasNotDrawnIsNoRace) {
  FourOfWhichTwelveAreDrawn four(false, 0);
  const auto& drawn = four.bench.oracle->orders();
  std::vector<int> order = {0, 1, 2, 3};
  while (std::any_of(drawn.begin(), drawn.end(),
                     [&](const oracle::Order& each) { return each.roles == order; }))
    ASSERT_TRUE(std::next_permutation(order.begin(), order.end()));
  // One after another, in that order; and the state is read a moment too soon.
  Told attempt{std::vector<Answer>(4), "[3]"};
  attempt.later = "[4]";
  for (int turn = 0; turn < 4; ++turn)
    attempt.answers[static_cast<std::size_t>(order[static_cast<std::size_t>(turn)])].steps = {
        {200, "{}", false, Nanoseconds(20 * turn), Nanoseconds(20 * turn + 10)}};
  EXPECT_EQ(word_for(four.bench.judge(attempt)), "unjudged");
}

TEST(ManyScripts, AnOrderThatWasNotDrawnIsFoundByWhatTheStateShows) {
  std::vector<int> order = {0, 1, 2, 3};
  do {
    FourOfWhichTwelveAreDrawn four(true, 24);
    EXPECT_EQ(four.judge(four.state_after(order)), "explained") << four.state_after(order);
    EXPECT_LE(four.learnt, 12 + 8);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(ManyScripts, AllThatAreLeftArePlayedIfTheyAreFew) {
  FourOfWhichTwelveAreDrawn four(true, 24);  // twelve are left, and twelve are few
  EXPECT_EQ(four.judge("[0, 0, 0, 0]"), "state");
  EXPECT_EQ(four.learnt, 24);
  FourOfWhichTwelveAreDrawn fewer(true, 6);
  EXPECT_EQ(fewer.judge("[0, 0, 0, 0]"), "unjudged");
}

TEST(ManyScripts, OneRunRefutesEveryOrderThatBeginsAlike) {
  // Whoever comes first is told 200, everybody else 404. It does not take 720 orders to know that
  // no two are told 200.
  std::vector<Bench::Script> scripts;
  for (int i = 0; i < 6; ++i) scripts.push_back({"s" + std::to_string(i)});
  Bench bench(scripts, true, {.orders = 24});
  int learnt = 0;
  const auto learn = [&](const oracle::Order& order) {
    Told told{std::vector<Answer>(6, said(404)), R"("s)" + std::to_string(order.roles[0]) + "\""};
    told.answers[0] = said(200);
    bench.learn(order.roles, told);
    ++learnt;
  };
  for (const oracle::Order& order : bench.oracle->orders()) learn(order);
  Told attempt{std::vector<Answer>(6, said(404)), R"("s3")"};
  attempt.answers[3] = attempt.answers[5] = said(200);
  Judgement judgement = bench.judge(attempt);
  for (; judgement.is == Is::needs_runs; judgement = bench.judge(attempt))
    for (const oracle::Wanted& wanted : judgement.wanted) learn(wanted.order);
  EXPECT_EQ(word_for(judgement), "state");
  EXPECT_LT(learnt, 720 / 4);
  attempt.answers[5] = said(404);
  EXPECT_EQ(word_for(bench.judge(attempt)), "explained");
}

}  // namespace
