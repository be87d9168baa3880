#include "report/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <optional>

#include "report/columns.h"
#include "report/gist.h"
#include "report/in_words.h"

namespace report {
namespace {

using record::Move;
using record::Part;

constexpr std::size_t shown_parts = 8;  // more, and nobody reads them
constexpr int detail_indent = 4;
constexpr int least_lane = 12;
constexpr int answer_columns = 26;  // fewer, and there is no answer to read

/// When the move was over for whoever waited for it.
double end_ms(const Move& move) { return std::max(move.sent_ms, move.answered_ms); }

bool was_held(const Move& move) { return move.released_ms >= 0; }

class Scale {
 public:
  Scale(const std::vector<Part>& parts, int columns) : columns_(columns) {
    for (const Part& part : parts)
      for (const Move& move : part.moves) {
        begin_ = std::min(begin_, move.sent_ms);
        end_ = std::max(end_, end_ms(move));
      }
    end_ = std::max(end_, begin_ + 1e-3);
  }

  [[nodiscard]] int columns() const { return columns_; }
  [[nodiscard]] int column(double ms) const {
    const double share = (ms - begin_) / (end_ - begin_);
    return std::clamp(static_cast<int>(std::lround(share * (columns_ - 1))), 0, columns_ - 1);
  }
  [[nodiscard]] double begin() const { return begin_; }
  [[nodiscard]] double end() const { return end_; }

 private:
  int columns_;
  double begin_ = 0;
  double end_ = 0;
};

/// So large that labels keep apart.
double step_of(const Scale& scale) {
  const double apart = std::min(10.0, scale.columns() / 3.0);  // columns
  return tick_step((scale.end() - scale.begin()) * apart / scale.columns());
}

struct Unit {
  const char* name;
  double ms;
};

Unit unit_of(const Scale& scale) {
  return scale.end() - scale.begin() >= 10'000 ? Unit{"s", 1000} : Unit{"ms", 1};
}

std::string number(double value, double step) {
  const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
  return fmt::format("{:.{}f}", value, decimals);
}

std::string blanks(int count) { return std::string(static_cast<std::size_t>(count), ' '); }

/// One cell for each column of the axis.
class Cells {
 public:
  explicit Cells(int columns) : cells_(static_cast<std::size_t>(columns), Span{" "}) {}

  void set(int column, const std::string& text, Tone tone = Tone::plain) {
    if (column >= 0 && static_cast<std::size_t>(column) < cells_.size())
      cells_[static_cast<std::size_t>(column)] = {text, tone};
  }
  void set_ascii(int column, const std::string& text, Tone tone) {
    for (const char letter : text) set(column++, std::string(1, letter), tone);
  }
  void append_to(Line& line) const {
    for (const Span& cell : cells_)
      if (!line.empty() && line.back().tone == cell.tone)
        line.back().text += cell.text;
      else
        line.push_back(cell);
  }

