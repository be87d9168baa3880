#pragma once

#include <vector>

#include "finding/comparison.h"
#include "finding/evidence.h"
#include "record/record.h"

/// Which kind of race a finding is.
namespace finding {

/// Sets the kind, and with it what it is in the catalogue of weaknesses and how it is usually
/// cured.
void set_kind(record::Finding& finding, record::Kind kind);

struct Named {
  record::Kind kind = record::Kind::other;
  record::Why why;
  bool of_a_number = false;  // what was lost is a part of a number
};

/// The kind of an attempt that no order explains, and why none does.
[[nodiscard]] Named name_it(const Evidence& evidence, const trial::Attempt& attempt,
                            const std::vector<Column>& columns);

}  // namespace finding
