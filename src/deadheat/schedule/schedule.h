#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/names.h"
#include "base/result.h"
#include "scenario/scenario.h"

/// Who is released when. Values: seeded, printed, stored, replayable.
namespace schedule {

enum class Sync {
  held,     // one thread releases the held bytes of all requests over warm connections
  threads,  // a thread per actor and a barrier, as a hand-written test does
};
inline constexpr base::Names<Sync> sync_names{{Sync::held, "held"}, {Sync::threads, "threads"}};

enum class Hold {
  headers,  // the last LF of the header block (and the body behind it): gates every server
  body,     // the last byte of the body: the server may have begun with the head
};
inline constexpr base::Names<Hold> hold_names{{Hold::headers, "headers"}, {Hold::body, "body"}};

/// Matters to targets that speak HTTP/2 only.
enum class Connections {
  own,     // each request at the gate has one
  shared,  // all leave on one, in one write
};
inline constexpr base::Names<Connections> connections_names{{Connections::own, "own"},
                                                            {Connections::shared, "shared"}};

/// One attempt, planned. Entries are numbered as in scenario::entries.
struct Schedule {
  Sync sync = Sync::held;
  Hold hold = Hold::headers;
  Connections connections = Connections::own;
  int gate = 0;  // each script waits before this step, or before its last one if it has fewer
  std::vector<base::Nanoseconds>
      offsets;  // an entry's release after the opening of the gate; >= 0, the least is 0
  std::vector<int> sequence;  // the order in which requests with equal offsets are written
};

/// Entries one after another: what a serial run plays.
struct Sequence {
  std::vector<int> turns;  // the entry whose turn it is
  bool by_request =
      false;  // each turn plays one request of its entry (an interleaving), not the whole script
  base::Nanoseconds pause{0};  // between the turns
};

/// How much later than entry 0 entry 1 is released, of two (below 0: earlier); of more, how long
/// the latest waits.
[[nodiscard]] base::Nanoseconds lag(const Schedule& schedule);

[[nodiscard]] json::value to_json(const Schedule& schedule);
/// Reads what to_json wrote, for a scenario of `entries` entries; the failure is a sentence.
[[nodiscard]] base::Result<Schedule, std::string> from_json(const json::value& value,
                                                            std::size_t entries);

}  // namespace schedule
