#pragma once

#include <boost/describe/enum.hpp>
#include <span>
#include <string_view>

#include "record/facts.h"

/// What a record can say beside its findings: each code with the members of Said::with.
/// schema/run.schema.json lists the same; a test compares.
namespace record {

/// Of the target or the scenario, worth knowing when the report is read; and of attempts that are
/// no finding.
enum class RemarkCode {
  repeats_one_schedule,  // schedule
  observes_no_state,     //
  speaks_http2,          //
  overlap_untellable,  // first_ms, second_ms: the last requests alone are too short or too unequal
  one_lane_sink_unaddressed,  // sink: no reset tells the target its address
  one_lane_sink_strays,       // sink: called without the path that tells attempts apart
  one_lane_runs_differ,       // place: side by side otherwise than alone
  one_lane_shared_count,      // place: it is counted, and all attempts move it
  sampled_orders,             // orders: so many of them were learnt
  details_differ,       // attempts: only in the order of a list, or inside a partly volatile word
  not_looked_at_again,  // attempts: suspicious at first sight only
  eventual,             // attempts
  indeterminate,        // attempts
  moved_otherwise,      // attempts, place, path, seen, expected: nobody counts it
  permitted,            // attempts, reason
  odd_refusal,          // script, status, times
  everyone_refused,     // attempts
  error_seen,           // script, status (0: no answer), attempts: never alone, and not proven
  sink_never_called,    // sink, url
  sink_late,            // sink, calls
  sink_turned_away,     // sink, calls
  machine_crowded,      // others, cores
  self_check_failed,    // cause
  self_check_blind,     // window_us
};
BOOST_DESCRIBE_ENUM(RemarkCode, repeats_one_schedule, observes_no_state, speaks_http2,
                    overlap_untellable, one_lane_sink_unaddressed, one_lane_sink_strays,
                    one_lane_runs_differ, one_lane_shared_count, sampled_orders, details_differ,
                    not_looked_at_again, eventual, indeterminate, moved_otherwise, permitted,
                    odd_refusal, everyone_refused, error_seen, sink_never_called, sink_late,
                    sink_turned_away, machine_crowded, self_check_failed, self_check_blind)
using Remark = Said<RemarkCode>;

/// Why there is no verdict.
enum class ReasonCode {
  scenario_error,     // cause, line, column (0: none)
  rule_not_computed,  // rule, error, line, column
  unreachable,        // cause, line, column
  target_lost,  // during ("serial_run", "attempt", "second_look"), order (none of an attempt),
                // attempt (0: of a serial run), cause, line, column
  interrupted,  // serial_runs, attempts
  learning_too_long,   //
  runs_differ,         // place, order, values: [{value, runs}], more (values that are not listed)
  resets_differ,       // place, values, more
  more_places_differ,  // places: so many
  odd_resets,          // attempts
  controls_drifted,    // drifted, controls
  unproven,            // attempts, serial_runs
  one_connection,      //
  nothing_answered,    //
  everything_refused,  //
  one_at_a_time,       //
  unjudged_refusals,   // attempts
  unjudged_matching,   // attempts
  unjudged_half_done,  // attempts
  unjudged_orders,     // attempts
  waiting_for_runs,    // attempts
  too_little_effort,   // counted, attempts, overlapped, needed
  late_calls,          // calls
  order_not_seen,      // order
  first_not_seen,      // script
  budget_spent,        // budget_s
};
BOOST_DESCRIBE_ENUM(ReasonCode, scenario_error, rule_not_computed, unreachable, target_lost,
                    interrupted, learning_too_long, runs_differ, resets_differ, more_places_differ,
                    odd_resets, controls_drifted, unproven, one_connection, nothing_answered,
                    everything_refused, one_at_a_time, unjudged_refusals, unjudged_matching,
                    unjudged_half_done, unjudged_orders, waiting_for_runs, too_little_effort,
                    late_calls, order_not_seen, first_not_seen, budget_spent)
using Reason = Said<ReasonCode>;

/// What to do next.
enum class StepCode {
  mask_what_differs,        // Record::mask
  make_fresh_resource,      // in every reset
  give_learning_more_time,  // run.budget, fewer scripts, lanes
  use_own_target,
  give_proof_more_time,  // run.budget, lanes
  raise_budget,
  raise_attempts,
  start_target,
  keep_target_up,
  fix_server_or_rule,
  quieten_machine,  // others, cores
};
BOOST_DESCRIBE_ENUM(StepCode, mask_what_differs, make_fresh_resource, give_learning_more_time,
                    use_own_target, give_proof_more_time, raise_budget, raise_attempts,
                    start_target, keep_target_up, fix_server_or_rule, quieten_machine)
using NextStep = Said<StepCode>;

/// A member of Said::with, and what it is there.
struct Member {
  enum class Is {
    number,
    text,
    place,
    value,
    order,
    schedule,
    rule_error,
    values,  // an array of {value, runs}
  };
  std::string_view name;
  Is is;
};

/// The members of `with`, in the order above. Every one of them has to be there.
[[nodiscard]] std::span<const Member> members_of(RemarkCode code);
[[nodiscard]] std::span<const Member> members_of(ReasonCode code);
[[nodiscard]] std::span<const Member> members_of(StepCode code);

}  // namespace record
