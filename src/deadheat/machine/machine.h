#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "record/checkup.h"
#include "record/record.h"

/// What of this machine limits a race.
namespace machine {

struct Facts {
  int cores = 1;                    // that this process may use
  std::optional<double> cpu_quota;  // in cores, by its cgroup
  double load = 0;                  // of the last minute
  base::Nanoseconds clock_step{0};  // the smallest that was seen
  std::string clock_source;
  std::uint64_t open_files = 0;       // a process may have
  std::uint64_t open_files_most = 0;  // it may ask for
  int first_port = 0, last_port = 0;  // for the client's side of connections
  bool ipv4 = false, ipv6 = false;    // loopback can be listened on
  std::string jq_failure;             // why deadheat-jq does not work; empty if it does
};

/// Asks the system; what it does not tell stays as above. `jq_failure` is the caller's to fill.
[[nodiscard]] Facts look(const base::Clock& clock);

/// What each fact means for a race, and what to do about it. Pure.
[[nodiscard]] std::vector<record::Check> judge(const Facts& facts);

/// "50000 100000" is half a core, "max 100000" no quota (cpu.max of a cgroup).
[[nodiscard]] std::optional<double> quota_in_cores(std::string_view cpu_max);

/// What the processors have done since the machine was started.
struct Work {
  int cores = 0;
  base::Nanoseconds busy{0}, idle{0};  // over all cores; what a hypervisor took is busy
  base::Nanoseconds own{0};            // this process's, and its children's that have ended
};

/// Nothing where the system does not tell.
[[nodiscard]] std::optional<Work> work_so_far();

/// "cpu  2686786 398709 ..." and a line for each core, in ticks (/proc/stat). Without `own`. Pure.
[[nodiscard]] std::optional<Work> work_in(std::string_view stat, long ticks_per_second);

/// What went on between two looks. Pure.
[[nodiscard]] record::Load load_between(const Work& before, const Work& after);

}  // namespace machine
