#include "oracle/match.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/require.h"

// Does an attempt fit a pattern?
//
// The pattern of "first, then second" has roles, and slots that its runs left open; the attempt has
// entries, and values. Who plays which role, which value goes into which slot, and which element of
// a multiset is which, are all to be found, such that every relation holds:
//
//     pattern   role 0   201 {"id": #0}              attempt   kim   201 {"id": 52}
//               role 1   201 {"id": #1}                        lee   201 {"id": 51}
//               state    bag [{"id": #0, "n": 1},              state [{"id": 52, "n": 2},
//                             {"id": #1, "n": 2}]                     {"id": 51, "n": 1}]
//               #0 and #1 are never equal
//
//     role 0 = kim           #0 = 52
//       role 1 = lee         #1 = 51
//         element {#0, 1}    52 stands beside 2, and 51 is not #0: no value is left
//       undo                 #1 is free again
//     undo                   #0 is free again
//     role 0 = lee           #0 = 51
//       role 1 = kim         #1 = 52
//         element {#0, 1}    {"id": 51, "n": 1}
//         element {#1, 2}    {"id": 52, "n": 2}: it fits
//
// That is backtracking. Casting chooses roles; Search binds slots and remembers in a trail what to
// undo. Everything but a multiset fits in one way at most, so multisets wait until all else is
// bound, and bound ids then say which element is which.
//
// At worst there are n! ways. What keeps the usual attempt at a few:
//   - statuses are compared as multisets before anything else (signatures_agree);
//   - the state is put to the pattern alone, whoever played (state_may_match);
//   - of twins one is tried in a role;
//   - the element of a multiset with the fewest candidates is placed first;
//   - values that stand there twice need two elements that may be equal (equals_have_places).
// And where the search runs out of steps, every single entry and every pair of entries is asked
// whether it fits at all (is_hopeless) before all steps are spent. A search that ends without an
// answer is undecided: an attempt is then unjudged, neither a race nor explained.
namespace oracle {
namespace {

bool contains(const std::vector<int>& list, int value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// Looks names up: those of the attempt, and those of the entries that play the roles cast so far.
class NameBook {
 public:
  explicit NameBook(const Names& shared) : table_(shared.begin(), shared.end()) {}

  void cast(std::size_t role, const Told& told) {
    for (const auto& [name, text] : told.names) table_[role_name(role, name)] = text;
  }
  void uncast(std::size_t role, const Told& told) {
    for (const auto& [name, text] : told.names) table_.erase(role_name(role, name));
  }
  /// What belongs to a role that is not cast, and what an entry that may not even have begun did
  /// not say, may be anything.
  void leave_open() { open_ = true; }

  [[nodiscard]] bool any_is(const std::vector<std::string>& names, const std::string& text) const {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      const auto found = table_.find(name);
      return found == table_.end() ? open_ && is_role_name(name) : found->second == text;
    });
  }

 private:
  std::map<std::string, std::string> table_;
  bool open_ = false;
};

/// Fits values into the nodes of one pattern. Everything but multisets has one way to fit;
/// multisets wait in `waiting_` until the rest is bound, and are then tried element by element.
class Search {
 public:
  Search(const Pattern& pattern, const Forbidden& forbidden, const Names& shared, bool loose,
         std::size_t most_steps)
      : pattern_(pattern),
        forbidden_(forbidden),
        names_(shared),
        loose_(loose),
        left_(most_steps),
        groups_(pattern.groups.size()) {}

  struct Mark {
    std::size_t trail = 0;
    std::size_t waiting = 0;
  };
  [[nodiscard]] Mark mark() const { return {trail_.size(), waiting_.size()}; }
  void undo(const Mark& mark) {
    while (trail_.size() > mark.trail) {
      Group& group = groups_[static_cast<std::size_t>(trail_.back())];
      if (--group.slots == 0) groups_with_[group.text].pop_back();
      trail_.pop_back();
    }
    waiting_.resize(mark.waiting);
  }

  NameBook& names() { return names_; }
  [[nodiscard]] bool exhausted() const { return left_ == 0; }

