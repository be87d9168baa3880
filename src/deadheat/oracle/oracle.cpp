#include "oracle/oracle.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <set>

#include "base/require.h"
#include "oracle/interleaving.h"
#include "oracle/twins.h"

// Is there an order that explains an attempt?
//
// A limit of one per customer; a, b and c redeem at once. One of the serial orders:
//
//     a, then b, then c     a 200   b 409   c 409     state {"redeemed": 1}
//
// What an attempt may look like, and what it is put to:
//
//     a 200  b 409  c 409   {"redeemed": 1}    the orders of a, b, c: a, b, c explains it
//     a 200  b 200  c 409   {"redeemed": 2}    none of them. c was refused: take c out, and ask
//                                              the orders of a, b. None: a contradiction
//     a 200  b 423  c 423   {"redeemed": 1}    nobody is ever told 423 one at a time. Take b and c
//                                              out: the order of a alone explains it
//     a 200  b ---  c 409   {"redeemed": 1}    b has no answer: b may be out, or in with any
//                                              answer. a, b, c with b wild explains it
//
// So a judgement is a search over the sets that are taken out, the smallest first, and within each
// over the orders of the rest:
//
//     out {}          abc  acb  bac  bca  cab  cba      each put to match(), see match.cpp
//     out {b}         ac   ca
//     out {c}         ab   ba
//     out {b, c}      a
//
// Three things keep it small. Interchangeable scripts are one class, so twenty who redeem have one
// order. Of twins, who were told the same and whose times tell no order, it only matters how many
// are out (choose_sets). And an answer that no serial run ever gave cannot be explained by an order
// of a rest either: such a script is out from the beginning.
//
// The orders of a rest have mostly never been run. The judgement then says which runs it lacks and
// ends; it is asked for again when they have been told. Nothing is kept in between: the same runs
// and the same attempt give the same judgement.
//
// Where nothing explains the attempt, it is put to the same search once more with less to fit, to
// learn how grave it is: without the order of lists, then without the bodies of answers.
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

/// Everyone whose script has a role: interchangeable entries take turns in an order that has fewer
/// roles, too, so that what is known of it does not depend on who of them was first left out.
std::vector<int> who_may_play(const Order& order, const std::vector<scenario::Entry>& entries) {
  std::vector<int> players;
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (contains(order.roles, entries[i].script)) players.push_back(static_cast<int>(i));
  return players;
}

}  // namespace

bool is_customary_refusal(int status) {
  constexpr int customary[] = {0,  // a stream of HTTP/2 that the server did not begin with
                               409, 412, 423, 425, 428, 429, 503};
  return std::find(std::begin(customary), std::end(customary), status) != std::end(customary);
}

std::vector<std::pair<int, int>> real_time_order(const Reading& attempt) {
  std::vector<std::pair<int, int>> pairs;
  for (std::size_t a = 0; a < attempt.told.size(); ++a) {
    for (std::size_t b = 0; b < attempt.told.size(); ++b) {
      const Told &first = attempt.told[a], &second = attempt.told[b];
      if (first.refused || second.refused) continue;  // what did nothing gives no order
      if (a != b && first.ends < second.begins)
        pairs.emplace_back(static_cast<int>(a), static_cast<int>(b));
    }
  }
  return pairs;
}

Oracle::Oracle(const scenario::Scenario& scenario, Limits limits, std::uint64_t seed)
    : scenario_(scenario),
      entries_(scenario::entries(scenario)),
      limits_(limits),
      seed_(seed),
      knowledge_(scenario) {
  std::vector<int> scripts;
  for (const scenario::Entry& entry : entries_) scripts.push_back(entry.script);
  orders_ = orders_of(scripts, limits_.orders, seed_);
  sampled_ = count_orders(scripts) > static_cast<double>(limits_.orders);
}

// -- learning

/// A pattern is made anew from all of its runs: a long race with many controls would do little
/// else. What fits after so many would not change it.
void Oracle::learn(const Order& order, Reading run) {
  if (runs_of(order) >= limits_.kept && fits(order, run) &&
      drifts(pattern(order), run.before, run.after).empty())
    knowledge_.count(order);
  else
    knowledge_.learn(order, std::move(run));
}

const Pattern& Oracle::pattern(const Order& order) const { return knowledge_.known(order).pattern; }

const Reading& Oracle::last_run(const Order& order) const {
  return knowledge_.known(order).runs.back();
}

std::vector<Oracle::Clash> Oracle::clashes() const {
  std::vector<Clash> clashes;
  for (const auto& [order, known] : knowledge_.all()) {
    if (order.by_request()) continue;  // no baseline rests on it
    for (const Conflict& conflict : known.pattern.conflicts) clashes.push_back({order, conflict});
  }
  return clashes;
}

