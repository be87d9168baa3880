#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "outcome/outcome.h"
#include "outcome/pace.h"
#include "record/codes.h"
#include "scenario/scenario.h"

namespace trial {

/// Whether the target works on one thing at a time, learnt from pairs: two scripts raced on two
/// different resets. They take as long as the longer one alone where it works on both, and as long
/// as both where it does not. Pure.
class Pairs {
 public:
  static constexpr int planned = 20;

  explicit Pairs(std::vector<scenario::Entry> entries);

  /// How long the last steps of a whole serial run took: the shortest count.
  void measure(const outcome::Outcome& run);
  void hear(const std::optional<outcome::Pair>& pair);

  /// The two that are raced: of different scripts, if there are such.
  [[nodiscard]] std::pair<int, int> entries() const;
  /// Another pair would help.
  [[nodiscard]] bool wanted() const;
  [[nodiscard]] int in_flight() const { return asked_ - heard_; }
  void ask() { ++asked_; }

  /// Why no pair can tell: the two are too short alone, or too different.
  [[nodiscard]] std::optional<record::Remark> untellable() const;
  /// Nothing is wanted from here on.
  void give_up() { given_up_ = true; }
  /// Weighed afresh whenever a script turns out to be faster alone than it was known to be.
  [[nodiscard]] std::optional<bool> one_at_a_time() const;

 private:
  [[nodiscard]] base::Nanoseconds last_step(int entry) const;
  [[nodiscard]] std::pair<base::Nanoseconds, base::Nanoseconds> shorter_and_longer() const;

  std::vector<scenario::Entry> entries_;
  std::map<int, base::Nanoseconds> last_steps_;  // of each script alone: the shortest
  std::vector<base::Nanoseconds> together_;      // how long each pair took
  int asked_ = 0, heard_ = 0;
  bool given_up_ = false;
};

}  // namespace trial
