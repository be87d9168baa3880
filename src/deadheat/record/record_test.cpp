#include "record/record.h"

#include <gtest/gtest.h>

#include <boost/describe/enum_to_string.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cmath>
#include <fstream>
#include <span>
#include <sstream>
#include <type_traits>

#include "base/random.h"
#include "record/checkup.h"

namespace {

using record::Member;
using record::Record;

template <class Enum>
std::vector<Enum> values_of() {
  std::vector<Enum> all;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>(
      [&](auto each) { all.push_back(each.value); });
  return all;
}

/// Said, or Check: `with` has the members of a code.
template <class T>
concept has_code = requires(T said) {
  members_of(said.code);
  said.with;
};

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
  void fill(std::int64_t& number) { number = static_cast<std::int64_t>(random_.below(1U << 31U)); }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void fill(Enum& value) {
    const std::vector<Enum> all = values_of<Enum>();
    value = all[random_.below(all.size())];
  }
  template <class T>
  requires has_code<T>
  void fill(T& said) {
    if constexpr (std::is_same_v<T, record::Check>) fill(said.fine);
    fill(said.code);
    for (const Member& member : members_of(said.code)) said.with[member.name] = sample(member.is);
  }
  template <class T>
  void fill(std::vector<T>& values) {
    for (std::size_t i = 0; i < elements_; ++i) fill(values.emplace_back());
  }
  template <class T>
  void fill(std::map<std::string, T>& values) {
    for (std::size_t i = 0; i < elements_; ++i) fill(values["key " + std::to_string(i)]);
  }
  template <class T>
  requires(std::is_class_v<T> && !has_code<T>) void fill(T& value) {
    using Members = boost::describe::describe_members<T, boost::describe::mod_public>;
    boost::mp11::mp_for_each<Members>([&](auto member) { fill(value.*member.pointer); });
  }

  json::value sample(Member::Is is) {
    switch (is) {
      case Member::Is::number:
        return made<int>();
      case Member::Is::text:
        return json::string(made<std::string>());
      case Member::Is::place:
        return to_json(made<record::Place>());
      case Member::Is::value:
        return to_json(made<record::Value>());
      case Member::Is::rule_error:
        return to_json(made<record::RuleError>());
      case Member::Is::order:
        return to_json(made<record::Order>());
      case Member::Is::schedule:
        return to_json(made<record::Schedule>());
      case Member::Is::values:
        return {{{"value", to_json(made<record::Value>())}, {"runs", made<int>()}}};
    }
    return nullptr;
  }

 private:
  template <class T>
  T made() {
    T value{};
    fill(value);
    return value;
  }

  base::Random random_;
  std::size_t elements_;
};

Record filled(std::uint64_t seed, std::size_t elements) {
  Record record;
  Filler(seed, elements).fill(record);
  record.version = 2;
  return record;
}

TEST(Record, ReadsWhatItWrites) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const std::string text = record::to_text(filled(seed, seed % 4));
    const auto read = record::from_text(text);
    ASSERT_TRUE(read) << "seed " << seed << ": " << read.error().path;
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
  record.scenario_name =
      "a cut 취\xEC\xB7, a lone \xFF, an overlong \xC0\xAF, a surrogate \xED\xA0\x80";
  const auto read = record::from_text(record::to_text(record));
  ASSERT_TRUE(read) << read.error().path;
  EXPECT_EQ(read->scenario_name,
            "a cut 취\uFFFD\uFFFD, a lone \uFFFD, an overlong \uFFFD\uFFFD, a surrogate "
            "\uFFFD\uFFFD\uFFFD");
}

TEST(Record, IgnoresMembersThatItDoesNotKnow) {
  json::value value = *base::parse_json(record::to_text(filled(1, 1)));
  value.as_object()["colour_of_the_sky"] = "blue";
  EXPECT_TRUE(record::from_text(base::to_text(value)));
}

/// "notes[0].with: object for array", and so on.
std::string in_short(const record::Misfit& misfit) {
  return misfit.path + ": " + misfit.expected + " for " + misfit.found;
}

