#include "report/outline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "report/finding.h"
#include "report/in_words.h"
#include "report/offsets.h"

namespace report {
namespace {

using record::Record;
using record::Verdict;

std::string sentence(const Record& record, const Words& words) {
  const record::Finding none;
  const record::Finding& first = record.findings.empty() ? none : record.findings.front();
  const Fillings hits{{"hits", first.concurrent.hits},
                      {"of", first.concurrent.of},
                      {"rule", first.rule.name},
                      {"order", first.orders.empty() ? "" : in_words(first.orders.front(), words)}};
  switch (record.verdict) {
    case Verdict::race:
      return words(!first.error.script.empty()          ? Sentence::race_by_error
                   : first.layer == record::Layer::rule ? Sentence::race_by_rule
                                                        : Sentence::race,
                   hits);
    case Verdict::broken:
      return words(Sentence::broken, hits);
    case Verdict::inconclusive:
      return words(
          Sentence::inconclusive,
          {{"reason",
            record.reasons.empty() ? "" : in_words(record.reasons.front(), record, words)}});
    case Verdict::clean:
      return words(Sentence::clean, {{"attempts", record.tried.attempts}});
  }
  return "";
}

Tone tone_of(Verdict verdict) {
  if (verdict == Verdict::clean) return Tone::good;
  return verdict == Verdict::inconclusive ? Tone::warn : Tone::bad;
}

template <class Said>
Bullets bullets(const std::vector<Said>& all, const Record& record, const Words& words) {
  Bullets bullets;
  for (const Said& said : all) bullets.texts.push_back(in_words(said, record, words));
  return bullets;
}

void add_what_is_missing(std::vector<Section>& sections, const Record& record, const Words& words) {
  if (!record.reasons.empty())
    sections.push_back({words(Heading::no_verdict), "", {bullets(record.reasons, record, words)}});
  if (!record.next_steps.empty())
    sections.push_back(
        {words(record.verdict == Verdict::inconclusive ? Heading::what_to_do : Heading::next_steps),
         "",
         {bullets(record.next_steps, record, words)}});
  if (record.mask.empty()) return;
  Verbatim block{{"mask:"}};
  for (const std::string& path : record.mask) block.lines.push_back("  - '" + path + "'");
  sections.push_back({words(Heading::mask), "", {std::move(block)}});
}

/// Orders to show: the first of each outcome, then the others, as many as are read.
std::vector<const record::LearntOrder*> chosen(const std::vector<record::LearntOrder>& orders,
                                               std::size_t most) {
  std::vector<const record::LearntOrder*> chosen;
  std::set<int> outcomes;
  for (const record::LearntOrder& order : orders)
    if (chosen.size() < most && outcomes.insert(order.outcome).second) chosen.push_back(&order);
  for (const record::LearntOrder& order : orders)
    if (chosen.size() < most && std::find(chosen.begin(), chosen.end(), &order) == chosen.end())
      chosen.push_back(&order);
  // Below 0 is unknown, and comes last.
  const auto rank = [](const record::LearntOrder* order) {
    return order->outcome < 0 ? std::numeric_limits<int>::max() : order->outcome;
  };
  std::stable_sort(chosen.begin(), chosen.end(),
                   [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
  return chosen;
}

template <class Fact>
std::string each_in_words(const std::vector<Fact>& facts, std::string_view separator,
                          const Words& words) {
  std::vector<std::string> texts;
  for (const Fact& fact : facts) texts.push_back(in_words(fact, words));
  return joined(texts, separator);
}

Orders::Line line_of(const record::LearntOrder& order, const Record& record, const Words& words) {
  Orders::Line line{.letter = letter_of(order.outcome),
                    .order = in_words(order.order, words),
                    .runs = words(Effort::runs, {{"runs", order.runs}}),
                    .answers = each_in_words(order.answers, " · ", words),
                    .state = each_in_words(order.state, "; ", words)};
  if (order.others_turned_away && !order.order.turns.empty())
    line.order = words(Turns::others_refused, {{"order", line.order}});
  if (record.tried.attempts > 0)
    line.explains = words(Effort::explains, {{"attempts", order.explained}});
  return line;
}

void add_volatile(Section& section, const std::vector<record::Volatile>& places, const Words& words,
                  const Detail& detail) {
  if (places.empty()) return;
  section.blocks.emplace_back(Entries{{{words(Label::varies), words(Effort::varies)}}});
  Table table{.head = {words(Column::place), words(Column::varies), words(Column::example)}};
  const std::size_t shown = std::min(places.size(), detail.volatile_places);
  for (std::size_t i = 0; i < shown; ++i)
    table.rows.push_back(
        {{in_words(places[i].place, words), words(places[i].is), places[i].example}});
  section.blocks.emplace_back(std::move(table));
  if (shown < places.size())
    section.blocks.emplace_back(
        Paragraph{words(Rest::more, {{"more", places.size() - shown}}), Tone::faint});
}

Section learnt(const Record& record, const Words& words, const Detail& detail) {
  const record::Learnt& learnt = record.learnt;
  Section section{words(Heading::learnt), words(Effort::runs, {{"runs", learnt.serial_runs}}), {}};
  if (learnt.orders.empty() && learnt.serial_runs == 0) return section;
  Orders orders;
  for (const record::LearntOrder* order : chosen(learnt.orders, detail.orders))
    orders.lines.push_back(line_of(*order, record, words));
  const std::size_t shown = orders.lines.size();
  section.blocks.emplace_back(std::move(orders));
  if (shown < learnt.orders.size())
    section.blocks.emplace_back(
        Paragraph{not_shown(shown, learnt.orders.size(), Rest::orders, words), Tone::faint});
  Entries entries;
  std::vector<std::string> latencies;
  for (const auto& [script, ms] : learnt.latency_ms)
    latencies.push_back(script + " " + milliseconds(ms));
  if (!latencies.empty()) entries.list.push_back({words(Label::latency), joined(latencies)});
  if (learnt.settle_ms > 0)
    entries.list.push_back({words(Label::settles),
                            words(Effort::settles, {{"time", milliseconds(learnt.settle_ms)}})});
  section.blocks.emplace_back(std::move(entries));
  add_volatile(section, learnt.volatile_places, words, detail);
  Entries remarks;
  for (const record::Remark& remark : learnt.remarks)
    remarks.list.push_back({words(Label::remark), in_words(remark, record, words)});
  if (!remarks.list.empty()) section.blocks.emplace_back(std::move(remarks));
  return section;
}

// -- what was tried

std::string attempts_made(const Record& record, const Words& words) {
  const record::Tried& tried = record.tried;
  std::vector<std::string> parts{
      words(Effort::attempts, {{"attempts", tried.attempts}, {"overlapped", tried.overlapped}})};
  // Effort is what `clean` is earned by; beside a proof it would read like a reproach.
  if (record.findings.empty())
    parts.push_back(words(Effort::counted, {{"counted", tried.counted}}));
  if (tried.after_proof > 0)
    parts.push_back(words(Effort::after_proof, {{"attempts", tried.after_proof}}));
  return joined(parts);
}

/// "190 match a sequential order, 4 match none".
std::string judged(const record::Tried& tried, const Words& words) {
  std::vector<std::string> parts{words(Effort::explained, {{"attempts", tried.explained}})};
  const auto add = [&](Effort effort, int attempts) {
    if (attempts > 0) parts.push_back(words(effort, {{"attempts", attempts}}));
  };
  add(Effort::unexplained, tried.unexplained);
  add(Effort::permitted, tried.permitted);
  add(Effort::unjudged, tried.unjudged);
  return joined(parts);
}

std::string manners(const record::Tried& tried, const Words& words) {
  std::vector<std::string> parts;
  for (const record::Manner& manner : tried.manners)
    parts.push_back(words(Effort::released,
                          {{"attempts", manner.attempts}, {"manner", in_words(manner, words)}}));
  return joined(parts, "; ");
}

std::string sinks(const record::Tried& tried, const Words& words) {
  std::vector<std::string> parts;
  for (const record::SinkTally& sink : tried.sinks)
    parts.push_back(words(Effort::sink_calls, {{"sink", sink.sink}, {"calls", sink.calls}}));
  return joined(parts);
}

std::string refusals(const record::Tried& tried, const Words& words) {
  std::vector<std::string> parts;
  for (const record::Refusal& refusal : tried.refusals) {
    const std::string status =
        refusal.status == 0 ? "REFUSED_STREAM" : std::to_string(refusal.status);
    std::string part =
        words(Effort::refused_with,
              {{"script", refusal.script}, {"status", status}, {"attempts", refusal.times}});
    if (!refusal.customary) part = words(Effort::refused_oddly, {{"refusal", part}});
    parts.push_back(std::move(part));
  }
  return parts.empty() ? "" : words(Effort::refused_only, {{"refusals", joined(parts)}});
}

/// What `clean` is worth. Rounded down: the claim must not be stronger than the bound.
std::string bound(const Record& record, const Words& words) {
  const double rate = record.tried.upper_bound;
  if (record.verdict != Verdict::clean || rate <= 0 || rate >= 1) return "";
  return words(Effort::bound, {{"attempts", static_cast<std::int64_t>(std::floor(1 / rate))}});
}

std::string self_check(const record::Tried& tried, const Words& words) {
  std::vector<std::string> parts;
  for (const record::Planted& planted : tried.sensitivity)
    parts.push_back(window_of(planted.window_us) + " " + in_words(planted, words));
  return parts.empty() ? "" : words(Effort::self_check, {{"windows", joined(parts, "; ")}});
}

std::string spread(const record::Tried& tried, const Words& words) {
  return words(Effort::spread, {{"half", microseconds(tried.spread_p50_us)},
                                {"most", microseconds(tried.spread_p99_us)}});
}

/// That there was hardly any time of a processor left, if so, unless a note says it.
std::string crowd(const Record& record, const Words& words) {
  const record::Load& load = record.tried.load;
  const bool noted = std::any_of(
      record.notes.begin(), record.notes.end(),
      [](const record::Remark& note) { return note.code == record::RemarkCode::machine_crowded; });
  if (!load.crowded || noted) return "";
  return words(record::RemarkCode::machine_crowded,
               {{"others", load.others}, {"cores", load.cores}});
}

std::string if_any(int number, Effort effort, const char* name, const Words& words) {
  return number > 0 ? words(effort, {{name, number}}) : "";
}

Section tried(const Record& record, const Words& words) {
  const record::Tried& tried = record.tried;
  Section section{words(Heading::tried), "", {}};
  if (tried.attempts == 0) return section;
  const bool swept = tried.offset_low_ms != 0 || tried.offset_high_ms != 0;
  const std::string refused = refusals(tried, words);
  Entries entries{
      {{words(Label::attempts), attempts_made(record, words)},
       {words(Label::judged), judged(tried, words)},
       {words(Label::released), manners(tried, words)},
       {words(Label::spread), spread(tried, words)},
       {words(Label::offsets), swept ? words(Effort::offsets, {{"low", tried.offset_low_ms},
                                                               {"high", tried.offset_high_ms}})
                                     : ""},
       {words(Label::sinks), sinks(tried, words)},
       {words(Label::lanes), tried.lanes > 1 ? words(Effort::lanes, {{"lanes", tried.lanes}}) : ""},
       {words(Label::refused), refused},
       {refused.empty() ? words(Label::refused) : "",
        if_any(tried.everyone_refused, Effort::everyone_refused, "attempts", words)},
       {words(Label::machine), crowd(record, words), Tone::warn},
       {words(Label::controls), if_any(tried.controls, Effort::controls, "runs", words)},
       {words(Label::repeated), if_any(tried.played_anew, Effort::repeated, "runs", words)},
       {words(Label::bound), bound(record, words), Tone::good},
       {words(Label::self_check), self_check(tried, words)}}};
  std::erase_if(entries.list, [](const Entry& entry) { return entry.text.empty(); });
  section.blocks.emplace_back(std::move(entries));
  return section;
}

std::string end_of(const Record& record, const Words& words, const Detail& detail) {
  return words(detail.page ? Rest::end_of_page : Rest::end,
               {{"seed", record.seed},
                {"duration", fmt::format("{:.1f}", record.duration_s)},
                {"tool", record.tool},
                {"started_at", record.started_at},
                {"scenario_file", record.scenario_file}});
}

void drop_empty(std::vector<Section>& sections) {
  std::erase_if(sections, [](const Section& section) { return section.blocks.empty(); });
}

}  // namespace

Outline outline(const Record& record, const Words& words, const Detail& detail) {
  Outline outline{.verdict = words(record.verdict),
                  .tone = tone_of(record.verdict),
                  .title = record.scenario_name.empty() ? record.scenario_id : record.scenario_name,
                  .lead = {{sentence(record, words)}},
                  .end = end_of(record, words, detail)};
  if (record.verdict == Verdict::broken)
    outline.lead.push_back({words(Sentence::broken_is_no_race)});
  std::vector<Section>& sections = outline.sections;
  if (record.verdict == Verdict::inconclusive) add_what_is_missing(sections, record, words);
  for (Section& section : findings(record, words, detail)) sections.push_back(std::move(section));
  sections.push_back(learnt(record, words, detail));
  if (detail.page && record.findings.empty()) sections.push_back(lags(record, words));
  sections.push_back(tried(record, words));
  if (record.verdict != Verdict::inconclusive) add_what_is_missing(sections, record, words);
  if (!record.notes.empty())
    sections.push_back({words(Heading::notes), "", {bullets(record.notes, record, words)}});
  drop_empty(sections);
  return outline;
}

std::string not_shown(std::size_t shown, std::size_t all, Rest things, const Words& words) {
  return words(Rest::not_shown, {{"more", all - shown}, {"all", all}, {"things", words(things)}});
}

}  // namespace report
