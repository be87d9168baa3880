#include "finding/kind.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/require.h"
#include "oracle/moves.h"
#include "oracle/tree.h"
#include "oracle/value.h"

namespace finding {
namespace {

using oracle::Difference;
using record::Cure;
using record::Kind;
using record::Value;
using record::Why;

/// A kind of findings, with what it is in the catalogue of weaknesses and how it is usually cured.
struct KindOfRace {
  Kind kind;
  const char* cwe;
  std::vector<Cure> cures;
};

const KindOfRace kinds[] = {
    {Kind::check_then_act_across_requests,
     "CWE-367",
     {Cure::send_version, Cure::check_again_on_write}},
    {Kind::check_then_act, "CWE-367", {Cure::check_and_write_in_one, Cure::hold_row}},
    {Kind::lost_update,
     "CWE-362",
     {Cure::write_changed_columns, Cure::compare_version, Cure::compute_in_database}},
    {Kind::double_execution,
     "CWE-837",
     {Cure::unique_constraint, Cure::claim_first, Cure::idempotency_key}},
    {Kind::limit_exceeded, "CWE-799", {Cure::count_in_write, Cure::hold_limit_row}},
    {Kind::duplicate, "CWE-694", {Cure::unique_resource, Cure::idempotency_key}},
    {Kind::resurrected, "CWE-362", {Cure::update_never_insert, Cure::hold_row}},
    {Kind::stale_answer, "CWE-362", {Cure::answer_what_was_written}},
    {Kind::answer_contradicts_state, "CWE-362", {Cure::answer_after_commit}},
    {Kind::error_under_contention, "CWE-362", {Cure::turn_error_into_refusal}},
    {Kind::rule_broken_under_contention, "CWE-362", {Cure::serializable}},
    {Kind::missing_check, "CWE-840", {Cure::check_on_server}},
    {Kind::other, "CWE-362", {Cure::one_transaction}},
};

int ok_count(const oracle::Reading& reading) {
  return static_cast<int>(std::count_if(reading.told.begin(), reading.told.end(),
                                        [](const auto& told) { return told.signature.ok; }));
}

/// The state's leaves before the race, by the places of a comparison.
std::map<std::string, const json::value*> leaves(const json::value& tree) {
  std::map<std::string, const json::value*> found;
  oracle::flatten(".after", tree, [&](const std::string& place, const json::value& value) {
    found[place] = &value;
  });
  return found;
}

/// How a place of the state fares beside one order that has another value there.
struct Progress {
  bool number = false;  // both are, and so is what was there before
  bool less = false;    // it stands as it was before, or has moved less far
};

Progress progress(const json::value& before, const json::value& after, const Difference& row) {
  const auto less = [](double moved, double should) {
    return moved * should >= 0 && std::abs(moved) < std::abs(should);
  };
  if (row.seen.is == Value::Is::moved && row.expected.is == Value::Is::moved)
    return {true, less(row.seen.moved, row.expected.moved)};
  const auto is_number = [](const json::value& value) {
    return oracle::kind_of(value) == oracle::Kind::number;
  };
  if (row.expected.is == Value::Is::json && is_number(before) && is_number(after))
    if (const auto expected = base::parse_json(row.expected.text);
        expected && is_number(*expected)) {
      const double start = before.to_number<double>();
      return {true, less(after.to_number<double>() - start, expected->to_number<double>() - start)};
    }
  return {false, oracle::same(after, before)};
}

enum class Lost { nothing, value, number };

/// Whether a place of the state has another value than in any order, and moved less far.
Lost lost_at(const std::string& place, const json::value& before, const json::value& after,
             const std::vector<Column>& list) {
  bool number = true;
  for (const Column& column : list) {
    const auto& rows = column.close.differences;
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const Difference& d) { return d.place == place; });
    if (row == rows.end() || !row->differs) return Lost::nothing;
    const Progress made = progress(before, after, *row);
    if (!made.less) return Lost::nothing;
    number = number && made.number;
  }
  return number ? Lost::number : Lost::value;
}

/// Whether some place of the state stands as it was before the race, or moved less far, where every
/// order moves it.
Lost lost_update(const oracle::Reading& reading, const std::vector<Column>& list) {
  if (list.empty()) return Lost::nothing;
  const auto before = leaves(reading.before.tree);
  for (const auto& [place, value] : leaves(reading.after.tree))
    if (const auto old = before.find(place); old != before.end())
      if (const Lost lost = lost_at(place, *old->second, *value, list); lost != Lost::nothing)
        return lost;
  return Lost::nothing;
}

bool is_resurrected(const oracle::Reading& reading, const Evidence& evidence) {
  for (std::size_t i = 0; i < reading.after.statuses.size(); ++i) {
    if (reading.after.statuses[i] / 100 != 2) continue;
    const auto gone = [&](const oracle::Order& order) {
      const auto& statuses = evidence.oracle.pattern(order).state_statuses;
      return evidence.oracle.knows(order) && (statuses[i] == 404 || statuses[i] == 410);
    };
    const auto& orders = evidence.oracle.orders();
    if (std::all_of(orders.begin(), orders.end(), gone)) return true;
  }
  return false;
}

