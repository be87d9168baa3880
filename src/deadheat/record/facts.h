#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <string>
#include <vector>

#include "base/json.h"

/// The vocabulary of a record: enumerations and small values, with the names that they have in
/// run.json. No sentence is made here, nor anywhere below `report`, which has the words for each of
/// them in each language.
namespace record {

enum class Verdict { race, broken, inconclusive, clean };
BOOST_DESCRIBE_ENUM(Verdict, race, broken, inconclusive, clean)

/// As run.json has it.
[[nodiscard]] const char* name_of(Verdict verdict);

/// How a run ended before its time.
enum class Ending { none, scenario_error, unreachable, target_lost, interrupted };
BOOST_DESCRIBE_ENUM(Ending, none, scenario_error, unreachable, target_lost, interrupted)

/// What the program exits with: of a run, or of a command that made none.
enum class Exit {
  clean = 0,
  found = 1,  // a race, or a rule that is broken serially
  usage = 2,  // of the command line or the scenario
  inconclusive = 3,
  unreachable = 4,
  unsafe = 5,
  internal = 70,
  interrupted = 130,
};
/// An interruption comes before all else.
[[nodiscard]] Exit exit_of(Verdict verdict, Ending ending);

enum class Kind {
  lost_update,
  check_then_act,
  check_then_act_across_requests,
  double_execution,
  limit_exceeded,
  duplicate,
  resurrected,
  stale_answer,
  answer_contradicts_state,
  error_under_contention,
  rule_broken_under_contention,
  missing_check,
  other,
};
BOOST_DESCRIBE_ENUM(Kind, lost_update, check_then_act, check_then_act_across_requests,
                    double_execution, limit_exceeded, duplicate, resurrected, stale_answer,
                    answer_contradicts_state, error_under_contention, rule_broken_under_contention,
                    missing_check, other)

/// What was contradicted.
enum class Layer { state, body, rule };
BOOST_DESCRIBE_ENUM(Layer, state, body, rule)

/// Ways to cure a race.
enum class Cure {
  send_version,            // make the write conditional on what was read: If-Match, 412
  check_again_on_write,    // UPDATE ... WHERE state = expected, 409
  check_and_write_in_one,  // one statement: UPDATE ... WHERE
  hold_row,                // SELECT ... FOR UPDATE from the check to the write
  write_changed_columns,
  compare_version,
  compute_in_database,  // SET n = n + 1
  unique_constraint,    // its violation is a 409
  unique_resource,      // its violation is a 409 or the existing resource
  claim_first,          // UPDATE ... SET done = true WHERE done = false
  idempotency_key,
  count_in_write,  // UPDATE ... SET used = used + 1 WHERE used < limit
  hold_limit_row,
  update_never_insert,
  answer_what_was_written,
  answer_after_commit,
  turn_error_into_refusal,  // deadlock, violation, serialization failure -> 409, 503 or retry
  serializable,
  check_on_server,
  one_transaction,
};
BOOST_DESCRIBE_ENUM(Cure, send_version, check_again_on_write, check_and_write_in_one, hold_row,
                    write_changed_columns, compare_version, compute_in_database, unique_constraint,
                    unique_resource, claim_first, idempotency_key, count_in_write, hold_limit_row,
                    update_never_insert, answer_what_was_written, answer_after_commit,
                    turn_error_into_refusal, serializable, check_on_server, one_transaction)

/// A line of the scenario's file, for those who point at it. 0: unknown.
struct Source {
  int line = 0;
  int column = 0;
  BOOST_DESCRIBE_CLASS(Source, (), (line, column), (), ())
};

/// A place in an outcome. Made once, from the oracle's path, and never read back from words.
struct Place {
  enum class In {
    answer,  // of a script
    state,   // what an observing read returned
    sink,    // what a sink was called with
    suffix,  // what a request after the race was told
  };
  enum class Part {
    whole,     // all of it
    statuses,  // of all steps of an answer
    status,    // of a read
    headers,
    body,
    members,  // of a body, several at once: they came or went together
    calls,    // of a sink
  };
  In in = In::state;
  std::string name;  // the script's ("cancel", "redeem[3]", "redeem[]" for any copy), the read's,
                     // the sink's; of a suffix "1"
  int step = 0;      // of an answer, from 1; 0: all of it
  Part part = Part::whole;
  std::string pointer;  // JSON Pointer below the part; "*" stands for any key, "-" for any element
  BOOST_DESCRIBE_NESTED_ENUM(In, answer, state, sink, suffix)
  BOOST_DESCRIBE_NESTED_ENUM(Part, whole, statuses, status, headers, body, members, calls)
  BOOST_DESCRIBE_CLASS(Place, (), (in, name, step, part, pointer), (), ())
  bool operator==(const Place&) const = default;
};

/// What stands at a place, or what an order allows there.
struct Value {
  enum class Is {
    nothing,   // the order has nothing to say of this place
    absent,    // it is not there
    json,      // `text`, JSON
    pattern,   // `text`, JSON of a string in which "*" stands for any word
    statuses,  // `text`: "200, 409", with "stopped" and "no answer" as "-" and "0"
    number,    // any number
    word,      // any word
    text,      // any text
    time,      // any time
    anything,
    members,    // an object of `count` members
    elements,   // a list of `count` elements
    bag,        // likewise, in any order
    calls,      // `count` calls
    moved,      // by `moved` from the state before, whatever it was
    no_number,  // nothing that can be counted, before or after
    names,      // JSON Pointers of `text`, one a line, and `count` in all
  };
  Is is = Is::nothing;
  std::string text;
  int count = 0;
  double moved = 0;  // of json too, where the place is one that may be counted; 0 otherwise
  BOOST_DESCRIBE_NESTED_ENUM(Is, nothing, absent, json, pattern, statuses, number, word, text, time,
                             anything, members, elements, bag, calls, moved, no_number, names)
  BOOST_DESCRIBE_CLASS(Value, (), (is, text, count, moved), (), ())
  bool operator==(const Value&) const = default;
};

/// Why a rule could not be computed.
struct RuleError {
  enum class Is {
    none,        // it could
    jq,          // `text` says why, in jq's words
    no_boolean,  // the rule gave `text`
    no_list,     // the expression at `path` gave `text`
    no_number,   // `text` stands at `path`
    no_way,      // `path` leads through what is no list or map
  };
  Is is = Is::none;
  std::string path;
  std::string text;
  BOOST_DESCRIBE_NESTED_ENUM(Is, none, jq, no_boolean, no_list, no_number, no_way)
  BOOST_DESCRIBE_CLASS(RuleError, (), (is, path, text), (), ())
  bool operator==(const RuleError&) const = default;
};

/// Scripts one after another, or their requests.
struct Order {
  struct Turn {
    std::string script;
    int step = 0;   // from 1; 0: the whole script
    int times = 1;  // copies in a row
    BOOST_DESCRIBE_CLASS(Turn, (), (script, step, times), (), ())
    bool operator==(const Turn&) const = default;
  };
  std::vector<Turn> turns;  // none: nobody
  BOOST_DESCRIBE_CLASS(Order, (), (turns), (), ())
  bool operator==(const Order&) const = default;
};

/// Something worth saying that is no finding: which, and what it is about, by the names that
/// codes.h lists for it (numbers, names, and places, orders and schedules as in the rest of the
/// record). `report` has the words.
template <class Code>
struct Said {
  Code code{};
  json::object with;
  BOOST_DESCRIBE_CLASS(Said, (), (code, with), (), ())
};

}  // namespace record
