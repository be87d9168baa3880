#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace store {

/// A PostgreSQL server of the tests' own: in a temporary folder, on a unix socket there, as long as
/// this lives. Needs Debian's package postgresql, and as root its user postgres. One at a time is
/// started for all tests, and its tables are emptied between them.
class TestCluster {
 public:
  /// Running, and empty.
  static TestCluster& fresh();

  TestCluster();
  ~TestCluster();
  TestCluster(const TestCluster&) = delete;
  TestCluster& operator=(const TestCluster&) = delete;

  [[nodiscard]] std::string url() const { return url_at(folder_.string()); }
  /// The same server behind another socket, in the folder `socket`.
  [[nodiscard]] static std::string url_at(const std::string& socket);
  [[nodiscard]] std::string socket() const { return folder_ / ".s.PGSQL.5432"; }

  /// The first value that it gives, or "".
  std::string execute(const std::string& sql) const;
  /// At once, without a word to anybody: as a crash does.
  void kill();
  void start();

 private:
  /// The folder's programs, run as a user that PostgreSQL accepts.
  [[nodiscard]] std::string program(const std::string& name) const;

  std::filesystem::path folder_;
  std::filesystem::path programs_;
  pid_t server_ = 0;
};

}  // namespace store
