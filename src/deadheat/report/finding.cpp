#include "report/finding.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/utf8.h"
#include "report/in_words.h"
#include "report/offsets.h"

namespace report {
namespace {

using record::Comparison;
using record::Finding;
using record::Part;
using record::Place;
using record::Record;
using record::Value;

/// "redeem" of "redeem[3]".
std::string script_of(const Part& part) { return part.script.substr(0, part.script.find('[')); }

std::string result_of_last(const Part& part, const Words& words) {
  const int status = part.moves.empty() ? 0 : part.moves.back().status;
  const Fillings fillings{{"status", status}};
  switch (part.result) {
    case Part::Result::ok:
      return words(Headline::ok, fillings);
    case Part::Result::refused:
      return words(Headline::refused, fillings);
    case Part::Result::failed:
      return words(Headline::failed, fillings);
    case Part::Result::no_answer:
      return words(Headline::no_answer);
    case Part::Result::stopped:
      return words(Headline::stopped);
  }
  return "";
}

std::string one_by_name(const Part& part, const Words& words) {
  const std::string& who = part.label.empty() ? part.script : part.label;
  const std::string result = result_of_last(part, words);
  const auto said = std::find_if(part.moves.rbegin(), part.moves.rend(),
                                 [](const record::Move& move) { return !move.say.empty(); });
  if (said == part.moves.rend()) return words(Headline::sent, {{"who", who}, {"result", result}});
  return words(Headline::asked, {{"who", who}, {"say", said->say}, {"result", result}});
}

/// Copies are counted, others named while they are few.
std::string who_was_told_what(const std::vector<Part>& timeline, const Words& words) {
  constexpr std::size_t few = 3;
  std::map<std::string, int> copies;
  for (const Part& part : timeline) ++copies[script_of(part)];
  std::vector<std::string> sentences;
  if (timeline.size() <= few && copies.size() > 1) {
    for (const Part& part : timeline) sentences.push_back(one_by_name(part, words));
    return joined(sentences, words(Headline::between));
  }
  std::map<std::pair<std::string, std::string>, int> counts;  // of a script, and what it was told
  for (const Part& part : timeline) ++counts[{script_of(part), result_of_last(part, words)}];
  for (const auto& [told, count] : counts)
    sentences.push_back(words(Headline::counted, {{"count", count},
                                                  {"of", copies[told.first]},
                                                  {"who", told.first},
                                                  {"result", told.second}}));
  return joined(sentences, words(Headline::between));
}

std::string brief(const Value& value, const Words& words) {
  constexpr base::Columns most{60};
  return base::cut(in_words(value, words), most);
}

/// "order .status is "open", where every order leaves "closed"".
std::string fact_of(const Comparison& row, const Words& words) {
  const bool of_status = row.place.part == Place::Part::status;
  const std::string place = row.place.pointer.empty()
                                ? row.place.name
                                : row.place.name + " " + path_of(row.place.pointer);
  std::string fact = words(of_status ? Headline::answers : Headline::is,
                           {{"place", place}, {"value", brief(row.seen, words)}});
  const bool one_value =
      row.differs && !row.allowed.empty() &&
      std::all_of(row.allowed.begin(), row.allowed.end(),
                  [&](const Value& value) { return value == row.allowed.front(); });
  if (!one_value) return fact;
  return words(Headline::instead, {{"fact", fact}, {"allowed", brief(row.allowed.front(), words)}});
}

std::string what_is_true_now(const std::vector<Comparison>& differences, const Words& words) {
  constexpr std::size_t most = 2;
  std::vector<std::string> facts;
  for (const Comparison& row : differences)
    if (row.differs && row.place.in == Place::In::sink && row.place.pointer.empty())
      facts.push_back(words(Headline::was_called,
                            {{"place", row.place.name}, {"value", in_words(row.seen, words)}}));
  const auto tells = [](const Comparison& row) {
    return row.place.in == Place::In::state && !row.place.name.empty() &&
           row.place.part != Place::Part::members && row.seen.is != Value::Is::absent;
  };
  for (const bool wrong : {true, false})
    for (const Comparison& row : differences)
      if (row.differs == wrong && tells(row) && facts.size() < most)
        facts.push_back(fact_of(row, words));
  return facts.empty() ? "" : words(Headline::afterwards, {{"facts", joined(facts, "; ")}});
}

bool has_several_steps(const Finding& finding) {
  return std::any_of(finding.timeline.begin(), finding.timeline.end(),
                     [](const Part& part) { return part.moves.size() > 1; });
}

std::string interval_of(const record::Rate& rate, const Words& words) {
  return words(Proof::interval, {{"percents", percents(rate.low, rate.high)}});
}

/// Inside the server or between the requests.
std::string where_it_lies(const Finding& finding, bool race, const Words& words) {
  if (!race) return "";
  if (finding.layer == record::Layer::body) return words(Proof::where_answer);
  if (finding.across_requests) return words(Proof::where_between);
  if (finding.layer == record::Layer::state && has_several_steps(finding))
    return words(Proof::where_inside);
  return "";
}

std::string rule_of(const record::BrokenRule& rule, const Words& words) {
  const std::string error = in_words(rule.error, words);
  if (rule.values.empty() && error.empty()) return rule.name;
  return words(error.empty() ? Proof::rule_saw : Proof::rule_failed,
               {{"rule", rule.name}, {"values", rule.values}, {"error", error}});
}

/// "2 redeem of 20 scripts are enough: 4 of 4 attempts, 0 of 20 fresh serial runs".
std::string how_few(const record::Fewest& fewest, const Words& words) {
  if (fewest.of == 0) return "";
  std::vector<std::string> parts;
  if (fewest.scripts > 0)
    parts.push_back(words(Proof::group_races, {{"group", in_words(fewest.group, words)},
                                               {"scripts", fewest.of},
                                               {"hits", fewest.concurrent.hits},
                                               {"of", fewest.concurrent.of},
                                               {"serial_hits", fewest.serial.hits},
                                               {"serial_of", fewest.serial.of}}));
  constexpr std::size_t few = 4;
  if (fewest.quiet.size() > few) {
    parts.push_back(words(Proof::groups_quiet, {{"groups", fewest.quiet.size()}}));
  } else if (!fewest.quiet.empty()) {
    std::vector<std::string> groups;
    for (const record::Group& group : fewest.quiet) groups.push_back(in_words(group, words));
    parts.push_back(
        words(Proof::group_quiet, {{"group", joined(groups, words(Proof::and_quiet))}}));
  }
  if (fewest.cut_short) parts.push_back(words(Proof::cut_short));
  return joined(parts, "; ");
}

/// Entries with something to say.
Entries spoken(std::vector<Entry> entries) {
  std::erase_if(entries, [](const Entry& entry) { return entry.text.empty(); });
  return {std::move(entries)};
}

std::vector<Entry> rates(const Finding& finding, bool race, const Words& words) {
  const record::Rate &concurrent = finding.concurrent, &serial = finding.serial;
  if (race && concurrent.of > 0)
    return {{words(Label::hit_rate),
             words(Proof::hit_rate, {{"hits", concurrent.hits},
                                     {"of", concurrent.of},
                                     {"interval", interval_of(concurrent, words)},
                                     {"serial_hits", serial.hits},
                                     {"serial_of", serial.of}})}};
  if (serial.of == 0) return {};
  return {{words(Label::serial_rate),
           words(Proof::serial_rate, {{"hits", serial.hits},
                                      {"of", serial.of},
                                      {"interval", interval_of(serial, words)}})}};
}

Entries how_sure(const Finding& finding, const Record& record, const Words& words) {
  const bool race = record.verdict != record::Verdict::broken;
  std::vector<Entry> entries = rates(finding, race, words);
  if (finding.proven_at > 0)
    entries.push_back(
        {words(Label::proven), words(Proof::proven, {{"attempts", finding.proven_at}})});
  if (finding.attempt > 0)
    entries.push_back({words(Label::schedule), in_words(finding.schedule, record, words)});
  entries.push_back({words(Label::window), hit_window(finding, record, words)});
  for (std::size_t i = 0; i < finding.schedules.size(); ++i) {
    const record::ScheduleRate& each = finding.schedules[i];
    entries.push_back(
        {i == 0 ? words(Label::hit_by) : "",
         words(Proof::hit_by, {{"schedule", in_words(each.least, each.most, record, words)},
                               {"hits", each.rate.hits},
                               {"of", each.rate.of}})});
  }
  entries.push_back({words(Label::smallest), how_few(finding.fewest, words)});
  if (race && !finding.orders.empty())
    entries.push_back({words(Label::closest), in_words(finding.orders.front(), words)});
  return spoken(std::move(entries));
}

Section what_it_is(const Finding& finding, const Record& record, const Words& words) {
  const bool race = record.verdict != record::Verdict::broken;
  Section section{title_of(finding, words), finding.cwe, {}};
  section.blocks.emplace_back(Paragraph{headline_of(finding, words)});
  section.blocks.emplace_back(spoken({{words(Label::why), why(finding, words)},
                                      {words(Label::rule), rule_of(finding.rule, words)},
                                      {words(Label::where), where_it_lies(finding, race, words)}}));
  return section;
}

Section attempt(const Finding& finding, const Words& words) {
  Section section;
  if (finding.attempt > 0) {
    section.heading = words(Heading::attempt, {{"attempt", finding.attempt}});
    section.aside = words(Proof::to_scale);
  } else {
    section.heading = words(Heading::serial_run);
    section.aside = words(Proof::serial_to_scale);
  }
  section.blocks.emplace_back(Timeline{finding.timeline});
  return section;
}

Section calls(const std::vector<record::Call>& calls, const Words& words, const Detail& detail) {
  Section section{words(Heading::calls), "", {}};
  Table table{.head = {words(Column::sink), words(Column::at_ms), words(Column::request),
                       words(Column::body)}};
  const std::size_t shown = std::min(calls.size(), detail.calls);
  for (std::size_t i = 0; i < shown; ++i)
    table.rows.push_back(
        {{calls[i].sink, measure(calls[i].at_ms), calls[i].request, calls[i].body}});
  section.blocks.emplace_back(std::move(table));
  if (shown < calls.size())
    section.blocks.emplace_back(
        Paragraph{not_shown(shown, calls.size(), Rest::calls, words), Tone::faint});
  return section;
}

/// What was seen beside what each order allows, the closest order first.
Section comparison(const Finding& finding, const Words& words, const Detail& detail) {
  Section section{words(Heading::comparison), "", {}};
  constexpr std::size_t readable = 4;
  const std::size_t orders = finding.orders.size();
  const std::size_t places = std::min(finding.differences.size(), detail.places);
  Table table{.head = {words(Column::place), words(Column::seen)},
              .fixed = 2,
              .further = readable,
              .things = Rest::orders};
  for (const record::Order& order : finding.orders) table.head.push_back(in_words(order, words));
  bool marked = false;
  for (std::size_t i = 0; i < places; ++i) {
    const Comparison& place = finding.differences[i];
    Table::Row row{{in_words(place.place, words), in_words(place.seen, words)}};
    for (std::size_t order = 0; order < orders; ++order)
      row.cells.push_back(order < place.allowed.size() ? in_words(place.allowed[order], words)
                                                       : "");
    if (place.differs) row.mark = "✗", row.tone = Tone::bad;
    marked = marked || place.differs;
    table.rows.push_back(std::move(row));
  }
  section.blocks.emplace_back(std::move(table));
  section.blocks.emplace_back(
      Paragraph{words(marked ? Proof::differs_everywhere : Proof::fits_apart), Tone::faint});
  if (places < finding.differences.size())
    section.blocks.emplace_back(
        Paragraph{not_shown(places, finding.differences.size(), Rest::places, words), Tone::faint});
  return section;
}

Section fixes(const Finding& finding, const Words& words) {
  Bullets bullets;
  for (const record::Cure cure : finding.cures) bullets.texts.push_back(words(cure));
  return {words(Heading::fix),
          bullets.texts.size() > 1 ? words(Proof::likeliest_first) : "",
          {std::move(bullets)}};
}

Section also_found(const Record& record, const Words& words, const Detail& detail) {
  Section section{words(Heading::also_found), "", {}};
  const std::size_t shown = std::min(record.findings.size(), detail.findings + 1);
  Bullets bullets;
  for (std::size_t i = 1; i < shown; ++i)
    bullets.texts.push_back(in_brief(record.findings[i], words));
  section.blocks.emplace_back(std::move(bullets));
  if (shown < record.findings.size())
    section.blocks.emplace_back(
        Paragraph{words(Rest::more, {{"more", record.findings.size() - shown}}), Tone::faint});
  return section;
}

}  // namespace

std::string title_of(const Finding& finding, const Words& words) {
  if (finding.kind != record::Kind::other) return words(finding.kind);
  return words(finding.rule.name.empty() ? Proof::no_order_gives : Proof::rule_broke);
}

std::string headline_of(const Finding& finding, const Words& words) {
  const record::ContentionError& error = finding.error;
  if (!error.script.empty())
    return words(error.status == 0 ? Headline::error_no_answer : Headline::error,
                 {{"script", error.script},
                  {"status", error.status},
                  {"attempts", error.attempts},
                  {"of", finding.concurrent.of}});
  std::string text = who_was_told_what(finding.timeline, words);
  if (!text.empty()) text += ".";
  const std::string now = what_is_true_now(finding.differences, words);
  return text.empty() || now.empty() ? text + now : text + " " + now;
}

std::string in_brief(const Finding& finding, const Words& words) {
  std::string title = title_of(finding, words);
  if (!finding.cwe.empty()) title += " (" + finding.cwe + ")";
  return words(Proof::in_brief, {{"title", title}, {"headline", headline_of(finding, words)}});
}

std::string why(const Finding& finding, const Words& words) {
  using Is = record::Why::Is;
  const record::Why& why = finding.why;
  const std::string order = finding.orders.empty() ? "" : in_words(finding.orders.front(), words);
  const Fillings fillings{{"seen", why.seen},     {"allowed", why.allowed}, {"name", why.name},
                          {"before", why.before}, {"after", why.after},     {"order", order}};
  if (why.is == Is::called_more_often && why.allowed == 0)
    return words(Proof::never_called, fillings);
  if (why.is == Is::more_succeeded) {
    const std::string text =
        why.allowed == 0 ? words(Proof::none_succeeds, fillings) : words(why.is, fillings);
    return finding.across_requests ? text + " " + words(Proof::each_request_is_right) : text;
  }
  if (why.is == Is::change_is_gone && why.several)
    return words(why.everybody ? Proof::some_gone_of_all : Proof::some_gone);
  if (why.is == Is::change_is_gone && why.everybody) return words(Proof::one_gone_of_all);
  return words(why.is, fillings);
}

std::string hit_window(const Finding& finding, const Record& record, const Words& words) {
  const record::Window& window = finding.window;
  if (!window.known || window.outside.of == 0) return "";
  return words(Proof::window, {{"when", in_words(window, record, words)},
                               {"hits", window.inside.hits},
                               {"of", window.inside.of},
                               {"other_hits", window.outside.hits},
                               {"other_of", window.outside.of}});
}

std::vector<Section> findings(const Record& record, const Words& words, const Detail& detail) {
  if (record.findings.empty()) return {};
  const Finding& first = record.findings.front();
  std::vector<Section> sections{what_it_is(first, record, words)};
  if (detail.page) sections.push_back(lags(record, words));
  if (!first.timeline.empty()) sections.push_back(attempt(first, words));
  if (!first.calls.empty()) sections.push_back(calls(first.calls, words, detail));
  if (!first.differences.empty()) sections.push_back(comparison(first, words, detail));
  sections.push_back({words(Heading::evidence), "", {how_sure(first, record, words)}});
  if (!first.cures.empty()) sections.push_back(fixes(first, words));
  if (record.findings.size() > 1) sections.push_back(also_found(record, words, detail));
  return sections;
}

}  // namespace report
