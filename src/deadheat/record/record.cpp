#include "record/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/members.hpp>
#include <boost/json/value_from.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cmath>
#include <concepts>
#include <iterator>
#include <map>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/utf8.h"
#include "record/checkup.h"

namespace record {
namespace {

constexpr int format_version = 1;

template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public>;

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_map = false;
template <class T>
inline constexpr bool is_map<std::map<std::string, T>> = true;

std::string_view kind_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "true or false";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return "a number";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
  }
  return "something else";
}

/// Reads described structs and keeps the path to where it is. Not json::value_to: that one says
/// only "size mismatch", and takes a member it does not know for an error.
class Reader {
 public:
  /// After an error nothing more is read.
  template <class T>
  void read(const json::value& from, T& to, const std::string& path) {
    if (!error_.empty()) return;
    if constexpr (std::same_as<T, json::value>)
      to = from;
    else if constexpr (std::same_as<T, std::string>)
      read_string(from, to, path);
    else if constexpr (std::same_as<T, bool>)
      from.is_bool() ? void(to = from.get_bool()) : expected("true or false", from, path);
    else if constexpr (std::integral<T> || std::floating_point<T>)
      read_number(from, to, path);
    else if constexpr (is_vector<T>)
      read_array(from, to, path);
    else if constexpr (is_map<T>)
      read_map(from, to, path);
    else
      read_struct(from, to, path);
  }

  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  void fail(const std::string& path, const std::string& message) {
    if (error_.empty()) error_ = path.empty() ? message : path + ": " + message;
  }

  void expected(std::string_view what, const json::value& found, const std::string& path) {
    fail(path, fmt::format("expected {}, found {}", what, kind_of(found)));
  }

  void read_string(const json::value& from, std::string& to, const std::string& path) {
    if (!from.is_string()) return expected("a string", from, path);
    to.assign(from.get_string());
  }

  template <class T>
  void read_number(const json::value& from, T& to, const std::string& path) {
    if (!from.is_number())
      return expected(std::integral<T> ? "a whole number" : "a number", from, path);
    json::error_code error;
    to = from.to_number<T>(error);
    if (error) fail(path, "expected a whole number in range, found " + base::to_text(from));
  }

  template <class T>
  void read_array(const json::value& from, std::vector<T>& to, const std::string& path) {
    if (!from.is_array()) return expected("an array", from, path);
    for (const json::value& element : from.get_array()) {
      const std::string place = fmt::format("{}[{}]", path, to.size());
      read(element, to.emplace_back(), place);
    }
  }

  template <class T>
  void read_map(const json::value& from, std::map<std::string, T>& to, const std::string& path) {
    if (!from.is_object()) return expected("an object", from, path);
    for (const auto& [key, member] : from.get_object())
      read(member, to[std::string(key)], path + "." + std::string(key));
  }

  template <class T>
  void read_struct(const json::value& from, T& to, const std::string& path) {
    if (!from.is_object()) return expected("an object", from, path);
    boost::mp11::mp_for_each<Members<T>>([&](auto descriptor) {
      const json::value* member = from.get_object().if_contains(descriptor.name);
      const std::string place = path.empty() ? descriptor.name : path + "." + descriptor.name;
      if (member == nullptr) return fail(place, "missing");
      read(*member, to.*descriptor.pointer, place);
    });
  }

  std::string error_;
};

/// To the nearest millionth, whole numbers as such: people read the file, and Boost.JSON, which
/// prints the shortest digits, reads some of them back one unit in the last place away.
json::value tidy(double number) {
  const double rounded = std::round(number * 1e6) / 1e6;
  constexpr double exact = 9007199254740992.0;  // 2^53
  if (std::abs(rounded) < exact && rounded == std::floor(rounded))
    return static_cast<std::int64_t>(rounded);
  return std::isfinite(rounded) ? rounded : number;
}

template <class Change>
void change_leaves(json::value& value, const Change& change) {
  if (auto* array = value.if_array(); array != nullptr) {
    for (json::value& element : *array) change_leaves(element, change);
  } else if (auto* object = value.if_object(); object != nullptr) {
    for (auto& member : *object) change_leaves(member.value(), change);
  } else {
    change(value);
  }
}

/// A target may answer with any bytes, and JSON has to be UTF-8: a record that cannot be read again
/// would be no evidence.
void mend(json::value& leaf) {
  if (auto* text = leaf.if_string(); text != nullptr) *text = base::valid_utf8(*text);
}

void round(json::value& leaf) {
  if (const auto* number = leaf.if_double(); number != nullptr) leaf = tidy(*number);
}

}  // namespace

std::string to_text(const Record& record) {
  json::value value = json::value_from(record);
  change_leaves(value, mend);
  change_leaves(value, round);
  return base::to_pretty_text(value);
}

std::string to_text(const Checkup& checkup) {
  json::value value = json::value_from(checkup);
  change_leaves(value, mend);
  return base::to_pretty_text(value);
}

std::string to_line(json::value value) {
  change_leaves(value, mend);
  return base::to_text(value);
}

base::Result<Record, std::string> from_text(const std::string& text) {
  const auto value = base::parse_json(text);
  if (!value)
    return base::failure(
        fmt::format("not JSON, at byte {}: {}", value.error().offset, value.error().message));
  if (!value->is_object())
    return base::failure(fmt::format("expected an object, found {}", kind_of(*value)));
  // First, since in another version any member may be another.
  Reader reader;
  Record record;
  const json::value* version = value->get_object().if_contains("version");
  if (version == nullptr)
    return base::failure(std::string("version: missing; is this a run.json?"));
  reader.read(*version, record.version, "version");
  if (reader.error().empty() && record.version != format_version)
    return base::failure(
        fmt::format("version: this file has format {}, and this program reads format {}",
                    record.version, format_version));
  reader.read(*value, record, "");
  if (!reader.error().empty()) return base::failure(reader.error());
  return record;
}

const Attempt* most_promising(const Record& record) {
  std::map<int, std::vector<const Attempt*>> hits;  // by the gate
  for (const Attempt& attempt : record.attempts)
    if (attempt.hit) hits[attempt.before_step].push_back(&attempt);
  if (hits.empty()) return nullptr;
  auto& most = std::max_element(hits.begin(), hits.end(), [](const auto& a, const auto& b) {
                 return a.second.size() < b.second.size();
               })->second;
  const auto middle = most.begin() + std::ssize(most) / 2;
  std::nth_element(most.begin(), middle, most.end(), [](const Attempt* a, const Attempt* b) {
    return std::pair(a->lag_ms, a->attempt) < std::pair(b->lag_ms, b->attempt);
  });
  return *middle;
}

Rate rate(int hits, int of) {
  if (of <= 0) return Rate{.hits = hits, .of = of, .low = 0, .high = 1};
  constexpr double z = 1.959963984540054;  // the 97.5 % quantile of the normal distribution
  const double n = of;
  const double p = hits / n;
  const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  // At the ends the bound is exact; rounding must not make it 1e-17.
  return Rate{.hits = hits,
              .of = of,
              .low = hits == 0 ? 0 : middle - half,
              .high = hits == of ? 1 : middle + half};
}

}  // namespace record