  /// Fits what has one way to fit; multisets are put aside.
  bool fit(const Node& node, const json::value& value) {
    if (left_ == 0) return false;
    --left_;
    switch (node.is) {
      case Node::Is::anything:
        return true;
      case Node::Is::constant:
        return constant(node, value);
      case Node::Is::slot:
        return slot(node, value);
      case Node::Is::text:
        return text(node, value);
      case Node::Is::object:
        return object(node, value);
      case Node::Is::list:
        return list(node, value);
      case Node::Is::bag:
        return put_aside(node, value);
    }
    return false;
  }

  /// Tries the multisets that were put aside, the first one that is left first.
  bool settle(std::size_t from = 0) {
    if (from == waiting_.size()) return true;
    const auto [node, array] = waiting_[from];
    Bag bag{*node, *array, std::vector<bool>(array->size(), false),
            std::vector<bool>(array->size(), false)};
    return equals_have_places(bag) && pair_up(bag, array->size(), from);
  }

 private:
  struct Waiting {
    const Node* node;
    const json::array* array;
  };
  struct Group {
    int slots = 0;  // that are bound, all to the same text
    std::string text;
  };

  struct Bag {
    const Node& node;
    const json::array& array;
    std::vector<bool> placed;  // elements of the node
    std::vector<bool> taken;   // elements of the array
  };

  /// The values that fit an element as things stand.
  std::vector<std::size_t> candidates(const Bag& bag, std::size_t element) {
    std::vector<std::size_t> found;
    for (std::size_t j = 0; j < bag.array.size(); ++j) {
      if (bag.taken[j]) continue;
      const Mark before = mark();
      if (fit(bag.node.elements[element], bag.array[j])) found.push_back(j);
      undo(before);
    }
    return found;
  }

  /// Values that are equal need elements that may be equal. A row that stands there twice would
  /// otherwise be found only after every arrangement of all others.
  bool equals_have_places(const Bag& bag) {
    const auto fits_elsewhere = [&](std::size_t taken, const json::value& value) {
      for (std::size_t i = 0; i < bag.placed.size(); ++i) {
        if (i == taken) continue;
        const Mark before = mark();
        const bool holds = fit(bag.node.elements[i], value);
        undo(before);
        if (holds || left_ == 0) return true;
      }
      return false;
    };
    const auto both_fit = [&](const json::value& value) {
      for (std::size_t i = 0; i < bag.placed.size(); ++i) {
        const Mark before = mark();
        const bool holds = fit(bag.node.elements[i], value) && fits_elsewhere(i, value);
        undo(before);
        if (holds || left_ == 0) return true;
      }
      return false;
    };
    for (std::size_t a = 0; a < bag.array.size(); ++a)
      for (std::size_t b = 0; b < a; ++b)
        if (bag.array[a] == bag.array[b]) {
          if (!both_fit(bag.array[a])) return false;
          break;
        }
    return true;
  }

  /// The element with the fewest candidates first: one without any ends a branch at once, which by
  /// position would be found only after every arrangement of those before it.
  bool pair_up(Bag& bag, std::size_t left, std::size_t from) {
    if (left == 0) return settle(from + 1);
    std::size_t element = 0;
    std::vector<std::size_t> fewest;
    bool first = true;
    for (std::size_t i = 0; i < bag.placed.size(); ++i) {
      if (bag.placed[i]) continue;
      auto found = candidates(bag, i);
      if (found.empty()) return false;
      if (!first && found.size() >= fewest.size()) continue;
      first = false;
      element = i;
      fewest = std::move(found);
      if (fewest.size() == 1) break;
    }
    bag.placed[element] = true;
    for (const std::size_t j : fewest) {
      const Mark before = mark();
      bag.taken[j] = true;
      if (fit(bag.node.elements[element], bag.array[j]) && pair_up(bag, left - 1, from))
        return true;
      bag.taken[j] = false;
      undo(before);
      if (left_ == 0) break;
    }
    bag.placed[element] = false;
    return false;
  }

  bool put_aside(const Node& node, const json::value& value) {
    const auto* array = value.if_array();
    if (array == nullptr || array->size() != node.elements.size()) return false;
    waiting_.push_back({&node, array});
    return true;
  }

  bool constant(const Node& node, const json::value& value) const {
    if (node.by_value && same(node.value, value)) return true;
    return !node.names.empty() && names_.any_is(node.names, text_of(value));
  }

