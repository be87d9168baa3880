#include "settings/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>

#include "base/address.h"

namespace settings {
namespace {

template <class T>
using Read = base::Result<T, std::string>;  // the error is what was expected

constexpr std::string_view expected_mounts = "one or more of v1, std, v2 and lab, with commas";

Read<bool> read_switch(std::string_view text) {
  for (const std::string_view on : {"1", "true", "True", "TRUE", "yes", "on"})
    if (text == on) return true;
  for (const std::string_view off : {"", "0", "false", "False", "FALSE", "no", "off"})
    if (text == off) return false;
  return base::failure(std::string("on or off (also true, false, 1, 0)"));
}

Read<std::uint16_t> read_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size())
    return base::failure(std::string("a number from 0 to 65535"));
  return port;
}

/// What stands between commas, without blanks around it.
std::vector<std::string> items_of(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const std::size_t first = item.find_first_not_of(' ');
    if (first == item.npos) continue;
    items.emplace_back(item.substr(first, item.find_last_not_of(' ') - first + 1));
  }
  return items;
}

Read<std::vector<std::string>> read_hosts(std::string_view text) {
  std::vector<std::string> hosts = items_of(text);
  if (hosts.empty()) return base::failure(std::string("names, separated by commas, or *"));
  return hosts;
}

Read<Mounts> read_mounts(std::string_view text) {
  constexpr std::pair<std::string_view, bool Mounts::*> names[] = {
      {"v1", &Mounts::v1}, {"std", &Mounts::std}, {"v2", &Mounts::v2}, {"lab", &Mounts::lab}};
  Mounts mounts;
  for (const std::string& item : items_of(text)) {
    const auto* const named = std::find_if(std::begin(names), std::end(names),
                                           [&](const auto& each) { return each.first == item; });
    if (named == std::end(names)) return base::failure(std::string(expected_mounts));
    mounts.*named->second = true;
  }
  if (mounts == Mounts{}) return base::failure(std::string(expected_mounts));
  return mounts;
}

Read<std::string> read_host(std::string_view text) {
  if (text == "localhost") return std::string("127.0.0.1");
  if (text.empty() || text.find_first_not_of("0123456789abcdefABCDEF.:") != text.npos)
    return base::failure(std::string("an address to listen on, such as 127.0.0.1 or 0.0.0.0"));
  return std::string(text);
}

Read<std::string> read_secret_key(std::string_view text) {
  if (text.empty())
    return base::failure(
        std::string("a long random text (or no SECRET_KEY at all, to serve this machine only)"));
  return std::string(text);
}

/// A number from `least` to `most`.
template <std::uint64_t least, std::uint64_t most>
Read<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < least || number > most)
    return base::failure(fmt::format("a number from {} to {}", least, most));
  return number;
}

Read<base::Nanoseconds> read_timeout(std::string_view text) {
  auto time = read_duration(text);
  if (time && *time <= base::Nanoseconds::zero())
    return base::failure(std::string("a time longer than 0, such as 30s or 500ms"));
  return time;
}

/// True for Korean.
Read<bool> read_language(std::string_view text) {
  for (const std::string_view korean : {"ko-kr", "ko"})
    if (text == korean) return true;
  for (const std::string_view english : {"en-us", "en"})
    if (text == english) return false;
  return base::failure(std::string("en-us or ko-kr"));
}

/// A variable, and what it does to the settings. The error is what was expected.
struct Variable {
  std::string_view name;
  std::string_view help;
  std::function<Read<void>(std::string_view, Settings&)> read;
};

template <class T>
Variable variable(std::string_view name, std::string_view help, Read<T> (*read)(std::string_view),
                  T Settings::*place) {
  return {name, help, [read, place](std::string_view text, Settings& settings) -> Read<void> {
            auto value = read(text);
            if (!value) return base::failure(value.error());
            settings.*place = *std::move(value);
            return {};
          }};
}

template <class T, class Group>
Variable limit(std::string_view name, std::string_view help, Read<T> (*read)(std::string_view),
               T Group::*place, Group Settings::*group) {
  return {name, help,
          [read, place, group](std::string_view text, Settings& settings) -> Read<void> {
            auto value = read(text);
            if (!value) return base::failure(value.error());
            settings.*group.*place = *std::move(value);
            return {};
          }};
}
template <class T>
Variable limit(std::string_view name, std::string_view help, Read<T> (*read)(std::string_view),
               T Limits::*place) {
  return limit(name, help, read, place, &Settings::limits);
}
template <class T>
Variable limit(std::string_view name, std::string_view help, Read<T> (*read)(std::string_view),
               T DatabaseLimits::*place) {
  return limit(name, help, read, place, &Settings::database_limits);
}

