#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "dialect/messages.h"
#include "dialect/python_json.h"
#include "views/listing.h"

namespace views {

/// What ?gap= in the lab may be.
inline constexpr std::chrono::seconds longest_gap{10};

struct Options {
  /// What v1 waits between its read and its overwrite: the approval of a payment.
  base::Nanoseconds processing_delay = std::chrono::seconds(3);
  ListingOptions listing;
  dialect::Language language = dialect::Language::english;
  /// Whether v2 makes changes only where If-Match says of what.
  bool require_if_match = false;
  /// Of a stream of events that has nothing to tell.
  std::chrono::milliseconds heartbeat{15'000};
  /// What a number may be at most in v1 and std, which OPTIONS tells: Django takes it from the type
  /// of its database's column, which is PostgreSQL's integer. Nothing: 64 bits, as on SQLite.
  std::optional<std::int64_t> column_max;
  /// How deep JSON may nest.
  std::size_t json_depth = dialect::default_json_depth;
};

}  // namespace views
