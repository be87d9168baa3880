#include "report/checkup.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/in_words.h"
#include "report/outline.h"

namespace report {
namespace {

using record::Check;
using record::CheckCode;
using record::Checkup;

double number(const Check& check, const char* member) {
  return check.with.at(member).to_number<double>();
}

std::string text(const Check& check, const char* member) {
  return std::string(check.with.at(member).as_string());
}

/// "30 ns", "4 ms".
std::string step_of(double ns) {
  return ns < 1000 ? fmt::format("{:.0f} ns", ns) : microseconds(ns / 1000);
}

std::string found(const Check& check, const Words& words) {
  const auto whole = [&](const char* member) {
    return static_cast<std::int64_t>(number(check, member));
  };
  switch (check.code) {
    case CheckCode::cores:
      return words(Found::cores, {{"cores", whole("cores")}});
    case CheckCode::cpu_quota:
      if (number(check, "cores") == 0) return words(Found::no_quota);
      return words(Found::cpu_quota, {{"cores", number(check, "cores")}});
    case CheckCode::load:
      return words(Found::load, {{"load", fmt::format("{:.1f}", number(check, "load"))},
                                 {"cores", whole("cores")}});
    case CheckCode::clock:
      return words(
          text(check, "source").empty() ? Found::clock : Found::clock_of,
          {{"step", step_of(number(check, "step_ns"))}, {"source", text(check, "source")}});
    case CheckCode::open_files:
      return words(Found::open_files, {{"limit", fmt::format("{:.0f}", number(check, "limit"))}});
    case CheckCode::local_ports:
      return words(Found::local_ports, {{"first", whole("first")}, {"last", whole("last")}});
    case CheckCode::loopback_ipv4:
    case CheckCode::loopback_ipv6:
      return words(check.fine ? Found::works : Found::fails);
    case CheckCode::jq:
      return check.fine ? words(Found::jq) : text(check, "cause");
  }
  return "";
}

std::string advice(const Check& check, const Words& words) {
  switch (check.code) {
    case CheckCode::cores:
      return words(Advice::cores);
    case CheckCode::cpu_quota:
      return words(Advice::cpu_quota);
    case CheckCode::load:
      return words(Advice::load);
    case CheckCode::clock:
      return words(Advice::clock);
    case CheckCode::open_files: {
      constexpr double plenty = 65536;
      return words(Advice::open_files,
                   {{"files", fmt::format("{:.0f}", std::min(number(check, "most"), plenty))}});
    }
    case CheckCode::local_ports:
      return words(Advice::local_ports);
    case CheckCode::loopback_ipv4:
      return words(Advice::loopback_ipv4);
    case CheckCode::loopback_ipv6:
      return words(Advice::loopback_ipv6);
    case CheckCode::jq:
      return words(Advice::jq);
  }
  return "";
}

/// The widest of the planted windows is what every machine should find.
std::string sentence(const Checkup& checkup, const Words& words) {
  if (checkup.planted.empty()) return "";
  const record::Planted& widest = checkup.planted.front();
  return words(checkup.fine ? Doctor::detected : Doctor::blind,
               {{"window", window_of(widest.window_us)}, {"found", in_words(widest, words)}});
}

Section planted(const Checkup& checkup, const Words& words) {
  Table table{.head = {words(Column::window), words(Column::detected), words(Column::hits)}};
  for (const record::Planted& each : checkup.planted) {
    const std::string interval =
        words(Proof::interval, {{"percents", percents(each.rate.low, each.rate.high)}});
    table.rows.push_back(
        {.cells = {window_of(each.window_us), in_words(each, words),
                   words(Doctor::hits,
                         {{"hits", each.rate.hits}, {"of", each.rate.of}, {"interval", interval}})},
         .tone = each.attempts > 0 ? Tone::good : Tone::warn});
  }
  return {words(Heading::planted), words(Doctor::counter), {std::move(table)}};
}

Section machine(const Checkup& checkup, const Words& words) {
  Table table;
  for (const Check& check : checkup.machine)
    table.rows.push_back({.cells = {words(check.code), found(check, words)},
                          .mark = check.fine ? "✓" : "!",
                          .tone = check.fine ? Tone::good : Tone::warn,
                          .below = check.fine ? "" : advice(check, words)});
  return {words(Heading::machine), "", {std::move(table)}};
}

}  // namespace

Outline outline(const Checkup& checkup, const Words& words) {
  return {.verdict = words(checkup.fine ? Doctor::fine : Doctor::not_found),
          .tone = checkup.fine ? Tone::good : Tone::warn,
          .title = words(Heading::doctor),
          .lead = {{sentence(checkup, words)}},
          .sections = {planted(checkup, words), machine(checkup, words)},
          .end = words(Doctor::end, {{"seed", checkup.seed},
                                     {"duration", fmt::format("{:.1f}", checkup.duration_s)},
                                     {"tool", checkup.tool}})};
}

std::string terminal(const Checkup& checkup, const Look& look) {
  return terminal(outline(checkup, Words(look.language)), look);
}

}  // namespace report
