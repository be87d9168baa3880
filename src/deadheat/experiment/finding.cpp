#include "experiment/finding.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "experiment/windows.h"
#include "oracle/value.h"
#include "scenario/fill.h"

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

void set_kind(record::Finding& finding, const std::string& name) {
  const KindOfRace& kind = kind_named(name);
  finding.kind = kind.name;
  finding.cwe = kind.cwe;
  finding.cures = kind.cures;
}

int ok_count(const oracle::Reading& reading) {
  return static_cast<int>(std::count_if(reading.told.begin(), reading.told.end(),
                                        [](const auto& told) { return told.signature.ok; }));
}

/// An attempt beside every order that was learnt, at most so many.
struct Column {
  const oracle::Order* order;
  oracle::Oracle::Closeness close;
};

std::vector<Column> columns(const Evidence& evidence, const oracle::Reading& reading) {
  constexpr std::size_t most = 24;
  std::vector<Column> list;
  for (const oracle::Order& order : evidence.oracle.orders()) {
    if (list.size() == most) break;
    if (evidence.oracle.knows(order))
      list.push_back({&order, evidence.oracle.closeness(reading, order)});
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.close.count < b.close.count; });
  return list;
}

/// ".after.payments" is a sink's, and so is what begins with ".after.payments[": a read has a
/// status, headers and a body.
bool is_of_sink(const std::string& place) {
  constexpr std::string_view prefix = ".after.";
  if (!place.starts_with(prefix)) return false;
  const std::size_t end = place.find_first_of(".[ ", prefix.size());
  return end == std::string::npos || place[end] == '[';
}

/// "2 elements in any order" of a sink are 2 calls.
std::string in_calls(const std::string& elements) {
  const std::size_t count = elements.find(" elements");
  if (count == std::string::npos) return elements;
  const std::string number = elements.substr(0, count);
  return number + (number == "1" ? " call" : " calls");
}

/// The read that a row of the state is of: "thing" of "state thing .id".
std::string read_of(const record::Comparison& row) {
  constexpr std::string_view state = "state ";
  if (!row.place.starts_with(state)) return "";
  return row.place.substr(state.size(), row.place.find(' ', state.size()) - state.size());
}

/// Where a read has another status than in any order, all its members are there, or gone, with it:
/// one row says so, in place of one for each of them.
void fold_members(std::vector<record::Comparison>& rows) {
  std::set<std::string> other_status;
  for (const record::Comparison& row : rows)
    if (row.differs && row.place.starts_with("state ") && row.place.ends_with(" HTTP status"))
      other_status.insert(read_of(row));
  for (const std::string& read : other_status) {
    const std::string prefix = "state " + read + " ";
    const auto comes_or_goes = [&](const record::Comparison& row) {
      const bool nowhere = std::all_of(row.allowed.begin(), row.allowed.end(),
                                       [](const std::string& text) { return text == "absent"; });
      return row.place.starts_with(prefix + ".") && (row.seen == "absent") != nowhere;
    };
    const auto first = std::find_if(rows.begin(), rows.end(), comes_or_goes);
    if (first == rows.end()) continue;
    const auto place = first - rows.begin();
    std::vector<std::string> seen, expected;
    for (const record::Comparison& row : rows)
      if (comes_or_goes(row))
        (row.seen == "absent" ? expected : seen).push_back(row.place.substr(prefix.size()));
    const auto few = [](const std::vector<std::string>& members) {
      constexpr std::size_t most = 3;
      const std::size_t named = std::min(members.size(), most);
      const std::string text = fmt::format(
          "{}",
          fmt::join(members.begin(), members.begin() + static_cast<std::ptrdiff_t>(named), ", "));
      if (members.empty()) return std::string("absent");
      return named == members.size() ? text
                                     : fmt::format("{} and {} more", text, members.size() - named);
    };
    record::Comparison folded{prefix + "members", few(seen),
                              std::vector<std::string>(first->allowed.size(), few(expected)), true};
    std::erase_if(rows, comes_or_goes);
    rows.insert(rows.begin() + place, std::move(folded));
  }
}

