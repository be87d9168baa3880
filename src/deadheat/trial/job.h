#pragma once

#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "outcome/outcome.h"
#include "outcome/pace.h"
#include "schedule/schedule.h"

/// What a trial asks for, and what it is told: values. Who plays has threads and sockets, or is a
/// simulation.
namespace trial {

/// Setup, one reset, and what can be learnt of the target by them. Before everything else, alone.
struct SetUpJob {
  /// For a read on a second connection, while the first one waits for its last byte.
  base::Nanoseconds patience{0};
};
/// A serial run.
struct SerialJob {
  schedule::Sequence sequence;
};
/// An attempt.
struct AttemptJob {
  schedule::Schedule schedule;
};
/// Two entries on two different resets.
struct PairJob {
  int first = 0;
  int second = 1;
};
/// A second look at what an attempt was played on.
struct LookJob {
  json::object bindings;  // of the attempt's outcome
};

struct Job {
  int id = 0;  // by which it is known when it comes back
  outcome::Pace pace;
  std::variant<SetUpJob, SerialJob, AttemptJob, PairJob, LookJob> what;
};

/// What came of SetUpJob.
struct SetUp {
  std::optional<outcome::Failure> failure;  // nothing else is known then
  bool multiplexes = false;                 // the target has spoken HTTP/2
  bool keeps_alive = false;                 // it leaves connections open
  /// It serves two connections at a time; nullopt: there is no read to try it with.
  std::optional<bool> two_connections;
};

struct Done {
  int id = 0;
  outcome::Outcome outcome;  // of a serial run or an attempt; of a look its `later`, or a failure
  SetUp set_up;
  std::optional<outcome::Pair> pair;  // of a pair, unless the target failed
};

/// What is known of the sinks. They hear calls whenever these come.
struct SinkNews {
  std::vector<outcome::Tally> tallies;  // in the order of Scenario::sinks
  std::map<int, int> late;              // late calls, by Outcome::number
};

/// Nothing to play now: be told something, or ask again then.
struct Wait {
  base::Nanoseconds until{0};  // on the clock of the one who asks
};
/// Nothing to play any more. What is in flight is of no use; only its cleanup is.
struct Over {};
using Next = std::variant<Job, Wait, Over>;

}  // namespace trial
