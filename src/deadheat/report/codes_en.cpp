#include "record/checkup.h"
#include "record/progress.h"
#include "record/record.h"
#include "report/words.h"

/// The codes of a record in English.
namespace report {

using namespace record;  // the codes

const std::vector<Row>& english_codes() {
  static const std::vector<Row> rows{
      // -- codes: what was found

      {Verdict::race, "RACE"},
      {Verdict::broken, "BROKEN"},
      {Verdict::inconclusive, "INCONCLUSIVE"},
      {Verdict::clean, "CLEAN"},

      {Kind::lost_update, "lost update"},
      {Kind::check_then_act, "check-then-act"},
      {Kind::check_then_act_across_requests, "check-then-act across requests"},
      {Kind::double_execution, "double execution"},
      {Kind::limit_exceeded, "limit exceeded"},
      {Kind::duplicate, "duplicate"},
      {Kind::resurrected, "resurrected"},
      {Kind::stale_answer, "stale answer"},
      {Kind::answer_contradicts_state, "answer contradicts state"},
      {Kind::error_under_contention, "error under contention"},
      {Kind::rule_broken_under_contention, "rule broken under contention"},
      {Kind::missing_check, "missing check"},
      {Kind::other, "other"},

      {Why::Is::exists_again,
       "Every sequential order deletes it. Here it was deleted, and exists again."},
      {Why::Is::more_succeeded,
       "In any sequential order, at most {allowed} of them {allowed?succeeds|succeed}. Here {seen} "
       "did."},
      {Why::Is::requests_explain,
       "The single requests, interleaved as they were, explain the result; the scripts in sequence "
       "do not. Each request is handled correctly by itself, but acted on a value that had changed "
       "since it was read."},
      {Why::Is::read_was_outdated,
       "Statuses and state match a sequential order, so what was written is right. But a script "
       "acted on a value that had changed since it was read, and in no order does it read that "
       "value. If nothing depends on what is read there, mask it."},
      {Why::Is::told_otherwise,
       "Statuses and state match a sequential order, but an answer says something that is not true "
       "in that order."},
      {Why::Is::called_more_often,
       "In any sequential order, {name} is called at most {allowed} {allowed?time|times}. Here it "
       "was called {seen} {seen?time|times}."},
      {Why::Is::change_is_gone,
       "In any sequential order, every confirmed change is there at the end. Here one is gone, "
       "although the script that made it succeeded."},
      {Why::Is::more_of_them, "In every sequential order, fewer of them exist at the end."},
      {Why::Is::answers_fit_no_order,
       "The state matches a sequential order, but the answers are not those of that order."},
      {Why::Is::nothing_fits, "No sequential order gives these answers and this state together."},
      {Why::Is::rule_held_serially, "The rule held in every serial run."},
      {Why::Is::only_together,
       "All {before} serial {before?run|runs} before the first error and all {after} "
       "{after?control|controls} after the last one were answered."},
      {Why::Is::broke_serially,
       "The scripts ran one after another ({order}), without any overlap, and the rule failed."},
      {Proof::one_gone_of_all,
       "In any sequential order, every confirmed change is there at the end. Here one is gone, "
       "although every script succeeded."},
      {Proof::some_gone,
       "In any sequential order, every confirmed change is there at the end. Here some are gone, "
       "although the scripts that made them succeeded."},
      {Proof::some_gone_of_all,
       "In any sequential order, every confirmed change is there at the end. Here some are gone, "
       "although every script succeeded."},
      {Proof::never_called,
       "In no sequential order is {name} called. Here it was called {seen} {seen?time|times}."},
      {Proof::none_succeeds, "In no sequential order does any of them succeed. Here {seen} did."},
      {Proof::each_request_is_right,
       "Each request is handled correctly by itself, but acted on a value that had changed since "
       "it was read."},

      {Cure::send_version,
       "Make the write conditional on what was read: send the version (If-Match with the ETag, "
       "answered with 412) or the expected state with it."},
      {Cure::check_again_on_write,
       "Let the server check again while it writes: UPDATE ... WHERE state = 'expected'; answer "
       "409 if no row matches."},
      {Cure::check_and_write_in_one,
       "Check and write in one statement: UPDATE ... WHERE state = 'expected'; answer 409 if no "
       "row matches."},
      {Cure::hold_row,
       "Lock the row from the check to the write: SELECT ... FOR UPDATE in one transaction."},
      {Cure::write_changed_columns,
       "Write only the columns that change: UPDATE ... SET one = ?, not the whole row as it was "
       "read earlier."},
      {Cure::compare_version,
       "Compare a version on write: UPDATE ... WHERE version = ?. Over HTTP: ETag and If-Match, "
       "412 for the loser."},
      {Cure::compute_in_database, "Compute in the database: UPDATE ... SET n = n + 1."},
      {Cure::unique_constraint,
       "Let a unique constraint decide, and answer its violation with 409."},
      {Cure::unique_resource,
       "Put a unique constraint on what must exist once, and answer its violation with 409 or with "
       "the existing resource."},
      {Cure::claim_first,
       "Claim the work first: UPDATE ... SET done = true WHERE done = false; continue only if a "
       "row matches."},
      {Cure::idempotency_key,
       "Against retries: store an Idempotency-Key in the same transaction as the effect."},
      {Cure::count_in_write,
       "Count in the write: UPDATE ... SET used = used + 1 WHERE used < limit; refuse if no row "
       "matches."},
      {Cure::hold_limit_row,
       "Lock the row that carries the limit before counting: SELECT ... FOR UPDATE."},
      {Cure::update_never_insert,
       "Update, and never insert, what already exists: UPDATE ... WHERE id = ?; answer 404 if no "
       "row matches."},
      {Cure::answer_what_was_written,
       "Answer with what was written (UPDATE ... RETURNING), not with what was read before."},
      {Cure::answer_after_commit,
       "Answer with what was written (UPDATE ... RETURNING), and only after the commit."},
      {Cure::turn_error_into_refusal,
       "Turn the loser's constraint violation, deadlock or serialization failure into 409 or 503, "
       "or retry it."},
      {Cure::serializable,
       "Check and write in one serializable transaction, or lock the rows that the rule is about."},
      {Cure::check_on_server,
       "Check the rule on the server, in the same statement or transaction as the write."},
      {Cure::one_transaction,
       "Put what belongs together into one transaction, and lock or compare the rows that it "
       "reads."},

      {Part::Result::ok, "ok"},
      {Part::Result::refused, "refused"},
      {Part::Result::failed, "failed"},
      {Part::Result::no_answer, "no answer"},
      {Part::Result::stopped, "stopped"},

      {Attempt::Result::one_order, "{order}"},
      {Attempt::Result::either_order, "either order"},
      {Attempt::Result::several_orders, "several orders"},
      {Attempt::Result::some_refused, "{scripts} refused"},
      {Attempt::Result::everyone_refused, "all refused"},
      {Attempt::Result::detail, "only a detail differs"},
      {Attempt::Result::permitted, "permitted"},
      {Attempt::Result::no_order_at_first, "no order, at first sight"},
      {Attempt::Result::no_order, "no order explains it"},
      {Attempt::Result::rule_broke, "a rule broke"},
      {Attempt::Result::not_judged, "not judged"},

      {Volatile::Is::slot, "any value"},
      {Volatile::Is::time, "time"},
      {Volatile::Is::any_order, "any order"},

      {RuleError::Is::none, "computed"},
      {RuleError::Is::jq, "{text}"},
      {RuleError::Is::no_boolean, "expected true or false, found {text}"},
      {RuleError::Is::no_list, "{path}: expected a list, found {text}"},
      {RuleError::Is::no_number, "{path}: expected a number, found {text}"},
      {RuleError::Is::no_way, "{path} leads through a value that is no list or object"},

      {Value::Is::nothing, "-"},
      {Value::Is::absent, "absent"},
      {Value::Is::json, "{text}"},
      {Value::Is::pattern, "{text}"},
      {Value::Is::statuses, "{text}"},
      {Value::Is::number, "any number"},
      {Value::Is::word, "any word"},
      {Value::Is::text, "any text"},
      {Value::Is::time, "any time"},
      {Value::Is::anything, "anything"},
      {Value::Is::members, "{count} {count?member|members}"},
      {Value::Is::elements, "{count} {count?element|elements}"},
      {Value::Is::bag, "{count} {count?element|elements} in any order"},
      {Value::Is::calls, "{count} {count?call|calls}"},
      {Value::Is::moved, "moved by {moved}"},
      {Value::Is::no_number, "no number"},
      {Value::Is::names, "{text}"},

      // -- codes: reasons, remarks, next steps

      {ReasonCode::scenario_error, "{where}{cause}"},
      {ReasonCode::rule_not_computed, "{where}rule {rule}: {error}"},
      {ReasonCode::unreachable, "{where}{cause}"},
      {ReasonCode::target_lost, "{where}Attempt {attempt} failed: {cause}"},
      {Otherwise::serial_run_failed, "{where}A serial run ({order}) failed: {cause}"},
      {Otherwise::second_look_failed,
       "{where}The second look at the state of attempt {attempt} failed: {cause}"},
      {ReasonCode::interrupted,
       "The run was interrupted after {serial_runs} serial {serial_runs?run|runs} and {attempts} "
       "{attempts?attempt|attempts}."},
      {ReasonCode::learning_too_long, "Learning every order takes more than half of the budget."},
      {ReasonCode::runs_differ,
       "Runs of the same order ({order}) have different values at {place}: {values}."},
      {ReasonCode::resets_differ, "Resets leave different values at {place}: {values}."},
      {ReasonCode::more_places_differ,
       "{places} more {places?place differs|places differ} (run.json has all)."},
      {ReasonCode::odd_resets,
       "{attempts} {attempts?attempt|attempts} did not start from the state that a reset leaves."},
      {ReasonCode::controls_drifted,
       "{drifted} of {controls} serial controls gave another result than before."},
      {ReasonCode::unproven,
       "{attempts} {attempts?attempt matches|attempts match} no order, but {serial_runs} serial "
       "{serial_runs?run|runs} since then are too few to tell a race from a value that changes by "
       "itself."},
      {ReasonCode::one_connection,
       "The target serves one connection at a time, so nothing can overlap. Start more workers."},
      {ReasonCode::nothing_answered, "No script ever got an answer, not even alone."},
      {ReasonCode::everything_refused,
       "Every script is refused with the same status, even when it runs alone."},
      {ReasonCode::one_at_a_time,
       "The target works on one request at a time: two requests together take as long as one after "
       "the other. Start more workers, or use two sessions."},
      {ReasonCode::unjudged_refusals,
       "{attempts} {attempts?attempt|attempts} could not be judged: there are too many "
       "combinations of refused scripts to leave out."},
      {ReasonCode::unjudged_matching,
       "{attempts} {attempts?attempt|attempts} could not be judged: there are too many ways to "
       "match them with an order."},
      {ReasonCode::unjudged_half_done,
       "{attempts} {attempts?attempt|attempts} could not be judged: a script that got no answer "
       "had taken effect in part."},
      {ReasonCode::unjudged_orders,
       "{attempts} {attempts?attempt|attempts} could not be judged: no learnt order explains "
       "{attempts?it|them}, and there are too many other orders to learn. Race fewer distinct "
       "scripts."},
      {ReasonCode::waiting_for_runs,
       "{attempts} {attempts?attempt waits|attempts wait} for serial runs that were not made in "
       "time."},
      {ReasonCode::too_little_effort,
       "{counted} of {attempts} {attempts?attempt counts|attempts count} as effort ({overlapped} "
       "overlapped); {needed} are needed."},
      {ReasonCode::late_calls,
       "{calls} {calls?call|calls} to sinks came after the state had been read; attempts with late "
       "calls do not count. Allow more time with settle, such as settle: 2s."},
      {ReasonCode::order_not_seen, "No attempt gave the result of this order: {order}."},
      {ReasonCode::first_not_seen, "In no attempt did {script} come first."},
      {ReasonCode::budget_spent, "The budget of {budget_s} s was used up."},

      {RemarkCode::repeats_one_schedule, "Every attempt repeats one schedule: {schedule}."},
      {RemarkCode::observes_no_state,
       "The scenario observes no state: only the answers are judged."},
      {RemarkCode::speaks_http2, "The target speaks HTTP/2."},
      {RemarkCode::overlap_untellable,
       "Whether the target works on two requests at once cannot be measured: alone, the last "
       "requests take {first_ms} and {second_ms} ms; it takes two similar latencies of 5 ms or "
       "more."},
      {RemarkCode::one_lane_sink_unaddressed,
       "Only one lane: no reset passes {variable} to the target, so calls to {sink} cannot be "
       "assigned to attempts that run in parallel."},
      {RemarkCode::one_lane_sink_strays,
       "Only one lane from here on: sink {sink} is called without the path of {variable}, which "
       "tells attempts apart."},
      {RemarkCode::one_lane_runs_differ,
       "Only one lane from here on: parallel runs and single ones have different values at "
       "{place}."},
      {RemarkCode::one_lane_shared_count,
       "Only one lane from here on: {place} is counted and differs after each reset, so every "
       "attempt may change it."},
      {RemarkCode::sampled_orders,
       "There are more orders than the {orders} that were learnt: a sample by the seed, and those "
       "beyond it that attempts point at."},
      {RemarkCode::details_differ,
       "{attempts} {attempts?attempt differs|attempts differ} from every order only in the order "
       "of a list or inside a partly volatile word; this does not count as a race."},
      {RemarkCode::not_looked_at_again,
       "{attempts} {attempts?attempt|attempts} matched no order at first, and the state was not "
       "read again; they do not count in the hit rate."},
      {RemarkCode::eventual,
       "{attempts} {attempts?attempt|attempts} matched no order at first, and some order a little "
       "later: reads are eventually consistent."},
      {RemarkCode::indeterminate,
       "{attempts} {attempts?attempt|attempts} had an answer that leaves open whether the request "
       "took effect (no answer, 408 or 5xx); either was accepted."},
      {RemarkCode::moved_otherwise,
       "In {attempts} {attempts?attempt|attempts}, {place} was {seen}; the orders that explain the "
       "rest have {expected}. To compare it, list {path} in counts."},
      {RemarkCode::permitted,
       "The scenario permits {attempts} {attempts?attempt|attempts} that no order explains: "
       "{reason}"},
      {RemarkCode::odd_refusal,
       "{script} was refused with {status} only under contention; 409 is the usual status for "
       "that."},
      {RemarkCode::everyone_refused,
       "In {attempts} {attempts?attempt|attempts} every script was refused: nobody succeeded."},
      {RemarkCode::error_seen,
       "{script} got status {status} in {attempts} {attempts?attempt|attempts}, and never alone."},
      {Otherwise::no_answer_seen,
       "{script} got no answer in {attempts} {attempts?attempt|attempts}, and always one alone."},
      {RemarkCode::sink_never_called,
       "Sink {sink} was never called. Does the target know its address, {url}?"},
      {RemarkCode::sink_late,
       "{calls} {calls?call|calls} to sink {sink} came after the state had been read, and could "
       "not be assigned to an attempt."},
      {RemarkCode::sink_turned_away,
       "{calls} {calls?call|calls} to sink {sink} {calls?was|were} rejected: not HTTP/1.1, or a "
       "body of more than 1 MB."},
      {RemarkCode::machine_crowded,
       "The machine was busy: other processes, including a target on this machine, used {others} "
       "of {cores} cores. Requests sent together may not start together."},
      {RemarkCode::self_check_failed, "The self-check failed: {cause}."},
      {RemarkCode::self_check_blind,
       "The self-check missed a {window} race, so “nothing found” is weak evidence: the machine is "
       "busy. Run again when it is idle, or look with deadheat doctor."},

      {StepCode::mask_what_differs,
       "If these values do not matter, add this mask to the scenario and run again."},
      {StepCode::make_fresh_resource,
       "Create a fresh resource in every reset, so that each run starts from the same state."},
      {StepCode::give_learning_more_time, "Raise run.budget, race fewer scripts, or add lanes."},
      {StepCode::use_own_target,
       "Something else changes the data meanwhile: run against a target of your own."},
      {StepCode::give_proof_more_time,
       "Raise run.budget (or --budget), or raise run.lanes if every reset creates its own "
       "resource: the proof needs more serial runs."},
      {StepCode::raise_budget, "Raise run.budget (or --budget)."},
      {StepCode::raise_attempts,
       "Raise run.attempts (or --attempts); while effort is missing, up to three times as many are "
       "made."},
      {StepCode::start_target, "Start the target, or correct target: (or --target)."},
      {StepCode::keep_target_up, "Keep the target up, then run again with the same seed."},
      {StepCode::fix_server_or_rule,
       "Fix the server or the rule, then run again. --keep-going races nevertheless."},
      {StepCode::quieten_machine,
       "Stop other work on this machine (other processes used {others} of {cores} cores), or raise "
       "--attempts."},

      {Misfit::Is::no_json, "not JSON, at byte {offset}: {found}; expected a run.json"},
      {Misfit::Is::no_run, "not a run.json: it has no version"},
      {Misfit::Is::old_version,
       "a run.json of version {found}, written by an older deadheat; run the scenario again"},
      {Misfit::Is::new_version,
       "a run.json of version {found}, written by a newer deadheat; this one reads version "
       "{expected}"},
      {Misfit::Is::missing, "{path}: missing"},
      {Misfit::Is::unexpected, "{path}: expected {expected}, found {found}"},
  };
  return rows;
}

}  // namespace report
