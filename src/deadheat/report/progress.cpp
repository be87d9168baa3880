#include "report/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "report/columns.h"
#include "report/page.h"

namespace report {
namespace {

constexpr base::Nanoseconds redraw_every = std::chrono::milliseconds(100);
constexpr base::Nanoseconds line_every = std::chrono::seconds(10);

double share(double part, double whole) {
  return whole > 0 ? std::clamp(part / whole, 0.0, 1.0) : 0.0;
}

/// Whatever ends the phase first: its runs are done, or its time is up.
double done(const Progress& progress) {
  const double time = share(progress.elapsed_s, progress.budget_s);
  const double runs = progress.phase == "learning"
                          ? share(progress.serial_runs, progress.serial_runs_planned)
                          : share(progress.attempts, progress.attempts_planned);
  return std::max(time, runs);
}

std::string bar(double part, int columns) {
  const int full = static_cast<int>(std::floor(part * columns));
  std::string text;
  for (int column = 0; column < columns; ++column) text += column < full ? "█" : "░";
  return text;
}

std::string of(int number, int planned, const std::string& what) {
  return planned > 0 ? fmt::format("{} of {} {}", number, planned, what)
                     : fmt::format("{} {}", number, what);
}

std::string counts(const Progress& progress) {
  if (progress.phase == "learning")
    return of(progress.serial_runs, progress.serial_runs_planned, "serial runs");
  return of(progress.attempts, progress.attempts_planned, "attempts");
}

std::string judged(const Progress& progress) {
  std::string text =
      fmt::format("{} explained, {} unexplained", progress.explained, progress.unexplained);
  if (progress.refused > 0) text += fmt::format(", {} with refusals", progress.refused);
  return text;
}

std::string time(const Progress& progress) {
  return progress.budget_s > 0
             ? fmt::format("{:.0f} of {:.0f} s", progress.elapsed_s, progress.budget_s)
             : fmt::format("{:.0f} s", progress.elapsed_s);
}

}  // namespace

std::string block(const Progress& progress, const Look& look) {
  // The last column stays free: many terminals begin a new line once it is written.
  Page page(Look{look.width - 1, look.colour});
  page.line({{progress.phase, Tone::strong}, {"  " + progress.scenario}});
  const std::string numbers = "  " + counts(progress) + " · " + time(progress);
  constexpr int longest_bar = 40;
  const int room = std::min(longest_bar, page.width() - display_width(numbers));
  page.line(
      {{bar(done(progress), std::max(room, 4)), progress.unexplained > 0 ? Tone::bad : Tone::good},
       {numbers}});
  if (progress.attempts > 0) {
    Line line{{judged(progress), progress.unexplained > 0 ? Tone::bad : Tone::plain}};
    if (progress.phase != "learning")
      line.push_back({" · " + of(progress.serial_runs, progress.serial_runs_planned, "serial runs"),
                      Tone::faint});
    page.line(line);
  }
  if (!progress.remark.empty()) page.line({{progress.remark, Tone::faint}});
  return page.take();
}

std::string line(const Progress& progress) {
  std::string text = fmt::format("{} {}: {}", progress.phase, progress.scenario, counts(progress));
  if (progress.attempts > 0) text += ", " + judged(progress);
  text += ", " + time(progress);
  if (!progress.remark.empty()) text += "; " + progress.remark;
  return visible(text) + "\n";
}

Display::Display(std::FILE* out, bool tty, const Look& look, const base::Clock& clock)
    : out_(out), tty_(tty), look_(look), clock_(clock) {}

Display::~Display() { finish(); }

void Display::update(const Progress& progress) {
  const base::Nanoseconds now = clock_.now();
  const bool new_phase = tty_ && progress.phase != phase_;
  if (when_ && !new_phase && now - *when_ < (tty_ ? redraw_every : line_every)) return;
  when_ = now;
  phase_ = progress.phase;
  if (!tty_) return write(line(progress));
  const std::string text = block(progress, look_);
  write(erasure() + text);  // at once: written apart, it would flicker
  lines_ = static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

void Display::finish() {
  if (lines_ > 0) write(erasure());
}

std::string Display::erasure() {
  const int lines = std::exchange(lines_, 0);
  return lines == 0 ? "" : fmt::format("\x1b[{}A\r\x1b[J", lines);
}

void Display::write(const std::string& text) {
  // Progress that cannot be shown (a closed pipe, a full disk) is no reason to lose a run.
  (void)std::fwrite(text.data(), 1, text.size(), out_);
  (void)std::fflush(out_);
}

}  // namespace report
