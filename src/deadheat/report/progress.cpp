#include "report/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "report/columns.h"
#include "report/in_words.h"
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
  const double runs = progress.phase == record::Phase::learning
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

std::string serial_runs(const Progress& progress, const Words& words) {
  return words(progress.serial_runs_planned > 0 ? Running::serial_runs_of : Running::serial_runs,
               {{"runs", progress.serial_runs}, {"planned", progress.serial_runs_planned}});
}

std::string counts(const Progress& progress, const Words& words) {
  if (progress.phase == record::Phase::learning) return serial_runs(progress, words);
  return words(progress.attempts_planned > 0 ? Running::attempts_of : Running::attempts,
               {{"attempts", progress.attempts}, {"planned", progress.attempts_planned}});
}

std::string judged(const Progress& progress, const Words& words) {
  std::string judged = words(
      Running::judged, {{"explained", progress.explained}, {"unexplained", progress.unexplained}});
  if (progress.refused == 0) return judged;
  return words(Running::refused, {{"judged", judged}, {"refused", progress.refused}});
}

std::string time(const Progress& progress, const Words& words) {
  return words(progress.budget_s > 0 ? Running::time_of : Running::time,
               {{"time", fmt::format("{:.0f}", progress.elapsed_s)},
                {"budget", fmt::format("{:.0f}", progress.budget_s)}});
}

/// What is asked while smaller groups are raced; empty in any other phase.
std::string question(const Progress& progress, const Words& words) {
  if (progress.group.members.empty()) return "";
  return words(Running::narrowing, {{"group", in_words(progress.group, words)},
                                    {"of", progress.group_of},
                                    {"time", fmt::format("{:.0f}", progress.at_most_s)}});
}

}  // namespace

std::string block(const Progress& progress, const Look& look) {
  const Words words(look.language);
  // The last column stays free: many terminals begin a new line once it is written.
  Page page(Look{look.width - 1, look.colour});
  page.line({{words(progress.phase), Tone::strong}, {"  " + progress.scenario}});
  const std::string numbers = "  " + counts(progress, words) + " · " + time(progress, words);
  constexpr int longest_bar = 40;
  const int room = std::min(longest_bar, page.width() - display_width(numbers));
  page.line(
      {{bar(done(progress), std::max(room, 4)), progress.unexplained > 0 ? Tone::bad : Tone::good},
       {numbers}});
  if (progress.attempts > 0) {
    Line line{{judged(progress, words), progress.unexplained > 0 ? Tone::bad : Tone::plain}};
    if (progress.phase != record::Phase::learning)
      line.push_back({" · " + serial_runs(progress, words), Tone::faint});
    page.line(line);
  }
  if (const std::string text = question(progress, words); !text.empty())
    page.line({{text, Tone::faint}});
  return page.take();
}

std::string line(const Progress& progress, const Words& words) {
  std::string text =
      fmt::format("{} {}: {}", words(progress.phase), progress.scenario, counts(progress, words));
  if (progress.attempts > 0) text += ", " + judged(progress, words);
  text += ", " + time(progress, words);
  if (const std::string asked = question(progress, words); !asked.empty()) text += "; " + asked;
  return visible(text) + "\n";
}

std::string planting(std::optional<int> percent, Language language) {
  const Words words(language);
  return percent ? words(Running::planting_share, {{"percent", *percent}})
                 : words(Running::planting);
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
  if (!tty_) return write(line(progress, Words(look_.language)));
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
