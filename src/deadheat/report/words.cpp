#include "report/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstddef>

#include "report/checkup.h"
#include "report/columns.h"

namespace report {
namespace {

bool has_several_steps(const record::Finding& finding) {
  return std::any_of(finding.timeline.begin(), finding.timeline.end(),
                     [](const record::Part& part) { return part.moves.size() > 1; });
}

/// "(95 %: 51-100 %)".
std::string rate_in_words(const record::Rate& rate) {
  return fmt::format("(95 %: {:.0f}-{:.0f} %)", rate.low * 100, rate.high * 100);
}

/// Inside the server or between the requests.
std::string where_it_lies(const record::Finding& finding, bool race) {
  if (!race) return "";
  if (finding.layer == "body") return "in an answer only; the state is as some order leaves it";
  if (finding.across_requests)
    return "between the requests: the server treats each of them well, but what a script had read "
           "was no longer true when it wrote";
  if (finding.layer == "state" && has_several_steps(finding))
    return "inside the server: not even the single requests, interleaved as they were, explain it";
  return "";
}

/// "2 redeem are enough, of 20: 4 of 4 attempts, 0 of 20 fresh serial runs".
std::string how_few(const record::Fewest& fewest) {
  if (fewest.of == 0) return "";
  std::vector<std::string> parts;
  if (fewest.scripts > 0)
    parts.push_back(
        fmt::format("{} are enough, of {}: {} of {} attempts, {} of {} fresh serial runs",
                    fewest.group, fewest.of, fewest.concurrent.hits, fewest.concurrent.of,
                    fewest.serial.hits, fewest.serial.of));
  constexpr std::size_t few = 4;
  if (fewest.quiet.size() > few)
    parts.push_back(fmt::format("no race was seen in {} smaller groups", fewest.quiet.size()));
  else if (!fewest.quiet.empty())
    parts.push_back("no race was seen with " + joined(fewest.quiet, ", nor with "));
  if (fewest.cut_short) parts.emplace_back("the time for it ended before all groups were tried");
  return joined(parts, "; ");
}

std::string attempts_made(const record::Record& record) {
  const record::Tried& tried = record.tried;
  std::string text = fmt::format("{}: {} overlapped", tried.attempts, tried.overlapped);
  // Effort is what `clean` is earned by; beside a proof it would read like a reproach.
  if (record.findings.empty()) text += fmt::format(", {} count as effort", tried.counted);
  if (tried.after_proof > 0)
    text += fmt::format("; {} of them after the proof, to see when it hits", tried.after_proof);
  return text;
}

/// "190 explained by some order, 4 by none".
std::string judged(const record::Tried& tried) {
  std::vector<std::string> parts{fmt::format("{} explained by some order", tried.explained)};
  if (tried.unexplained > 0) parts.push_back(fmt::format("{} by none", tried.unexplained));
  if (tried.permitted > 0) parts.push_back(fmt::format("{} permitted", tried.permitted));
  if (tried.unjudged > 0) parts.push_back(fmt::format("{} not judged", tried.unjudged));
  return joined(parts, ", ");
}

std::string manners(const record::Tried& tried) {
  std::vector<std::string> parts;
  for (const auto& [manner, times] : tried.manners)
    parts.push_back(fmt::format("{} × {}", times, manner));
  return joined(parts, "; ");
}

std::string sinks(const record::Tried& tried) {
  std::vector<std::string> parts;
  for (const record::SinkTally& sink : tried.sinks)
    parts.push_back(fmt::format("{} {}", sink.sink, count(sink.calls, "call", "calls")));
  return joined(parts, ", ");
}

std::string refusals(const record::Tried& tried) {
  std::vector<std::string> parts;
  for (const record::Refusal& refusal : tried.refusals)
    parts.push_back(
        fmt::format("{} with {} in {}{}", refusal.script,
                    refusal.status == 0 ? "REFUSED_STREAM" : std::to_string(refusal.status),
                    count(refusal.times, "attempt", "attempts"),
                    refusal.customary ? "" : " (odd: not how losers are told)"));
  return parts.empty() ? "" : "only under contention: " + joined(parts, ", ");
}

/// What `clean` is worth. Rounded down: the claim must not be stronger than the bound.
std::string bound(const record::Record& record) {
  const double rate = record.tried.upper_bound;
  if (record.verdict != "clean" || rate <= 0 || rate >= 1) return "";
  return fmt::format(
      "a race that hits more often than 1 in {:.0f} attempts would have been seen (95 %)",
      std::floor(1 / rate));
}

std::string self_check(const record::Tried& tried) {
  std::vector<std::string> parts;
  for (const record::Planted& planted : tried.sensitivity)
    parts.push_back(window_in_words(planted.window_us) + " " + found_in_words(planted));
  if (parts.empty()) return "";
  return "planted race windows are found here, now: " + joined(parts, "; ") +
         " (deadheat doctor has more)";
}

}  // namespace

std::string count(int number, const std::string& one, const std::string& many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

std::string joined(const std::vector<std::string>& texts, const std::string& separator) {
  return fmt::format("{}", fmt::join(texts, separator));
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
  return text;
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : visible(text)) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}
std::string measure(double value) {
  const double size = std::abs(value);
  std::string text = fmt::format("{:.{}f}", value, size >= 100 ? 0 : size >= 10 ? 1 : 2);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

std::string milliseconds(double ms) {
  if (ms >= 10'000) return measure(ms / 1000) + " s";
  return ms > 0 && ms < 1 ? fmt::format("{:.0f} µs", ms * 1000) : measure(ms) + " ms";
}

std::string microseconds(double us) { return milliseconds(us / 1000); }

double tick_step(double least) {
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= least) return factor * power;
  return 10 * power;
}

std::string asked(const record::Move& move) {
  return move.say.empty() ? move.request : fmt::format("“{}” {}", move.say, move.request);
}

std::string no_answer(const record::Move& move) {
  return move.error.empty() ? "no answer" : "no answer: " + move.error;
}

std::string title_of(const record::Finding& finding) {
  if (!finding.kind.empty() && finding.kind != "other") return finding.kind;
  return finding.rule.empty() ? "an outcome that no order has" : "a broken rule";
}

std::string in_brief(const record::Finding& finding) {
  return fmt::format("{}{}: {}", title_of(finding),
                     finding.cwe.empty() ? "" : " (" + finding.cwe + ")", finding.headline);
}

std::string hit_window(const record::Finding& finding) {
  const record::Window& window = finding.window;
  if (window.when.empty() || window.outside.of == 0) return "";
  return fmt::format("when {}{}: {} of {} attempts; with any other lag {} of {}", window.when,
                     has_several_steps(finding)
                         ? fmt::format(", with the gate before step {}", window.before_step)
                         : "",
                     window.inside.hits, window.inside.of, window.outside.hits, window.outside.of);
}

const char* what_broken_means() {
  return "This is not a race: nothing has to arrive together. The rule breaks when the requests "
         "come one at a time, too; the server lacks a check. A lock or a transaction would not "
         "mend it.";
}

std::string crowd(const record::Load& load) {
  if (!load.crowded) return "";
  return fmt::format(
      "the machine was busy: other processes, the target among them if it is here, took {:.1f} of "
      "{} cores, and hardly anything was left. Requests that leave together are not begun together "
      "then: stop what else is running, or make more attempts",
      load.others, load.cores);
}

std::vector<Entry> what_it_is(const record::Finding& finding, bool race) {
  return {
      {"why", finding.why},
      {"rule", finding.rule + (finding.rule_values.empty() ? "" : " saw " + finding.rule_values)},
      {"where", where_it_lies(finding, race)}};
}

std::vector<Entry> how_sure(const record::Finding& finding, bool race) {
  std::vector<Entry> entries;
  if (race && finding.concurrent.of > 0)
    entries.push_back({"hit rate", fmt::format("{} of {} attempts {}, {} of {} fresh serial runs",
                                               finding.concurrent.hits, finding.concurrent.of,
                                               rate_in_words(finding.concurrent),
                                               finding.serial.hits, finding.serial.of)});
  else if (finding.serial.of > 0)
    entries.push_back(
        {"one by one", fmt::format("it fails in {} of {} serial runs {}", finding.serial.hits,
                                   finding.serial.of, rate_in_words(finding.serial))});
  if (finding.proven_at > 0)
    entries.push_back({"proven", "after " + count(finding.proven_at, "attempt", "attempts")});
  entries.push_back({"schedule", finding.schedule});
  entries.push_back({"window", hit_window(finding)});
  for (std::size_t i = 0; i < finding.schedules.size(); ++i)
    entries.push_back({i == 0 ? "hits by" : "",
                       fmt::format("{}: {} of {}", finding.schedules[i].schedule,
                                   finding.schedules[i].rate.hits, finding.schedules[i].rate.of)});
  entries.push_back({"fewest", how_few(finding.fewest)});
  if (race) entries.push_back({"closest", finding.closest_order});
  return entries;
}

std::vector<Entry> what_was_tried(const record::Record& record) {
  const record::Tried& tried = record.tried;
  const bool swept = tried.offset_low_ms != 0 || tried.offset_high_ms != 0;
  const std::string refused = refusals(tried);
  return {
      {"attempts", attempts_made(record)},
      {"judged", judged(tried)},
      {"released", manners(tried)},
      {"spread", fmt::format("within {} in half of the attempts, within {} in 99 of 100",
                             microseconds(tried.spread_p50_us), microseconds(tried.spread_p99_us))},
      {"offsets", swept ? fmt::format("{} to {} ms", measure(tried.offset_low_ms),
                                      measure(tried.offset_high_ms))
                        : ""},
      {"sinks", sinks(tried)},
      {"lanes", tried.lanes > 1 ? fmt::format("{} side by side", tried.lanes) : ""},
      {"refused", refused},
      {refused.empty() ? "refused" : "",
       tried.everyone_refused > 0
           ? fmt::format("in {} everybody was refused",
                         count(tried.everyone_refused, "attempt", "attempts"))
           : ""},
      {"machine", crowd(tried.load), Tone::warn},
      {"controls",
       tried.controls > 0 ? count(tried.controls, "serial run", "serial runs") + " mixed in" : ""},
      {"anew", tried.played_anew > 0
                   ? fmt::format("{} played once more: the server had hung up on a kept connection",
                                 count(tried.played_anew, "serial run was", "serial runs were"))
                   : ""},
      {"so", bound(record), Tone::good},
      {"self-check", self_check(tried)}};
}

}  // namespace report
