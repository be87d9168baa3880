#pragma once

#include <vector>

#include "oracle/order.h"
#include "oracle/reading.h"

/// Orders of single requests: what an attempt of scripts with several steps is put to when no order
/// of whole scripts explains it. Where the server treats each request well, one of these does.
namespace oracle {

struct Interleaving {
  Order order;
  std::vector<int> cast;  // by role: the entry
};

struct Interleavings {
  std::vector<Interleaving> list;
  bool all = true;  // false: there are more, or the search for them grew beyond its limit
};

/// An order of single requests, from whose turn it is: an entry for each request.
[[nodiscard]] Interleaving by_request(const std::vector<int>& turns,
                                      const std::vector<scenario::Entry>& entries);

/// The orders of the requests of some entries that the attempt's own times allow, at most `most`.
/// Two safe requests next to each other change nothing for each other: one order of them stands for
/// both.
[[nodiscard]] Interleavings interleavings(const Reading& attempt, const std::vector<int>& members,
                                          const std::vector<scenario::Entry>& entries,
                                          std::size_t most);

/// Those that an attempt will most likely be put to, whatever its times: every script up to its
/// last step, then the last steps in every order. None where every script is one request, or there
/// are more than three.
[[nodiscard]] std::vector<Interleaving> likely_interleavings(
    const scenario::Scenario& scenario, const std::vector<scenario::Entry>& entries);

}  // namespace oracle
