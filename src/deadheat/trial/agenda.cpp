#include "trial/agenda.h"

#include <algorithm>

namespace trial {

using base::Nanoseconds;

void Agenda::want(const oracle::Wanted& wanted, Nanoseconds now) {
  const auto same_order = [&](const Due& due) { return due.errand.wanted.order == wanted.order; };
  if (begun(wanted.order) == 0 && std::none_of(errands_.begin(), errands_.end(), same_order))
    errands_.push_back({{wanted, Use::learning}, now});
}

void Agenda::want_second(const oracle::Wanted& wanted, Nanoseconds now, Nanoseconds run_duration) {
  if (now + run_duration < first_begun(wanted.order) + run_distance)
    errands_.push_back({{wanted, Use::learning}, now});
}

std::optional<Errand> Agenda::take_errand(Nanoseconds now) {
  const auto due = std::find_if(errands_.begin(), errands_.end(),
                                [&](const Due& each) { return each.not_before <= now; });
  if (due == errands_.end()) return std::nullopt;
  Errand errand = std::move(due->errand);
  errands_.erase(due);
  return errand;
}

std::optional<int> Agenda::take_look(Nanoseconds now) {
  const auto due = std::find_if(looks_.begin(), looks_.end(),
                                [&](const Look& each) { return each.not_before <= now; });
  if (due == looks_.end()) return std::nullopt;
  const int attempt = due->attempt;
  looks_.erase(due);
  return attempt;
}

std::size_t Agenda::begin(const oracle::Wanted& wanted, Nanoseconds now) {
  const int turn = begun_[wanted.order]++;
  if (turn == 0) {
    first_begun_[wanted.order] = now;
    errands_.push_back({{wanted, Use::late}, now + run_distance});
  }
  return static_cast<std::size_t>(turn);
}

int Agenda::begun(const oracle::Order& order) const {
  const auto found = begun_.find(order);
  return found == begun_.end() ? 0 : found->second;
}

Nanoseconds Agenda::first_begun(const oracle::Order& order) const {
  const auto found = first_begun_.find(order);
  return found == first_begun_.end() ? Nanoseconds(0) : found->second;
}

std::optional<Nanoseconds> Agenda::next_due() const {
  std::optional<Nanoseconds> soonest;
  const auto consider = [&](Nanoseconds time) { soonest = std::min(soonest.value_or(time), time); };
  for (const Look& look : looks_) consider(look.not_before);
  for (const Due& due : errands_) consider(due.not_before);
  return soonest;
}

void Agenda::start_over(const std::vector<oracle::Wanted>& known) {
  begun_.clear();
  errands_.clear();
  looks_.clear();
  for (const oracle::Wanted& wanted : known) {
    begun_[wanted.order] = 1;
    errands_.push_back({{wanted, Use::late}, first_begun(wanted.order) + run_distance});
  }
}

}  // namespace trial
