#include "report/in_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <cstdlib>

#include "base/json.h"

namespace report {
namespace {

using record::Place;
using record::Schedule;
using record::Value;

std::vector<std::string> split(const std::string& text, std::string_view separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find(separator, begin)) != std::string::npos;
       begin = end + separator.size())
    parts.push_back(text.substr(begin, end - begin));
  parts.push_back(text.substr(begin));
  return parts;
}

std::string unescaped(std::string token) {
  for (const auto& [escape, plain] : {std::pair("~1", "/"), std::pair("~0", "~")})
    for (std::size_t at = 0; (at = token.find(escape, at)) != std::string::npos; ++at)
      token.replace(at, 2, plain);
  return token;
}

bool is_identifier(const std::string& token) {
  return !token.empty() && std::isdigit(static_cast<unsigned char>(token[0])) == 0 &&
         std::all_of(token.begin(), token.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

std::string path_of_token(const std::string& escaped) {
  if (escaped == "-") return "[]";
  const std::string token = unescaped(escaped);
  if (!token.empty() && token.find_first_not_of("0123456789") == std::string::npos)
    return "[" + token + "]";
  if (token == "*" || is_identifier(token)) return "." + token;
  return "." + base::to_text(json::string(token));
}

/// "order .status": with a path behind it, if there is one.
std::string with_path(const std::string& of, const std::string& pointer) {
  return pointer.empty() ? of : of + " " + path_of(pointer);
}

std::string owner_of(const Place& place, const Words& words) {
  switch (place.in) {
    case Place::In::answer:
      return place.step == 0
                 ? words(Spot::answer, {{"name", place.name}})
                 : words(Spot::answer_step, {{"name", place.name}, {"step", place.step}});
    case Place::In::state:
      return place.name.empty() ? words(Spot::all_reads)
                                : words(Spot::state, {{"name", place.name}});
    case Place::In::sink:
      return words(Spot::sink, {{"name", place.name}});
    case Place::In::suffix:
      return words(Spot::suffix, {{"name", place.name}});
  }
  return "";
}

/// What a script was told, step by step; 0: no answer.
std::string statuses_in_words(const std::vector<std::string>& statuses, bool stopped,
                              const Words& words) {
  std::vector<std::string> each = statuses;
  std::replace(each.begin(), each.end(), std::string("0"), words(Told::no_answer));
  if (each.empty()) return words(stopped ? Told::stopped : Told::nothing_sent);
  if (!stopped) return joined(each);
  return words(Told::then_stopped, {{"statuses", joined(each)}});
}

/// As a value has them: "200, -".
std::string statuses_in_words(const std::string& text, const Words& words) {
  std::vector<std::string> each = split(text, ", ");
  const bool stopped = each.back() == "-";
  if (stopped) each.pop_back();
  return statuses_in_words(each, stopped, words);
}

std::string names_in_words(const Value& value, const Words& words) {
  std::vector<std::string> names;
  for (const std::string& pointer : split(value.text, "\n")) names.push_back(path_of(pointer));
  const int more = value.count - static_cast<int>(names.size());
  if (more <= 0) return joined(names);
  return words(Told::and_more, {{"names", joined(names)}, {"more", more}});
}

std::string turn_in_words(const record::Order::Turn& turn, const Words& words) {
  if (turn.step > 0) return words(Turns::step, {{"script", turn.script}, {"step", turn.step}});
  if (turn.times > 1) return words(Turns::copies, {{"times", turn.times}, {"script", turn.script}});
  return turn.script;
}

// -- schedules

std::string span_of(std::int64_t ns) {
  if (ns < 1'000'000) return fmt::format("{} µs", ns / 1000);
  return fmt::format("{:.1f} ms", static_cast<double>(ns) / 1e6);
}

/// "5.5 to 7.0 ms"; one of them where both read the same.
std::string span_of(std::int64_t least, std::int64_t most, const Words& words) {
  std::string from = span_of(least);
  const std::string to = span_of(most);
  if (from == to) return from;
  const std::size_t unit = from.find(' ');
  const bool one_unit = from.substr(unit) == to.substr(to.find(' '));
  return words(Timing::span, {{"from", one_unit ? from.substr(0, unit) : from}, {"to", to}});
}

/// The name of an entry; records that were written by hand may have too few.
std::string entry_of(const record::Record& record, std::size_t entry) {
  return entry < record.entries.size() ? record.entries[entry] : std::to_string(entry);
}

/// "accept 5.2 ms after cancel", "b 1.0 ms, c 2.0 ms after the others", "7 of 20 up to 3.1 ms
/// late".
std::string offsets_in_words(const Schedule& least, const Schedule& most,
                             const record::Record& record, const Words& words) {
  constexpr std::size_t few = 3;
  const auto& offsets = most.offsets_ns;
  std::vector<std::size_t> late;
  std::size_t first = 0;
  for (std::size_t i = 0; i < offsets.size(); ++i)
    if (offsets[i] > 0)
      late.push_back(i);
    else
      first = i;
  if (late.empty()) return words(Timing::together);
  if (late.size() > few)
    return words(Timing::many_late,
                 {{"late", late.size()},
                  {"of", offsets.size()},
                  {"span", span_of(*std::max_element(offsets.begin(), offsets.end()))}});
  std::vector<std::string> each;
  for (const std::size_t i : late) {
    const std::int64_t from = i < least.offsets_ns.size() ? least.offsets_ns[i] : offsets[i];
    each.push_back(words(Timing::late, {{"script", entry_of(record, i)},
                                        {"span", span_of(from, offsets[i], words)}}));
  }
  if (late.size() + 1 < offsets.size())
    return words(Timing::after_the_others, {{"late", joined(each)}});
  return words(Timing::after, {{"late", joined(each)}, {"script", entry_of(record, first)}});
}

std::string held_in_words(Schedule::Sync sync, Schedule::Hold hold, const Words& words) {
  if (sync == Schedule::Sync::threads) return words(Timing::threads);
  return words(hold == Schedule::Hold::body ? Timing::held_body : Timing::held_headers);
}

bool has_several_steps(const record::Record& record) {
  return std::any_of(record.scripts.begin(), record.scripts.end(),
                     [](const record::Named& script) { return script.steps > 1; });
}

std::string lags_in_words(std::int64_t least, std::int64_t most, const record::Record& record,
                          const Words& words) {
  const std::string first = entry_of(record, 0), second = entry_of(record, 1);
  if (least == 0 && most == 0) return words(Timing::both_together);
  if (least < 0 && most > 0)
    return words(Timing::arrives_either, {{"first", first},
                                          {"second", second},
                                          {"early", span_of(-least)},
                                          {"late", span_of(most)}});
  const bool first_is_late = least < 0;
  const Fillings who{{"first", first_is_late ? second : first},
                     {"second", first_is_late ? first : second}};
  const auto [from, to] = std::minmax({std::abs(least), std::abs(most)});
  const Timing timing = from == 0 ? Timing::arrives_within : Timing::arrives_after;
  Fillings all = who;
  all.emplace_back("span", from == 0 ? span_of(to) : span_of(from, to, words));
  return words(timing, all);
}

// -- codes with their members

std::string values_in_words(const json::value& values, int more, const Words& words) {
  std::vector<std::string> each;
  for (const json::value& value : values.as_array())
    each.push_back(
        words(Told::with_runs, {{"value", in_words(record::value_from(value.at("value")), words)},
                                {"runs", value.at("runs").to_number<int>()}}));
  if (more == 0) return joined(each);
  return words(Told::more_values, {{"values", joined(each)}, {"more", more}});
}

Filling number_of(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (value.is_uint64()) return value.get_uint64();
  return value.get_double();
}

/// Each member by its name, in words.
Fillings fillings_of(std::span<const record::Member> members, const json::object& with,
                     const record::Record& record, const Words& words) {
  using Is = record::Member::Is;
  Fillings fillings;
  const auto fill = [&](std::string_view name, Filling filling) {
    fillings.emplace_back(std::string(name), std::move(filling));
  };
  for (const record::Member& member : members) {
    const json::value& value = with.at(member.name);
    switch (member.is) {
      case Is::number:
        fill(member.name, number_of(value));
        break;
      case Is::text:
        fill(member.name, std::string(value.as_string()));
        break;
      case Is::place:
        fill(member.name, in_words(record::place_from(value), words));
        break;
      case Is::value:
        fill(member.name, in_words(record::value_from(value), words));
        break;
      case Is::order:
        fill(member.name, in_words(record::order_from(value), words));
        break;
      case Is::schedule:
        fill(member.name, in_words(record::schedule_from(value), record, words));
        break;
      case Is::rule_error:
        fill(member.name, in_words(record::rule_error_from(value), words));
        break;
      case Is::values:
        fill(member.name, values_in_words(value, with.at("more").to_number<int>(), words));
        break;
    }
  }
  return fillings;
}

/// "shop.yaml:12:3: ", for those who click on it.
std::string where(const json::object& with, const record::Record& record) {
  const json::value* line = with.if_contains("line");
  if (line == nullptr || line->to_number<int>() == 0) return "";
  return fmt::format("{}:{}:{}: ", record.scenario_file, line->to_number<int>(),
                     with.at("column").to_number<int>());
}

}  // namespace

std::string path_of(const std::string& pointer) {
  if (pointer.empty()) return "";
  std::string path;
  for (const std::string& token : split(pointer.substr(1), "/")) path += path_of_token(token);
  return path;
}

std::string in_words(const Place& place, const Words& words) {
  const std::string owner = owner_of(place, words);
  switch (place.part) {
    case Place::Part::statuses:
      return words(Spot::statuses, {{"of", owner}});
    case Place::Part::status:
      return words(Spot::status, {{"of", owner}});
    case Place::Part::headers:
      return words(Spot::header,
                   {{"of", owner},
                    {"header", place.pointer.empty() ? "" : unescaped(place.pointer.substr(1))}});
    case Place::Part::members:
      return words(Spot::members, {{"of", with_path(owner, place.pointer)}});
    case Place::Part::whole:
    case Place::Part::body:
    case Place::Part::calls:
      break;
  }
  return with_path(owner, place.pointer);
}

std::string in_words(const Value& value, const Words& words) {
  const std::string text = value.is == Value::Is::statuses ? statuses_in_words(value.text, words)
                           : value.is == Value::Is::names  ? names_in_words(value, words)
                                                           : value.text;
  std::string said =
      words(value.is, {{"text", text}, {"count", value.count}, {"moved", value.moved}});
  if (value.moved == 0 || value.is == Value::Is::moved) return said;
  return words(Told::moved, {{"value", said}, {"moved", value.moved}});
}

std::string in_words(const record::Order& order, const Words& words) {
  if (order.turns.empty()) return words(Turns::nobody);
  std::vector<std::string> turns;
  for (const record::Order::Turn& turn : order.turns) turns.push_back(turn_in_words(turn, words));
  return joined(turns, words(Turns::then));
}

std::string in_words(const record::RuleError& error, const Words& words) {
  if (error.is == record::RuleError::Is::none) return "";
  return words(error.is, {{"path", error.path}, {"text", error.text}});
}

std::string in_words(const record::Group& group, const Words& words) {
  std::string text;
  for (std::size_t i = 0; i < group.members.size(); ++i) {
    const auto& [script, times] = group.members[i];
    const std::string member =
        times > 1 ? words(Turns::copies_in_group, {{"times", times}, {"script", script}}) : script;
    const bool last = i + 1 == group.members.size();
    text = i == 0 ? member
                  : words(last ? Turns::all_and : Turns::each_and,
                          {{"first", text}, {"last", member}});
  }
  return text;
}

std::string in_words(const Schedule& schedule, const record::Record& record, const Words& words) {
  return in_words(schedule, schedule, record, words);
}

std::string in_words(const Schedule& least, const Schedule& most, const record::Record& record,
                     const Words& words) {
  std::string held = held_in_words(most.sync, most.hold, words);
  if (has_several_steps(record))
    held = words(Timing::before_step, {{"held", held}, {"step", most.gate + 1}});
  std::vector<std::string> parts{offsets_in_words(least, most, record, words), held};
  if (most.connections == Schedule::Connections::shared)
    parts.push_back(words(Timing::one_connection));
  return joined(parts);
}

std::string in_words(const record::Window& window, const record::Record& record,
                     const Words& words) {
  const auto in_ns = [](double ms) { return static_cast<std::int64_t>(std::llround(ms * 1e6)); };
  std::string when = lags_in_words(in_ns(window.low_ms), in_ns(window.high_ms), record, words);
  if (!has_several_steps(record)) return when;
  return words(Timing::with_gate, {{"when", when}, {"step", window.before_step}});
}

std::string in_words(const record::Manner& manner, const Words& words) {
  const std::string held = words(
      Timing::before_step,
      {{"held", held_in_words(manner.sync, manner.hold, words)}, {"step", manner.before_step}});
  return manner.connections == Schedule::Connections::shared
             ? joined({held, words(Timing::one_connection)})
             : held;
}

std::string in_words(const record::Told& told, const Words& words) {
  std::vector<std::string> each;
  for (const int status : told.statuses) each.push_back(std::to_string(status));
  const std::string statuses = statuses_in_words(each, told.stopped, words);
  const Fillings fillings{{"script", told.script}, {"times", told.times}, {"statuses", statuses}};
  return words(told.times > 1 ? Told::copies : Told::statuses, fillings);
}

std::string in_words(const record::Read& read, const Words& words) {
  if (read.of_sink) return words(Told::sink_calls, {{"name", read.name}, {"calls", read.calls}});
  const std::string status =
      read.status == 0 ? words(Told::no_answer) : std::to_string(read.status);
  return words(Told::read, {{"name", read.name}, {"status", status}, {"body", read.body}});
}

std::string in_words(const record::Attempt& attempt, const Words& words) {
  return words(attempt.result,
               {{"order", in_words(attempt.order, words)}, {"scripts", joined(attempt.refused)}});
}

std::string letter_of(int outcome) {
  constexpr int letters = 26;
  if (outcome < 0) return "";
  if (outcome >= letters) return std::to_string(outcome + 1);
  return std::string(1, static_cast<char>('A' + outcome));
}

std::string in_words(const record::Remark& remark, const record::Record& record,
                     const Words& words) {
  Fillings fillings = fillings_of(members_of(remark.code), remark.with, record, words);
  if (const json::value* sink = remark.with.if_contains("sink"))
    fillings.emplace_back("variable",
                          fmt::format("{{{{$sink.{}}}}}", std::string_view(sink->as_string())));
  if (remark.code == record::RemarkCode::self_check_blind)
    fillings.emplace_back("window", window_of(remark.with.at("window_us").to_number<double>()));
  if (remark.code == record::RemarkCode::error_seen &&
      remark.with.at("status").to_number<int>() == 0)
    return words(Otherwise::no_answer_seen, fillings);
  return words(remark.code, fillings);
}

std::string in_words(const record::Reason& reason, const record::Record& record,
                     const Words& words) {
  Fillings fillings = fillings_of(members_of(reason.code), reason.with, record, words);
  fillings.emplace_back("where", where(reason.with, record));
  if (reason.code == record::ReasonCode::target_lost) {
    const json::string& during = reason.with.at("during").as_string();
    if (during == "serial_run") return words(Otherwise::serial_run_failed, fillings);
    if (during == "second_look") return words(Otherwise::second_look_failed, fillings);
  }
  return words(reason.code, fillings);
}

std::string in_words(const record::NextStep& step, const record::Record& record,
                     const Words& words) {
  return words(step.code, fillings_of(members_of(step.code), step.with, record, words));
}

std::string in_words(const record::Misfit& misfit, const Words& words) {
  const std::string expected = misfit.is == record::Misfit::Is::new_version
                                   ? std::to_string(record::Record().version)
                                   : misfit.expected;
  return words(misfit.is, {{"path", misfit.path},
                           {"expected", expected},
                           {"found", misfit.found},
                           {"offset", misfit.offset}});
}

std::string result_of(const record::Part& part, const Words& words) {
  if (part.result == record::Part::Result::stopped && part.stopped_before > 0)
    return words(Told::stopped_before, {{"step", part.stopped_before}});
  return words(part.result);
}

std::string asked(const record::Move& move) {
  return move.say.empty() ? move.request : fmt::format("“{}” {}", move.say, move.request);
}

std::string no_answer(const record::Move& move, const Words& words) {
  return move.error.empty() ? words(Told::no_answer)
                            : words(Told::no_answer_because, {{"error", move.error}});
}

std::string window_of(double window_us) {
  return window_us >= 1000 ? fmt::format("{:g} ms", window_us / 1000)
                           : fmt::format("{:g} µs", window_us);
}

std::string in_words(const record::Planted& planted, const Words& words) {
  if (planted.rate.hits == 0) return words(Doctor::never, {{"attempts", planted.rate.of}});
  if (planted.attempts == 0)
    return words(Doctor::in_rounds, {{"found_in", planted.found_in}, {"rounds", planted.rounds}});
  return words(Doctor::within, {{"attempts", planted.attempts}, {"rounds", planted.rounds}});
}

}  // namespace report
