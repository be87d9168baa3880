#include "report/offsets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "report/columns.h"
#include "report/finding.h"
#include "report/in_words.h"
#include "report/markup.h"

namespace report {
namespace {

using record::Attempt;
using record::Record;

constexpr double width = 900, left = 210, right = 880, row_height = 44, top = 46, bottom = 62;
constexpr std::size_t most_rows = 7, most_panels = 3, most_points = 3000;

/// A row of the drawing: an outcome, and how often it was seen.
struct Row {
  std::string result;
  int attempts = 0;
  bool hit = false;
};

/// An attempt, and what came of it in words.
struct Made {
  const Attempt* attempt;
  std::string result;
};

struct Panel {
  std::vector<Made> attempts;
  std::vector<Row> rows;
  double low = 0, high = 0;  // lags, in ms

  [[nodiscard]] double x(double lag) const {
    return left + (lag - low) / (high - low) * (right - left);
  }
  [[nodiscard]] double y(std::size_t row) const {
    return top + row_height * static_cast<double>(row);
  }
  [[nodiscard]] double floor() const { return y(rows.size()); }
  [[nodiscard]] std::size_t row_of(const std::string& result) const {
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const Row& row) { return row.result == result; });
    return static_cast<std::size_t>((found == rows.end() ? std::prev(found) : found) -
                                    rows.begin());
  }
};

/// Hits at the top, then what was seen most often; what is rarest shares the last row.
std::vector<Row> rows_of(const std::vector<Made>& attempts, const Words& words) {
  std::vector<Row> rows;
  for (const auto& [attempt, result] : attempts) {
    auto row = std::find_if(rows.begin(), rows.end(), [&, &wanted = result](const Row& each) {
      return each.result == wanted;
    });
    if (row == rows.end()) row = rows.insert(rows.end(), Row{result});
    ++row->attempts;
    row->hit = row->hit || attempt->hit;
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::pair(a.hit, a.attempts) > std::pair(b.hit, b.attempts);
  });
  if (rows.size() <= most_rows) return rows;
  Row rest{words(Drawing::other_order)};
  for (std::size_t i = most_rows - 1; i < rows.size(); ++i) rest.attempts += rows[i].attempts;
  rows.resize(most_rows - 1);
  rows.push_back(rest);
  return rows;
}

Panel panel_of(const std::vector<const Attempt*>& attempts, const Words& words) {
  Panel panel;
  for (const Attempt* attempt : attempts)
    panel.attempts.push_back({attempt, in_words(*attempt, words)});
  panel.rows = rows_of(panel.attempts, words);
  for (const Attempt* attempt : attempts) {
    panel.low = std::min(panel.low, attempt->lag_ms);
    panel.high = std::max(panel.high, attempt->lag_ms);
  }
  const double margin = (panel.high - panel.low) * 0.03;
  panel.low -= margin;
  panel.high += margin;
  return panel;
}

std::string text(double x, double y, const char* anchor, const char* kind,
                 const std::string& what) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" class=\"{}\">{}</text>\n",
                     x, y, anchor, kind, escaped(what));
}

std::string line(double x1, double y1, double x2, double y2, const char* kind) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>\n", x1, y1, x2,
      y2, kind);
}

std::string mark(double x, double y, bool hit) {
  return hit ? fmt::format("<path d=\"M{:.1f} {:.1f}l5 5l-5 5l-5-5z\" class=\"hit\"/>\n", x, y - 5)
             : fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" class=\"other\"/>\n", x,
                           y);
}

/// Names of scripts may be long.
std::string brief(const std::string& text) { return cut(text, 30); }

std::string axis(const Panel& panel, const Record& record, const Words& words) {
  const bool two = record.entries.size() == 2;
  std::string svg;
  const double step = tick_step((panel.high - panel.low) / 8);  // about eight of them
  for (double tick = std::ceil(panel.low / step) * step; tick <= panel.high; tick += step) {
    const double lag = std::abs(tick) < step / 1000 ? 0 : tick;
    svg += line(panel.x(lag), top, panel.x(lag), panel.floor(), lag == 0 ? "together" : "grid");
    svg += text(panel.x(lag), panel.floor() + 17, "middle", "tick", measure(lag));
  }
  svg += line(left, panel.floor(), right, panel.floor(), "axis");
  const double y = panel.floor() + 36;
  const std::string label = two ? words(Drawing::lag_of_two, {{"first", brief(record.entries[0])},
                                                              {"second", brief(record.entries[1])}})
                                : words(Drawing::wait_of_last);
  svg += text((left + right) / 2, y, "middle", "label", label);
  return svg;
}