/// The rows of the comparison: places of the state, then of the answers, where the attempt or the
/// orders differ.
std::vector<record::Comparison> rows(const std::vector<Column>& list) {
  struct Row {
    std::string seen;
    std::vector<std::string> allowed;
    int differing = 0;
  };
  std::map<std::string, Row> by_place;
  std::vector<std::string> places;
  for (std::size_t c = 0; c < list.size(); ++c)
    for (const Difference& difference : list[c].close.differences) {
      auto [row, first] = by_place.try_emplace(difference.place, Row{difference.seen, {}, 0});
      if (first) places.push_back(difference.place);
      row->second.allowed.resize(c, "-");
      if (row->second.allowed.size() == c) row->second.allowed.push_back(difference.expected);
      row->second.differing += difference.differs;
    }
  std::vector<record::Comparison> result;
  for (const std::string& place : places) {
    Row& row = by_place[place];
    row.allowed.resize(list.size(), "-");
    // Orders in which the script was not there, or stopped, have nothing to say.
    std::set<std::string> said(row.allowed.begin(), row.allowed.end());
    said.erase("-");
    if (row.differing == 0 && said.size() < 2) continue;
    if (is_of_sink(place)) {
      row.seen = in_calls(row.seen);
      for (std::string& allowed : row.allowed) allowed = in_calls(allowed);
    }
    result.push_back({readable_place(place), row.seen, row.allowed,
                      row.differing == static_cast<int>(list.size())});
  }
  const auto rank = [](const record::Comparison& row) {
    const bool state = row.place.starts_with("state ") || row.place.starts_with("sink ");
    const bool statuses =
        row.place.ends_with("HTTP statuses") || row.place.ends_with("HTTP status");
    return (row.differs ? 0 : 10) + (statuses ? 0 : 1) + (state ? 0 : 2);
  };
  std::stable_sort(result.begin(), result.end(),
                   [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  fold_members(result);
  // Of many interchangeable scripts a few rows show what all of them would.
  constexpr std::size_t most_of_copies = 3;
  std::size_t copies = 0;
  std::erase_if(result, [&](const record::Comparison& row) {
    const bool copy =
        row.place.starts_with("answer of ") && row.place.find('[') < row.place.find(',');
    return copy && ++copies > most_of_copies;
  });
  constexpr std::size_t most = 40;
  if (result.size() > most) result.resize(most);
  return result;
}

/// The state's leaves before the race, by the places of `compare`.
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

struct Named {
  std::string kind;
  std::string why;
  bool of_a_number = false;  // what was lost is a part of a number
};

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

const std::string& label_of(const Evidence& evidence, const scenario::Entry& entry) {
  return evidence.scenario.race[static_cast<std::size_t>(entry.script)].label;
}

std::string say_of(const Evidence& evidence, const outcome::Answer& answer) {
  const auto& steps = evidence.scenario.race[static_cast<std::size_t>(answer.entry.script)].steps;
  for (std::size_t i = std::min(answer.steps.size(), steps.size()); i-- > 0;)
    if (!steps[i].say.empty()) return steps[i].say;
  return "";
}

std::string told(const outcome::Answer& answer) {
  if (answer.stopped()) return "stopped";
  if (answer.last_status() == 0) return "got no answer";
  return fmt::format("was told {} ({})",
                     answer.ok        ? "yes"
                     : answer.refused ? "no"
                                      : "neither yes nor no",
                     answer.last_status());
}

/// "was told yes" of several.
std::string plural(const std::string& verb) {
  return verb.starts_with("was ") ? "were " + verb.substr(4) : verb;
}

std::string who_was_told_what(const Evidence& evidence, const outcome::Outcome& outcome) {
  std::vector<std::string> parts;
  // Copies are counted, others named while they are few.
  if (outcome.answers.size() <= 3 && evidence.scenario.race.size() > 1) {
    for (const outcome::Answer& answer : outcome.answers) {
      const std::string say = say_of(evidence, answer);
      parts.push_back(fmt::format("{} {}{}", label_of(evidence, answer.entry),
                                  say.empty() ? "" : fmt::format("asked “{}” and ", say),
                                  told(answer)));
    }
  } else {
    std::map<std::pair<int, std::string>, int> counts;
    for (const outcome::Answer& answer : outcome.answers)
      ++counts[{answer.entry.script, told(answer)}];
    for (const auto& [key, count] : counts) {
      const scenario::Script& script = evidence.scenario.race[static_cast<std::size_t>(key.first)];
      parts.push_back(fmt::format("{} of {} {} {}", count, script.times, script.name,
                                  count == 1 ? key.second : plural(key.second)));
    }
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string what_is_true_now(const std::vector<record::Comparison>& differences) {
  std::vector<std::string> facts;
  for (const record::Comparison& row : differences)
    if (row.differs && row.place.starts_with("sink ") &&
        row.place.find(' ', 5) == std::string::npos)
      facts.push_back(fmt::format("{} has got {}", row.place.substr(5), row.seen));
  for (const bool wrong : {true, false})
    for (const record::Comparison& row : differences)
      if (row.differs == wrong && row.place.starts_with("state ") && row.seen != "absent" &&
          !row.place.ends_with(" members") && facts.size() < 2) {
        const std::string name = row.place.substr(6);
        const std::size_t status = name.find(" HTTP status");
        std::string fact = status != std::string::npos
                               ? fmt::format("{} answers {}", name.substr(0, status), row.seen)
                               : fmt::format("{} is {}", name, cut(row.seen, 60));
        const bool one_value =
            row.differs && !row.allowed.empty() &&
            std::all_of(row.allowed.begin(), row.allowed.end(),
                        [&](const std::string& text) { return text == row.allowed.front(); });
        if (one_value)
          fact += fmt::format(", where every order leaves {}", cut(row.allowed.front(), 60));
        facts.push_back(std::move(fact));
      }
  return facts.empty() ? "" : fmt::format("Now {}.", fmt::join(facts, "; "));
}

}  // namespace

std::string request_text(const scenario::Scenario& scenario, const expression::Evaluate& evaluate,
                         const outcome::Outcome& outcome, const outcome::Answer& answer,
                         std::size_t step) {
  json::object bindings = outcome.bindings;
  for (const auto& [key, value] : answer.bindings) bindings[key] = value;
  const scenario::Request& request =
      scenario.race.at(static_cast<std::size_t>(answer.entry.script)).steps.at(step);
  const auto target = scenario::fill(scenario, request.target, bindings, evaluate);
  return request.method + " " + (target ? oracle::text_of(*target) : request.target.text);
}

namespace {

record::Part part(const Evidence& evidence, const outcome::Outcome& outcome,
                  const outcome::Answer& answer, base::Nanoseconds origin) {
  const scenario::Script& script =
      evidence.scenario.race[static_cast<std::size_t>(answer.entry.script)];
  record::Part part{.script = scenario::entry_name(evidence.scenario, answer.entry),
                    .label = script.label == script.name ? "" : script.label};
  for (std::size_t i = 0; i < answer.steps.size(); ++i) {
    const outcome::Step& step = answer.steps[i];
    const bool held = step.released > step.sent;
    part.moves.push_back(
        {.request = request_text(evidence.scenario, evidence.evaluate, outcome, answer, i),
         .say = script.steps[i].say,
         .status = step.status,
         .answer = step.body.is_null() ? "" : cut(oracle::text_of(step.body), 4000),
         .error = step.error,
         .sent_ms = base::in_milliseconds(step.sent - origin),
         .released_ms = held ? base::in_milliseconds(step.released - origin) : -1,
         .answered_ms = base::in_milliseconds(step.answered - origin)});
  }
  part.result = answer.stopped() ? fmt::format("stopped before step {}", *answer.stopped_before + 1)
                : answer.last_status() == 0 ? "no answer"
                : answer.ok                 ? "ok"
                : answer.refused            ? "refused"
                                            : "failed";
  return part;
}

/// The calls in the order in which they came, whichever sink they came to.
std::vector<record::Call> calls(const outcome::State& state, base::Nanoseconds origin) {
  std::vector<record::Call> all;
  for (const outcome::Read& read : state)
    for (std::size_t i = 0; i < read.arrived.size(); ++i) {
      const json::value& call = read.body.at(i);
      const std::string query = oracle::text_of(call.at("query"));
      all.push_back({.sink = read.name,
                     .request = fmt::format("{} {}{}{}", oracle::text_of(call.at("method")),
                                            oracle::text_of(call.at("path")),
                                            query.empty() ? "" : "?", query),
                     .body = cut(oracle::text_of(call.at("body")), 4000),
                     .at_ms = base::in_milliseconds(read.arrived[i] - origin)});
    }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.at_ms < b.at_ms; });
  return all;
}

void show(const Evidence& evidence, const outcome::Outcome& outcome, record::Finding& finding) {
  base::Nanoseconds origin = base::Nanoseconds::max();
  for (const outcome::Answer& answer : outcome.answers)
    for (const outcome::Step& step : answer.steps) origin = std::min(origin, step.sent);
  for (const outcome::Answer& answer : outcome.answers)
    finding.timeline.push_back(part(evidence, outcome, answer, origin));
  finding.calls = calls(outcome.later.empty() ? outcome.after : outcome.later, origin);
}

}  // namespace

std::string cut(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

namespace {

constexpr std::string_view suffix_place = ".after.\"suffix ";

}  // namespace

std::string mask_of(const std::string& place) {
  if (!place.starts_with(suffix_place)) return place;
  const std::size_t quote = place.find('"', suffix_place.size());
  const int number = std::atoi(place.c_str() + suffix_place.size());
  return fmt::format(".suffix[{}]{}", number - 1, place.substr(quote + 1));
}

std::string readable_place(const std::string& place) {
  const auto after = [](const std::string& text, std::string_view prefix) {
    return text.substr(prefix.size());
  };
  if (place.starts_with(suffix_place)) {
    const std::size_t quote = place.find('"', suffix_place.size());
    std::string name = place.substr(suffix_place.size(), quote - suffix_place.size());
    return readable_place(fmt::format(".after.suffix {}{}", name, place.substr(quote + 1)));
  }
  if (place.starts_with(".after.suffix ")) {
    const std::string rest = after(place, ".after.");
    const std::size_t body = rest.find(".body");
    return body == std::string::npos ? rest : rest.substr(0, body) + " " + rest.substr(body + 5);
  }
  if (place.starts_with(".after.")) {
    const std::string rest = after(place, ".after.");
    const std::size_t dot = rest.find_first_of(".[");
    if (is_of_sink(place))
      return dot == std::string::npos
                 ? "sink " + rest
                 : fmt::format("sink {} {}", rest.substr(0, dot), rest.substr(dot));
    if (dot == std::string::npos) return "state " + rest;
    if (rest.find(' ') < dot) return "state " + rest;
    std::string member = rest.substr(dot);
    if (member.starts_with(".body.") || member.starts_with(".body["))
      member = member.substr(5);
    else if (member == ".body")
      member = "";
    return fmt::format("state {}{}{}", rest.substr(0, dot), member.empty() ? "" : " ", member);
  }
  if (place.starts_with(".answers.")) {
    std::string rest = after(place, ".answers.");
    if (const std::size_t blank = rest.find(' '); blank != std::string::npos)
      return fmt::format("answer of {}, {}", rest.substr(0, blank), rest.substr(blank + 1));
    const std::size_t steps = rest.find(".steps[");
    if (steps == std::string::npos) return "answer of " + rest;
    const std::size_t close = rest.find(']', steps);
    const int step = std::atoi(rest.c_str() + steps + 7) + 1;
    std::string member = rest.substr(close + 1);
    if (member.starts_with(".body.") || member.starts_with(".body["))
      member = member.substr(5);
    else if (member == ".body")
      member = "";
    return fmt::format("answer of {}, step {}{}{}", rest.substr(0, steps), step,
                       member.empty() ? "" : " ", member);
  }
  return place;
}

record::Finding explain(const Evidence& evidence, const Attempt& attempt) {
  record::Finding finding;
  const std::vector<Column> list =
      evidence.ledger.baseline ? columns(evidence, attempt.reading) : std::vector<Column>{};
  for (const Column& column : list)
    finding.orders.push_back(to_text(*column.order, evidence.scenario));
  if (!list.empty()) finding.closest_order = finding.orders.front();
  finding.differences = rows(list);
  if (attempt.contradicts()) {
    const Named named = name_it(evidence, attempt, list);
    set_kind(finding, named.kind);
    finding.why = named.why;
    // To compute where the number is kept is the plainest cure of that.
    if (named.of_a_number)
      std::rotate(finding.cures.begin(), std::prev(finding.cures.end()), finding.cures.end());
    finding.layer = attempt.judgement.layer == oracle::Layer::bodies ? "body" : "state";
    finding.across_requests = evidence.ledger.by_request.is == oracle::ByRequest::explained;
  } else {
    set_kind(finding, "rule broken under contention");
    finding.why = "The rule held in every serial run.";
    finding.layer = "rule";
  }
  if (!attempt.broken.empty()) {
    finding.rule = attempt.broken.front().name;
    finding.rule_values =
        attempt.broken.front().error
            ? fmt::format("{} ({})", attempt.broken.front().values, *attempt.broken.front().error)
            : attempt.broken.front().values;
  }
  finding.headline =
      who_was_told_what(evidence, attempt.outcome) + ". " + what_is_true_now(finding.differences);
  finding.attempt = attempt.number;
  finding.proven_at = evidence.ledger.judged();
  finding.schedule = schedule::describe(attempt.schedule, evidence.scenario);
  finding.schedule_value = schedule::to_json(attempt.schedule);
  finding.concurrent = record::rate(evidence.ledger.hits(), evidence.ledger.judged());
  finding.serial = record::rate(0, evidence.ledger.fresh_serial);
  finding.schedules = windows(evidence.ledger.attempts, evidence.scenario);
  finding.window = window(evidence.ledger.attempts, evidence.scenario);
  show(evidence, attempt.outcome, finding);
  return finding;
}

record::Finding explain(const Evidence& evidence, const Ledger::ContentionError& error) {
  const Attempt& attempt =
      evidence.ledger.attempts[static_cast<std::size_t>(error.attempts.front())];
  record::Finding finding;
  set_kind(finding, "error under contention");
  const std::string& script = evidence.scenario.race[static_cast<std::size_t>(error.script)].name;
  const std::string what =
      error.status == 0 ? "got no answer" : fmt::format("was answered {}", error.status);
  finding.headline = fmt::format("{} {} in {} of {} attempts, and never when it ran alone.", script,
                                 what, error.attempts.size(), evidence.ledger.attempts.size());
  finding.why = fmt::format(
      "{} serial runs before the first of these and {} controls after the last were all answered.",
      error.controls_before, error.controls_after);
  finding.layer = "state";
  finding.attempt = attempt.number;
  finding.proven_at = error.attempts.back() + 1;
  finding.schedule = schedule::describe(attempt.schedule, evidence.scenario);
  finding.schedule_value = schedule::to_json(attempt.schedule);
  finding.concurrent = record::rate(static_cast<int>(error.attempts.size()),
                                    static_cast<int>(evidence.ledger.attempts.size()));
  finding.serial = record::rate(0, evidence.ledger.serial_runs);
  show(evidence, attempt.outcome, finding);
  return finding;
}

record::Finding explain(const Evidence& evidence, const SerialBreak& broken) {
  record::Finding finding;
  set_kind(finding, "missing check");
  finding.layer = "rule";
  finding.rule = broken.rule.name;
  finding.rule_values = broken.rule.error
                            ? fmt::format("{} ({})", broken.rule.values, *broken.rule.error)
                            : broken.rule.values;
  finding.headline = who_was_told_what(evidence, broken.outcome) + ".";
  finding.why = fmt::format(
      "The scripts ran one after another ({}), nothing at the same time, and the rule did not "
      "hold.",
      broken.order);
  finding.schedule = "one after another: " + broken.order;
  finding.orders = {broken.order};
  finding.closest_order = broken.order;
  finding.serial = record::rate(1, evidence.ledger.serial_runs);
  show(evidence, broken.outcome, finding);
  return finding;
}

}  // namespace experiment
