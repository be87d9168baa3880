#include "experiment/summary.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/utf8.h"
#include "experiment/finding.h"
#include "experiment/places.h"
#include "oracle/value.h"

namespace experiment {
namespace {

constexpr int exit_race = 1, exit_clean = 0, exit_inconclusive = 3, exit_usage = 2,
              exit_unreachable = 4, exit_interrupted = 130;

std::string plural(std::size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string state_in_a_line(const outcome::State& state) {
  std::vector<std::string> reads;
  for (const outcome::Read& read : state)
    if (read.of_sink)
      reads.push_back(read.name + ": " + plural(read.body.get_array().size(), "call", "calls"));
    else
      reads.push_back(fmt::format(
          "{}: {} {}", read.name, read.status == 0 ? "no answer" : std::to_string(read.status),
          base::cut(read.body.is_null() ? "" : oracle::text_of(read.body), base::Bytes{400})));
  return fmt::format("{}", fmt::join(reads, "; "));
}

/// The members of the observed bodies in which orders differ: what tells one order's state from
/// another's.
std::map<std::string, std::set<std::string>> telling_members(const oracle::Oracle& oracle) {
  std::map<std::string, std::map<std::string, std::set<std::string>>>
      texts;  // read -> member -> what orders have there
  for (const oracle::Order& order : oracle.orders()) {
    if (oracle.runs_of(order) == 0) continue;
    for (const auto& [read, tree] : oracle.pattern(order).state.members)
      for (const auto& [part, body] : tree.members)
        if (part == "body")
          for (const auto& [member, node] : body.members)
            if (!node.time) texts[read][member].insert(describe(node));
  }
  std::map<std::string, std::set<std::string>> telling;
  for (const auto& [read, members] : texts)
    for (const auto& [member, seen] : members)
      if (seen.size() > 1) telling[read].insert(member);
  return telling;
}

/// A state as the oracle keeps it, with only the members of bodies that tell orders apart, where
/// there are such.
std::string state_in_a_line(const oracle::Seen& seen, const scenario::Scenario& scenario,
                            const std::map<std::string, std::set<std::string>>& telling) {
  outcome::State state;
  const std::vector<std::string> names = scenario::names_of_state(scenario);
  for (std::size_t i = 0; i < seen.statuses.size() && i < names.size(); ++i) {
    outcome::Read read{.name = names[i], .status = seen.statuses[i]};
    if (const auto* tree = seen.tree.get_object().if_contains(read.name))
      read.body = tree->at("body");
    const auto members = telling.find(read.name);
    if (scenario.race.size() > 1 && members == telling.end())
      read.body = nullptr;  // the same in every order
    if (auto* body = read.body.if_object(); body != nullptr && members != telling.end()) {
      json::object brief;
      for (const auto& [key, value] : *body)
        if (members->second.contains(std::string(key))) brief[key] = value;
      read.body = std::move(brief);
    }
    state.push_back(std::move(read));
  }
  for (const scenario::Sink& sink : scenario.sinks)
    if (const auto* calls = seen.tree.get_object().if_contains(sink.name);
        calls != nullptr && calls->is_array())
      state.push_back({.name = sink.name, .body = *calls, .of_sink = true});
  return state_in_a_line(state);
}

/// "take: 200"; equal answers of neighbours in the order are counted: "5 x take: 200".
std::vector<std::string> answers_in_turn(const oracle::Reading& run,
                                         const scenario::Scenario& scenario) {
  std::vector<std::string> answers;
  for (std::size_t begin = 0, end = 0; begin < run.told.size(); begin = end) {
    const oracle::Told& told = run.told[begin];
    while (end < run.told.size() && run.told[end].script == told.script &&
           run.told[end].signature == told.signature)
      ++end;
    const std::string answer =
        scenario.race[static_cast<std::size_t>(told.script)].name + ": " + to_text(told.signature);
    answers.push_back(end - begin > 1 ? fmt::format("{} x {}", end - begin, answer) : answer);
  }
  return answers;
}

record::Learnt what_was_learnt(const Ledger& ledger, const oracle::Oracle& oracle,
                               const scenario::Scenario& scenario) {
  constexpr std::size_t most_orders = 24;
  record::Learnt learnt;
  learnt.serial_runs = ledger.serial_runs;
  learnt.settle_ms = base::in_milliseconds(ledger.settle);
  learnt.remarks = ledger.remarks;
  for (std::size_t i = 0; i < ledger.alone.size(); ++i)
    if (!ledger.alone[i].empty())
      learnt.latency_ms[scenario.race[i].name] = base::in_milliseconds(ledger.alone[i].front());
  const auto& orders = oracle.orders();
  const std::vector<int> classes =
      ledger.baseline ? oracle.outcome_classes() : std::vector<int>(orders.size(), -1);
  const auto telling = telling_members(oracle);
  std::vector<int> letters;  // classes by first appearance
  for (std::size_t i = 0; i < orders.size() && learnt.orders.size() < most_orders; ++i) {
    const oracle::Order& order = orders[i];
    if (oracle.runs_of(order) == 0) continue;
    record::LearntOrder line{.order = to_text(order, scenario),
                             .runs = static_cast<int>(oracle.runs_of(order))};
    const oracle::Reading& run = oracle.last_run(order);
    line.answers = answers_in_turn(run, scenario);
    line.state = state_in_a_line(run.after, scenario, telling);
    if (classes[i] >= 0) {
      auto letter = std::find(letters.begin(), letters.end(), classes[i]);
      if (letter == letters.end()) letter = letters.insert(letters.end(), classes[i]);
      const auto index = static_cast<int>(letter - letters.begin());
      line.outcome =
          index < 26 ? std::string(1, static_cast<char>('A' + index)) : std::to_string(index + 1);
    }
    if (const auto found = ledger.explained_by.find(order); found != ledger.explained_by.end())
      line.explained = found->second;
    learnt.orders.push_back(std::move(line));
  }
  // Orders of a part, which the oracle asked about because somebody was turned away; and orders
  // beyond a sample that an attempt pointed at.
  for (const auto& [order, times] : ledger.explained_by)
    if (std::find(orders.begin(), orders.end(), order) == orders.end() &&
        learnt.orders.size() < 2 * most_orders)
      learnt.orders.push_back(
          {.order = order.roles.empty() ? "nobody"
                    : order.roles.size() < scenario::entries(scenario).size()
                        ? to_text(order, scenario) + " (the others turned away)"
                        : to_text(order, scenario),
           .runs = static_cast<int>(oracle.runs_of(order)),
           .state = state_in_a_line(oracle.last_run(order).after, scenario, telling),
           .explained = times});
  if (oracle.sampled())
    learnt.remarks.push_back(
        fmt::format("the scripts have more orders than {}: a seeded sample was learnt, and those "
                    "beyond it that "
                    "attempts point at",
                    orders.size()));
  for (const auto& place : oracle.volatile_places())
    learnt.volatile_places.push_back(
        {readable_place(place.place), place.kind, base::cut(place.example, base::Bytes{80})});
  return learnt;
}

base::Nanoseconds percentile(std::vector<base::Nanoseconds> spans, double share) {
  if (spans.empty()) return base::Nanoseconds(0);
  std::sort(spans.begin(), spans.end());
  const auto index =
      static_cast<std::size_t>(std::ceil(share * static_cast<double>(spans.size()))) - 1;
  return spans[std::min(index, spans.size() - 1)];
}

std::string manner_of(const schedule::Schedule& schedule) {
  if (schedule.sync == schedule::Sync::threads)
    return fmt::format("threads, before step {}", schedule.gate + 1);
  return fmt::format(
      "held at {}, before step {}{}", schedule.hold == schedule::Hold::body ? "body" : "headers",
      schedule.gate + 1,
      schedule.connections == schedule::Connections::shared ? ", on one connection" : "");
}

record::Tried what_was_tried(const Ledger& ledger, const scenario::Scenario& scenario) {
  record::Tried tried;
  tried.attempts = static_cast<int>(ledger.attempts.size());
  for (const Attempt& attempt : ledger.attempts) {
    tried.after_proof += attempt.after_proof;
    tried.overlapped += attempt.overlapped;
    tried.explained += attempt.explained();
    tried.unexplained += attempt.suspicious();
    tried.permitted += attempt.permit.has_value() && attempt.contradicts();
    tried.unjudged += attempt.waits() || attempt.judgement.is == oracle::Judgement::Is::unjudged;
    ++tried.manners[manner_of(attempt.schedule)];
    const double lag = base::in_milliseconds(schedule::lag(attempt.schedule));
    tried.offset_low_ms = std::min(tried.offset_low_ms, lag);
    tried.offset_high_ms = std::max(tried.offset_high_ms, lag);
  }
  tried.counted = ledger.counted();
  tried.everyone_refused = ledger.everyone_refused;
  tried.controls = ledger.controls;
  tried.played_anew = ledger.played_anew;
  std::vector<base::Nanoseconds> together;
  for (const Attempt& attempt : ledger.attempts) {
    const bool at_once =
        std::all_of(attempt.schedule.offsets.begin(), attempt.schedule.offsets.end(),
                    [](const auto& offset) { return offset == base::Nanoseconds(0); });
    if (at_once) together.push_back(attempt.spread);
  }
  tried.spread_p50_us = base::in_milliseconds(percentile(together, 0.5)) * 1e3;
  tried.spread_p99_us = base::in_milliseconds(percentile(together, 0.99)) * 1e3;
  for (const auto& [key, times] : ledger.refusals)
    tried.refusals.push_back({.script = scenario.race[static_cast<std::size_t>(key.first)].name,
                              .status = key.second,
                              .times = times,
                              .customary = oracle::is_customary_refusal(key.second)});
  if (tried.counted > 0) tried.upper_bound = 1 - std::pow(0.05, 1.0 / tried.counted);
  tried.lanes = ledger.lanes;
  for (const sink::Tally& sink : ledger.sinks)
    tried.sinks.push_back(
        {sink.name, sink.url, sink.calls, sink.late, sink.strays, sink.turned_away});
  return tried;
}

/// What came of it, in few words.
std::string result_of(const Attempt& attempt, const scenario::Scenario& scenario) {
  const oracle::Judgement& judgement = attempt.judgement;
  if (attempt.permit && attempt.contradicts()) return "permitted";
  if (attempt.suspicious() && !attempt.suspicious_for_good()) return "no order at first sight";
  if (attempt.contradicts()) return "no order explains it";
  if (!attempt.broken.empty()) return "a rule broke";
  if (judgement.is == oracle::Judgement::Is::contradicts) return "only a detail differs";
  if (!attempt.explained()) return "not judged";
  const std::vector<scenario::Entry> entries = scenario::entries(scenario);
  if (judgement.out.size() == entries.size()) return "everybody refused";
  if (!judgement.out.empty()) {
    std::set<std::string> names;
    for (const int entry : judgement.out) {
      const scenario::Entry& out = entries.at(static_cast<std::size_t>(entry));
      names.insert(scenario.race[static_cast<std::size_t>(out.script)].name);
    }
    return fmt::format("{} refused", fmt::join(names, ", "));
  }
  if (judgement.orders.size() == 1) return to_text(judgement.orders.front(), scenario);
  return judgement.orders.size() == 2 && entries.size() == 2 ? "either order" : "several orders";
}

/// Of very many those that hit, and of the others the first: as many as the file has room for.
std::vector<record::Attempt> attempts_in_turn(const Ledger& ledger,
                                              const scenario::Scenario& scenario) {
  constexpr std::size_t most_offsets = 200'000;
  const std::size_t most =
      most_offsets / std::max<std::size_t>(1, scenario::entries(scenario).size());
  const auto hits = static_cast<std::size_t>(
      std::count_if(ledger.attempts.begin(), ledger.attempts.end(),
                    [](const Attempt& attempt) { return attempt.suspicious_for_good(); }));
  std::size_t room = most - std::min(most, hits);
  std::vector<record::Attempt> attempts;
  for (const Attempt& attempt : ledger.attempts) {
    const bool hit = attempt.suspicious_for_good();
    if (!hit && room == 0) continue;
    if (!hit) --room;
    attempts.push_back({.attempt = attempt.number,
                        .lag_ms = base::in_milliseconds(lag(attempt.schedule)),
                        .before_step = attempt.schedule.gate + 1,
                        .hit = hit,
                        .result = result_of(attempt, scenario),
                        .schedule = schedule::to_json(attempt.schedule)});
    if (attempts.size() == most) break;
  }
  return attempts;
}

/// "false (12 runs), true (2 runs)".
std::string with_counts(const std::vector<std::string>& values) {
  std::vector<std::pair<std::string, std::size_t>> counts;  // by first appearance
  for (const std::string& value : values) {
    const auto known = std::find_if(counts.begin(), counts.end(),
                                    [&](const auto& count) { return count.first == value; });
    if (known == counts.end())
      counts.emplace_back(value, 1);
    else
      ++known->second;
  }
  constexpr std::size_t most = 5;
  std::vector<std::string> parts;
  for (const auto& [value, count] : counts)
    if (parts.size() < most)
      parts.push_back(fmt::format("{} ({})", value, plural(count, "run", "runs")));
  if (counts.size() > most) parts.push_back(fmt::format("and {} more", counts.size() - most));
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// Places that flip, as a block to paste into the scenario. Statuses cannot be masked.
std::string mask_block(const Ledger& ledger) {
  std::vector<std::string> places;
  const auto add = [&](std::string place) {
    if (place.starts_with(".before")) place = ".after" + place.substr(7);
    place = mask_of(place);
    const bool maskable =
        place.find(".body") != std::string::npos || place.find(".headers") != std::string::npos ||
        (readable_place(place).starts_with("sink ") && place.find('[') != std::string::npos);
    if (maskable && std::find(places.begin(), places.end(), place) == places.end())
      places.push_back(std::move(place));
  };
  for (const auto& clash : ledger.clashes) add(clash.conflict.place);
  for (const auto& conflict : ledger.reset_conflicts) add(conflict.place);
  if (places.empty()) return "";
  std::string block = "mask:\n";
  for (const std::string& place : places) block += "  - '" + place + "'\n";
  return block;
}

void no_baseline(const Ledger& ledger, record::Record& record) {
  for (const auto& clash : ledger.clashes)
    record.reasons.push_back(fmt::format("{} differs between two runs of the same order ({}): {}",
                                         readable_place(clash.conflict.place), clash.order,
                                         with_counts(clash.conflict.values)));
  for (const auto& conflict : ledger.reset_conflicts)
    record.reasons.push_back(fmt::format("{} differs after two resets: {}",
                                         readable_place(conflict.place),
                                         with_counts(conflict.values)));
  constexpr std::size_t most = 12;
  if (record.reasons.size() > most) {
    const std::size_t more = record.reasons.size() - most;
    record.reasons.resize(most);
    record.reasons.push_back(fmt::format("and {} more", more));
  }
  record.mask = mask_block(ledger);
  if (!record.mask.empty())
    record.next_steps.emplace_back(
        "if what differs does not matter, add this mask to the scenario and run it again");
  if (!ledger.reset_conflicts.empty())
    record.next_steps.emplace_back(
        "make the reset bring back the same state: create a fresh resource in every reset");
}

class Verdict {
 public:
  Verdict(const Evidence& evidence, record::Record& record)
      : evidence_(evidence), ledger_(evidence.ledger), record_(record) {}

  void give() {
    if (const Attempt* attempt = proven()) return race(explain(evidence_, *attempt));
    if (const auto* error = ledger_.contention_error();
        error && !(ledger_.ending && ledger_.ending->is == Ending::Is::interrupted))
      return race(explain(evidence_, *error));
    if (ledger_.serial_break) return broken();
    inconclusive_or_clean();
  }

 private:
  [[nodiscard]] const Attempt* proven() const {
    if (!ledger_.proven || !ledger_.suspect) return nullptr;
    // The one to show: looked at again, and hit.
    for (const Attempt& attempt : ledger_.attempts)
      if (attempt.hit() &&
          attempt.contradicts() ==
              ledger_.attempts[static_cast<std::size_t>(*ledger_.suspect)].contradicts())
        return &attempt;
    return &ledger_.attempts[static_cast<std::size_t>(*ledger_.suspect)];
  }

  void set(const char* verdict, int exit_code) {
    record_.verdict = verdict;
    record_.exit_code = exit_code;
  }

  void race(record::Finding finding) {
    set("race", exit_race);
    record_.sentence = finding.kind == "error under contention"
                           ? fmt::format(
                                 "Together the scripts bring forth an error that they never do "
                                 "alone: in {} of {} attempts.",
                                 finding.concurrent.hits, finding.concurrent.of)
                       : finding.layer == "rule"
                           ? fmt::format(
                                 "The rule {} holds whenever the scripts run one after another, "
                                 "and broke in {} of {} attempts.",
                                 finding.rule, finding.concurrent.hits, finding.concurrent.of)
                           : fmt::format(
                                 "In {} of {} attempts the scripts came out as they never do one "
                                 "after another, in whatever order.",
                                 finding.concurrent.hits, finding.concurrent.of);
    record_.findings.push_back(std::move(finding));
  }

  void broken() {
    set("broken", exit_race);
    const auto& serial = *ledger_.serial_break;
    record_.sentence = fmt::format(
        "The rule {} breaks even one at a time ({}): not a race, but a check that is missing.",
        serial.rule.name, serial.order);
    record_.findings.push_back(explain(evidence_, serial));
    record_.next_steps.emplace_back(
        "mend the server, or the rule; then run again. --keep-going races all the same");
  }

  void inconclusive_or_clean() {
    ending();
    if (ledger_.learning_too_long)
      say("learning every order takes more than half of the budget",
          "raise run.budget, race fewer scripts, or add lanes");
    no_baseline(ledger_, record_);
    if (ledger_.odd_resets() > 0)
      say(fmt::format(
              "{} did not begin in the state that a reset leaves",
              plural(static_cast<std::size_t>(ledger_.odd_resets()), "attempt", "attempts")),
          "make the reset bring back the same state: create a fresh resource in every reset");
    if (ledger_.drifted_controls > 1)
      say(fmt::format("{} of {} serial controls came out differently than before",
                      ledger_.drifted_controls, ledger_.controls),
          "something else changes the data meanwhile: run against a target of its own");
    unproven();
    if (record_.reasons.empty()) {
      for (std::string& reason : missing_effort(ledger_, evidence_.oracle, evidence_.scenario))
        record_.reasons.push_back(std::move(reason));
      if (!record_.reasons.empty() && ledger_.budget_ended)
        say(fmt::format("the budget of {} s was spent",
                        base::in_seconds(evidence_.scenario.run.budget)),
            "raise run.budget (or --budget)");
      else if (!record_.reasons.empty() && ledger_.baseline && !ledger_.attempts.empty() &&
               ledger_.one_at_a_time != true)
        record_.next_steps.emplace_back(
            "raise run.attempts (or --attempts): while effort is missing, up to three times as "
            "many are made");
    }
    if (!record_.reasons.empty()) {
      if (record_.verdict.empty()) set("inconclusive", exit_inconclusive);
      record_.sentence = "No verdict: " + record_.reasons.front() + ".";
      return;
    }
    set("clean", exit_clean);
    record_.sentence = fmt::format(
        "Every outcome of {} is one that the scripts have one after another, in some order.",
        plural(ledger_.attempts.size(), "attempt", "attempts"));
  }

  void ending() {
    if (!ledger_.ending) return;
    record_.reasons.push_back(
        ledger_.ending->is == Ending::Is::interrupted
            ? fmt::format("interrupted after {} and {}",
                          plural(static_cast<std::size_t>(ledger_.serial_runs), "serial run",
                                 "serial runs"),
                          plural(ledger_.attempts.size(), "attempt", "attempts"))
            : ledger_.ending->cause);
    switch (ledger_.ending->is) {
      case Ending::Is::scenario_error:
        return set("inconclusive", exit_usage);
      case Ending::Is::unreachable:
        record_.next_steps.emplace_back("start the target, or correct `target:` (or --target)");
        return set("inconclusive", exit_unreachable);
      case Ending::Is::interrupted:
        return set("inconclusive", exit_interrupted);
      case Ending::Is::target_lost:
        record_.next_steps.emplace_back(
            "see that the target stays up, then run again with the same seed");
        return set("inconclusive", exit_inconclusive);
    }
  }

  void unproven() {
    const auto suspicious =
        std::count_if(ledger_.attempts.begin(), ledger_.attempts.end(),
                      [](const Attempt& attempt) { return attempt.suspicious(); });
    if (suspicious > 0 && (!ledger_.ending || ledger_.ending->is != Ending::Is::interrupted))
      say(fmt::format("{} came out as no order explains, but {} serial runs since are not enough "
                      "to tell a race from a value that "
                      "flips by itself",
                      plural(static_cast<std::size_t>(suspicious), "attempt", "attempts"),
                      ledger_.fresh_serial),
          "raise run.budget (or --budget), or, if every reset makes its own resource, run.lanes: "
          "the proof needs more serial runs");
  }

  void say(std::string reason, std::string next_step) {
    record_.reasons.push_back(std::move(reason));
    record_.next_steps.push_back(std::move(next_step));
  }

  const Evidence& evidence_;
  const Ledger& ledger_;
  record::Record& record_;
};

void add_notes(const Evidence& evidence, record::Record& record) {
  const Ledger& ledger = evidence.ledger;
  int details = 0, eventual = 0, indeterminate = 0, hasty = 0;
  std::map<std::string, int> permits, drifts;
  for (const Attempt& attempt : ledger.attempts) {
    const auto& judgement = attempt.judgement;
    details += judgement.is == oracle::Judgement::Is::contradicts &&
               judgement.layer == oracle::Layer::detail;
    eventual += attempt.explained() && judgement.eventual;
    hasty += attempt.suspicious() && !attempt.suspicious_for_good();
    indeterminate += attempt.explained() && judgement.indeterminate;
    // Side by side, what attempts share moves by what the others do.
    const bool alone = ledger.lanes == 1;
    if (attempt.explained() && alone)
      for (const oracle::Difference& place : judgement.moved)
        ++drifts[fmt::format(
            "left {} {}, which the orders that explain the rest have {}: to compare it, list {} in "
            "counts",
            readable_place(place.place), place.seen, place.expected, place.place)];
    if (attempt.permit && attempt.contradicts()) ++permits[*attempt.permit];
  }
  const auto note = [&](int count, const char* what) {
    if (count > 0)
      record.notes.push_back(fmt::format(
          "{} {}", plural(static_cast<std::size_t>(count), "attempt", "attempts"), what));
  };
  note(details,
       "differ from every order only in the order of a list or inside a partly volatile word: not "
       "counted as a race");
  note(hasty,
       "came out as no order explains before anyone looked a second time: not counted in the rate");
  note(eventual,
       "came out as no order at first, and as some order a little later: the state is read "
       "eventually");
  note(indeterminate,
       "had an answer that may or may not have taken effect (no answer, 408 or 5xx): taken as "
       "either");
  for (const auto& [what, count] : drifts) note(count, what.c_str());
  for (const auto& [reason, count] : permits)
    note(count, ("are permitted by the scenario: " + reason).c_str());
  for (const auto& refusal : record.tried.refusals)
    if (!refusal.customary)
      record.notes.push_back(fmt::format(
          "{} was refused with {} only under contention, an odd status for that (409 is usual)",
          refusal.script, refusal.status));
  for (const record::SinkTally& sink : record.tried.sinks) {
    if (sink.calls == 0)
      record.notes.push_back(fmt::format(
          "sink {} was never called: does the target know that it is at {}?", sink.sink, sink.url));
    const auto note_calls = [&](int count, const char* what) {
      if (count > 0)
        record.notes.push_back(fmt::format("{} to sink {} {}",
                                           plural(static_cast<std::size_t>(count), "call", "calls"),
                                           sink.sink, what));
    };
    note_calls(sink.late, "came after the state had been read, and were charged to nobody");
    note_calls(sink.turned_away, "were turned away: no HTTP/1.1, or a body of more than 1 MB");
  }
  if (ledger.everyone_refused > 0)
    note(ledger.everyone_refused, "turned everybody away: nobody won");
  for (const auto& [key, error] : ledger.errors)
    if (error.attempts.size() == 1 || ledger.contention_error() == nullptr)
      record.notes.push_back(fmt::format(
          "{} {} in {} and never alone",
          evidence.scenario.race[static_cast<std::size_t>(error.script)].name,
          error.status == 0 ? "got no answer" : fmt::format("was answered {}", error.status),
          plural(error.attempts.size(), "attempt", "attempts")));
}

}  // namespace

record::Record summarise(const race::Course& course, const Options& options, const Ledger& ledger,
                         const oracle::Oracle& oracle, base::Nanoseconds elapsed) {
  const scenario::Scenario& scenario = course.scenario;
  const Evidence evidence{ledger, oracle, scenario, course.evaluate};
  record::Record record{.tool = options.tool,
                        .run = course.run,
                        .scenario_file = scenario.file,
                        .scenario_id = scenario.id,
                        .scenario_name = scenario.name,
                        .targets = scenario.targets,
                        .seed = options.seed,
                        .duration_s = base::in_seconds(elapsed)};
  const auto wall =
      std::chrono::duration_cast<std::chrono::seconds>(course.clock.wall() - elapsed).count();
  record.started_at =
      fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(wall)));
  record.learnt = what_was_learnt(ledger, oracle, scenario);
  record.tried = what_was_tried(ledger, scenario);
  for (const scenario::Entry& entry : scenario::entries(scenario))
    record.entries.push_back(entry_name(scenario, entry));
  record.attempts = attempts_in_turn(ledger, scenario);
  Verdict(evidence, record).give();
  add_notes(evidence, record);
  return record;
}

}  // namespace experiment
