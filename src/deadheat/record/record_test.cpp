#include "record/record.h"

#include <gtest/gtest.h>

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>
#include <type_traits>

#include "base/random.h"
#include "record/checkup.h"

namespace {

using record::Record;

/// Fills every member of described structs with something; arrays and maps get `elements` each.
class Filler {
 public:
  Filler(std::uint64_t seed, std::size_t elements) : random_(seed), elements_(elements) {}

  void fill(std::string& text) {
    static constexpr const char* words[] = {"cancel", "취소해주세요!", "\"\\\n\x1b[0m", "",
                                            "{{x}}"};
    text = std::string(words[random_.below(std::size(words))]) + std::to_string(random_.below(100));
  }
  void fill(bool& flag) { flag = random_.below(2) == 1; }
  void fill(int& number) { number = static_cast<int>(random_.below(1000)) - 500; }
  void fill(std::uint64_t& number) { number = random_.next(); }
  void fill(double& number) {
    number = random_.below(2) == 0 ? static_cast<double>(random_.below(50)) : random_.unit() * 1e6;
  }
  void fill(json::value& value) { value = {{"gate", random_.below(3)}, {"offsets", {0, 1.5}}}; }
  template <class T>
  void fill(std::vector<T>& values) {
    for (std::size_t i = 0; i < elements_; ++i) fill(values.emplace_back());
  }
  template <class T>
  void fill(std::map<std::string, T>& values) {
    for (std::size_t i = 0; i < elements_; ++i) fill(values["key " + std::to_string(i)]);
  }
  template <class T>
  requires std::is_class_v<T>
  void fill(T& value) {
    using Members = boost::describe::describe_members<T, boost::describe::mod_public>;
    boost::mp11::mp_for_each<Members>([&](auto member) { fill(value.*member.pointer); });
  }

 private:
  base::Random random_;
  std::size_t elements_;
};

Record filled(std::uint64_t seed, std::size_t elements) {
  Record record;
  Filler(seed, elements).fill(record);
  record.version = 1;
  return record;
}

TEST(Record, ReadsWhatItWrites) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const std::string text = record::to_text(filled(seed, seed % 4));
    const auto read = record::from_text(text);
    ASSERT_TRUE(read) << "seed " << seed << ": " << read.error();
    EXPECT_EQ(record::to_text(*read), text) << "seed " << seed;
  }
}

TEST(Record, KeepsTheWholeSeed) {
  Record record;
  record.seed = 18446744073709551615U;
  EXPECT_EQ(record::from_text(record::to_text(record))->seed, record.seed);
}

TEST(Record, WritesNumbersForPeople) {
  Record record;
  record.duration_s = 41;
  record.learnt.settle_ms = 0.1 + 0.2;
  const std::string text = record::to_text(record);
  EXPECT_NE(text.find("\"duration_s\": 41,"), std::string::npos);
  EXPECT_NE(text.find("\"settle_ms\": 3E-1,"), std::string::npos);
}

TEST(Record, CanBeReadAgainWhateverBytesTheTargetSent) {
  Record record;
  record.notes = {"a cut 취\xEC\xB7, a lone \xFF, an overlong \xC0\xAF, a surrogate \xED\xA0\x80"};
  const auto read = record::from_text(record::to_text(record));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->notes[0],
            "a cut 취\uFFFD\uFFFD, a lone \uFFFD, an overlong \uFFFD\uFFFD, a surrogate "
            "\uFFFD\uFFFD\uFFFD");
}

TEST(Record, IgnoresMembersThatItDoesNotKnow) {
  json::value value = *base::parse_json(record::to_text(filled(1, 1)));
  value.as_object()["colour_of_the_sky"] = "blue";
  EXPECT_TRUE(record::from_text(base::to_text(value)));
}

