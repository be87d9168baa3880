#include "oracle/pattern.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <deque>
#include <functional>
#include <numeric>
#include <unordered_map>

#include "base/require.h"
#include "base/utf8.h"

namespace oracle {
namespace {

/// The names of one run, those of its roles as "role0.user".
class NameTable {
 public:
  void add(const std::string& name, const std::string& text) {
    if (text_of_.emplace(name, text).second) names_of_[text].push_back(name);
  }
  [[nodiscard]] bool stands_for(const std::string& name, const std::string& text) const {
    const auto found = text_of_.find(name);
    return found != text_of_.end() && found->second == text;
  }
  [[nodiscard]] const std::vector<std::string>& names_of(const std::string& text) const {
    static const std::vector<std::string> none;
    const auto found = names_of_.find(text);
    return found == names_of_.end() ? none : found->second;
  }

 private:
  std::unordered_map<std::string, std::string> text_of_;
  std::unordered_map<std::string, std::vector<std::string>> names_of_;
};

/// `.after.order.body.items[3]` is also the place `.after.order.body.items[]`.
std::string without_indices(const std::string& place) {
  std::string out;
  for (std::size_t i = 0; i < place.size(); ++i) {
    out += place[i];
    if (place[i] != '[') continue;
    const std::size_t end = place.find(']', i);
    if (end == std::string::npos) continue;
    out += ']';
    i = end;
  }
  return out;
}

class Builder {
 public:
  using Values = std::vector<const json::value*>;

  Builder(const std::vector<const Reading*>& runs, const Restless& restless, Multisets& multisets,
          const std::set<std::string>& counted, Pattern& pattern)
      : runs_(runs),
        counted_(counted),
        restless_(restless),
        multisets_(multisets),
        pattern_(pattern),
        names_(runs.size()),
        seen_(runs.size()) {
    for (std::size_t r = 0; r < runs.size(); ++r)
      for (const auto& [name, text] : runs[r]->names) names_[r].add(name, text);
  }

  /// What the scripts up to this role put in: an answer cannot hold what a later script brings.
  void add_names_of(std::size_t role) {
    for (std::size_t r = 0; r < runs_.size(); ++r)
      for (const auto& [name, text] : runs_[r]->told[role].names)
        names_[r].add(role_name(role, name), text);
  }

  /// The steps of a script: as many in every run, and never a multiset.
  Node steps(const std::string& place, const Values& values) {
    Node list{.is = Node::Is::list, .place = place, .steps = true};
    for (std::size_t i = 0; i < values[0]->get_array().size(); ++i) {
      Values column;
      for (const json::value* value : values) column.push_back(&value->get_array().at(i));
      list.elements.push_back(node(place + "[" + std::to_string(i) + "]", column));
    }
    return list;
  }

  Node node(const std::string& place, const Values& values) {
    if (is_counted(counted_, place)) return {.is = Node::Is::anything, .place = place};
    const Kind kind = kind_of(*values[0]);
    for (const json::value* value : values)
      if (kind_of(*value) != kind) return conflict(place, values);
    switch (kind) {
      case Kind::object:
        return object(place, values);
      case Kind::array:
        return array(place, values);
      case Kind::number:
      case Kind::text:
        return leaf(place, kind, values);
      case Kind::null:
      case Kind::boolean:
        break;
    }
    if (!all_equal(values)) return conflict(place, values);
    return {.is = Node::Is::constant, .place = place, .value = *values[0]};
  }

 private:
  static bool all_equal(const Values& values) {
    return std::all_of(values.begin(), values.end(),
                       [&](const auto* v) { return same(*v, *values[0]); });
  }
  static bool all_equal(const std::vector<std::string>& texts) {
    return std::all_of(texts.begin(), texts.end(), [&](const auto& t) { return t == texts[0]; });
  }

  Node conflict(const std::string& place, const Values& values) {
    Conflict found{place, {}};
    for (const json::value* value : values)
      found.values.push_back(base::cut(base::to_text(*value), base::Bytes{80}));
    pattern_.conflicts.push_back(std::move(found));
    return {.is = Node::Is::anything, .place = place};
  }

