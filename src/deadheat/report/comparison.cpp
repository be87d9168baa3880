#include "report/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "report/columns.h"

namespace report {
namespace {

using record::Comparison;
using record::Finding;

constexpr std::size_t shown_orders = 4;
constexpr std::size_t shown_rows = 12;
constexpr std::size_t cell_lines = 4;
constexpr int least_columns = 9;
constexpr int gap = 2;

using Row = std::vector<std::string>;

Row row_of(const Comparison& place, const std::vector<std::size_t>& orders) {
  Row row{place.place, place.seen};
  for (const std::size_t order : orders)
    row.push_back(order < place.allowed.size() ? place.allowed[order] : "");
  return row;
}

int natural_width(const std::vector<Row>& rows, std::size_t column) {
  int width = 1;
  for (const Row& row : rows) width = std::max(width, display_width(row[column]));
  return width;
}

/// As wide as their texts. Where that is too much, the names of the orders give way first, since
/// they still read well in two or three lines; then whichever column is widest.
std::vector<int> column_widths(const Row& head, const std::vector<Row>& rows, int room) {
  std::vector<int> widths;
  for (std::size_t i = 0; i < head.size(); ++i)
    widths.push_back(std::max(display_width(head[i]), natural_width(rows, i)));
  room -= gap * static_cast<int>(widths.size() - 1);
  const auto excess = [&] { return std::accumulate(widths.begin(), widths.end(), 0) - room; };
  for (std::size_t i = 2; i < head.size() && excess() > 0; ++i) {
    constexpr int readable = 12;
    const int least = std::max(readable, natural_width(rows, i));
    widths[i] = std::min(widths[i], std::max(least, widths[i] - excess()));
  }
  while (excess() > 0) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= least_columns) break;
    --*widest;
  }
  return widths;
}

std::vector<std::string> cell(const std::string& text, int columns) {
  std::vector<std::string> lines = wrap(text, columns);
  if (lines.size() > cell_lines) {
    lines[cell_lines - 1] = cut(lines[cell_lines - 1] + " " + lines[cell_lines], columns);
    lines.resize(cell_lines);
  }
  return lines;
}

void draw_row(Page& page, const Row& row, const std::vector<int>& widths, const char* mark,
              Tone first, Tone seen, Tone others) {
  std::vector<std::vector<std::string>> cells;
  std::size_t height = 1;
  for (std::size_t i = 0; i < row.size(); ++i) {
    cells.push_back(cell(row[i], widths[i]));
    height = std::max(height, cells.back().size());
  }
  for (std::size_t y = 0; y < height; ++y) {
    Line line{{y == 0 ? mark : "  ", Tone::bad}};
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string text = y < cells[i].size() ? cells[i][y] : "";
      line.push_back({std::string(i == 0 ? 0 : gap, ' ') + pad(text, widths[i]), i == 0 ? first
                                                                                 : i == 1
                                                                                     ? seen
                                                                                     : others});
    }
    page.line(line);
  }
}

}  // namespace

std::vector<std::size_t> compared_orders(const Finding& finding) {
  std::vector<std::size_t> orders(finding.orders.size());
  std::iota(orders.begin(), orders.end(), std::size_t{0});
  std::stable_partition(orders.begin(), orders.end(), [&](std::size_t order) {
    return finding.orders[order] == finding.closest_order;
  });
  orders.resize(std::min(orders.size(), shown_orders));
  return orders;
}

const char* marks_in_words(const Finding& finding) {
  const bool marked = std::any_of(finding.differences.begin(), finding.differences.end(),
                                  [](const Comparison& place) { return place.differs; });
  return marked ? "✗ no order has this value here"
                : "each value alone has an order that allows it; all of them together have none";
}

void draw_comparison(Page& page, const Finding& finding) {
  if (finding.differences.empty()) return;
  page.heading("Seen, against what each order allows");
  constexpr int comfortable = 12;  // columns for an order, beside two of that for place and seen
  const auto room = static_cast<std::size_t>(std::max(1, page.width() / (comfortable + gap) - 2));
  std::vector<std::size_t> orders = compared_orders(finding);
  orders.resize(std::min(orders.size(), room));
  Row head{"place", "seen"};
  for (const std::size_t order : orders) head.push_back(finding.orders[order]);
  std::vector<Row> rows;
  const std::size_t shown = std::min(finding.differences.size(), shown_rows);
  for (std::size_t i = 0; i < shown; ++i) rows.push_back(row_of(finding.differences[i], orders));
  const std::vector<int> widths = column_widths(head, rows, page.width() - 2);

  draw_row(page, head, widths, "  ", Tone::faint, Tone::faint, Tone::faint);
  for (std::size_t i = 0; i < shown; ++i) {
    const bool differs = finding.differences[i].differs;
    draw_row(page, rows[i], widths, differs ? "✗ " : "  ", Tone::plain,
             differs ? Tone::bad : Tone::plain, Tone::plain);
  }
  page.paragraph(marks_in_words(finding), Tone::faint);
  if (shown < finding.differences.size())
    page.paragraph(fmt::format("not shown: {} of {} places (run.json has all)",
                               finding.differences.size() - shown, finding.differences.size()),
                   Tone::faint);
  if (orders.size() < finding.orders.size())
    page.paragraph(fmt::format("not shown: {} of {} orders (run.json has all)",
                               finding.orders.size() - orders.size(), finding.orders.size()),
                   Tone::faint);
}

}  // namespace report
