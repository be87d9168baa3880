#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "experiment/experiment.h"
#include "trial/ledger.h"
#include "record/record.h"

/// Once a race of more than two is proven: how few of them are enough?
namespace trial {

/// How many copies of each script take part, in the order of Scenario::race.
using Group = std::vector<int>;

/// A race of a group of its own: learnt, raced and judged as any other.
struct Trial {
  enum class Is {
    race,       // proven
    no_race,    // none was seen
    cut_short,  // its time was up, or the target was lost
  };
  Is is = Is::cut_short;
  int hits = 0;  // of `judged` attempts
  int judged = 0;
  int serial = 0;  // fresh serial runs, none of which contradicts
};

struct Fewest {
  Group group;  // the smallest that was seen to race; that of all where no smaller one was
  std::optional<Trial> trial;  // of it; none where it is that of all
  std::vector<Group> quiet;    // smaller ones in which no race was seen
  bool cut_short = false;      // there was no time for more
};

/// Tries pairs first, those of `likely` scripts before others; then, where no pair races, as few
/// copies as possible of each script in turn, for what races with a few races with more. Pure but
/// for `race`.
[[nodiscard]] Fewest find_fewest(const Group& all, const std::vector<int>& likely,
                                 const std::function<Trial(const Group&)>& race);

/// The same against the target, in as much time as the race of all took (`elapsed`), at most a
/// share of what is left of the budget. Nothing where the finding is not one that orders of fewer
/// scripts could judge: a rule's or an error's, or with permits or masks that speak of scripts
/// which would not be there. Between the run and its teardown.
[[nodiscard]] std::optional<Fewest> find_fewest(race::Course& course, const Options& options,
                                                const Ledger& ledger, base::Nanoseconds elapsed);

[[nodiscard]] record::Fewest in_words(const Fewest& fewest, const scenario::Scenario& scenario);

}  // namespace trial
