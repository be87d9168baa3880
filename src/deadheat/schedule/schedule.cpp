#include "schedule/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace schedule {
namespace {

using base::Nanoseconds;

std::size_t at(int index) { return static_cast<std::size_t>(index); }

std::string span(Nanoseconds time) {
  if (time < std::chrono::milliseconds(1)) return fmt::format("{} µs", time.count() / 1000);
  return fmt::format("{:.1f} ms", base::in_milliseconds(time));
}

/// "5.5 to 7.0 ms"; one of them where both read the same.
std::string span(Nanoseconds least, Nanoseconds most) {
  std::string from = span(least);
  const std::string to = span(most);
  if (from == to) return from;
  const std::size_t unit = from.find(' ');
  const bool one_unit = from.substr(unit) == to.substr(to.find(' '));
  return fmt::format("{} to {}", one_unit ? from.substr(0, unit) : from, to);
}

/// "accept 5.2 ms after cancel", "b 1.0 ms, c 2.0 ms after the others", "7 of 20 up to 3.1 ms
/// late".
std::string describe_offsets(const Schedule& least, const Schedule& schedule,
                             const scenario::Scenario& scenario) {
  const std::vector<scenario::Entry> entries = scenario::entries(scenario);
  std::vector<std::size_t> late;
  std::size_t first = 0;
  for (std::size_t i = 0; i < schedule.offsets.size(); ++i)
    if (schedule.offsets[i] > Nanoseconds(0))
      late.push_back(i);
    else
      first = i;
  if (late.empty()) return "together";
  if (late.size() > 3) {
    const auto latest = *std::max_element(schedule.offsets.begin(), schedule.offsets.end());
    return fmt::format("{} of {} up to {} late", late.size(), schedule.offsets.size(),
                       span(latest));
  }
  std::string text;
  for (const std::size_t i : late)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                        scenario::entry_name(scenario, entries.at(i)),
                        span(least.offsets.at(i), schedule.offsets[i]));
  const bool one_first = late.size() + 1 == schedule.offsets.size();
  return text + " after " +
         (one_first ? scenario::entry_name(scenario, entries.at(first)) : "the others");
}

/// The value that a member names, or what was expected of it.
template <class E>
base::Result<E, std::string> choice(const json::value* member, std::string_view key,
                                    const base::Names<E>& names) {
  std::optional<E> value;
  if (member != nullptr && member->is_string()) value = names.value_of(member->get_string());
  if (!value)
    return base::failure(fmt::format("{}: expected \"{}\"", key, names.joined("\" or \"")));
  return *value;
}

std::optional<std::vector<int>> whole_numbers(const json::value* value) {
  if (value == nullptr || !value->is_array()) return std::nullopt;
  std::vector<int> numbers;
  for (const json::value& element : value->get_array()) {
    if (!element.is_int64() || element.get_int64() < 0 || element.get_int64() > 1'000'000'000)
      return std::nullopt;
    numbers.push_back(static_cast<int>(element.get_int64()));
  }
  return numbers;
}

bool is_permutation_of_all(std::vector<int> numbers, std::size_t count) {
  std::sort(numbers.begin(), numbers.end());
  if (numbers.size() != count) return false;
  for (std::size_t i = 0; i < count; ++i)
    if (at(numbers[i]) != i) return false;
  return true;
}

}  // namespace

std::string describe(const Schedule& schedule, const scenario::Scenario& scenario) {
  return describe(schedule, schedule, scenario);
}

std::string describe(const Schedule& least, const Schedule& schedule,
                     const scenario::Scenario& scenario) {
  std::size_t steps = 0;
  for (const scenario::Script& script : scenario.race) steps = std::max(steps, script.steps.size());
  std::string text = describe_offsets(least, schedule, scenario);
  if (schedule.sync == Sync::threads)
    text += ", by threads at a barrier";
  else
    text += schedule.hold == Hold::headers ? ", held at headers" : ", held at body";
  if (steps > 1) text += fmt::format(" before step {}", schedule.gate + 1);
  if (schedule.connections == Connections::shared) text += ", on one connection";
  return text;
}

std::string describe_lags(Nanoseconds least, Nanoseconds most, const scenario::Scenario& scenario) {
  constexpr Nanoseconds none(0);
  const std::vector<scenario::Entry> entries = scenario::entries(scenario);
  const std::string first = entry_name(scenario, entries.at(0));
  const std::string second = entry_name(scenario, entries.at(1));
  if (least == none && most == none) return "both arrive together";
  if (least > none) return fmt::format("{} arrives {} after {}", second, span(least, most), first);
  if (most < none) return fmt::format("{} arrives {} after {}", first, span(-most, -least), second);
  if (least == none) return fmt::format("{} arrives up to {} after {}", second, span(most), first);
  if (most == none) return fmt::format("{} arrives up to {} after {}", first, span(-least), second);
  return fmt::format("{0} arrives up to {2} after {1}, or {1} up to {3} after {0}", first, second,
                     span(-least), span(most));
}

Nanoseconds lag(const Schedule& schedule) {
  const std::vector<Nanoseconds>& offsets = schedule.offsets;
  if (offsets.size() == 2) return offsets[1] - offsets[0];
  return offsets.empty() ? Nanoseconds(0) : *std::max_element(offsets.begin(), offsets.end());
}

json::value to_json(const Schedule& schedule) {
  json::array offsets;
  for (const Nanoseconds offset : schedule.offsets) offsets.push_back(offset.count());
  return json::object{
      {"sync", sync_names.name_of(schedule.sync)},
      {"hold", hold_names.name_of(schedule.hold)},
      {"connections", connections_names.name_of(schedule.connections)},
      {"gate", schedule.gate},
      {"offsets_ns", std::move(offsets)},
      {"sequence", json::array(schedule.sequence.begin(), schedule.sequence.end())}};
}

base::Result<Schedule, std::string> from_json(const json::value& value, std::size_t entries) {
  const auto member = [&value](std::string_view name) -> const json::value* {
    return value.is_object() ? value.get_object().if_contains(name) : nullptr;
  };
  Schedule schedule;
  const auto sync = choice(member("sync"), "sync", sync_names);
  if (!sync) return base::failure(sync.error());
  schedule.sync = *sync;
  const auto hold = choice(member("hold"), "hold", hold_names);
  if (!hold) return base::failure(hold.error());
  schedule.hold = *hold;
  if (const json::value* given = member("connections"); given != nullptr) {
    const auto connections = choice(given, "connections", connections_names);
    if (!connections) return base::failure(connections.error());
    schedule.connections = *connections;
  }
  const json::value* gate = member("gate");
  if (gate == nullptr || !gate->is_int64() || gate->get_int64() < 0 || gate->get_int64() > 1'000)
    return base::failure(std::string("gate: expected the number of a step, from 0"));
  schedule.gate = static_cast<int>(gate->get_int64());
  const auto offsets = whole_numbers(member("offsets_ns"));
  if (!offsets || offsets->size() != entries)
    return base::failure(
        fmt::format("offsets_ns: expected {} numbers from 0 to 1000000000", entries));
  for (const int offset : *offsets) schedule.offsets.emplace_back(offset);
  const auto sequence = whole_numbers(member("sequence"));
  if (!sequence || !is_permutation_of_all(*sequence, entries))
    return base::failure(fmt::format("sequence: expected each number below {} once", entries));
  schedule.sequence = *sequence;
  return schedule;
}

}  // namespace schedule
