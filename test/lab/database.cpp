#include "database.h"

#include <fmt/format.h>

#include <utility>

namespace lab {
namespace {

// synchronous=OFF: a commit is handed to the operating system and not waited for. A lab has nothing
// to lose, and on a slow disk every write would otherwise be milliseconds of waiting, windows
// included: any test would find such a race.
constexpr std::string_view pragmas = "PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL";
constexpr int busy_timeout_ms = 10'000;

json::value column_of(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return sqlite3_column_int64(statement, column);
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_NULL:
      return nullptr;
    default: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return json::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
    }
  }
}

Row row_of(sqlite3_stmt* statement) {
  Row row;
  const int count = sqlite3_column_count(statement);
  for (int column = 0; column < count; ++column)
    row.columns.emplace(sqlite3_column_name(statement, column), column_of(statement, column));
  return row;
}

void bind(sqlite3_stmt* statement, int position, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    sqlite3_bind_int64(statement, position, *number);
  } else {
    const auto text = std::get<std::string_view>(value);
    sqlite3_bind_text(statement, position, text.data(), static_cast<int>(text.size()),
                      SQLITE_STATIC);
  }
}

/// Whatever happens, the statement is at its beginning again.
struct Reset {
  sqlite3_stmt* statement;
  ~Reset() { sqlite3_reset(statement); }
};

}  // namespace

std::int64_t Row::integer(std::string_view column) const { return columns.at(column).as_int64(); }

std::string Row::text(std::string_view column) const {
  const json::string& text = columns.at(column).as_string();
  return {text.data(), text.size()};
}

Database::Database(const std::string& path) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int result = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  handle_.reset(handle);
  if (result != SQLITE_OK) throw std::runtime_error(fmt::format("SQLite: cannot open {}", path));
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  script(pragmas);
}

void Database::fail(std::string_view sql) const {
  const int code = sqlite3_extended_errcode(handle_.get());
  const std::string message = fmt::format("SQLite: {} in {}", sqlite3_errmsg(handle_.get()), sql);
  if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
    throw UniqueViolation(message);
  if ((code & 0xff) == SQLITE_BUSY) throw Busy(message);
  throw std::runtime_error(message);
}

sqlite3_stmt* Database::prepared(std::string_view sql) {
  Statement& statement = statements_[std::string(sql)];
  if (!statement) {
    sqlite3_stmt* made = nullptr;
    const int result =
        sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &made, nullptr);
    statement.reset(made);
    if (result != SQLITE_OK) fail(sql);
  }
  return statement.get();
}

std::vector<Row> Database::run(std::string_view sql, std::span<const Value> values) {
  sqlite3_stmt* statement = prepared(sql);
  const Reset reset{statement};
  int position = 0;
  for (const Value& value : values) bind(statement, ++position, value);
  std::vector<Row> rows;
  int result = SQLITE_OK;
  while ((result = sqlite3_step(statement)) == SQLITE_ROW) rows.push_back(row_of(statement));
  if (result != SQLITE_DONE) fail(sql);
  return rows;
}

std::optional<Row> Database::find(std::string_view sql, std::initializer_list<Value> values) {
  std::vector<Row> rows = run(sql, {values.begin(), values.size()});
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

Row Database::one(std::string_view sql, std::initializer_list<Value> values) {
  std::optional<Row> row = find(sql, values);
  if (!row) throw NoRow();
  return *std::move(row);
}

json::array Database::all(std::string_view sql, std::initializer_list<Value> values) {
  json::array list;
  std::vector<Row> rows = run(sql, {values.begin(), values.size()});
  for (Row& row : rows) list.push_back(std::move(row.columns));
  return list;
}

std::int64_t Database::change(std::string_view sql, std::initializer_list<Value> values) {
  run(sql, {values.begin(), values.size()});
  return sqlite3_changes64(handle_.get());
}

std::int64_t Database::insert(std::string_view sql, std::initializer_list<Value> values) {
  run(sql, {values.begin(), values.size()});
  return last_id();
}

void Database::script(std::string_view sql) {
  if (sqlite3_exec(handle_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    fail(sql);
}

Transaction::Transaction(Database& database, Begin begin) : database_(database) {
  database_.change(begin == Begin::immediate ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
  if (committed_) return;
  try {
    database_.change("ROLLBACK");
  } catch (const std::exception&) {
    return;  // some errors end the transaction by themselves
  }
}

void Transaction::commit() {
  database_.change("COMMIT");
  committed_ = true;
}

Pool::Pool(std::string path, std::string_view schema) : path_(std::move(path)) {
  take()->script(schema);
}

std::unique_ptr<Database> Pool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto database = std::move(idle_.back());
      idle_.pop_back();
      return database;
    }
  }
  return std::make_unique<Database>(path_);
}

void Pool::give_back(std::unique_ptr<Database> database) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(database));
}

}  // namespace lab