TEST(Record, SaysWhatDoesNotFitAndWhere) {
  struct Case {
    const char* pointer;  // what is replaced in a record that is right
    json::value value;
    const char* error;
  };
  const Case cases[] = {
      {"/version", 2, "version: this file has format 2, and this program reads format 1"},
      {"/version", "one", "version: expected a whole number, found a string"},
      {"/verdict", nullptr, "verdict: expected a string, found null"},
      {"/exit_code", 1.5, "exit_code: expected a whole number in range, found 1.5E0"},
      {"/exit_code", 5'000'000'000,
       "exit_code: expected a whole number in range, found 5000000000"},
      {"/seed", -1, "seed: expected a whole number in range, found -1"},
      {"/learnt", 1, "learnt: expected an object, found a number"},
      {"/targets/0", false, "targets[0]: expected a string, found true or false"},
      {"/learnt/latency_ms/key 0", "fast",
       "learnt.latency_ms.key 0: expected a number, found a string"},
      {"/findings/0/timeline/0/moves", json::object{},
       "findings[0].timeline[0].moves: expected an array, found an object"},
      {"/findings/0/across_requests", 1,
       "findings[0].across_requests: expected true or false, found a number"},
  };
  const std::string right = record::to_text(filled(1, 1));
  for (const Case& wrong : cases) {
    json::value value = *base::parse_json(right);
    value.at_pointer(wrong.pointer) = wrong.value;
    const auto read = record::from_text(base::to_text(value));
    ASSERT_FALSE(read) << wrong.pointer;
    EXPECT_EQ(read.error(), wrong.error);
  }
}

TEST(Record, SaysWhichMemberIsMissing) {
  json::value value = *base::parse_json(record::to_text(filled(1, 1)));
  value.at_pointer("/findings/0/concurrent").as_object().erase("low");
  EXPECT_EQ(record::from_text(base::to_text(value)).error(), "findings[0].concurrent.low: missing");
  EXPECT_EQ(record::from_text("{}").error(), "version: missing; is this a run.json?");
  EXPECT_EQ(record::from_text("[]").error(), "expected an object, found an array");
  EXPECT_EQ(record::from_text("{\"version\": ").error().find("not JSON, at byte"), 0U);
}

TEST(Rate, IsWilsonsInterval) {
  struct Case {
    int hits, of;
    double low, high;
  };
  constexpr Case cases[] = {
      {0, 1, 0, 0.7935},  {1, 1, 0.2065, 1},         {1, 2, 0.0945, 0.9055},
      {0, 10, 0, 0.2775}, {9, 10, 0.5958, 0.9821},   {10, 10, 0.7225, 1},
      {0, 30, 0, 0.1135}, {50, 100, 0.4038, 0.5962},
  };
  for (const Case& known : cases) {
    const record::Rate measured = record::rate(known.hits, known.of);
    EXPECT_NEAR(measured.low, known.low, 5e-5) << known.hits << " of " << known.of;
    EXPECT_NEAR(measured.high, known.high, 5e-5) << known.hits << " of " << known.of;
  }
  // By definition: the rates from which what was measured is just z standard errors away.
  for (int hits = 1; hits < 40; ++hits) {
    const record::Rate measured = record::rate(hits, 40);
    for (const double p : {measured.low, measured.high})
      EXPECT_NEAR(std::abs(hits / 40.0 - p), 1.959963985 * std::sqrt(p * (1 - p) / 40), 1e-9);
  }
  EXPECT_EQ(record::rate(0, 30).low, 0);
  EXPECT_EQ(record::rate(30, 30).high, 1);
  EXPECT_EQ(record::rate(0, 0).high, 1);  // nothing is known
}

/// Walks a value and the schema side by side: each member must be in both, and of the same type.
class SchemaWalk {
 public:
  explicit SchemaWalk(const json::value& schema) : root_(schema) {}

  void walk(const json::value& value, const json::value& schema, const std::string& path) {
    const json::value& node = resolved(schema);
    EXPECT_TRUE(schema.at("description").is_string()) << path;
    const json::value* type = node.as_object().if_contains("type");
    if (type == nullptr) return;  // any JSON
    if (*type == "object" && node.as_object().contains("properties"))
      return walk_struct(value, node, path);
    if (*type == "object") {
      for (const auto& [key, member] : value.as_object())
        walk_element(member, node.at("additionalProperties"), path + "." + std::string(key));
    } else if (*type == "array") {
      for (const json::value& element : value.as_array())
        walk_element(element, node.at("items"), path + "[]");
    } else {
      EXPECT_EQ(std::string_view(type->as_string()), type_of(value, *type == "number")) << path;
    }
  }

