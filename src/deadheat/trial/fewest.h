#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "scenario/scenario.h"
#include "trial/ledger.h"

/// Once a race of more than two is proven: how few of them are enough?
namespace trial {

/// How many copies of each script take part, in the order of Scenario::race.
using Group = std::vector<int>;

/// A race of a group by itself: learnt, raced and judged as any other.
struct GroupTrial {
  enum class Is {
    race,       // proven
    no_race,    // none was seen
    cut_short,  // its time was up, or the target was lost
  };
  Is is = Is::cut_short;
  int hits = 0;  // of `judged` attempts
  int judged = 0;
  int serial = 0;  // fresh serial runs
  int odd = 0;     // of these, came out otherwise than their order did before
};
[[nodiscard]] GroupTrial group_trial(const Ledger& ledger);

struct Fewest {
  Group group;  // the smallest that was seen to race; that of all where no smaller one was
  std::optional<GroupTrial> trial;  // of it; none where it is that of all
  std::vector<Group> quiet;         // smaller ones in which no race was seen
  bool cut_short = false;           // there was no time for more
};

/// Tries pairs first, those of `likely` scripts before others; then, where no pair races, as few
/// copies as possible of each script in turn, for what races with a few races with more. Pure but
/// for `race`.
[[nodiscard]] Fewest find_fewest(const Group& all, const std::vector<int>& likely,
                                 const std::function<GroupTrial(const Group&)>& race);

/// What a search among groups has to go by.
struct Narrowing {
  Group all;
  std::vector<int> likely;    // scripts
  base::Nanoseconds time{0};  // for all of it: as much as the race of all took, at most a share of
                              // what is left of the budget
  int attempts = 0;           // of each group
};

/// Nothing where the finding is not one that orders of fewer scripts could judge: a rule's or an
/// error's, or with permits or masks that speak of scripts which would not be there; and where no
/// more than two took part.
[[nodiscard]] std::optional<Narrowing> narrowing(const scenario::Scenario& scenario,
                                                 const Ledger& ledger, base::Nanoseconds elapsed);

/// The scenario with that group alone. Setup was made; rules speak of all scripts.
[[nodiscard]] scenario::Scenario part_of(const scenario::Scenario& scenario, const Group& group,
                                         const Narrowing& narrowing, base::Nanoseconds budget);

}  // namespace trial
