#include "store/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>

#include "store/order_store.h"

namespace store {
namespace {

struct Close {
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};
using Handle = std::unique_ptr<sqlite3, Close>;

[[noreturn]] void fail(const std::string& what, const std::string& why) {
  throw StoreError(StoreError::Outcome::not_committed, fmt::format("SQLite: {}: {}", what, why));
}

[[noreturn]] void fail_on(const std::string& file) {
  throw std::system_error(errno, std::generic_category(), file);
}

/// Opens what is there; makes nothing.
Handle open(const std::string& path) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  Handle handle(opened);
  if (code != SQLITE_OK) fail(path, sqlite3_errstr(code));
  constexpr int patience_ms = 5'000;
  sqlite3_busy_timeout(handle.get(), patience_ms);
  return handle;
}

/// The first value of the first row.
std::string ask(sqlite3* connection, const char* sql) {
  sqlite3_stmt* prepared = nullptr;
  sqlite3_prepare_v2(connection, sql, -1, &prepared, nullptr);
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  const std::unique_ptr<sqlite3_stmt, Finalize> statement(prepared);
  if (!statement || sqlite3_step(statement.get()) != SQLITE_ROW)
    fail(sql, sqlite3_errmsg(connection));
  const auto* text = sqlite3_column_text(statement.get(), 0);
  return text == nullptr ? "" : reinterpret_cast<const char*>(text);
}

/// A file that is there until the end of the block, unless it is kept. Its owner's alone. It has a
/// name that none has: what one that was killed has left behind is in nobody's way.
class NewFile {
 public:
  explicit NewFile(const std::string& prefix) : path_(prefix + "-XXXXXX") {
    const int descriptor = ::mkostemp(path_.data(), O_CLOEXEC);
    if (descriptor < 0) fail_on(prefix);
    ::close(descriptor);
  }
  ~NewFile() { ::unlink(path_.c_str()); }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

  /// Gives it the name, which nothing may have; an existing file is never replaced.
  void publish(const std::string& name) const {
    if (::link(path_.c_str(), name.c_str()) != 0) fail_on(name);
  }

 private:
  std::string path_;
};

void sync(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) fail_on(path);
  const bool synced = ::fsync(descriptor) == 0;
  const int error = errno;
  ::close(descriptor);
  errno = error;
  if (!synced) fail_on(path);
}

/// All pages in one step: one read transaction, which holds up no writer in WAL mode, and sees the
/// database as it is after one commit. (In several steps each commit of another process would begin
/// it anew.)
void copy(sqlite3* source, sqlite3* target) {
  sqlite3_backup* backup = sqlite3_backup_init(target, "main", source, "main");
  if (backup == nullptr) fail("backup", sqlite3_errmsg(target));
  sqlite3_backup_step(backup, -1);
  const int code = sqlite3_backup_finish(backup);
  if (code != SQLITE_OK) fail("backup", sqlite3_errstr(code));
}

std::int64_t check(sqlite3* target) {
  const std::string verdict = ask(target, "PRAGMA integrity_check");
  if (verdict != "ok") fail("the copy is damaged, and was thrown away", verdict);
  return std::stoll(ask(target, "SELECT count(*) FROM orders"));
}

}  // namespace

Backup back_up(const std::string& database, const std::string& destination) {
  if (std::filesystem::exists(destination)) {
    errno = EEXIST;
    fail_on(destination);
  }
  const Handle source = open(database);
  const NewFile file(destination + ".part");
  Backup made;
  {
    const Handle target = open(file.path());
    copy(source.get(), target.get());
    const std::string mode = ask(target.get(), "PRAGMA journal_mode = DELETE");
    if (mode != "delete") fail("the copy keeps a log beside it", mode);  // one file, not three
    made.orders = check(target.get());
  }
  made.bytes = static_cast<std::int64_t>(std::filesystem::file_size(file.path()));
  sync(file.path(), O_RDONLY);
  file.publish(destination);
  const auto folder = std::filesystem::path(destination).parent_path();
  sync(folder.empty() ? "." : folder.string(), O_RDONLY | O_DIRECTORY);
  return made;
}

}  // namespace store
