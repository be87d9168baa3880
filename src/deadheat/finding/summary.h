#pragma once

#include <string>

#include "base/clock.h"
#include "finding/evidence.h"
#include "record/record.h"
#include "trial/fewest.h"

/// From the ledger of a finished trial to facts: verdict, kind, comparison, windows. Pure.
namespace finding {

/// What only those who played it know of a run.
struct Header {
  std::string tool;  // "deadheat 0.1.0"
  std::string run;
  std::uint64_t seed = 0;
  std::string started_at;  // ISO 8601, UTC
  base::Nanoseconds elapsed{0};
};

/// The record of a run: verdict, findings, what was learnt and tried.
[[nodiscard]] record::Record record_of(const Evidence& evidence, const Header& header);

/// A group with the names of its scripts.
[[nodiscard]] record::Group group_of(const trial::Group& group, const scenario::Scenario& scenario);

/// How few scripts are enough, for the finding.
[[nodiscard]] record::Fewest fewest_of(const trial::Fewest& fewest,
                                       const scenario::Scenario& scenario);

}  // namespace finding