  /// The names whose text is this one in every run.
  std::vector<std::string> names_for(const std::vector<std::string>& texts) {
    std::vector<std::string> found;
    for (const std::string& name : names_[0].names_of(texts[0])) {
      bool everywhere = true;
      for (std::size_t r = 1; everywhere && r < texts.size(); ++r)
        everywhere = names_[r].stands_for(name, texts[r]);
      if (everywhere) found.push_back(name);
    }
    return found;
  }

  /// A time is what stands within each run's own span, or moves with the clock of the runs.
  bool is_time(const std::vector<std::optional<double>>& times, bool moved) const {
    double least_lag = 0, most_lag = 0, longest = 0;
    bool within = true;
    for (std::size_t r = 0; r < times.size(); ++r) {
      if (!times[r]) return false;
      const double begin = runs_[r]->wall_begin, end = runs_[r]->wall_end;
      within = within && *times[r] >= begin - 5 && *times[r] <= end + 5;
      const double lag = *times[r] - begin;
      least_lag = r == 0 ? lag : std::min(least_lag, lag);
      most_lag = r == 0 ? lag : std::max(most_lag, lag);
      longest = std::max(longest, end - begin);
    }
    return within || (moved && times.size() > 1 && most_lag - least_lag <= longest + 2);
  }

  int slot(const std::string& place, std::vector<std::string> values, bool time = false) {
    const auto number = static_cast<int>(pattern_.slots.size());
    for (std::size_t r = 0; r < values.size() && !time; ++r)
      seen_[r].add("#" + std::to_string(number), values[r]);
    pattern_.slots.push_back({place, std::move(values), time});
    return number;
  }

  Node leaf(const std::string& place, Kind kind, const Values& values) {
    std::vector<std::string> texts;
    std::vector<std::optional<double>> times;
    for (const json::value* value : values) {
      texts.push_back(text_of(*value));
      times.push_back(as_time(*value));
    }
    const bool equal = all_equal(values);
    const std::vector<std::string> names = names_for(texts);
    if (is_time(times, !equal) && names.empty())
      return {.is = Node::Is::slot,
              .place = place,
              .kind = kind,
              .slot = slot(place, texts, true),
              .time = true};
    if (!names.empty())
      return {.is = Node::Is::constant,
              .place = place,
              .value = equal ? *values[0] : nullptr,
              .by_value = equal,
              .names = names};
    if (!equal) {
      pattern_.moved[place].insert(texts.begin(), texts.end());
      return volatile_leaf(place, kind, texts);
    }
    const auto restless = restless_.find(place);
    if (restless != restless_.end() && restless->second.contains(texts[0]))
      return volatile_leaf(place, kind, texts);
    pattern_.constants[place].insert(texts[0]);
    return {.is = Node::Is::constant, .place = place, .value = *values[0]};
  }

  Node volatile_leaf(const std::string& place, Kind kind, const std::vector<std::string>& texts) {
    if (kind == Kind::number || all_equal(texts)) return free_leaf(place, kind, texts);
    std::vector<Cut> cuts;
    for (const std::string& text : texts) cuts.push_back(cut_into_words(text));
    for (const Cut& cut : cuts)
      if (cut.pieces.size() != cuts[0].pieces.size() || cut.separators != cuts[0].separators)
        return free_leaf(place, kind, texts);
    if (cuts[0].pieces.size() == 1 &&
        std::all_of(cuts.begin(), cuts.end(), [](const Cut& c) { return is_plain(c.pieces[0]); }))
      return free_leaf(place, kind, texts);
    Node text{
        .is = Node::Is::text, .place = place, .separators = cuts[0].separators, .texts = texts};
    for (std::size_t i = 0; i < cuts[0].pieces.size(); ++i) {
      std::vector<std::string> pieces;
      for (const Cut& cut : cuts) pieces.push_back(cut.pieces[i]);
      text.words.push_back(word(place, pieces));
    }
    return text;
  }

  static bool is_plain(const std::string& word) { return cut_into_parts(word).pieces.size() == 1; }

  Node free_leaf(const std::string& place, Kind kind, const std::vector<std::string>& texts) {
    const bool words =
        std::all_of(texts.begin(), texts.end(), [](const auto& t) { return is_token(t); });
    return {.is = Node::Is::slot,
            .place = place,
            .kind = kind,
            .slot = slot(place, texts),
            .word = words};
  }

