#pragma once

#include <string>
#include <vector>

#include "record/record.h"

/// What the reports, in whatever form, say in the same words. An empty text: there is nothing to
/// say.
namespace report {

/// "1 attempt", "2 attempts".
[[nodiscard]] std::string count(int number, const std::string& one, const std::string& many);
[[nodiscard]] std::string joined(const std::vector<std::string>& texts,
                                 const std::string& separator);

/// Three digits that matter: 0.04, 5.21, 50, 310.
[[nodiscard]] std::string measure(double value);
/// With the unit that suits: "120 µs", "5.21 ms", "12 s".
[[nodiscard]] std::string milliseconds(double ms);
[[nodiscard]] std::string microseconds(double us);

/// "(95 %: 51-100 %)".
[[nodiscard]] std::string rate_in_words(const record::Rate& rate);

[[nodiscard]] std::string title_of(const record::Finding& finding);
/// Inside the server or between the requests. `race`: the verdict.
[[nodiscard]] std::string where_it_lies(const record::Finding& finding, bool race);
/// "when accept arrives 5.5 to 7.0 ms after cancel: 35 of 40 attempts; with any other lag 0 of 62".
[[nodiscard]] std::string hit_window(const record::Finding& finding);
/// "2 redeem are enough, of 20: 4 of 4 attempts, 0 of 20 fresh serial runs".
[[nodiscard]] std::string how_few(const record::Fewest& fewest);

/// "190 explained by some order, 4 by none".
[[nodiscard]] std::string judged(const record::Tried& tried);
/// That there was hardly any time of a processor left, if so.
[[nodiscard]] std::string crowd(const record::Load& load);

}  // namespace report
