#include "oracle/pattern.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/require.h"

namespace oracle {
namespace {

/// The names of one run, those of its roles as "role0.user".
using NameTable = std::map<std::string, std::string>;

std::string cut_for_reading(const json::value& value) {
  std::string text = base::to_text(value);
  constexpr std::size_t most = 80;
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

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

/// As jq writes the way to a member.
std::string member_path(std::string_view key) {
  const bool plain = !key.empty() && !(key[0] >= '0' && key[0] <= '9') &&
                     std::all_of(key.begin(), key.end(), [](char c) {
                       return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                              (c >= 'A' && c <= 'Z');
                     });
  return plain ? "." + std::string(key) : ".\"" + std::string(key) + "\"";
}

class Builder {
 public:
  using Values = std::vector<const json::value*>;

  Builder(const std::vector<const Reading*>& runs, const Restless& restless, Multisets& multisets,
          std::vector<Slot>& slots, std::vector<Conflict>& conflicts)
      : runs_(runs),
        restless_(restless),
        multisets_(multisets),
        slots_(slots),
        conflicts_(conflicts) {}

  /// What the tool put in, as far as the scripts in the first `roles` roles and the run itself go:
  /// an answer cannot hold what a later script brings.
  void use_names(std::size_t roles) {
    names_.clear();
    for (const Reading* run : runs_) {
      NameTable table(run->names.begin(), run->names.end());
      for (std::size_t role = 0; role < std::min(roles, run->told.size()); ++role)
        for (const auto& [name, text] : run->told[role].names)
          table.emplace(role_name(role, name), text);
      names_.push_back(std::move(table));
    }
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

  [[nodiscard]] bool names_roles() const { return names_roles_; }

  Node node(const std::string& place, const Values& values) {
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
    for (const json::value* value : values) found.values.push_back(cut_for_reading(*value));
    conflicts_.push_back(std::move(found));
    return {.is = Node::Is::anything, .place = place};
  }

  /// The names whose text is this one in every run.
  std::vector<std::string> names_for(const std::vector<std::string>& texts) {
    std::vector<std::string> found;
    for (const auto& [name, text] : names_[0]) {
      bool everywhere = text == texts[0];
      for (std::size_t r = 1; everywhere && r < texts.size(); ++r) {
        const auto other = names_[r].find(name);
        everywhere = other != names_[r].end() && other->second == texts[r];
      }
      if (!everywhere) continue;
      found.push_back(name);
      names_roles_ = names_roles_ || is_role_name(name);
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
    slots_.push_back({place, std::move(values), time});
    return static_cast<int>(slots_.size()) - 1;
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
      return {.is = Node::Is::slot, .place = place, .kind = kind, .slot = slot(place, texts, true)};
    if (equal) {
      const auto restless = restless_.find(place);
      if (names.empty() && restless != restless_.end() && restless->second.contains(texts[0]))
        return volatile_leaf(place, kind, texts);
      return {.is = Node::Is::constant, .place = place, .value = *values[0], .names = names};
    }
    if (!names.empty())
      return {.is = Node::Is::constant, .place = place, .by_value = false, .names = names};
    return volatile_leaf(place, kind, texts);
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
    Node text{.is = Node::Is::text, .place = place, .separators = cuts[0].separators};
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
    const json::object& first = values[0]->get_object();
    for (const json::value* value : values) {
      const json::object& other = value->get_object();
      const bool same_keys = other.size() == first.size() &&
                             std::all_of(first.begin(), first.end(), [&](const auto& member) {
                               return other.contains(member.key());
                             });
      if (!same_keys) return key_conflict(place, values);
    }
    for (const auto& [key, ignored] : first) {
      Values column;
      for (const json::value* value : values) column.push_back(&value->get_object().at(key));
      object.members.emplace_back(key, node(place + member_path(key), column));
    }
    return object;
  }

  Node key_conflict(const std::string& place, const Values& values) {
    Conflict found{place, {}};
    for (const json::value* value : values) {
      std::string keys = "keys";
      for (const auto& member : value->get_object()) keys += " " + std::string(member.key());
      found.values.push_back(std::move(keys));
    }
    conflicts_.push_back(std::move(found));
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
      conflicts_.push_back(std::move(found));
      return {.is = Node::Is::anything, .place = place};
    }
    const std::string general = without_indices(place);
    Alignment aligned = align(arrays);
    if (aligned.moved) multisets_.insert(general);
    const bool bag = multisets_.contains(general);
    Node node_{.is = bag ? Node::Is::bag : Node::Is::list, .place = place};
    for (std::size_t i = 0; i < aligned.rows.size(); ++i)
      node_.elements.push_back(
          node(place + (bag ? "[]" : "[" + std::to_string(i) + "]"), aligned.rows[i]));
    return node_;
  }

  const std::vector<const Reading*>& runs_;
  const Restless& restless_;
  Multisets& multisets_;
  std::vector<Slot>& slots_;
  std::vector<Conflict>& conflicts_;
  std::vector<NameTable> names_;
  bool names_roles_ = false;
};

template <class Value>
bool differ(const std::vector<Value>& values) {
  return std::any_of(values.begin(), values.end(), [&](const Value& v) { return v != values[0]; });
}

std::map<std::pair<int, int>, bool> relations_of(const std::vector<Slot>& slots) {
  std::map<std::pair<int, int>, bool> relations;
  for (std::size_t a = 0; a < slots.size(); ++a) {
    for (std::size_t b = a + 1; b < slots.size() && !slots[a].time; ++b) {
      if (slots[b].time) continue;
      std::size_t equal = 0;
      for (std::size_t r = 0; r < slots[a].values.size(); ++r)
        equal += slots[a].values[r] == slots[b].values[r];
      if (equal == 0 || equal == slots[a].values.size())
        relations[{static_cast<int>(a), static_cast<int>(b)}] = equal != 0;
    }
  }
  return relations;
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

std::string role_name(std::size_t role, const std::string& name) {
  return "role" + std::to_string(role) + "." + name;
}

bool is_role_name(const std::string& name) {
  // Names of the scenario have no dot in them.
  return name.starts_with("role") && name.find('.') != std::string::npos;
}

Alignment align(const std::vector<const json::array*>& arrays) {
  const json::array& first = *arrays[0];
  const std::size_t n = first.size();
  Alignment aligned;
  for (const json::value& element : first) aligned.rows.push_back({&element});
  for (std::size_t r = 1; r < arrays.size(); ++r) {
    const json::array& other = *arrays[r];
    std::vector<std::vector<int>> cost(n, std::vector<int>(n));
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) cost[i][j] = distance(first[i], other[j]);
    const auto total = [&](const std::vector<std::size_t>& pairing) {
      int sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum += cost[i][pairing[i]];
      return sum;
    };
    std::vector<std::size_t> straight(n);
    std::iota(straight.begin(), straight.end(), std::size_t{0});
    std::vector<std::size_t> best = straight;
    if (n <= 6) {  // 720 pairings at most; beyond that the nearest free one
      std::vector<std::size_t> pairing = straight;
      while (std::next_permutation(pairing.begin(), pairing.end()))
        if (total(pairing) < total(best)) best = pairing;
    } else {
      std::vector<bool> taken(n, false);
      for (std::size_t i = 0; i < n; ++i) {
        std::size_t nearest = n;
        if (!taken[i]) nearest = i;
        for (std::size_t j = 0; j < n; ++j)
          if (!taken[j] && (nearest == n || cost[i][j] < cost[i][nearest])) nearest = j;
        taken[nearest] = true;
        best[i] = nearest;
      }
    }
    if (total(best) < total(straight))
      aligned.moved = true;
    else
      best = straight;
    for (std::size_t i = 0; i < n; ++i) aligned.rows[i].push_back(&other[best[i]]);
  }
  return aligned;
}

Pattern generalise(const Order& order, const std::vector<const Reading*>& runs,
                   const std::vector<std::string>& role_places, const Restless& restless,
                   Multisets& multisets) {
  base::require(!runs.empty(), "a pattern is made of runs");
  Pattern pattern{.order = order, .runs = runs.size()};
  Builder builder(runs, restless, multisets, pattern.slots, pattern.conflicts);
  for (std::size_t role = 0; role < order.roles.size(); ++role) {
    builder.use_names(role + 1);
    std::vector<Signature> signatures;
    std::vector<const json::value*> trees;
    for (const Reading* run : runs) {
      base::require(run->told.size() == order.roles.size(), "a run has an answer for each role");
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
  builder.use_names(order.roles.size());
  std::vector<const Seen*> states;
  for (const Reading* run : runs) states.push_back(&run->after);
  add_state(pattern, builder, states, ".after");
  pattern.names_roles = builder.names_roles();
  pattern.relations = relations_of(pattern.slots);
  return pattern;
}

Pattern generalise_states(const std::vector<const Reading*>& runs, Multisets& multisets) {
  base::require(!runs.empty(), "a pattern is made of runs");
  Pattern pattern{.runs = runs.size()};
  const Restless calm;
  Builder builder(runs, calm, multisets, pattern.slots, pattern.conflicts);
  builder.use_names(0);
  std::vector<const Seen*> states;
  for (const Reading* run : runs) states.push_back(&run->before);
  add_state(pattern, builder, states, ".before");
  pattern.relations = relations_of(pattern.slots);
  return pattern;
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
