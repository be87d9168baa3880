#include "scenario/sink_reader.h"

#include <gtest/gtest.h>

#include "scenario/fill.h"
#include "scenario/parse.h"

namespace {

using namespace std::chrono_literals;
using scenario::Scenario;

const std::string head = "target: http://h:1\n";
const std::string two = head + "race: {a: GET /a, b: GET /b}\n";

base::Result<Scenario, std::vector<scenario::Problem>> parsed(const std::string& text) {
  return scenario::parse("x.yaml", text, [](const std::string&) { return std::nullopt; });
}

Scenario good(const std::string& text) {
  auto scenario = parsed(text);
  if (scenario) return std::move(*scenario);
  for (const auto& problem : scenario.error()) ADD_FAILURE() << scenario::to_text(problem);
  return {};
}

TEST(Sinks, ReadsAddressesAndAnswers) {
  const Scenario scenario = good(two + R"(
sinks:
  plain:
  mails: {listen: 9009, url: 'http://host.docker.internal:9009', answer: {status: 204}}
  payments:
    listen: '[::1]:0'
    answer:
      - {status: 503, body: busy, after: 20ms, headers: {Retry-After: 0}}
      - {json: {id: '{{$uuid}}', of: '{{ .body.amount }}'}}
)");
  ASSERT_EQ(scenario.sinks.size(), 3U);
  const scenario::Sink& plain = scenario.sinks[0];
  EXPECT_EQ(plain.host, "127.0.0.1");
  EXPECT_EQ(plain.port, 0);
  ASSERT_EQ(plain.answers.size(), 1U);
  EXPECT_EQ(plain.answers[0].status, 200);
  EXPECT_EQ(plain.answers[0].body.value, json::value(json::object()));
  const scenario::Sink& mails = scenario.sinks[1];
  EXPECT_EQ(mails.port, 9009);
  EXPECT_EQ(mails.url, "http://host.docker.internal:9009");
  EXPECT_EQ(mails.answers.at(0).body.kind, scenario::Body::Kind::none);
  const scenario::Sink& payments = scenario.sinks[2];
  EXPECT_EQ(payments.host, "::1");
  ASSERT_EQ(payments.answers.size(), 2U);
  EXPECT_EQ(payments.answers[0].status, 503);
  EXPECT_EQ(payments.answers[0].after, 20ms);
  EXPECT_EQ(payments.answers[0].headers.at(0).name, "Retry-After");
  EXPECT_EQ(payments.answers[1].body.value.at("id"), "{{$uuid}}");
}

TEST(Sinks, KnowWhetherEachAttemptTellsTheirAddress) {
  struct Case {
    const char* what;
    std::string text;
    bool addressed;
  };
  const std::string sinks = "sinks: {s: }\n";
  const std::string race = "race: {a: GET /a, b: GET /b}\n";
  const Case cases[] = {
      {"nobody tells it", head + sinks + race, false},
      {"setup tells it once for all",
       head + sinks + race + "setup: [{request: POST /x, json: {u: '{{$sink.s}}'}}]", false},
      {"a reset", head + sinks + race + "reset: [{request: POST /x, json: {u: '{{$sink.s}}/c'}}]",
       true},
      {"a script", head + sinks + "race: {a: 'GET /{{$sink.s}}', b: GET /b}", true},
      {"an actor",
       head + sinks +
           "actors: {u: {headers: {X: '{{$sink.s}}'}}}\nrace: {a: {request: GET /a, as: u}, b: GET "
           "/b}",
       true},
  };
  for (const Case& c : cases) EXPECT_EQ(good(c.text).sinks.at(0).addressed, c.addressed) << c.what;
}

TEST(Sinks, RefusesWhatIsNone) {
  struct Case {
    std::string sinks;
    std::string problem;
  };
  const Case cases[] = {
      {"[a]", "3:8: expected sinks: a map of at most 16 by name, found a list"},
      {"{9a: }", "3:9: the name of a sink"},
      {"{a: 1}", "3:12: expected a sink: a map with listen, url, answer"},
      {"{a: {lisen: 1}}", "3:13: 'lisen' is not known in a sink; did you mean 'listen'?"},
      {"{a: {listen: here}}", "3:21: expected listen: an address and a port"},
      {"{a: {listen: '127.0.0.1'}}", "3:21: expected listen: an address and a port"},
      {"{a: {listen: 65536}}", "3:21: expected listen: an address and a port"},
      {"{a: {listen: '0.0.0.0:1'}}",
       "3:21: it listens on every address; name the one that the target uses with url:"},
      {"{a: {url: 'http://h:1'}}", "3:18: a url of its own needs a port of its own"},
      {"{a: {answer: []}}", "3:21: expected answer: a map, or a list of 1 to 1000"},
      {"{a: {answer: {status: 100}}}", "3:30: expected a status: a whole number from 200 to 599"},
      {"{a: {answer: {json: 1, body: x}}}", "3:37: more than one of json"},
      {"{a: {answer: {form: {a: b}}}}", "3:22: 'form' is not known in the answer of a sink"},
      {"{a: {answer: {after: x}}}", "3:29: expected after: a duration"},
      {"{a: {answer: {json: '{{order}}'}}}",
       "3:28: nothing binds {{order}} in the answer of a sink; known here: $uuid, method, path, "
       "query, headers, body"},
      {"{a: {answer: {json: '{{ body.id }}'}}}", "3:28: body is a value, not a function of jq"},
      {"{o: }\nobserve: {o: GET /}", "3:9: an observing read is called o, too"},
      {"{a: }\nsetup: ['GET /{{$sink.b}}']",
       "4:9: nothing binds {{$sink.b}}; did you mean {{$sink.a}}?"},
      {"{a: }\nrules: {r: .after.b}",
       "4:12: there is no read or sink 'b' (.after.b); did you mean .after.a?"},
      {"{a: }\nrules: {r: .before.a}", "4:12: there is no observing read 'a' (.before.a)"},
  };
  for (const Case& c : cases) {
    const auto scenario = parsed(two + "sinks: " + c.sinks);
    ASSERT_FALSE(scenario) << c.sinks;
    const std::string found = scenario::to_text(scenario.error().front());
    EXPECT_EQ(found.substr(0, 7 + c.problem.size()), "x.yaml:" + c.problem) << c.sinks;
    EXPECT_EQ(scenario.error().size(), 1U) << c.sinks;
  }
}

TEST(Sinks, AnswersAreFilledFromTheCall) {
  const Scenario scenario =
      good(two +
           "sinks: {s: {answer: {status: 201, headers: {Location: '{{path}}/1'}, json: {id: "
           "'{{$uuid}}', of: '{{ .body.amount }}'}}}}");
  const auto path = [](const std::string& jq,
                       const json::value& input) -> base::Result<json::value, expression::Failure> {
    return *expression::find(input, *expression::parse_path(jq));
  };
  const auto response =
      scenario::fill(scenario, scenario.sinks[0].answers[0],
                     {{"$uuid", "u-1"}, {"path", "/charges"}, {"body", {{"amount", 5}}}}, path);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(http::find(response->fields, "location"), "/charges/1");
  EXPECT_EQ(http::find(response->fields, "content-type"), "application/json");
  EXPECT_EQ(response->body, R"({"id":"u-1","of":5})");
}

}  // namespace
