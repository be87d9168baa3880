#include "client/evaluator.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "scenario/fill.h"
#include "scenario/parse.h"

namespace {

using client::Evaluator;
using expression::Failure;
using Kind = Failure::Kind;

Evaluator::Settings settings() {
  return {.program = DEADHEAT_JQ, .time_limit = std::chrono::seconds(60)};
}

json::value parsed(std::string_view text) { return *base::parse_json(text); }

TEST(Evaluate, GivesTheFirstOutput) {
  Evaluator evaluator(settings());
  struct {
    const char* jq;
    const char* input;
    const char* output;
  } const cases[] = {
      {".a + 1", R"({"a": 1})", "2"},
      {".[]", "[1, 2, 3]", "1"},
      {"map(select(.ok)) | length <= 1", R"([{"ok": true}, {"ok": false}])", "true"},
      {".name + \"!\"", R"({"name": "떡볶이"})", "\"떡볶이!\""},
      {"\"취소해주세요!\"", "null", "\"취소해주세요!\""},
      {"7 / 2", "null", "3.5E0"},
      {"8 / 2", "null", "4"},
      {"-3.0", "null", "-3"},
      {"1e17", "null", "100000000000000000"},
      {"{a: [1.0, 2.5]}", "null", R"({"a":[1,2.5E0]})"},
      {"nan", "null", "null"},
      {".body | capture(\"id=(?<x>[0-9]+)\").x", R"({"body": "id=17;"})", "\"17\""},
      {"@base64 \"\\(.a):\\(.b)\"", R"({"a": "x", "b": "y"})", "\"eA==:eQ==\""},
      {".a\n# the end", R"({"a": "two\nlines"})", "\"two\\nlines\""},
      {"empty, 3", "null", "3"},
  };
  for (const auto& [jq, input, output] : cases) {
    const auto result = evaluator.evaluate(jq, parsed(input));
    ASSERT_TRUE(result) << jq << ": " << result.error().message;
    EXPECT_EQ(base::to_text(*result), output) << jq;
  }
}

TEST(Evaluate, FailsInJqsOwnWords) {
  Evaluator evaluator(settings());
  struct {
    const char* jq;
    Kind kind;
    const char* message;
  } const cases[] = {
      {".a |", Kind::syntax, "syntax error, unexpected $end"},
      {"foo(1)", Kind::syntax, "foo/1 is not defined"},
      {"foo, bar", Kind::syntax, "foo/0 is not defined; bar/0 is not defined"},
      {".a\n| foo", Kind::syntax, "foo/0 is not defined in line 2"},
      {"$x", Kind::syntax, "$x is not defined"},
      {".a", Kind::runtime, "Cannot index number with string \"a\""},
      {".[0].b", Kind::runtime, "Cannot index number with number"},
      {". + \"x\"", Kind::runtime, "number (5) and string (\"x\") cannot be added"},
      {"error(\"떡\")", Kind::runtime, "떡"},
      {"error({a: 1})", Kind::runtime, "{\"a\":1}"},
      {"empty", Kind::runtime, "the program gave no output"},
      {"halt", Kind::runtime, "the program halted"},
      {"\"x\" | halt_error", Kind::runtime, "the program halted"},
      {"input", Kind::runtime, "No more inputs"},
  };
  for (const auto& [jq, kind, message] : cases) {
    const auto result = evaluator.evaluate(jq, 5);
    ASSERT_FALSE(result) << jq;
    EXPECT_EQ(result.error().kind, kind) << jq << ": " << result.error().message;
    EXPECT_EQ(result.error().message, message) << jq;
  }
  EXPECT_EQ(*evaluator.evaluate(". + 1", 1), 2);  // and the same child goes on
}

TEST(Evaluate, LetsAProgramReachNothing) {
  ASSERT_EQ(setenv("DEADHEAT_TEST_SECRET", "hunter2", 1), 0);
  Evaluator evaluator(settings());
  EXPECT_EQ(*evaluator.evaluate("[env, $ENV]", nullptr), parsed("[{}, {}]"));
  EXPECT_EQ(*evaluator.evaluate("[inputs]", nullptr), parsed("[]"));
  EXPECT_EQ(*evaluator.evaluate("1 | debug | stderr", nullptr), 1);
  for (const char* jq : {R"(import "passwd" as $x {search: "/etc"}; $x)",
                         R"(include "x" {search: "/tmp"}; .)", R"("x" | modulemeta)"})
    EXPECT_FALSE(evaluator.evaluate(jq, nullptr)) << jq;
  (void)evaluator.evaluate("input_filename", nullptr);  // whatever it gives
  (void)evaluator.evaluate("input_line_number", nullptr);
  EXPECT_EQ(*evaluator.evaluate("1 + 1", nullptr), 2);
}

TEST(Evaluate, KeepsIntegersThatADoubleCannotHold) {
  Evaluator evaluator(settings());
  const json::value input =
      parsed(R"({"id": 9007199254740993, "max": 18446744073709551615, "edge": 9007199254740992})");
  EXPECT_EQ(*evaluator.evaluate(".id", input), 9007199254740993);
  EXPECT_EQ(*evaluator.evaluate(".id | .", input), "9007199254740993");
  EXPECT_EQ(*evaluator.evaluate("[.max, .edge]", input),
            parsed(R"(["18446744073709551615", 9007199254740992])"));
  EXPECT_EQ(*evaluator.evaluate("-.edge", input), -9007199254740992);
}

TEST(Evaluate, StopsAProgramThatTakesTooLongAndGoesOn) {
  Evaluator::Settings brief = settings();
  brief.time_limit = std::chrono::milliseconds(1500);
  Evaluator evaluator(brief);
  for (const char* jq : {"last(range(infinite))", "def f: f; f"}) {
    const auto result = evaluator.evaluate(jq, nullptr);
    ASSERT_FALSE(result) << jq;
    EXPECT_EQ(result.error().kind, Kind::timeout);
    EXPECT_EQ(result.error().message, "took longer than 1.5 s and was stopped");
    const auto next = evaluator.evaluate("1 + 1", nullptr);
    ASSERT_TRUE(next) << next.error().message;
    EXPECT_EQ(*next, 2);
  }
}

TEST(Evaluate, StopsAProgramThatNeedsTooMuchMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers reserve more addresses than any limit";
#endif
  Evaluator::Settings small = settings();
  small.memory_limit = 64 << 20;
  Evaluator evaluator(small);
  for (const char* jq : {"\"x\" * 1000000000", "[range(infinite)]"}) {
    const auto result = evaluator.evaluate(jq, nullptr);
    ASSERT_FALSE(result) << jq;
    EXPECT_EQ(result.error().kind, Kind::runtime) << result.error().message;
    EXPECT_EQ(result.error().message, "needed more than 64 MB of memory");
    EXPECT_EQ(*evaluator.evaluate("1 + 1", nullptr), 2);
  }
}

TEST(Evaluate, TakesLargeInputsAndManyPrograms) {
  Evaluator evaluator(settings());
  const json::value large = {{"text", std::string(4 << 20, 'x')}};
  EXPECT_EQ(*evaluator.evaluate(".text | length", large), 4 << 20);
  EXPECT_EQ(evaluator.evaluate(". | .text", large)->get_string().size(), std::size_t{4} << 20);
  for (int i = 0; i < 100; ++i)  // more than the child keeps compiled
    ASSERT_EQ(*evaluator.evaluate(". + " + std::to_string(i), 1), i + 1);
  EXPECT_EQ(*evaluator.evaluate(". + 0", 1), 1);
}

TEST(Evaluate, TakesTurnsAmongThreads) {
  Evaluator evaluator(settings());
  const expression::Evaluate port = evaluator.port();
  std::vector<int> right(8, 0);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread)
    threads.emplace_back([&port, &right, thread] {
      for (int i = 0; i < 50; ++i) {
        const auto result = port(". * 2", thread * 1000 + i);
        if (result && *result == 2 * (thread * 1000 + i)) ++right[static_cast<std::size_t>(thread)];
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, std::vector<int>(8, 50));
}

TEST(Evaluate, OutlivesTheThreadThatStartedTheChild) {
  Evaluator evaluator(settings());
  std::thread([&evaluator] { EXPECT_EQ(*evaluator.evaluate("1 + 1", nullptr), 2); }).join();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(*evaluator.evaluate("1 + 1", nullptr), 2);
}

TEST(Evaluate, SaysWhenThereIsNoChild) {
  for (const char* program :
       {"", "/nonexistent/deadheat-jq", "/dev/null", "/bin/true", "/bin/cat"}) {
    Evaluator evaluator({.program = program});
    const auto result = evaluator.evaluate("1 + 1", nullptr);
    ASSERT_FALSE(result) << program;
    EXPECT_EQ(result.error().kind, Kind::unavailable) << result.error().message;
    EXPECT_FALSE(result.error().message.empty());
  }
  Evaluator none({.program = "/nonexistent/deadheat-jq"});
  EXPECT_EQ(*none.evaluate(".a", {{"a", 1}}), 1) << "plain paths need no child";
}

TEST(Compile, SaysWhetherAProgramIsOne) {
  Evaluator evaluator(settings());
  EXPECT_TRUE(evaluator.compile(".a.b"));
  EXPECT_TRUE(evaluator.compile("error(\"only when run\")"));
  EXPECT_TRUE(evaluator.compile("def f: f; f"));
  EXPECT_FALSE(evaluator.compile(".a ||"));
  const auto nul = evaluator.compile(std::string("1\0 2", 4));
  ASSERT_FALSE(nul);
  EXPECT_EQ(nul.error().kind, Kind::syntax);
}

TEST(Compile, TakesEveryProgramOfTheShippedScenarios) {
  Evaluator evaluator(settings());
  int programs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SHIPPED_SCENARIOS)) {
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const std::string name = entry.path().filename().string();
    const auto scenario =
        scenario::parse(name, text.str(), [](const std::string&) { return std::nullopt; });
    ASSERT_TRUE(scenario) << name;
    for (const auto& [purpose, expression] : scenario::programs(*scenario)) {
      const auto compiled = evaluator.compile(expression.jq);
      EXPECT_TRUE(compiled) << name << ": " << purpose << ": " << compiled.error().message;
      ++programs;
    }
  }
  EXPECT_GE(programs, 6);
}

