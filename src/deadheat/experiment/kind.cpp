#include "experiment/kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "oracle/tree.h"
#include "oracle/value.h"

namespace experiment {
namespace {

using oracle::Difference;

/// The kinds of findings, with what they are in the catalogue of weaknesses and how they are
/// usually cured.
struct KindOfRace {
  const char* name;
  const char* cwe;
  std::vector<std::string> cures;
};

const KindOfRace kinds[] = {
    {"check-then-act across requests",
     "CWE-367",
     {"make the write conditional on what was read: send the version (If-Match: ETag, answered "
      "412) or the expected state with "
      "it",
      "or let the server check again while it writes: UPDATE ... WHERE state = 'what it must be', "
      "and answer 409 if no row "
      "matched"}},
    {"check-then-act",
     "CWE-367",
     {"check and write in one statement: UPDATE ... WHERE state = 'what it must be', and answer "
      "409 if no row matched",
      "or hold the row from the check to the write: SELECT ... FOR UPDATE in one transaction"}},
    {"lost update",
     "CWE-362",
     {"write only the columns that changed: UPDATE ... SET one = ?, not the whole row as it was "
      "read earlier",
      "or compare a version on write: UPDATE ... WHERE version = ?, ETag and If-Match, 412 for the "
      "loser",
      "or compute in the database: UPDATE ... SET n = n + 1"}},
    {"double execution",
     "CWE-837",
     {"let a unique constraint decide, and turn its violation into a 409",
      "or claim the work first: UPDATE ... SET done = true WHERE done = false, and go on only if a "
      "row matched",
      "for retries: an Idempotency-Key that is stored in the same transaction as the effect"}},
    {"limit exceeded",
     "CWE-799",
     {"count in the write: UPDATE ... SET used = used + 1 WHERE used < limit, and refuse if no row "
      "matched",
      "or hold the row that carries the limit: SELECT ... FOR UPDATE before counting"}},
    {"duplicate",
     "CWE-694",
     {"put a unique constraint on what must exist once, and turn its violation into a 409 or into "
      "the existing resource",
      "for retries: an Idempotency-Key that is stored in the same transaction as the effect"}},
    {"resurrected",
     "CWE-362",
     {"never insert what was to be updated: UPDATE ... WHERE id = ?, and answer 404 if no row "
      "matched",
      "or hold the row from the read to the write: SELECT ... FOR UPDATE in one transaction"}},
    {"stale answer",
     "CWE-362",
     {"answer from what was written (UPDATE ... RETURNING), not from what was read before"}},
    {"answer contradicts state",
     "CWE-362",
     {"answer from what was written (UPDATE ... RETURNING), and only after the commit"}},
    {"error under contention",
     "CWE-362",
     {"turn the loser's violation, deadlock or serialization failure into a 409 or 503, or retry "
      "it"}},
    {"rule broken under contention",
     "CWE-362",
     {"check and write in one transaction that the database serializes, or hold the rows that the "
      "rule speaks of"}},
    {"missing check",
     "CWE-840",
     {"check the rule on the server, in the same statement or transaction as the write"}},
    {"other",
     "CWE-362",
     {"do what belongs together in one transaction, and hold or compare the rows that it read"}},
};

const KindOfRace& kind_named(const std::string& name) {
  for (const KindOfRace& kind : kinds)
    if (name == kind.name) return kind;
  return std::end(kinds)[-1];
}

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

enum class Lost { nothing, value, number };

/// Whether some place of the state stands as it was before the race, or moved less far, where every
/// order moves it.
Lost lost_update(const oracle::Reading& reading, const std::vector<Column>& list) {
  const auto before = leaves(reading.before.tree);
  const auto after = leaves(reading.after.tree);
  for (const auto& [place, value] : after) {
    const auto old = before.find(place);
    if (old == before.end()) continue;
    bool everywhere_wrong = !list.empty(), progressed_less = true, number = true;
    for (const Column& column : list) {
      const auto same_place = [&](const Difference& d) { return d.place == place; };
      const auto row = std::find_if(column.close.differences.begin(),
                                    column.close.differences.end(), same_place);
      if (row == column.close.differences.end() || !row->differs) {
        everywhere_wrong = false;
        break;
      }
      if (row->movement) {
        const auto [seen, should] = *row->movement;
        progressed_less =
            progressed_less && seen * should >= 0 && std::abs(seen) < std::abs(should);
        continue;
      }
      const auto expected = base::parse_json(row->expected);
      const auto is_number = [](const json::value& v) {
        return oracle::kind_of(v) == oracle::Kind::number;
      };
      number = number && expected && is_number(*expected) && is_number(*value) &&
               is_number(*old->second);
      if (number) {
        const double start = old->second->to_number<double>();
        const double moved = value->to_number<double>() - start,
                     should = expected->to_number<double>() - start;
        progressed_less =
            progressed_less && moved * should >= 0 && std::abs(moved) < std::abs(should);
      } else {
        progressed_less = progressed_less && oracle::same(*value, *old->second);
      }
    }
    if (everywhere_wrong && progressed_less) return number ? Lost::number : Lost::value;
  }
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

bool state_is_legal(const oracle::Reading& reading, const Evidence& evidence) {
  const auto& orders = evidence.oracle.orders();
  return std::any_of(orders.begin(), orders.end(), [&](const oracle::Order& order) {
    return evidence.oracle.knows(order) &&
           oracle::state_matches(evidence.oracle.pattern(order), reading.after, reading.names);
  });
}

bool is_longer(const Difference& d) {
  return d.differs && d.place.starts_with(".after") && d.seen.ends_with(" elements") &&
         std::atoi(d.seen.c_str()) > std::atoi(d.expected.c_str());
}

bool has_longer_list(const std::vector<Column>& list) {
  return !list.empty() && std::all_of(list.begin(), list.end(), [](const Column& column) {
    return std::any_of(column.close.differences.begin(), column.close.differences.end(), is_longer);
  });
}

/// A sink that was called more often than in any order, in words; empty where there is none.
std::string called_too_often(const std::vector<Column>& list, const scenario::Scenario& scenario) {
  for (const scenario::Sink& sink : scenario.sinks) {
    int seen = 0, most = 0, columns = 0;
    for (const Column& column : list)
      for (const Difference& d : column.close.differences)
        if (is_longer(d) && d.place == ".after." + sink.name) {
          seen = std::atoi(d.seen.c_str());
          most = std::max(most, std::atoi(d.expected.c_str()));
          ++columns;
        }
    if (columns == 0 || columns < static_cast<int>(list.size())) continue;
    return fmt::format("{} is called {}. Here it was called {} times.", sink.name,
                       most == 0   ? "never"
                       : most == 1 ? "once"
                                   : fmt::format("{} times", most),
                       seen);
  }
  return "";
}

}  // namespace

void set_kind(record::Finding& finding, const std::string& name) {
  const KindOfRace& kind = kind_named(name);
  finding.kind = kind.name;
  finding.cwe = kind.cwe;
  finding.cures = kind.cures;
}

Named name_it(const Evidence& evidence, const Attempt& attempt, const std::vector<Column>& list) {
  const oracle::Reading& reading = attempt.reading;
  int most_ok = 0;
  for (const Column& column : list)
    most_ok = std::max(most_ok, static_cast<int>(evidence.oracle.winners(*column.order).size()));
  const int ok = ok_count(reading);
  const std::string one_at_a_time = "One at a time, in whatever order, ";
  if (is_resurrected(reading, evidence))
    return {"resurrected",
            one_at_a_time + "it is gone at the end. Here it was deleted, and exists again."};
  if (evidence.ledger.by_request.is == oracle::ByRequest::explained)
    return {"check-then-act across requests",
            ok > most_ok
                ? one_at_a_time + fmt::format("at most {} of them succeed{}: whoever comes second "
                                              "sees it and stops. Here {} did. "
                                              "Each single request is treated well; what was read "
                                              "had changed when it was acted on.",
                                              most_ok, most_ok == 1 ? "s" : "", ok)
            : attempt.judgement.layer == oracle::Layer::bodies
                ? "Statuses and state are those of some order: what was written is right. But what "
                  "a script had read had changed when it wrote, and no order has it read that. "
                  "Where nothing depends on what is read there, mask it."
                : "The requests, one by one as they were interleaved, explain it; the scripts, one "
                  "after another, do not: what "
                  "was read had changed when it was acted on."};
  if (attempt.judgement.layer == oracle::Layer::bodies)
    return {"stale answer",
            "Statuses and state are those of some order; but somebody was told what is not true in "
            "it."};
  if (ok > most_ok) {
    const bool interchangeable = evidence.scenario.race.size() == 1;
    const std::string why =
        one_at_a_time + fmt::format("{} of them succeed{}. Here {} did.",
                                    most_ok == 0 ? "none" : fmt::format("at most {}", most_ok),
                                    most_ok == 1 ? "s" : "", ok);
    return {!interchangeable ? "check-then-act"
            : most_ok <= 1   ? "double execution"
                             : "limit exceeded",
            why};
  }
  if (const std::string calls = called_too_often(list, evidence.scenario); !calls.empty())
    return {"double execution", one_at_a_time + calls};
  if (const Lost lost = lost_update(reading, list); lost != Lost::nothing) {
    const bool all_ok = ok == static_cast<int>(reading.told.size());
    return {"lost update",
            one_at_a_time +
                fmt::format("every confirmed change is there at the end. Here {} gone, though {} "
                            "told yes.",
                            reading.told.size() > 2 ? "some are" : "one is",
                            all_ok ? "everybody was" : "who made it was"),
            lost == Lost::number};
  }
  if (has_longer_list(list))
    return {"duplicate", one_at_a_time + "there are fewer of them at the end."};
  if (state_is_legal(reading, evidence))
    return {"answer contradicts state",
            "The state is that of some order, but the answers are not what that order gives."};
  return {"other", "No order of the scripts gives these answers and this state together."};
}

}  // namespace experiment
