#include "oracle/rows.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "oracle/value.h"

// Is an array a list or a multiset?
//
// A server that selects without ORDER BY gives its rows in any order, and nothing in an answer says
// so. Two runs of one order do: if the rows of one look like the rows of the other in another
// order, then the order means nothing.
//
//     run 1   [{"by": "kim", "n": 1}, {"by": "lee", "n": 2}]
//     run 2   [{"by": "lee", "n": 2}, {"by": "kim", "n": 1}]
//
//     leaves that differ     run 2: lee  kim        by position  2 + 2 = 4
//                 run 1: kim         2    0         crosswise    0 + 0 = 0   fewer: a multiset
//                        lee         0    2
//
// Ids differ from run to run in any case, and would make all pairings equally bad. So two leaves
// are alike if one name stands for both ($user is kim here and lee there), or if one slot held
// both: run 1 told the first script id 17, and run 2 told it id 23, so row 17 and row 23 are one.
//
//     run 1   answer {"id": 17}   state [{"id": 17}, {"id": 18}]
//     run 2   answer {"id": 23}   state [{"id": 22}, {"id": 23}]    crosswise: 17-23 are alike
//
// Strictly fewer, for a list whose elements all changed says nothing about its order. The pairing
// of all rows at the least cost is an assignment problem (cheapest_pairing in value.h).
namespace oracle {

bool NameTables::Table::stands_for(const std::string& name, const std::string& text) const {
  const auto found = text_of.find(name);
  return found != text_of.end() && found->second == text;
}

void NameTables::add(std::size_t run, const std::string& name, const std::string& text) {
  Table& table = tables_[run];
  if (table.text_of.emplace(name, text).second) table.names_of[text].push_back(name);
}

std::vector<std::string> NameTables::names_for(const std::vector<std::string>& texts) const {
  std::vector<std::string> found;
  const auto first = tables_[0].names_of.find(texts[0]);
  if (first == tables_[0].names_of.end()) return found;
  for (const std::string& name : first->second) {
    bool everywhere = true;
    for (std::size_t r = 1; everywhere && r < texts.size(); ++r)
      everywhere = tables_[r].stands_for(name, texts[r]);
    if (everywhere) found.push_back(name);
  }
  return found;
}

bool NameTables::share_a_name(std::size_t run, const std::string& text, std::size_t other_run,
                              const std::string& other_text) const {
  const auto names = tables_[run].names_of.find(text);
  return names != tables_[run].names_of.end() &&
         std::any_of(names->second.begin(), names->second.end(), [&](const std::string& name) {
           return tables_[other_run].stands_for(name, other_text);
         });
}

namespace {

/// In a long list what did not change stays where it is: all with all would be a million distances
/// for a thousand rows, of which mostly a few changed.
constexpr std::size_t is_long = 64;

/// The pairing of the elements of two runs that leaves the fewest differing leaves: element i of
/// `run` goes with the i-th of the result in `other`. None where none is better than by position.
std::optional<std::vector<std::size_t>> better_pairing(
    const std::vector<const json::array*>& arrays, std::size_t run, std::size_t other,
    const Clues& clues) {
  const json::array &ours = *arrays[run], &theirs = *arrays[other];
  const std::size_t n = ours.size();
  const auto alike = [&](const json::value& a, const json::value& b) {
    const std::string first = text_of(a), second = text_of(b);
    return clues.names.share_a_name(run, first, other, second) ||
           clues.slots.share_a_name(run, first, other, second);
  };
  std::vector<std::size_t> rows;
  int by_position = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const int here = distance(ours[i], theirs[i], alike);
    by_position += here;
    if (here > 0 || n <= is_long) rows.push_back(i);
  }
  if (by_position == 0 || n < 2) return std::nullopt;

  std::vector<std::vector<int>> cost(rows.size(), std::vector<int>(rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < rows.size(); ++j)
      cost[i][j] = distance(ours[rows[i]], theirs[rows[j]], alike);
  const std::vector<std::size_t> partners = cheapest_pairing(cost);
  std::vector<std::size_t> pairing(n);
  std::iota(pairing.begin(), pairing.end(), std::size_t{0});
  int sum = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    pairing[rows[i]] = rows[partners[i]];
    sum += cost[i][partners[i]];
  }
  if (sum >= by_position) return std::nullopt;
  return pairing;
}

}  // namespace

Rows pair_rows(const std::vector<const json::array*>& arrays, const Clues& clues) {
  Rows paired;
  for (const json::value& element : *arrays[0]) paired.rows.push_back({&element});
  for (std::size_t r = 1; r < arrays.size(); ++r) {
    const auto pairing = better_pairing(arrays, 0, r, clues);
    paired.moved = paired.moved || pairing.has_value();
    for (std::size_t i = 0; i < paired.rows.size(); ++i)
      paired.rows[i].push_back(&(*arrays[r])[pairing ? (*pairing)[i] : i]);
  }
  return paired;
}

bool later_runs_move(const std::vector<const json::array*>& arrays, const Clues& clues) {
  for (std::size_t r = 2; r < arrays.size(); ++r)
    if (better_pairing(arrays, r - 1, r, clues)) return true;
  return false;
}

}  // namespace oracle
