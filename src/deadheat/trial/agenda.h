#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "oracle/oracle.h"
#include "trial/hearing.h"

/// What has to be played sooner or later.
namespace trial {

/// A serial run that is due.
struct Errand {
  oracle::Wanted wanted;
  Use use = Use::learning;
};

/// Serial runs and second looks, none before its time.
///
///     asked for ─► first run ─► (at once) second run, preliminary
///                         └──── 1.1 s ────► late run: what moves once a second has moved
class Agenda {
 public:
  /// The first run of an order, unless it was made or is on the way.
  void want(const oracle::Wanted& wanted, base::Nanoseconds now);
  /// The second one, at once; unless the late one is due before it could be back.
  void want_second(const oracle::Wanted& wanted, base::Nanoseconds now,
                   base::Nanoseconds run_duration);
  void want_look(int attempt, base::Nanoseconds not_before) {
    looks_.push_back({attempt, not_before});
  }

  [[nodiscard]] std::optional<Errand> take_errand(base::Nanoseconds now);
  /// The number of an attempt whose state is to be read again.
  [[nodiscard]] std::optional<int> take_look(base::Nanoseconds now);

  /// How many runs of an order were begun before this one, which begins now. The late run of one
  /// that is begun for the first time is put on the agenda.
  std::size_t begin(const oracle::Wanted& wanted, base::Nanoseconds now);
  [[nodiscard]] int begun(const oracle::Order& order) const;
  [[nodiscard]] base::Nanoseconds first_begun(const oracle::Order& order) const;

  [[nodiscard]] bool has_errands() const { return !errands_.empty(); }
  [[nodiscard]] int looks() const { return static_cast<int>(looks_.size()); }
  /// When something falls due; nullopt: nothing is to come.
  [[nodiscard]] std::optional<base::Nanoseconds> next_due() const;

  /// Only the late runs of these are to be made: one run of each is known.
  void start_over(const std::vector<oracle::Wanted>& known);

 private:
  struct Due {
    Errand errand;
    base::Nanoseconds not_before{0};
  };
  struct Look {
    int attempt = 0;
    base::Nanoseconds not_before{0};
  };
  std::vector<Due> errands_;
  std::vector<Look> looks_;
  std::map<oracle::Order, int> begun_;
  std::map<oracle::Order, base::Nanoseconds> first_begun_;
};

/// First and last run of an order lie at least so far apart.
inline constexpr base::Nanoseconds run_distance = std::chrono::milliseconds(1100);

}  // namespace trial
