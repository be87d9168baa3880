#include "finding/learnt.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "oracle/place.h"
#include "oracle/value.h"
#include "trial/turns.h"

namespace finding {
namespace {

constexpr std::size_t most_orders = 24;
constexpr base::Bytes longest_body{400};
constexpr base::Bytes longest_example{80};

/// Of each read the members of its body in which orders differ: what tells one order's state from
/// another's.
using Telling = std::map<std::string, std::set<std::string>>;

Telling telling_members(const oracle::Oracle& oracle) {
  std::map<std::string, std::map<std::string, record::Value>> first;  // read, member
  Telling telling;
  for (const oracle::Order& order : oracle.orders()) {
    if (oracle.runs_of(order) == 0) continue;
    for (const auto& [read, tree] : oracle.pattern(order).state.members)
      for (const auto& [part, body] : tree.members) {
        if (part != "body") continue;
        for (const auto& [member, node] : body.members) {
          if (node.time) continue;
          const record::Value allowed = oracle::allowed_by(node);
          if (first[read].emplace(member, allowed).first->second != allowed)
            telling[read].insert(member);
        }
      }
  }
  return telling;
}

/// One read, with only the members of its body that tell orders apart, where there are such.
record::Read read_of(const std::string& name, int status, json::value body,
                     const std::set<std::string>* telling) {
  if (auto* object = body.if_object(); object != nullptr && telling != nullptr) {
    json::object brief;
    for (const auto& [key, value] : *object)
      if (telling->contains(std::string(key))) brief[key] = value;
    body = std::move(brief);
  }
  return {.name = name,
          .status = status,
          .body = body.is_null() ? "" : base::cut(oracle::text_of(body), longest_body)};
}

/// A state as the oracle keeps it.
std::vector<record::Read> reads_of(const oracle::Seen& seen, const scenario::Scenario& scenario,
                                   const Telling& telling) {
  std::vector<record::Read> reads;
  const json::object& tree = seen.tree.get_object();
  const std::vector<std::string> names = scenario::names_of_state(scenario);
  for (std::size_t i = 0; i < seen.statuses.size() && i < names.size(); ++i) {
    const auto members = telling.find(names[i]);
    const bool tells = members != telling.end();
    const json::value* read = tree.if_contains(names[i]);
    // Of several scripts it is the same in every order then.
    const bool same_in_all = scenario.race.size() > 1 && !tells;
    reads.push_back(read_of(names[i], seen.statuses[i],
                            read == nullptr || same_in_all ? json::value() : read->at("body"),
                            tells ? &members->second : nullptr));
  }
  for (const scenario::Sink& sink : scenario.sinks)
    if (const auto* calls = tree.if_contains(sink.name); calls != nullptr && calls->is_array())
      reads.push_back({.name = sink.name,
                       .of_sink = true,
                       .calls = static_cast<int>(calls->get_array().size())});
  return reads;
}

/// Who was told what, in turn.
std::vector<record::Told> answers_in(const oracle::Reading& run,
                                     const scenario::Scenario& scenario) {
  std::vector<record::Told> answers;
  for (std::size_t begin = 0, end = 0; begin < run.told.size(); begin = end) {
    const oracle::Told& told = run.told[begin];
    while (end < run.told.size() && run.told[end].script == told.script &&
           run.told[end].signature == told.signature)
      ++end;
    answers.push_back({.script = scenario.race[static_cast<std::size_t>(told.script)].name,
                       .times = static_cast<int>(end - begin),
                       .statuses = told.signature.statuses,
                       .stopped = told.signature.stopped >= 0});
  }
  return answers;
}

record::LearntOrder line_of(const oracle::Order& order, const Evidence& evidence,
                            const Telling& telling) {
  const auto& times = evidence.ledger.explained_by;
  const auto explained = times.find(order);
  const std::size_t entries = scenario::entries(evidence.scenario).size();
  return {.order = trial::turns_of(order, evidence.scenario),
          .others_turned_away = !order.roles.empty() && order.roles.size() < entries,
          .runs = static_cast<int>(evidence.oracle.runs_of(order)),
          .state = reads_of(evidence.oracle.last_run(order).after, evidence.scenario, telling),
          .explained = explained == times.end() ? 0 : explained->second};
}

std::vector<record::LearntOrder> lines(const Evidence& evidence) {
  const oracle::Oracle& oracle = evidence.oracle;
  const auto& orders = oracle.orders();
  const std::vector<int> classes =
      evidence.ledger.baseline ? oracle.outcome_classes() : std::vector<int>(orders.size(), -1);
  const Telling telling = telling_members(oracle);
  std::vector<record::LearntOrder> lines;
  std::map<int, int> outcomes;  // of classes, by their first appearance
  for (std::size_t i = 0; i < orders.size() && lines.size() < most_orders; ++i) {
    if (oracle.runs_of(orders[i]) == 0) continue;
    record::LearntOrder line = line_of(orders[i], evidence, telling);
    line.answers = answers_in(oracle.last_run(orders[i]), evidence.scenario);
    if (classes[i] >= 0)
      line.outcome = outcomes.emplace(classes[i], static_cast<int>(outcomes.size())).first->second;
    lines.push_back(std::move(line));
  }
  // Orders of a part, which the oracle asked about because somebody was turned away; and orders
  // beyond a sample that an attempt pointed at.
  for (const auto& [order, times] : evidence.ledger.explained_by)
    if (std::find(orders.begin(), orders.end(), order) == orders.end() &&
        lines.size() < 2 * most_orders)
      lines.push_back(line_of(order, evidence, telling));
  return lines;
}

record::Volatile volatile_of(const oracle::VolatilePlace& place) {
  using From = oracle::VolatilePlace::Is;
  using Is = record::Volatile::Is;
  return {.place = oracle::place_of(place.place),
          .is = place.is == From::slot   ? Is::slot
                : place.is == From::time ? Is::time
                                         : Is::any_order,
          .example = base::cut(place.example, longest_example)};
}

}  // namespace

record::Learnt what_was_learnt(const Evidence& evidence) {
  const trial::Ledger& ledger = evidence.ledger;
  record::Learnt learnt{.orders = lines(evidence),
                        .serial_runs = ledger.serial_runs,
                        .settle_ms = base::in_milliseconds(ledger.settle),
                        .remarks = ledger.remarks};
  for (std::size_t i = 0; i < ledger.alone.size(); ++i)
    if (!ledger.alone[i].empty())
      learnt.latency_ms[evidence.scenario.race[i].name] =
          base::in_milliseconds(ledger.alone[i].front());
  if (evidence.oracle.sampled())
    learnt.remarks.push_back(
        {record::RemarkCode::sampled_orders, {{"orders", evidence.oracle.orders().size()}}});
  for (const auto& place : evidence.oracle.volatile_places())
    learnt.volatile_places.push_back(volatile_of(place));
  return learnt;
}

}  // namespace finding
