#include "app/deploy.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <utility>

namespace app {
namespace {

constexpr unsigned others_read_or_write = 0006;
constexpr unsigned others_write = 0002;
constexpr unsigned sticky = 01000;

std::optional<unsigned> mode_of(const std::string& path) {
  struct stat status {};
  if (path.empty() || stat(path.c_str(), &status) != 0) return std::nullopt;
  return status.st_mode & 07777U;
}

/// Long enough for HMAC-SHA256 (RFC 7518, 3.2), and not one letter again and again.
bool is_weak(const std::string& key) {
  constexpr std::size_t enough_bytes = 32;
  constexpr std::size_t enough_letters = 5;
  return key.size() < enough_bytes ||
         std::set<char>(key.begin(), key.end()).size() < enough_letters;
}

void judge_settings(const settings::Settings& settings, std::vector<Weakness>& found) {
  if (settings.insecure_key)
    found.push_back({"SECRET_KEY", "is not set, or one that Django made up",
                     "set one of your own, such as openssl rand -base64 48 prints"});
  else if (is_weak(settings.secret_key))
    found.push_back({"SECRET_KEY", "is shorter than 32 bytes, or of less than 5 characters",
                     "set a random one, such as openssl rand -base64 48 prints"});
  if (!settings.auth)
    found.push_back({"AUTH",
                     "is off: whoever reaches the service, through a proxy for one, is "
                     "whom they say they are",
                     "set AUTH=on, and give out tokens (orders token)"});
  const settings::Mounts& mounts = settings.mounts;
  if (settings.auth && (mounts.v1 || mounts.std))
    found.push_back({"MOUNTS",
                     "has v1 or std: they ask nobody for a token, and change and delete any order",
                     "set MOUNTS=v2"});
  if (settings.auth && mounts.lab)
    found.push_back({"MOUNTS",
                     "has lab: its strategies make changes against the rules, and hold the "
                     "database's locks for as long as a client likes",
                     "set MOUNTS=v2"});
  if (settings.debug)
    found.push_back({"DEBUG", "is on: answers tell more than clients need", "set DEBUG=off"});
  const auto& hosts = settings.allowed_hosts;
  if (std::find(hosts.begin(), hosts.end(), "*") != hosts.end())
    found.push_back({"ALLOWED_HOSTS", "has *: any Host header is believed, and links lead there",
                     "list the names that clients use"});
  else if (hosts == settings::Settings().allowed_hosts)
    found.push_back({"ALLOWED_HOSTS", "has this machine only: other clients get a 400",
                     "list the names that clients use"});
}

void judge_key_file(const Surroundings& surroundings, std::vector<Weakness>& found) {
  if ((surroundings.env_file_mode.value_or(0) & others_read_or_write) != 0)
    found.push_back(
        {"SECRET_KEY",
         fmt::format("can be read by everybody on this machine, in {}", surroundings.env_file),
         fmt::format("chmod 600 {}", surroundings.env_file)});
}

void judge_file(const std::string& file, const Surroundings& surroundings,
                std::vector<Weakness>& found) {
  if (std::filesystem::path(file).is_relative())
    found.push_back({"DATABASE_URL",
                     fmt::format("is relative ({}): which file that is depends on where the "
                                 "service is started",
                                 file),
                     "name a file from the root: sqlite:////var/lib/orders/orders.sqlite3"});
  for (const std::string_view passing : {"/tmp/", "/var/tmp/", "/dev/shm/", "/run/"})
    if (file.starts_with(passing))
      found.push_back({"DATABASE_URL", fmt::format("is in {}, which does not last", passing),
                       "keep it where backups are made: sqlite:////var/lib/orders/orders.sqlite3"});
  if ((surroundings.database_mode.value_or(0) & others_read_or_write) != 0)
    found.push_back({"DATABASE_URL",
                     fmt::format("{} can be read or written by everybody on this machine", file),
                     fmt::format("chmod o-rw {0} {0}-wal {0}-shm", file)});
  const unsigned folder = surroundings.folder_mode.value_or(0);
  if ((folder & others_write) != 0 && (folder & sticky) == 0)
    found.push_back({"DATABASE_URL",
                     fmt::format("{} is in a folder where everybody can replace it", file),
                     "chmod o-w the folder"});
}

/// libpq speaks TLS where the server offers it, but goes on without, unless it is told not to.
void judge_server(const std::string& url, std::vector<Weakness>& found) {
  const auto has = [&url](std::string_view text) { return url.find(text) != url.npos; };
  const bool stays_here = has("@localhost") || has("@127.0.0.1") || has("://localhost") ||
                          has("://127.0.0.1") || has(":///") || has("@/") || has("host=/");
  if (stays_here || has("sslmode=require") || has("sslmode=verify-")) return;
  found.push_back({"DATABASE_URL", "lets the way to PostgreSQL be read by others",
                   "add ?sslmode=verify-full (or require) to it"});
}

}  // namespace

std::vector<Weakness> weaknesses(const settings::Settings& settings,
                                 const Surroundings& surroundings) {
  std::vector<Weakness> found;
  judge_settings(settings, found);
  judge_key_file(surroundings, found);
  if (settings.database.kind == settings::Database::Kind::postgres)
    judge_server(settings.database.location, found);
  else
    judge_file(settings.database.location, surroundings, found);
  return found;
}

Surroundings look_around(const settings::Settings& settings, std::string env_file) {
  Surroundings seen{.env_file_mode = mode_of(env_file)};
  seen.env_file = std::move(env_file);
  if (settings.database.kind == settings::Database::Kind::postgres) return seen;
  seen.database_mode = mode_of(settings.database.location);
  const auto folder = std::filesystem::path(settings.database.location).parent_path();
  seen.folder_mode = mode_of(folder.empty() ? "." : folder.string());
  return seen;
}

bool check_deployment(const settings::Settings& settings, const std::string& env_file) {
  const auto found = weaknesses(settings, look_around(settings, env_file));
  for (const Weakness& weakness : found)
    fmt::print("{} {}\n  {}\n", weakness.variable, weakness.what, weakness.instead);
  if (found.empty())
    fmt::print("no weakness found\n");
  else
    fmt::print("{} {} found\n", found.size(), found.size() == 1 ? "weakness" : "weaknesses");
  return found.empty();
}

}  // namespace app
