#include "record/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/json/value_from.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cmath>
#include <concepts>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/require.h"
#include "base/utf8.h"
#include "record/checkup.h"

namespace record {
namespace {

constexpr int format_version = 2;

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
template <class T>
inline constexpr bool is_said = false;
template <class Code>
inline constexpr bool is_said<Said<Code>> = true;

/// An element of a `values` member of Said::with.
struct CountedValue {
  Value value;
  int runs = 0;
  BOOST_DESCRIBE_CLASS(CountedValue, (), (value, runs), (), ())
};

/// "race, broken, inconclusive, clean".
template <class Enum>
std::string names_of() {
  std::string names;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>(
      [&](auto each) { names += (names.empty() ? "" : ", ") + std::string(each.name); });
  return names;
}

std::string_view type_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "boolean";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return "number";
    case json::kind::string:
      return "string";
    case json::kind::array:
      return "array";
    case json::kind::object:
      return "object";
  }
  return "";
}

/// Reads described structs and keeps the path to where it is. Not json::value_to: that one says
/// only "size mismatch", and takes a member it does not know for an error.
class Reader {
 public:
  /// After an error nothing more is read.
  template <class T>
  void read(const json::value& from, T& to, const std::string& path) {
    if (misfit_) return;
    if constexpr (std::same_as<T, json::object>)
      from.is_object() ? void(to = from.get_object()) : expected("object", from, path);
    else if constexpr (std::same_as<T, std::string>)
      read_string(from, to, path);
    else if constexpr (std::is_enum_v<T>)
      read_enum(from, to, path);
    else if constexpr (std::same_as<T, bool>)
      from.is_bool() ? void(to = from.get_bool()) : expected("boolean", from, path);
    else if constexpr (std::integral<T> || std::floating_point<T>)
      read_number(from, to, path);
    else if constexpr (is_vector<T>)
      read_array(from, to, path);
    else if constexpr (is_map<T>)
      read_map(from, to, path);
    else
      read_struct(from, to, path);
    if constexpr (is_said<T>) check_members(to, path);
  }

  [[nodiscard]] const std::optional<Misfit>& misfit() const { return misfit_; }

 private:
  void missing(const std::string& path) {
    if (!misfit_) misfit_ = Misfit{.is = Misfit::Is::missing, .path = path};
  }

  void expected(std::string what, std::string found, const std::string& path) {
    if (!misfit_) misfit_ = Misfit{Misfit::Is::unexpected, path, std::move(what), std::move(found)};
  }

  void expected(std::string what, const json::value& found, const std::string& path) {
    expected(std::move(what), std::string(type_of(found)), path);
  }

  void read_string(const json::value& from, std::string& to, const std::string& path) {
    if (!from.is_string()) return expected("string", from, path);
    to.assign(from.get_string());
  }

  template <class Enum>
  void read_enum(const json::value& from, Enum& to, const std::string& path) {
    if (!from.is_string()) return expected("string", from, path);
    const std::string name(from.get_string());
    if (!boost::describe::enum_from_string(name.c_str(), to))
      expected(names_of<Enum>(), name, path);
  }

  /// Every member that belongs to the code, and each of its kind.
  template <class Code>
  void check_members(const Said<Code>& said, const std::string& path) {
    if (misfit_) return;
    for (const Member& member : members_of(said.code)) {
      const std::string place = fmt::format("{}.with.{}", path, member.name);
      const json::value* value = said.with.if_contains(member.name);
      if (value == nullptr) return missing(place);
      check_member(*value, member.is, place);
    }
  }

  void check_member(const json::value& value, Member::Is is, const std::string& path) {
    switch (is) {
      case Member::Is::number:
        return check<double>(value, path);
      case Member::Is::text:
        return check<std::string>(value, path);
      case Member::Is::place:
        return check<Place>(value, path);
      case Member::Is::value:
        return check<Value>(value, path);
      case Member::Is::order:
        return check<Order>(value, path);
      case Member::Is::schedule:
        return check<Schedule>(value, path);
      case Member::Is::rule_error:
        return check<RuleError>(value, path);
      case Member::Is::values:
        return check<std::vector<CountedValue>>(value, path);
    }
  }

