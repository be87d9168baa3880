#pragma once

#include <boost/describe/enum.hpp>

/// What the reports say beside the codes of a record, by topic: ids, for which each language has
/// its words. The placeholders of an id stand in its English text.
namespace report {

/// Of sections.
BOOST_DEFINE_ENUM_CLASS(Heading, attempt, serial_run, lags, calls, comparison, evidence, fix,
                        also_found, no_verdict, what_to_do, next_steps, mask, learnt, tried, notes,
                        doctor, planted, machine)

/// Of entries.
BOOST_DEFINE_ENUM_CLASS(Label, why, rule, where, hit_rate, serial_rate, proven, schedule, window,
                        hit_by, smallest, closest, latency, settles, varies, remark, attempts,
                        judged, released, spread, offsets, sinks, lanes, refused, machine, controls,
                        repeated, bound, self_check)

/// Of the columns of tables.
BOOST_DEFINE_ENUM_CLASS(Column, place, seen, script, request, answer, sent_ms, released_ms,
                        answered_ms, sink, at_ms, body, order, runs, explains, answers, state,
                        varies, example, window, detected, hits)

/// The verdict in a sentence, and what may be asked next.
BOOST_DEFINE_ENUM_CLASS(Sentence, race, race_by_rule, race_by_error, broken, broken_is_no_race,
                        inconclusive, clean)

/// Who was told what, and what is true now.
BOOST_DEFINE_ENUM_CLASS(Headline, asked, sent, counted, between, ok, refused, failed, no_answer,
                        stopped, afterwards, answers, is, was_called, instead, error,
                        error_no_answer)

/// Places of an outcome.
BOOST_DEFINE_ENUM_CLASS(Spot, answer, answer_step, state, all_reads, sink, suffix, statuses, status,
                        header, members)

/// Orders and groups of scripts.
BOOST_DEFINE_ENUM_CLASS(Turns, then, step, copies, nobody, others_refused, copies_in_group, all_and,
                        each_and)

/// Answers, reads and values.
BOOST_DEFINE_ENUM_CLASS(Told, stopped, stopped_before, then_stopped, nothing_sent, no_answer,
                        no_answer_because, statuses, copies, read, sink_calls, moved, and_more,
                        with_runs, more_values)

/// Who is released when.
BOOST_DEFINE_ENUM_CLASS(Timing, together, late, after, after_the_others, many_late, span,
                        held_headers, held_body, threads, before_step, one_connection,
                        both_together, arrives_after, arrives_within, arrives_either, with_gate)

/// What a finding is, and how sure.
BOOST_DEFINE_ENUM_CLASS(Proof, in_brief, no_order_gives, rule_broke, each_request_is_right,
                        one_gone_of_all, some_gone, some_gone_of_all, never_called, none_succeeds,
                        rule_saw, rule_failed, where_answer, where_between, where_inside, interval,
                        hit_rate, serial_rate, proven, window, hit_by, group_races, group_quiet,
                        and_quiet, groups_quiet, cut_short, to_scale, serial_to_scale,
                        likeliest_first, differs_everywhere, fits_apart)

/// What was learnt and tried.
BOOST_DEFINE_ENUM_CLASS(Effort, runs, explains, settles, varies, attempts, counted, after_proof,
                        explained, unexplained, permitted, unjudged, released, spread, offsets,
                        sink_calls, lanes, refused_only, refused_with, refused_oddly,
                        everyone_refused, controls, repeated, bound, self_check)

/// What is not shown, and where it stands.
BOOST_DEFINE_ENUM_CLASS(Rest, more, not_shown, places, orders, calls, requests, end, end_of_page)

/// Reasons and remarks in other circumstances than those of their codes.
BOOST_DEFINE_ENUM_CLASS(Otherwise, serial_run_failed, second_look_failed, no_answer_seen)

/// Of drawings.
BOOST_DEFINE_ENUM_CLASS(Drawing, time_in, each, more, times, legend, legend_with_gate, lag_of_two,
                        wait_of_last, hits, key_hit, key_other, key_window, gate, other_order,
                        description, caption, caption_window)

/// While a run goes on.
BOOST_DEFINE_ENUM_CLASS(Running, serial_runs, serial_runs_of, attempts, attempts_of, judged,
                        refused, time, time_of, narrowing, planting, planting_share)

/// What `doctor` says beside its checks.
BOOST_DEFINE_ENUM_CLASS(Doctor, fine, not_found, detected, blind, counter, within, in_rounds, never,
                        hits, end)

/// What was found of a check, and what to do where it limits a race: by the names of
/// record::CheckCode.
BOOST_DEFINE_ENUM_CLASS(Found, cores, cpu_quota, no_quota, load, clock, clock_of, open_files,
                        local_ports, works, fails, jq)
BOOST_DEFINE_ENUM_CLASS(Advice, cores, cpu_quota, load, clock, open_files, local_ports,
                        loopback_ipv4, loopback_ipv6, jq)

}  // namespace report