  /// One piece of a text: constant, named, or a slot.
  std::optional<Piece> steady_piece(const std::vector<std::string>& texts) {
    const auto names = names_for(texts);
    if (all_equal(texts)) return Piece{.literal = texts[0], .names = names};
    if (!names.empty()) return Piece{.literal = "", .by_literal = false, .names = names};
    return std::nullopt;
  }

  Word word(const std::string& place, const std::vector<std::string>& texts) {
    if (auto piece = steady_piece(texts)) return {.parts = {std::move(*piece)}};
    std::vector<std::optional<double>> times;
    for (const std::string& text : texts) times.push_back(as_time(std::string_view(text)));
    const bool time = is_time(times, true);

    std::vector<Cut> cuts;
    for (const std::string& text : texts) cuts.push_back(cut_into_parts(text));
    bool alike = !time;
    for (const Cut& cut : cuts)
      alike = alike && cut.pieces.size() == cuts[0].pieces.size() &&
              cut.separators == cuts[0].separators;
    if (!alike) return {.parts = {{.slot = slot(place, texts, time)}}};

    Word parts{.separators = cuts[0].separators};
    std::vector<std::vector<std::string>> columns(cuts[0].pieces.size());
    bool some_steady = false;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      for (const Cut& cut : cuts) columns[i].push_back(cut.pieces[i]);
      const auto piece = steady_piece(columns[i]);
      some_steady = some_steady || (piece && !columns[i][0].empty());
    }
    if (!some_steady) return {.parts = {{.slot = slot(place, texts)}}};
    for (const auto& column : columns) {
      if (auto piece = steady_piece(column)) {
        parts.parts.push_back(std::move(*piece));
      } else {
        parts.parts.push_back({.slot = slot(place, column)});
        parts.partly_volatile = true;
      }
    }
    return parts;
  }

  Node object(const std::string& place, const Values& values) {
    Node object{.is = Node::Is::object, .place = place};
    const std::set<std::string> keys = steady_keys(values);
    for (const auto& [key, ignored] : values[0]->get_object()) {
      if (!keys.contains(std::string(key))) continue;
      Values column;
      for (const json::value* value : values) column.push_back(&value->get_object().at(key));
      object.members.push_back({key, node(place + member_path(key), column)});
    }
    // The others have volatile keys: they pair up as the elements of a multiset do.
    std::vector<const json::array*> others;
    for (const json::value* value : values) {
      kept_.push_back(other_members(value->get_object(), object.members));
      others.push_back(&kept_.back());
    }
    for (const json::array* other : others)
      if (other->size() != others[0]->size()) return key_conflict(place, values);
    const std::string anywhere = place + ".*";
    for (const Values& row : pairs(others)) {
      Node member{.is = Node::Is::object, .place = anywhere};
      for (const char* part : {"key", "value"}) {
        Values column;
        for (const json::value* pair : row) column.push_back(&pair->get_object().at(part));
        member.members.push_back({part, node(anywhere, column)});
      }
      object.elements.push_back(std::move(member));
    }
    return object;
  }

  /// The keys that are in all runs; but where a key is volatile, so are its siblings of the same
  /// make, even if they are in all runs by chance.
  static std::set<std::string> steady_keys(const Values& values) {
    std::map<std::string, std::size_t> count;
    for (const json::value* value : values)
      for (const auto& member : value->get_object()) ++count[std::string(member.key())];
    std::set<std::string> steady;
    bool all_ids = true, any = false;
    for (const auto& [key, times] : count) {
      if (times == values.size()) continue;
      any = true;
      all_ids = all_ids && reads_as_id(key);
    }
    for (const auto& [key, times] : count)
      if (times == values.size() && !(any && all_ids && reads_as_id(key))) steady.insert(key);
    return steady;
  }

  /// Digits, or eight or more of hexadecimal digits and dashes.
  static bool reads_as_id(const std::string& key) {
    const auto all_of = [&](std::string_view set) {
      return key.find_first_not_of(set) == std::string::npos;
    };
    return !key.empty() &&
           (all_of("0123456789") || (key.size() >= 8 && all_of("0123456789abcdefABCDEF-")));
  }