 private:
  const json::value& resolved(const json::value& schema) const {
    const json::value* reference = schema.as_object().if_contains("$ref");
    if (reference == nullptr) return schema;
    return root_.at_pointer(std::string_view(reference->as_string()).substr(1));
  }

  void walk_struct(const json::value& value, const json::value& node, const std::string& path) {
    std::set<std::string> written, described, required;
    for (const auto& [key, member] : value.as_object()) written.insert(std::string(key));
    for (const auto& [key, member] : node.at("properties").as_object())
      described.insert(std::string(key));
    for (const json::value& key : node.at("required").as_array())
      required.insert(std::string(key.as_string()));
    EXPECT_EQ(written, described) << path;
    EXPECT_EQ(written, required) << path;
    for (const auto& [key, member] : value.as_object())
      if (described.contains(std::string(key)))
        walk(member, node.at("properties").at(key), path + "." + std::string(key));
  }

  void walk_element(const json::value& value, const json::value& schema, const std::string& path) {
    const json::value& node = resolved(schema);
    if (node.as_object().contains("properties"))
      walk_struct(value, node, path);
    else
      EXPECT_EQ(std::string_view(node.at("type").as_string()),
                type_of(value, node.at("type") == "number"))
          << path;
  }

  static std::string_view type_of(const json::value& value, bool number) {
    if (value.is_string()) return "string";
    if (value.is_bool()) return "boolean";
    return value.is_double() || number ? "number" : "integer";
  }

  const json::value& root_;
};

json::value schema_of(const std::string& name) {
  std::ifstream file(std::string(SCHEMA_DIRECTORY) + "/" + name);
  std::stringstream text;
  text << file.rdbuf();
  auto schema = base::parse_json(text.str());
  EXPECT_TRUE(schema) << name << ": " << schema.error().message;
  return schema ? std::move(*schema) : json::value();
}

TEST(Schema, DescribesEveryMemberAndNoOther) {
  record::Checkup checkup;
  Filler(1, 2).fill(checkup);
  struct Case {
    const char* name;
    std::string text;
  };
  const Case cases[] = {{"run.schema.json", record::to_text(filled(1, 2))},
                        {"doctor.schema.json", record::to_text(checkup)}};
  for (const Case& c : cases) {
    const json::value schema = schema_of(c.name);
    EXPECT_EQ(schema.at("$schema"), "https://json-schema.org/draft/2020-12/schema");
    SchemaWalk(schema).walk(*base::parse_json(c.text), schema, c.name);
  }
}

TEST(Line, IsOneLineOfUtf8WithItsNumbersAsTheyWere) {
  const std::string line =
      record::to_line(json::object{{"text", "a\nb\xFF"}, {"numbers", {1.2345678, 5}}});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto value = base::parse_json(line);
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(value->at("text"), "a\nb\uFFFD");
  EXPECT_EQ(value->at("numbers").at(0), 1.2345678);
  EXPECT_EQ(value->at("numbers").at(1), 5);
}

TEST(MostPromising, IsInTheMiddleOfWhatHit) {
  Record record;
  EXPECT_EQ(record::most_promising(record), nullptr);
  const auto add = [&](int attempt, double lag_ms, int before_step, bool hit) {
    record.attempts.push_back(
        {.attempt = attempt, .lag_ms = lag_ms, .before_step = before_step, .hit = hit});
  };
  add(1, 0, 1, false);
  EXPECT_EQ(record::most_promising(record), nullptr);
  add(2, 1, 2, true);  // of another gate, and alone there
  EXPECT_EQ(record::most_promising(record)->attempt, 2);
  add(3, 5.1, 1, true);
  add(4, 6.9, 1, true);
  add(5, 6.2, 1, true);
  add(6, 6.0, 1, false);
  EXPECT_EQ(record::most_promising(record)->attempt, 5);
}

}  // namespace