  bool slot(const Node& node, const json::value& value) {
    if (kind_of(value) != node.kind) return false;
    const std::string content = text_of(value);
    const Slot& slot = pattern_.slots[static_cast<std::size_t>(node.slot)];
    if (slot.time) return as_time(value).has_value();
    if (node.kind == Kind::text &&
        ((node.word && !is_token(content)) || is_forbidden(slot.place, slot.values, content)))
      return false;
    return bind(slot, content);
  }

  [[nodiscard]] bool is_forbidden(const std::string& place, const std::vector<std::string>& own,
                                  const std::string& content) const {
    const auto at = forbidden_.find(place);
    return at != forbidden_.end() && at->second.contains(content) &&
           std::find(own.begin(), own.end(), content) == own.end();
  }

  /// Slots of one group have one text; groups that were never equal have different ones.
  bool bind(const Slot& slot, const std::string& content) {
    if (slot.group < 0) return true;
    Group& group = groups_[static_cast<std::size_t>(slot.group)];
    if (group.slots > 0 && group.text != content) return false;
    if (group.slots == 0) {
      std::vector<int>& equal = groups_with_[content];
      for (const int other : equal)
        if (pattern_.always_unequal(slot.group, other)) return false;
      equal.push_back(slot.group);
      group.text = content;
    }
    ++group.slots;
    trail_.push_back(slot.group);
    return true;
  }

  bool text(const Node& node, const json::value& value) {
    const auto* string = value.if_string();
    if (string == nullptr || is_forbidden(node.place, node.texts, std::string(*string)))
      return false;
    const Cut cut = cut_into_words(std::string_view(*string));
    if (cut.pieces.size() != node.words.size() || cut.separators != node.separators) return false;
    for (std::size_t i = 0; i < node.words.size(); ++i)
      if (!word(node.words[i], cut.pieces[i])) return false;
    return true;
  }

  bool word(const Word& word, const std::string& content) {
    if (word.parts.size() == 1) return piece(word.parts[0], content);
    const bool loosely = loose_ && word.partly_volatile;
    const Cut cut = cut_into_parts(content);
    if (cut.pieces.size() != word.parts.size() || cut.separators != word.separators) return loosely;
    if (loosely) return slots_hold(word, cut);
    for (std::size_t i = 0; i < word.parts.size(); ++i)
      if (!piece(word.parts[i], cut.pieces[i])) return false;
    return true;
  }

  /// The inside of a partly volatile word does not count, but for what its slots have to do with
  /// others: two receipts with two ids are two, wherever the ids stand.
  bool slots_hold(const Word& word, const Cut& cut) {
    for (std::size_t i = 0; i < word.parts.size(); ++i) {
      const int slot = word.parts[i].slot;
      if (slot >= 0 && !bind(pattern_.slots[static_cast<std::size_t>(slot)], cut.pieces[i]))
        return false;
    }
    return true;
  }

  bool piece(const Piece& piece, const std::string& content) {
    if (piece.slot >= 0) {
      const Slot& slot = pattern_.slots[static_cast<std::size_t>(piece.slot)];
      const bool may_be_empty =
          !content.empty() ||
          std::find(slot.values.begin(), slot.values.end(), "") != slot.values.end();
      return may_be_empty && (slot.time || !is_forbidden(slot.place, slot.values, content)) &&
             bind(slot, content);
    }
    if (!piece.names.empty() && names_.any_is(piece.names, content)) return true;
    return piece.by_literal && piece.literal == content;
  }

  bool object(const Node& node, const json::value& value) {
    const auto* object = value.if_object();
    if (object == nullptr || object->size() != node.members.size() + node.elements.size())
      return false;
    for (const auto& [key, member] : node.members) {
      const json::value* found = object->if_contains(key);
      if (found == nullptr || !fit(member, *found)) return false;
    }
    if (node.elements.empty()) return true;
    const auto [others, added] = others_.try_emplace({&node, &value});
    if (added) others->second = other_members(*object, node.members);
    waiting_.push_back({&node, &others->second});
    return true;
  }

  bool list(const Node& node, const json::value& value) {
    const auto* array = value.if_array();
    if (array == nullptr || array->size() != node.elements.size()) return false;
    if (loose_ && array->size() > 1 && !node.steps) return put_aside(node, value);
    for (std::size_t i = 0; i < array->size(); ++i)
      if (!fit(node.elements[i], (*array)[i])) return false;
    return true;
  }

