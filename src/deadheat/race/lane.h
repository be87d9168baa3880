#pragma once

#include <vector>

#include "base/random.h"
#include "client/client.h"
#include "race/course.h"
#include "scenario/scenario.h"

namespace race {

/// What one lane has of its own: connections, which stay warm from round to round, and randomness.
/// One thread.
struct Lane {
  /// Borrows the course.
  Lane(Course& of, int its_number)
      : course(of),
        number(its_number),
        // Not for secrets, but never the same twice: services remember idempotency keys.
        random(static_cast<std::uint64_t>(of.clock.wall().count()) ^ base::fresh_seed() << 40 ^
               static_cast<std::uint64_t>(its_number)),
        entries(scenario::entries(of.scenario)),
        client(of.context(), random.next()) {}

  Course& course;
  int number;
  base::Random random;
  std::vector<scenario::Entry> entries;
  client::Client client;
};

}  // namespace race
