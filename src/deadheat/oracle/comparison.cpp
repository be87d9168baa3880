#include "oracle/comparison.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "base/require.h"
#include "oracle/place.h"
#include "oracle/tree.h"
#include "oracle/value.h"

namespace oracle {
namespace {

/// What names stand for in the attempt, those of its entries by role.
using Table = std::map<std::string, std::string>;

using record::Value;

Value absent() { return {.is = Value::Is::absent}; }

Value json_of(const json::value& value) {
  return {.is = Value::Is::json, .text = base::to_text(value)};
}

std::string in_quotes(const std::string& text) { return base::to_text(json::value(text)); }

Value sized(Value::Is is, std::size_t count) {
  return {.is = is, .count = static_cast<int>(count)};
}

/// How far a place moved, beside how far an order moves it.
Difference difference_of(const std::string& place, double seen, double expected) {
  return {place, value_of_move(seen), value_of_move(expected), !same_move(seen, expected)};
}

/// Of what is counted only the difference counts; of what might be it is shown beside the value.
void show_moves(const Pattern& pattern, const Reading& attempt, std::vector<Difference>& rows) {
  const Moves moves = moves_of(attempt.before, attempt.after);
  for (Difference& row : rows) {
    const auto seen = moves.find(row.place);
    if (const auto counted = pattern.counted.find(row.place); counted != pattern.counted.end()) {
      if (seen != moves.end())
        row = difference_of(row.place, seen->second, counted->second);
      else
        row.expected = value_of_move(counted->second), row.differs = true;
    } else if (const auto drift = pattern.drifts.find(row.place);
               drift != pattern.drifts.end() && seen != moves.end()) {
      row.seen.moved = value_of_move(seen->second).moved;
      row.expected.moved = value_of_move(drift->second).moved;
    }
  }
}

/// Slots alone: relations and forbidden texts aside.
bool leaf_fits(const Node& node, const json::value& value, const Table& names) {
  if (node.is == Node::Is::constant)
    return (node.by_value && same(node.value, value)) ||
           std::any_of(node.names.begin(), node.names.end(), [&](const std::string& name) {
             const auto found = names.find(name);
             return found != names.end() && found->second == text_of(value);
           });
  if (node.is == Node::Is::slot) return kind_of(value) == node.kind;
  return true;
}

/// What a name stands for, in the attempt or, where that has none, for every reader.
std::string text_of_name(const std::string& name, const Table& names) {
  if (const auto found = names.find(name); found != names.end()) return found->second;
  const std::string own = is_role_name(name) ? name.substr(name.find('.') + 1) : name;
  return "{{" + own + "}}";
}

/// A text that is known by name has no kind of its own: it is a number beside numbers.
Value named(const Node& node, const json::value* beside, const Table& names) {
  if (!names.contains(node.names.front()))
    return {.is = Value::Is::pattern, .text = in_quotes(text_of_name(node.names.front(), names))};
  const std::string& text = names.at(node.names.front());
  const auto parsed = base::parse_json(text);
  const bool number =
      parsed && parsed->is_number() && (beside == nullptr || kind_of(*beside) == Kind::number);
  return {.is = Value::Is::json, .text = number ? text : in_quotes(text)};
}

std::string text_of_word(const Word& word, const Table& names) {
  std::string text;
  for (std::size_t i = 0; i < word.parts.size(); ++i) {
    if (i > 0) text += word.separators[i - 1];
    const Piece& piece = word.parts[i];
    if (piece.slot >= 0)
      text += "*";
    else
      text += piece.by_literal ? piece.literal : text_of_name(piece.names.front(), names);
  }
  return text;
}

Value pattern_of(const Node& node, const Table& names) {
  std::string text;
  for (std::size_t i = 0; i < node.words.size(); ++i) {
    if (i > 0) text += node.separators[i - 1];
    text += text_of_word(node.words[i], names);
  }
  return {.is = Value::Is::pattern, .text = in_quotes(text)};
}

/// `beside`: what the attempt has there, or nullptr.
Value allowed(const Node& node, const json::value* beside, const Table& names) {
  using Is = Value::Is;
  switch (node.is) {
    case Node::Is::anything:
      return {.is = Is::anything};
    case Node::Is::constant:
      return node.by_value ? json_of(node.value) : named(node, beside, names);
    case Node::Is::slot:
      return {.is = node.time                   ? Is::time
                    : node.kind == Kind::number ? Is::number
                    : node.word                 ? Is::word
                                                : Is::text};
    case Node::Is::text:
      return pattern_of(node, names);
    case Node::Is::object:
      return sized(Is::members, node.members.size() + node.elements.size());
    case Node::Is::list:
      return sized(Is::elements, node.elements.size());
    case Node::Is::bag:
      return sized(Is::bag, node.elements.size());
  }
  return {};
}

void compare_nodes(const Node& node, const json::value* value, const Table& names,
                   const std::string& place, std::vector<Difference>& out);

/// What fits somewhere is paired up first; of the rest, which is what the reader wants to see, the
/// first with the first. Long lists have too many pairs to try for a report.
void compare_unordered(const Node& node, const json::array& array, const Table& names,
                       const std::string& place, std::vector<Difference>& out) {
  constexpr std::size_t most = 64;
  if (array.size() > most || node.elements.size() > most) return;
  std::vector<const Node*> free;
  for (const Node& element : node.elements) free.push_back(&element);
  std::vector<std::size_t> odd;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const auto fits = [&](const Node* element) {
      std::vector<Difference> found;
      compare_nodes(*element, &array[i], names, place, found);
      return std::none_of(found.begin(), found.end(), [](const auto& d) { return d.differs; });
    };
    const auto partner = std::find_if(free.begin(), free.end(), fits);
    if (partner == free.end())
      odd.push_back(i);
    else
      free.erase(partner);
  }
  for (std::size_t k = 0; k < odd.size(); ++k) {
    const std::string at = place + "[" + std::to_string(odd[k]) + "]";
    if (k < free.size())
      compare_nodes(*free[k], &array[odd[k]], names, at, out);
    else
      out.push_back({at, json_of(array[odd[k]]), absent(), true});
  }
}

void compare_nodes(const Node& node, const json::value* value, const Table& names,
                   const std::string& place, std::vector<Difference>& out) {
  const auto put = [&](const std::string& at, Value seen, Value expected, bool differs) {
    out.push_back({at, std::move(seen), std::move(expected), differs});
  };
  if (value == nullptr) return put(place, absent(), allowed(node, value, names), true);
  if (node.is == Node::Is::object && value->is_object()) {
    for (const auto& [key, member] : node.members)
      compare_nodes(member, value->get_object().if_contains(key), names, place + member_path(key),
                    out);
    for (const auto& [key, extra] : value->get_object()) {
      const auto known = [&](const Member& member) { return member.key == key; };
      if (node.elements.empty() && std::none_of(node.members.begin(), node.members.end(), known))
        put(place + member_path(key), json_of(extra), absent(), true);
    }
    return;
  }
  if (node.is == Node::Is::list && value->is_array()) {
    const json::array& array = value->get_array();
    if (array.size() != node.elements.size())
      put(place, sized(Value::Is::elements, array.size()), allowed(node, value, names), true);
    for (std::size_t i = 0; i < std::min(array.size(), node.elements.size()); ++i)
      compare_nodes(node.elements[i], &array[i], names, place + "[" + std::to_string(i) + "]", out);
    return;
  }
  if (node.is == Node::Is::bag && value->is_array()) {
    const std::size_t count = value->get_array().size();
    if (count != node.elements.size())
      put(place, sized(Value::Is::elements, count), allowed(node, value, names), true);
    return compare_unordered(node, value->get_array(), names, place, out);
  }
  put(place, json_of(*value), allowed(node, value, names), !leaf_fits(node, *value, names));
}

}  // namespace

