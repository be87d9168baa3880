#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "oracle/moves.h"
#include "oracle/order.h"
#include "oracle/reading.h"
#include "oracle/value.h"

/// What all runs of one serial order have in common.
///
/// The runs agree in constants and differ in slots:
///
///     run 1   {"id": 17, "by": "kim", "at": 1714558830, "url": "/redemptions/17/", "left": 2}
///     run 2   {"id": 18, "by": "lee", "at": 1714558832, "url": "/redemptions/18/", "left": 2}
///     pattern {"id": #1, "by": $user, "at": time,       "url": "/redemptions/#2/", "left": 2}
///             and #1 = #2
///
/// A slot takes any number, or any word; the identity of what is in it is carried by relations:
/// slots that were equal in all runs must be equal in an attempt, slots that were unequal in all
/// must be unequal. What the tool itself put in
/// ($user) is known by name. A constant is a constant of this order: other orders may have another
/// there.
namespace oracle {

/// A place of one order whose value changes by itself.
struct Slot {
  std::string place;
  std::vector<std::string> values;  // one for each run
  bool time = false;                // keeps to the run's own clock: free
  int group = -1;                   // slots that were equal in all runs share one; -1: free
};

/// A piece of a text: literal, or one of the slots.
struct Piece {
  std::string literal;
  bool by_literal = true;  // the literal itself was the same in all runs
  int slot = -1;
  std::vector<std::string> names;  // the piece is what each of these names stands for
};

/// A word of a text, in parts; a plain word has one.
struct Word {
  std::vector<Piece> parts;
  std::vector<std::string> separators;
  bool partly_volatile = false;  // some parts constant, some slots: "7-9f3a"
};

struct Member;

/// A node of the tree of a pattern.
struct Node {
  enum class Is { anything, constant, slot, text, object, list, bag };
  Is is = Is::anything;
  std::string place;
  Kind kind = Kind::null;               // of a slot
  json::value value;                    // constant; null where only `names` hold
  bool by_value = true;                 // constant: the value itself was the same in all runs
  std::vector<std::string> names;       // constant: it is what each of these names stands for
  int slot = -1;                        // slot
  bool word = true;                     // slot of text: no blanks in it
  bool time = false;                    // slot: a time
  std::vector<Word> words;              // text
  std::vector<std::string> separators;  // text: between the words
  std::vector<std::string> texts;       // text: as a whole, one for each run
  std::vector<Member> members;          // object
  std::vector<Node>
      elements;        // list, bag; object: the members whose keys are volatile, as {key, value}
  bool steps = false;  // list: of the steps of a script, never a multiset
};

/// A member of an object.
struct Member {
  std::string key;
  Node node;
};

/// A place where two runs of one order differ in structure: there is no baseline.
struct Conflict {
  std::string place;                  // the way to it, see place.h
  std::vector<record::Value> values;  // one for each run
};

/// Place -> texts found there.
using TextsByPlace = std::map<std::string, std::set<std::string>>;

struct Pattern {
  Order order;
  std::size_t runs = 0;
  std::vector<Signature> signatures;  // by role
  std::vector<Node> answers;          // by role
  std::vector<int> state_statuses;
  Node state;
  std::vector<Slot> slots;
  std::vector<std::vector<int>>
      groups;  // of slots: a number for each run, equal where the values were
  std::vector<Conflict> conflicts;
  TextsByPlace constants;  // leaves that agreed in all runs, and have no other name
  TextsByPlace moved;      // what leaves were that changed by themselves
  Moves counted;           // places that the scenario counts
  Moves drifts;  // slots of the state that moved by the same in all runs, though nobody counts them

  /// Unequal in every run: they must be unequal in an attempt.
  [[nodiscard]] bool always_unequal(int group, int other) const;
};

/// Place -> values that it took in some order where it changed by itself. A value of this kind is
/// no evidence in another order either.
using Restless = TextsByPlace;

/// Places of arrays that are multisets: in some pair of runs another pairing than by position left
/// fewer differing leaves.
using Multisets = std::set<std::string>;

/// Generalises the runs of one order; one or more, all with the same roles. Adds to `multisets`.
[[nodiscard]] Pattern generalise(const Order& order, const std::vector<const Reading*>& runs,
                                 const std::vector<std::string>& role_places,
                                 const Restless& restless, Multisets& multisets,
                                 const std::set<std::string>& counted = {});

/// Generalises states alone, such as the states after a reset.
[[nodiscard]] Pattern generalise_states(const std::vector<const Reading*>& runs,
                                        Multisets& multisets);

/// The members of an object but those of a pattern, as elements {key, value} of an array.
[[nodiscard]] json::array other_members(const json::object& object,
                                        const std::vector<Member>& known);

/// The name of something that belongs to the script in a role.
[[nodiscard]] std::string role_name(std::size_t role, const std::string& name);
[[nodiscard]] bool is_role_name(const std::string& name);

}  // namespace oracle
