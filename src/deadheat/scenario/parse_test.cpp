#include "scenario/parse.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace {

using scenario::parse;
using scenario::Scenario;

std::optional<std::string> environment(const std::string& name) {
  if (name == "BASE_URL") return "http://10.0.0.1:9000";
  if (name == "COUNT") return "12";
  if (name == "EMPTY") return "";
  if (name == "TOKEN") return "s3cret";
  return std::nullopt;
}

/// All problems, a line each, without the name of the file; or the empty text.
std::string problems_of(const std::string& text) {
  const auto parsed = parse("x.yaml", text, environment);
  std::string all;
  if (!parsed)
    for (const auto& problem : parsed.error()) {
      EXPECT_EQ(problem.file, "x.yaml");
      all += scenario::to_text(problem).substr(7) + "\n";
    }
  return all;
}

Scenario good(const std::string& text) {
  auto parsed = parse("dir/x.yaml", text, environment);
  if (parsed) return std::move(*parsed);
  for (const auto& problem : parsed.error()) ADD_FAILURE() << scenario::to_text(problem);
  return {};
}

const std::string head = "target: http://h:1\n";
const std::string two = head + "race: {a: GET /a, b: GET /b}\n";

TEST(Parse, ReadsAScenarioWithEverything) {
  const Scenario scenario = good(R"(
version: 1
id: cancel-vs-accept
name: Customer cancels while the restaurant accepts
target: ${BASE:-http://127.0.0.1:8000}
actors:
  customer:   {label: 고객}
  restaurant: {label: 사장님}
reset:
  - request: POST /api/v1/orders/
    json: {customer_name: 김고객, total_price: 18000}
    expect: 201
    capture: {order: .body.id}
race:
  cancel:
    as: customer
    steps:
      - request: GET /api/v1/orders/{{order}}/
        stop_unless: .body.status == "pending"       # jq over this step's answer
      - request: PUT /api/v1/orders/{{order}}/
        json: {status: cancelled}
        say: 취소해주세요!
  accept:
    as: restaurant
    steps:
      - request: GET /api/v1/orders/{{order}}/
        stop_unless: .body.status == "pending"
      - request: PUT /api/v1/orders/{{order}}/
        json: {status: preparing}
        say: 주문 접수!
observe:
  order: GET /api/v1/orders/{{order}}/
rules:
  one-winner: '[.answers.cancel, .answers.accept] | map(select(.ok)) | length <= 1'
run: {attempts: 200, budget: 60s, sync: auto, offsets: sweep, lanes: 20, seed: 7}
)");
  EXPECT_EQ(scenario.id, "cancel-vs-accept");
  EXPECT_EQ(scenario.targets, std::vector<std::string>{"http://127.0.0.1:8000"});
  ASSERT_EQ(scenario.actors.size(), 2U);
  EXPECT_EQ(scenario.actors[1].label, "사장님");
  ASSERT_EQ(scenario.reset.size(), 1U);
  const scenario::Request& reset = scenario.reset[0];
  EXPECT_EQ(reset.method, "POST");
  EXPECT_EQ(reset.target.text, "/api/v1/orders/");
  EXPECT_EQ(reset.body.kind, scenario::Body::Kind::json);
  EXPECT_EQ(base::to_text(reset.body.value), R"({"customer_name":"김고객","total_price":18000})");
  EXPECT_EQ(reset.expect->statuses, std::vector<int>{201});
  EXPECT_EQ(reset.captures.at(0).name, "order");
  EXPECT_EQ(reset.captures.at(0).from.jq, ".body.id");
  ASSERT_EQ(scenario.race.size(), 2U);
  const scenario::Script& cancel = scenario.race[0];
  EXPECT_EQ(cancel.name, "cancel");
  EXPECT_EQ(cancel.label, "고객");
  EXPECT_EQ(cancel.steps.at(0).stop_unless->jq, R"(.body.status == "pending")");
  EXPECT_EQ(cancel.steps.at(0).stop_unless->place.line, 19);
  EXPECT_EQ(cancel.steps.at(1).say, "취소해주세요!");
  EXPECT_EQ(cancel.steps.at(1).actor, "customer") << "the script's actor is its steps'";
  EXPECT_EQ(scenario.observe.at(0).name, "order");
  EXPECT_EQ(scenario.observe.at(0).request.target.text, "/api/v1/orders/{{order}}/");
  EXPECT_EQ(scenario.rules.at(0).name, "one-winner");
  EXPECT_EQ(scenario.run.budget, std::chrono::seconds(60));
  EXPECT_EQ(scenario.run.lanes, 20);
  EXPECT_EQ(scenario.run.seed, 7U);
  EXPECT_EQ(scenario::programs(scenario).size(), 4U);
}

TEST(Parse, ReadsShortFormsAndDefaults) {
  const Scenario scenario = good(two + "setup: [POST /login]\nobserve: {s: GET /s}\n");
  EXPECT_EQ(scenario.id, "x");
  EXPECT_EQ(scenario.name, "x");
  EXPECT_EQ(scenario.race.at(1).label, "b");
  EXPECT_EQ(scenario.race.at(1).times, 1);
  EXPECT_EQ(scenario.setup.at(0).method, "POST");
  EXPECT_FALSE(scenario.setup.at(0).expect);
  EXPECT_EQ(scenario.run.attempts, 200);
  EXPECT_EQ(scenario.run.lanes, 1);
  EXPECT_FALSE(scenario.run.seed);
  EXPECT_FALSE(scenario.settle);
  EXPECT_FALSE(scenario.timeout);
}

TEST(Parse, ReadsEveryKey) {
  const Scenario scenario = good(R"(
targets: ["http://a:1", "https://b/"]
actors:
  u: {label: U, headers: {X-Tenant: "t-{{tenant}}"}, bearer: "{{token}}", tenant: 7, tags: [a, 1]}
  v: {basic: "user:pass"}
  w:
setup:
  - {request: POST /login, form: {user: u, n: 010}, capture: {token: .body.token}}
reset:
  - {request: PUT /r, body: "text {{$uuid}}", as: v, expect: [200, 204], headers: {If-Match: '*'}}
  - {request: PUT /q, expect: .status < 300}
race:
  redeem: {request: POST /redeem, as: u, times: 20, json: {"k{{$index}}": "{{tenant}}"}, label: R,
           ok: .body.errors == null, refused: .status == 422}
  look: {as: v, steps: [GET /a, {request: DELETE /b, as: u, capture: {x: .body}, say: hi}], times: 1}
observe: {s: {request: POST /graphql, json: {query: q}, as: u}}
suffix:
  - {request: POST /redeem, as: u, json: {}, capture: {receipt: .body.id}}
  - GET /receipts/{{receipt}}
cleanup: [DELETE /r]
teardown: [POST /logout]
rules: {at.most_one-1: "true"}
mask: [.after.s.body.at, .before.s.body.at]
counts: [.after.s.body.amount, '.after.s.body.items[].stock']
permit: [{when: .answers.look.ok, reason: known}]
compare: [ETag, Location]
settle: 0
timeout: 1.5s
proxy: http://proxy
tls: {verify: false, ca: ca.pem, certificate: own.pem, key: own.key, server_name: shop.test}
run: {attempts: 1, budget: 2m, sync: threads, hold: body, offsets: none, http: 2, connections: own, lanes: 256, seed: 0x10}
)");
  EXPECT_EQ(scenario.targets, (std::vector<std::string>{"http://a:1", "https://b:443"}));
  EXPECT_EQ(scenario.run.http, scenario::Http::version_2);
  EXPECT_EQ(scenario.run.connections, scenario::Connections::own);
  EXPECT_EQ(scenario.proxy.url, "http://proxy:80");
  EXPECT_FALSE(scenario.tls.verify);
  EXPECT_EQ(scenario.tls.ca, "ca.pem");
  EXPECT_EQ(scenario.tls.certificate, "own.pem");
  EXPECT_EQ(scenario.tls.key, "own.key");
  EXPECT_EQ(scenario.tls.server_name, "shop.test");
  ASSERT_EQ(scenario.actors.size(), 3U);
  const scenario::Actor& u = *scenario::find_actor(scenario, "u");
  EXPECT_EQ(base::to_text(u.variables), R"({"tenant":7,"tags":["a",1]})");
  EXPECT_EQ(u.headers.at(0).name, "X-Tenant");
  EXPECT_EQ(u.headers.at(1).value.text, "Bearer {{token}}");
  EXPECT_EQ(scenario::find_actor(scenario, "v")->headers.at(0).value.text, "Basic dXNlcjpwYXNz");
  EXPECT_EQ(scenario::find_actor(scenario, "nobody"), nullptr);
  EXPECT_EQ(base::to_text(scenario.setup.at(0).body.value), R"({"user":"u","n":"010"})");
  EXPECT_EQ(scenario.reset.at(0).body.kind, scenario::Body::Kind::text);
  EXPECT_EQ(scenario.reset.at(0).expect->statuses, (std::vector<int>{200, 204}));
  EXPECT_EQ(scenario.reset.at(1).expect->condition->jq, ".status < 300");
  EXPECT_EQ(scenario.race.at(0).times, 20);
  EXPECT_EQ(scenario.race.at(0).label, "R");
  EXPECT_EQ(scenario.race.at(0).ok->jq, ".body.errors == null");
  EXPECT_EQ(scenario.race.at(0).refused->jq, ".status == 422");
  EXPECT_EQ(scenario.race.at(1).steps.at(0).actor, "v");
  EXPECT_EQ(scenario.race.at(1).steps.at(1).actor, "u");
  ASSERT_EQ(scenario.suffix.size(), 2U);
  EXPECT_EQ(scenario.suffix[0].captures.at(0).name, "receipt");
  EXPECT_EQ(scenario::names_of_state(scenario),
            (std::vector<std::string>{"s", "suffix 1", "suffix 2"}));
  EXPECT_EQ(scenario.compare, (std::vector<std::string>{"etag", "location"}));
  EXPECT_EQ(scenario.settle, base::Nanoseconds(0));
  EXPECT_EQ(scenario.timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(scenario.permits.at(0).reason, "known");
  EXPECT_EQ(scenario.mask.size(), 2U);
  ASSERT_EQ(scenario.counts.size(), 2U);
  EXPECT_EQ(scenario.counts[1].jq, ".after.s.body.items[].stock");
  EXPECT_EQ(scenario.run.sync, scenario::Sync::threads);
  EXPECT_EQ(scenario.run.hold, scenario::Hold::body);
  EXPECT_EQ(scenario.run.offsets, scenario::Offsets::none);
  EXPECT_EQ(scenario.run.seed, 16U);
  const auto entries = scenario::entries(scenario);
  ASSERT_EQ(entries.size(), 21U);
  EXPECT_EQ(scenario::entry_name(scenario, entries[3]), "redeem[3]");
  EXPECT_EQ(scenario::entry_name(scenario, entries[20]), "look");
}

TEST(Parse, KnowsWhichMethodsAreSafe) {
  for (const char* method : {"GET", "HEAD", "OPTIONS"})
    EXPECT_TRUE(scenario::is_safe({.method = method, .target = {}})) << method;
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "PURGE"})
    EXPECT_FALSE(scenario::is_safe({.method = method, .target = {}})) << method;
}

