#include "trial/ledger.h"

#include <algorithm>

#include "oracle/proof.h"

namespace trial {

int Ledger::hits() const {
  return static_cast<int>(
      std::count_if(attempts.begin(), attempts.end(), [](const Attempt& a) { return a.hit(); }));
}

int Ledger::judged() const {
  return static_cast<int>(
      std::count_if(attempts.begin(), attempts.end(), [](const Attempt& a) { return a.rated(); }));
}

int Ledger::counted() const {
  return static_cast<int>(
      std::count_if(attempts.begin(), attempts.end(), [](const Attempt& a) { return a.effort; }));
}

int Ledger::odd_resets() const {
  return static_cast<int>(std::count_if(attempts.begin(), attempts.end(),
                                        [](const Attempt& a) { return a.odd_reset; }));
}

bool Ledger::lacks_controls(const ContentionError& error) const {
  const int wanted = oracle::serial_runs_wanted(static_cast<int>(attempts.size()));
  return is_proven(error, wanted) && (error.controls_after == 0 || !is_proven(error, serial_runs));
}

/// A status is the server's own word. That an answer is missing may be the network's doing, or that
/// of a target which stops for a moment and takes all that is in flight with it: it has to stand
/// the test that a value has to which flips by itself.
bool Ledger::is_proven(const ContentionError& error, int answered_serially) const {
  const auto times = static_cast<int>(error.attempts.size());
  if (error.status != 0) return times >= 2;
  return oracle::is_proven(times, static_cast<int>(attempts.size()), answered_serially);
}

const Ledger::ContentionError* Ledger::contention_error() const {
  for (const auto& [key, error] : errors)
    if (error.controls_before > 0 && error.controls_after > 0 && is_proven(error, serial_runs))
      return &error;
  return nullptr;
}

}  // namespace trial
