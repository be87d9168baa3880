#include "report/terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <set>

#include "report/columns.h"
#include "report/comparison.h"
#include "report/page.h"
#include "report/timeline.h"
#include "report/words.h"

namespace report {
namespace {

using record::Finding;
using record::LearntOrder;
using record::Record;

constexpr std::size_t shown_orders = 8;
constexpr std::size_t shown_volatile = 8;
constexpr std::size_t shown_findings = 5;
constexpr std::size_t shown_calls = 12;

void banner(Page& page, const Record& record) {
  const Tone tone = record.verdict == "clean"          ? Tone::good
                    : record.verdict == "inconclusive" ? Tone::warn
                                                       : Tone::bad;
  const std::string name = record.scenario_name.empty() ? record.scenario_id : record.scenario_name;
  Line line{{"━━━ ", tone}, {upper(record.verdict), tone}, {" ━━━ ", tone}};
  line.push_back({cut(name, page.width() - display_width(line)) + " ", Tone::strong});
  std::string rule;
  for (int column = display_width(line); column < page.width(); ++column) rule += "━";
  line.push_back({rule, tone});
  page.line(line);
  if (!record.sentence.empty()) page.paragraph(record.sentence, Tone::plain, 0);
}

void list(Page& page, const std::vector<Entry>& entries) {
  for (const Entry& entry : entries)
    if (!entry.text.empty()) page.entry(entry.label, entry.text, entry.tone);
}

void calls_to_sinks(Page& page, const std::vector<record::Call>& calls) {
  if (calls.empty()) return;
  page.heading("Calls to sinks", count(static_cast<int>(calls.size()), "call", "calls"));
  const std::size_t shown = std::min(calls.size(), shown_calls);
  int sinks = 0;
  for (std::size_t i = 0; i < shown; ++i) sinks = std::max(sinks, display_width(calls[i].sink));
  for (std::size_t i = 0; i < shown; ++i) {
    Line line{{"  " + pad(calls[i].sink, sinks), Tone::strong},
              {fmt::format("  {:>7} ms  ", measure(calls[i].at_ms)), Tone::faint},
              {calls[i].request + " "}};
    line.push_back({cut(calls[i].body, page.width() - display_width(line)), Tone::faint});
    page.line(line);
  }
  if (shown < calls.size())
    page.paragraph(fmt::format("and {} more (run.json has all)", calls.size() - shown),
                   Tone::faint);
}

void finding_in_full(Page& page, const Finding& finding, bool race) {
  page.heading(title_of(finding), finding.cwe);
  if (!finding.headline.empty()) page.paragraph(finding.headline);
  list(page, what_it_is(finding, race));
  if (!finding.timeline.empty()) {
    if (finding.attempt > 0)
      page.heading(fmt::format("Attempt {}", finding.attempt), "to scale");
    else
      page.heading("One at a time", "a serial run, to scale");
    draw_timeline(page, finding.timeline);
  }
  calls_to_sinks(page, finding.calls);
  draw_comparison(page, finding);
  page.heading("How sure");
  list(page, how_sure(finding, race));
  if (!finding.cures.empty()) {
    page.heading("How to mend it");
    for (const std::string& cure : finding.cures) page.bullet(cure);
  }
}

void findings(Page& page, const Record& record) {
  const bool race = record.verdict != "broken";
  if (record.findings.empty()) return;
  finding_in_full(page, record.findings[0], race);
  if (record.findings.size() == 1) return;
  page.heading("Also found");
  const std::size_t shown = std::min(record.findings.size(), shown_findings + 1);
  for (std::size_t i = 1; i < shown; ++i) page.bullet(in_brief(record.findings[i]));
  if (shown < record.findings.size())
    page.paragraph(fmt::format("and {} more (run.json has all)", record.findings.size() - shown),
                   Tone::faint);
}

void what_is_missing(Page& page, const Record& record) {
  if (!record.reasons.empty()) {
    page.heading("Why there is no verdict");
    for (const std::string& reason : record.reasons) page.bullet(reason);
  }
  if (!record.next_steps.empty()) {
    page.heading(record.verdict == "inconclusive" ? "What to do" : "What to do next");
    for (const std::string& step : record.next_steps) page.bullet(step);
  }
  if (record.mask.empty()) return;
  page.heading("Ready for the scenario");
  page.blank();
  std::size_t start = 0;
  while (start < record.mask.size()) {
    const std::size_t end = std::min(record.mask.find('\n', start), record.mask.size());
    page.verbatim({{"    " + record.mask.substr(start, end - start), Tone::good}});
    start = end + 1;
  }
}

/// Orders to show: the first of each outcome, then the others, as many as are read.
std::vector<const LearntOrder*> chosen(const std::vector<LearntOrder>& orders) {
  std::vector<const LearntOrder*> chosen;
  std::set<std::string> outcomes;
  for (const LearntOrder& order : orders)
    if (chosen.size() < shown_orders && outcomes.insert(order.outcome).second)
      chosen.push_back(&order);
  for (const LearntOrder& order : orders)
    if (chosen.size() < shown_orders &&
        std::find(chosen.begin(), chosen.end(), &order) == chosen.end())
      chosen.push_back(&order);
  std::stable_sort(chosen.begin(), chosen.end(), [](const LearntOrder* a, const LearntOrder* b) {
    return a->outcome < b->outcome;
  });
  return chosen;
}

void learnt_orders(Page& page, const Record& record) {
  const std::vector<const LearntOrder*> shown = chosen(record.learnt.orders);
  int name = 0;
  for (const LearntOrder* order : shown) name = std::max(name, display_width(order->order));
  name = std::min(name, page.width() / 2);
  std::string outcome;
  for (const LearntOrder* order : shown) {
    const std::string runs =
        count(order->runs, "run", "runs") +
        (record.tried.attempts == 0
             ? ""
             : fmt::format(", explains {}", count(order->explained, "attempt", "attempts")));
    page.line({{"  "},
               {pad(order->outcome, 2), Tone::strong},
               {pad(order->order, name), Tone::plain},
               {"  " + runs, Tone::faint}});
    // Orders with the same letter come to the same: said once.
    if (order->outcome == outcome && !outcome.empty()) continue;
    outcome = order->outcome;
    if (!order->answers.empty()) page.paragraph(joined(order->answers, " · "), Tone::plain, 6);
    if (!order->state.empty()) page.paragraph("then " + order->state, Tone::plain, 6);
  }
  if (shown.size() < record.learnt.orders.size())
    page.paragraph(
        fmt::format("not shown: {} of {} orders (run.json has all)",
                    record.learnt.orders.size() - shown.size(), record.learnt.orders.size()),
        Tone::faint);
}

void volatile_places(Page& page, const std::vector<record::Volatile>& places) {
  if (places.empty()) return;
  page.entry("varies", "these change by themselves and are not compared by value:");
  const std::size_t shown = std::min(places.size(), shown_volatile);
  int width = 0;
  for (std::size_t i = 0; i < shown; ++i) width = std::max(width, display_width(places[i].place));
  width = std::min(width, page.width() / 2);
  for (std::size_t i = 0; i < shown; ++i)
    page.line({{"    "},
               {pad(places[i].place, width)},
               {"  " + pad(places[i].kind, 9), Tone::faint},
               {"  " + places[i].example, Tone::faint}});
  if (shown < places.size())
    page.paragraph(fmt::format("and {} more (run.json has all)", places.size() - shown),
                   Tone::faint, 4);
}

void learnt(Page& page, const Record& record) {
  const record::Learnt& learnt = record.learnt;
  if (learnt.orders.empty() && learnt.serial_runs == 0) return;
  page.heading("What was learnt, one script after another",
               count(learnt.serial_runs, "serial run", "serial runs"));
  learnt_orders(page, record);
  if (!learnt.latency_ms.empty()) {
    std::vector<std::string> latencies;
    for (const auto& [script, ms] : learnt.latency_ms)
      latencies.push_back(script + " " + milliseconds(ms));
    page.entry("alone", joined(latencies, ", "));
  }
  if (learnt.settle_ms > 0)
    page.entry("settles", milliseconds(learnt.settle_ms) + " after the last answer");
  volatile_places(page, learnt.volatile_places);
  for (const std::string& remark : learnt.remarks) page.entry("remark", remark);
}

void tried(Page& page, const Record& record) {
  if (record.tried.attempts == 0) return;
  page.heading("What was tried");
  list(page, what_was_tried(record));
}

void notes(Page& page, const Record& record) {
  if (record.notes.empty()) return;
  page.heading("Notes");
  for (const std::string& note : record.notes) page.bullet(note);
}

void last_line(Page& page, const Record& record) {
  page.blank();
  page.line({{fmt::format("seed {} · {:.1f} s", record.seed, record.duration_s), Tone::faint},
             {record.tool.empty() ? "" : " · " + record.tool, Tone::faint},
             {" · run.json (--json) has all of it", Tone::faint}});
}

}  // namespace

std::string terminal(const Record& record, const Look& look) {
  Page page(look);
  banner(page, record);
  if (record.verdict == "broken") {
    page.blank();
    page.paragraph(what_broken_means(), Tone::plain, 0);
  }
  if (record.verdict == "inconclusive") what_is_missing(page, record);
  findings(page, record);
  learnt(page, record);
  tried(page, record);
  if (record.verdict != "inconclusive") what_is_missing(page, record);
  notes(page, record);
  last_line(page, record);
  return page.take();
}

}  // namespace report
