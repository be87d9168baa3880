#include "report/terminal.h"

#include <algorithm>
#include <cstddef>

#include "report/columns.h"
#include "report/in_words.h"
#include "report/outline.h"
#include "report/page.h"
#include "report/table.h"
#include "report/timeline.h"

namespace report {
namespace {

void banner(Page& page, const Outline& outline) {
  Line line{{"━━━ ", outline.tone}, {outline.verdict, outline.tone}, {" ━━━ ", outline.tone}};
  line.push_back({cut(outline.title, page.width() - display_width(line)) + " ", Tone::strong});
  std::string rule;
  for (int column = display_width(line); column < page.width(); ++column) rule += "━";
  line.push_back({rule, outline.tone});
  page.line(line);
}

void draw_orders(Page& page, const Orders& orders) {
  int name = 0;
  for (const Orders::Line& each : orders.lines) name = std::max(name, display_width(each.order));
  name = std::min(name, page.width() / 2);
  std::string letter;
  for (const Orders::Line& each : orders.lines) {
    page.line(
        {{"  "},
         {pad(each.letter, 2), Tone::strong},
         {pad(each.order, name), Tone::plain},
         {"  " + each.runs + (each.explains.empty() ? "" : ", " + each.explains), Tone::faint}});
    // Orders with the same letter come to the same: said once.
    if (each.letter == letter && !letter.empty()) continue;
    letter = each.letter;
    constexpr int indent = 6;
    if (!each.answers.empty()) page.paragraph(each.answers, Tone::plain, indent);
    if (!each.state.empty()) page.paragraph("→ " + each.state, Tone::plain, indent);
  }
}

/// Draws one block.
class Drawer {
 public:
  Drawer(Page& page, const Words& words) : page_(page), words_(words) {}

  void operator()(const Paragraph& block) const { page_.paragraph(block.text, block.tone); }
  void operator()(const Entries& block) const {
    for (const Entry& entry : block.list) page_.entry(entry.label, entry.text, entry.tone);
  }
  void operator()(const Bullets& block) const {
    for (const std::string& text : block.texts) page_.bullet(text);
  }
  void operator()(const Verbatim& block) const {
    page_.blank();
    for (const std::string& line : block.lines) page_.verbatim({{"    " + line, Tone::good}});
  }
  void operator()(const Table& block) const { draw_table(page_, block, words_); }
  void operator()(const Timeline& block) const { draw_timeline(page_, block.parts, words_); }
  void operator()(const Orders& block) const { draw_orders(page_, block); }
  void operator()(const Lags&) const {}  // only a page has room for it

 private:
  Page& page_;
  const Words& words_;
};

}  // namespace

std::string terminal(const Outline& outline, const Look& look) {
  Page page(look);
  const Words words(look.language);
  banner(page, outline);
  for (std::size_t i = 0; i < outline.lead.size(); ++i) {
    if (i > 0) page.blank();
    page.paragraph(outline.lead[i].text, outline.lead[i].tone, 0);
  }
  for (const Section& section : outline.sections) {
    page.heading(section.heading, section.aside);
    for (const Block& block : section.blocks) std::visit(Drawer(page, words), block);
  }
  page.blank();
  page.line({{outline.end, Tone::faint}});
  return page.take();
}

std::string terminal(const record::Record& record, const Look& look) {
  return terminal(outline(record, Words(look.language), Detail{}), look);
}

std::string why_it_never_began(const record::Record& record, Language language) {
  const Words words(language);
  std::string text;
  if (!record.reasons.empty())
    text += visible(in_words(record.reasons.front(), record, words)) + "\n";
  for (const record::NextStep& step : record.next_steps)
    text += "deadheat: " + visible(in_words(step, record, words)) + "\n";
  return text;
}

std::string why_it_is_no_record(const record::Misfit& misfit, Language language) {
  return in_words(misfit, Words(language));
}

}  // namespace report
