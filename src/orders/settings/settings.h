#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "settings/dotenv.h"

namespace settings {

/// What the settings module of the original falls back to. Everybody knows it, so that whoever
/// signs with it signs nothing.
inline constexpr std::string_view insecure_secret_key = "django-insecure-   ";
/// What Django writes before each key that it makes up for a new project.
inline constexpr std::string_view insecure_key_prefix = "django-insecure-";

/// What the service takes from its clients; each limit has a setting of its own.
struct Limits {
  std::uint64_t body_bytes = 5'000'000;               // MAX_BODY_BYTES: 413
  std::uint64_t header_bytes = 32 * 1024;             // MAX_HEADER_BYTES: 431
  std::uint64_t request_line_bytes = 8 * 1024;        // MAX_REQUEST_LINE_BYTES: 414
  std::uint64_t json_depth = 200;                     // MAX_JSON_DEPTH: 400
  std::uint64_t connections = 10'000;                 // MAX_CONNECTIONS: 503
  std::uint64_t requests_per_connection = 100'000;    // MAX_REQUESTS_PER_CONNECTION: then it closes
  base::Nanoseconds idle = std::chrono::seconds(75);  // IDLE_TIMEOUT: between requests
  base::Nanoseconds receive = std::chrono::seconds(30);  // RECEIVE_TIMEOUT: for a request; 408
  base::Nanoseconds send = std::chrono::seconds(30);     // SEND_TIMEOUT: to take an answer
};

/// Where orders are kept.
struct Database {
  enum class Kind { sqlite, postgres };

  Kind kind = Kind::sqlite;
  std::string location = "orders.sqlite3";  // a file, or the URL as libpq reads it

  bool operator==(const Database&) const = default;
};

/// For how long, and by how many at once, a database is used; beyond that: 503.
struct DatabaseLimits {
  std::uint64_t connections = 8;    // DATABASE_CONNECTIONS: PostgreSQL's, of each I/O thread
  std::uint64_t transactions = 16;  // DATABASE_TRANSACTIONS: at once; each has another connection
  base::Nanoseconds wait = std::chrono::seconds(5);  // DATABASE_WAIT: for one of these, or a lock
  base::Nanoseconds connect = std::chrono::seconds(3);    // DATABASE_CONNECT_TIMEOUT
  base::Nanoseconds statement = std::chrono::seconds(5);  // DATABASE_STATEMENT_TIMEOUT
};

/// Which APIs are served; a path of another one leads nowhere.
struct Mounts {
  bool v1 = false, std = false, v2 = false, lab = false;

  bool operator==(const Mounts&) const = default;
};
inline constexpr Mounts all_mounts{true, true, true, true};

struct Settings {
  std::string secret_key;     // SECRET_KEY
  bool insecure_key = false;  // SECRET_KEY is not set, or one that Django made up
  bool debug = false;         // DEBUG
  std::vector<std::string> allowed_hosts = {"127.0.0.1", "localhost", "[::1]"};  // ALLOWED_HOSTS
  Database database;                                                             // DATABASE_URL
  base::Nanoseconds processing_delay = std::chrono::seconds(3);                  // PROCESSING_DELAY
  bool auth = false;                                                             // AUTH
  Mounts mounts = all_mounts;                                                    // MOUNTS
  base::Nanoseconds drain_delay{0};                                              // DRAIN_DELAY
  base::Nanoseconds heartbeat = std::chrono::seconds(15);                        // HEARTBEAT
  std::string host = "127.0.0.1";                                                // HOST
  std::uint16_t port = 8000;                                                     // PORT
  std::uint64_t page_size = 0;    // PAGE_SIZE; 0: no pages
  bool search = false;            // SEARCH
  bool ordering = false;          // ORDERING
  bool require_if_match = false;  // REQUIRE_IF_MATCH
  bool korean = false;            // LANGUAGE_CODE is ko-kr
  Limits limits;
  DatabaseLimits database_limits;
};

/// "PORT: found 'x', expected a number from 0 to 65535"
struct SettingsError {
  std::string variable;
  std::string found;
  std::string expected;

  [[nodiscard]] std::string message() const;
};

/// Reads what the environment sets; the rest has its default.
[[nodiscard]] base::Result<Settings, SettingsError> read_settings(const Environment& environment);

/// The variables that read_settings() knows, one "NAME  what it is" a line.
[[nodiscard]] std::string describe_variables();

/// Whether HOST is an address of this machine that no other one reaches.
[[nodiscard]] bool is_loopback(const Settings& settings);

/// Whether these settings go together: with the insecure key, or without authentication, only this
/// machine may be served; and tokens that are signed with a key that everybody knows prove nothing.
[[nodiscard]] base::Result<void, SettingsError> check(const Settings& settings);

/// "3s", "50ms", "1.5m", or seconds. The error says what is expected.
[[nodiscard]] base::Result<base::Nanoseconds, std::string> read_duration(std::string_view text);

/// "30m", "8h", "7d", or seconds: for how long a token is good. The error says what is expected.
[[nodiscard]] base::Result<base::Nanoseconds, std::string> read_lifetime(std::string_view text);

/// "sqlite:///orders.sqlite3" or "sqlite:////var/lib/orders.sqlite3", for which a plain path stands
/// too; "postgres://..." or "postgresql://...".
[[nodiscard]] base::Result<Database, std::string> read_database(std::string_view text);

}  // namespace settings
