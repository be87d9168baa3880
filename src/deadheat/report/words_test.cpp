#include "report/words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cctype>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "record/checkup.h"
#include "record/progress.h"
#include "record/record.h"

namespace {

using report::Id;
using report::Language;

/// Every enumeration that the reports speak of.
using Spoken = boost::mp11::mp_list<
    record::Verdict, record::Kind, record::Cure, record::Why::Is, record::Part::Result,
    record::Attempt::Result, record::RuleError::Is, record::Volatile::Is, record::Value::Is,
    record::ReasonCode, record::RemarkCode, record::StepCode, record::CheckCode, record::Phase,
    record::Misfit::Is, report::Heading, report::Label, report::Column, report::Sentence,
    report::Headline, report::Spot, report::Turns, report::Told, report::Timing, report::Proof,
    report::Effort, report::Rest, report::Otherwise, report::Drawing, report::Running,
    report::Doctor, report::Found, report::Advice>;

template <class Visit>
void for_each_id(const Visit& visit) {
  boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, Spoken>>(
      [&](auto type) {
        using Enum = typename decltype(type)::type;
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>(
            [&](auto each) { visit(Id(each.value), each.name); });
      });
}

std::multimap<Id, std::string_view> texts_of(Language language) {
  std::multimap<Id, std::string_view> texts;
  for (const report::Row& row : report::table_of(language)) texts.emplace(row.id, row.text);
  return texts;
}

std::set<std::string> names_in(std::string_view text) {
  const std::vector<std::string> names = report::placeholders(text);
  return {names.begin(), names.end()};
}

TEST(Words, EachLanguageHasOneTextForEachIdAndEachCode) {
  for (const Language language : {Language::en, Language::ko}) {
    const auto texts = texts_of(language);
    std::size_t ids = 0;
    for_each_id([&](Id id, const char* name) {
      ++ids;
      EXPECT_EQ(texts.count(id), 1U)
          << static_cast<int>(language) << ": " << id.type.name() << " " << name;
    });
    EXPECT_EQ(texts.size(), ids) << static_cast<int>(language);
    for (const auto& [id, text] : texts)
      EXPECT_FALSE(text.empty()) << id.type.name() << " " << id.value;
  }
}

TEST(Words, LanguagesFillTheSamePlaceholders) {
  const auto english = texts_of(Language::en);
  for (const auto& [id, text] : texts_of(Language::ko)) {
    const auto other = english.find(id);
    ASSERT_NE(other, english.end()) << text;
    EXPECT_EQ(names_in(text), names_in(other->second)) << other->second << "\n" << text;
  }
}

/// What stays as it is in every language: names of programs and protocols, options, SQL, keys.
bool is_for_everybody(const std::string& word) {
  static const std::set<std::string> names = [] {
    std::istringstream words(
        "http json jq mask counts settle etag deadheat cpu ipv docker run target version unique "
        "update set where select for returning serializable lost check then act across requests "
        "double execution limit exceeded duplicate resurrected stale answer contradicts state "
        "error under contention rule broken missing race inconclusive clean eventual consistency "
        "idempotency key if match expected doctor cgroup tsc ulimit sysctl net ip local port range "
        "link lo up ms mb used done true false one id budget attempts lanes keep going cpus n s "
        "suffix "
        "xx");
    return std::set<std::string>(std::istream_iterator<std::string>(words), {});
  }();
  return names.contains(word);
}

TEST(Words, KoreanIsNoEnglish) {
  for (const report::Row& row : report::korean()) {
    std::string word;
    bool inside = false;
    for (const char c : std::string(row.text) + " ") {
      inside = c == '{' || (inside && c != '}');
      if (!inside && std::isalpha(static_cast<unsigned char>(c)) != 0) {
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      } else if (!word.empty()) {
        EXPECT_TRUE(is_for_everybody(word)) << word << ": " << row.text;
        word.clear();
      }
    }
  }
}

TEST(Filled, PutsInWhatStandsForAPlaceholder) {
  struct Case {
    const char* text;
    report::Fillings fillings;
    const char* filled;
  };
  const Case cases[] = {
      {"as it is", {}, "as it is"},
      {"{a}{b} {a}", {{"a", "x"}, {"b", 2}}, "x2 x"},
      {"{n} {n?attempt|attempts}", {{"n", 1}}, "1 attempt"},
      {"{n} {n?attempt|attempts}", {{"n", 0}}, "0 attempts"},
      {"{n} {n?attempt|attempts}", {{"n", 1.5}}, "1.5 attempts"},
      {"there {n?is|are}", {{"n", 2}}, "there are"},
      // What is put in is not read again.
      {"{a}", {{"a", "{{$sink.mail}} {b}"}}, "{{$sink.mail}} {b}"},
  };
  for (const auto& [text, fillings, expected] : cases)
    EXPECT_EQ(report::filled(text, fillings), expected) << text;
}

TEST(Filled, ChoosesTheParticleByTheLastSyllable) {
  struct Case {
    const char* who;
    const char* filled;
  };
  constexpr Case cases[] = {{"고객", "고객은"},
                            {"배달 기사", "배달 기사는"},
                            {"사장님", "사장님은"},
                            {"cancel", "cancel은(는)"},
                            {"", "은(는)"}};
  for (const auto& [who, expected] : cases)
    EXPECT_EQ(report::filled("{who:은/는}", {{"who", who}}), expected);
}

TEST(FilledDeathTest, AnUnknownPlaceholderIsAMistakeOfOurs) {
  EXPECT_DEATH((void)report::filled("{script}", {{"name", "cancel"}}), "script");
}

TEST(Numbers, MarksOfAnAxisAreRound) {
  struct Case {
    double least, step;
  };
  constexpr Case cases[] = {{1, 1},   {1.01, 2},    {2.5, 5},   {5.1, 10},
                            {47, 50}, {0.03, 0.05}, {0.2, 0.2}, {720, 1000}};
  for (const auto& [least, step] : cases)
    EXPECT_NEAR(report::tick_step(least), step, 1e-9) << least;
}

}  // namespace
