#pragma once

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "oracle/pattern.h"
#include "oracle/reading.h"

namespace oracle {

/// What of an outcome has to fit.
struct Strictness {
  bool bodies = true;  // of the answers; the state's always
  bool loose = false;  // the order of lists and the insides of partly volatile words do not count
};

/// Texts that a slot may not take: constants at its place, of other orders or of other roles. What
/// it had in a run of its own it may have again.
using Forbidden =
    std::unordered_map<std::string,
                       std::unordered_map<std::string, int>>;  // place, text, how often

/// Who of the attempt must be judged, and how.
struct Question {
  const Reading& attempt;
  const Seen& state;         // of the attempt: `after`, or `later`
  std::vector<int> members;  // entries that take part; the others were taken out
  std::vector<int> wild;     // entries of these whose answer may be anything (indeterminate)
  std::vector<std::pair<int, int>> before;  // (a, b): a was over before b began
  Strictness strictness;
  std::vector<int>
      twins;  // by entry: of equal numbers only one is tried in a role; empty: nobody has a twin
  std::vector<int> cast;  // by role: who has to play it; empty: anybody
};

enum class Fit { fits, differs, undecided };  // undecided: the search grew beyond its limit

struct Match {
  Fit fit = Fit::differs;
  std::vector<int> cast;  // the entry in each role, if it fits
};

/// Whether one assignment of entries to roles, of values to slots that keeps the relations, and of
/// multiset elements, carries the attempt into the pattern. Backtracks over interchangeable entries
/// and over multisets; gives up as undecided after `most_steps` comparisons.
[[nodiscard]] Match match(const Pattern& pattern, const Forbidden& forbidden,
                          const Question& question, std::size_t most_steps = 2'000'000);

/// How many roles of an order, from the first on, somebody can play as they answered, whatever the
/// state. What a script is told one at a time depends only on those before it: an attempt that does
/// not get beyond the first three roles of one order gets no further in any order that begins with
/// them. All of them where the search gave up.
[[nodiscard]] std::size_t roles_that_fit(const Pattern& pattern, const Forbidden& forbidden,
                                         const Question& question);

/// Whether the state alone fits.
[[nodiscard]] bool state_matches(const Pattern& pattern, const Seen& state, const Names& names,
                                 bool loose = false);

/// Whether one answer fits what the pattern has for a role; what belongs to other roles may be
/// anything.
[[nodiscard]] bool answer_matches(const Pattern& pattern, const Forbidden& forbidden,
                                  std::size_t role, const Told& told, const Names& names);

}  // namespace oracle
