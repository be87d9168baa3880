#include "finding/notes.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "oracle/place.h"

namespace finding {
namespace {

using record::Remark;
using record::RemarkCode;
using Notes = std::vector<Remark>;

void count(Notes& notes, RemarkCode code, int attempts) {
  if (attempts > 0) notes.push_back({code, {{"attempts", attempts}}});
}

void note_attempts(Notes& notes, const std::vector<trial::Attempt>& attempts) {
  int details = 0, hasty = 0, eventual = 0, indeterminate = 0;
  for (const trial::Attempt& attempt : attempts) {
    const oracle::Judgement& judgement = attempt.judgement;
    details += judgement.is == oracle::Judgement::Is::contradicts &&
               judgement.layer == oracle::Layer::detail;
    hasty += attempt.suspicious() && !attempt.suspicious_for_good();
    eventual += attempt.explained() && judgement.eventual;
    indeterminate += attempt.explained() && judgement.indeterminate;
  }
  count(notes, RemarkCode::details_differ, details);
  count(notes, RemarkCode::not_looked_at_again, hasty);
  count(notes, RemarkCode::eventual, eventual);
  count(notes, RemarkCode::indeterminate, indeterminate);
}

/// Side by side, what attempts share moves by what the others do.
void note_moves(Notes& notes, const trial::Ledger& ledger) {
  if (ledger.lanes > 1) return;
  std::vector<std::pair<oracle::Difference, int>> moves;
  for (const trial::Attempt& attempt : ledger.attempts) {
    if (!attempt.explained()) continue;
    for (const oracle::Difference& move : attempt.judgement.moved) {
      const auto same = [&](const auto& known) {
        return known.first.place == move.place && known.first.seen == move.seen &&
               known.first.expected == move.expected;
      };
      const auto known = std::find_if(moves.begin(), moves.end(), same);
      if (known == moves.end())
        moves.emplace_back(move, 1);
      else
        ++known->second;
    }
  }
  for (const auto& [move, attempts] : moves)
    notes.push_back({RemarkCode::moved_otherwise,
                     {{"attempts", attempts},
                      {"place", record::to_json(oracle::place_of(move.place))},
                      {"path", move.place},
                      {"seen", record::to_json(move.seen)},
                      {"expected", record::to_json(move.expected)}}});
}

void note_permits(Notes& notes, const std::vector<trial::Attempt>& attempts) {
  std::map<std::string, int> permits;
  for (const trial::Attempt& attempt : attempts)
    if (attempt.permit && attempt.contradicts()) ++permits[*attempt.permit];
  for (const auto& [reason, times] : permits)
    notes.push_back({RemarkCode::permitted, {{"attempts", times}, {"reason", reason}}});
}

void note_sink(Notes& notes, const record::SinkTally& sink) {
  if (sink.calls == 0)
    notes.push_back({RemarkCode::sink_never_called, {{"sink", sink.sink}, {"url", sink.url}}});
  const auto calls = [&](RemarkCode code, int number) {
    if (number > 0) notes.push_back({code, {{"sink", sink.sink}, {"calls", number}}});
  };
  calls(RemarkCode::sink_late, sink.late);
  calls(RemarkCode::sink_turned_away, sink.turned_away);
}

/// Those that are no finding.
void note_errors(Notes& notes, const Evidence& evidence) {
  const trial::Ledger& ledger = evidence.ledger;
  for (const auto& [key, error] : ledger.errors)
    if (error.attempts.size() == 1 || ledger.contention_error() == nullptr)
      notes.push_back(
          {RemarkCode::error_seen,
           {{"script", evidence.scenario.race[static_cast<std::size_t>(error.script)].name},
            {"status", error.status},
            {"attempts", error.attempts.size()}}});
}

}  // namespace

std::vector<Remark> notes(const Evidence& evidence, const record::Tried& tried) {
  Notes notes;
  note_attempts(notes, evidence.ledger.attempts);
  note_moves(notes, evidence.ledger);
  note_permits(notes, evidence.ledger.attempts);
  for (const record::Refusal& refusal : tried.refusals)
    if (!refusal.customary)
      notes.push_back(
          {RemarkCode::odd_refusal,
           {{"script", refusal.script}, {"status", refusal.status}, {"times", refusal.times}}});
  for (const record::SinkTally& sink : tried.sinks) note_sink(notes, sink);
  count(notes, RemarkCode::everyone_refused, tried.everyone_refused);
  note_errors(notes, evidence);
  return notes;
}

}  // namespace finding