  const Pattern& pattern_;
  const Forbidden& forbidden_;
  NameBook names_;
  bool loose_;
  std::size_t left_;
  std::vector<Group> groups_;
  std::unordered_map<std::string, std::vector<int>> groups_with_;  // text -> groups that have it
  std::vector<int> trail_;  // the group of each slot that was bound
  std::vector<Waiting> waiting_;
  std::map<std::pair<const Node*, const json::value*>, json::array>
      others_;  // members with volatile keys
};

/// Gives the roles of an order to entries, one after another.
class Casting {
 public:
  enum class Of { answers_and_state, answers };
  Casting(const Pattern& pattern, const Question& question, Search& search,
          Of of = Of::answers_and_state)
      : pattern_(pattern),
        question_(question),
        search_(search),
        of_(of),
        cast_(pattern.order.roles.size(), -1) {}

  bool from_role(std::size_t role) {
    furthest_ = std::max(furthest_, role);
    if (role == cast_.size()) {
      if (of_ == Of::answers) return true;
      const Search::Mark before = search_.mark();
      if (search_.fit(pattern_.state, question_.state.tree) && search_.settle()) return true;
      search_.undo(before);
      return false;
    }
    std::vector<int> tried;
    for (const int entry : question_.members) {
      if (contains(cast_, entry) || !may_play(entry, role) || twin_was_tried(entry, tried))
        continue;
      tried.push_back(entry);
      const Search::Mark before = search_.mark();
      cast_[role] = entry;
      search_.names().cast(role, told(entry));
      if (contains(question_.wild, entry)) search_.names().leave_open();
      if (fits_alone(entry, role) && from_role(role + 1)) return true;
      search_.names().uncast(role, told(entry));
      cast_[role] = -1;
      search_.undo(before);
      if (search_.exhausted()) return false;
    }
    return false;
  }

  [[nodiscard]] const std::vector<int>& cast() const { return cast_; }
  /// How many roles were filled at most.
  [[nodiscard]] std::size_t furthest() const { return furthest_; }

  /// Somebody fits no role beside the state, or two fit no two roles together: then no casting
  /// does. Cheap where the search would only find out after every arrangement of the others.
  bool is_hopeless() {
    search_.names().leave_open();
    const auto& members = question_.members;
    for (std::size_t a = 0; a < members.size(); ++a) {
      if (contains(question_.wild, members[a])) continue;
      const auto fits_state = [&] {
        return search_.fit(pattern_.state, question_.state.tree) && search_.settle();
      };
      if (!has_role(members[a], fits_state)) return true;
      for (std::size_t b = 0; b < a; ++b) {
        if (contains(question_.wild, members[b])) continue;
        if (!has_role(members[a], [&] { return has_role(members[b], [] { return true; }); }))
          return true;
      }
    }
    return false;
  }

 private:
  /// Some role that is left has this entry, and then the rest holds.
  template <class Rest>
  bool has_role(int entry, const Rest& rest) {
    for (std::size_t role = 0; role < cast_.size(); ++role) {
      if (cast_[role] >= 0 || told(entry).script != pattern_.order.roles[role]) continue;
      const Search::Mark before = search_.mark();
      cast_[role] = entry;
      search_.names().cast(role, told(entry));
      const bool holds = fits_alone(entry, role) && rest();
      search_.names().uncast(role, told(entry));
      cast_[role] = -1;
      search_.undo(before);
      if (holds || search_.exhausted()) return true;
    }
    return false;
  }

  [[nodiscard]] const Told& told(int entry) const {
    return question_.attempt.told[static_cast<std::size_t>(entry)];
  }

  /// The script is the role's, and nobody who is still to come was over before this one began.
  [[nodiscard]] bool may_play(int entry, std::size_t role) const {
    if (told(entry).script != pattern_.order.roles[role]) return false;
    if (!question_.cast.empty()) return question_.cast[role] == entry;
    return std::none_of(question_.before.begin(), question_.before.end(), [&](const auto& pair) {
      return pair.second == entry && contains(question_.members, pair.first) &&
             !contains(cast_, pair.first);
    });
  }

  [[nodiscard]] bool twin_was_tried(int entry, const std::vector<int>& tried) const {
    const std::vector<int>& twins = question_.twins;
    return !twins.empty() && std::any_of(tried.begin(), tried.end(), [&](int other) {
      return twins[static_cast<std::size_t>(entry)] == twins[static_cast<std::size_t>(other)];
    });
  }

