#pragma once

#include <boost/describe/class.hpp>
#include <string>
#include <vector>

#include "record/record.h"

/// What `deadheat doctor` comes to, and the one source of its report. Plain values; member names
/// are the names in the file. schema/doctor.schema.json describes it.
namespace record {

/// Something of the machine that may limit a race.
struct Check {
  std::string name;    // "open files"
  std::string found;   // "1024"
  bool fine = true;    // it does not
  std::string advice;  // what it limits, and what to do; empty where it is fine
  BOOST_DESCRIBE_CLASS(Check, (), (name, found, fine, advice), (), ())
};

struct Checkup {
  int version = 1;   // of this format
  std::string tool;  // "deadheat 0.1.0"
  double duration_s = 0;
  std::uint64_t seed = 0;
  bool fine = false;  // the widest planted window was found in half of the rounds or more
  int exit_code = 70;
  std::string sentence;
  std::vector<Planted> planted;  // from the widest to the narrowest
  std::vector<Check> machine;
  BOOST_DESCRIBE_CLASS(Checkup, (),
                       (version, tool, duration_s, seed, fine, exit_code, sentence, planted,
                        machine),
                       (), ())
};

/// Pretty JSON, as to_text of a record.
[[nodiscard]] std::string to_text(const Checkup& checkup);

}  // namespace record