 private:
  std::vector<Span> cells_;
};

/// Where the gate stands on the axis: the first release.
std::optional<double> gate_ms(const std::vector<Part>& parts) {
  std::optional<double> gate;
  for (const Part& part : parts)
    for (const Move& move : part.moves)
      if (was_held(move)) gate = std::min(gate.value_or(move.released_ms), move.released_ms);
  return gate;
}

/// `name`: of the axis, as wide as all names.
void draw_axis(Page& page, const Scale& scale, std::optional<int> gate, const std::string& name) {
  const Unit unit = unit_of(scale);
  const double step = step_of(scale);
  Cells labels(scale.columns());
  Cells axis(scale.columns());
  for (int column = 0; column < scale.columns(); ++column) axis.set(column, "─", Tone::faint);
  for (double tick = std::ceil(scale.begin() / step) * step; tick <= scale.end() + step * 1e-9;
       tick += step) {
    const std::string label = number(tick / unit.ms, step / unit.ms);
    const int column = scale.column(tick);
    axis.set(column, "┴", Tone::faint);
    if (column + static_cast<int>(label.size()) <= scale.columns())
      labels.set_ascii(column, label, Tone::faint);
  }
  if (gate) axis.set(*gate, "▼", Tone::warn);
  Line numbers{{"  " + name, Tone::faint}};
  labels.append_to(numbers);
  page.line(numbers);
  Line ruler{{blanks(display_width(name) + 2)}};
  axis.append_to(ruler);
  page.line(ruler);
}

Tone tone_of(const Move& move) {
  if (move.status == 0 || move.status >= 500) return Tone::bad;
  return move.status >= 400 ? Tone::warn : Tone::good;
}

/// Draws one move and returns the column behind it.
int draw_move(Cells& cells, const Scale& scale, const Move& move, std::size_t number, int from,
              bool numbered) {
  const int first = std::min(std::max(from, scale.column(move.sent_ms)), scale.columns() - 1);
  const int last = std::max(first, scale.column(end_ms(move)));
  const Tone tone = tone_of(move);
  const std::string end = move.status == 0 ? "✗" : "┤";
  if (first == last) {
    cells.set(first, move.status == 0 ? "✗" : "┃", tone);
    return last + 1;
  }
  for (int column = first + 1; column < last; ++column) cells.set(column, "─", tone);
  cells.set(first, "├", tone);
  cells.set(last, end, tone);
  int label = first + 1;
  if (was_held(move)) {
    const int released = std::clamp(scale.column(move.released_ms), first, last - 1);
    for (int column = first + 1; column < released; ++column) cells.set(column, "┄", Tone::faint);
    cells.set(released, "◆", Tone::warn);
    if (label == released) ++label;
  }
  if (numbered && last - label >= 2)
    cells.set_ascii(label, std::to_string(number % 10), Tone::strong);
  return last + 1;
}

Cells lane(const Part& part, const Scale& scale, std::optional<int> gate) {
  Cells cells(scale.columns());
  if (gate) cells.set(*gate, "┊", Tone::faint);
  int from = 0;
  for (std::size_t i = 0; i < part.moves.size(); ++i)
    from = draw_move(cells, scale, part.moves[i], i + 1, from, part.moves.size() > 1);
  return cells;
}

/// Who plays it: the actor's label, and the script where that is another word.
struct Name {
  std::string label;
  std::string script;
};

Name name_of(const Part& part) {
  if (part.label.empty() || part.label == part.script) return {part.script, ""};
  return {part.label, part.script};
}

/// The column of names, aligned in both of its halves.
class Names {
 public:
  Names(const std::vector<Part>& parts, int limit) {
    for (const Part& part : parts) {
      const Name name = name_of(part);
      label_ = std::max(label_, display_width(name.label));
      script_ = std::max(script_, display_width(name.script));
    }
    // Where both do not fit, the label stays.
    label_ = std::min(label_, limit);
    if (script_ > 0) script_ = std::min(script_, limit - label_ - 1);
    if (script_ < 3) script_ = 0;
  }

  [[nodiscard]] int width() const { return label_ + (script_ > 0 ? 1 + script_ : 0); }
  void append_to(Line& line, const Part& part) const {
    const Name name = name_of(part);
    line.push_back({pad(name.label, label_), Tone::strong});
    if (script_ > 0) line.push_back({" " + pad(name.script, script_), Tone::faint});
  }

 private:
  int label_ = 0;
  int script_ = 0;
};

/// "200 {"status":"closed"}", in two tones.
void append_answer(Line& line, const Move& move, const Gist& gist, int width, const Words& words) {
  if (move.status == 0) {
    line.push_back({no_answer(move, words), Tone::bad});
    return;
  }
  line.push_back({std::to_string(move.status), tone_of(move)});
  const int room = width - display_width(line) - 1;
  if (!move.answer.empty()) line.push_back({" " + gist.of(move.answer, room)});
}

/// Each request in a line or two, all answers at the same column.
class Details {
 public:
  Details(const std::vector<Part>& parts, const Gist& gist, int width, const Words& words)
      : gist_(gist), words_(words) {
    for (const Part& part : parts)
      for (const Move& move : part.moves) asked_ = std::max(asked_, display_width(asked(move)));
    beside_ = detail_indent + 2 + asked_ + answer_columns <= width;
  }

