#include "report/page.h"

#include <algorithm>
#include <utility>

#include "report/columns.h"

namespace report {
namespace {

constexpr int least_width = 40;  // narrower, and not even the axis of a timeline can be drawn
constexpr int label_columns = 11;

const char* sequence(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return "";
    case Tone::strong:
      return "\x1b[1m";
    case Tone::faint:
      return "\x1b[2m";
    case Tone::good:
      return "\x1b[32m";
    case Tone::warn:
      return "\x1b[33m";
    case Tone::bad:
      return "\x1b[1;31m";
  }
  return "";
}

std::string blanks(int count) { return std::string(static_cast<std::size_t>(count), ' '); }

}  // namespace

int display_width(const Line& line) {
  int columns = 0;
  for (const Span& span : line) columns += display_width(span.text);
  return columns;
}

Page::Page(const Look& look) : look_(look) { look_.width = std::max(look.width, least_width); }

void Page::line(const Line& line) {
  if (display_width(line) <= look_.width) return verbatim(line);
  Line fitting;
  int left = look_.width;
  for (const Span& span : line) {
    const int columns = display_width(span.text);
    fitting.push_back({cut(span.text, left), span.tone});
    left -= columns;
    if (left <= 0) break;
  }
  verbatim(fitting);
}

void Page::verbatim(const Line& line) {
  std::string shown;
  for (const Span& span : line) {
    const bool coloured = look_.colour && span.tone != Tone::plain && !span.text.empty();
    if (coloured) shown += sequence(span.tone);
    shown += visible(span.text);
    if (coloured) shown += "\x1b[0m";
  }
  shown.erase(shown.find_last_not_of(' ') + 1);
  text_ += shown + "\n";
}

void Page::blank() { text_ += "\n"; }

void Page::heading(const std::string& title, const std::string& aside) {
  blank();
  line({{title, Tone::strong}, {aside.empty() ? "" : "  " + aside, Tone::faint}});
}

void Page::hanging(const Line& first, std::string_view text, Tone tone) {
  const int indent = display_width(first);
  Line start = first;
  for (const std::string& piece : wrap(text, look_.width - indent)) {
    start.push_back({piece, tone});
    line(start);
    start = {{blanks(indent)}};
  }
}

void Page::paragraph(std::string_view text, Tone tone, int indent) {
  hanging({{blanks(indent)}}, text, tone);
}

void Page::bullet(std::string_view text, Tone tone) { hanging({{"  • "}}, text, tone); }

void Page::entry(const std::string& label, std::string_view text, Tone tone) {
  hanging({{"  "}, {pad(label, label_columns), Tone::faint}, {" "}}, text, tone);
}

std::string Page::take() { return std::exchange(text_, {}); }

}  // namespace report
