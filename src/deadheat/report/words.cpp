#include "report/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace report {
namespace {

bool has_several_steps(const record::Finding& finding) {
  return std::any_of(finding.timeline.begin(), finding.timeline.end(),
                     [](const record::Part& part) { return part.moves.size() > 1; });
}

}  // namespace

std::string count(int number, const std::string& one, const std::string& many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

std::string joined(const std::vector<std::string>& texts, const std::string& separator) {
  return fmt::format("{}", fmt::join(texts, separator));
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

std::string rate_in_words(const record::Rate& rate) {
  return fmt::format("(95 %: {:.0f}-{:.0f} %)", rate.low * 100, rate.high * 100);
}

std::string title_of(const record::Finding& finding) {
  if (!finding.kind.empty() && finding.kind != "other") return finding.kind;
  return finding.rule.empty() ? "an outcome that no order has" : "a broken rule";
}

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

std::string judged(const record::Tried& tried) {
  std::vector<std::string> parts{fmt::format("{} explained by some order", tried.explained)};
  if (tried.unexplained > 0) parts.push_back(fmt::format("{} by none", tried.unexplained));
  if (tried.permitted > 0) parts.push_back(fmt::format("{} permitted", tried.permitted));
  if (tried.unjudged > 0) parts.push_back(fmt::format("{} not judged", tried.unjudged));
  return joined(parts, ", ");
}

std::string hit_window(const record::Finding& finding) {
  const record::Window& window = finding.window;
  if (window.when.empty()) return "";
  std::string text = fmt::format(
      "when {}{}: {} of {} attempts", window.when,
      has_several_steps(finding) ? fmt::format(", with the gate before step {}", window.before_step)
                                 : "",
      window.inside.hits, window.inside.of);
  if (window.outside.of > 0)
    text += fmt::format("; with any other lag {} of {}", window.outside.hits, window.outside.of);
  return text;
}

std::string crowd(const record::Load& load) {
  if (!load.crowded) return "";
  return fmt::format(
      "the machine was busy: other processes, the target among them if it is here, took {:.1f} of "
      "{} "
      "cores, and hardly anything was left. Requests that leave together are not begun together "
      "then: stop what else is running, or make more attempts",
      load.others, load.cores);
}

}  // namespace report