/// What scenario's own tests of templates take for granted.
TEST(Templates, AreFilledByJq) {
  Evaluator evaluator(settings());
  const json::object bindings = {{"order", 41},    {"name", "떡 볶이"}, {"$uuid", "6f1c-aa"},
                                 {"$index", "03"}, {"token", "t0k"},    {"big", 9007199254740993}};
  const std::pair<const char*, const char*> cases[] = {
      {"{{.big}}", "9007199254740993"},
      {"{{ .order + 1 }}", "42"},
      {"{{ $uuid | .[0:4] }}", "\"6f1c\""},
      {"{{ .name | @base64 }}.", "\"65ahIOuztuydtA==.\""},
      {R"({{ "user-" + ($index | tostring) + ":" + (.token | tostring) + "!" | @base64 }})",
       "\"dXNlci0wMzp0MGsh\""},
      {"{{ .order | foo }}", "error: {{ .order | foo }}: foo/0 is not defined"},
      {"{{ .order.x }}", "error: {{ .order.x }}: Cannot index number with string \"x\""},
      {"{{ .order | empty }}", "error: {{ .order | empty }}: the program gave no output"},
  };
  for (const auto& [text, expected] : cases) {
    const auto value = scenario::fill({}, scenario::Template{text, {}}, bindings, evaluator.port());
    EXPECT_EQ(value ? base::to_text(*value) : "error: " + value.error().message, expected) << text;
  }
}

}  // namespace
