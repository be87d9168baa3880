#include "store/sqlite.h"

#include <fmt/format.h>

#include <cstring>

namespace store::sqlite {
namespace {

using Outcome = StoreError::Outcome;

[[noreturn]] void fail(sqlite3* connection, std::string_view doing,
                       Outcome outcome = Outcome::not_committed) {
  if (sqlite3_extended_errcode(connection) == SQLITE_BUSY_SNAPSHOT)
    throw Conflict("SQLite: what this transaction has read was changed since");
  // SQLite does not wait for the lock here, for whoever holds it is about to make the snapshot old.
  const bool begun = sqlite3_get_autocommit(connection) == 0;
  if (sqlite3_errcode(connection) == SQLITE_BUSY && begun && outcome == Outcome::not_committed)
    throw Conflict("SQLite: another transaction is changing what this one has read");
  throw StoreError(outcome, fmt::format("SQLite: {}: {}", doing, sqlite3_errmsg(connection)));
}

bool is_wal(Connection& connection) {
  Statement statement = connection.prepare("PRAGMA journal_mode");
  Run run(statement, {});
  return run.next() && run.row().text(0) == "wal";
}

/// SQLite does not call its busy handler for the change to WAL, so two processes that create one
/// database together have to take turns by themselves.
void enter_wal(Connection& connection, std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds pause{10};
  for (auto waited = std::chrono::milliseconds(0);; waited += pause) {
    try {
      if (is_wal(connection)) return;
      connection.execute("PRAGMA journal_mode = WAL");
    } catch (const StoreError&) {
      if (waited >= patience) throw;
      sqlite3_sleep(static_cast<int>(pause.count()));
    }
  }
}

/// "iChange": counts commits, in 32 bits, and wraps around (walformat.html, 2.1).
std::uint32_t commits_of(const CommitMark& mark) {
  constexpr std::size_t offset = 8;
  std::uint32_t count = 0;
  std::memcpy(&count, reinterpret_cast<const char*>(mark.data()) + offset, sizeof count);
  return count;
}

}  // namespace

bool is_next(const CommitMark& before, const CommitMark& after) {
  return commits_of(after) == commits_of(before) + 1;
}

Statement::Statement(sqlite3* connection, std::string_view sql) : connection_(connection) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
  if (code != SQLITE_OK) fail(connection, sql);
}

void Statement::start(std::span<const Parameter> parameters) {
  for (int position = 1; const Parameter& parameter : parameters) {
    int code = SQLITE_OK;  // what is not bound is NULL
    if (const auto* text = std::get_if<std::string_view>(&parameter))
      code = sqlite3_bind_text64(statement_.get(), position, text->data(), text->size(),
                                 SQLITE_STATIC, SQLITE_UTF8);
    else if (const auto* number = std::get_if<std::int64_t>(&parameter))
      code = sqlite3_bind_int64(statement_.get(), position, *number);
    if (code != SQLITE_OK) fail(connection_, "bind");
    ++position;
  }
}

bool Statement::next() {
  const int code = try_next();
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  fail(connection_, sqlite3_sql(statement_.get()));
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return bytes == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(bytes), size);
}

std::optional<std::string> Statement::text_or_null(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
  return text(column);
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

Connection::Connection(const std::string& path, std::chrono::milliseconds busy_timeout) {
  // SQLite counts its memory under one lock for all threads, at each allocation, and nobody asks.
  // Too late, and refused, if something else has begun to use SQLite.
  [[maybe_unused]] static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) fail(handle, fmt::format("cannot open {}", path));
  sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
  enter_wal(*this, busy_timeout);
  execute("PRAGMA synchronous = FULL");
  execute("PRAGMA foreign_keys = ON");
}

bool Connection::has_lost_file() const {
  int moved = 0;
  const int code = sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return code == SQLITE_OK && moved != 0;
}

void Connection::require_file(Outcome outcome) const {
  if (has_lost_file()) throw StoreError(outcome, "SQLite: the database file is not where it was");
}

void Connection::execute(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    fail(handle_.get(), sql);
}

void Connection::begin() {
  if (!begin_) begin_ = prepare("BEGIN IMMEDIATE");
  Run(*begin_, {}).finish();
}

void Connection::commit() {
  if (!commit_) commit_ = prepare("COMMIT");
  Run run(*commit_, {});
  const int code = commit_->try_next();
  if (code == SQLITE_DONE) return;
  // A busy COMMIT leaves the transaction open, and the caller rolls it back; without room, the
  // frame that would have committed is not whole. After an I/O error it may or may not be on the
  // disk.
  const bool nothing_written = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_FULL;
  fail(handle_.get(), "COMMIT", nothing_written ? Outcome::not_committed : Outcome::unknown);
}

void Connection::rollback() noexcept {
  sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Deadline::Deadline(Connection& connection, std::chrono::milliseconds patience)
    : connection_(connection), end_(std::chrono::steady_clock::now() + patience) {
  constexpr int steps = 1'000;  // of SQLite's machine; a row that is passed by takes some ten
  sqlite3_progress_handler(
      connection.handle_.get(), steps,
      [](void* self) {
        return std::chrono::steady_clock::now() >= static_cast<const Deadline*>(self)->end_ ? 1 : 0;
      },
      this);
}

std::optional<CommitMark> Connection::commit_mark() {
  constexpr int index_page = 32 * 1024;
  if (log_index_ == nullptr) {
    sqlite3_file* file = nullptr;
    void volatile* page = nullptr;
    if (sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file) !=
            SQLITE_OK ||
        file->pMethods == nullptr || file->pMethods->iVersion < 2 ||
        file->pMethods->xShmMap(file, 0, index_page, 0, &page) != SQLITE_OK || page == nullptr)
      return std::nullopt;
    log_index_ = static_cast<const volatile std::uint64_t*>(page);
  }
  // The header stands there twice, and is written one after the other: between them they differ.
  CommitMark first{};
  CommitMark second{};
  for (std::size_t i = 0; i < first.size(); ++i)
    first.at(i) = __atomic_load_n(log_index_ + i, __ATOMIC_ACQUIRE);
  for (std::size_t i = 0; i < second.size(); ++i)
    second.at(i) = __atomic_load_n(log_index_ + first.size() + i, __ATOMIC_ACQUIRE);
  if (first != second) return std::nullopt;
  return first;
}

}  // namespace store::sqlite
