#include "report/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "report/comparison.h"
#include "report/gist.h"
#include "report/offsets.h"
#include "report/words.h"

namespace report {
namespace {

using record::Finding;
using record::Record;

constexpr std::size_t shown_places = 20, shown_learnt = 24, shown_parts = 24, shown_calls = 24;

constexpr char style[] = R"(
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2024; --faint: #5f6770; --rule: #d9dde2;
  --sheet: #f5f6f8; --bad: #b3261e; --good: #1b6e3c; --warn: #8a5a00; --other: #3f6fb5; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #e6e8eb; --faint: #9aa3ad;
  --rule: #353a40; --sheet: #1f2226; --bad: #ff8a80; --good: #7bd6a0; --warn: #ffcc66; --other: #8fb7f5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "Noto Sans", "Noto Sans CJK KR", sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .4rem 0; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--rule); padding-bottom: .25rem; }
.verdict { display: inline-block; font-weight: 700; letter-spacing: .06em; padding: .1rem .6rem; border: 2px solid; border-radius: .3rem; }
.race, .broken { color: var(--bad); } .clean, .good { color: var(--good); } .inconclusive, .warn { color: var(--warn); }
.lead { font-size: 1.1rem; margin: .4rem 0; } .faint, .panel { color: var(--faint); } .panel { margin: 1rem 0 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.2rem; margin: .6rem 0; }
dt { color: var(--faint); } dd { grid-column: 2; margin: 0; overflow-wrap: anywhere; }
.wide, figure { overflow-x: auto; } table, svg { min-width: 40rem; } table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--rule); overflow-wrap: anywhere; }
th, td:first-child { overflow-wrap: normal; } td:nth-child(2) { min-width: 9rem; } th { color: var(--faint); font-weight: 600; }
code, .value { font: .9em/1.45 ui-monospace, "DejaVu Sans Mono", monospace; } .differs { color: var(--bad); font-weight: 600; }
pre { background: var(--sheet); padding: .8rem 1rem; overflow-x: auto; border-radius: .3rem; }
figure { margin: 1rem 0; } figcaption { color: var(--faint); margin-top: .8rem; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, "Noto Sans", sans-serif; }
svg text { fill: var(--ink); } svg .tick, svg .label, svg .key { fill: var(--faint); } svg .hit-row, svg .rate { fill: var(--bad); font-weight: 600; }
svg .grid { stroke: var(--rule); } svg .together { stroke: var(--faint); stroke-dasharray: 3 3; } svg .axis { stroke: var(--faint); }
svg .other { fill: var(--other); fill-opacity: .55; } svg .hit { fill: var(--bad); } svg .band { fill: var(--bad); fill-opacity: .14; }
)";

const char* kind_of(Tone tone) {
  return tone == Tone::good ? "good" : tone == Tone::warn ? "warn" : "";
}

