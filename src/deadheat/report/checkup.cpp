#include "report/checkup.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/columns.h"
#include "report/page.h"

namespace report {
namespace {

void banner(Page& page, const record::Checkup& checkup) {
  const Tone tone = checkup.fine ? Tone::good : Tone::warn;
  Line line{{"━━━ ", tone},
            {checkup.fine ? "FINE" : "NOT FOUND", tone},
            {" ━━━ ", tone},
            {"What race window is found here, now ", Tone::strong}};
  std::string rule;
  for (int column = display_width(line); column < page.width(); ++column) rule += "━";
  line.push_back({rule, tone});
  page.line(line);
  page.paragraph(checkup.sentence, Tone::plain, 0);
}

void windows(Page& page, const std::vector<record::Planted>& planted) {
  page.heading("Planted windows", "a counter that is read, worked on, and written back");
  constexpr int window = 8, found = 42;
  page.line({{"  " + pad("window", window) + "  " + pad("found", found) + "  attempts that hit",
              Tone::faint}});
  for (const record::Planted& each : planted)
    page.line(
        {{"  " + pad(window_in_words(each.window_us), window), Tone::strong},
         {"  " + pad(found_in_words(each), found), each.attempts > 0 ? Tone::good : Tone::warn},
         {fmt::format("  {} of {} (95 %: {:.0f}-{:.0f} %)", each.rate.hits, each.rate.of,
                      each.rate.low * 100, each.rate.high * 100)}});
}

void machine(Page& page, const std::vector<record::Check>& checks) {
  page.heading("This machine");
  int names = 0;
  for (const record::Check& check : checks) names = std::max(names, display_width(check.name));
  for (const record::Check& check : checks) {
    page.line({{check.fine ? "  ✓ " : "  ! ", check.fine ? Tone::good : Tone::warn},
               {pad(check.name, names), Tone::strong},
               {"  " + check.found}});
    if (!check.advice.empty()) page.paragraph(check.advice, Tone::plain, 6 + names);
  }
}

}  // namespace

std::string window_in_words(double window_us) {
  return window_us >= 1000 ? fmt::format("{:g} ms", window_us / 1000)
                           : fmt::format("{:g} µs", window_us);
}

std::string found_in_words(const record::Planted& planted) {
  if (planted.rate.hits == 0) return fmt::format("never, in {} attempts", planted.rate.of);
  if (planted.attempts == 0)
    return fmt::format("in {} of {} rounds only", planted.found_in, planted.rounds);
  return fmt::format("within {} attempt{} (median of {} round{})", planted.attempts,
                     planted.attempts == 1 ? "" : "s", planted.rounds,
                     planted.rounds == 1 ? "" : "s");
}

std::string terminal(const record::Checkup& checkup, const Look& look) {
  Page page(look);
  banner(page, checkup);
  windows(page, checkup.planted);
  machine(page, checkup.machine);
  page.blank();
  page.line(
      {{fmt::format("seed {} · {:.1f} s · {}", checkup.seed, checkup.duration_s, checkup.tool),
        Tone::faint},
       {" · --json writes all of it", Tone::faint}});
  return page.take();
}

}  // namespace report