TEST(Parse, AWordOfRunIsItsValueWhateverTheOrderOfTheEnumerators) {
  using scenario::Connections, scenario::Hold, scenario::Http, scenario::Offsets, scenario::Sync;
  const auto run = [](const std::string& given) { return good(two + "run: {" + given + "}").run; };
  EXPECT_EQ(run("sync: auto").sync, Sync::automatic);
  EXPECT_EQ(run("sync: held").sync, Sync::held);
  EXPECT_EQ(run("sync: threads").sync, Sync::threads);
  EXPECT_EQ(run("hold: auto").hold, Hold::automatic);
  EXPECT_EQ(run("hold: headers").hold, Hold::headers);
  EXPECT_EQ(run("hold: body").hold, Hold::body);
  EXPECT_EQ(run("offsets: sweep").offsets, Offsets::sweep);
  EXPECT_EQ(run("offsets: none").offsets, Offsets::none);
  EXPECT_EQ(run("http: auto").http, Http::automatic);
  EXPECT_EQ(run("http: 1.1").http, Http::version_1);
  EXPECT_EQ(run("http: 2").http, Http::version_2);
  EXPECT_EQ(run("connections: auto").connections, Connections::automatic);
  EXPECT_EQ(run("connections: shared").connections, Connections::shared);
  EXPECT_EQ(run("connections: own").connections, Connections::own);
}