/// A page under way.
class Sheet {
 public:
  void heading(const std::string& title) { raw("<h2>" + escaped(title) + "</h2>\n"); }
  void paragraph(const std::string& text, const char* kind = "") {
    if (!text.empty()) raw(fmt::format("<p class=\"{}\">{}</p>\n", kind, escaped(text)));
  }
  void list(const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    raw("<ul>\n");
    for (const std::string& text : texts) raw("<li>" + escaped(text) + "</li>\n");
    raw("</ul>\n");
  }
  void terms(const std::vector<Entry>& entries) {
    raw("<dl>\n");
    for (const Entry& entry : entries) {
      if (entry.text.empty()) continue;
      if (!entry.label.empty()) raw("<dt>" + escaped(entry.label) + "</dt>");
      raw(fmt::format("<dd class=\"{}\">{}</dd>\n", kind_of(entry.tone), escaped(entry.text)));
    }
    raw("</dl>\n");
  }
  void open_table(const std::vector<std::string>& head) {
    raw("<div class=\"wide\"><table>\n<thead><tr>");
    for (const std::string& cell : head) raw("<th scope=\"col\">" + escaped(cell) + "</th>");
    raw("</tr></thead>\n<tbody>\n");
  }
  /// `marked`: the cell that matters, if one does.
  void row(const std::vector<std::string>& cells, std::optional<std::size_t> marked = {}) {
    raw("<tr>");
    for (std::size_t i = 0; i < cells.size(); ++i)
      raw(fmt::format("<td class=\"value{}\">{}</td>", marked == i ? " differs" : "",
                      escaped(cells[i])));
    raw("</tr>\n");
  }
  void close_table() { raw("</tbody></table></div>\n"); }
  void raw(const std::string& markup) { text_ += markup; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void left_out(Sheet& sheet, std::size_t shown, std::size_t all, const char* what) {
  if (shown < all)
    sheet.paragraph(
        fmt::format("not shown: {} of {} {} (run.json has all)", all - shown, all, what), "faint");
}

void top(Sheet& sheet, const Record& record) {
  const std::string name = record.scenario_name.empty() ? record.scenario_id : record.scenario_name;
  sheet.raw(fmt::format("<span class=\"verdict {}\">{}</span>\n", escaped(record.verdict),
                        escaped(upper(record.verdict))));
  sheet.raw("<h1>" + escaped(name) + "</h1>\n");
  sheet.paragraph(record.sentence, "lead");
  if (record.verdict == "broken") sheet.paragraph(what_broken_means());
}

void what_is_missing(Sheet& sheet, const Record& record) {
  if (!record.reasons.empty()) sheet.heading("Why there is no verdict");
  sheet.list(record.reasons);
  if (!record.next_steps.empty())
    sheet.heading(record.verdict == "inconclusive" ? "What to do" : "What to do next");
  sheet.list(record.next_steps);
  if (record.mask.empty()) return;
  sheet.heading("Ready for the scenario");
  sheet.raw("<pre>");
  std::size_t start = 0;
  while (start < record.mask.size()) {
    const std::size_t end = std::min(record.mask.find('\n', start), record.mask.size());
    sheet.raw(escaped(record.mask.substr(start, end - start)) + "\n");
    start = end + 1;
  }
  sheet.raw("</pre>\n");
}

void offsets(Sheet& sheet, const Record& record) {
  const std::string drawing = offsets_drawing(record);
  if (drawing.empty()) return;
  sheet.heading("Lag against outcome");
  sheet.raw("<figure>\n" + drawing + "<figcaption>");
  std::string caption = "Each mark is an attempt.";
  const std::string window = record.findings.empty() ? "" : hit_window(record.findings.front());
  if (!window.empty()) caption += " It hits " + window + ".";
  sheet.raw(escaped(caption) + "</figcaption>\n</figure>\n");
}

/// As it went, in the order in which requests left.
void timeline(Sheet& sheet, const Finding& finding) {
  if (finding.timeline.empty()) return;
  sheet.heading(finding.attempt > 0 ? fmt::format("Attempt {}", finding.attempt) : "One at a time");
  sheet.open_table({"who", "request", "answer", "left, ms", "released, ms", "answered, ms"});
  struct Sent {
    const record::Part* part;
    const record::Move* move;
  };
  std::vector<Sent> all;
  for (const record::Part& part : finding.timeline)
    for (const record::Move& move : part.moves) all.push_back({&part, &move});
  std::stable_sort(all.begin(), all.end(),
                   [](const Sent& a, const Sent& b) { return a.move->sent_ms < b.move->sent_ms; });
  const Gist gist(finding.timeline);
  constexpr int answer_columns = 80;
  const std::size_t shown = std::min(all.size(), shown_parts);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& [part, move] = all[i];
    const std::string who = part->label.empty() ? part->script : part->label + " " + part->script;
    const std::string answer =
        move->status == 0
            ? no_answer(*move)
            : fmt::format("{} {}", move->status, gist.of(move->answer, answer_columns));
    sheet.row({who, asked(*move), answer, measure(move->sent_ms),
               move->released_ms < 0 ? "" : measure(move->released_ms),
               measure(move->answered_ms)});
  }
  sheet.close_table();
  left_out(sheet, shown, all.size(), "requests");
}

void calls_to_sinks(Sheet& sheet, const std::vector<record::Call>& calls) {
  if (calls.empty()) return;
  sheet.heading("Calls to sinks");
  sheet.open_table({"sink", "at, ms", "request", "body"});
  const std::size_t shown = std::min(calls.size(), shown_calls);
  for (std::size_t i = 0; i < shown; ++i)
    sheet.row({calls[i].sink, measure(calls[i].at_ms), calls[i].request, calls[i].body});
  sheet.close_table();
  left_out(sheet, shown, calls.size(), "calls");
}

void comparison(Sheet& sheet, const Finding& finding) {
  if (finding.differences.empty()) return;
  sheet.heading("Seen, against what each order allows");
  const std::vector<std::size_t> orders = compared_orders(finding);
  std::vector<std::string> head{"place", "seen"};
  for (const std::size_t order : orders) head.push_back(finding.orders[order]);
  sheet.open_table(head);
  const std::size_t shown = std::min(finding.differences.size(), shown_places);
  for (std::size_t i = 0; i < shown; ++i) {
    const record::Comparison& place = finding.differences[i];
    std::vector<std::string> cells{(place.differs ? "✗ " : "") + place.place, place.seen};
    for (const std::size_t order : orders)
      cells.push_back(order < place.allowed.size() ? place.allowed[order] : "");
    sheet.row(cells, place.differs ? std::optional<std::size_t>(1) : std::nullopt);
  }
  sheet.close_table();
  sheet.paragraph(marks_in_words(finding), "faint");
  left_out(sheet, shown, finding.differences.size(), "places");
  left_out(sheet, orders.size(), finding.orders.size(), "orders");
}

void finding(Sheet& sheet, const Record& record) {
  if (record.findings.empty()) return;
  const bool race = record.verdict != "broken";
  const Finding& first = record.findings.front();
  sheet.heading(title_of(first) + (first.cwe.empty() ? "" : " · " + first.cwe));
  sheet.paragraph(first.headline);
  sheet.terms(what_it_is(first, race));
  offsets(sheet, record);
  timeline(sheet, first);
  calls_to_sinks(sheet, first.calls);
  comparison(sheet, first);
  sheet.heading("How sure");
  sheet.terms(how_sure(first, race));
  if (!first.cures.empty()) sheet.heading("How to mend it");
  sheet.list(first.cures);
  std::vector<std::string> others;
  for (std::size_t i = 1; i < record.findings.size(); ++i)
    others.push_back(in_brief(record.findings[i]));
  if (!others.empty()) sheet.heading("Also found");
  sheet.list(others);
}

void learnt(Sheet& sheet, const record::Learnt& learnt) {
  if (learnt.orders.empty() && learnt.serial_runs == 0) return;
  sheet.heading("What was learnt, one script after another");
  const std::size_t shown = std::min(learnt.orders.size(), shown_learnt);
  sheet.open_table({"", "order", "runs", "explains", "answers", "state"});
  for (std::size_t i = 0; i < shown; ++i) {
    const record::LearntOrder& order = learnt.orders[i];
    sheet.row({order.outcome, order.order, std::to_string(order.runs),
               std::to_string(order.explained), joined(order.answers, " · "), order.state});
  }
  sheet.close_table();
  left_out(sheet, shown, learnt.orders.size(), "orders");
  std::vector<Entry> entries;
  std::vector<std::string> parts;
  for (const auto& [script, ms] : learnt.latency_ms)
    parts.push_back(script + " " + milliseconds(ms));
  entries.push_back({"alone", joined(parts, ", ")});
  if (learnt.settle_ms > 0)
    entries.push_back({"settles", milliseconds(learnt.settle_ms) + " after the last answer"});
  parts.clear();
  for (const record::Volatile& place : learnt.volatile_places)
    parts.push_back(fmt::format("{} ({})", place.place, place.kind));
  entries.push_back({"varies", joined(parts, ", ")});
  for (const std::string& remark : learnt.remarks) entries.push_back({"remark", remark});
  sheet.terms(entries);
}

void tried(Sheet& sheet, const Record& record) {
  if (record.tried.attempts == 0) return;
  if (record.findings.empty()) offsets(sheet, record);
  sheet.heading("What was tried");
  sheet.terms(what_was_tried(record));
}

}  // namespace

std::string html(const Record& record) {
  Sheet sheet;
  sheet.raw(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'\">\n<title>");
  sheet.raw(escaped(record.verdict + ": " + record.scenario_id) + "</title>\n<style>" + style +
            "</style>\n</head>\n<body>\n");
  top(sheet, record);
  if (record.verdict == "inconclusive") what_is_missing(sheet, record);
  finding(sheet, record);
  learnt(sheet, record.learnt);
  tried(sheet, record);
  if (record.verdict != "inconclusive") what_is_missing(sheet, record);
  if (!record.notes.empty()) sheet.heading("Notes");
  sheet.list(record.notes);
  sheet.paragraph(fmt::format("seed {} · {:.1f} s · {} · {} · {}", record.seed, record.duration_s,
                              record.tool, record.started_at, record.scenario_file),
                  "faint");
  sheet.raw("</body>\n</html>\n");
  return sheet.take();
}

}  // namespace report
