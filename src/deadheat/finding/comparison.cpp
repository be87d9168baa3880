#include "finding/comparison.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "finding/places.h"

namespace finding {
namespace {

using oracle::Difference;

/// "2 elements in any order" of a sink are 2 calls.
std::string in_calls(const std::string& elements) {
  const std::size_t count = elements.find(" elements");
  if (count == std::string::npos) return elements;
  const std::string number = elements.substr(0, count);
  return number + (number == "1" ? " call" : " calls");
}

/// The read that a row of the state is of: "thing" of "state thing .id".
std::string read_of(const record::Comparison& row) {
  constexpr std::string_view state = "state ";
  if (!row.place.starts_with(state)) return "";
  return row.place.substr(state.size(), row.place.find(' ', state.size()) - state.size());
}

/// Where a read has another status than in any order, all its members are there, or gone, with it:
/// one row says so, in place of one for each of them.
void fold_members(std::vector<record::Comparison>& rows) {
  std::set<std::string> other_status;
  for (const record::Comparison& row : rows)
    if (row.differs && row.place.starts_with("state ") && row.place.ends_with(" HTTP status"))
      other_status.insert(read_of(row));
  for (const std::string& read : other_status) {
    const std::string prefix = "state " + read + " ";
    const auto comes_or_goes = [&](const record::Comparison& row) {
      const bool nowhere = std::all_of(row.allowed.begin(), row.allowed.end(),
                                       [](const std::string& text) { return text == "absent"; });
      return row.place.starts_with(prefix + ".") && (row.seen == "absent") != nowhere;
    };
    const auto first = std::find_if(rows.begin(), rows.end(), comes_or_goes);
    if (first == rows.end()) continue;
    const auto place = first - rows.begin();
    std::vector<std::string> seen, expected;
    for (const record::Comparison& row : rows)
      if (comes_or_goes(row))
        (row.seen == "absent" ? expected : seen).push_back(row.place.substr(prefix.size()));
    const auto few = [](const std::vector<std::string>& members) {
      constexpr std::size_t most = 3;
      const std::size_t named = std::min(members.size(), most);
      const std::string text = fmt::format(
          "{}",
          fmt::join(members.begin(), members.begin() + static_cast<std::ptrdiff_t>(named), ", "));
      if (members.empty()) return std::string("absent");
      return named == members.size() ? text
                                     : fmt::format("{} and {} more", text, members.size() - named);
    };
    record::Comparison folded{prefix + "members", few(seen),
                              std::vector<std::string>(first->allowed.size(), few(expected)), true};
    std::erase_if(rows, comes_or_goes);
    rows.insert(rows.begin() + place, std::move(folded));
  }
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
  struct Row {
    std::string seen;
    std::vector<std::string> allowed;
    int differing = 0;
  };
  std::map<std::string, Row> by_place;
  std::vector<std::string> places;
  for (std::size_t c = 0; c < list.size(); ++c)
    for (const Difference& difference : list[c].close.differences) {
      auto [row, first] = by_place.try_emplace(difference.place, Row{difference.seen, {}, 0});
      if (first) places.push_back(difference.place);
      row->second.allowed.resize(c, "-");
      if (row->second.allowed.size() == c) row->second.allowed.push_back(difference.expected);
      row->second.differing += difference.differs;
    }
  std::vector<record::Comparison> result;
  for (const std::string& place : places) {
    Row& row = by_place[place];
    row.allowed.resize(list.size(), "-");
    // Orders in which the script was not there, or stopped, have nothing to say.
    std::set<std::string> said(row.allowed.begin(), row.allowed.end());
    said.erase("-");
    if (row.differing == 0 && said.size() < 2) continue;
    if (is_of_sink(place)) {
      row.seen = in_calls(row.seen);
      for (std::string& allowed : row.allowed) allowed = in_calls(allowed);
    }
    result.push_back({readable_place(place), row.seen, row.allowed,
                      row.differing == static_cast<int>(list.size())});
  }
  const auto rank = [](const record::Comparison& row) {
    const bool state = row.place.starts_with("state ") || row.place.starts_with("sink ");
    const bool statuses =
        row.place.ends_with("HTTP statuses") || row.place.ends_with("HTTP status");
    return (row.differs ? 0 : 10) + (statuses ? 0 : 1) + (state ? 0 : 2);
  };
  std::stable_sort(result.begin(), result.end(),
                   [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  fold_members(result);
  // Of many interchangeable scripts a few rows show what all of them would.
  constexpr std::size_t most_of_copies = 3;
  std::size_t copies = 0;
  std::erase_if(result, [&](const record::Comparison& row) {
    const bool copy =
        row.place.starts_with("answer of ") && row.place.find('[') < row.place.find(',');
    return copy && ++copies > most_of_copies;
  });
  constexpr std::size_t most = 40;
  if (result.size() > most) result.resize(most);
  return result;
}

}  // namespace finding
