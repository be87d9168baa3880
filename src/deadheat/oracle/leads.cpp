#include "oracle/leads.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "oracle/value.h"

namespace oracle {
namespace {

/// How often each script is still to come.
using Counts = std::map<int, int>;

Counts count(const std::vector<int>& scripts) {
  Counts counts;
  for (const int script : scripts) ++counts[script];
  return counts;
}

/// Walks the orders of some scripts as a tree of beginnings.
class Tree {
 public:
  Tree(const Question& question, const std::vector<int>& guess, std::size_t most)
      : question_(question), guess_(guess), most_(most), all_(count(guess)), left_(all_) {}

  Leads walk(const std::vector<Lead>& known) {
    visit(known);
    return std::move(leads_);
  }

 private:
  void visit(const std::vector<Lead>& alike) {
    if (begun_.size() == guess_.size()) return;  // known as a whole
    for (const int script : by_likelihood()) {
      if (too_early(script)) continue;
      std::vector<Lead> next;
      for (const Lead& lead : alike) {
        const std::vector<int>& roles = lead.pattern->order.roles;
        if (roles.size() > begun_.size() && roles[begun_.size()] == script) next.push_back(lead);
      }
      begun_.push_back(script);
      --left_[script];
      if (next.empty())
        note_open();
      else if (std::any_of(next.begin(), next.end(),
                           [&](const Lead& lead) { return lead.fits >= begun_.size(); }))
        visit(next);
      ++left_[script];
      begun_.pop_back();
    }
  }

  /// Scripts that may come next, as they stand in the guess.
  [[nodiscard]] std::vector<int> by_likelihood() const {
    std::vector<int> scripts;
    for (const int script : rest_of_guess())
      if (std::find(scripts.begin(), scripts.end(), script) == scripts.end())
        scripts.push_back(script);
    return scripts;
  }

  [[nodiscard]] std::vector<int> rest_of_guess() const {
    Counts begun = count(begun_);
    std::vector<int> rest;
    for (const int script : guess_)
      if (begun[script]-- <= 0) rest.push_back(script);
    return rest;
  }

  void note_open() {
    const std::vector<int> rest = rest_of_guess();
    leads_.open += count_orders(rest);
    if (leads_.worth.size() == most_) return;
    Order order{begun_, {}};
    order.roles.insert(order.roles.end(), rest.begin(), rest.end());
    leads_.worth.push_back(std::move(order));
  }

  /// Whoever plays this script began only when some script was over that is still to come as a
  /// whole.
  [[nodiscard]] bool too_early(int script) const {
    const auto script_of = [&](int entry) {
      return question_.attempt.told[static_cast<std::size_t>(entry)].script;
    };
    const auto waits = [&](int entry) {
      return std::any_of(question_.before.begin(), question_.before.end(), [&](const auto& pair) {
        if (pair.second != entry || script_of(pair.first) == script) return false;
        const auto left = left_.find(script_of(pair.first));
        return left != left_.end() && left->second == all_.at(left->first) &&
               takes_part(pair.first);
      });
    };
    return std::all_of(question_.members.begin(), question_.members.end(),
                       [&](int entry) { return script_of(entry) != script || waits(entry); });
  }
  [[nodiscard]] bool takes_part(int entry) const {
    const auto& members = question_.members;
    return std::find(members.begin(), members.end(), entry) != members.end();
  }

  const Question& question_;
  const std::vector<int>& guess_;
  std::size_t most_;
  const Counts all_;
  Counts left_;
  std::vector<int> begun_;
  Leads leads_;
};

}  // namespace

Leads leads(const std::vector<Lead>& known, const Question& question, const std::vector<int>& guess,
            std::size_t most) {
  return Tree(question, guess, most).walk(known);
}

bool is_refuted(const std::vector<int>& order, const std::vector<Lead>& known) {
  for (std::size_t length = 1; length <= order.size(); ++length) {
    bool is_known = false, fits = false;
    for (const Lead& lead : known) {
      const std::vector<int>& roles = lead.pattern->order.roles;
      if (roles.size() < length ||
          !std::equal(roles.begin(), roles.begin() + static_cast<long>(length), order.begin()))
        continue;
      is_known = true;
      fits = fits || lead.fits >= length;
    }
    if (!is_known || !fits) return is_known;
  }
  return false;
}

std::vector<int> likeliest(std::vector<int> scripts, const std::vector<Ballot>& ballots) {
  std::sort(scripts.begin(), scripts.end());
  const std::size_t n = scripts.size();
  if (ballots.empty()) return scripts;
  // By script and turn: what the places say, as log odds against chance, each place on its own
  // (as a naive Bayes classifier does). Half a vote more for everybody, so that nothing is ruled
  // out.
  std::map<int, std::vector<double>> odds, chance;
  for (const int script : scripts) odds[script] = chance[script] = std::vector<double>(n, 0.5);
  for (auto& [script, turns] : odds) std::fill(turns.begin(), turns.end(), 0.0);
  for (const Ballot& ballot : ballots)
    for (std::size_t turn = 0; turn < n; ++turn) chance[ballot.roles[turn]][turn] += 1;
  const auto all = static_cast<double>(ballots.size());
  for (std::size_t place = 0; place < ballots.front().agrees.size(); ++place) {
    std::map<int, std::vector<double>> votes;
    for (const int script : scripts) votes[script] = std::vector<double>(n, 0.5);
    double agree = 0;
    for (const Ballot& ballot : ballots) {
      if (!ballot.agrees[place]) continue;
      ++agree;
      for (std::size_t turn = 0; turn < n; ++turn) votes[ballot.roles[turn]][turn] += 1;
    }
    if (agree == 0 || agree == all) continue;
    for (auto& [script, turns] : odds)
      for (std::size_t turn = 0; turn < n; ++turn)
        turns[turn] +=
            std::log(votes[script][turn] / (agree + 1) / (chance[script][turn] / (all + 1)));
  }
  std::vector<std::vector<int>> cost(n, std::vector<int>(n));
  for (std::size_t row = 0; row < n; ++row)
    for (std::size_t turn = 0; turn < n; ++turn)
      cost[row][turn] = static_cast<int>(std::lround(-1000 * odds[scripts[row]][turn]));
  const std::vector<std::size_t> turn_of = cheapest_pairing(cost);
  std::vector<int> order(n);
  for (std::size_t row = 0; row < n; ++row) order[turn_of[row]] = scripts[row];
  return order;
}

}  // namespace oracle