  bool fits_alone(int entry, std::size_t role) {
    if (contains(question_.wild, entry)) return true;
    if (told(entry).signature != pattern_.signatures[role]) return false;
    return !question_.strictness.bodies || search_.fit(pattern_.answers[role], told(entry).tree);
  }

  const Pattern& pattern_;
  const Question& question_;
  Search& search_;
  Of of_;
  std::vector<int> cast_;
  std::size_t furthest_ = 0;
};

/// Cheap and decisive where many scripts are interchangeable: the statuses must be the same ones,
/// whoever had them.
bool signatures_agree(const Pattern& pattern, const Question& question) {
  std::multiset<std::pair<int, Signature>> wanted, had;
  for (std::size_t role = 0; role < pattern.order.roles.size(); ++role)
    wanted.insert({pattern.order.roles[role], pattern.signatures[role]});
  for (const int entry : question.members) {
    if (contains(question.wild, entry)) continue;
    const Told& told = question.attempt.told[static_cast<std::size_t>(entry)];
    had.insert({told.script, told.signature});
  }
  return std::includes(wanted.begin(), wanted.end(), had.begin(), had.end());
}

/// The state alone, whoever played which role: where it fits nobody, no casting has to be tried.
bool state_may_match(const Pattern& pattern, const Forbidden& forbidden, const Question& question) {
  Search search(pattern, forbidden, question.attempt.names, question.strictness.loose, 200'000);
  search.names().leave_open();
  return (search.fit(pattern.state, question.state.tree) && search.settle()) || search.exhausted();
}

/// What the scenario counts moved as in this order.
bool counts_agree(const Pattern& pattern, const Question& question) {
  if (pattern.counted.empty()) return true;
  const Moves moves = moves_of(question.attempt.before, question.state);
  return std::all_of(pattern.counted.begin(), pattern.counted.end(), [&](const auto& counted) {
    const auto here = moves.find(counted.first);
    return here != moves.end() && same_move(here->second, counted.second);
  });
}

}  // namespace

Match match(const Pattern& pattern, const Forbidden& forbidden, const Question& question,
            std::size_t most_steps) {
  if (question.members.size() != pattern.order.roles.size()) return {};
  if (pattern.state_statuses != question.state.statuses || !signatures_agree(pattern, question))
    return {};
  if (!counts_agree(pattern, question)) return {};
  if (!state_may_match(pattern, forbidden, question)) return {};
  const auto try_castings = [&](std::size_t steps) -> Match {
    Search search(pattern, forbidden, question.attempt.names, question.strictness.loose, steps);
    Casting casting(pattern, question, search);
    if (casting.from_role(0)) return {Fit::fits, casting.cast()};
    return {search.exhausted() ? Fit::undecided : Fit::differs, {}};
  };
  // Most questions are settled at once, one way or the other.
  if (Match quick = try_castings(most_steps / 20); quick.fit != Fit::undecided) return quick;
  Search search(pattern, forbidden, question.attempt.names, question.strictness.loose, most_steps);
  if (Casting(pattern, question, search).is_hopeless()) return {};
  return try_castings(most_steps);
}

std::size_t roles_that_fit(const Pattern& pattern, const Forbidden& forbidden,
                           const Question& question) {
  Search search(pattern, forbidden, question.attempt.names, question.strictness.loose, 20'000);
  Casting casting(pattern, question, search, Casting::Of::answers);
  casting.from_role(0);
  return search.exhausted() ? pattern.order.roles.size() : casting.furthest();
}

bool state_matches(const Pattern& pattern, const Seen& state, const Names& names, bool loose) {
  if (pattern.state_statuses != state.statuses) return false;
  const Forbidden nothing;
  Search search(pattern, nothing, names, loose, 2'000'000);
  return search.fit(pattern.state, state.tree) && search.settle();
}

bool answer_matches(const Pattern& pattern, const Forbidden& forbidden, std::size_t role,
                    const Told& told, const Names& names) {
  if (pattern.signatures[role] != told.signature) return false;
  Search search(pattern, forbidden, names, false, 200'000);
  search.names().cast(role, told);
  search.names().leave_open();
  return search.fit(pattern.answers[role], told.tree) && search.settle();
}

}  // namespace oracle
