#include "trial/ledger.h"

#include <algorithm>

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

const Ledger::ContentionError* Ledger::contention_error() const {
  for (const auto& [key, error] : errors)
    if (error.attempts.size() >= 2 && error.controls_before > 0 && error.controls_after > 0)
      return &error;
  return nullptr;
}

}  // namespace trial
