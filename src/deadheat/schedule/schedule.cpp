#include "schedule/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace schedule {
namespace {

using base::Nanoseconds;

std::size_t at(int index) { return static_cast<std::size_t>(index); }

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