  Node key_conflict(const std::string& place, const Values& values) {
    Conflict found{place, {}};
    for (const json::value* value : values) {
      std::string keys = "keys";
      for (const auto& member : value->get_object()) keys += " " + std::string(member.key());
      found.values.push_back(std::move(keys));
    }
    pattern_.conflicts.push_back(std::move(found));
    return {.is = Node::Is::anything, .place = place};
  }

  Node array(const std::string& place, const Values& values) {
    std::vector<const json::array*> arrays;
    for (const json::value* value : values) arrays.push_back(&value->get_array());
    for (const json::array* other : arrays) {
      if (other->size() == arrays[0]->size()) continue;
      Conflict found{place, {}};
      for (const json::array* each : arrays)
        found.values.push_back(std::to_string(each->size()) + " elements");
      pattern_.conflicts.push_back(std::move(found));
      return {.is = Node::Is::anything, .place = place};
    }
    const std::string general = without_indices(place);
    const auto rows = aligned(general, arrays);
    const bool bag = multisets_.contains(general);
    Node node_{.is = bag ? Node::Is::bag : Node::Is::list, .place = place};
    for (std::size_t i = 0; i < rows.size(); ++i)
      node_.elements.push_back(node(place + (bag ? "[]" : "[" + std::to_string(i) + "]"), rows[i]));
    return node_;
  }

  /// The pairing of the elements of two runs that leaves the fewest differing leaves; none where
  /// none is better than by position. What has the same name in both runs does not differ, nor does
  /// what stood in the same slot before: the id of a row that a script was told.
  std::optional<std::vector<std::size_t>> better_pairing(
      const std::vector<const json::array*>& arrays, std::size_t run, std::size_t other) const {
    const std::size_t n = arrays[run]->size();
    const auto alike = [&](const json::value& a, const json::value& b) {
      const std::string first = text_of(a), second = text_of(b);
      const auto share_one = [&](const std::vector<NameTable>& tables) {
        const auto& names = tables[run].names_of(first);
        return std::any_of(names.begin(), names.end(), [&](const auto& name) {
          return tables[other].stands_for(name, second);
        });
      };
      return share_one(names_) || share_one(seen_);
    };
    // In a long list what did not change stays where it is: all with all would be a million
    // distances for a thousand rows, of which mostly a few changed.
    constexpr std::size_t is_long = 64;
    std::vector<std::size_t> rows;
    int by_position = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const int here = distance((*arrays[run])[i], (*arrays[other])[i], alike);
      by_position += here;
      if (here > 0 || n <= is_long) rows.push_back(i);
    }
    if (by_position == 0 || n < 2) return std::nullopt;
    std::vector<std::vector<int>> cost(rows.size(), std::vector<int>(rows.size()));
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t j = 0; j < rows.size(); ++j)
        cost[i][j] = distance((*arrays[run])[rows[i]], (*arrays[other])[rows[j]], alike);
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

  /// The elements that go with each of the first run, by least distance, one for each run.
  std::vector<Values> pairs(const std::vector<const json::array*>& arrays,
                            bool* moved = nullptr) const {
    std::vector<Values> rows;
    for (const json::value& element : *arrays[0]) rows.push_back({&element});
    for (std::size_t r = 1; r < arrays.size(); ++r) {
      const auto pairing = better_pairing(arrays, 0, r);
      if (pairing && moved) *moved = true;
      for (std::size_t i = 0; i < rows.size(); ++i)
        rows[i].push_back(&(*arrays[r])[pairing ? (*pairing)[i] : i]);
    }
    return rows;
  }

  /// Likewise; adds to the multisets.
  std::vector<Values> aligned(const std::string& general,
                              const std::vector<const json::array*>& arrays) {
    bool moved = false;
    std::vector<Values> rows = pairs(arrays, &moved);
    // Later runs may show it among themselves where the first has nothing in common with them.
    for (std::size_t r = 2; r < arrays.size() && !moved && !multisets_.contains(general); ++r)
      moved = better_pairing(arrays, r - 1, r).has_value();
    if (moved) multisets_.insert(general);
    return rows;
  }