// -- judging

std::vector<int> Oracle::everyone() const {
  std::vector<int> all(entries_.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

std::vector<int> Oracle::scripts_of(const std::vector<int>& members) const {
  std::vector<int> scripts;
  for (const int member : members)
    scripts.push_back(entries_[static_cast<std::size_t>(member)].script);
  std::sort(scripts.begin(), scripts.end());
  return scripts;
}

std::vector<Order> Oracle::orders_of_members(const std::vector<int>& members) const {
  if (members.size() == entries_.size()) return orders_;
  return orders_of(scripts_of(members), limits_.orders, seed_);
}

std::vector<Order> Oracle::candidates(const std::vector<int>& members) const {
  std::vector<Order> orders = orders_of_members(members);
  const std::vector<int> scripts = scripts_of(members);
  if (count_orders(scripts) <= static_cast<double>(limits_.orders)) return orders;
  for (const auto& [order, known] : knowledge_.all())
    if (!order.by_request() &&
        std::is_permutation(order.roles.begin(), order.roles.end(), scripts.begin(), scripts.end()))
      orders.push_back(order);
  std::sort(orders.begin(), orders.end());
  orders.erase(std::unique(orders.begin(), orders.end()), orders.end());
  std::erase_if(orders, [&](const Order& order) { return !knows(order); });
  return orders;
}

std::vector<int> Oracle::Case::wild(const std::vector<int>& out) const {
  std::vector<int> wild = without(unsure, out);
  wild.insert(wild.end(), open.begin(), open.end());
  return wild;
}

Oracle::Case Oracle::open_case(const Reading& attempt, Opening opening) const {
  Case c{.attempt = attempt};
  if (opening.timed) c.before = real_time_order(attempt);
  for (std::size_t i = 0; i < attempt.told.size(); ++i) {
    const Told& told = attempt.told[i];
    const int entry = static_cast<int>(i);
    if (told.indeterminate) {
      (told.removable ? c.unsure : c.open).push_back(entry);
    } else if (told.refused && told.removable) {
      // The scenario's own word that it was refused (a status below 400) is as good as a customary
      // status.
      const int status = last_status(told);
      const bool always = is_customary_refusal(status) || status < 400;
      if (always || !given_serially(told, attempt.names)) c.refused.push_back(entry);
    }
  }
  c.twins = twins_of(attempt, c.before,
                     [&](const std::string& part) { return knowledge_.is_evidence(part); });
  choose_sets(c, opening.whole);
  return c;
}

void Oracle::choose_sets(Case& c, bool whole) const {
  // What no order of all gives a script no order of a rest does either, for a rest may come first:
  // whoever was told that is out in any case. (Of a sample nobody knows, nor of single requests.)
  std::vector<int> pool, set;
  for (const int entry : c.refused) {
    const Told& told = c.attempt.told[static_cast<std::size_t>(entry)];
    const bool surely_out = whole && !sampled_ && !given_serially(told, c.attempt.names);
    (surely_out ? set : pool).push_back(entry);
  }
  pool.insert(pool.end(), c.unsure.begin(), c.unsure.end());
  // By class: of twins it does not matter which are out, only how many. Pools of twins: at most
  // (their number + 1) sets.
  std::map<int, std::vector<int>> classes;
  for (const int entry : pool) classes[c.twins[static_cast<std::size_t>(entry)]].push_back(entry);
  std::vector<std::vector<int>> twins;
  for (auto& [ignored, entries] : classes) twins.push_back(std::move(entries));
  const std::function<void(std::size_t, std::size_t)> choose = [&](std::size_t from,
                                                                   std::size_t size) {
    if (c.cut) return;
    if (size == 0) {
      if (c.sets.size() == limits_.trials)
        c.cut = true;
      else
        c.sets.push_back(set);
      return;
    }
    if (from == twins.size()) return;
    const std::size_t most = std::min(size, twins[from].size());
    for (std::size_t count = most + 1; count-- > 0;) {
      set.insert(set.end(), twins[from].begin(), twins[from].begin() + static_cast<long>(count));
      choose(from + 1, size - count);
      set.resize(set.size() - count);
    }
  };
  for (std::size_t size = 0; size <= pool.size() && !c.cut; ++size) choose(0, size);
}

std::vector<Wanted> Oracle::missing(const std::vector<Order>& orders) const {
  std::vector<Wanted> wanted;
  for (const Order& order : orders)
    if (!knows(order)) wanted.push_back({order, who_may_play(order, entries_)});
  return wanted;
}

Question Oracle::ask(const Case& c, const Seen& state, const std::vector<int>& out,
                     Strictness strictness) const {
  return {c.attempt, state, without(everyone(), out), c.wild(out), c.before, strictness,
          c.twins,   {}};
}

std::optional<Judgement> Oracle::explained_by(const Case& c, const Question& question,
                                              const std::vector<Order>& orders,
                                              const std::vector<int>& out,
                                              Judgement::Doubt& doubt) const {
  Judgement judgement{.is = Judgement::Is::explained, .out = out};
  for (const Order& order : orders) {
    const Match found = match(pattern(order), knowledge_.forbidden(), question);
    if (found.fit == Fit::undecided) doubt = Judgement::Doubt::matching;
    if (found.fit != Fit::fits) continue;
    std::vector<Difference> moved = drifts(pattern(order), question.attempt.before, question.state);
    if (judgement.orders.empty()) judgement.cast = found.cast;
    if (judgement.orders.empty() || moved.empty()) judgement.moved = std::move(moved);
    judgement.orders.push_back(order);
  }
  if (judgement.orders.empty()) return std::nullopt;
  for (const int entry : out) {
    const int status = last_status(c.attempt.told[static_cast<std::size_t>(entry)]);
    if (contains(c.unsure, entry))
      judgement.indeterminate = true;
    else if (status >= 400 && !is_customary_refusal(status))
      judgement.odd.push_back(entry);
  }
  judgement.indeterminate = judgement.indeterminate || !question.wild.empty();
  return judgement;
}

Oracle::Explanation Oracle::explain(const Case& c, const Seen& state, Strictness strictness) const {
  Explanation result;
  std::vector<Question> sampled;  // those that a sample of orders did not answer
  for (const std::vector<int>& out : c.sets) {
    Question question = ask(c, state, out, strictness);
    const std::vector<int> scripts = scripts_of(question.members);
    const bool all = count_orders(scripts) <= static_cast<double>(limits_.orders);
    if (all) result.wanted = missing(orders_of_members(question.members));
    if (!result.wanted.empty()) return result;
    result.found = explained_by(c, question, candidates(question.members), out, result.doubt);
    if (result.found) return result;
    if (!all) sampled.push_back(std::move(question));
  }
  // What happened of a script whose last request has no answer may be less than the whole of it,
  // and no order has that.
  if (!c.open.empty()) result.doubt = Judgement::Doubt::half_done;
  if (c.cut) result.doubt = Judgement::Doubt::refusals;
  if (!strictness.bodies) return result;  // which layer it is of, the known orders tell
  for (const Question& question : sampled) {
    const Leads beyond = beyond_sample(question);
    result.wanted = missing(beyond.worth);
    if (result.wanted.empty() && beyond.open > 0)
      result.wanted = missing(orders_of_members(question.members));
    if (!result.wanted.empty()) return result;
    // Every order that could not be asked about may be the one, unless they come out as those that
    // were: and then it must not be real time alone that stands against these.
    if (result.doubt == Judgement::Doubt::none && beyond.open > 0 &&
        (!sample_suffices() || fits_untimed(question)))
      result.doubt = Judgement::Doubt::orders;
  }
  return result;
}

bool Oracle::fits_untimed(Question question) const {
  question.before.clear();
  const std::vector<Order> orders = candidates(question.members);
  return std::any_of(orders.begin(), orders.end(), [&](const Order& order) {
    return match(pattern(order), knowledge_.forbidden(), question).fit != Fit::differs;
  });
}

std::vector<Ballot> Oracle::ballots(const Question& question) const {
  std::vector<Ballot> ballots;
  std::map<std::string, std::size_t> places;
  const std::vector<int> part = scripts_of(question.members);
  for (const Order& order : orders_) {
    if (!knows(order)) continue;
    Ballot ballot;
    std::vector<int> left = part;
    for (const int script : order.roles)
      if (const auto found = std::find(left.begin(), left.end(), script); found != left.end()) {
        ballot.roles.push_back(script);
        left.erase(found);
      }
    for (const Difference& difference : closeness(question.attempt, order).differences) {
      const std::size_t place = places.emplace(difference.place, places.size()).first->second;
      if (ballot.agrees.size() <= place) ballot.agrees.resize(place + 1);
      ballot.agrees[place] = !difference.differs;
    }
    ballots.push_back(std::move(ballot));
  }
  for (Ballot& ballot : ballots) ballot.agrees.resize(places.size());
  return ballots;
}

Leads Oracle::beyond_sample(const Question& question) const {
  std::vector<Lead> known;
  std::size_t refuted = 0;
  std::set<std::pair<int, Signature>> given;
  for (const auto& [order, each] : knowledge_.all()) {
    if (order.by_request() || each.runs.size() < limits_.runs) continue;
    known.push_back(
        {&each.pattern, roles_that_fit(each.pattern, knowledge_.forbidden(), question)});
    refuted += known.back().fits < order.roles.size();
    for (std::size_t role = 0; role < order.roles.size(); ++role)
      given.insert({order.roles[role], each.pattern.signatures[role]});
  }
  const std::vector<int> scripts = scripts_of(question.members);
  Leads beyond = leads(known, question, scripts, 0);
  const std::vector<Order> sample = orders_of_members(question.members);
  const std::vector<Order> learnt = candidates(question.members);
  const auto targeted = std::count_if(learnt.begin(), learnt.end(), [&](const Order& order) {
    return std::find(sample.begin(), sample.end(), order) == sample.end();
  });
  const bool ever_told =
      std::all_of(question.members.begin(), question.members.end(), [&](int entry) {
        const Told& told = question.attempt.told[static_cast<std::size_t>(entry)];
        return contains(question.wild, entry) || given.contains({told.script, told.signature});
      });
  if (beyond.open == 0 || !ever_told || static_cast<std::size_t>(targeted) >= limits_.targeted)
    return beyond;

  const std::vector<int> guess = likeliest(scripts, ballots(question));
  // To play every order that is left is worth it where each run rules out many others, or where
  // few are left; not where answers hardly tell orders apart.
  constexpr double most = 0.9;
  const bool answers_tell =
      static_cast<double>(refuted) >= most * static_cast<double>(known.size());
  if (answers_tell || beyond.open <= static_cast<double>(limits_.orders))
    return leads(known, question, guess, limits_.at_once);
  // The guess, and what differs from it by two neighbours who change places.
  beyond.worth = {{guess, {}}};
  for (std::size_t i = 1; i < guess.size(); ++i) {
    beyond.worth.push_back(beyond.worth.front());
    std::swap(beyond.worth.back().roles[i - 1], beyond.worth.back().roles[i]);
  }
  std::erase_if(beyond.worth,
                [&](const Order& order) { return knows(order) || is_refuted(order.roles, known); });
  return beyond;
}

Judgement Oracle::judge(const Reading& attempt) const {
  base::require(attempt.told.size() == entries_.size(), "an attempt has an answer for each entry");
  const Case timed = open_case(attempt, {});
  // Too many sets to take out, because real time tells every two entries apart: what has no
  // explanation even without real time has none with it.
  const Case untimed = timed.cut ? open_case(attempt, {.timed = false}) : timed;
  const bool use_untimed = timed.cut && !untimed.cut;
  const Case& c = use_untimed ? untimed : timed;
  using Is = Judgement::Is;
  using Doubt = Judgement::Doubt;

  Explanation now = explain(c, attempt.after, {});
  if (use_untimed && now.found) return {.is = Is::unjudged, .doubt = Doubt::refusals};
  if (now.found) return *now.found;
  if (!now.wanted.empty()) return {.is = Is::needs_runs, .wanted = now.wanted};
  if (attempt.later) {
    Explanation later = explain(c, *attempt.later, {});
    if (later.found) {
      later.found->eventual = true;
      return *later.found;
    }
    if (!later.wanted.empty()) return {.is = Is::needs_runs, .wanted = later.wanted};
  }
  // A doubt about the second look shows below, where both are looked at less strictly.
  if (now.doubt != Doubt::none) return {.is = Is::unjudged, .doubt = now.doubt};

  Judgement judgement{.is = Is::contradicts, .layer = Layer::state};
  std::vector<const Seen*> states = {&attempt.after};
  if (attempt.later) states.push_back(&*attempt.later);
  std::vector<std::pair<Strictness, Layer>> layers = {
      {{.bodies = true, .loose = true}, Layer::detail}};
  if (scenario::has_state(scenario_))
    layers.push_back({{.bodies = false, .loose = true}, Layer::bodies});
  for (const auto& [strictness, layer] : layers)
    for (const Seen* state : states) {
      const Explanation loosely = explain(c, *state, strictness);
      if (!loosely.wanted.empty()) return {.is = Is::needs_runs, .wanted = loosely.wanted};
      if (loosely.found) {
        judgement.layer = layer;
        return judgement;
      }
      // A note is no race: where it cannot be told whether it is one, neither can be said.
      const bool perhaps_a_note = layer == Layer::detail && loosely.doubt == Doubt::matching;
      if (perhaps_a_note || loosely.doubt == Doubt::orders)
        return {.is = Is::unjudged, .doubt = loosely.doubt};
    }
  return judgement;
}

bool Oracle::sample_suffices() const {
  if (!sampled_) return true;
  if (sample_judged_at_ != revision()) {
    std::map<int, int> orders_with;
    for (const int outcome : outcome_classes()) ++orders_with[outcome];
    sample_suffices_ = std::none_of(orders_with.begin(), orders_with.end(),
                                    [](const auto& seen) { return seen.second == 1; });
    sample_judged_at_ = revision();
  }
  return sample_suffices_;
}

bool Oracle::fits(const Order& order, const Reading& run) const {
  // The answers of a serial run stand by role: each role is played by its own, and by nobody else.
  std::vector<int> roles(run.told.size());
  std::iota(roles.begin(), roles.end(), 0);
  const Question question{run, run.after, roles, {}, {}, {}, {}, roles};
  return match(pattern(order), knowledge_.forbidden(), question).fit == Fit::fits;
}

std::vector<Wanted> Oracle::likely_interleavings() const {
  std::vector<Wanted> wanted;
  for (const auto& [order, cast] : oracle::likely_interleavings(scenario_, entries_))
    wanted.push_back({order, who_may_play(order, entries_)});
  return wanted;
}

ByRequestJudgement Oracle::judge_by_request(const Reading& attempt) const {
  const bool several = std::any_of(attempt.told.begin(), attempt.told.end(),
                                   [](const Told& told) { return told.steps.size() > 1; });
  if (!several) return {};
  const Case c = open_case(attempt, {.whole = false});
  std::size_t left = limits_.interleavings;
  bool undecided = c.cut;
  for (const std::vector<int>& out : c.sets) {
    const std::vector<int> members = without(everyone(), out);
    const auto [asked, all] = interleavings(attempt, members, entries_, left);
    undecided = undecided || !all;
    ByRequestJudgement judgement{.is = ByRequest::needs_runs};
    for (const auto& [order, cast] : asked)
      if (!knows(order)) judgement.wanted.push_back({order, who_may_play(order, entries_)});
    if (!judgement.wanted.empty()) return judgement;
    for (const auto& [order, cast] : asked) {
      Question question = ask(c, attempt.after, out, {});
      question.members = question.cast = cast;
      if (!pattern(order).conflicts.empty())
        undecided = true;  // it has no one outcome
      else if (match(pattern(order), knowledge_.forbidden(), question).fit == Fit::fits)
        return {.is = ByRequest::explained};
    }
    left -= asked.size();
  }
  return {.is = undecided || !c.open.empty() ? ByRequest::undecided : ByRequest::contradicts};
}

std::vector<Wanted> Oracle::suspects(const Reading& attempt) const {
  std::vector<Wanted> suspects;
  const Case c = open_case(attempt, {});
  std::vector<std::vector<int>> sets = c.sets;
  // Somebody may be out in every set, for no serial run gave him that answer. If it is one that
  // flips by itself, it can only show where he takes part.
  const bool all_take_part =
      std::any_of(sets.begin(), sets.end(), [](const auto& out) { return out.empty(); });
  if (!all_take_part) sets.insert(sets.begin(), std::vector<int>{});
  for (const std::vector<int>& out : sets) {
    const std::vector<int> members = without(everyone(), out);
    for (const Order& order : candidates(members))
      if (real_time_permits(c.before, order, members))
        suspects.push_back({order, who_may_play(order, entries_)});
  }
  return suspects;
}

bool Oracle::real_time_permits(const std::vector<std::pair<int, int>>& before, const Order& order,
                               const std::vector<int>& members) const {
  const auto role_of = [&](int entry) {
    if (!contains(members, entry)) return order.roles.end();
    return std::find(order.roles.begin(), order.roles.end(),
                     entries_[static_cast<std::size_t>(entry)].script);
  };
  return std::none_of(before.begin(), before.end(), [&](const auto& pair) {
    const auto first = role_of(pair.first), second = role_of(pair.second);
    if (first == order.roles.end() || second == order.roles.end()) return false;
    // Interchangeable ones: some cast may do.
    const auto alone = [&](auto role) {
      return std::count(order.roles.begin(), order.roles.end(), *role) == 1;
    };
    return alone(first) && alone(second) && first > second;
  });
}

// -- explaining

std::vector<int> Oracle::winners(const Order& order) const {
  std::vector<int> scripts;
  const Pattern& pattern = this->pattern(order);
  for (std::size_t role = 0; role < order.roles.size(); ++role)
    if (pattern.signatures[role].ok) scripts.push_back(order.roles[role]);
  return scripts;
}

}  // namespace oracle
