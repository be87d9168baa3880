#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/json.h"

/// SQLite, as far as a handler of the lab needs it.
namespace lab {

/// What a statement is given, by position. Text is borrowed for the call.
using Value = std::variant<std::int64_t, std::string_view>;

/// One row: its columns by their names, ready to be an answer.
struct Row {
  json::object columns;

  [[nodiscard]] std::int64_t integer(std::string_view column) const;
  [[nodiscard]] std::string text(std::string_view column) const;
  [[nodiscard]] bool is_null(std::string_view column) const { return columns.at(column).is_null(); }
};

/// The row that a handler cannot do without is not there. 404 unless it is caught.
struct NoRow : std::runtime_error {
  NoRow() : std::runtime_error("no such row") {}
};
/// 500 unless it is caught, like in any framework.
struct UniqueViolation : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// Another connection holds the lock, or has written since this transaction read. 500 likewise.
struct Busy : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A connection. One thread at a time. Outside of a Transaction every statement commits by itself.
class Database {
 public:
  explicit Database(const std::string& path);

  /// The first row; throws NoRow if there is none.
  Row one(std::string_view sql, std::initializer_list<Value> values = {});
  std::optional<Row> find(std::string_view sql, std::initializer_list<Value> values = {});
  json::array all(std::string_view sql, std::initializer_list<Value> values = {});
  /// Rows changed.
  std::int64_t change(std::string_view sql, std::initializer_list<Value> values = {});
  /// The id of the new row.
  std::int64_t insert(std::string_view sql, std::initializer_list<Value> values = {});
  /// The same three for values that are put together elsewhere.
  std::vector<Row> run(std::string_view sql, std::span<const Value> values);
  [[nodiscard]] std::int64_t last_id() const { return sqlite3_last_insert_rowid(handle_.get()); }
  /// Several statements, without values.
  void script(std::string_view sql);

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  sqlite3_stmt* prepared(std::string_view sql);
  [[noreturn]] void fail(std::string_view sql) const;

  std::unique_ptr<sqlite3, Close> handle_;
  std::unordered_map<std::string, Statement> statements_;
};

/// `deferred` reads first and asks for the lock when it writes: Busy then if somebody else wrote
/// meanwhile. `immediate` has the lock from the beginning.
enum class Begin { deferred, immediate };

/// Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database, Begin begin = Begin::immediate);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database& database_;
  bool committed_ = false;
};

/// The connections to one file: as many as there are requests at a time.
class Pool {
 public:
  /// Makes the file, with this schema.
  Pool(std::string path, std::string_view schema);

  /// A connection, given back when it goes out of scope.
  class Lease {
   public:
    explicit Lease(Pool& pool) : pool_(pool), database_(pool.take()) {}
    ~Lease() { pool_.give_back(std::move(database_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Database& operator*() const { return *database_; }

   private:
    Pool& pool_;
    std::unique_ptr<Database> database_;
  };

 private:
  std::unique_ptr<Database> take();
  void give_back(std::unique_ptr<Database> database);

  std::string path_;
  std::mutex mutex_;  // of idle_
  std::vector<std::unique_ptr<Database>> idle_;
};

}  // namespace lab