  const std::vector<const Reading*>& runs_;
  const std::set<std::string>& counted_;
  const Restless& restless_;
  Multisets& multisets_;
  Pattern& pattern_;
  std::vector<NameTable> names_;  // by run
  std::vector<NameTable> seen_;   // by run: what slots held so far, for alignment
  std::deque<json::array> kept_;  // members with volatile keys, as arrays that values point into
};

template <class Value>
bool differ(const std::vector<Value>& values) {
  return std::any_of(values.begin(), values.end(), [&](const Value& v) { return v != values[0]; });
}

/// Puts slots that were equal in all runs into groups, and gives each value of a run a number.
void relate(Pattern& pattern) {
  std::vector<std::unordered_map<std::string, int>> numbers(pattern.runs);
  std::map<std::vector<int>, int> group_of;
  for (Slot& slot : pattern.slots) {
    if (slot.time) continue;
    std::vector<int> values;
    for (std::size_t r = 0; r < pattern.runs; ++r)
      values.push_back(
          numbers[r].emplace(slot.values[r], static_cast<int>(numbers[r].size())).first->second);
    const auto [found, added] = group_of.emplace(values, static_cast<int>(pattern.groups.size()));
    if (added) pattern.groups.push_back(std::move(values));
    slot.group = found->second;
  }
}

/// The moves that all runs have in common; where runs move a counted place differently, or not all
/// have a number there, there is no baseline.
void add_moves(Pattern& pattern, const std::vector<const Reading*>& runs,
               const std::set<std::string>& counted) {
  std::vector<Moves> moves;
  for (const Reading* run : runs) moves.push_back(moves_of(run->before, run->after));
  std::set<std::string> places, slots;
  for (const Moves& run : moves)
    for (const auto& [place, by] : run) places.insert(place);
  for (const Slot& slot : pattern.slots)
    if (!slot.time) slots.insert(slot.place);
  for (const std::string& place : places) {
    bool alike = true;
    std::vector<std::string> texts;
    for (const Moves& run : moves) {
      const auto here = run.find(place);
      texts.push_back(here == run.end() ? "no number before and after"
                                        : describe_move(here->second));
      alike = alike && here != run.end() && same_move(here->second, moves[0].at(place));
    }
    if (is_counted(counted, place)) {
      if (alike)
        pattern.counted[place] = moves[0].at(place);
      else
        pattern.conflicts.push_back({place, std::move(texts)});
    } else if (alike && slots.contains(place)) {
      pattern.drifts[place] = moves[0].at(place);
    }
  }
}

void add_state(Pattern& pattern, Builder& builder, const std::vector<const Seen*>& states,
               const std::string& place) {
  std::vector<std::vector<int>> statuses;
  std::vector<const json::value*> trees;
  for (const Seen* seen : states) {
    statuses.push_back(seen->statuses);
    trees.push_back(&seen->tree);
  }
  pattern.state_statuses = statuses[0];
  if (differ(statuses)) {
    Conflict conflict{place + " statuses", {}};
    for (const auto& each : statuses) conflict.values.push_back(to_text(Signature{each, -1, true}));
    pattern.conflicts.push_back(std::move(conflict));
  }
  pattern.state = builder.node(place, trees);
}

}  // namespace

std::string member_path(std::string_view key) {
  const bool plain = !key.empty() && !(key[0] >= '0' && key[0] <= '9') &&
                     std::all_of(key.begin(), key.end(), [](char c) {
                       return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                              (c >= 'A' && c <= 'Z');
                     });
  return "." + (plain ? std::string(key) : base::to_text(json::value(key)));
}

json::array other_members(const json::object& object, const std::vector<Member>& known) {
  json::array others;
  for (const auto& [key, value] : object) {
    const std::string_view name = key;
    if (std::none_of(known.begin(), known.end(),
                     [&](const auto& member) { return member.key == name; }))
      others.push_back({{"key", key}, {"value", value}});
  }
  return others;
}

