#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

/// What a run comes to, and the one source of every report: run.json. Plain values; member names
/// are the names in the file, units end the names. schema/run.schema.json describes it.
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
  std::string script;  // "cancel", or "redeem[3]"
  std::string label;   // the actor's: "고객"
  std::vector<Move> moves;
  std::string result;  // "ok", "refused", "no answer", "failed", "stopped before step 2"
  BOOST_DESCRIBE_CLASS(Part, (), (script, label, moves, result), (), ())
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
  std::string place;  // "state order .status" or "answer of cancel, step 2 .status"
  std::string seen;
  std::vector<std::string>
      allowed;  // one for each of Finding::orders; JSON text, or "any number", "any time", ...
  bool differs = false;  // from every order
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

/// How often schedules of one manner hit.
struct ScheduleRate {
  std::string schedule;  // "accept 5.5 to 7.0 ms after cancel, held at headers before step 2"
  Rate rate;
  BOOST_DESCRIBE_CLASS(ScheduleRate, (), (schedule, rate), (), ())
};

/// How much apart two requests have to arrive for the race, of all lags that were tried with the
/// gate before that step.
struct Window {
  std::string when;  // "accept arrives 5.5 to 7.0 ms after cancel"; empty: more than two took part
  int before_step = 0;
  double low_ms = 0;  // lags, as in Attempt
  double high_ms = 0;
  Rate inside;
  Rate outside;
  BOOST_DESCRIBE_CLASS(Window, (), (when, before_step, low_ms, high_ms, inside, outside), (), ())
};

/// How few scripts are enough for the race, where more than two took part.
struct Fewest {
  int scripts = 0;    // in the smallest group that raced by itself; 0: none smaller than all did
  int of = 0;         // took part in the finding; 0: it was not looked for
  std::string group;  // "2 redeem", "cancel and accept"
  Rate concurrent;    // attempts of that group that contradict its own orders
  Rate serial;        // its fresh serial runs that do
  std::vector<std::string> quiet;  // groups in which no race was seen
  bool cut_short = false;          // the time for it ended before every group was tried
  BOOST_DESCRIBE_CLASS(Fewest, (), (scripts, of, group, concurrent, serial, quiet, cut_short), (),
                       ())
};

struct Finding {
  std::string kind;      // "lost update", "check-then-act across requests", ...
  std::string cwe;       // "CWE-367"
  std::string headline;  // one sentence of plain words: who was told what, and what is true now
  std::string why;       // why no order explains it, in a sentence or two
  std::vector<std::string> cures;
  bool across_requests =
      false;                   // the server treats each request well; the race is between requests
  std::string layer;           // "state", "body" or "rule"
  std::string rule;            // the rule that broke, if one did
  std::string rule_values;     // what it looked at
  int attempt = 0;             // the number of the attempt that is shown, from 1
  int proven_at = 0;           // the number of attempts when it was proven
  std::string schedule;        // in words
  json::value schedule_value;  // to replay
  std::vector<Part> timeline;
  std::vector<Call> calls;              // to sinks, as they came
  std::vector<std::string> orders;      // the columns of `state` and `answers`
  std::vector<Comparison> differences;  // places that matter, those that differ first
  std::string closest_order;
  Rate concurrent;                      // attempts that contradict
  Rate serial;                          // fresh serial runs that do
  std::vector<ScheduleRate> schedules;  // that hit, the surest first
  Window window;
  Fewest fewest;
  BOOST_DESCRIBE_CLASS(Finding, (),
                       (kind, cwe, headline, why, cures, across_requests, layer, rule, rule_values,
                        attempt, proven_at, schedule, schedule_value, timeline, calls, orders,
                        differences, closest_order, concurrent, serial, schedules, window, fewest),
                       (), ())
};

