#include "trial/pairs.h"

#include <algorithm>

namespace trial {
namespace {

using base::Nanoseconds;

/// Below this the sum of two latencies cannot be told from the noise.
constexpr Nanoseconds tellable = std::chrono::milliseconds(5);
/// Nor where one of the two is so much shorter that the sum is hardly more than the other.
constexpr int tellable_share = 4;

}  // namespace

Pairs::Pairs(std::vector<scenario::Entry> entries) : entries_(std::move(entries)) {}

void Pairs::measure(const outcome::Outcome& run) {
  for (const outcome::Answer& answer : run.answers) {
    if (answer.steps.empty() || answer.last_status() == 0 || answer.stopped()) continue;
    const Nanoseconds last = answer.steps.back().answered - answer.steps.back().sent;
    auto [known, first] = last_steps_.emplace(answer.entry.script, last);
    if (!first) known->second = std::min(known->second, last);
  }
}

void Pairs::hear(const std::optional<outcome::Pair>& pair) {
  ++heard_;
  if (pair && pair->answered) together_.push_back(pair->together);
}

std::pair<int, int> Pairs::entries() const {
  for (std::size_t i = 1; i < entries_.size(); ++i)
    if (entries_[i].script != entries_[0].script) return {0, static_cast<int>(i)};
  return {0, 1};
}

bool Pairs::wanted() const {
  return !given_up_ && entries_.size() >= 2 && asked_ < planned && !one_at_a_time();
}

/// 0 where none was ever answered.
Nanoseconds Pairs::last_step(int entry) const {
  const auto known = last_steps_.find(entries_[static_cast<std::size_t>(entry)].script);
  return known == last_steps_.end() ? Nanoseconds(0) : known->second;
}

std::pair<Nanoseconds, Nanoseconds> Pairs::shorter_and_longer() const {
  const auto [first, second] = entries();
  return std::minmax({last_step(first), last_step(second)});
}

std::optional<record::Remark> Pairs::untellable() const {
  const auto [shorter, longer] = shorter_and_longer();
  if (shorter >= tellable && shorter >= longer / tellable_share) return std::nullopt;
  const auto [first, second] = entries();
  return record::Remark{record::RemarkCode::overlap_untellable,
                        {{"first_ms", base::in_milliseconds(last_step(first))},
                         {"second_ms", base::in_milliseconds(last_step(second))}}};
}

/// What is nearer: the longer one, or both.
std::optional<bool> Pairs::one_at_a_time() const {
  if (together_.empty() || given_up_) return std::nullopt;
  const auto [shorter, longer] = shorter_and_longer();
  const Nanoseconds between = longer + shorter / 2;
  const auto in_parallel = std::count_if(together_.begin(), together_.end(),
                                         [&](Nanoseconds span) { return span < between; });
  // One in twenty may be chance; two settle it.
  if (in_parallel > planned / 20) return false;
  if (heard_ == planned) return true;
  return std::nullopt;
}

}  // namespace trial
