#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "callers/tokens.h"
#include "dialect/messages.h"
#include "dialect/python_json.h"
#include "frame/routes.h"
#include "views/listing.h"

namespace service {

/// What ?gap= in the lab may be.
inline constexpr std::chrono::seconds longest_gap{10};

struct ServiceOptions {
  /// What v1 waits between its read and its overwrite: the approval of a payment.
  base::Nanoseconds processing_delay = std::chrono::seconds(3);
  /// Host headers that are served, as Django's ALLOWED_HOSTS: "*", "api.example", ".example".
  std::vector<std::string> allowed_hosts = {"127.0.0.1", "localhost", "[::1]"};
  ListingOptions listing;
  Language language = Language::english;
  /// The APIs that are served; a path of another one leads nowhere.
  std::set<Mount> mounts = {Mount::v1, Mount::std, Mount::v2, Mount::lab};
  /// Whether v2 makes changes only where If-Match says of what.
  bool require_if_match = false;
  /// What signs the tokens that v2 and the lab ask for; nothing: nobody has to say who they are.
  std::optional<callers::Tokens> tokens;
  /// Of a stream of events that has nothing to tell.
  std::chrono::milliseconds heartbeat{15'000};
  /// What a number may be at most in v1 and std, which OPTIONS tells: Django takes it from the type
  /// of its database's column, which is PostgreSQL's integer. Nothing: 64 bits, as on SQLite.
  std::optional<std::int64_t> column_max;
  /// Tells more about what leads nowhere.
  bool debug = false;
  /// How deep JSON may nest.
  std::size_t json_depth = default_json_depth;
};

}  // namespace service
