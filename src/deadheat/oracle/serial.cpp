#include "oracle/serial.h"

#include <algorithm>
#include <numeric>

namespace oracle {

int last_status(const Told& told) {
  return told.signature.statuses.empty() ? 0 : told.signature.statuses.back();
}

bool answer_given(const Knowledge& knowledge, const Told& told, const Names& names) {
  for (const auto& [order, known] : knowledge.all()) {
    if (order.by_request()) continue;
    for (std::size_t role = 0; role < order.roles.size(); ++role)
      if (order.roles[role] == told.script &&
          answer_matches(known.pattern, knowledge.forbidden(), role, told, names))
        return true;
  }
  return false;
}

bool status_given(const Knowledge& knowledge, int script, int status) {
  for (const auto& [order, known] : knowledge.all()) {
    if (order.by_request()) continue;
    for (const Reading& run : known.runs)
      for (const Told& told : run.told)
        if (told.script == script && last_status(told) == status) return true;
  }
  return false;
}

bool everything_refused(const Knowledge& knowledge, const std::vector<Order>& orders,
                        bool has_state) {
  const auto unchanged = [&](const Reading& run) {
    return knowledge.knows_reset_state() ? knowledge.is_reset_state(run.after, run.names)
                                         : run.before.tree == run.after.tree;
  };
  std::set<int> statuses;
  for (const Order& order : orders) {
    if (knowledge.runs_of(order) == 0) continue;
    for (const Reading& run : knowledge.known(order).runs) {
      if (has_state && !unchanged(run)) return false;
      for (const Told& told : run.told) statuses.insert(last_status(told));
    }
  }
  if (statuses.size() != 1) return false;
  const int status = *statuses.begin();
  return status / 100 == 4 || status == 503;
}

bool nothing_answered(const Knowledge& knowledge, const std::vector<Order>& orders) {
  for (const Order& order : orders) {
    if (knowledge.runs_of(order) == 0) continue;
    for (const Reading& run : knowledge.known(order).runs)
      for (const Told& told : run.told)
        if (last_status(told) != 0) return false;
  }
  return true;
}

std::vector<int> outcome_classes(const Knowledge& knowledge, const std::vector<Order>& orders) {
  std::vector<int> classes;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    int mine = static_cast<int>(i);
    for (std::size_t j = 0; j < i && mine == static_cast<int>(i); ++j) {
      if (classes[j] != static_cast<int>(j) || knowledge.runs_of(orders[i]) == 0 ||
          knowledge.runs_of(orders[j]) == 0)
        continue;
      const Reading& run = knowledge.known(orders[i]).runs.back();
      std::vector<int> members(run.told.size());
      std::iota(members.begin(), members.end(), 0);
      const Question question{run, run.after, members, {}, {}, {}, {}, {}};
      if (match(knowledge.known(orders[j]).pattern, knowledge.forbidden(), question).fit ==
          Fit::fits)
        mine = static_cast<int>(j);
    }
    classes.push_back(mine);
  }
  return classes;
}

namespace {

void collect_multisets(const Node& node, std::set<std::string>& out) {
  if (node.is == Node::Is::bag) out.insert(node.place);
  for (const auto& [key, member] : node.members) collect_multisets(member, out);
  for (const Node& element : node.elements) collect_multisets(element, out);
}

}  // namespace

std::vector<VolatilePlace> volatile_places(const Knowledge& knowledge) {
  using Is = VolatilePlace::Is;
  std::map<std::string, VolatilePlace> places;
  std::set<std::string> bags;
  for (const auto& [order, known] : knowledge.all()) {
    const Pattern& pattern = known.pattern;
    for (const Slot& slot : pattern.slots)
      places.emplace(slot.place, VolatilePlace{slot.place, slot.time ? Is::time : Is::slot,
                                               slot.values.back()});
    for (const Node& answer : pattern.answers) collect_multisets(answer, bags);
    collect_multisets(pattern.state, bags);
  }
  std::vector<VolatilePlace> list;
  for (auto& [place, found] : places) list.push_back(std::move(found));
  for (const std::string& place : bags) list.push_back({place, Is::any_order, ""});
  return list;
}

}  // namespace oracle
