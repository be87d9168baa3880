#include "finding/comparison.h"

#include <algorithm>
#include <map>
#include <utility>

#include "oracle/place.h"

namespace finding {
namespace {

using record::Place;
using record::Value;

bool is_absent(const Value& value) { return value.is == Value::Is::absent; }

/// The elements of a sink are calls.
void count_calls(Value& value) {
  if (value.is == Value::Is::elements || value.is == Value::Is::bag)
    value = {.is = Value::Is::calls, .count = value.count};
}

/// A row while its columns are filled.
struct Row {
  Value seen;
  std::vector<Value> allowed;
  int differing = 0;

  /// Orders in which the script was not there, or stopped, have nothing to say.
  [[nodiscard]] bool allows_one_value() const {
    const Value* first = nullptr;
    for (const Value& value : allowed) {
      if (value.is == Value::Is::nothing) continue;
      if (first != nullptr && value != *first) return false;
      first = &value;
    }
    return true;
  }
};

/// Members of one read, named while they are few.
Value names_of(const std::vector<const record::Comparison*>& members) {
  constexpr std::size_t few = 3;
  if (members.empty()) return {.is = Value::Is::absent};
  Value names{.is = Value::Is::names, .count = static_cast<int>(members.size())};
  for (std::size_t i = 0; i < std::min(few, members.size()); ++i)
    names.text += (i == 0 ? "" : "\n") + members[i]->place.pointer;
  return names;
}

/// Of a body: there where no order has it, or gone where every order has it.
bool comes_or_goes(const record::Comparison& row) {
  const bool nowhere = std::all_of(row.allowed.begin(), row.allowed.end(), is_absent);
  return row.place.part == Place::Part::body && !row.place.pointer.empty() &&
         is_absent(row.seen) != nowhere;
}

/// Where a read has another status than in any order, all its members are there, or gone, with it:
/// one row says so, in place of one for each of them.
void fold_members(std::vector<record::Comparison>& rows) {
  std::vector<std::string> other_status;  // reads
  for (const record::Comparison& row : rows)
    if (row.differs && row.place.in == Place::In::state && row.place.part == Place::Part::status)
      other_status.push_back(row.place.name);
  for (const std::string& read : other_status) {
    const auto folds = [&](const record::Comparison& row) {
      return row.place.in == Place::In::state && row.place.name == read && comes_or_goes(row);
    };
    const auto first = std::find_if(rows.begin(), rows.end(), folds);
    if (first == rows.end()) continue;
    std::vector<const record::Comparison*> seen, expected;
    for (const record::Comparison& row : rows)
      if (folds(row)) (is_absent(row.seen) ? expected : seen).push_back(&row);
    record::Comparison folded{
        .place = {.in = Place::In::state, .name = read, .part = Place::Part::members},
        .seen = names_of(seen),
        .allowed = std::vector<Value>(first->allowed.size(), names_of(expected)),
        .differs = true};
    const auto at = first - rows.begin();
    std::erase_if(rows, folds);
    rows.insert(rows.begin() + at, std::move(folded));
  }
}

/// What a reader wants to see first: what differs from every order, statuses, the state.
int rank(const record::Comparison& row) {
  const bool state = row.place.in == Place::In::state || row.place.in == Place::In::sink;
  const bool statuses =
      row.place.part == Place::Part::statuses || row.place.part == Place::Part::status;
  return (row.differs ? 0 : 10) + (statuses ? 0 : 1) + (state ? 0 : 2);
}

bool is_of_copy(const Place& place) {
  return place.in == Place::In::answer && place.name.find('[') != std::string::npos;
}

}  // namespace

std::vector<Column> columns(const Evidence& evidence, const oracle::Reading& reading) {
  constexpr std::size_t most = 24;
  std::vector<Column> list;
  for (const oracle::Order& order : evidence.oracle.orders()) {
    if (list.size() == most) break;
    if (evidence.oracle.knows(order))
      list.push_back({&order, evidence.oracle.closeness(reading, order)});
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.close.count < b.close.count; });
  return list;
}

std::vector<record::Comparison> rows(const std::vector<Column>& list) {
  std::map<std::string, Row> by_place;
  std::vector<std::string> places;
  for (std::size_t c = 0; c < list.size(); ++c)
    for (const oracle::Difference& difference : list[c].close.differences) {
      auto [row, first] = by_place.try_emplace(difference.place, Row{.seen = difference.seen});
      if (first) places.push_back(difference.place);
      row->second.allowed.resize(c);
      if (row->second.allowed.size() == c) row->second.allowed.push_back(difference.expected);
      row->second.differing += difference.differs;
    }
  std::vector<record::Comparison> result;
  for (const std::string& way : places) {
    Row& row = by_place[way];
    row.allowed.resize(list.size());
    if (row.differing == 0 && row.allows_one_value()) continue;
    Place place = oracle::place_of(way);
    if (place.in == Place::In::sink && place.pointer.empty()) {
      count_calls(row.seen);
      std::for_each(row.allowed.begin(), row.allowed.end(), count_calls);
    }
    result.push_back({std::move(place), std::move(row.seen), std::move(row.allowed),
                      row.differing == static_cast<int>(list.size())});
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const auto& a, const auto& b) { return rank(a) < rank(b); });
  fold_members(result);
  // Of many interchangeable scripts a few rows show what all of them would.
  constexpr std::size_t most_of_copies = 3;
  std::size_t copies = 0;
  std::erase_if(result, [&](const record::Comparison& row) {
    return is_of_copy(row.place) && ++copies > most_of_copies;
  });
  constexpr std::size_t most = 40;
  if (result.size() > most) result.resize(most);
  return result;
}

}  // namespace finding
