#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "record/checkup.h"
#include "record/record.h"
#include "report/tone.h"
#include "report/words.h"

/// A report as sections of values, in words: what the terminal and the page both draw. A section is
/// added here, once; who draws knows blocks, not sections.
namespace report {

struct Paragraph {
  std::string text;
  Tone tone = Tone::plain;
};

/// A term, and what is said of it; without a label it is said of the term before.
struct Entry {
  std::string label;
  std::string text;
  Tone tone = Tone::plain;
};
struct Entries {
  std::vector<Entry> list;
};

struct Bullets {
  std::vector<std::string> texts;
};

/// As it is, to be copied.
struct Verbatim {
  std::vector<std::string> lines;
};

struct Table {
  struct Row {
    std::vector<std::string> cells;
    std::string mark;         // before the row: "✗"
    Tone tone = Tone::plain;  // of the mark, and of the second cell
    std::string below;        // a text below the row, if any
  };
  std::vector<std::string> head;  // empty: none
  std::vector<Row> rows;
  std::size_t fixed = 0;     // columns that always stay; 0: all
  std::size_t further = 0;   // behind them at most as many, and no more than there is room for
  Rest things = Rest::more;  // what those further columns are
};

/// An attempt, or a serial run, script by script.
struct Timeline {
  std::vector<record::Part> parts;
};

/// What each order of the scripts comes to.
struct Orders {
  struct Line {
    std::string letter;  // the same for orders with the same outcome
    std::string order;
    std::string runs;
    std::string explains;
    std::string answers;
    std::string state;
  };
  std::vector<Line> lines;
};

/// Attempts by lag and result, as a drawing in SVG.
struct Lags {
  std::string svg;
  std::string caption;
};

using Block = std::variant<Paragraph, Entries, Bullets, Verbatim, Table, Timeline, Orders, Lags>;

struct Section {
  std::string heading;
  std::string aside;
  std::vector<Block> blocks;
};

struct Outline {
  std::string verdict;
  Tone tone = Tone::plain;  // of the verdict
  std::string title;
  std::vector<Paragraph> lead;
  std::vector<Section> sections;
  std::string end;
};

/// How much is shown of what there may be very many of.
struct Detail {
  std::size_t places = 12;
  std::size_t orders = 8;  // that were learnt
  std::size_t volatile_places = 8;
  std::size_t calls = 12;
  std::size_t findings = 5;  // beside the first
  bool page = false;         // with drawings
};
inline constexpr Detail of_page{
    .places = 20, .orders = 24, .volatile_places = 40, .calls = 24, .findings = 20, .page = true};

[[nodiscard]] Outline outline(const record::Record& record, const Words& words,
                              const Detail& detail);
[[nodiscard]] Outline outline(const record::Checkup& checkup, const Words& words);

/// "not shown: 2 of 6 orders".
[[nodiscard]] std::string not_shown(std::size_t shown, std::size_t all, Rest things,
                                    const Words& words);

}  // namespace report
