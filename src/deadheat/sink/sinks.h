#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "expression/expression.h"
#include "outcome/outcome.h"
#include "outcome/pace.h"
#include "scenario/problem.h"
#include "scenario/scenario.h"

/// HTTP servers that the target calls while it is raced: what it charges, mails and notifies.
namespace sink {

using outcome::Tally;

/// The sinks of a run. They listen from `open` to the end of this object, each on a thread of its
/// own.
///
/// A call belongs to the attempt (or serial run) whose address it came to: {{$sink.NAME}} is
///
///     http://127.0.0.1:40123/deadheat-1f2e3d4c-17      of run 1f2e3d4c, the 17th
///
/// and what stands behind it is the path of the call. A call without that belongs to the attempt
/// that goes on, if it is the only one, and is a stray otherwise. Safe on any thread.
class Sinks {
 public:
  /// Listens on the address of each sink. The problem says which one cannot be had, and why.
  [[nodiscard]] static base::Result<std::unique_ptr<Sinks>, scenario::Problem> open(
      const scenario::Scenario& scenario, expression::Evaluate evaluate, const base::Clock& clock,
      std::string run);
  ~Sinks();
  Sinks(const Sinks&) = delete;
  Sinks& operator=(const Sinks&) = delete;

  /// $sink.NAME of each: its address for that attempt, or for what belongs to none, such as setup.
  void bind(json::object& bindings, std::optional<int> attempt = std::nullopt) const;

  /// Calls are kept from here on. Those of what is not judged (a pair, a probe) matter to nobody,
  /// late ones neither.
  void begin(int attempt, bool judged);
  /// What has come so far, as reads of the state. Fails where that cannot be told: an answer that
  /// cannot be computed, or more than `most_calls`.
  [[nodiscard]] base::Result<outcome::State, outcome::Failure> calls(int attempt) const;
  /// What comes from here on is late; or, where the scenario cleans up, nobody's: it may be the
  /// cleanup's doing.
  void end(int attempt);

  [[nodiscard]] std::vector<Tally> tally() const;
  /// How many calls were late, by attempt.
  [[nodiscard]] std::map<int, int> late() const;

 private:
  struct State;
  explicit Sinks(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Of one sink in one attempt.
inline constexpr std::size_t most_calls = 2000;
/// Of one call; 413 beyond.
inline constexpr std::uint64_t most_body_bytes = 1'000'000;

}  // namespace sink