/// The lags between which it hits, as a band with its rate above.
std::string band(const Panel& panel, const record::Window& window, int before_step,
                 const Words& words) {
  if (!window.known || window.before_step != before_step) return "";
  constexpr double least = 4;
  const double middle = panel.x((window.low_ms + window.high_ms) / 2);
  const double wide = std::max(least, panel.x(window.high_ms) - panel.x(window.low_ms));
  return fmt::format(
             "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
             "class=\"band\"/>\n",
             middle - wide / 2, top - 6, wide, panel.floor() - top + 6) +
         text(std::clamp(middle, left + 60, right - 60), top - 14, "middle", "rate",
              words(Drawing::hits, {{"hits", window.inside.hits}, {"of", window.inside.of}}));
}

std::string legend(const Panel& panel, bool has_band, const Words& words) {
  const double y = panel.floor() + 54;
  double x = left;
  std::string svg = mark(x, y - 4, true) + text(x + 11, y, "start", "key", words(Drawing::key_hit));
  x += 190;
  svg += mark(x, y - 4, false) + text(x + 11, y, "start", "key", words(Drawing::key_other));
  x += 150;
  if (has_band)
    svg +=
        fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"14\" height=\"11\" class=\"band\"/>\n",
                    x, y - 10) +
        text(x + 20, y, "start", "key", words(Drawing::key_window));
  return svg;
}

std::string draw(const Panel& panel, const Record& record, int before_step, const Words& words) {
  const record::Window window =
      record.findings.empty() ? record::Window{} : record.findings.front().window;
  const std::string shade = band(panel, window, before_step, words);
  std::string svg =
      fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">\n", width,
                  panel.floor() + bottom,
                  escaped(words(Drawing::description, {{"attempts", panel.attempts.size()}})));
  svg += axis(panel, record, words) + shade;
  for (std::size_t i = 0; i < panel.rows.size(); ++i) {
    const Row& row = panel.rows[i];
    const double middle = panel.y(i) + row_height / 2;
    svg += text(left - 14, middle + 4, "end", row.hit ? "row hit-row" : "row",
                fmt::format("{} · {}", brief(row.result), row.attempts));
    if (i > 0) svg += line(left, panel.y(i), right, panel.y(i), "grid");
  }
  std::size_t points = 0;
  for (const bool hits : {false, true})  // hits last: on top
    for (const auto& [attempt, result] : panel.attempts) {
      if (attempt->hit != hits || (!hits && ++points > most_points)) continue;
      // Off the middle by the attempt's number, so that equal lags do not hide each other.
      const double share = std::fmod(attempt->attempt * 0.618034, 1.0) - 0.5;
      const double y = panel.y(panel.row_of(result)) + row_height * (0.5 + 0.62 * share);
      svg += mark(panel.x(attempt->lag_ms), y, hits);
    }
  return svg + legend(panel, !shade.empty(), words) + "</svg>\n";
}

}  // namespace

std::string offsets_drawing(const Record& record, const Words& words) {
  std::map<int, std::vector<const Attempt*>> by_step;
  for (const Attempt& attempt : record.attempts)
    if (std::isfinite(attempt.lag_ms)) by_step[attempt.before_step].push_back(&attempt);
  std::string all;
  std::size_t panels = 0;
  // The last gate first: it is where races of several steps mostly are.
  for (auto step = by_step.rbegin(); step != by_step.rend() && panels < most_panels; ++step) {
    const auto apart = [](const Attempt* attempt) { return attempt->lag_ms != 0; };
    if (std::none_of(step->second.begin(), step->second.end(), apart)) continue;
    if (by_step.size() > 1)
      all += fmt::format("<p class=\"panel\">{}</p>\n",
                         escaped(words(Drawing::gate, {{"step", step->first}})));
    all += draw(panel_of(step->second, words), record, step->first, words);
    ++panels;
  }
  return all;
}

Section lags(const Record& record, const Words& words) {
  Section section{words(Heading::lags), "", {}};
  std::string svg = offsets_drawing(record, words);
  if (svg.empty()) return section;
  const std::string window =
      record.findings.empty() ? "" : hit_window(record.findings.front(), record, words);
  section.blocks.emplace_back(
      Lags{std::move(svg), window.empty() ? words(Drawing::caption)
                                          : words(Drawing::caption_window, {{"window", window}})});
  return section;
}

}  // namespace report
