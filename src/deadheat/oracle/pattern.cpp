#include "oracle/pattern.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_map>

#include "base/require.h"
#include "oracle/place.h"
#include "oracle/rows.h"
#include "oracle/tree.h"

// From the runs of one order to its pattern.
//
// All runs are walked side by side. At each place stands a column of values, one for each run, and
// the column alone decides what the place becomes:
//
//              run 1        run 2        run 3
//     .by      "kim"        "lee"        "park"       constant  $user, for each run's actor has it
//     .at      12:00:01     12:00:03     12:00:07     time      it keeps to each run's clock
//     .left    2            2            2            constant  2
//     .id      17           18           23           slot #0
//     .url     "/r/17/"     "/r/18/"     "/r/23/"     text      "/r/" #1 "/"
//     .rev     "4-9f3a"     "4-77c2"     "4-0b1e"     text      "4-" #2
//     .seat    4            4            7            slot #3
//     .ok      true         true         false        conflict: there is no baseline
//     .rows    [..]         [..]         [..]         list or multiset, see rows.cpp
//
// The first that applies is taken, in this order. Kinds, statuses, true, false, null, the keys of
// an object and the length of an array cannot be slots: nothing that decides over a race may hide
// there.
//
// A slot takes any value, so what it says lies in its relations alone. The values of a slot are
// numbered, a text having the same number wherever it stands in that run:
//
//              run 1   run 2   run 3
//     #0         0       0       0     17, 18, 23
//     #1         0       0       0     the same row: one group. Equal in all runs, equal for ever
//     #2         1       1       1     agrees with the group above in no run: never equal
//     #3         2       2       2     likewise
//
// Had run 3 had the seat 23, then #3 would be (2, 2, 0): equal to #0 once and unequal twice, and
// free. So a further run makes a pattern wider and never narrower, and a false relation (two ids
// that are equal by chance in both of two runs) is what a further run removes.
//
// What one order teaches about a place holds in all orders in two ways: an array that moved there
// is a multiset everywhere (`multisets`), and a value that the place took while it changed by
// itself is no evidence elsewhere (`restless`). Both only grow; Knowledge makes the patterns again
// that rest on them.
namespace oracle {
namespace {

/// A value that is another in other runs: of objects and arrays only the size.
record::Value in_short(const json::value& value) {
  using Is = record::Value::Is;
  if (const auto* object = value.if_object())
    return {.is = Is::members, .count = static_cast<int>(object->size())};
  if (const auto* array = value.if_array())
    return {.is = Is::elements, .count = static_cast<int>(array->size())};
  return {.is = Is::json, .text = base::to_text(value)};
}

record::Value keys_of(const json::object& object) {
  record::Value keys{.is = record::Value::Is::names, .count = static_cast<int>(object.size())};
  for (const auto& [key, value] : object)
    keys.text += (keys.text.empty() ? "" : "\n") + pointer_to(key);
  return keys;
}

class Builder {
 public:
  /// The values at one place, one for each run.
  using Values = Row;

  Builder(const std::vector<const Reading*>& runs, const Restless& restless, Multisets& multisets,
          const std::set<std::string>& counted, Pattern& pattern)
      : runs_(runs),
        counted_(counted),
        restless_(restless),
        multisets_(multisets),
        pattern_(pattern),
        names_(runs.size()),
        held_(runs.size()) {
    for (std::size_t r = 0; r < runs.size(); ++r)
      for (const auto& [name, text] : runs[r]->names) names_.add(r, name, text);
  }

  /// What the scripts up to this role put in: an answer cannot hold what a later script brings.
  void add_names_of(std::size_t role) {
    for (std::size_t r = 0; r < runs_.size(); ++r)
      for (const auto& [name, text] : runs_[r]->told[role].names)
        names_.add(r, role_name(role, name), text);
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
    for (const json::value* value : values) found.values.push_back(in_short(*value));
    pattern_.conflicts.push_back(std::move(found));
    return {.is = Node::Is::anything, .place = place};
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
      held_.add(r, "#" + std::to_string(number), values[r]);
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
    const std::vector<std::string> names = names_.names_for(texts);
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
    const auto names = names_.names_for(texts);
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
    const Rows paired = pair_rows(others, clues_);
    for (const Row& row : paired.rows) {
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
    for (const json::value* value : values) found.values.push_back(keys_of(value->get_object()));
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
        found.values.push_back(
            {.is = record::Value::Is::elements, .count = static_cast<int>(each->size())});
      pattern_.conflicts.push_back(std::move(found));
      return {.is = Node::Is::anything, .place = place};
    }
    const std::string general = without_indices(place);
    const auto [rows, moved] = pair_rows(arrays, clues_);
    if (moved || (!multisets_.contains(general) && later_runs_move(arrays, clues_)))
      multisets_.insert(general);
    const bool bag = multisets_.contains(general);
    Node node_{.is = bag ? Node::Is::bag : Node::Is::list, .place = place};
    for (std::size_t i = 0; i < rows.size(); ++i)
      node_.elements.push_back(node(place + (bag ? "[]" : "[" + std::to_string(i) + "]"), rows[i]));
    return node_;
  }

  const std::vector<const Reading*>& runs_;
  const std::set<std::string>& counted_;
  const Restless& restless_;
  Multisets& multisets_;
  Pattern& pattern_;
  NameTables names_;
  NameTables held_;  // what slots held so far, as "#0"
  Clues clues_{names_, held_};
  std::deque<json::array> kept_;  // members with volatile keys, as arrays that values point into
};

template <class Value>
bool differ(const std::vector<Value>& values) {
  return std::any_of(values.begin(), values.end(), [&](const Value& v) { return v != values[0]; });
}

/// Puts slots that were equal in all runs into groups, and gives each value of a run a number. What
/// was the same in all runs, and is a slot only because it moves in another order, has no
/// relations: that two such agree is what constants do, and no evidence of one identity.
void relate(Pattern& pattern) {
  std::vector<std::unordered_map<std::string, int>> numbers(pattern.runs);
  std::map<std::vector<int>, int> group_of;
  for (Slot& slot : pattern.slots) {
    if (slot.time || !differ(slot.values)) continue;
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
    std::vector<record::Value> values;
    for (const Moves& run : moves) {
      const auto here = run.find(place);
      values.push_back(here == run.end() ? record::Value{.is = record::Value::Is::no_number}
                                         : value_of_move(here->second));
      alike = alike && here != run.end() && same_move(here->second, moves[0].at(place));
    }
    if (is_counted(counted, place)) {
      if (alike)
        pattern.counted[place] = moves[0].at(place);
      else
        pattern.conflicts.push_back({place, std::move(values)});
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
    Conflict conflict{way_to_all_statuses(place), {}};
    for (const auto& each : statuses) conflict.values.push_back(value_of(Signature{each}));
    pattern.conflicts.push_back(std::move(conflict));
  }
  pattern.state = builder.node(place, trees);
}

}  // namespace

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
      Conflict conflict{way_to_statuses(role_places[role]), {}};
      for (const Signature& each : signatures) conflict.values.push_back(value_of(each));
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

}  // namespace oracle
