#pragma once

#include <string>
#include <vector>

#include "record/record.h"
#include "report/page.h"

/// What the reports, in whatever form, say in the same words. An empty text: there is nothing to
/// say.
namespace report {

/// "1 attempt", "2 attempts".
[[nodiscard]] std::string count(int number, const std::string& one, const std::string& many);
[[nodiscard]] std::string joined(const std::vector<std::string>& texts,
                                 const std::string& separator);
[[nodiscard]] std::string upper(std::string text);
/// What HTML and SVG would obey is escaped, and what a terminal would is made visible.
[[nodiscard]] std::string escaped(const std::string& text);

/// Three digits that matter: 0.04, 5.21, 50, 310.
[[nodiscard]] std::string measure(double value);
/// With the unit that suits: "120 µs", "5.21 ms", "12 s".
[[nodiscard]] std::string milliseconds(double ms);
[[nodiscard]] std::string microseconds(double us);
/// Between the marks of an axis: 1, 2 or 5 times a power of ten, and no less than `least`.
[[nodiscard]] double tick_step(double least);

/// What an actor said and sent: "“cancel it!” PUT /orders/8".
[[nodiscard]] std::string asked(const record::Move& move);
/// Why there is none, where there is none.
[[nodiscard]] std::string no_answer(const record::Move& move);

[[nodiscard]] std::string title_of(const record::Finding& finding);
/// "stale answer (CWE-362): Ben was shown ...".
[[nodiscard]] std::string in_brief(const record::Finding& finding);
/// "when accept arrives 5.5 to 7.0 ms after cancel: 35 of 40 attempts; with any other lag 0 of 62".
/// Empty where no other lag was tried: there is no window to speak of then.
[[nodiscard]] std::string hit_window(const record::Finding& finding);
/// A newcomer's first question to each of the two verdicts that sound alike.
[[nodiscard]] const char* what_broken_means();

/// That there was hardly any time of a processor left, if so.
[[nodiscard]] std::string crowd(const record::Load& load);

/// A term, and what is said of it; without a label it is said of the term before.
struct Entry {
  std::string label;
  std::string text;  // empty: there is nothing to say
  Tone tone = Tone::plain;
};

/// `race`: the verdict.
[[nodiscard]] std::vector<Entry> what_it_is(const record::Finding& finding, bool race);
[[nodiscard]] std::vector<Entry> how_sure(const record::Finding& finding, bool race);
[[nodiscard]] std::vector<Entry> what_was_tried(const record::Record& record);

}  // namespace report