bool Pattern::always_unequal(int group, int other) const {
  const auto& a = groups[static_cast<std::size_t>(group)];
  const auto& b = groups[static_cast<std::size_t>(other)];
  for (std::size_t r = 0; r < a.size(); ++r)
    if (a[r] == b[r]) return false;
  return true;
}

std::string role_name(std::size_t role, const std::string& name) {
  return "role" + std::to_string(role) + "." + name;
}

bool is_role_name(const std::string& name) {
  // Names of the scenario have no dot in them.
  return name.starts_with("role") && name.find('.') != std::string::npos;
}

Pattern generalise(const Order& order, const std::vector<const Reading*>& runs,
                   const std::vector<std::string>& role_places, const Restless& restless,
                   Multisets& multisets, const std::set<std::string>& counted) {
  base::require(!runs.empty(), "a pattern is made of runs");
  Pattern pattern{.order = order, .runs = runs.size()};
  Builder builder(runs, restless, multisets, counted, pattern);
  for (std::size_t role = 0; role < order.roles.size(); ++role) {
    for (const Reading* run : runs)
      base::require(run->told.size() == order.roles.size(), "a run has an answer for each role");
    builder.add_names_of(role);
    std::vector<Signature> signatures;
    std::vector<const json::value*> trees;
    for (const Reading* run : runs) {
      signatures.push_back(run->told[role].signature);
      trees.push_back(&run->told[role].tree);
    }
    pattern.signatures.push_back(signatures[0]);
    if (differ(signatures)) {
      Conflict conflict{role_places[role] + " statuses", {}};
      for (const Signature& each : signatures) conflict.values.push_back(to_text(each));
      pattern.conflicts.push_back(std::move(conflict));
      pattern.answers.push_back({.is = Node::Is::anything, .place = role_places[role]});
    } else {
      pattern.answers.push_back(builder.steps(role_places[role] + ".steps", trees));
    }
  }
  std::vector<const Seen*> states;
  for (const Reading* run : runs) states.push_back(&run->after);
  add_state(pattern, builder, states, ".after");
  add_moves(pattern, runs, counted);
  relate(pattern);
  return pattern;
}

Pattern generalise_states(const std::vector<const Reading*>& runs, Multisets& multisets) {
  base::require(!runs.empty(), "a pattern is made of runs");
  Pattern pattern{.runs = runs.size()};
  const Restless calm;
  static const std::set<std::string> none;
  Builder builder(runs, calm, multisets, none, pattern);
  std::vector<const Seen*> states;
  for (const Reading* run : runs) states.push_back(&run->before);
  add_state(pattern, builder, states, ".before");
  relate(pattern);
  return pattern;
}

bool is_counted(const std::set<std::string>& counted, const std::string& place) {
  return counted.contains(place) || (!counted.empty() && counted.contains(without_indices(place)));
}

std::map<std::string, double> numbers_of(const Seen& state) {
  std::map<std::string, double> found;
  flatten(".after", state.tree, [&](const std::string& place, const json::value& value) {
    if (const auto number = as_number(value)) found[place] = *number;
  });
  return found;
}

Moves moves_of(const Seen& before, const Seen& after) {
  const auto was = numbers_of(before);
  Moves moves;
  for (const auto& [place, number] : numbers_of(after))
    if (const auto found = was.find(place); found != was.end())
      moves[place] = number - found->second;
  return moves;
}

bool same_move(double a, double b) {
  // A cent of a billion is kept; what is lost in 0.1 + 0.2 is not.
  constexpr double least = 1e-6;
  return std::abs(a - b) < least;
}

std::string describe_move(double by) {
  constexpr double per_unit = 1e6;
  char text[40];
  const auto end =
      std::to_chars(text, text + sizeof text, std::round(by * per_unit) / per_unit).ptr;
  return "moved by " + std::string(text, end);
}

void flatten(const std::string& place, const json::value& value,
             const std::function<void(const std::string&, const json::value&)>& leaf) {
  if (const auto* object = value.if_object()) {
    for (const auto& [key, member] : *object) flatten(place + member_path(key), member, leaf);
  } else if (const auto* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i)
      flatten(place + "[" + std::to_string(i) + "]", (*array)[i], leaf);
  } else {
    leaf(place, value);
  }
}

}  // namespace oracle