TEST(Parse, PutsTheEnvironmentIn) {
  const Scenario scenario = good(R"(
target: ${BASE_URL:-http://127.0.0.1:8000}
name: ${EMPTY:-nobody}, ${EMPTY}, ${NOT_SET:-}, ${NOT_SET:-{a:-b}
race: {a: "GET /${TOKEN}/${COUNT}", b: {request: PUT /b, json: {"${COUNT}": "${COUNT}", n: [1]}}}
run:
  attempts: ${COUNT}
)");
  EXPECT_EQ(scenario.targets.at(0), "http://10.0.0.1:9000");
  EXPECT_EQ(scenario.name, "nobody, , , {a:-b");
  EXPECT_EQ(scenario.race.at(0).steps.at(0).target.text, "/s3cret/12");
  EXPECT_EQ(base::to_text(scenario.race.at(1).steps.at(0).body.value),
            R"({"${COUNT}":"12","n":[1]})")
      << "keys stay, a quoted value stays a string";
  EXPECT_EQ(scenario.run.attempts, 12);
}

struct Wrong {
  std::string text;
  const char* problem;  // begins with line:column
};

void expect_problems(const std::vector<Wrong>& cases) {
  for (const auto& [text, problem] : cases) {
    const std::string found = problems_of(text);
    EXPECT_NE(("\n" + found).find("\n" + std::string(problem)), std::string::npos)
        << text << "\n--- expected " << problem << "\n--- found    " << found;
  }
}

TEST(Parse, RefusesWhatItDoesNotKnow) {
  expect_problems({
      {two + "suffix: [{request: GET /x, expect: 200}]", "3:28: 'expect' is not allowed here"},
      {two + "suffix: [{request: GET /x, say: hi}]", "3:28: 'say' belongs to a step"},
      {two + "mask: .suffix[0].body.at", "3:7: the scenario has no suffix"},
      {two + "mask: .after.s.body | .at",
       "3:7: expected mask: paths such as .after.order.body.updated_at, found \".after.s.body | "
       ".at\""},
      {two + "mask: .s.body.at", "3:7: expected mask: paths such as"},
      {two + "mask: .after", "3:7: expected mask: paths such as"},
      {two + "accept: [{when: .x, reason: y}]",
       "3:1: 'accept' is spelt 'permit': a list of {when, reason} of the scenario"},
      {two + "reste: []",
       "3:1: 'reste' is not known in a scenario; did you mean 'reset'? (known: "},
      {two + "frobnicate: 1", "3:1: 'frobnicate' is not known in a scenario (known: version, id, "},
      {two + "reset: [{request: GET /x, jsn: 1}]",
       "3:27: 'jsn' is not known in a request; did you mean 'json'?"},
      {two + "reset:\n  - curl: wget http://x", "4:11: expected a curl command"},
      {two + "reset: [{curl: curl /x, request: GET /x}]", "3:34: curl and request are both given"},
      {two + "reset: [{curl: 'curl /x -H \"A b: 1\"'}]", "3:16: \"A b\" is not a header name"},
      {two + "reset: [{curl: 'curl /x/{{y}}'}]", "3:16: nothing binds {{y}}"},
      {two + "reset: [{exec: date, json: 1}]", "3:28: json is not allowed beside exec"},
      {two + "reset: [{exec: 'echo {{x}}'}]", "3:16: a shell command cannot be a template"},
      {two + "reset: [{exec: [echo, '{{x}}']}]", "3:23: nothing binds {{x}}"},
      {two + "reset: [{exec: []}]", "3:16: expected exec: a command, or a list"},
      {two + "reset: [{exec: date, expect: 256}]", "3:30: expected an exit status: a whole number"},
      {two + "suffix: [{exec: date}]", "3:11: 'exec' is not allowed here"},
      {head + "race: {a: {exec: date}, b: GET /b}", "2:12: 'exec' is not allowed here"},
      {two + "reset: [{request: GET /x, redirects: 21}]",
       "3:38: expected redirects: a whole number from 0 to 20, found the number 21"},
      {two + "reset: [{request: GET /x, accept: 3}]", "3:27: 'accept' is spelt 'permit'"},
      {two + "actors: {a: {login: GET /x}}", "3:21: expected login: a list of requests"},
      {two + "actors: {a: {cookies: x}}", "3:23: expected cookies: a map of names and values"},
      {two + "actors: {a: {cookies: {a b: x}}}", "3:24: \"a b\" is not a cookie name"},
      {two + "actors: {a: {cookies: {a: x;y}}}", "3:27: a cookie value cannot contain a space"},
      {two + "actors: {a: {login: [{request: GET /x, as: a}]}}", "3:40: 'as' is not allowed here"},
      {two + "actors: {a: {times: 0}}", "3:21: expected times: a whole number from 1 to 1000"},
      {two + "reset: [{request: GET /x, login: []}]", "3:27: 'login' belongs to an actor"},
      {two + "login: []", "3:1: 'login' belongs to an actor"},
      {two + "compare: [Set-Cookie]", "3:11: Set-Cookie holds secrets and is never compared"},
      {two + "reset: [{request: PUT /x, body: {file: x}}]", "3:40: x: no files can be read here"},
      {two + "reset: [{request: PUT /x, body: {}}]", "3:33: expected one of file and jq in a body"},
      {two + "reset: [{request: PUT /x, body: {jq: '{a: .n'}}]",
       "3:38: a brace or a quote is not closed"},
      {two + "reset: [{request: PUT /x, body: {jq: .n}}]", "3:38: nothing binds {{n}}"},
      {two + "run: {atempts: 3}", "3:7: 'atempts' is not known in run; did you mean 'attempts'?"},
      {two + "permit: [{when: .x, reasn: y}]", "3:21: 'reasn' is not known in a permit"},
      {two + "observe: {s: {request: GET /s, expect: 200}}", "3:32: 'expect' is not allowed here"},
      {two + "reset: [{request: GET /x, say: hi}]", "3:27: 'say' belongs to a step"},
      {head + "race: {a: {request: GET /a, expect: 200}, b: GET /b}",
       "2:29: 'expect' is not allowed in the race"},
      {head + "race: {a: {steps: [GET /a], json: {}}, b: GET /b}",
       "2:29: 'json' belongs to a step where steps are given"},
      {head + "race: {a: {steps: [{request: GET /a, times: 3}]}, b: GET /b}",
       "2:38: 'times' belongs to the script, not to a step"},
      {two + "version: 2", "3:10: expected version: 1, found the number 2"},
  });
}

TEST(Parse, RefusesWrongTypesAndRanges) {
  expect_problems({
      {"- a\n- b", "1:1: expected a scenario: a map with version, "},
      {"just text", "1:1: expected a scenario: a map with version, "},
      {head + "race: [GET /a]", "2:7: expected race: a map of scripts by name, found a list"},
      {head, "1:1: race is missing"},
      {head + "race: {}", "2:7: race has 0 scripts, needs 2 or more (or times: 2)"},
      {head + "race:\n  a: GET /a", "3:3: race has 1 script, needs 2 or more (or times: 2)"},
      {head + "race: {a: {request: GET /a, times: 1}}", "2:7: race has 1 script, needs"},
      {head + "race: {a: {request: GET /a, times: 0}}",
       "2:36: expected times: a whole number from 1 to 1000, found the number 0"},
      {head + "race: {a: {request: GET /a, times: 1001}}", "2:36: expected times"},
      {head + "race: {a: {request: GET /a, times: \"2\"}}",
       "2:36: expected times: a whole number from 1 to 1000, found the text \"2\""},
      {head + "race: {a: {request: GET /a, times: 1000}, b: GET /b}",
       "2:7: race has 1001 scripts, counting copies; at most 1000"},
      {head + "race: {a: {steps: []}, b: GET /b}",
       "2:19: expected steps: a list of one request or"},
      {head + "race: {a: {json: {}}, b: GET /b}", "2:11: 'request' is missing"},
      {head + "race: {a: , b: GET /b}", "2:8: expected a script: a map with request, "},
      {two + "run: {attempts: 0}", "3:17: expected attempts: a whole number from 1 to 1000000"},
      {two + "run: {attempts: 1000001}", "3:17: expected attempts"},
      {two + "run: {attempts: 1.5}", "3:17: expected attempts"},
      {two + "run: {lanes: 257}", "3:14: expected lanes: a whole number from 1 to 256"},
      {two + "run: {seed: -1}", "3:13: expected seed: a whole number of 64 bits"},
      {two + "run: {sync: fast}",
       "3:13: expected auto or held or threads, found the text \"fast\""},
      {two + "run: {http: 3}", "3:13: expected auto or 1.1 or 2, found the number 3"},
      {two + "run: {connections: one}", "3:20: expected auto or shared or own, found"},
      {two + "run: {budget: 60}", "3:15: expected budget: a duration such as 60s, 250ms or 2m"},
      {two + "run: {budget: 0}", "3:15: expected budget over 0"},
      {two + "run: {budget: 25h}", "3:15: expected budget: a duration"},
      {two + "proxy: socks://x", "3:8: expected http://host:port"},
      {two + "tls: {verify: no}", "3:15: expected true or false, found the text \"no\""},
      {two + "tls: {verify: []}", "3:15: expected true or false, found a list"},
      {two + "run: {sync: [held]}", "3:13: expected auto or held or threads, found a list"},
      {two + "tls: {verified: false}", "3:7: 'verified' is not known in tls (known: verify, ca,"},
      {two + "tls: {key: x}", "3:6: key needs certificate beside it; expected both"},
      {two + "timeout: soon", "3:10: expected timeout: a duration"},
      {two + "timeout: -1s", "3:10: expected timeout: a duration"},
      {two + "settle: 1 s", "3:9: expected settle: a duration"},
      {two + "reset: GET /x", "3:8: expected reset: a list of requests, found the text"},
      {two + "observe: [GET /x]", "3:10: expected observe: a map of requests by name"},
      {two + "rules: [x]", "3:8: expected rules: a map of names and rules, found a list"},
      {two + "rules: {a: }",
       "3:9: expected jq over {before, after, answers}, or a short form, found nothing"},
      {two + "rules: {a: ''}",
       "3:12: expected jq over {before, after, answers}, or a short form, found an empty"},
      {two + "rules: {r: {atmost: 1}}",
       "3:13: 'atmost' is not known in a rule (known: at_most_one_"},
      {two + "rules: {r: {unique: .after, conserved: .s}}",
       "3:12: expected one short form; give each rule a name of its own"},
      {two + "rules: {r: {at_most_one_succeeds: [a, c]}}", "3:12: there is no script 'c'; did you"},
      {two + "rules: {at_most_one_succeeds: []}",
       "3:31: expected at_most_one_succeeds: scripts of the race, found an empty list"},
      {two + "rules: {successes: a}", "3:20: expected successes: a map with of, at_most, at_least"},
      {two + "rules: {successes: {at_most: 1}}", "3:20: 'of' is missing"},
      {two + "rules: {successes: {of: a}}", "3:20: expected one of at_most, at_least and exactly"},
      {two + "rules: {successes: {of: a, exactly: 1, at_most: 2}}",
       "3:20: exactly excludes at_most and at_least"},
      {two + "rules: {successes: {of: a, at_least: 3, at_most: 2}}",
       "3:20: at_least 3 and at_most 2 leave nothing"},
      {two + "rules: {successes: {of: a, at_most: -1}}",
       "3:37: expected at_most: a whole number from 0 to 1000, found the number -1"},
      {two + "rules: {conserved: .s.body.n}", "3:20: there is no observing read 's' (.s)"},
      {two + "rules: {conserved: [.after.s.body.n]}",
       "3:21: conserved compares before with after itself: expected .s.body.n"},
      {two + "rules: {unique: []}", "3:17: expected unique: a path such as "},
      {two + "rules: {unique: '.after.s.body[].n'}", "3:17: there is no observing read 's'"},
      {two + "rules: {a b: x}", "3:9: the name of a rule"},
      {two + "permit: [{when: .x}]", "3:10: a permit needs both 'when' and 'reason'"},
      {two + "compare: [a b]", "3:11: \"a b\" is not a header name"},
      {two + "reset: [{request: GET /x, expect: 99}]", "3:35: expected a status"},
      {two + "reset: [{request: GET /x, expect: [200, 600]}]", "3:41: expected a status"},
      {two + "reset: [{request: GET /x, expect: []}]", "3:35: expected expect: a status"},
      {two + "reset: [{request: GET /x, expect: 2xx}]", "3:35: expected a status"},
      {two + "reset: [{request: GET /x, expect: '201'}]",
       "3:35: expected a status, a list of statuses, or jq such as '.status < 300', found \"201\""},
      {two + "reset: [{request: GET /x, capture: .id}]", "3:36: expected capture: a map"},
      {two + "reset: [{request: GET /x, capture: {a-b: .id}}]", "3:37: the name of a capture"},
      {two + "reset: [{request: POST /x, json: 1, body: x}]", "3:43: more than one of json"},
      {two + "reset: [{request: POST /x, json: .inf}]", "3:34: JSON has no infinity"},
      {two + "reset: [{request: POST /x, form: {a: [1]}}]", "3:38: expected the text of a form"},
      {two + "reset: [{request: POST /x, body: {a: 1}}]",
       "3:35: 'a' is not known in a body (known: file, jq)"},
      {two + "counts: .before.s.body.n", "3:9: expected counts: paths into the state such as "},
      {two + "counts: [.after.s.status]", "3:10: expected counts: paths into the state"},
      {two + "counts: ['.after.s.body | length']", "3:10: expected counts: paths into the state"},
      {two + "counts: [.after.s.body.n]", "3:10: there is no observing read 's' (.after.s)"},
      {two + "id: a/b", "3:5: an id has only letters"},
      {two + "actors: [a]", "3:9: expected actors: a map of names"},
      {two + "actors: {9a: }", "3:10: the name of an actor"},
      {two + "actors: {a: {x-y: 1}}", "3:14: the name of an actor's value"},
      {two + "actors: {a: {x: 'a{{b}}'}}", "3:17: an actor's values cannot be templates"},
      {two + "actors: {a: {basic: user}}", "3:21: expected basic: user:password, found no colon"},
      {two + "actors: {a: {basic: u:p, bearer: x}}", "3:13: bearer and basic are both given"},
      {two + "reset: [{request: GET /x, headers: {a b: 1}}]", "3:37: \"a b\" is not a header name"},
      {two + "reset: [{request: GET /x, headers: {Content-Length: 1}}]",
       "3:37: the header Content-Length is set by deadheat itself"},
      {two + "reset: [{request: GET /x, headers: {A: \"x\\r\\nB: y\"}}]",
       "3:40: a header value is one line"},
  });
}

TEST(Parse, RefusesWrongTargetsAndRequests) {
  expect_problems({
      {"race: {a: GET /a, b: GET /b}", "1:1: target is missing"},
      {"target: ftp://x\nrace: {a: GET /a, b: GET /b}", "1:9: expected http://host:port or https"},
      {"target: localhost:8000\nrace: {a: GET /a, b: GET /b}", "1:9: expected http://host:port"},
      {"target:\nrace: {a: GET /a, b: GET /b}",
       "1:1: expected http://host:port or https://host:port, found nothing"},
      {"targets: []\nrace: {a: GET /a, b: GET /b}", "1:10: expected targets: a list of URLs"},
      {"targets: [http://a, http://a:80]\nrace: {a: GET /a, b: GET /b}",
       "1:21: http://a:80 is given twice"},
      {two + "targets: [http://b]", "3:10: target and targets are both given"},
      {two + "reset: [/x]", "3:9: expected a method and a path, such as GET /path, found \"/x\""},
      {two + "reset: [GET]", "3:9: expected a method and a path"},
      {two + "reset: [G(T /x]", "3:9: \"G(T\" is not a method"},
      {two + "reset: [get /x]", "3:9: methods are upper case: expected GET, found get"},
      {two + "reset: [CONNECT x:80]", "3:9: CONNECT is not supported"},
      {two + "reset: [GET x]", "3:9: expected a path that begins with /, found \"x\""},
      {two + "reset: [GET ftp://x/]", "3:9: expected a path that begins with /, found"},
      {two + "reset: [GET /x HTTP/1.1]", "3:9: the path contains a space; expected %20"},
      {two + "reset: ['GET /x#y']", "3:9: a fragment (#...) is never sent"},
      {two + "reset: ['GET /{{x']", "3:9: a {{ is not closed by }}"},
      {two + "reset: [{request: POST /, json: {a: {{x}}}}]",
       "3:38: without quotes YAML sees a map here; quote it: \"{{x}}\""},
      {two + "reset: ['GET /${NOT_SET}']",
       "3:9: the environment variable NOT_SET is not set; set it, or write ${NOT_SET:-default}"},
      {two + "reset: ['GET /${a-b}']", "3:9: expected ${VAR} or ${VAR:-default}, found ${a-b}"},
      {two + "reset: ['GET /${A']", "3:9: a ${ is not closed by }"},
      {head + "race: {a: {request: GET /a, as: me}, b: GET /b}",
       "2:33: the scenario has no actor 'me'"},
      {head + "actors: {customer: }\nrace: {a: {request: GET /a, as: custmer}, b: GET /b}",
       "3:33: the scenario has no actor 'custmer'; did you mean 'customer'?"},
  });
}

TEST(Parse, GivesEachCopyAnActorOfItsOwn) {
  const Scenario scenario = good(head + R"(
actors:
  users: [{token: t0}, {token: t1}, {token: t2, label: Eve}]
  ann: {token: a}
  bob: {token: b}
race:
  all: {request: 'POST /{{token}}', as: users}
  two: {request: 'POST /{{token}}', as: users, times: 2}
  pair: {as: [ann, bob], steps: ['GET /{{token}}', {request: 'PUT /{{token}}', as: users}]}
  one: {request: 'POST /{{token}}', as: 'users[2]'}
)");
  ASSERT_EQ(scenario.actors.size(), 5U);
  const auto actor = [&](std::size_t script, std::size_t step, int copy) {
    const auto& s = scenario.race.at(script);
    return scenario::actor_of(scenario, s, s.steps.at(step), copy);
  };
  EXPECT_EQ(scenario.race[0].times, 3);
  EXPECT_EQ(scenario.race[0].label, "users");
  EXPECT_EQ(actor(0, 0, 2), "users[2]");
  EXPECT_EQ(scenario.race[1].times, 2);
  EXPECT_EQ(actor(1, 0, 1), "users[1]");
  EXPECT_EQ(scenario.race[2].times, 2);
  EXPECT_EQ(scenario.race[2].label, "pair");
  EXPECT_EQ(actor(2, 0, 1), "bob");
  EXPECT_EQ(actor(2, 1, 1), "users[1]");
  EXPECT_EQ(scenario.race[3].label, "Eve");
  EXPECT_EQ(actor(3, 0, 0), "users[2]");
}

TEST(Parse, ReadsLoginsAndCookies) {
  const Scenario scenario = good(head + R"(
actors:
  users:
    times: 12
    bearer: '{{token}}'
    cookies: {theme: dark, lang: '{{lang}}'}
    lang: ko
    login:
      - {request: POST /login, json: {name: 'user-{{$index}}', lang: '{{lang}}'}, expect: 200,
         capture: {token: .body.token}}
      - GET /hello/{{token}}
setup: [{request: POST /users, capture: {made: .body.id}}]
race: {a: {request: 'GET /{{token}}', as: users, cookies: {once: 1}}}
)");
  ASSERT_EQ(scenario.actors.size(), 12U);
  EXPECT_EQ(scenario.race.at(0).times, 12);
  const scenario::Actor& user = *scenario::find_actor(scenario, "users[7]");
  EXPECT_EQ(user.index, "07");
  EXPECT_EQ(user.label, "users");
  EXPECT_EQ(user.headers.at(1).name, "Cookie");
  EXPECT_EQ(user.headers.at(1).value.text, "theme=dark; lang={{lang}}");
  ASSERT_EQ(user.login.size(), 2U);
  EXPECT_EQ(user.login[0].captures.at(0).name, "token");
  EXPECT_EQ(base::to_text(user.variables), R"({"lang":"ko"})");
  EXPECT_EQ(scenario.race[0].steps.at(0).headers.at(0).value.text, "once=1");
  EXPECT_EQ(scenario::programs(scenario).size(), 2U) << "once, not twelve times";
}

TEST(Parse, KnowsWhatALoginBinds) {
  const std::string actor =
      head + "actors: {u: {bearer: '{{t}}', login: [{request: POST /l, capture: {t: .body}}]}}\n";
  EXPECT_EQ(problems_of(actor + "race: {a: {request: 'GET /{{t}}', as: u}, b: GET /b}"), "");
  EXPECT_EQ(problems_of(actor + "setup: [{request: GET /, as: u}]\nrace: {a: GET /, b: GET /}"),
            "");
  expect_problems({
      {actor + "race: {a: 'GET /{{t}}', b: GET /b}",
       "3:11: nothing binds {{t}}; the capture in line 2 comes later or belongs to another"},
      {head + "actors: {u: {login: ['POST /{{x}}']}}\nsetup: [{request: GET /, as: u, capture: {x: "
              ".body}}]\nrace: {a: GET /, b: GET /}",
       "2:22: nothing binds {{x}}; the capture in line 3 comes later"},
  });
}

TEST(Parse, ReadsBodiesFromFilesAndJq) {
  const auto files = [](const std::string& path) -> base::Result<std::string, std::string> {
    return "content of " + path + " {{x}}";
  };
  const auto parsed = parse("x.yaml", head + R"(
race:
  a: {request: PUT /a, body: {file: photo.jpg}}
  b: {request: PUT /b, body: {jq: '{at: $attempt, list: [1, 2]}'}}
)",
                            environment, files);
  ASSERT_TRUE(parsed) << scenario::to_text(parsed.error().front());
  const auto body = [&](std::size_t script) { return parsed->race.at(script).steps.at(0).body; };
  EXPECT_EQ(body(0).kind, scenario::Body::Kind::bytes);
  EXPECT_EQ(body(0).value, "content of photo.jpg {{x}}") << "it is no template";
  EXPECT_EQ(body(1).kind, scenario::Body::Kind::json);
  EXPECT_EQ(body(1).value, "{{ {at: $attempt, list: [1, 2]} }}");
}

TEST(Parse, ReadsCommands) {
  const Scenario scenario = good(head + R"(
reset:
  - {exec: 'make fresh', expect: [0, 2], capture: {id: .body.id}}
  - {exec: [psql, -c, "delete from t where id = {{id}}"]}
race: {a: GET /a, b: {curl: "curl -u u:p -L 'http://far.example/b/{{id}}' -H 'A: b' -d x=1"}}
observe: {rows: {exec: ./rows}}
)");
  const auto words = [](const scenario::Command& command) {
    std::string all;
    for (const scenario::Template& word : command.words) all += "|" + word.text;
    return all;
  };
  EXPECT_EQ(words(scenario.reset.at(0).exec), "|/bin/sh|-c|make fresh");
  EXPECT_EQ(scenario.reset[0].expect->statuses, (std::vector<int>{0, 2}));
  EXPECT_EQ(words(scenario.reset.at(1).exec), "|psql|-c|delete from t where id = {{id}}");
  EXPECT_EQ(words(scenario.observe.at(0).request.exec), "|/bin/sh|-c|./rows");
  const scenario::Request& b = scenario.race.at(1).steps.at(0);
  EXPECT_EQ(b.method, "POST");
  EXPECT_EQ(b.target.text, "/b/{{id}}");
  EXPECT_EQ(b.redirects, 10);
  EXPECT_EQ(b.body.value, "x=1");
  ASSERT_EQ(b.headers.size(), 3U);
  EXPECT_EQ(b.headers[2].value.text, "Basic dTpw");
}

TEST(Parse, RefusesCopiesWithoutAnActor) {
  const std::string users = head + "actors: {u: [{n: 1}, {n: 2}], v: {m: 1}}\n";
  expect_problems({
      {users + "race: {a: {request: GET /a, as: u, times: 3}}",
       "3:43: times is 3, but there are 2 actors for the copies"},
      {users + "race: {a: {request: GET /a, as: [v, v], times: 3}}", "3:48: times is 3, but there"},
      {users + "race: {a: {request: GET /a, as: []}, b: GET /}", "3:33: expected as: an actor, or"},
      {users + "race: {a: {request: GET /a, as: [u]}, b: GET /}",
       "3:34: 'u' are 2 actors; expected one of them, such as u[0]"},
      {users + "race: {a: {request: GET /a, as: 'u[2]'}, b: GET /}",
       "3:33: the scenario has no actor 'u[2]'; did you mean 'u[0]'?"},
      {users + "race: {a: GET /a, b: GET /b}\nreset: [{request: GET /, as: u}]",
       "4:30: 'u' are 2 actors; expected one of them, such as u[0]"},
      {users + "race: {a: {request: GET /a, as: 'u[x]'}, b: GET /}", "3:33: the name of an actor"},
      {users + "race: {a: {steps: [{request: GET /a, as: u}], times: 3}}",
       "3:20: 'u' are 2 actors, too few for 3 copies"},
      {users + "race: {a: {request: 'GET /{{n}}', as: [v, 'u[0]']}}", "3:21: nothing binds {{n}}"},
      {head + "actors: {u: []}\nrace: {a: GET /a, b: GET /b}",
       "2:13: expected an actor, or a list"},
  });
}

TEST(Parse, RefusesNamesThatNothingBinds) {
  const std::string reset = head + "reset: [{request: POST /o, capture: {order: .body.id}}]\n";
  const std::string race = "race: {a: 'GET /{{order}}', b: 'GET /b'}\n";
  expect_problems({
      {reset + "race: {a: 'GET /{{ordr}}', b: GET /b}",
       "3:11: nothing binds {{ordr}}; did you mean {{order}}?"},
      {reset + "race: {a: 'GET /{{zzz}}', b: GET /b}",
       "3:11: nothing binds {{zzz}}; known here: $attempt, $base, $host, $index, $run, $uuid, "
       "order"},
      {reset + "race: {a: 'GET /{{.ordr}}', b: GET /b}", "3:11: nothing binds {{ordr}}"},
      {reset + "race: {a: 'GET /{{order.id}}', b: GET /b}",
       "3:11: order is a value, not a function of jq"},
      {reset + "race: {a: 'GET /{{$uid}}', b: GET /b}",
       "3:11: nothing binds {{$uid}}; did you mean {{$uuid}}?"},
      {reset + race + "setup: ['GET /{{order}}']",
       "4:9: nothing binds {{order}}; the capture in line 2 comes later or belongs to another"},
      {reset + race + "teardown: ['GET /{{order}}']", "4:12: nothing binds {{order}}"},
      {head + "race: {a: {request: GET /a, capture: {x: .body}}, b: 'GET /{{x}}'}",
       "2:54: nothing binds {{x}}; the capture in line 2 comes later or belongs to another"},
      {head +
           "race: {a: {steps: ['GET /{{x}}', {request: GET /a, capture: {x: .body}}]}, b: GET /}",
       "2:20: nothing binds {{x}}"},
      {two + "suffix: [{request: GET /, capture: {t: .body}}]\nobserve: {s: 'GET /{{t}}'}",
       "4:14: nothing binds {{t}}; the capture in line 3 comes later or belongs to another"},
      {head + "race: {a: {request: POST /a, json: {\"{{k}}\": 1}}, b: GET /b}",
       "2:37: nothing binds {{k}}"},
      {head + "race: {a: {request: POST /a, json: {l: [\"{{k}}\"]}}, b: GET /b}",
       "2:41: nothing binds {{k}}"},
      {head + "race: {a: {request: POST /a, form: {f: \"{{k}}\"}}, b: GET /b}",
       "2:40: nothing binds {{k}}"},
      {head + "race: {a: {request: POST /a, headers: {f: \"{{k}}\"}}, b: GET /b}",
       "2:43: nothing binds {{k}}"},
      {head + "actors: {u: {n: 1}, v: }\nrace: {a: {request: 'GET /{{n}}', as: v}, b: GET /b}",
       "3:21: nothing binds {{n}}"},
      {head + "actors: {u: {bearer: \"{{t}}\"}}\nsetup: [{request: POST /l, as: u, capture: {t: "
              ".body}}]\nrace: {a: GET /a, b: GET /b}",
       "2:22: nothing binds {{t}} for the request in line 3; the capture in line 3"},
  });
  for (const std::string& text : {
           reset + "race: {a: 'GET /{{order}}', b: 'GET /{{ .order | @base64 }}'}",
           reset + race + "observe: {o: 'GET /{{order}}'}\ncleanup: ['GET /{{.order}}']",
           head + "setup: [{request: GET /, capture: {t: .body}}]\nteardown: ['GET /{{t}}']\n" +
               "race: {a: 'GET /{{t}}', b: 'GET /{{$index}}'}",
           head + "actors: {u: {n: 1}}\nrace: {a: {request: 'GET /{{n}}', as: u}, b: GET /b}",
           head + "race: {a: {steps: [{request: GET /a, capture: {x: .body}}, 'GET /{{x}}']}, b: "
                  "GET /}",
       })
    EXPECT_EQ(problems_of(text), "") << text;
}

TEST(Parse, TellsAllProblemsInTheOrderOfTheFile) {
  EXPECT_EQ(problems_of("targt: http://x\nrace:\n  a: get /a\nrun: {lanes: 0, seed: x}\n"),
            "1:1: 'targt' is not known in a scenario; did you mean 'target'? (known: version, id, "
            "name, target, targets, actors, setup, reset, race, suffix, observe, sinks, cleanup, "
            "teardown, rules, mask, counts, permit, compare, settle, timeout, tls, proxy, run)\n"
            "1:1: target is missing; expected for example target: http://127.0.0.1:8000\n"
            "3:3: race has 1 script, needs 2 or more (or times: 2)\n"
            "3:6: methods are upper case: expected GET, found get\n"
            "4:14: expected lanes: a whole number from 1 to 256, found the number 0\n"
            "4:23: expected seed: a whole number of 64 bits, found the text \"x\"\n");
}

TEST(Parse, SurvivesAbsurdInput) {
  std::vector<std::string> texts = {"",         "\n",
                                    "\t",       "{",
                                    "}",        "[",
                                    "]",        "{{",
                                    "- ",       ": ",
                                    "&a",       "*a",
                                    "!",        "%",
                                    "@",        "`",
                                    "|",        ">",
                                    "?",        "null",
                                    "~",        std::string("\0", 1),
                                    "\xFE\xFF", std::string(50 << 20, 'a')};
  texts.push_back("race: " + std::string(10'000, '['));
  texts.push_back("race: {" + std::string(500'000, 'a') + ": GET /}");
  for (const std::string& text : texts) EXPECT_NE(problems_of(text), "") << text.substr(0, 40);
}

/// The file cut at every place, and every byte of it changed: a scenario or a problem, no crash.
TEST(Parse, AnswersEveryMutationOfAFile) {
  const std::string text =
      head +
      "actors: {u: {bearer: \"{{t}}\", n: 1}}\nreset: [{request: 'POST /o', json: {a: [1, "
      "\"{{n}}\"]}, as: u, capture: {t: .body.id}}]\nrace: {a: {steps: ['GET /{{t}}']}, b: "
      "{request: "
      "PUT /x, form: {a: b}, times: 2}}\nrun: {budget: 1s}\n";
  for (std::size_t i = 0; i < text.size(); ++i) {
    (void)parse("x", text.substr(0, i), environment);
    for (const char c : {'{', '}', ':', '"', '\n', '$'}) {
      std::string changed = text;
      changed[i] = c;
      const auto parsed = parse("x", changed, environment);
      if (!parsed) {
        EXPECT_FALSE(parsed.error().empty());
      }
    }
  }
}

/// The order in which actors are written does not matter.
TEST(Parse, TakesActorsInAnyOrder) {
  std::vector<std::string> actors = {"a: {label: A, n: 1}", "b: {label: B}", "c: {basic: 'u:p'}"};
  std::sort(actors.begin(), actors.end());
  do {
    const Scenario scenario =
        good(fmt::format("{}actors: {{{}}}\nrace: {{x: {{request: 'GET /{{{{n}}}}', as: a}}, y: "
                         "{{request: GET /, as: b}}}}",
                         head, fmt::format("{}, {}, {}", actors[0], actors[1], actors[2])));
    EXPECT_EQ(scenario.race.at(0).label, "A");
    EXPECT_EQ(scenario.race.at(1).label, "B");
    EXPECT_EQ(scenario::find_actor(scenario, "c")->headers.size(), 1U);
  } while (std::next_permutation(actors.begin(), actors.end()));
}

TEST(Parse, ReadsRulesInShortForm) {
  const Scenario scenario = good(head + R"(
race: {a: GET /a, b: {request: GET /b, times: 3}}
observe: {s: GET /s}
rules:
  at_most_one_succeeds: [a, b]
  some: {successes: {of: b, at_least: 1, at_most: 2}}
  all: {successes: {of: [b], exactly: 3}}
  money: {conserved: [.s.body.x, '[.s.body.list[].n] | add']}
  unique: .after.s.body[].seat
  free: .after.s.status == 200
)");
  ASSERT_EQ(scenario.rules.size(), 6U);
  const auto successes = [&](std::size_t i) {
    const auto& of = std::get<scenario::Successes>(scenario.rules.at(i).holds);
    return fmt::format("{}: {} of {} at least {} at most {}", scenario.rules.at(i).name,
                       of.of.size(), of.of.front(), of.at_least, of.at_most);
  };
  EXPECT_EQ(successes(0), "at_most_one_succeeds: 2 of a at least 0 at most 1");
  EXPECT_EQ(successes(1), "some: 1 of b at least 1 at most 2");
  EXPECT_EQ(successes(2), "all: 1 of b at least 3 at most 3");
  EXPECT_EQ(std::get<scenario::Conserved>(scenario.rules[3].holds).sum.at(1).jq,
            "[.s.body.list[].n] | add");
  EXPECT_EQ(std::get<scenario::Unique>(scenario.rules[4].holds).values.at(0).jq,
            ".after.s.body[].seat");
  EXPECT_EQ(scenario.rules[4].name, "unique");
  EXPECT_EQ(std::get<scenario::Expression>(scenario.rules[5].holds).jq, ".after.s.status == 200");
  EXPECT_EQ(scenario::programs(scenario).size(), 4U);
}

TEST(Programs, AreListedWithTheirPurpose) {
  const Scenario scenario =
      good(head +
           "reset: [{request: POST /o, json: {a: '{{ $uuid | .[0:8] }}'}, expect: .status == 201, "
           "capture: {o: .body.id}}]\n"
           "race: {a: {request: 'GET /{{ .o | @base64 }}', ok: .body.ok}, b: {request: GET /, "
           "stop_unless: .x}}\nobserve: {x: GET /}\nrules: {r: .after}\nmask: .after.x\npermit: "
           "{when: .y, reason: z}");
  std::vector<std::string> listed;
  for (const auto& [purpose, expression] : scenario::programs(scenario))
    listed.push_back(purpose + ": " + expression.jq);
  EXPECT_EQ(listed, (std::vector<std::string>{
                        "template in reset request 1: .[\"$uuid\"] as $uuid | $uuid | .[0:8]",
                        "expect of reset request 1: .status == 201",
                        "capture o of reset request 1: .body.id",
                        "template in script a, step 1: .o | @base64",
                        "ok of script a: .body.ok",
                        "stop_unless of script b, step 1: .x",
                        "rule r: .after",
                        "mask: .after.x",
                        "permit: .y",
                    }));
}

}  // namespace
