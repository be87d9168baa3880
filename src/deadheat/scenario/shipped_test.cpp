// What is shipped in scenarios/ and schema/ agrees with the parser.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "base/json.h"
#include "scenario/parse.h"
#include "scenario/shapes.h"

namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<std::string> no_variable(const std::string&) { return std::nullopt; }

std::map<std::string, scenario::Scenario> shipped() {
  std::map<std::string, scenario::Scenario> scenarios;
  for (const auto& entry : std::filesystem::directory_iterator(SHIPPED_SCENARIOS)) {
    const std::string name = entry.path().filename().string();
    auto parsed = scenario::parse(name, content(entry.path()), no_variable);
    if (parsed)
      scenarios.emplace(entry.path().stem().string(), std::move(*parsed));
    else
      for (const auto& problem : parsed.error()) ADD_FAILURE() << scenario::to_text(problem);
  }
  return scenarios;
}

TEST(Shipped, ScenariosParse) {
  const auto scenarios = shipped();
  EXPECT_GE(scenarios.size(), 6U);
  for (const auto& [stem, scenario] : scenarios) {
    EXPECT_EQ(scenario.id, stem);
    EXPECT_EQ(scenario.targets, std::vector<std::string>{"http://127.0.0.1:8000"}) << stem;
    EXPECT_EQ(scenario.run.lanes, 20) << stem;
    EXPECT_EQ(scenario.run.seed, 7U) << stem;
    EXPECT_EQ(scenario::entries(scenario).size(), 2U) << stem;
  }
}

std::set<std::string> keys_of(const scenario::Shape& shape) {
  return {shape.keys.begin(), shape.keys.end()};
}

std::set<std::string> keys_of(const json::value& schema) {
  std::set<std::string> keys;
  for (const auto& property : schema.at("properties").as_object()) keys.emplace(property.key());
  return keys;
}

TEST(Shipped, SchemaNamesTheKeysThatTheParserKnows) {
  const auto schema = base::parse_json(content(SCENARIO_SCHEMA));
  ASSERT_TRUE(schema);
  const json::value& definitions = schema->at("$defs");
  using scenario::Part;
  EXPECT_EQ(keys_of(*schema), keys_of(scenario::scenario_shape()));
  EXPECT_EQ(keys_of(definitions.at("run")), keys_of(scenario::run_shape()));
  EXPECT_EQ(keys_of(definitions.at("sink")), keys_of(scenario::sink_shape()));
  EXPECT_EQ(keys_of(definitions.at("answer")), keys_of(scenario::reply_shape()));
  EXPECT_EQ(keys_of(definitions.at("tls")), keys_of(scenario::tls_shape()));
  EXPECT_EQ(keys_of(definitions.at("permit")), keys_of(scenario::permit_shape()));
  EXPECT_EQ(keys_of(definitions.at("rule")), keys_of(scenario::rule_shape()));
  EXPECT_EQ(keys_of(schema->at("properties").at("rules")), keys_of(scenario::rule_shape()));
  EXPECT_EQ(keys_of(definitions.at("successes")), keys_of(scenario::successes_shape()));
  EXPECT_EQ(keys_of(definitions.at("request")), keys_of(scenario::request_shape(Part::around)));
  EXPECT_EQ(keys_of(definitions.at("step")), keys_of(scenario::request_shape(Part::step)));
  EXPECT_EQ(keys_of(definitions.at("suffixRequest")),
            keys_of(scenario::request_shape(Part::suffix)));
  EXPECT_EQ(keys_of(definitions.at("loginRequest")), keys_of(scenario::request_shape(Part::login)));
  EXPECT_EQ(keys_of(definitions.at("bodyMap")), keys_of(scenario::body_shape()));
  EXPECT_EQ(keys_of(definitions.at("read")), keys_of(scenario::request_shape(Part::observe)));
  EXPECT_EQ(keys_of(definitions.at("scriptWithSteps")), keys_of(scenario::script_shape()));
  std::set<std::string> lone = keys_of(scenario::request_shape(Part::lone_step));
  lone.erase("steps");  // read there only to tell the two apart
  EXPECT_EQ(keys_of(definitions.at("scriptOfOneRequest")), lone);
}

/// The texts among the values that a schema lists; http may be a number, too.
std::vector<std::string> words_of(const json::value& schema) {
  std::vector<std::string> words;
  for (const json::value& word : schema.at("enum").as_array())
    if (word.is_string()) words.emplace_back(word.get_string());
  return words;
}

TEST(Shipped, SchemaNamesTheWordsThatTheParserKnows) {
  const auto schema = base::parse_json(content(SCENARIO_SCHEMA));
  ASSERT_TRUE(schema);
  const json::value& run = schema->at("$defs").at("run").at("properties");
  EXPECT_EQ(words_of(run.at("sync")), scenario::sync_names.all());
  EXPECT_EQ(words_of(run.at("hold")), scenario::hold_names.all());
  EXPECT_EQ(words_of(run.at("offsets")), scenario::offsets_names.all());
  EXPECT_EQ(words_of(run.at("http")), scenario::http_names.all());
  EXPECT_EQ(words_of(run.at("connections")), scenario::connections_names.all());
}

TEST(Shipped, SchemaClosesAndExplainsEveryMap) {
  const auto schema = base::parse_json(content(SCENARIO_SCHEMA));
  ASSERT_TRUE(schema);
  EXPECT_EQ(schema->at("$schema"), "https://json-schema.org/draft/2020-12/schema");
  const auto check = [](const auto& self, const json::value& value) -> void {
    if (const auto* array = value.if_array())
      for (const json::value& element : *array) self(self, element);
    const auto* object = value.if_object();
    if (object == nullptr) return;
    if (const json::value* properties = object->if_contains("properties")) {
      EXPECT_TRUE(object->contains("additionalProperties")) << base::to_text(value);
      for (const auto& [name, property] : properties->as_object())
        EXPECT_TRUE(property.as_object().contains("description") ||
                    property.as_object().contains("$ref"))
            << name;
    }
    for (const auto& member : *object) self(self, member.value());
  };
  check(check, *schema);
}

}  // namespace
