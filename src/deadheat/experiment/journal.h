#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "expression/expression.h"
#include "outcome/outcome.h"
#include "record/record.h"
#include "trial/trial.h"

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
  Journal(const scenario::Scenario& scenario, const expression::Evaluate& evaluate, WriteLine write)
      : scenario_(scenario), evaluate_(evaluate), write_(std::move(write)) {}

  /// A longer body is cut to so many bytes of its text, and its line says so.
  static constexpr std::size_t longest_body = 16 << 10;

  void begin(std::string_view tool, std::string_view run, std::uint64_t seed) const;
  /// What came back, so long after the beginning of the run. Nothing of a pair or the setup: they
  /// are neither attempts nor orders.
  void heard(const trial::Trial::About& about, const outcome::Outcome& outcome,
             base::Nanoseconds elapsed) const;
  void judgement(const trial::Attempt& attempt) const;
  void end(const record::Record& record) const;

 private:
  void serial(json::object& line, const trial::Purpose& purpose,
              const outcome::Outcome& outcome) const;
  void attempt(json::object& line, const trial::Trial::About& about,
               const outcome::Outcome& outcome) const;
  void add_outcome(json::object& line, const outcome::Outcome& outcome) const;
  [[nodiscard]] json::object answer_of(const outcome::Outcome& outcome,
                                       const outcome::Answer& answer) const;

  const scenario::Scenario& scenario_;
  const expression::Evaluate& evaluate_;
  WriteLine write_;
};

}  // namespace experiment
