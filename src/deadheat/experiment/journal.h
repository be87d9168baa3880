#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "trial/hearing.h"
#include "trial/ledger.h"
#include "expression/expression.h"
#include "oracle/order.h"
#include "outcome/outcome.h"
#include "record/record.h"
#include "schedule/schedule.h"

namespace experiment {

/// Where the lines of a journal go: each a JSON object, as schema/journal.schema.json describes it.
using WriteLine = std::function<void(json::object)>;

/// All that was heard, for those who want to look for themselves: a line for the run, one for each
/// serial run and each attempt as it came back, and at the end one for each judgement and one for
/// the verdict.
///
/// As in the record, of a request there is its method and target alone: headers, bodies and
/// captures may hold credentials. Borrows; writes nothing where `write` is empty.
class Journal {
 public:
  Journal(const scenario::Scenario& scenario, const expression::Evaluate& evaluate,
          const WriteLine& write)
      : scenario_(scenario), evaluate_(evaluate), write_(write) {}

  /// A longer body is cut to so many bytes of its text, and its line says so.
  static constexpr std::size_t longest_body = 16 << 10;

  /// When something came back: since the run began, and in which learning (from 1; what came from
  /// an earlier one than the last was thrown away).
  struct When {
    base::Nanoseconds elapsed{0};
    int learning = 1;
    bool after_proof = false;  // nothing is made of it, but for attempts that were made only then
  };

  void begin(std::string_view tool, std::string_view run, std::uint64_t seed) const;
  void serial(Use use, const oracle::Order& order, const outcome::Outcome& outcome,
              When when) const;
  /// `number` as in the ledger; 0 where it has none.
  void attempt(int number, const schedule::Schedule& schedule, Made made,
               const outcome::Outcome& outcome, When when) const;
  /// The second look at an attempt, where it was made apart.
  void look(int attempt, const outcome::Outcome& look, When when) const;
  void judgement(const Attempt& attempt) const;
  void end(const record::Record& record) const;

 private:
  void add_outcome(json::object& line, const outcome::Outcome& outcome, When when) const;
  [[nodiscard]] json::object answer_of(const outcome::Outcome& outcome,
                                       const outcome::Answer& answer) const;

  const scenario::Scenario& scenario_;
  const expression::Evaluate& evaluate_;
  const WriteLine& write_;
};

}  // namespace experiment