constexpr std::uint64_t kilobyte = 1024;
constexpr std::uint64_t gigabyte = kilobyte * kilobyte * kilobyte;

std::vector<Variable> variables_of_the_service() {
  return {
      variable("SECRET_KEY", "signs tokens; without one of your own, only this machine is served",
               read_secret_key, &Settings::secret_key),
      variable("DATABASE_URL", "sqlite:///FILE or postgres://... (sqlite:///orders.sqlite3)",
               read_database, &Settings::database),
      variable("PROCESSING_DELAY", "wait of v1 between its read and its overwrite (3s)",
               read_duration, &Settings::processing_delay),
      variable("HOST", "address to listen on (127.0.0.1)", read_host, &Settings::host),
      variable("PORT", "port; 0 takes any free one (8000)", read_port, &Settings::port),
      variable("ALLOWED_HOSTS", "accepted Host headers (127.0.0.1,localhost,[::1])", read_hosts,
               &Settings::allowed_hosts),
      variable("DEBUG", "list known paths on 404, refuse a redirect that would lose a body (off)",
               read_switch, &Settings::debug),
      variable("AUTH", "v2 asks for a token (orders token); off serves this machine only (off)",
               read_switch, &Settings::auth),
      variable("MOUNTS", "APIs to serve (v1,std,v2,lab)", read_mounts, &Settings::mounts),
      variable("PAGE_SIZE", "orders on a page of a list, ?page=2; 0: all at once (0)",
               read_number<0, 10'000>, &Settings::page_size),
      variable("SEARCH", "?search=word word, in customer, restaurant and menu (off)", read_switch,
               &Settings::search),
      variable("ORDERING", "?ordering=menu,-id (off)", read_switch, &Settings::ordering),
      variable("REQUIRE_IF_MATCH", "428 for a change in v2 without If-Match (off)", read_switch,
               &Settings::require_if_match),
      variable("LANGUAGE_CODE", "language of messages, en-us or ko-kr (en-us)", read_language,
               &Settings::korean),
      variable("DRAIN_DELAY", "time with 503 at /readyz after SIGTERM, before it stops (0)",
               read_duration, &Settings::drain_delay),
      variable("HEARTBEAT", "keep-alive interval of an idle event stream (15s)", read_timeout,
               &Settings::heartbeat),
  };
}

std::vector<Variable> limits_of_clients() {
  return {
      limit("MAX_BODY_BYTES", "request body, 413 beyond (5000000)", read_number<1, gigabyte>,
            &Limits::body_bytes),
      limit("MAX_HEADER_BYTES", "request line and header fields, 431 beyond (32768)",
            read_number<kilobyte, kilobyte * kilobyte>, &Limits::header_bytes),
      limit("MAX_REQUEST_LINE_BYTES", "request line, 414 beyond (8192)",
            read_number<kilobyte / 8, kilobyte * kilobyte>, &Limits::request_line_bytes),
      limit("MAX_JSON_DEPTH", "nesting of JSON, 400 beyond (200)", read_number<1, 1'000>,
            &Limits::json_depth),
      limit("MAX_CONNECTIONS", "open connections, 503 beyond (10000)", read_number<1, 1'000'000>,
            &Limits::connections),
      limit("MAX_REQUESTS_PER_CONNECTION", "requests before the connection closes (100000)",
            read_number<1, 1'000'000'000>, &Limits::requests_per_connection),
      limit("IDLE_TIMEOUT", "time between requests before the connection closes (75s)",
            read_timeout, &Limits::idle),
      limit("RECEIVE_TIMEOUT", "time from a request's first byte to its last, then 408 (30s)",
            read_timeout, &Limits::receive),
      limit("SEND_TIMEOUT", "time for a client to take an answer, then it closes (30s)",
            read_timeout, &Limits::send),
  };
}

std::vector<Variable> limits_of_the_database() {
  return {
      limit("DATABASE_CONNECTIONS", "connections to PostgreSQL of each I/O thread (8)",
            read_number<1, 1'000>, &DatabaseLimits::connections),
      limit("DATABASE_TRANSACTIONS", "transactions at once, each on its own connection (16)",
            read_number<1, 1'000>, &DatabaseLimits::transactions),
      limit("DATABASE_WAIT", "wait for a connection, a transaction or a lock, then 503 (5s)",
            read_timeout, &DatabaseLimits::wait),
      limit("DATABASE_CONNECT_TIMEOUT", "time to reach PostgreSQL, then 503 (3s)", read_timeout,
            &DatabaseLimits::connect),
      limit("DATABASE_STATEMENT_TIMEOUT", "limit for one PostgreSQL statement, then 503 (5s)",
            read_timeout, &DatabaseLimits::statement),
  };
}

const std::vector<Variable>& variables() {
  static const std::vector<Variable> all = [] {
    std::vector<Variable> joined = variables_of_the_service();
    for (auto more : {limits_of_clients(), limits_of_the_database()})
      joined.insert(joined.end(), more.begin(), more.end());
    return joined;
  }();
  return all;
}

/// "1.5m" is 90.
std::optional<double> read_seconds(std::string_view text) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  constexpr Unit units[] = {{"", 1},   {"s", 1},    {"ms", 1e-3},    {"us", 1e-6},
                            {"m", 60}, {"h", 3600}, {"d", 24 * 3600}};
  double number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const Unit& known : units)
    if (unit == known.name) return number * known.seconds;
  return std::nullopt;
}

}  // namespace

std::string SettingsError::message() const {
  return fmt::format("{}: found '{}', expected {}", variable, found, expected);
}

base::Result<Settings, SettingsError> read_settings(const Environment& environment) {
  Settings settings;
  for (const Variable& variable : variables()) {
    const auto found = environment.find(variable.name);
    if (found == environment.end()) continue;
    const Read<void> read = variable.read(found->second, settings);
    if (!read)
      return base::failure(SettingsError{std::string(variable.name),
                                         base::without_secrets(found->second), read.error()});
  }
  if (settings.secret_key.empty()) settings.secret_key = insecure_secret_key;
  settings.insecure_key = settings.secret_key.starts_with(insecure_key_prefix);
  return settings;
}

std::string describe_variables() {
  std::string text;
  for (const Variable& variable : variables())
    text += fmt::format("  {:<29}{}\n", variable.name, variable.help);
  return text;
}

bool is_loopback(const Settings& settings) {
  return settings.host.starts_with("127.") || settings.host == "::1";
}

base::Result<void, SettingsError> check(const Settings& settings) {
  const bool loopback = is_loopback(settings);
  if (settings.insecure_key && !loopback)
    return base::failure(SettingsError{"HOST", settings.host,
                                       "127.0.0.1, or a SECRET_KEY of your own: with the insecure "
                                       "default key only this machine is "
                                       "served"});
  if (!settings.auth && !loopback)
    return base::failure(SettingsError{
        "AUTH", "off",
        fmt::format("on, for HOST is {}: who does not ask for tokens serves this machine only",
                    settings.host)});
  if (settings.auth && settings.insecure_key)
    return base::failure(SettingsError{
        "AUTH", "on", "a SECRET_KEY of your own with it: anybody can sign with the insecure one"});
  return {};
}

base::Result<base::Nanoseconds, std::string> read_duration(std::string_view text) {
  constexpr double longest_seconds = 3600;
  const auto seconds = read_seconds(text);
  if (seconds && *seconds <= longest_seconds) return base::from_seconds(*seconds);
  return base::failure(std::string("a time of at most an hour, such as 3s, 50ms or 0"));
}

base::Result<base::Nanoseconds, std::string> read_lifetime(std::string_view text) {
  constexpr double longest_seconds = 366.0 * 24 * 3600;
  const auto seconds = read_seconds(text);
  if (seconds && *seconds >= 1 && *seconds <= longest_seconds) return base::from_seconds(*seconds);
  return base::failure(std::string("a time from a second to a year, such as 30m, 8h or 7d"));
}

base::Result<Database, std::string> read_database(std::string_view text) {
  constexpr std::string_view sqlite = "sqlite:///";
  if (text.starts_with("postgres://") || text.starts_with("postgresql://"))
    return Database{Database::Kind::postgres, std::string(text)};
  if (text.starts_with(sqlite)) text.remove_prefix(sqlite.size());
  if (text.empty() || text.find("://") != text.npos || text == ":memory:")
    return base::failure(
        std::string("sqlite:///FILE, such as sqlite:///orders.sqlite3, or "
                    "postgres://USER:PASSWORD@HOST:PORT/DATABASE"));
  return Database{Database::Kind::sqlite, std::string(text)};
}

}  // namespace settings