  template <class T>
  void check(const json::value& value, const std::string& path) {
    T ignored{};
    read(value, ignored, path);
  }

  template <class T>
  void read_number(const json::value& from, T& to, const std::string& path) {
    if (!from.is_number()) return expected(std::integral<T> ? "integer" : "number", from, path);
    json::error_code error;
    to = from.to_number<T>(error);
    if (error) expected("integer", base::to_text(from), path);
  }

  template <class T>
  void read_array(const json::value& from, std::vector<T>& to, const std::string& path) {
    if (!from.is_array()) return expected("array", from, path);
    for (const json::value& element : from.get_array()) {
      const std::string place = fmt::format("{}[{}]", path, to.size());
      read(element, to.emplace_back(), place);
    }
  }

  template <class T>
  void read_map(const json::value& from, std::map<std::string, T>& to, const std::string& path) {
    if (!from.is_object()) return expected("object", from, path);
    for (const auto& [key, member] : from.get_object())
      read(member, to[std::string(key)], path + "." + std::string(key));
  }

  template <class T>
  void read_struct(const json::value& from, T& to, const std::string& path) {
    if (!from.is_object()) return expected("object", from, path);
    boost::mp11::mp_for_each<Members<T>>([&](auto descriptor) {
      const json::value* member = from.get_object().if_contains(descriptor.name);
      const std::string place = path.empty() ? descriptor.name : path + "." + descriptor.name;
      if (member == nullptr) return missing(place);
      read(*member, to.*descriptor.pointer, place);
    });
  }

  std::optional<Misfit> misfit_;
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

std::string file_text(json::value value) {
  change_leaves(value, mend);
  change_leaves(value, round);
  return base::to_pretty_text(value);
}

/// Of what this program wrote, or has checked when it read it.
template <class T>
T read_back(const json::value& value) {
  Reader reader;
  T to;
  reader.read(value, to, "");
  base::require(!reader.misfit());
  return to;
}

}  // namespace

const char* name_of(Verdict verdict) { return boost::describe::enum_to_string(verdict, ""); }

json::value to_json(const Place& place) { return json::value_from(place); }
json::value to_json(const Order& order) { return json::value_from(order); }
json::value to_json(const Value& value) { return json::value_from(value); }
json::value to_json(const Schedule& schedule) { return json::value_from(schedule); }
json::value to_json(const RuleError& error) { return json::value_from(error); }
Place place_from(const json::value& value) { return read_back<Place>(value); }
Order order_from(const json::value& value) { return read_back<Order>(value); }
Value value_from(const json::value& value) { return read_back<Value>(value); }
Schedule schedule_from(const json::value& value) { return read_back<Schedule>(value); }
RuleError rule_error_from(const json::value& value) { return read_back<RuleError>(value); }

std::string to_text(const Record& record) { return file_text(json::value_from(record)); }
std::string to_text(const Checkup& checkup) { return file_text(json::value_from(checkup)); }

std::string to_line(json::value value) {
  change_leaves(value, mend);
  return base::to_text(value);
}

base::Result<Record, Misfit> from_text(const std::string& text) {
  const auto value = base::parse_json(text);
  if (!value)
    return base::failure(Misfit{
        .is = Misfit::Is::no_json, .found = value.error().message, .offset = value.error().offset});
  // First, since in another version any member may be another.
  const json::value* version =
      value->is_object() ? value->get_object().if_contains("version") : nullptr;
  if (version == nullptr) return base::failure(Misfit{.is = Misfit::Is::no_run});
  Reader reader;
  Record record;
  reader.read(*version, record.version, "version");
  if (!reader.misfit() && record.version != format_version)
    return base::failure(Misfit{
        .is = record.version < format_version ? Misfit::Is::old_version : Misfit::Is::new_version,
        .found = std::to_string(record.version)});
  reader.read(*value, record, "");
  if (reader.misfit()) return base::failure(*reader.misfit());
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