/// What one order of the scripts comes to, alone.
struct LearntOrder {
  std::string order;  // "cancel, then accept"
  int runs = 0;
  std::vector<std::string> answers;  // for each script in turn: "cancel: 200, 200"
  std::string state;                 // the state in a line
  std::string outcome;               // a letter: orders with the same letter have the same outcome
  int explained = 0;                 // attempts that this order explains
  BOOST_DESCRIBE_CLASS(LearntOrder, (), (order, runs, answers, state, outcome, explained), (), ())
};

/// A place whose value changes by itself.
struct Volatile {
  std::string place;
  std::string kind;  // "slot", "time", "any order"
  std::string example;
  BOOST_DESCRIBE_CLASS(Volatile, (), (place, kind, example), (), ())
};

struct Learnt {
  std::vector<LearntOrder> orders;
  std::vector<Volatile> volatile_places;
  int serial_runs = 0;                       // all of them, fresh ones and controls included
  std::map<std::string, double> latency_ms;  // of each script, alone
  double settle_ms = 0;
  std::vector<std::string>
      remarks;  // "works on one thing at a time", "lanes change the outcome: one lane", ...
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
  std::map<std::string, int> manners;  // "held at headers, before step 2": 20
  std::vector<Refusal> refusals;       // that only contention brings forth
  double upper_bound = 1;              // on the rate of a race that was not seen, 95 %
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
  int attempt = 0;    // its number, from 1
  double lag_ms = 0;  // of two: how much later the second of Record::entries was released than the
                      // first (below 0: earlier); of more: how long the latest waited
  int before_step = 1;   // where the gate stood
  bool hit = false;      // it came out as no order does, or broke a rule; for good
  std::string result;    // "cancel, then accept", "accept refused", "no order explains it", ...
  json::value schedule;  // to replay
  BOOST_DESCRIBE_CLASS(Attempt, (), (attempt, lag_ms, before_step, hit, result, schedule), (), ())
};

struct Record {
  int version = 1;   // of this format
  std::string tool;  // "deadheat 0.1.0"
  std::string run;
  std::string scenario_file;
  std::string scenario_id;
  std::string scenario_name;
  std::vector<std::string> targets;
  std::uint64_t seed = 0;
  std::string started_at;  // ISO 8601, UTC
  double duration_s = 0;
  std::string verdict;  // "race", "broken", "inconclusive", "clean"
  int exit_code = 70;
  std::string sentence;              // the verdict in one sentence of plain words
  std::vector<std::string> reasons;  // why it is inconclusive
  std::vector<std::string> next_steps;
  std::string mask;  // a ready `mask:` block, where values that flip are the reason
  Learnt learnt;
  Tried tried;
  std::vector<Finding> findings;  // the first is the one that gives the verdict
  std::vector<std::string> notes;
  std::vector<std::string>
      entries;                    // who took part, as schedules number them: "cancel", "redeem[3]"
  std::vector<Attempt> attempts;  // of very many, those that hit and the first others
  BOOST_DESCRIBE_CLASS(Record, (),
                       (version, tool, run, scenario_file, scenario_id, scenario_name, targets,
                        seed, started_at, duration_s, verdict, exit_code, sentence, reasons,
                        next_steps, mask, learnt, tried, findings, notes, entries, attempts),
                       (), ())
};

/// run.json. Fractions are rounded to a millionth; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_text(const Record& record);

/// A line of JSON, with bytes that are not UTF-8 as above; numbers are left as they are.
[[nodiscard]] std::string to_line(json::value value);

/// Every member has to be there; members that are not known are ignored. An error says where and
/// what: "findings[0].timeline[1].label: expected a string, found a number".
[[nodiscard]] base::Result<Record, std::string> from_text(const std::string& text);

/// The attempt that a replay should take: of those that hit, with the gate where most did, the one
/// in the middle of their lags. nullptr where none hit. Borrows.
[[nodiscard]] const Attempt* most_promising(const Record& record);

/// The 95 % interval of a rate, by Wilson's score.
[[nodiscard]] Rate rate(int hits, int of);

}  // namespace record
