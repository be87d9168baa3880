#include "experiment/journal.h"

#include <string>
#include <utility>

#include "base/utf8.h"
#include "finding/timeline.h"
#include "oracle/value.h"

namespace experiment {
namespace {

constexpr int format_version = 2;

void add_body(json::object& to, const json::value& body) {
  const std::string text = oracle::text_of(body);
  if (text.size() <= Journal::longest_body) {
    to["body"] = body;
    return;
  }
  to["body"] = base::cut(text, base::Bytes{Journal::longest_body});
  to["body_cut"] = true;
}

json::object as_line(const outcome::Read& read) {
  json::object value{{"status", read.status}, {"headers", read.headers}};
  add_body(value, read.body);
  if (!read.error.empty()) value["error"] = read.error;
  return value;
}

json::object reads_of(const outcome::State& state) {
  json::object reads;
  for (const outcome::Read& read : state) reads[read.name] = as_line(read);
  return reads;
}

json::object exchange_of(const outcome::Step& step, std::string request) {
  json::object value{{"request", std::move(request)},
                     {"status", step.status},
                     {"headers", step.headers},
                     {"size", step.size}};
  add_body(value, step.body);
  if (!step.error.empty()) value["error"] = step.error;
  value["sent_ns"] = step.sent.count();
  value["released_ns"] = step.released.count();
  value["answered_ns"] = step.answered.count();
  return value;
}

std::string_view name(oracle::Layer layer) {
  switch (layer) {
    case oracle::Layer::state:
      return "state";
    case oracle::Layer::bodies:
      return "bodies";
    case oracle::Layer::detail:
      return "detail";
  }
  return "";
}

std::string_view name_of(trial::Use use) {
  switch (use) {
    case trial::Use::learning:
    case trial::Use::late:
      return "serial";
    case trial::Use::control:
      return "control";
    case trial::Use::proof:
    case trial::Use::paused_proof:
      return "fresh";
  }
  return {};
}

}  // namespace

json::object Journal::answer_of(const outcome::Outcome& outcome,
                                const outcome::Answer& answer) const {
  json::array steps;
  for (std::size_t i = 0; i < answer.steps.size(); ++i)
    steps.push_back(exchange_of(answer.steps[i],
                                finding::request_text(scenario_, evaluate_, outcome, answer, i)));
  json::object value{{"script", scenario::entry_name(scenario_, answer.entry)},
                     {"ok", answer.ok},
                     {"refused", answer.refused},
                     {"indeterminate", answer.indeterminate},
                     {"steps", std::move(steps)}};
  if (answer.stopped_before) value["stopped_before"] = *answer.stopped_before + 1;
  return value;
}

void Journal::add_outcome(json::object& line, const outcome::Outcome& outcome) const {
  line["lane"] = outcome.lane;
  if (outcome.failure) {
    line["failure"] = outcome.failure->message;
    return;
  }
  line["wall_begin_ns"] = outcome.wall_begin.count();
  line["wall_end_ns"] = outcome.wall_end.count();
  line["before"] = reads_of(outcome.before);
  json::array answers;
  for (const outcome::Answer& answer : outcome.answers)
    answers.push_back(answer_of(outcome, answer));
  line["answers"] = std::move(answers);
  if (!outcome.suffix.empty()) {
    json::array suffix;
    for (const outcome::Read& read : outcome.suffix) suffix.push_back(as_line(read));
    line["suffix"] = std::move(suffix);
  }
  line["after"] = reads_of(outcome.after);
  if (!outcome.later.empty()) line["later"] = reads_of(outcome.later);
}

void Journal::begin(std::string_view tool, std::string_view run, std::uint64_t seed) const {
  if (!write_) return;
  write_({{"kind", "begin"},
          {"version", format_version},
          {"tool", tool},
          {"run", run},
          {"scenario_file", scenario_.file},
          {"scenario_id", scenario_.id},
          {"scenario_name", scenario_.name},
          {"targets", json::array(scenario_.targets.begin(), scenario_.targets.end())},
          {"seed", seed}});
}

void Journal::heard(const trial::Trial::About& about, const outcome::Outcome& outcome,
                    base::Nanoseconds elapsed) const {
  using Is = trial::Purpose::Is;
  const trial::Purpose& purpose = about.purpose;
  if (!write_ || purpose.is == Is::pair || purpose.is == Is::set_up) return;
  json::object line;
  if (purpose.is == Is::serial) {
    serial(line, purpose, outcome);
  } else if (purpose.is == Is::attempt) {
    attempt(line, about, outcome);
  } else {
    line = {{"kind", "look"}, {"attempt", purpose.attempt}};
    if (outcome.failure)
      line["failure"] = outcome.failure->message;
    else
      line["later"] = reads_of(outcome.later);
  }
  line["learning"] = about.learning;
  line["heard_ns"] = elapsed.count();
  if (about.after_proof) line["after_proof"] = true;
  write_(std::move(line));
}

void Journal::serial(json::object& line, const trial::Purpose& purpose,
                     const outcome::Outcome& outcome) const {
  const oracle::Order& order = purpose.wanted.order;
  line = {{"kind", name_of(purpose.use)},
          {"order", to_text(order, scenario_)},
          {"by_request", order.by_request()}};
  if (outcome.played_anew > 0) line["played_anew"] = outcome.played_anew;
  add_outcome(line, outcome);
}

void Journal::attempt(json::object& line, const trial::Trial::About& about,
                      const outcome::Outcome& outcome) const {
  const trial::Purpose& purpose = about.purpose;
  line["kind"] = "attempt";
  if (about.attempt > 0) line["attempt"] = about.attempt;
  line["replay"] = purpose.made == trial::Made::replay;
  line["schedule"] = to_json(purpose.schedule);
  line["gate_opened_ns"] = outcome.gate_opened.count();
  add_outcome(line, outcome);
}

void Journal::judgement(const trial::Attempt& attempt) const {
  if (!write_) return;
  const oracle::Judgement& judged = attempt.judgement;
  json::object line{{"kind", "judgement"}, {"attempt", attempt.number}};
  if (attempt.explained()) {
    line["is"] = "explained";
    json::array by, out;
    for (const oracle::Order& order : judged.orders) by.emplace_back(to_text(order, scenario_));
    const auto entries = scenario::entries(scenario_);
    for (const int entry : judged.out)
      out.emplace_back(entry_name(scenario_, entries.at(static_cast<std::size_t>(entry))));
    line["by"] = std::move(by);
    line["turned_away"] = std::move(out);
  } else if (judged.is == oracle::Judgement::Is::contradicts) {
    line["is"] = "unexplained";
    line["layer"] = name(judged.layer);
    line["looked_again"] = attempt.looked_again;
  } else {
    line["is"] = "unjudged";
  }
  if (attempt.permit) line["permitted"] = *attempt.permit;
  if (!attempt.broken.empty()) {
    json::array rules;
    for (const trial::BrokenRule& rule : attempt.broken) rules.emplace_back(rule.name);
    line["broken_rules"] = std::move(rules);
  }
  line["overlapped"] = attempt.overlapped;
  line["counts"] = attempt.effort;
  write_(std::move(line));
}

void Journal::end(const record::Record& record) const {
  if (!write_) return;
  write_({{"kind", "end"},
          {"verdict", record::name_of(record.verdict)},
          {"exit_code", record.exit_code}});
}

}  // namespace experiment
