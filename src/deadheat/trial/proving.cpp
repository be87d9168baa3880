#include "trial/proving.h"

#include <algorithm>

#include "oracle/proof.h"
#include "trial/traffic.h"

namespace trial {
namespace {

/// Every so many fresh serial runs have more than a second between the scripts, until there are
/// this many: beyond that they would only take time.
constexpr int pause_every = 5;
constexpr int most_paused_runs = 8;
/// Attempts go on without serial runs until so many of these are due.
constexpr int most_ahead = 300;

}  // namespace

ProofStep next_proof_step(const ProofState& state) {
  const int needed = oracle::serial_runs_wanted(state.judged);
  const int paused_needed = oracle::paused_runs_wanted(state.suspects);
  const bool enough_hits = oracle::is_proven(state.hits, state.judged, needed, state.odd);
  const bool far_ahead = needed - state.fresh > most_ahead;
  if (state.room_for_attempt && !enough_hits && !far_ahead &&
      state.replays < (state.spare ? early_attempts : fast_attempts))
    return ProofStep::attempt;
  const bool room = state.pauses < std::max(1, state.lanes / 2);
  const bool one_more =
      !state.alone && state.paused < most_paused_runs && pause_every * state.paused < state.fresh;
  const bool quick = (enough_hits || far_ahead) && state.fresh < needed;
  const bool lacks_pauses = state.paused < paused_needed;
  if (room && lacks_pauses) return ProofStep::paused_run;
  if (!quick) return ProofStep::nothing;
  return room && one_more ? ProofStep::paused_run : ProofStep::serial_run;
}

}  // namespace trial
