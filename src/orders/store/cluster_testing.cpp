#include "store/cluster_testing.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>

namespace store {
namespace {

/// The newest one that is installed.
std::filesystem::path find_programs() {
  std::filesystem::path newest;
  const std::filesystem::path all = "/usr/lib/postgresql";
  if (std::filesystem::exists(all))
    for (const auto& version : std::filesystem::directory_iterator(all))
      if (std::filesystem::exists(version.path() / "bin/initdb"))
        newest = std::max(newest, version.path() / "bin");
  if (newest.empty())
    throw std::runtime_error("these tests need PostgreSQL: script/bootstrap test");
  return newest;
}

/// PostgreSQL does not run as root.
const passwd* other_user() { return geteuid() == 0 ? getpwnam("postgres") : nullptr; }

/// The system's temporary folder, unless it is closed to other users: TMPDIR may lie in a home.
std::filesystem::path find_place() {
  std::filesystem::path usual = std::filesystem::temp_directory_path();
  for (std::filesystem::path each = std::filesystem::canonical(usual);; each = each.parent_path()) {
    const auto allowed = std::filesystem::status(each).permissions();
    if ((allowed & std::filesystem::perms::others_exec) == std::filesystem::perms::none)
      return "/tmp";
    if (each == each.root_path()) return usual;
  }
}

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

}  // namespace

TestCluster& TestCluster::fresh() {
  static std::unique_ptr<TestCluster> cluster;
  if (!cluster) cluster = std::make_unique<TestCluster>();
  if (cluster->server_ == 0) cluster->start();
  if (!cluster->execute("SELECT to_regclass('orders')").empty())
    cluster->execute("TRUNCATE orders, events, idempotency_keys RESTART IDENTITY");
  return *cluster;
}

TestCluster::TestCluster() : programs_(find_programs()) {
  std::string name = (find_place() / "cluster-XXXXXX").string();
  folder_ = mkdtemp(name.data());
  if (const passwd* user = other_user())
    if (chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0)
      throw std::runtime_error("cannot give the folder away");
  const std::string log = folder_ / "initdb.log";
  const std::string command =
      fmt::format("{} -D {}/data -U orders -A trust -E UTF8 --locale=C.UTF-8 --no-sync >{} 2>&1",
                  program("initdb"), folder_.string(), log);
  if (std::system(command.c_str()) != 0) throw std::runtime_error("initdb failed: see " + log);
  start();
}

TestCluster::~TestCluster() {
  if (server_ != 0) kill();
  std::filesystem::remove_all(folder_);
}

std::string TestCluster::program(const std::string& name) const {
  std::string path = programs_ / name;
  if (other_user() == nullptr) return path;
  return "setpriv --reuid=postgres --regid=postgres --clear-groups " + path;
}

std::string TestCluster::url_at(const std::string& socket) {
  return fmt::format("postgresql://orders@/postgres?host={}", socket);
}

std::string TestCluster::execute(const std::string& sql) const {
  const std::unique_ptr<PGconn, Finish> connection(PQconnectdb(url().c_str()));
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()),
                                                             &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
    throw std::runtime_error(PQerrorMessage(connection.get()));
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

void TestCluster::kill() {
  ::kill(server_, SIGQUIT);
  waitpid(server_, nullptr, 0);
  server_ = 0;
}

// Without pg_ctl: a server that is our child does not outlive us, whatever happens to us.
void TestCluster::start() {
  const passwd* user = other_user();
  const std::string data = folder_ / "data";
  const std::string postgres = programs_ / "postgres";
  const std::string log = folder_ / "server.log";
  server_ = fork();
  if (server_ == 0) {
    if (user != nullptr && (setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) _exit(1);
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (std::freopen(log.c_str(), "a", stderr) == nullptr) _exit(1);
    const std::string sockets = "unix_socket_directories=" + folder_.string();
    execl(postgres.c_str(), postgres.c_str(), "-D", data.c_str(), "-c", "listen_addresses=", "-c",
          sockets.c_str(), "-c", "fsync=off", "-c", "autovacuum=off", "-c", "max_connections=200",
          static_cast<char*>(nullptr));
    _exit(1);
  }
  constexpr int patience_s = 60;
  for (int i = 0; PQping(url().c_str()) != PQPING_OK; ++i) {
    if (i == patience_s * 50 || waitpid(server_, nullptr, WNOHANG) != 0)
      throw std::runtime_error("the server did not start: see " + log);
    poll(nullptr, 0, 20);
  }
}

}  // namespace store
