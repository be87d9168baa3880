#pragma once

#include <sqlite3.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "store/error.h"

/// SQLite as this room needs it: a connection, statements, transactions. Failures throw StoreError,
/// and Conflict if what a transaction has read was changed before it wrote.
namespace store::sqlite {

/// What a statement is given, by position from 1: NULL, a number or a text. Text is borrowed until
/// the statement is reset.
using Parameter = std::variant<std::monostate, std::int64_t, std::string_view>;

/// A prepared statement, to be run any number of times.
class Statement {
 public:
  Statement(sqlite3* connection, std::string_view sql);

  /// Begins a run. Parameters that borrow must live until the run is over.
  void start(std::span<const Parameter> parameters);
  /// To the next row; false if there is none. The run is over then.
  [[nodiscard]] bool next();
  /// The same, but gives SQLite's code, whatever it is.
  [[nodiscard]] int try_next() { return sqlite3_step(statement_.get()); }
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::optional<std::string> text_or_null(int column) const;
  /// Ends a run early and lets go of what was bound.
  void reset();

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  sqlite3* connection_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One run of a statement; whatever happens, the statement is reset at its end.
class Run {
 public:
  Run(Statement& statement, std::span<const Parameter> parameters) : statement_(statement) {
    statement_.start(parameters);
  }
  ~Run() { statement_.reset(); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  [[nodiscard]] bool next() { return statement_.next(); }
  [[nodiscard]] const Statement& row() const { return statement_; }
  /// Takes the statement to its end, for the sake of what it does.
  void finish() {
    while (next()) continue;
  }

 private:
  Statement& statement_;
};

/// What the index of the write-ahead log says of the last commit, whoever made it. Another mark,
/// another state of the database; the same mark, the same state.
using CommitMark = std::array<std::uint64_t, 6>;

/// True if there was exactly one commit from `before` to `after`.
[[nodiscard]] bool is_next(const CommitMark& before, const CommitMark& after);

/// A connection in WAL mode with synchronous=FULL. One thread at a time.
class Connection {
 public:
  /// Creates the file if it is missing. Waits `busy_timeout` for locks of others.
  Connection(const std::string& path, std::chrono::milliseconds busy_timeout);

  void execute(const char* sql);
  [[nodiscard]] Statement prepare(std::string_view sql) { return {handle_.get(), sql}; }
  /// Rows that the last INSERT, UPDATE or DELETE touched.
  [[nodiscard]] std::int64_t changes() const { return sqlite3_changes64(handle_.get()); }
  /// And those of all of them, since the connection was opened.
  [[nodiscard]] std::int64_t all_changes() const { return sqlite3_total_changes64(handle_.get()); }
  /// True if the path no longer leads to the file that is open here: it was moved, deleted or
  /// replaced, and what is written goes where nobody will look for it.
  [[nodiscard]] bool has_lost_file() const;
  /// Throws with this outcome if it has.
  void require_file(StoreError::Outcome outcome) const;
  [[nodiscard]] std::int64_t last_id() const { return sqlite3_last_insert_rowid(handle_.get()); }
  /// BEGIN IMMEDIATE: waits for the one lock that writers need.
  void begin();
  /// COMMIT, told apart from all else: if it fails other than for a lock, nobody knows whether it
  /// took place.
  void commit();
  /// Never throws: the transaction may be gone already.
  void rollback() noexcept;
  /// True if the last failure was a value that the table does not take.
  [[nodiscard]] bool refused_a_value() const {
    return (sqlite3_errcode(handle_.get()) & 0xff) == SQLITE_CONSTRAINT;
  }
  /// True from BEGIN to COMMIT, unless an error of SQLite's own ended the transaction before.
  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  /// The mark now; nothing if it is just being written, or cannot be had. A few nanoseconds: it
  /// looks at the memory that all connections share (https://www.sqlite.org/walformat.html, 2.1),
  /// where "PRAGMA data_version" would take a lock of the file and let it go, two system calls.
  /// Only after a first read.
  [[nodiscard]] std::optional<CommitMark> commit_mark();
  /// How long the statements to come wait for locks of others.
  void set_busy_timeout(std::chrono::milliseconds timeout) {
    sqlite3_busy_timeout(handle_.get(), static_cast<int>(timeout.count()));
  }

 private:
  friend class Deadline;
  struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
  std::optional<Statement> begin_;  // prepared when first needed
  std::optional<Statement> commit_;
  const volatile std::uint64_t* log_index_ =
      nullptr;  // SQLite's, as long as the connection is open
};

/// As long as it lives, what runs on the connection is given up (StoreError) after `patience`: a
/// search through a million orders for words that none of them has, say.
class Deadline {
 public:
  Deadline(Connection& connection, std::chrono::milliseconds patience);
  ~Deadline() { sqlite3_progress_handler(connection_.handle_.get(), 0, nullptr, nullptr); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  Connection& connection_;
  std::chrono::steady_clock::time_point end_;
};

/// BEGIN IMMEDIATE ... COMMIT: the lock is taken before the first read, so that what is read inside
/// still holds when it is written. Rolls back by itself unless committed. Throws if the file is not
/// where it was: before anything is written, or, with an unknown outcome, after the COMMIT.
class WriteTransaction {
 public:
  explicit WriteTransaction(Connection& connection) : connection_(connection) {
    connection_.require_file(StoreError::Outcome::not_committed);
    connection_.begin();
  }
  ~WriteTransaction() {
    if (!committed_) connection_.rollback();
  }
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;

  void commit() {
    finish(connection_);
    committed_ = true;
  }
  /// COMMIT of a transaction that was begun otherwise.
  static void finish(Connection& connection) {
    connection.commit();
    connection.require_file(StoreError::Outcome::unknown);
  }

 private:
  Connection& connection_;
  bool committed_ = false;
};

/// One change: a transaction of its own, or a part of the one around it. A part writes first what a
/// constraint may refuse, and so needs no savepoint, which would cost as much as a statement: if
/// it is refused it has done nothing. A part that fails for another reason, or later, gives up the
/// whole transaction.
class Change {
 public:
  explicit Change(Connection& connection)
      : connection_(connection), changes_before_(connection.all_changes()) {
    if (!connection_.in_transaction()) alone_.emplace(connection_);
  }
  ~Change() {
    if (kept_ || alone_) return;
    const bool did_nothing =
        connection_.refused_a_value() && connection_.all_changes() == changes_before_;
    if (!did_nothing) connection_.rollback();
  }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

  void keep() {
    if (alone_) alone_->commit();
    kept_ = true;
  }

 private:
  Connection& connection_;
  std::int64_t changes_before_;
  std::optional<WriteTransaction> alone_;
  bool kept_ = false;
};

}  // namespace store::sqlite
