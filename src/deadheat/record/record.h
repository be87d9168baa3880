#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "record/codes.h"
#include "record/facts.h"

/// What a run comes to, and the one source of every report: run.json, version 2. Plain values;
/// member names are the names in the file, units end the names. schema/run.schema.json describes
/// it. It holds facts: codes, places, numbers. Text stands in it only where it came from the
/// scenario, the target, or the system.
namespace record {

/// One step of one script, as a reader of the report meets it.
struct Move {
  std::string request;  // "PUT /api/v1/orders/8/"
  std::string say;      // what the actor said with it, if anything
  int status = 0;       // 0: no answer
  std::string answer;   // the body, cut to a line
  std::string error;
  double sent_ms = 0;       // since the first request of the attempt left
  double released_ms = -1;  // when its held bytes were released; -1: it did not wait at the gate
  double answered_ms = 0;
  BOOST_DESCRIBE_CLASS(Move, (),
                       (request, say, status, answer, error, sent_ms, released_ms, answered_ms), (),
                       ())
};

/// One script of the attempt that is shown.
struct Part {
  enum class Result { ok, refused, failed, no_answer, stopped };
  std::string script;  // "cancel", or "redeem[3]"
  std::string label;   // the actor's: "고객"; empty where it is the script's name
  std::vector<Move> moves;
  Result result = Result::ok;
  int stopped_before = 0;  // the step, from 1; 0: it did not stop
  BOOST_DESCRIBE_NESTED_ENUM(Result, ok, refused, failed, no_answer, stopped)
  BOOST_DESCRIBE_CLASS(Part, (), (script, label, moves, result, stopped_before), (), ())
};

/// What a sink was called with in the attempt that is shown.
struct Call {
  std::string sink;
  std::string request;  // "POST /charges"
  std::string body;     // cut to a line
  double at_ms = 0;     // since the first request of the attempt left; below 0 in the reset
  BOOST_DESCRIBE_CLASS(Call, (), (sink, request, body, at_ms), (), ())
};

/// A place in answers or state: what was seen, and what each order allows there.
struct Comparison {
  Place place;
  Value seen;
  std::vector<Value> allowed;  // one for each of Finding::orders
  bool differs = false;        // from every order
  BOOST_DESCRIBE_CLASS(Comparison, (), (place, seen, allowed, differs), (), ())
};

/// A rate as it was measured, with its 95 % interval (Wilson).
struct Rate {
  int hits = 0;
  int of = 0;
  double low = 0;
  double high = 0;
  BOOST_DESCRIBE_CLASS(Rate, (), (hits, of, low, high), (), ())
};

/// Who was released when. The same members as in a journal and as a replay reads.
struct Schedule {
  enum class Sync { held, threads };
  enum class Hold { headers, body };
  enum class Connections { own, shared };
  Sync sync = Sync::held;
  Hold hold = Hold::headers;
  Connections connections = Connections::own;
  int gate = 0;                          // the step before which all wait, from 0
  std::vector<std::int64_t> offsets_ns;  // by Record::entries: after the opening of the gate
  std::vector<int> sequence;             // in which requests with equal offsets are written
  BOOST_DESCRIBE_NESTED_ENUM(Sync, held, threads)
  BOOST_DESCRIBE_NESTED_ENUM(Hold, headers, body)
  BOOST_DESCRIBE_NESTED_ENUM(Connections, own, shared)
  BOOST_DESCRIBE_CLASS(Schedule, (), (sync, hold, connections, gate, offsets_ns, sequence), (), ())
};

/// How often schedules of one manner hit: they differ in their lags only, from `least` to `most`.
struct ScheduleRate {
  Schedule least;
  Schedule most;
  Rate rate;
  BOOST_DESCRIBE_CLASS(ScheduleRate, (), (least, most, rate), (), ())
};

/// How much apart two requests have to arrive for the race, of all lags that were tried with the
/// gate before that step.
struct Window {
  bool known = false;  // false: more than two took part, or nothing hit
  int before_step = 0;
  double low_ms = 0;  // lags, as in Attempt
  double high_ms = 0;
  Rate inside;
  Rate outside;
  BOOST_DESCRIBE_CLASS(Window, (), (known, before_step, low_ms, high_ms, inside, outside), (), ())
};

/// Some copies of some scripts.
struct Group {
  struct Member {
    std::string script;
    int times = 1;
    BOOST_DESCRIBE_CLASS(Member, (), (script, times), (), ())
  };
  std::vector<Member> members;
  BOOST_DESCRIBE_CLASS(Group, (), (members), (), ())
};

/// How few scripts are enough for the race, where more than two took part.
struct Fewest {
  int scripts = 0;  // in the smallest group that raced by itself; 0: none smaller than all did
  int of = 0;       // took part in the finding; 0: it was not looked for
  Group group;
  Rate concurrent;           // attempts of that group that contradict its own orders
  Rate serial;               // its fresh serial runs that do
  std::vector<Group> quiet;  // groups in which no race was seen
  bool cut_short = false;    // the time for it ended before every group was tried
  BOOST_DESCRIBE_CLASS(Fewest, (), (scripts, of, group, concurrent, serial, quiet, cut_short), (),
                       ())
};

/// Why no order explains it: what orders come to, and what was seen.
struct Why {
  enum class Is {
    exists_again,          // every order deletes it
    more_succeeded,        // `seen` scripts were ok, and `allowed` at most in any order
    requests_explain,      // one by one, as they were interleaved; the scripts do not
    read_was_outdated,     // likewise, and only what a script was told differs
    told_otherwise,        // statuses and state are those of some order, an answer is not
    called_more_often,     // sink `name`: `seen` times, and `allowed` at most
    change_is_gone,        // of those that were told yes; `everybody` was; `several`
    more_of_them,          // a list is longer than in any order
    answers_fit_no_order,  // the state is that of some order
    nothing_fits,
    rule_held_serially,
    only_together,   // an error; `before` serial runs and `after` controls were answered
    broke_serially,  // Finding::orders[0]
  };
  Is is = Is::nothing_fits;
  int seen = 0;
  int allowed = 0;
  std::string name;
  bool everybody = false;
  bool several = false;
  int before = 0;
  int after = 0;
  BOOST_DESCRIBE_NESTED_ENUM(Is, exists_again, more_succeeded, requests_explain, read_was_outdated,
                             told_otherwise, called_more_often, change_is_gone, more_of_them,
                             answers_fit_no_order, nothing_fits, rule_held_serially, only_together,
                             broke_serially)
  BOOST_DESCRIBE_CLASS(Why, (), (is, seen, allowed, name, everybody, several, before, after), (),
                       ())
};

/// An error that only contention brings forth.
struct ContentionError {
  std::string script;
  int status = 0;  // 0: no answer
  int attempts = 0;
  BOOST_DESCRIBE_CLASS(ContentionError, (), (script, status, attempts), (), ())
};

/// A rule that broke, and what it looked at.
struct BrokenRule {
  std::string name;    // empty: none did
  std::string values;  // the part of its input that it names, as JSON
  RuleError error;     // where it could not be computed
  BOOST_DESCRIBE_CLASS(BrokenRule, (), (name, values, error), (), ())
};

struct Finding {
  Kind kind = Kind::other;
  std::string cwe;  // "CWE-367"
  Why why;
  std::vector<Cure> cures;  // the likeliest first
  bool across_requests =
      false;  // the server treats each request well; the race is between requests
  Layer layer = Layer::state;
  BrokenRule rule;
  ContentionError error;       // of that kind; `script` is empty otherwise
  int attempt = 0;             // the number of the attempt that is shown, from 1; 0: a serial run
  int proven_at = 0;           // the number of attempts when it was proven
  Schedule schedule;           // of that attempt
  std::vector<Part> timeline;  // every script, in the order of Record::entries
  std::vector<Call> calls;     // to sinks, as they came
  std::vector<Order>
      orders;  // the columns of `differences`, the closest first; of a serial run its own
  std::vector<Comparison> differences;  // places that matter, those that differ first
  Rate concurrent;                      // attempts that contradict
  Rate serial;                          // fresh serial runs that do
  std::vector<ScheduleRate> schedules;  // that hit, the surest first
  Window window;
  Fewest fewest;
  BOOST_DESCRIBE_CLASS(Finding, (),
                       (kind, cwe, why, cures, across_requests, layer, rule, error, attempt,
                        proven_at, schedule, timeline, calls, orders, differences, concurrent,
                        serial, schedules, window, fewest),
                       (), ())
};

/// What one script was told in an order; equal answers of neighbours are counted.
struct Told {
  std::string script;
  int times = 1;
  std::vector<int> statuses;  // of each step that was sent; 0: no answer
  bool stopped = false;       // before the next one
  BOOST_DESCRIBE_CLASS(Told, (), (script, times, statuses, stopped), (), ())
};

/// What an observing read returned, or a sink was called with.
struct Read {
  std::string name;
  bool of_sink = false;
  int status = 0;    // 0: no answer; of a sink: none
  int calls = 0;     // of a sink
  std::string body;  // cut; of many orders only what tells them apart
  BOOST_DESCRIBE_CLASS(Read, (), (name, of_sink, status, calls, body), (), ())
};

/// What one order of the scripts comes to, alone.
struct LearntOrder {
  Order order;
  bool others_turned_away = false;  // an order of a part: the others were refused
  int runs = 0;
  std::vector<Told> answers;  // in turn
  std::vector<Read> state;
  int outcome = -1;   // from 0: orders with the same number have the same outcome; -1: unknown
  int explained = 0;  // attempts that this order explains
  BOOST_DESCRIBE_CLASS(LearntOrder, (),
                       (order, others_turned_away, runs, answers, state, outcome, explained), (),
                       ())
};

/// A place whose value changes by itself.
struct Volatile {
  enum class Is { slot, time, any_order };
  Place place;
  Is is = Is::slot;
  std::string example;
  BOOST_DESCRIBE_NESTED_ENUM(Is, slot, time, any_order)
  BOOST_DESCRIBE_CLASS(Volatile, (), (place, is, example), (), ())
};

struct Learnt {
  std::vector<LearntOrder> orders;
  std::vector<Volatile> volatile_places;
  int serial_runs = 0;                       // all of them, fresh ones and controls included
  std::map<std::string, double> latency_ms;  // of each script, alone
  double settle_ms = 0;
  std::vector<Remark> remarks;
  BOOST_DESCRIBE_CLASS(Learnt, (),
                       (orders, volatile_places, serial_runs, latency_ms, settle_ms, remarks), (),
                       ())
};

struct Refusal {
  std::string script;
  int status = 0;
  int times = 0;
  bool customary = true;  // a status that servers use for losers of a race
  BOOST_DESCRIBE_CLASS(Refusal, (), (script, status, times, customary), (), ())
};

/// What came to a sink in the whole run.
struct SinkTally {
  std::string sink;
  std::string url;
  int calls = 0;
  int late = 0;         // of these, after the state of their attempt or serial run had been read
  int strays = 0;       // nobody knows whose
  int turned_away = 0;  // not counted in `calls`: no HTTP, or too large
  BOOST_DESCRIBE_CLASS(SinkTally, (), (sink, url, calls, late, strays, turned_away), (), ())
};

/// What a planted race window of known width took to be found on this machine.
struct Planted {
  double window_us = 0;
  int rounds = 0;    // of so many
  int found_in = 0;  // it was found in so many
  int attempts = 0;  // the median attempt that found it; 0: not in half of the rounds
  Rate rate;         // of all attempts, those that hit
  BOOST_DESCRIBE_CLASS(Planted, (), (window_us, rounds, found_in, attempts, rate), (), ())
};

/// What the processors of this machine did during the run.
struct Load {
  int cores = 0;      // 0: the system does not tell
  double busy = 0;    // cores' worth of work, on the average
  double others = 0;  // of that, what was not this program's: the target, if it is here, and others
  bool crowded = false;  // hardly anything was left: requests that leave together begin apart
  BOOST_DESCRIBE_CLASS(Load, (), (cores, busy, others, crowded), (), ())
};

/// How attempts were released, and how many of them.
struct Manner {
  Schedule::Sync sync = Schedule::Sync::held;
  Schedule::Hold hold = Schedule::Hold::headers;
  Schedule::Connections connections = Schedule::Connections::own;
  int before_step = 1;
  int attempts = 0;
  BOOST_DESCRIBE_CLASS(Manner, (), (sync, hold, connections, before_step, attempts), (), ())
};

struct Tried {
  int attempts = 0;
  int after_proof = 0;  // of these, only to see between which lags a proven race hits
  int overlapped = 0;   // of these, two scripts were in flight together
  int counted = 0;      // of these, as effort (doc/verdicts.md)
  int explained = 0;
  int unexplained = 0;
  int permitted = 0;  // unexplained, but the scenario permits it
  int unjudged = 0;
  int everyone_refused = 0;
  int controls = 0;          // serial runs mixed in
  int played_anew = 0;       // serial runs, because the server hung up on a kept connection
  double spread_p50_us = 0;  // of the release
  double spread_p99_us = 0;
  double offset_low_ms = 0;
  double offset_high_ms = 0;
  std::vector<Manner> manners;
  std::vector<Refusal> refusals;  // that only contention brings forth
  double upper_bound = 1;         // on the rate of a race that was not seen, 95 %
  int lanes = 1;
  std::vector<SinkTally> sinks;
  std::vector<Planted> sensitivity;  // where the verdict is clean, unless it was not wanted
  Load load;
  BOOST_DESCRIBE_CLASS(Tried, (),
                       (attempts, after_proof, overlapped, counted, explained, unexplained,
                        permitted, unjudged, everyone_refused, controls, played_anew, spread_p50_us,
                        spread_p99_us, offset_low_ms, offset_high_ms, manners, refusals,
                        upper_bound, lanes, sinks, sensitivity, load),
                       (), ())
};

/// One attempt: who was released when, and what came of it.
struct Attempt {
  enum class Result {
    one_order,     // `order` explains it
    either_order,  // both of two
    several_orders,
    some_refused,  // the scripts of `refused`; an order of the rest explains it
    everyone_refused,
    detail,  // only the order of a list, or the inside of a partly volatile word, differs
    permitted,
    no_order_at_first,  // and nobody looked again
    no_order,
    rule_broke,
    not_judged,
  };
  int attempt = 0;    // its number, from 1
  double lag_ms = 0;  // of two: how much later the second of Record::entries was released than the
                      // first (below 0: earlier); of more: how long the latest waited
  int before_step = 1;  // where the gate stood
  bool hit = false;     // it came out as no order does, or broke a rule; for good
  Result result = Result::not_judged;
  Order order;                       // of one_order
  std::vector<std::string> refused;  // of some_refused
  Schedule schedule;
  BOOST_DESCRIBE_NESTED_ENUM(Result, one_order, either_order, several_orders, some_refused,
                             everyone_refused, detail, permitted, no_order_at_first, no_order,
                             rule_broke, not_judged)
  BOOST_DESCRIBE_CLASS(Attempt, (),
                       (attempt, lag_ms, before_step, hit, result, order, refused, schedule), (),
                       ())
};

/// Where a script or a rule stands in the scenario's file.
struct Named {
  std::string name;
  std::string label;  // of a script: its actor's; empty where it is the name
  int steps = 0;      // of a script
  Source source;
  BOOST_DESCRIBE_CLASS(Named, (), (name, label, steps, source), (), ())
};

struct Record {
  int version = 2;   // of this format
  std::string tool;  // "deadheat 0.1.0"
  std::string run;
  std::string scenario_file;
  std::string scenario_id;
  std::string scenario_name;
  std::vector<std::string> targets;
  std::uint64_t seed = 0;
  std::string started_at;  // ISO 8601, UTC
  double duration_s = 0;
  Verdict verdict = Verdict::inconclusive;
  Ending ending = Ending::none;
  int exit_code = 70;
  std::vector<Reason> reasons;  // why it is inconclusive
  std::vector<NextStep> next_steps;
  std::vector<std::string>
      mask;  // paths for a `mask:` block, where values that flip are the reason
  std::vector<Named> scripts;
  std::vector<Named> rules;
  Learnt learnt;
  Tried tried;
  std::vector<Finding> findings;  // the first is the one that gives the verdict
  std::vector<Remark> notes;
  std::vector<std::string>
      entries;                    // who took part, as schedules number them: "cancel", "redeem[3]"
  std::vector<Attempt> attempts;  // of very many, those that hit and the first others
  BOOST_DESCRIBE_CLASS(Record, (),
                       (version, tool, run, scenario_file, scenario_id, scenario_name, targets,
                        seed, started_at, duration_s, verdict, ending, exit_code, reasons,
                        next_steps, mask, scripts, rules, learnt, tried, findings, notes, entries,
                        attempts),
                       (), ())
};

/// run.json. Fractions are rounded to a millionth; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_text(const Record& record);

/// A line of JSON, with bytes that are not UTF-8 as above; numbers are left as they are.
[[nodiscard]] std::string to_line(json::value value);

/// A value of the record as it stands in the file, for Said::with; and back.
[[nodiscard]] json::value to_json(const Place& place);
[[nodiscard]] json::value to_json(const Order& order);
[[nodiscard]] json::value to_json(const Value& value);
[[nodiscard]] json::value to_json(const Schedule& schedule);
[[nodiscard]] json::value to_json(const RuleError& error);
[[nodiscard]] Place place_from(const json::value& value);
[[nodiscard]] Order order_from(const json::value& value);
[[nodiscard]] Value value_from(const json::value& value);
[[nodiscard]] Schedule schedule_from(const json::value& value);
[[nodiscard]] RuleError rule_error_from(const json::value& value);

/// What a file has instead of a record; `report` has the words.
struct Misfit {
  enum class Is {
    no_json,      // `found`: the parser's words, `offset`: of the byte that does not fit
    no_run,       // JSON, but no object with a version
    old_version,  // `found`; its run has to be repeated
    new_version,  // `found`
    missing,      // the member `path`
    unexpected,   // at `path`
  };
  Is is = Is::no_json;
  std::string path;      // "findings[0].timeline[1].label"
  std::string expected;  // a type of JSON, or names with commas between them
  std::string found;     // a type of JSON, a number, a name
  std::size_t offset = 0;
  BOOST_DESCRIBE_NESTED_ENUM(Is, no_json, no_run, old_version, new_version, missing, unexpected)
  bool operator==(const Misfit&) const = default;
};

/// Reads version 2. Every member has to be there; members that are not known are ignored.
[[nodiscard]] base::Result<Record, Misfit> from_text(const std::string& text);

/// The attempt that a replay should take: of those that hit, with the gate where most did, the one
/// in the middle of their lags. nullptr where none hit. Borrows.
[[nodiscard]] const Attempt* most_promising(const Record& record);

/// The 95 % interval of a rate, by Wilson's score.
[[nodiscard]] Rate rate(int hits, int of);

}  // namespace record