record::Value allowed_by(const Node& node) { return allowed(node, nullptr, {}); }

Closeness closeness(const Reading& attempt, const Pattern& pattern,
                    const scenario::Scenario& scenario) {
  const std::vector<int>& roles = pattern.order.roles;
  Closeness close;
  // Interchangeable entries: the one whose statuses the role has, else any that is left.
  std::vector<int> left(attempt.told.size());
  std::iota(left.begin(), left.end(), 0);
  for (std::size_t role = 0; role < roles.size(); ++role) {
    const auto fits = [&](bool exactly) {
      return std::find_if(left.begin(), left.end(), [&](int entry) {
        const Told& told = attempt.told[static_cast<std::size_t>(entry)];
        return told.script == roles[role] &&
               (!exactly || told.signature == pattern.signatures[role]);
      });
    };
    auto found = fits(true);
    if (found == left.end()) found = fits(false);
    base::require(found != left.end(), "there is an entry for each role");
    close.cast.push_back(*found);
    left.erase(found);
  }
  Table names(attempt.names.begin(), attempt.names.end());
  for (std::size_t role = 0; role < close.cast.size(); ++role)
    for (const auto& [name, text] : attempt.told[static_cast<std::size_t>(close.cast[role])].names)
      names.emplace(role_name(role, name), text);

  const std::vector<scenario::Entry> entries = scenario::entries(scenario);
  for (std::size_t role = 0; role < close.cast.size(); ++role) {
    const Told& told = attempt.told[static_cast<std::size_t>(close.cast[role])];
    const std::string place =
        ".answers." +
        scenario::entry_name(scenario, entries[static_cast<std::size_t>(close.cast[role])]);
    const Value seen = value_of(told.signature), expected = value_of(pattern.signatures[role]);
    const bool same = seen == expected;
    close.differences.push_back({way_to_statuses(place), seen, expected, !same});
    if (same)
      compare_nodes(pattern.answers[role], &told.tree, names, place + ".steps", close.differences);
  }
  const std::vector<std::string> names_of_state = scenario::names_of_state(scenario);
  for (std::size_t i = 0; i < attempt.after.statuses.size(); ++i) {
    const int expected = i < pattern.state_statuses.size() ? pattern.state_statuses[i] : 0;
    const int seen = attempt.after.statuses[i];
    close.differences.push_back({way_to_status(names_of_state.at(i)), value_of(Signature{{seen}}),
                                 value_of(Signature{{expected}}), seen != expected});
  }
  compare_nodes(pattern.state, &attempt.after.tree, names, ".after", close.differences);
  show_moves(pattern, attempt, close.differences);
  close.count = static_cast<int>(std::count_if(close.differences.begin(), close.differences.end(),
                                               [](const auto& d) { return d.differs; }));
  return close;
}

/// Places that nobody counts, where they moved otherwise than in this order.
std::vector<Difference> drifts(const Pattern& pattern, const Seen& before, const Seen& after) {
  std::vector<Difference> found;
  if (pattern.drifts.empty()) return found;
  const Moves moves = moves_of(before, after);
  for (const auto& [place, expected] : pattern.drifts)
    if (const auto seen = moves.find(place);
        seen != moves.end() && !same_move(seen->second, expected))
      found.push_back(difference_of(place, seen->second, expected));
  return found;
}

}  // namespace oracle
