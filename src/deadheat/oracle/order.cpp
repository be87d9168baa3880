#include "oracle/order.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/require.h"

namespace oracle {

std::string to_text(const Order& order, const scenario::Scenario& scenario) {
  if (order.roles.empty()) return "nothing";
  std::vector<std::string> words;
  const auto name = [&](int role) {
    return scenario.race[static_cast<std::size_t>(order.roles[static_cast<std::size_t>(role)])]
        .name;
  };
  if (order.by_request()) {
    std::map<int, int> step;
    for (const int role : order.turns)
      words.push_back(name(role) + " step " + std::to_string(++step[role]));
  } else {
    // A run of interchangeable scripts reads better counted.
    for (std::size_t i = 0; i < order.roles.size();) {
      std::size_t end = i;
      while (end < order.roles.size() && order.roles[end] == order.roles[i]) ++end;
      const std::string count = end - i > 1 ? std::to_string(end - i) + " x " : "";
      words.push_back(count + name(static_cast<int>(i)));
      i = end;
    }
  }
  std::string text = words.front();
  for (std::size_t i = 1; i < words.size(); ++i) text += ", then " + words[i];
  return text;
}

double count_orders(std::vector<int> scripts) {
  std::sort(scripts.begin(), scripts.end());
  double count = 1;
  for (std::size_t i = 0, copies = 0; i < scripts.size(); ++i) {
    copies = i > 0 && scripts[i] == scripts[i - 1] ? copies + 1 : 1;
    count = count * static_cast<double>(i + 1) / static_cast<double>(copies);
  }
  return count;
}

std::vector<Order> orders_of(std::vector<int> scripts, std::size_t limit, std::uint64_t seed) {
  std::vector<Order> orders;
  std::sort(scripts.begin(), scripts.end());
  std::vector<int> roles = scripts;
  do {
    orders.push_back({roles, {}});
    if (orders.size() > limit) break;
  } while (std::next_permutation(roles.begin(), roles.end()));
  if (orders.size() <= limit) return orders;

  base::Random random(seed);
  std::set<std::vector<int>> drawn;
  for (int tries = 0; drawn.size() < limit && tries < 100'000; ++tries) {
    random.shuffle(scripts);
    drawn.insert(scripts);
  }
  orders.clear();
  for (const auto& sample : drawn) orders.push_back({sample, {}});
  return orders;
}

std::vector<int> cast(const Order& order, const std::vector<int>& members,
                      const std::vector<scenario::Entry>& entries, std::size_t turn) {
  std::map<int, std::vector<int>> pools;
  for (const int member : members)
    pools[entries[static_cast<std::size_t>(member)].script].push_back(member);
  for (auto& [script, pool] : pools) {
    // In a round nobody has a role twice; the next round goes the other way
    // about, so that nobody is for ever the neighbour of the same one.
    if (turn / pool.size() % 2 == 1) std::reverse(pool.begin(), pool.end());
    std::rotate(pool.begin(), pool.begin() + static_cast<long>(turn % pool.size()), pool.end());
  }
  std::vector<int> players;
  for (const int script : order.roles) {
    auto& pool = pools[script];
    base::require(!pool.empty(), "an order has as many roles as members");
    players.push_back(pool.front());
    pool.erase(pool.begin());
  }
  return players;
}

schedule::Sequence sequence_of(const Order& order, const std::vector<int>& players,
                               base::Nanoseconds pause) {
  schedule::Sequence sequence{.by_request = order.by_request(), .pause = pause};
  if (!order.by_request()) {
    sequence.turns = players;
    return sequence;
  }
  for (const int role : order.turns)
    sequence.turns.push_back(players[static_cast<std::size_t>(role)]);
  return sequence;
}

}  // namespace oracle
