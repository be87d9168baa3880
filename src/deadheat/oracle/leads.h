#pragma once

#include <vector>

#include "oracle/match.h"
#include "oracle/order.h"

/// Where there are more orders than can be learnt: which of the others may explain an attempt.
///
/// Two things tell. What a script is told one at a time depends only on those before it, so the
/// answers of one run speak of every order that begins alike:
///
///     known           a, b, c, d     b was told 409 behind a
///     attempt         everybody was told 200
///     refuted         a, b, c, d and a, b, d, c: of five scripts it would be six orders, of eight
///     720
///
/// And where the orders that were learnt agree with the attempt in some place, who stands where in
/// them is a vote on who stood where in the attempt: where the third row of a list is kim's, kim
/// came third.
namespace oracle {

/// An order that was learnt, beside an attempt.
struct Lead {
  const Pattern* pattern;
  std::size_t fits;  // roles_that_fit()
};

struct Leads {
  double open = 0;           // orders that are neither known nor refuted
  std::vector<Order> worth;  // of these the ones to learn next, the likeliest first
};

/// The orders of `scripts` (one for each entry that takes part) in the light of what is known:
/// orders of these scripts, and any others that begin with some of them. `guess` is the likeliest
/// order. `question` says who took part, and in what real time.
[[nodiscard]] Leads leads(const std::vector<Lead>& known, const Question& question,
                          const std::vector<int>& guess, std::size_t most);

/// Whether what is known refutes an order.
[[nodiscard]] bool is_refuted(const std::vector<int>& order, const std::vector<Lead>& known);

/// What learnt orders say about who came when: agreement with the attempt, by place.
struct Ballot {
  std::vector<int> roles;    // of a learnt order, without those who do not take part
  std::vector<bool> agrees;  // by place
};

/// The order that the votes of all places make the likeliest.
[[nodiscard]] std::vector<int> likeliest(std::vector<int> scripts,
                                         const std::vector<Ballot>& ballots);

}  // namespace oracle
