#include "store/postgres_values.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

#include "base/require.h"

namespace store::postgres {
namespace {

/// PostgreSQL counts from 2000-01-01.
constexpr std::chrono::microseconds epoch = std::chrono::seconds(946'684'800);

constexpr std::int32_t oid_of_bigint = 20;
constexpr std::int32_t oid_of_text = 25;
constexpr std::int32_t oid_of_timestamptz = 1184;

template <class T>
T in_network_order(T number) {
  std::array<unsigned char, sizeof(T)> bytes{};
  using Unsigned = std::make_unsigned_t<T>;
  auto rest = static_cast<Unsigned>(number);
  for (std::size_t i = sizeof(T); i > 0; --i) {
    bytes.at(i - 1) = static_cast<unsigned char>(rest & 0xFFU);
    rest = static_cast<Unsigned>(rest >> 7U >> 1U);
  }
  T ordered{};
  std::memcpy(&ordered, bytes.data(), sizeof ordered);
  return ordered;
}

// https://www.postgresql.org/docs/15/protocol-overview.html has no word on it; the source of
// array_recv() has: dimensions, whether there are NULLs, the type, and for each dimension its size
// and its first index; then each element with its size.
template <class Put>
void put_array_head(const Put& put, std::int32_t type, std::size_t size) {
  put(std::int32_t{size == 0 ? 0 : 1});
  put(std::int32_t{0});
  put(type);
  if (size == 0) return;
  put(static_cast<std::int32_t>(size));
  put(std::int32_t{1});
}

}  // namespace

template <class T>
void Parameters::put(T number) {
  const T ordered = in_network_order(number);
  std::array<char, sizeof(T)> bytes{};
  std::memcpy(bytes.data(), &ordered, sizeof ordered);
  bytes_.append(bytes.data(), bytes.size());
}

void Parameters::end(std::size_t begin) {
  sizes_.push_back(static_cast<int>(bytes_.size() - begin));
}

Parameters& Parameters::add_null() {
  sizes_.push_back(-1);
  return *this;
}

Parameters& Parameters::add(bool truth) {
  bytes_ += static_cast<char>(truth ? 1 : 0);
  sizes_.push_back(1);
  return *this;
}

Parameters& Parameters::add(std::int64_t number) {
  put(number);
  sizes_.push_back(sizeof number);
  return *this;
}

Parameters& Parameters::add(std::string_view text) {
  bytes_ += text;
  sizes_.push_back(static_cast<int>(text.size()));
  return *this;
}

Parameters& Parameters::add(Timestamp at) { return add(std::int64_t{(at - epoch).count()}); }

Parameters& Parameters::add_xid(std::uint64_t transaction) {
  return add(static_cast<std::int64_t>(transaction));
}

std::vector<const char*> Parameters::values() const {
  std::vector<const char*> values;
  values.reserve(sizes_.size());
  const char* at = bytes_.data();
  for (const int size : sizes_) {
    values.push_back(size < 0 ? nullptr : at);
    at += std::max(size, 0);
  }
  return values;
}

Parameters& Parameters::add(const std::vector<std::int64_t>& numbers) {
  const std::size_t begin = bytes_.size();
  put_array_head([this](std::int32_t number) { put(number); }, oid_of_bigint, numbers.size());
  for (const std::int64_t number : numbers) {
    put(static_cast<std::int32_t>(sizeof number));
    put(number);
  }
  end(begin);
  return *this;
}

Parameters& Parameters::add(const std::vector<std::string>& texts) {
  const std::size_t begin = bytes_.size();
  put_array_head([this](std::int32_t number) { put(number); }, oid_of_text, texts.size());
  for (const std::string& text : texts) {
    put(static_cast<std::int32_t>(text.size()));
    bytes_ += text;
  }
  end(begin);
  return *this;
}

Parameters& Parameters::add(const std::vector<Timestamp>& times) {
  const std::size_t begin = bytes_.size();
  put_array_head([this](std::int32_t number) { put(number); }, oid_of_timestamptz, times.size());
  for (const Timestamp time : times) {
    put(static_cast<std::int32_t>(sizeof(std::int64_t)));
    put(std::int64_t{(time - epoch).count()});
  }
  end(begin);
  return *this;
}

bool Rows::is_null(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}

bool Rows::boolean(int row, int column) const {
  return *PQgetvalue(result_.get(), row, column) != 0;
}

std::int64_t Rows::integer(int row, int column) const {
  std::int64_t number = 0;
  base::require(PQgetlength(result_.get(), row, column) == sizeof number, "the column is a bigint");
  std::memcpy(&number, PQgetvalue(result_.get(), row, column), sizeof number);
  return in_network_order(number);
}

std::string Rows::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::optional<std::string> Rows::text_or_null(int row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return text(row, column);
}

Timestamp Rows::time(int row, int column) const { return Timestamp(integer(row, column)) + epoch; }

std::string_view Rows::tag() const { return result_ ? PQcmdStatus(result_.get()) : ""; }

}  // namespace store::postgres
