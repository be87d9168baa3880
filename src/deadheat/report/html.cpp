#include "report/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "report/gist.h"
#include "report/in_words.h"
#include "report/markup.h"
#include "report/outline.h"

namespace report {
namespace {

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
h2 .faint { font-weight: 400; font-size: .95rem; margin-left: .5rem; }
.verdict { display: inline-block; font-weight: 700; letter-spacing: .06em; padding: .1rem .6rem; border: 2px solid; border-radius: .3rem; }
.bad { color: var(--bad); } .good { color: var(--good); } .warn { color: var(--warn); }
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

const char* class_of(Tone tone) {
  switch (tone) {
    case Tone::plain:
    case Tone::strong:
      return "";
    case Tone::faint:
      return "faint";
    case Tone::good:
      return "good";
    case Tone::warn:
      return "warn";
    case Tone::bad:
      return "bad";
  }
  return "";
}

std::string paragraph(const std::string& text, const char* kind = "") {
  return text.empty() ? "" : fmt::format("<p class=\"{}\">{}</p>\n", kind, escaped(text));
}

std::string head_of_table(const std::vector<std::string>& cells) {
  std::string markup = "<div class=\"wide\"><table>\n";
  if (!cells.empty()) {
    markup += "<thead><tr>";
    for (const std::string& cell : cells) markup += "<th scope=\"col\">" + escaped(cell) + "</th>";
    markup += "</tr></thead>\n";
  }
  return markup + "<tbody>\n";
}

/// `marked`: the cell that matters, if one does.
std::string row(const std::vector<std::string>& cells, std::optional<std::size_t> marked = {}) {
  std::string markup = "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i)
    markup += fmt::format("<td class=\"value{}\">{}</td>", marked == i ? " differs" : "",
                          escaped(cells[i]));
  return markup + "</tr>\n";
}

constexpr char end_of_table[] = "</tbody></table></div>\n";

/// Every request of an attempt, in the order in which they left.
struct Sent {
  const record::Part* part;
  const record::Move* move;
};

std::vector<Sent> in_turn(const std::vector<record::Part>& parts) {
  std::vector<Sent> all;
  for (const record::Part& part : parts)
    for (const record::Move& move : part.moves) all.push_back({&part, &move});
  std::stable_sort(all.begin(), all.end(),
                   [](const Sent& a, const Sent& b) { return a.move->sent_ms < b.move->sent_ms; });
  return all;
}

/// The markup of one block.
class Marker {
 public:
  explicit Marker(const Words& words) : words_(words) {}

  std::string operator()(const Paragraph& block) const {
    return paragraph(block.text, class_of(block.tone));
  }

  std::string operator()(const Entries& block) const {
    std::string markup = "<dl>\n";
    for (const Entry& entry : block.list) {
      if (!entry.label.empty()) markup += "<dt>" + escaped(entry.label) + "</dt>";
      markup +=
          fmt::format("<dd class=\"{}\">{}</dd>\n", class_of(entry.tone), escaped(entry.text));
    }
    return markup + "</dl>\n";
  }

  std::string operator()(const Bullets& block) const {
    std::string markup = "<ul>\n";
    for (const std::string& text : block.texts) markup += "<li>" + escaped(text) + "</li>\n";
    return markup + "</ul>\n";
  }

  std::string operator()(const Verbatim& block) const {
    std::string markup = "<pre>";
    for (const std::string& line : block.lines) markup += escaped(line) + "\n";
    return markup + "</pre>\n";
  }

  std::string operator()(const Table& block) const {
    const std::size_t columns = block.fixed == 0
                                    ? block.head.size()
                                    : std::min(block.head.size(), block.fixed + block.further);
    const auto shown = [&](std::vector<std::string> cells) {
      if (block.fixed > 0) cells.resize(std::min(cells.size(), columns));
      return cells;
    };
    std::string markup = head_of_table(shown(block.head));
    for (const Table::Row& each : block.rows) {
      std::vector<std::string> cells = shown(each.cells);
      if (!each.mark.empty()) cells.front() = each.mark + " " + cells.front();
      markup += row(cells, each.tone == Tone::bad ? std::optional<std::size_t>(1) : std::nullopt);
      if (!each.below.empty()) markup += row({"", each.below});
    }
    markup += end_of_table;
    if (columns < block.head.size())
      markup += paragraph(
          not_shown(columns - block.fixed, block.head.size() - block.fixed, block.things, words_),
          "faint");
    return markup;
  }

  std::string operator()(const Timeline& block) const {
    constexpr std::size_t most = 24;
    constexpr int answer_columns = 80;
    std::string markup = head_of_table({words_(Column::script), words_(Column::request),
                                        words_(Column::answer), words_(Column::sent_ms),
                                        words_(Column::released_ms), words_(Column::answered_ms)});
    const std::vector<Sent> all = in_turn(block.parts);
    const std::size_t shown = std::min(all.size(), most);
    const Gist gist(block.parts);
    for (std::size_t i = 0; i < shown; ++i) {
      const auto& [part, move] = all[i];
      const std::string answer =
          move->status == 0
              ? no_answer(*move, words_)
              : fmt::format("{} {}", move->status, gist.of(move->answer, answer_columns));
      markup += row({part->label.empty() ? part->script : part->label + " " + part->script,
                     asked(*move), answer, measure(move->sent_ms),
                     move->released_ms < 0 ? "" : measure(move->released_ms),
                     measure(move->answered_ms)});
    }
    markup += end_of_table;
    if (shown < all.size())
      markup += paragraph(not_shown(shown, all.size(), Rest::requests, words_), "faint");
    return markup;
  }

  std::string operator()(const Orders& block) const {
    std::string markup =
        head_of_table({"", words_(Column::order), words_(Column::runs), words_(Column::explains),
                       words_(Column::answers), words_(Column::state)});
    for (const Orders::Line& each : block.lines)
      markup += row({each.letter, each.order, each.runs, each.explains, each.answers, each.state});
    return markup + end_of_table;
  }

  std::string operator()(const Lags& block) const {
    return "<figure>\n" + block.svg + "<figcaption>" + escaped(block.caption) +
           "</figcaption>\n</figure>\n";
  }

 private:
  const Words& words_;
};

std::string section_of(const Section& section, const Words& words) {
  std::string markup = "<h2>" + escaped(section.heading);
  if (!section.aside.empty())
    markup += " <span class=\"faint\">" + escaped(section.aside) + "</span>";
  markup += "</h2>\n";
  for (const Block& block : section.blocks) markup += std::visit(Marker(words), block);
  return markup;
}

}  // namespace

std::string html(const record::Record& record, Language language) {
  const Words words(language);
  const Outline outline = report::outline(record, words, of_page);
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n",
      language_names.name_of(language), escaped(outline.verdict + ": " + record.scenario_id),
      style);
  page += fmt::format("<span class=\"verdict {}\">{}</span>\n<h1>{}</h1>\n", class_of(outline.tone),
                      escaped(outline.verdict), escaped(outline.title));
  for (std::size_t i = 0; i < outline.lead.size(); ++i)
    page += paragraph(outline.lead[i].text, i == 0 ? "lead" : "");
  for (const Section& section : outline.sections) page += section_of(section, words);
  return page + paragraph(outline.end, "faint") + "</body>\n</html>\n";
}

}  // namespace report
