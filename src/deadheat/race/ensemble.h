#pragma once

#include <functional>
#include <vector>

#include "race/part.h"

/// Several parts played side by side by one thread.
namespace race {

class Ensemble {
 public:
  /// Borrows all of them.
  Ensemble(const client::Context& context, std::vector<Part*> parts);

  /// Plays each part up to the step at which it waits, holds it there, and lets the held requests
  /// land; parts with fewer steps wait before their last. Parts that stop, fail or are answered
  /// early do not keep the others waiting, and those that get no connection not for long: a server
  /// that works on one thing at a time accepts them only after the release.
  void bring_to_gate(int step, client::Gate gate);

  /// Whether the part waits at the gate.
  [[nodiscard]] static bool waits(Part& part);

  /// A part and when to release it.
  struct Release {
    Part* part = nullptr;
    base::Nanoseconds due{0};
  };
  /// Makes those ready that are released first, so that the gate can open at once: what is due
  /// within `burst_time`.
  void make_ready(const std::vector<Release>& releases);
  /// Releases in the given order, which is one of rising times; what is due at the same time and
  /// shares a line leaves in one write. From `watch_time` before the first of a burst until its
  /// last has left, and before each that follows at leisure, nothing allocates, locks or parses.
  void release(const std::vector<Release>& releases);

  /// Plays all parts to their ends.
  void play_out();
  /// Plays the next step of each.
  void play_step();

 private:
  [[nodiscard]] bool hold_all(int step, client::Gate gate);
  [[nodiscard]] bool only_connections_lack(client::Gate gate) const;
  void attend_until(base::Nanoseconds deadline);
  void list_exchanges();

  const client::Context& context_;
  std::vector<Part*> parts_;
  std::vector<client::Exchange*> exchanges_;
  std::vector<pollfd> polled_;
  base::Nanoseconds burst_ends_ = base::Nanoseconds::min();  // what is due until then is ready
};

/// How long those at the gate wait for those without a connection.
inline constexpr base::Nanoseconds connect_patience = std::chrono::milliseconds(500);
/// For held bytes to arrive and for the server to read them. On loopback they are there in 0.1 ms.
inline constexpr base::Nanoseconds landing_time = std::chrono::milliseconds(1);
/// How long before a release the thread stops doing anything else. Waking up from a poll took up to
/// 0.2 ms on an idle machine.
inline constexpr base::Nanoseconds watch_time = std::chrono::microseconds(500);
/// What is released within so long is made ready at once, so that no frames are made and nothing is
/// enciphered between two releases. Not longer: what else is to be said on the line (to a ping,
/// say) stands behind all that is ready.
inline constexpr base::Nanoseconds burst_time = std::chrono::milliseconds(10);

}  // namespace race
