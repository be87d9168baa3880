#pragma once

#include <cstddef>

/// What a proof needs next.
namespace trial {

/// How far it is: results, and what is on its way to be one.
struct ProofState {
  int hits = 0;              // with second looks on their way, as if each will bear out the first
  int judged = 0;            // attempts, likewise and with those in flight
  int fresh = 0;             // serial runs since something is suspicious, with those in flight
  int odd = 0;               // of these, came out otherwise than their order did before
  int paused = 0;            // of these, with more than a second between the scripts
  int replays = 0;           // attempts in flight
  int pauses = 0;            // paused runs in flight
  std::size_t suspects = 0;  // orders that the accusation rests on
  int lanes = 1;
  bool spare = false;            // there are lanes for several of each
  bool alone = false;            // one lane: everybody waits for a pause
  bool room_for_attempt = true;  // it may start now
};

enum class ProofStep {
  attempt,     // another hit
  serial_run,  // another one that does not contradict
  paused_run,  // likewise, with more than a second between the scripts
  nothing,     // but wait
};

/// Hits first, for each of them is to be looked at again a second later; serial runs meanwhile,
/// three for every attempt and at least twenty (oracle/proof.h), some of them paused: what flips
/// by itself has to show it in time. In one lane there are no more pauses than a proof needs.
[[nodiscard]] ProofStep next_proof_step(const ProofState& state);

}  // namespace trial
