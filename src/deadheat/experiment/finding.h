#pragma once

#include <string>

#include "experiment/ledger.h"
#include "oracle/oracle.h"
#include "record/record.h"

namespace experiment {

/// What a finder of a race has to know to explain it. Borrows.
struct Evidence {
  const Ledger& ledger;
  const oracle::Oracle& oracle;
  const scenario::Scenario& scenario;
  const expression::Evaluate& evaluate;
};

/// The finding that an attempt makes: kind, who was told what, why no order explains it, the
/// comparison with each order.
[[nodiscard]] record::Finding explain(const Evidence& evidence, const Attempt& attempt);

/// The finding of a server error or missing answer that only contention brings forth.
[[nodiscard]] record::Finding explain(const Evidence& evidence,
                                      const Ledger::ContentionError& error);

/// What a rule that breaks serially looks like.
[[nodiscard]] record::Finding explain(const Evidence& evidence, const SerialBreak& broken);

/// ".after.order.body.items[0].at" as people read it: "state order .items[0].at".
[[nodiscard]] std::string readable_place(const std::string& place);

/// "PUT /orders/8/", as the answer's step from 0 was sent.
[[nodiscard]] std::string request_text(const scenario::Scenario& scenario,
                                       const expression::Evaluate& evaluate,
                                       const outcome::Outcome& outcome,
                                       const outcome::Answer& answer, std::size_t step);

/// The same as `mask:` spells it: `.after."suffix 2".body.id` is `.suffix[1].body.id`.
[[nodiscard]] std::string mask_of(std::string place);

/// A text cut to so many bytes, never inside a character.
[[nodiscard]] std::string cut(const std::string& text, std::size_t most);

}  // namespace experiment
