#include "report/table.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "report/columns.h"

namespace report {
namespace {

constexpr std::size_t cell_lines = 4;
constexpr int least_columns = 9;
constexpr int gap = 2;
constexpr int mark_columns = 2;

using Cells = std::vector<std::string>;

/// The columns of a table that fit.
std::size_t columns_shown(const Table& table, int width) {
  const std::size_t all = table.head.empty() ? (table.rows.empty() ? 0 : table.rows[0].cells.size())
                                             : table.head.size();
  if (table.fixed == 0) return all;
  constexpr int comfortable = 12;  // for a column, and twice that for each that stays
  const int room = width / (comfortable + gap) - static_cast<int>(table.fixed);
  return std::min({all, table.fixed + table.further,
                   table.fixed + static_cast<std::size_t>(std::max(1, room))});
}

int natural_width(const std::vector<Cells>& rows, std::size_t column) {
  int width = 1;
  for (const Cells& row : rows)
    if (column < row.size()) width = std::max(width, display_width(row[column]));
  return width;
}

/// As wide as their texts. Where that is too much, the heads of columns that need not stay give way
/// first, since they still read well in two or three lines; then whichever column is widest.
std::vector<int> column_widths(const Table& table, const Cells& head,
                               const std::vector<Cells>& rows, std::size_t columns, int room) {
  std::vector<int> widths;
  for (std::size_t i = 0; i < columns; ++i)
    widths.push_back(std::max(head.empty() ? 1 : display_width(head[i]), natural_width(rows, i)));
  room -= gap * static_cast<int>(columns - 1);
  const auto excess = [&] { return std::accumulate(widths.begin(), widths.end(), 0) - room; };
  for (std::size_t i = table.fixed; table.fixed > 0 && i < columns && excess() > 0; ++i) {
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

void draw_row(Page& page, const Cells& row, const std::vector<int>& widths, const Span& mark,
              Tone second, Tone others) {
  std::vector<std::vector<std::string>> cells;
  std::size_t height = 1;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    cells.push_back(cell(i < row.size() ? row[i] : "", widths[i]));
    height = std::max(height, cells.back().size());
  }
  for (std::size_t y = 0; y < height; ++y) {
    Line line{{pad(y == 0 ? mark.text : "", mark_columns), mark.tone}};
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string text = y < cells[i].size() ? cells[i][y] : "";
      line.push_back(
          {std::string(i == 0 ? 0 : gap, ' ') + pad(text, widths[i]), i == 1 ? second : others});
    }
    page.line(line);
  }
}

}  // namespace

void draw_table(Page& page, const Table& table, const Words& words) {
  const std::size_t columns = columns_shown(table, page.width());
  if (columns == 0) return;
  std::vector<Cells> rows;
  for (const Table::Row& row : table.rows) rows.push_back(row.cells);
  const std::vector<int> widths =
      column_widths(table, table.head, rows, columns, page.width() - mark_columns);
  if (!table.head.empty()) draw_row(page, table.head, widths, {""}, Tone::faint, Tone::faint);
  for (const Table::Row& row : table.rows) {
    draw_row(page, row.cells, widths, {row.mark, row.tone}, row.tone, Tone::plain);
    if (!row.below.empty()) page.paragraph(row.below, Tone::plain, mark_columns + widths[0] + gap);
  }
  if (columns < table.head.size())
    page.paragraph(
        not_shown(columns - table.fixed, table.head.size() - table.fixed, table.things, words),
        Tone::faint);
}

}  // namespace report