  void draw(Page& page, const Part& part) const {
    const std::string indent(detail_indent, ' ');
    for (std::size_t i = 0; i < part.moves.size(); ++i) {
      const Move& move = part.moves[i];
      const std::string mark = part.moves.size() > 1 ? std::to_string(i + 1) + " " : "";
      Line line{{indent}, {mark, Tone::strong}};
      const int mark_columns = display_width(mark);
      if (beside_) {
        line.push_back({pad(asked(move), asked_) + " → "});
      } else {
        line.push_back({asked(move)});
        page.line(line);
        line = {{indent + blanks(mark_columns) + "→ "}};
      }
      append_answer(line, move, gist_, page.width(), words_);
      page.line(line);
    }
    if (part.result == Part::Result::stopped)
      page.line({{indent}, {result_of(part, words_), Tone::faint}});
  }

 private:
  const Gist& gist_;
  const Words& words_;
  int asked_ = 0;
  bool beside_ = true;
};

/// Many scripts of one and the same request are read as a column of answers.
bool is_uniform(const std::vector<Part>& parts) {
  constexpr std::size_t many = 4;
  return parts.size() > many && std::all_of(parts.begin(), parts.end(), [&](const Part& part) {
           return part.moves.size() == 1 && asked(part.moves[0]) == asked(parts[0].moves[0]);
         });
}

/// "409 (refused)"; what is no answer at all says so by itself.
std::string answer_in_short(const Part& part, const Words& words) {
  std::vector<std::string> statuses;
  for (const Move& move : part.moves)
    statuses.push_back(move.status == 0 ? words(Told::no_answer) : std::to_string(move.status));
  if (part.result == Part::Result::no_answer && !statuses.empty()) return joined(statuses);
  return fmt::format("{} ({})", joined(statuses), result_of(part, words));
}

void draw_rest(Page& page, const std::vector<Part>& rest, const Words& words) {
  if (rest.empty()) return;
  std::map<std::string, int> answers;
  for (const Part& part : rest) ++answers[answer_in_short(part, words)];
  std::vector<std::string> texts;
  for (const auto& [answer, times] : answers)
    texts.push_back(words(Drawing::times, {{"times", times}, {"answer", answer}}));
  page.paragraph(words(Drawing::more, {{"more", rest.size()}, {"answers", joined(texts)}}));
}

}  // namespace

void draw_timeline(Page& page, const std::vector<Part>& parts, const Words& words) {
  const std::size_t shown = std::min(parts.size(), shown_parts);
  const std::vector<Part> first(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(shown));
  const std::vector<Part> rest(parts.begin() + static_cast<std::ptrdiff_t>(shown), parts.end());
  const bool uniform = is_uniform(parts);
  const Names names(first, page.width() * 3 / 10);
  const std::string time = words(Drawing::time_in, {{"unit", unit_of(Scale(parts, 1)).name}});
  const int left = std::max(names.width() + 2, display_width(time) + 1);
  const int room = page.width() - 2 - left;
  const Scale scale(
      parts,
      uniform ? std::max(least_lane, std::min(room * 6 / 10, room - answer_columns)) : room - 1);
  const Gist gist(parts);
  const Details details(first, gist, page.width(), words);
  std::optional<int> gate;
  if (const auto ms = gate_ms(parts)) gate = scale.column(*ms);

  if (uniform) page.paragraph(words(Drawing::each, {{"request", asked(parts[0].moves[0])}}));
  draw_axis(page, scale, gate, pad(time, left));
  for (const Part& part : first) {
    Line line{{"  "}};
    names.append_to(line, part);
    line.push_back({blanks(left - names.width())});
    lane(part, scale, gate).append_to(line);
    if (uniform) {
      line.push_back({"  "});
      append_answer(line, part.moves[0], gist, page.width(), words);
    }
    page.line(line);
    if (!uniform) details.draw(page, part);
  }
  draw_rest(page, rest, words);
  page.paragraph(words(gate ? Drawing::legend_with_gate : Drawing::legend), Tone::faint);
}

}  // namespace report
