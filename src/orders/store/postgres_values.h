#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/terms.h"

/// What goes into a statement of PostgreSQL and what comes out of it.
namespace store::postgres {

/// SQL with parameters $1, $2, ... It lives as long as the program, and is prepared when a
/// connection first needs it; without a name it is planned each time.
struct Statement {
  std::string name;
  std::string sql;
};

/// What a statement is given, in PostgreSQL's binary format: boolean, bigint, text, timestamptz,
/// xid8, and arrays of bigint and text.
class Parameters {
 public:
  Parameters& add_null();
  Parameters& add(bool truth);
  Parameters& add(std::int64_t number);
  Parameters& add(std::string_view text);
  Parameters& add(Timestamp at);
  Parameters& add_xid(std::uint64_t transaction);
  Parameters& add(const std::vector<std::int64_t>& numbers);
  Parameters& add(const std::vector<std::string>& texts);
  Parameters& add(const std::vector<Timestamp>& times);
  template <class T>
  Parameters& add(const std::optional<T>& value) {
    return value ? add(*value) : add_null();
  }

  /// As libpq takes them: where each begins (null: NULL), and how many bytes it has. They borrow.
  [[nodiscard]] std::vector<const char*> values() const;
  [[nodiscard]] const std::vector<int>& sizes() const { return sizes_; }

 private:
  void end(std::size_t begin);
  template <class T>
  void put(T number);

  std::string bytes_;
  std::vector<int> sizes_;  // -1: NULL
};

/// What a statement gave. Columns count from 0.
class Rows {
 public:
  Rows() = default;
  explicit Rows(PGresult* result) : result_(result) {}

  [[nodiscard]] int size() const { return result_ ? PQntuples(result_.get()) : 0; }
  [[nodiscard]] bool is_null(int row, int column) const;
  [[nodiscard]] bool boolean(int row, int column) const;
  [[nodiscard]] std::int64_t integer(int row, int column) const;
  [[nodiscard]] std::string text(int row, int column) const;
  [[nodiscard]] std::optional<std::string> text_or_null(int row, int column) const;
  [[nodiscard]] Timestamp time(int row, int column) const;
  /// "COMMIT"
  [[nodiscard]] std::string_view tag() const;

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

}  // namespace store::postgres
