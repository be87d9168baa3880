#include "record/codes.h"

#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>
#include <vector>

#include "record/checkup.h"

namespace record {
namespace {

using Is = Member::Is;
using Members = std::vector<Member>;

const Member attempts{"attempts", Is::number};
const Member cause{"cause", Is::text};
const Member line{"line", Is::number};
const Member column{"column", Is::number};
const Member place{"place", Is::place};
const Member order{"order", Is::order};
const Member sink{"sink", Is::text};
const Member script{"script", Is::text};
const Member status{"status", Is::number};
const Member calls{"calls", Is::number};
const Member values{"values", Is::values};
const Member more{"more", Is::number};
const Member others{"others", Is::number};
const Member cores{"cores", Is::number};

Members list_of(RemarkCode code) {
  switch (code) {
    case RemarkCode::repeats_one_schedule:
      return {{"schedule", Is::schedule}};
    case RemarkCode::observes_no_state:
    case RemarkCode::speaks_http2:
      return {};
    case RemarkCode::overlap_untellable:
      return {{"first_ms", Is::number}, {"second_ms", Is::number}};
    case RemarkCode::one_lane_sink_unaddressed:
    case RemarkCode::one_lane_sink_strays:
      return {sink};
    case RemarkCode::one_lane_runs_differ:
    case RemarkCode::one_lane_shared_count:
      return {place};
    case RemarkCode::sampled_orders:
      return {{"orders", Is::number}};
    case RemarkCode::details_differ:
    case RemarkCode::not_looked_at_again:
    case RemarkCode::eventual:
    case RemarkCode::indeterminate:
    case RemarkCode::everyone_refused:
      return {attempts};
    case RemarkCode::moved_otherwise:
      return {attempts, place, {"path", Is::text}, {"seen", Is::value}, {"expected", Is::value}};
    case RemarkCode::permitted:
      return {attempts, {"reason", Is::text}};
    case RemarkCode::odd_refusal:
      return {script, status, {"times", Is::number}};
    case RemarkCode::error_seen:
      return {script, status, attempts};
    case RemarkCode::sink_never_called:
      return {sink, {"url", Is::text}};
    case RemarkCode::sink_late:
    case RemarkCode::sink_turned_away:
      return {sink, calls};
    case RemarkCode::machine_crowded:
      return {others, cores};
    case RemarkCode::self_check_failed:
      return {cause};
    case RemarkCode::self_check_blind:
      return {{"window_us", Is::number}};
  }
  return {};
}

Members list_of(ReasonCode code) {
  switch (code) {
    case ReasonCode::scenario_error:
    case ReasonCode::unreachable:
      return {cause, line, column};
    case ReasonCode::rule_not_computed:
      return {{"rule", Is::text}, {"error", Is::rule_error}, line, column};
    case ReasonCode::target_lost:
      return {{"during", Is::text}, order, {"attempt", Is::number}, cause, line, column};
    case ReasonCode::interrupted:
      return {{"serial_runs", Is::number}, attempts};
    case ReasonCode::runs_differ:
      return {place, order, values, more};
    case ReasonCode::resets_differ:
      return {place, values, more};
    case ReasonCode::more_places_differ:
      return {{"places", Is::number}};
    case ReasonCode::controls_drifted:
      return {{"drifted", Is::number}, {"controls", Is::number}};
    case ReasonCode::unproven:
      return {attempts, {"serial_runs", Is::number}};
    case ReasonCode::odd_resets:
    case ReasonCode::unjudged_refusals:
    case ReasonCode::unjudged_matching:
    case ReasonCode::unjudged_half_done:
    case ReasonCode::unjudged_orders:
    case ReasonCode::waiting_for_runs:
      return {attempts};
    case ReasonCode::learning_too_long:
    case ReasonCode::one_connection:
    case ReasonCode::nothing_answered:
    case ReasonCode::everything_refused:
    case ReasonCode::one_at_a_time:
      return {};
    case ReasonCode::too_little_effort:
      return {
          {"counted", Is::number}, attempts, {"overlapped", Is::number}, {"needed", Is::number}};
    case ReasonCode::late_calls:
      return {calls};
    case ReasonCode::order_not_seen:
      return {order};
    case ReasonCode::first_not_seen:
      return {script};
    case ReasonCode::budget_spent:
      return {{"budget_s", Is::number}};
  }
  return {};
}

Members list_of(StepCode code) {
  if (code == StepCode::quieten_machine) return {others, cores};
  return {};
}

Members list_of(CheckCode code) {
  switch (code) {
    case CheckCode::cores:
    case CheckCode::cpu_quota:
      return {cores};
    case CheckCode::load:
      return {{"load", Is::number}, cores};
    case CheckCode::clock:
      return {{"step_ns", Is::number}, {"source", Is::text}};
    case CheckCode::open_files:
      return {{"limit", Is::number}, {"most", Is::number}};
    case CheckCode::local_ports:
      return {{"first", Is::number}, {"last", Is::number}};
    case CheckCode::loopback_ipv4:
    case CheckCode::loopback_ipv6:
      return {};
    case CheckCode::jq:
      return {cause};
  }
  return {};
}

/// Made once for each code: who asks borrows.
template <class Code>
std::span<const Member> listed(Code code) {
  static const std::vector<Members> lists = [] {
    std::vector<Members> all;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<Code>>(
        [&](auto each) { all.push_back(list_of(each.value)); });
    return all;
  }();
  return lists.at(static_cast<std::size_t>(code));
}

}  // namespace

std::span<const Member> members_of(RemarkCode code) { return listed(code); }
std::span<const Member> members_of(ReasonCode code) { return listed(code); }
std::span<const Member> members_of(StepCode code) { return listed(code); }
std::span<const Member> members_of(CheckCode code) { return listed(code); }

Exit exit_of(Verdict verdict, Ending ending) {
  // Who stopped it wants to know that it was stopped, whatever was found by then.
  if (ending == Ending::interrupted) return Exit::interrupted;
  if (verdict == Verdict::race || verdict == Verdict::broken) return Exit::found;
  if (ending == Ending::scenario_error) return Exit::usage;
  if (ending == Ending::unreachable) return Exit::unreachable;
  return verdict == Verdict::clean ? Exit::clean : Exit::inconclusive;
}

}  // namespace record
