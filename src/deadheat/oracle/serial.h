#pragma once

#include <string>
#include <vector>

#include "oracle/knowledge.h"

/// What the serial runs have shown, beyond the patterns of single orders.
namespace oracle {

/// The last status of a script; 0: no answer, or nothing was sent.
[[nodiscard]] int last_status(const Told& told);

/// Some run gave this script an answer with this last status.
[[nodiscard]] bool status_given(const Knowledge& knowledge, int script, int status);
/// Some run gave this script this very answer, volatile places aside.
[[nodiscard]] bool answer_given(const Knowledge& knowledge, const Told& told, const Names& names);

/// Every run of these orders gave every script the same 4xx or 503, and left the state (where one
/// is observed) as it was. Wrong guesses at a PIN are all refused, and counted.
[[nodiscard]] bool everything_refused(const Knowledge& knowledge, const std::vector<Order>& orders,
                                      bool has_state);
/// No run of these orders had an answer from any script.
[[nodiscard]] bool nothing_answered(const Knowledge& knowledge, const std::vector<Order>& orders);

/// Orders in classes of equal outcome: for each the number of the first order like it.
[[nodiscard]] std::vector<int> outcome_classes(const Knowledge& knowledge,
                                               const std::vector<Order>& orders);

/// A place that is not a constant.
struct VolatilePlace {
  enum class Is { slot, time, any_order };
  std::string place;  // the way to it, see place.h
  Is is = Is::slot;
  std::string example;
};
/// Every such place, over all orders.
[[nodiscard]] std::vector<VolatilePlace> volatile_places(const Knowledge& knowledge);

}  // namespace oracle
