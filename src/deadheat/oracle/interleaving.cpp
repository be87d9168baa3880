#include "oracle/interleaving.h"

#include <algorithm>
#include <numeric>

namespace oracle {
namespace {

/// Goes depth first over "what may come next": everything whose own earlier steps are placed, and
/// that did not begin after something unplaced had ended.
class Search {
 public:
  Search(const Reading& attempt, const std::vector<int>& members,
         const std::vector<scenario::Entry>& entries, std::size_t most)
      : entries_(entries), most_(most) {
    for (const int entry : members) {
      const Told& told = attempt.told[static_cast<std::size_t>(entry)];
      for (std::size_t s = 0; s < told.steps.size(); ++s)
        requests_.push_back({entry, s, told.steps[s].first, told.steps[s].second, told.safe[s]});
    }
    placed_.resize(requests_.size(), false);
  }

  Interleavings run() {
    if (!requests_.empty()) place(nullptr);
    return std::move(found_);
  }

 private:
  struct OneRequest {
    int entry;
    std::size_t step;
    base::Nanoseconds begins, ends;
    bool safe;
  };

  void place(const OneRequest* last) {
    if (turns_.size() == requests_.size()) {
      if (found_.list.size() == most_)
        found_.all = false;
      else
        found_.list.push_back(by_request(turns_, entries_));
      return;
    }
    for (std::size_t i = 0; i < requests_.size() && found_.all; ++i) {
      if (placed_[i] || !may_come(i)) continue;
      if (last != nullptr && one_stands_for_both(*last, requests_[i])) continue;
      if (left_ == 0) {
        found_.all = false;
        return;
      }
      --left_;
      placed_[i] = true;
      turns_.push_back(requests_[i].entry);
      place(&requests_[i]);
      turns_.pop_back();
      placed_[i] = false;
    }
  }

  [[nodiscard]] bool may_come(std::size_t i) const {
    for (std::size_t j = 0; j < requests_.size(); ++j) {
      if (placed_[j] || j == i) continue;
      const bool own_earlier =
          requests_[j].entry == requests_[i].entry && requests_[j].step < requests_[i].step;
      if (own_earlier || requests_[j].ends < requests_[i].begins) return false;
    }
    return true;
  }

  static bool one_stands_for_both(const OneRequest& last, const OneRequest& next) {
    return last.safe && next.safe && next.entry < last.entry && last.ends >= next.begins;
  }

  const std::vector<scenario::Entry>& entries_;
  std::size_t most_;
  /// Where nearly all requests are safe, most beginnings lead nowhere: of twenty scripts that only
  /// read twice there are 3^20 such, and one order that stands for all.
  std::size_t left_ = 20'000;
  std::vector<OneRequest> requests_;
  std::vector<bool> placed_;
  std::vector<int> turns_;
  Interleavings found_;
};

}  // namespace

Interleaving by_request(const std::vector<int>& turns,
                        const std::vector<scenario::Entry>& entries) {
  Interleaving interleaving;
  auto& cast = interleaving.cast;
  for (const int entry : turns) {
    const auto role = std::find(cast.begin(), cast.end(), entry) - cast.begin();
    if (static_cast<std::size_t>(role) == cast.size()) {
      cast.push_back(entry);
      interleaving.order.roles.push_back(entries[static_cast<std::size_t>(entry)].script);
    }
    interleaving.order.turns.push_back(static_cast<int>(role));
  }
  return interleaving;
}

Interleavings interleavings(const Reading& attempt, const std::vector<int>& members,
                            const std::vector<scenario::Entry>& entries, std::size_t most) {
  return Search(attempt, members, entries, most).run();
}

std::vector<Interleaving> likely_interleavings(const scenario::Scenario& scenario,
                                               const std::vector<scenario::Entry>& entries) {
  constexpr std::size_t few = 3;
  std::vector<int> last(entries.size()), firsts;
  std::iota(last.begin(), last.end(), 0);
  for (const int entry : last) {
    const int script = entries[static_cast<std::size_t>(entry)].script;
    const auto& steps = scenario.race[static_cast<std::size_t>(script)].steps;
    firsts.insert(firsts.end(), steps.size() - 1, entry);
  }
  if (firsts.empty() || entries.size() > few) return {};
  std::vector<Interleaving> likely;
  do {
    std::vector<int> turns = firsts;
    turns.insert(turns.end(), last.begin(), last.end());
    likely.push_back(by_request(turns, entries));
  } while (std::next_permutation(last.begin(), last.end()));
  return likely;
}

}  // namespace oracle