/// What is counted moved as it does in an order.
bool moved_alike(const oracle::Reading& reading, const oracle::Pattern& pattern) {
  const oracle::Moves moves = oracle::moves_of(reading.before, reading.after);
  return std::all_of(pattern.counted.begin(), pattern.counted.end(), [&](const auto& counted) {
    const auto seen = moves.find(counted.first);
    return seen != moves.end() && oracle::same_move(seen->second, counted.second);
  });
}

bool state_is_legal(const oracle::Reading& reading, const Evidence& evidence) {
  const auto& orders = evidence.oracle.orders();
  return std::any_of(orders.begin(), orders.end(), [&](const oracle::Order& order) {
    if (!evidence.oracle.knows(order)) return false;
    const oracle::Pattern& pattern = evidence.oracle.pattern(order);
    return oracle::state_matches(pattern, reading.after, reading.names) &&
           moved_alike(reading, pattern);
  });
}

bool is_list(const Value& value) {
  return value.is == Value::Is::elements || value.is == Value::Is::bag;
}

bool is_longer(const Difference& d) {
  return d.differs && d.place.starts_with(".after") && is_list(d.seen) && is_list(d.expected) &&
         d.seen.count > d.expected.count;
}

bool has_longer_list(const std::vector<Column>& list) {
  return !list.empty() && std::all_of(list.begin(), list.end(), [](const Column& column) {
    return std::any_of(column.close.differences.begin(), column.close.differences.end(), is_longer);
  });
}

/// A sink that was called more often than in any order.
std::optional<Why> called_too_often(const std::vector<Column>& list,
                                    const scenario::Scenario& scenario) {
  for (const scenario::Sink& sink : scenario.sinks) {
    Why why{.is = Why::Is::called_more_often, .name = sink.name};
    std::size_t columns = 0;
    for (const Column& column : list)
      for (const Difference& d : column.close.differences)
        if (is_longer(d) && d.place == ".after" + oracle::member_path(sink.name)) {
          why.seen = d.seen.count;
          why.allowed = std::max(why.allowed, d.expected.count);
          ++columns;
        }
    if (columns > 0 && columns == list.size()) return why;
  }
  return std::nullopt;
}

Why more_succeeded(int seen, int allowed) {
  return {.is = Why::Is::more_succeeded, .seen = seen, .allowed = allowed};
}

}  // namespace

void set_kind(record::Finding& finding, Kind kind) {
  const auto found = std::find_if(std::begin(kinds), std::end(kinds),
                                  [&](const KindOfRace& each) { return each.kind == kind; });
  base::require(found != std::end(kinds), "kinds are complete");
  finding.kind = kind;
  finding.cwe = found->cwe;
  finding.cures = found->cures;
}

Named name_it(const Evidence& evidence, const trial::Attempt& attempt,
              const std::vector<Column>& list) {
  using Is = Why::Is;
  const oracle::Reading& reading = attempt.reading;
  const bool only_bodies = attempt.judgement.layer == oracle::Layer::bodies;
  int most_ok = 0;
  for (const Column& column : list)
    most_ok = std::max(most_ok, static_cast<int>(evidence.oracle.winners(*column.order).size()));
  const int ok = ok_count(reading);
  if (is_resurrected(reading, evidence)) return {Kind::resurrected, {.is = Is::exists_again}};
  if (evidence.ledger.by_request.is == oracle::ByRequest::explained)
    return {Kind::check_then_act_across_requests, ok > most_ok  ? more_succeeded(ok, most_ok)
                                                  : only_bodies ? Why{.is = Is::read_was_outdated}
                                                                : Why{.is = Is::requests_explain}};
  if (only_bodies) return {Kind::stale_answer, {.is = Is::told_otherwise}};
  if (ok > most_ok) {
    const bool interchangeable = evidence.scenario.race.size() == 1;
    return {!interchangeable ? Kind::check_then_act
            : most_ok <= 1   ? Kind::double_execution
                             : Kind::limit_exceeded,
            more_succeeded(ok, most_ok)};
  }
  if (const auto why = called_too_often(list, evidence.scenario))
    return {Kind::double_execution, *why};
  if (const Lost lost = lost_update(reading, list); lost != Lost::nothing)
    return {Kind::lost_update,
            {.is = Is::change_is_gone,
             .everybody = ok == static_cast<int>(reading.told.size()),
             .several = reading.told.size() > 2},
            lost == Lost::number};
  if (has_longer_list(list)) return {Kind::duplicate, {.is = Is::more_of_them}};
  if (state_is_legal(reading, evidence))
    return {Kind::answer_contradicts_state, {.is = Is::answers_fit_no_order}};
  return {Kind::other, {.is = Is::nothing_fits}};
}

}  // namespace finding
