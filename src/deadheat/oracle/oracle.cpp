#include "oracle/oracle.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/require.h"

namespace oracle {
namespace {

bool contains(const std::vector<int>& list, int value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

std::vector<int> without(const std::vector<int>& list, const std::vector<int>& out) {
  std::vector<int> rest;
  for (const int element : list)
    if (!contains(out, element)) rest.push_back(element);
  return rest;
}

/// Constants of texts below a node, by place.
void collect_constants(const Node& node, std::map<std::string, std::set<std::string>>& out) {
  if (node.is == Node::Is::constant && node.by_value && node.value.is_string())
    out[node.place].insert(text_of(node.value));
  for (const auto& [key, member] : node.members) collect_constants(member, out);
  if (node.is == Node::Is::list)
    for (const Node& element : node.elements) collect_constants(element, out);
}

/// Goes on with every set of `size` elements of `pool`.
void each_set(const std::vector<int>& pool, std::size_t size, std::vector<int>& set,
              std::size_t from, const std::function<void(const std::vector<int>&)>& go) {
  if (set.size() == size) return go(set);
  for (std::size_t i = from; i < pool.size(); ++i) {
    set.push_back(pool[i]);
    each_set(pool, size, set, i + 1, go);
    set.pop_back();
  }
}

}  // namespace

bool is_customary_refusal(int status) {
  constexpr int customary[] = {409, 412, 423, 425, 428, 429, 503};
  return std::find(std::begin(customary), std::end(customary), status) != std::end(customary);
}

bool enough_serial_runs(int attempts, int serial) { return serial >= std::max(20, 3 * attempts); }

bool is_proven(int hits, int attempts, int serial) {
  if (hits < 2 || !enough_serial_runs(attempts, serial)) return false;
  const double share = static_cast<double>(attempts) / (attempts + serial);
  return std::pow(share, hits) <= 0.01;
}

std::vector<std::pair<int, int>> real_time_order(const Reading& attempt) {
  std::vector<std::pair<int, int>> pairs;
  for (std::size_t a = 0; a < attempt.told.size(); ++a)
    for (std::size_t b = 0; b < attempt.told.size(); ++b)
      if (a != b && attempt.told[a].ends < attempt.told[b].begins)
        pairs.emplace_back(static_cast<int>(a), static_cast<int>(b));
  return pairs;
}

Oracle::Oracle(const scenario::Scenario& scenario, Limits limits, std::uint64_t seed)
    : scenario_(scenario), entries_(scenario::entries(scenario)), limits_(limits), seed_(seed) {
  std::vector<int> scripts;
  for (const scenario::Entry& entry : entries_) scripts.push_back(entry.script);
  orders_ = orders_of(scripts, limits_.orders, seed_);
  // One more than the limit shows whether anything was left out.
  sampled_ = orders_.size() == limits_.orders &&
             orders_of(scripts, limits_.orders + 1, seed_).size() > limits_.orders;
}

// -- learning

void Oracle::learn(const Order& order, Reading run) {
  known_[order].runs.push_back(std::move(run));
  ++revision_;
}

void Oracle::learn_reset(const Reading& run) {
  constexpr std::size_t most = 64;  // enough to tell what moves; a long run need not keep thousands
  if (resets_.size() == most) return;
  resets_.push_back(run);
  reset_pattern_.reset();
  ++revision_;
}

std::size_t Oracle::runs_of(const Order& order) const {
  const auto found = known_.find(order);
  return found == known_.end() ? 0 : found->second.runs.size();
}

const Oracle::Known& Oracle::known(const Order& order) const {
  const auto found = known_.find(order);
  base::require(found != known_.end(), "the order has been learnt");
  return found->second;
}

const Reading& Oracle::last_run(const Order& order) const { return known(order).runs.back(); }

std::vector<std::string> Oracle::role_places(const Order& order) const {
  std::vector<std::string> places;
  for (const int script : order.roles) places.push_back(place_of_script(scenario_, script));
  return places;
}

Restless Oracle::find_restless() const {
  Restless restless;
  for (const auto& [order, known] : known_) {
    // A place of a role, or of the state, which stands behind the last role: its values, one for
    // each run.
    std::map<std::pair<std::size_t, std::string>, std::vector<const json::value*>> values;
    for (const Reading& run : known.runs) {
      const auto collect = [&](std::size_t owner, const std::string& place,
                               const json::value& tree) {
        flatten(place, tree, [&](const std::string& leaf, const json::value& value) {
          values[{owner, leaf}].push_back(&value);
        });
      };
      for (std::size_t role = 0; role < run.told.size(); ++role)
        collect(role, place_of_script(scenario_, order.roles[role]) + ".steps",
                run.told[role].tree);
      collect(run.told.size(), ".after", run.after.tree);
    }
    for (const auto& [key, seen] : values) {
      const bool moved =
          std::any_of(seen.begin(), seen.end(), [&](const auto* v) { return !same(*v, *seen[0]); });
      if (!moved || seen.size() != known.runs.size()) continue;
      for (const json::value* value : seen) restless[key.second].insert(text_of(*value));
    }
  }
  return restless;
}

Forbidden Oracle::find_forbidden(const Order& order) const {
  std::map<std::string, std::set<std::string>> constants;
  for (const auto& [other, known] : known_) {
    if (other == order) continue;
    for (const Node& answer : known.pattern.answers) collect_constants(answer, constants);
    collect_constants(known.pattern.state, constants);
  }
  Forbidden forbidden;
  const auto& slots = known_.at(order).pattern.slots;
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    const auto found = constants.find(slots[slot].place);
    if (found == constants.end()) continue;
    const auto& own = slots[slot].values;
    for (const std::string& text : found->second)
      if (std::find(own.begin(), own.end(), text) == own.end())
        forbidden.insert({static_cast<int>(slot), text});
  }
  return forbidden;
}

void Oracle::prepare() const {
  if (prepared_ == revision_) return;
  const Restless restless = find_restless();
  for (bool again = true; again;) {
    const std::size_t multisets = multisets_.size();
    for (auto& [order, known] : known_) {
      std::vector<const Reading*> runs;
      for (const Reading& run : known.runs) runs.push_back(&run);
      known.pattern = generalise(order, runs, role_places(order), restless, multisets_);
    }
    again = multisets_.size() != multisets;  // patterns made before it was found do not know it yet
  }
  for (auto& [order, known] : known_) known.forbidden = find_forbidden(order);
  prepared_ = revision_;
}

const Pattern& Oracle::pattern(const Order& order) const {
  prepare();
  return known(order).pattern;
}

const Forbidden& Oracle::forbidden(const Order& order) const {
  prepare();
  return known(order).forbidden;
}

std::vector<Oracle::Clash> Oracle::clashes() const {
  std::vector<Clash> clashes;
  for (const auto& [order, known] : known_)
    for (const Conflict& conflict : pattern(order).conflicts)
      clashes.push_back({to_text(order, scenario_), conflict});
  return clashes;
}

std::vector<Conflict> Oracle::reset_conflicts() const {
  if (resets_.empty()) return {};
  if (!reset_pattern_) {
    std::vector<const Reading*> runs;
    for (const Reading& run : resets_) runs.push_back(&run);
    reset_pattern_ = generalise_states(runs, multisets_);
  }
  return reset_pattern_->conflicts;
}

bool Oracle::is_reset_state(const Reading& run) const {
  if (resets_.size() < 2 || !reset_conflicts().empty()) return true;
  return state_matches(*reset_pattern_, run.before, run.names);
}

// -- judging

std::vector<int> Oracle::everyone() const {
  std::vector<int> all(entries_.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

std::vector<Order> Oracle::orders_of_members(const std::vector<int>& members) const {
  if (members.size() == entries_.size()) return orders_;
  std::vector<int> scripts;
  for (const int member : members)
    scripts.push_back(entries_[static_cast<std::size_t>(member)].script);
  return orders_of(scripts, limits_.orders, seed_);
}

bool Oracle::given_serially(const Told& told, const Names& names) const {
  for (const auto& [order, known] : known_) {
    const Pattern& pattern = this->pattern(order);
    for (std::size_t role = 0; role < order.roles.size(); ++role)
      if (order.roles[role] == told.script && answer_matches(pattern, role, told, names))
        return true;
  }
  return false;
}

bool Oracle::status_given_serially(int script, int status) const {
  for (const auto& [order, known] : known_)
    for (const Reading& run : known.runs)
      for (const Told& told : run.told)
        if (told.script == script && !told.signature.statuses.empty() &&
            told.signature.statuses.back() == status)
          return true;
  return false;
}

bool Oracle::everything_refused_serially() const {
  std::set<int> statuses;
  for (const Order& order : orders_) {
    if (runs_of(order) == 0) continue;
    for (const Reading& run : known(order).runs)
      for (const Told& told : run.told)
        statuses.insert(told.signature.statuses.empty() ? 0 : told.signature.statuses.back());
  }
  if (statuses.size() != 1) return false;
  const int status = *statuses.begin();
  return status / 100 == 4 || status == 503;
}

bool Oracle::nothing_answered_serially() const {
  for (const Order& order : orders_) {
    if (runs_of(order) == 0) continue;
    for (const Reading& run : known(order).runs)
      for (const Told& told : run.told)
        if (!told.signature.statuses.empty() && told.signature.statuses.back() != 0) return false;
  }
  return true;
}

Oracle::Removable Oracle::removable(const Reading& attempt) const {
  Removable who;
  for (std::size_t i = 0; i < attempt.told.size(); ++i) {
    const Told& told = attempt.told[i];
    if (!told.removable) continue;
    const int status = told.signature.statuses.empty() ? 0 : told.signature.statuses.back();
    if (told.indeterminate) {
      who.unsure.push_back(static_cast<int>(i));
    } else if (told.refused) {
      // The scenario's own word that it was refused (a status below 400) is as good as a customary
      // status.
      const bool always = is_customary_refusal(status) || status < 400;
      if (always || !given_serially(told, attempt.names))
        who.refused.push_back(static_cast<int>(i));
    }
  }
  return who;
}

std::vector<std::vector<int>> Oracle::sets_to_take_out(const Reading& attempt, const Removable& who,
                                                       bool& cut) const {
  std::vector<int> pool = who.refused;
  pool.insert(pool.end(), who.unsure.begin(), who.unsure.end());
  const bool timed = !real_time_order(attempt).empty();
  std::set<std::vector<std::pair<int, std::string>>>
      alike;  // the same answers of interchangeable scripts: tried once
  std::vector<std::vector<int>> sets;
  cut = false;
  for (std::size_t size = 0; size <= pool.size() && !cut; ++size) {
    std::vector<int> set;
    each_set(pool, size, set, 0, [&](const std::vector<int>& out) {
      if (cut) return;
      std::vector<std::pair<int, std::string>> sort;
      for (const int entry : out) {
        const Told& told = attempt.told[static_cast<std::size_t>(entry)];
        sort.emplace_back(told.script, to_text(told.signature) + base::to_text(told.tree));
      }
      std::sort(sort.begin(), sort.end());
      if (!timed && !alike.insert(std::move(sort)).second) return;
      if (sets.size() == limits_.trials) {
        cut = true;
        return;
      }
      sets.push_back(out);
    });
  }
  return sets;
}

std::vector<Wanted> Oracle::missing(const std::vector<Order>& orders,
                                    const std::vector<int>& members) const {
  std::vector<Wanted> wanted;
  for (const Order& order : orders)
    if (!knows(order)) wanted.push_back({order, members, std::nullopt});
  return wanted;
}

Oracle::Explanation Oracle::explain(const Reading& attempt, const Seen& state,
                                    Strictness strictness) const {
  Explanation result;
  const Removable who = removable(attempt);
  const auto before = real_time_order(attempt);
  bool cut = false;
  for (const std::vector<int>& out : sets_to_take_out(attempt, who, cut)) {
    const std::vector<int> members = without(everyone(), out);
    const std::vector<int> wild = without(who.unsure, out);
    const std::vector<Order> orders = orders_of_members(members);
    result.wanted = missing(orders, members);
    if (!result.wanted.empty()) return result;

    Judgement judgement{.is = Judgement::Is::explained, .out = out};
    for (const Order& order : orders) {
      const Question question{attempt, state, members, wild, before, strictness};
      const Match found = match(pattern(order), forbidden(order), question);
      if (found.fit == Fit::undecided) result.unjudged = true;
      if (found.fit != Fit::fits) continue;
      if (judgement.orders.empty()) judgement.cast = found.cast;
      judgement.orders.push_back(order);
    }
    if (judgement.orders.empty()) continue;
    for (const int entry : out) {
      const auto& told = attempt.told[static_cast<std::size_t>(entry)];
      const int status = told.signature.statuses.empty() ? 0 : told.signature.statuses.back();
      if (contains(who.unsure, entry))
        judgement.indeterminate = true;
      else if (status >= 400 && !is_customary_refusal(status))
        judgement.odd.push_back(entry);
    }
    judgement.indeterminate = judgement.indeterminate || !wild.empty();
    result.found = std::move(judgement);
    return result;
  }
  result.unjudged = result.unjudged || cut;
  return result;
}

Judgement Oracle::judge(const Reading& attempt) const {
  base::require(attempt.told.size() == entries_.size(), "an attempt has an answer for each entry");
  const auto with = [&](const Seen& state, Strictness strictness) {
    return explain(attempt, state, strictness);
  };

  Explanation strict = with(attempt.after, {});
  if (strict.found) return *strict.found;
  if (!strict.wanted.empty()) return {.is = Judgement::Is::needs_runs, .wanted = strict.wanted};
  if (strict.unjudged) return {.is = Judgement::Is::unjudged};
  if (attempt.later) {
    if (Explanation later = with(*attempt.later, {}); later.found) {
      later.found->eventual = true;
      return *later.found;
    }
  }
  const bool observes = !scenario_.observe.empty();
  if (with(attempt.after, {.bodies = true, .loose = true}).found)
    return {.is = Judgement::Is::contradicts, .layer = Layer::detail};
  if (observes && with(attempt.after, {.bodies = false, .loose = true}).found)
    return {.is = Judgement::Is::contradicts, .layer = Layer::bodies};
  return {.is = Judgement::Is::contradicts, .layer = Layer::state};
}

bool Oracle::fits(const Order& order, const Reading& run) const {
  // The answers of a serial run stand by role: each role is played by its own, and by nobody else.
  std::vector<int> members;
  std::vector<std::pair<int, int>> before;
  for (std::size_t role = 0; role < run.told.size(); ++role) {
    members.push_back(static_cast<int>(role));
    if (role > 0) before.emplace_back(static_cast<int>(role) - 1, static_cast<int>(role));
  }
  const Question question{run, run.after, members, {}, before, {}};
  return match(pattern(order), forbidden(order), question).fit == Fit::fits;
}

std::vector<Wanted> Oracle::interleavings(const Reading& attempt) const {
  struct Request {
    int entry;
    std::size_t step;
    base::Nanoseconds begins, ends;
  };
  std::vector<Request> requests;
  for (std::size_t e = 0; e < attempt.told.size(); ++e)
    for (std::size_t s = 0; s < attempt.told[e].steps.size(); ++s)
      requests.push_back({static_cast<int>(e), s, attempt.told[e].steps[s].first,
                          attempt.told[e].steps[s].second});
  // Depth first over "what may come next": everything whose own earlier steps are placed, and that
  // did not begin after something unplaced had ended.
  std::vector<Wanted> found;
  std::vector<bool> placed(requests.size(), false);
  std::vector<int> turns;
  const std::function<void()> place = [&] {
    if (found.size() == limits_.interleavings) return;
    if (turns.size() == requests.size()) {
      Wanted wanted;
      std::vector<int> role_of(attempt.told.size(), -1);
      std::vector<int> players;
      for (const int entry : turns) {
        auto& role = role_of[static_cast<std::size_t>(entry)];
        if (role < 0) {
          role = static_cast<int>(players.size());
          players.push_back(entry);
          wanted.order.roles.push_back(entries_[static_cast<std::size_t>(entry)].script);
        }
        wanted.order.turns.push_back(role);
      }
      wanted.members = players;
      wanted.cast = players;
      found.push_back(std::move(wanted));
      return;
    }
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (placed[i]) continue;
      bool may_come = true;
      for (std::size_t j = 0; j < requests.size() && may_come; ++j) {
        if (placed[j] || j == i) continue;
        const bool own_earlier =
            requests[j].entry == requests[i].entry && requests[j].step < requests[i].step;
        may_come = !own_earlier && requests[j].ends >= requests[i].begins;
      }
      if (!may_come) continue;
      placed[i] = true;
      turns.push_back(requests[i].entry);
      place();
      turns.pop_back();
      placed[i] = false;
    }
  };
  place();
  return found;
}

ByRequestJudgement Oracle::judge_by_request(const Reading& attempt) const {
  const bool several = std::any_of(attempt.told.begin(), attempt.told.end(),
                                   [](const Told& told) { return told.steps.size() > 1; });
  if (!several) return {};
  const auto orders = interleavings(attempt);
  ByRequestJudgement judgement;
  for (const Wanted& wanted : orders)
    if (!knows(wanted.order)) judgement.wanted.push_back(wanted);
  if (!judgement.wanted.empty()) {
    judgement.is = ByRequest::needs_runs;
    return judgement;
  }
  judgement.is = ByRequest::contradicts;
  for (const Wanted& wanted : orders) {
    const Question question{attempt, attempt.after, wanted.members, removable(attempt).unsure, {},
                            {}};
    if (match(pattern(wanted.order), forbidden(wanted.order), question).fit == Fit::fits) {
      judgement.is = ByRequest::explained;
      break;
    }
  }
  return judgement;
}

std::vector<Wanted> Oracle::suspects(const Reading& attempt) const {
  std::vector<Wanted> suspects;
  const auto before = real_time_order(attempt);
  bool cut = false;
  for (const std::vector<int>& out : sets_to_take_out(attempt, removable(attempt), cut)) {
    const std::vector<int> members = without(everyone(), out);
    for (const Order& order : orders_of_members(members)) {
      // An order that real time forbids for every cast cannot explain the attempt, however often it
      // is run.
      const auto forbidden_by_time = [&] {
        if (before.empty()) return false;
        std::vector<int> position(entries_.size(), -1);
        std::map<int, int> of_script;
        for (const int script : order.roles) ++of_script[script];
        for (const auto& [script, count] : of_script)
          if (count > 1) return false;  // some cast may do
        for (std::size_t role = 0; role < order.roles.size(); ++role)
          for (const int member : members)
            if (entries_[static_cast<std::size_t>(member)].script == order.roles[role])
              position[static_cast<std::size_t>(member)] = static_cast<int>(role);
        return std::any_of(before.begin(), before.end(), [&](const auto& pair) {
          const int a = position[static_cast<std::size_t>(pair.first)];
          const int b = position[static_cast<std::size_t>(pair.second)];
          return a >= 0 && b >= 0 && a > b;
        });
      };
      if (!forbidden_by_time()) suspects.push_back({order, members, std::nullopt});
    }
  }
  return suspects;
}

// -- explaining

std::vector<int> Oracle::outcome_classes() const {
  std::vector<int> classes;
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    int mine = static_cast<int>(i);
    for (std::size_t j = 0; j < i && mine == static_cast<int>(i); ++j) {
      if (classes[j] != static_cast<int>(j) || runs_of(orders_[i]) == 0 || runs_of(orders_[j]) == 0)
        continue;
      const Reading& run = last_run(orders_[i]);
      std::vector<int> members(run.told.size());
      std::iota(members.begin(), members.end(), 0);
      const Question question{run, run.after, members, {}, {}, {}};
      if (match(pattern(orders_[j]), forbidden(orders_[j]), question).fit == Fit::fits)
        mine = static_cast<int>(j);
    }
    classes.push_back(mine);
  }
  return classes;
}

std::vector<int> Oracle::winners(const Order& order) const {
  std::vector<int> scripts;
  const Pattern& pattern = this->pattern(order);
  for (std::size_t role = 0; role < order.roles.size(); ++role)
    if (pattern.signatures[role].ok) scripts.push_back(order.roles[role]);
  return scripts;
}

Oracle::Closeness Oracle::closeness(const Reading& attempt, const Order& order) const {
  const Pattern& pattern = this->pattern(order);
  Closeness close;
  // Interchangeable entries: the one whose statuses the role has, else any that is left.
  std::vector<int> left = everyone();
  for (std::size_t role = 0; role < order.roles.size(); ++role) {
    const auto fits = [&](bool exactly) {
      return std::find_if(left.begin(), left.end(), [&](int entry) {
        const Told& told = attempt.told[static_cast<std::size_t>(entry)];
        return told.script == order.roles[role] &&
               (!exactly || told.signature == pattern.signatures[role]);
      });
    };
    auto found = fits(true);
    if (found == left.end()) found = fits(false);
    base::require(found != left.end(), "there is an entry for each role");
    close.cast.push_back(*found);
    left.erase(found);
  }
  Names names = attempt.names;
  for (std::size_t role = 0; role < close.cast.size(); ++role)
    for (const auto& [name, text] : attempt.told[static_cast<std::size_t>(close.cast[role])].names)
      names.emplace_back(role_name(role, name), text);

  for (std::size_t role = 0; role < close.cast.size(); ++role) {
    const Told& told = attempt.told[static_cast<std::size_t>(close.cast[role])];
    const std::string place =
        ".answers." +
        scenario::entry_name(scenario_, entries_[static_cast<std::size_t>(close.cast[role])]);
    const std::string seen = to_text(told.signature), expected = to_text(pattern.signatures[role]);
    close.differences.push_back({place + " statuses", seen, expected, seen != expected});
    if (seen == expected)
      compare(pattern.answers[role], &told.tree, names, place + ".steps", close.differences);
  }
  for (std::size_t i = 0; i < attempt.after.statuses.size(); ++i) {
    const auto status_text = [](int status) {
      return status == 0 ? "no answer" : std::to_string(status);
    };
    const int expected = i < pattern.state_statuses.size() ? pattern.state_statuses[i] : 0;
    close.differences.push_back({".after." + scenario_.observe[i].name + ".status",
                                 status_text(attempt.after.statuses[i]), status_text(expected),
                                 attempt.after.statuses[i] != expected});
  }
  compare(pattern.state, &attempt.after.tree, names, ".after", close.differences);
  close.count = static_cast<int>(std::count_if(close.differences.begin(), close.differences.end(),
                                               [](const auto& d) { return d.differs; }));
  return close;
}

namespace {

void collect_multisets(const Node& node, std::set<std::string>& out) {
  if (node.is == Node::Is::bag) out.insert(node.place);
  for (const auto& [key, member] : node.members) collect_multisets(member, out);
  for (const Node& element : node.elements) collect_multisets(element, out);
}

}  // namespace

std::vector<Oracle::VolatilePlace> Oracle::volatile_places() const {
  std::map<std::string, VolatilePlace> places;
  std::set<std::string> bags;
  for (const auto& [order, known] : known_) {
    const Pattern& pattern = this->pattern(order);
    for (const Slot& slot : pattern.slots)
      places.emplace(slot.place,
                     VolatilePlace{slot.place, slot.time ? "time" : "slot", slot.values.back()});
    for (const Node& answer : pattern.answers) collect_multisets(answer, bags);
    collect_multisets(pattern.state, bags);
  }
  std::vector<VolatilePlace> list;
  for (auto& [place, found] : places) list.push_back(std::move(found));
  for (const std::string& place : bags) list.push_back({place, "any order", ""});
  return list;
}

}  // namespace oracle
