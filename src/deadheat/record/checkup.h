#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "record/record.h"

/// What `deadheat doctor` comes to, and the one source of its report. Facts, as in a record; member
/// names are the names in the file. schema/doctor.schema.json describes it.
namespace record {

/// What of the machine may limit a race.
enum class CheckCode {
  cores,          // cores: that this process may use
  cpu_quota,      // cores: by its cgroup; 0: no quota
  load,           // load: of the last minute; cores
  clock,          // step_ns: the smallest that was seen; source
  open_files,     // limit; most: that it may be raised to
  local_ports,    // first, last: for the client's side of connections
  loopback_ipv4,  //
  loopback_ipv6,  //
  jq,             // cause: empty if it works
};
BOOST_DESCRIBE_ENUM(CheckCode, cores, cpu_quota, load, clock, open_files, local_ports,
                    loopback_ipv4, loopback_ipv6, jq)

/// The members of `with`, in the order above.
[[nodiscard]] std::span<const Member> members_of(CheckCode code);

struct Check {
  CheckCode code{};
  bool fine = true;   // it limits nothing
  json::object with;  // as of Said
  BOOST_DESCRIBE_CLASS(Check, (), (code, fine, with), (), ())
};

struct Checkup {
  int version = 2;   // of this format
  std::string tool;  // "deadheat 0.1.0"
  double duration_s = 0;
  std::uint64_t seed = 0;
  bool fine = false;  // the widest planted window was found in half of the rounds or more
  int exit_code = 70;
  std::vector<Planted> planted;  // from the widest to the narrowest
  std::vector<Check> machine;
  BOOST_DESCRIBE_CLASS(Checkup, (),
                       (version, tool, duration_s, seed, fine, exit_code, planted, machine), (), ())
};

/// Pretty JSON, as to_text of a record.
[[nodiscard]] std::string to_text(const Checkup& checkup);

}  // namespace record