TEST(Record, SaysWhatDoesNotFitAndWhere) {
  struct Case {
    const char* pointer;  // what is replaced in a record that is right
    json::value value;
    const char* misfit;
  };
  const Case cases[] = {
      {"/version", "one", "version: integer for string"},
      {"/verdict", nullptr, "verdict: string for null"},
      {"/verdict", "guilty", "verdict: race, broken, inconclusive, clean for guilty"},
      {"/exit_code", 1.5, "exit_code: integer for 1.5E0"},
      {"/exit_code", 5'000'000'000, "exit_code: integer for 5000000000"},
      {"/seed", -1, "seed: integer for -1"},
      {"/learnt", 1, "learnt: object for number"},
      {"/targets/0", false, "targets[0]: string for boolean"},
      {"/learnt/latency_ms/key 0", "fast", "learnt.latency_ms.key 0: number for string"},
      {"/notes/0/with", json::array{}, "notes[0].with: object for array"},
      {"/findings/0/timeline/0/moves", json::object{},
       "findings[0].timeline[0].moves: array for object"},
      {"/findings/0/timeline/0/result", "lost",
       "findings[0].timeline[0].result: ok, refused, failed, no_answer, stopped for lost"},
      {"/findings/0/across_requests", 1, "findings[0].across_requests: boolean for number"},
  };
  const std::string right = record::to_text(filled(1, 1));
  for (const Case& wrong : cases) {
    json::value value = *base::parse_json(right);
    value.at_pointer(wrong.pointer) = wrong.value;
    const auto read = record::from_text(base::to_text(value));
    ASSERT_FALSE(read) << wrong.pointer;
    EXPECT_EQ(read.error().is, record::Misfit::Is::unexpected);
    EXPECT_EQ(in_short(read.error()), wrong.misfit);
  }
}

TEST(Record, SaysWhichMemberIsMissing) {
  json::value value = *base::parse_json(record::to_text(filled(1, 1)));
  value.at_pointer("/findings/0/concurrent").as_object().erase("low");
  EXPECT_EQ(
      record::from_text(base::to_text(value)).error(),
      (record::Misfit{.is = record::Misfit::Is::missing, .path = "findings[0].concurrent.low"}));
}

TEST(Record, TellsAnOlderFormatFromWhatIsNoRunAtAll) {
  using Is = record::Misfit::Is;
  struct Case {
    const char* text;
    Is is;
    const char* found;
  };
  constexpr Case cases[] = {
      {"{}", Is::no_run, ""},
      {"[]", Is::no_run, ""},
      {"{\"version\": 1, \"verdict\": \"race\"}", Is::old_version, "1"},
      {"{\"version\": 3}", Is::new_version, "3"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(record::from_text(c.text).error(), (record::Misfit{.is = c.is, .found = c.found}))
        << c.text;
  const record::Misfit cut = record::from_text("{\"version\": ").error();
  EXPECT_EQ(cut.is, Is::no_json);
  EXPECT_GT(cut.offset, 0U);
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

json::value schema_of(const std::string& name) {
  std::ifstream file(std::string(SCHEMA_DIRECTORY) + "/" + name);
  std::stringstream text;
  text << file.rdbuf();
  auto schema = base::parse_json(text.str());
  EXPECT_TRUE(schema) << name << ": " << schema.error().message;
  return schema ? std::move(*schema) : json::value();
}

using Names = std::vector<std::string>;

Names keys_of(const json::object& object) {
  Names names;
  for (const auto& [key, member] : object) names.emplace_back(key);
  return names;
}

Names texts_of(const json::value& array) {
  Names texts;
  for (const json::value& text : array.as_array()) texts.emplace_back(text.as_string());
  return texts;
}

template <class Enum>
std::string name_of(Enum value) {
  return boost::describe::enum_to_string(value, "");
}

/// Walks a type and the schema side by side: each has the members of the other, in one sequence,
/// of the same type, with a description.
class SchemaOfTypes {
 public:
  explicit SchemaOfTypes(const std::string& file) : root_(schema_of(file)) {}

  template <class T>
  void expect() {
    EXPECT_EQ(root_.at("$schema"), "https://json-schema.org/draft/2020-12/schema");
    expect(T{}, root_, "");
  }

 private:
  void expect(const std::string&, const json::value& node, const std::string& path) {
    EXPECT_EQ(node.at("type"), "string") << path;
    EXPECT_FALSE(node.as_object().contains("enum")) << path;
  }
  void expect(bool, const json::value& node, const std::string& path) {
    EXPECT_EQ(node.at("type"), "boolean") << path;
  }
  void expect(double, const json::value& node, const std::string& path) {
    EXPECT_EQ(node.at("type"), "number") << path;
  }
  template <class T>
  requires std::is_integral_v<T>
  void expect(T, const json::value& node, const std::string& path) {
    EXPECT_EQ(node.at("type"), "integer") << path;
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void expect(Enum, const json::value& node, const std::string& path) {
    Names names;
    for (const Enum value : values_of<Enum>()) names.push_back(name_of(value));
    EXPECT_EQ(texts_of(node.at("enum")), names) << path;
  }
  template <class T>
  void expect(const std::vector<T>&, const json::value& node, const std::string& path) {
    EXPECT_EQ(node.at("type"), "array") << path;
    expect(T{}, resolved(node.at("items")), path + "[]");
  }
  template <class T>
  void expect(const std::map<std::string, T>&, const json::value& node, const std::string& path) {
    EXPECT_EQ(node.at("type"), "object") << path;
    expect(T{}, resolved(node.at("additionalProperties")), path + ".*");
  }
  template <class T>
  requires has_code<T>
  void expect(const T&, const json::value& node, const std::string& path) {
    expect_members<T>(node, path);
    using Code = decltype(T::code);
    expect(Code{}, node.at("properties").at("code"), path + ".code");
    Names described;
    for (const json::value& alternative : node.at("oneOf").as_array()) {
      const json::value& code = alternative.at("properties").at("code").at("const");
      described.emplace_back(code.as_string());
      EXPECT_TRUE(alternative.at("description").is_string()) << code;
    }
    for (std::size_t i = 0; i < values_of<Code>().size(); ++i) {
      const Code code = values_of<Code>()[i];
      ASSERT_LT(i, described.size()) << path;
      ASSERT_EQ(described[i], name_of(code)) << path;
      expect_with(members_of(code), node.at("oneOf").at(i).at("properties").at("with"),
                  path + "." + name_of(code));
    }
  }
  template <class T>
  requires(std::is_class_v<T> && !has_code<T>) void expect(const T& value, const json::value& node,
                                                           const std::string& path) {
    expect_members<T>(node, path);
    using Members = boost::describe::describe_members<T, boost::describe::mod_public>;
    boost::mp11::mp_for_each<Members>([&](auto member) {
      if (const json::value* found = node.at("properties").as_object().if_contains(member.name))
        expect(value.*member.pointer, described(*found, path + "." + member.name),
               path + "." + member.name);
    });
  }

  template <class T>
  void expect_members(const json::value& node, const std::string& path) {
    Names names;
    using Members = boost::describe::describe_members<T, boost::describe::mod_public>;
    boost::mp11::mp_for_each<Members>([&](auto member) { names.emplace_back(member.name); });
    EXPECT_EQ(keys_of(node.at("properties").as_object()), names) << path;
    EXPECT_EQ(texts_of(node.at("required")), names) << path;
  }

  void expect_with(std::span<const Member> members, const json::value& node,
                   const std::string& path) {
    Names names;
    for (const Member& member : members) names.emplace_back(member.name);
    EXPECT_EQ(texts_of(node.at("required")), names) << path;
    EXPECT_EQ(keys_of(node.at("properties").as_object()), names) << path;
    for (const Member& member : members) {
      const std::string place = path + "." + std::string(member.name);
      const json::value& found = described(node.at("properties").at(member.name), place);
      switch (member.is) {
        case Member::Is::number:
          EXPECT_TRUE(found.at("type") == "integer" || found.at("type") == "number") << place;
          break;
        case Member::Is::text:
          EXPECT_EQ(found.at("type"), "string") << place;
          break;
        case Member::Is::place:
          expect(record::Place{}, found, place);
          break;
        case Member::Is::value:
          expect(record::Value{}, found, place);
          break;
        case Member::Is::rule_error:
          expect(record::RuleError{}, found, place);
          break;
        case Member::Is::order:
          expect(record::Order{}, found, place);
          break;
        case Member::Is::schedule:
          expect(record::Schedule{}, found, place);
          break;
        case Member::Is::values:
          EXPECT_EQ(found.at("type"), "array") << place;
          break;
      }
    }
  }

  const json::value& described(const json::value& schema, const std::string& path) const {
    EXPECT_TRUE(schema.as_object().contains("description")) << path;
    return resolved(schema);
  }
  const json::value& resolved(const json::value& schema) const {
    const json::value* reference = schema.as_object().if_contains("$ref");
    if (reference == nullptr) return schema;
    return root_.at_pointer(std::string_view(reference->as_string()).substr(1));
  }

  json::value root_;
};

TEST(Schema, DescribesEveryMemberAndNoOther) {
  SchemaOfTypes("run.schema.json").expect<Record>();
  SchemaOfTypes("doctor.schema.json").expect<record::Checkup>();
}

TEST(Said, HasEveryMemberOfItsCodeAndEachOfItsKind) {
  Record record;
  const json::object place = to_json(record::Place{.name = "order"}).as_object();
  record.notes = {{record::RemarkCode::moved_otherwise,
                   {{"attempts", 3},
                    {"place", place},
                    {"path", ".after.order.body.n"},
                    {"seen", to_json(record::Value{})},
                    {"expected", to_json(record::Value{})}}}};
  EXPECT_TRUE(record::from_text(record::to_text(record)));
  struct Case {
    const char* member;
    json::value value;  // null: it is not there
    const char* misfit;
  };
  const Case cases[] = {
      {"attempts", nullptr, "notes[0].with.attempts:  for "},
      {"attempts", "three", "notes[0].with.attempts: number for string"},
      {"path", 3, "notes[0].with.path: string for number"},
      {"place", "order", "notes[0].with.place: object for string"},
      {"place", json::object{{"in", "state"}}, "notes[0].with.place.name:  for "},
  };
  for (const Case& wrong : cases) {
    Record bad = record;
    if (wrong.value.is_null())
      bad.notes[0].with.erase(wrong.member);
    else
      bad.notes[0].with[wrong.member] = wrong.value;
    const auto read = record::from_text(record::to_text(bad));
    ASSERT_FALSE(read) << wrong.misfit;
    EXPECT_EQ(in_short(read.error()), wrong.misfit);
  }
}

TEST(Said, HoldsValuesThatComeBackAsTheyWere) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Filler filler(seed, 2);
    record::Place place;
    filler.fill(place);
    EXPECT_EQ(record::place_from(to_json(place)), place);
    record::Order order;
    filler.fill(order);
    EXPECT_EQ(record::order_from(to_json(order)), order);
    record::Value value;
    filler.fill(value);
    EXPECT_EQ(record::value_from(to_json(value)), value);
    record::Schedule schedule;
    filler.fill(schedule);
    EXPECT_EQ(to_json(record::schedule_from(to_json(schedule))), to_json(schedule));
  }
}

TEST(Exit, IsInterruptedWhateverWasFound) {
  using record::Ending, record::Exit, record::Verdict;
  struct Case {
    Verdict verdict;
    Ending ending;
    Exit exit;
  };
  constexpr Case cases[] = {
      {Verdict::clean, Ending::none, Exit::clean},
      {Verdict::race, Ending::none, Exit::found},
      {Verdict::broken, Ending::none, Exit::found},
      {Verdict::inconclusive, Ending::none, Exit::inconclusive},
      {Verdict::inconclusive, Ending::scenario_error, Exit::usage},
      {Verdict::broken, Ending::scenario_error, Exit::found},
      {Verdict::inconclusive, Ending::unreachable, Exit::unreachable},
      {Verdict::inconclusive, Ending::target_lost, Exit::inconclusive},
      {Verdict::race, Ending::target_lost, Exit::found},
      {Verdict::inconclusive, Ending::interrupted, Exit::interrupted},
      {Verdict::race, Ending::interrupted, Exit::interrupted},
  };
  for (const Case& c : cases)
    EXPECT_EQ(record::exit_of(c.verdict, c.ending), c.exit)
        << name_of(c.verdict) << ", " << name_of(c.ending);
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
