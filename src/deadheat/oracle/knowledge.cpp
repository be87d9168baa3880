#include "oracle/knowledge.h"

#include <algorithm>

#include "base/require.h"
#include "oracle/mask.h"
#include "oracle/value.h"

namespace oracle {
namespace {

void add_parts(const std::string& text, std::vector<std::string>& out) {
  for (const std::string& word : cut_into_words(text).pieces)
    for (std::string& part : cut_into_parts(word).pieces)
      if (!part.empty()) out.push_back(std::move(part));
}

/// The parts of all constants below a node.
void collect_literals(const Node& node, std::vector<std::string>& out) {
  if (node.is == Node::Is::constant && node.by_value) add_parts(text_of(node.value), out);
  for (const Word& word : node.words)
    for (const Piece& piece : word.parts)
      if (piece.slot < 0 && piece.by_literal) add_parts(piece.literal, out);
  for (const auto& [key, member] : node.members) collect_literals(member, out);
  for (const Node& element : node.elements) collect_literals(element, out);
}

}  // namespace

Knowledge::Knowledge(const scenario::Scenario& scenario)
    : scenario_(scenario), counted_(counted_places(scenario)) {
  // Calls that overlap have no order, whatever a few runs show.
  for (const scenario::Sink& sink : scenario.sinks) multisets_.insert(".after." + sink.name);
}

void Knowledge::learn(const Order& order, Reading run) {
  Known& known = known_[order];
  known.runs.push_back(std::move(run));
  known.stale = true;
  ++revision_;
}

void Knowledge::learn_reset(const Reading& run) {
  constexpr std::size_t most = 64;  // enough to tell what moves; a long run need not keep thousands
  if (resets_.size() == most) return;
  resets_.push_back(run);
  reset_pattern_.reset();
  ++revision_;
}

std::size_t Knowledge::runs_of(const Order& order) const {
  const auto found = known_.find(order);
  return found == known_.end() ? 0 : found->second.runs.size() + found->second.only_counted;
}

const std::map<Order, Knowledge::Known>& Knowledge::all() const {
  prepare();
  return known_;
}

const Knowledge::Known& Knowledge::known(const Order& order) const {
  prepare();
  const auto found = known_.find(order);
  base::require(found != known_.end(), "the order has been learnt");
  return found->second;
}

const Forbidden& Knowledge::forbidden() const {
  prepare();
  return forbidden_;
}

bool Knowledge::is_evidence(const std::string& part) const {
  prepare();
  return literals_.contains(part);
}

void Knowledge::count_evidence(const Known& known, int by) const {
  for (const std::string& part : known.literals) {
    int& count = literals_[part];
    count += by;
    if (count == 0) literals_.erase(part);
  }
  if (!known.forbids) return;
  for (const auto& [place, texts] : known.pattern.constants)
    for (const std::string& text : texts) {
      int& count = forbidden_[place][text];
      count += by;
      if (count == 0) forbidden_[place].erase(text);
    }
}

void Knowledge::renew(const Order& order, Known& known) const {
  count_evidence(known, -1);
  std::vector<const Reading*> runs;
  for (const Reading& run : known.runs) runs.push_back(&run);
  std::vector<std::string> places;
  for (const int script : order.roles) places.push_back(place_of_script(scenario_, script));
  known.pattern = generalise(order, runs, places, restless_, multisets_, counted_);
  known.stale = false;
  ++patterns_made_;
  known.literals.clear();
  for (const Node& answer : known.pattern.answers) collect_literals(answer, known.literals);
  collect_literals(known.pattern.state, known.literals);
  // Orders of single requests are no serial orders: they are evidence of nothing but themselves.
  known.forbids = !order.by_request();
  count_evidence(known, +1);
}

void Knowledge::prepare() const {
  if (prepared_ == revision_) return;
  for (bool again = true; again;) {
    again = false;
    const std::size_t multisets = multisets_.size();
    TextsByPlace fresh;  // restless since just now
    for (auto& [order, known] : known_) {
      if (!known.stale) continue;
      renew(order, known);
      if (order.by_request()) continue;
      for (const auto& [place, texts] : known.pattern.moved)
        for (const std::string& text : texts)
          if (restless_[place].insert(text).second) fresh[place].insert(text);
    }
    const bool new_multiset = multisets_.size() != multisets;
    for (auto& [order, known] : known_) {
      const auto& constants = known.pattern.constants;
      const bool rests_on_it = std::any_of(fresh.begin(), fresh.end(), [&](const auto& moved) {
        const auto here = constants.find(moved.first);
        return here != constants.end() &&
               std::any_of(moved.second.begin(), moved.second.end(),
                           [&](const std::string& text) { return here->second.contains(text); });
      });
      known.stale = new_multiset || rests_on_it;
      again = again || known.stale;
    }
  }
  prepared_ = revision_;
}

std::vector<Conflict> Knowledge::reset_conflicts() const {
  if (resets_.empty()) return {};
  if (!reset_pattern_) {
    std::vector<const Reading*> runs;
    for (const Reading& run : resets_) runs.push_back(&run);
    reset_pattern_ = generalise_states(runs, multisets_);
  }
  return reset_pattern_->conflicts;
}

std::optional<std::string> Knowledge::shared_count() const {
  std::map<std::string, std::set<double>> values;
  for (const Reading& run : resets_)
    for (const auto& [place, number] : numbers_of(run.before))
      if (is_counted(counted_, place)) values[place].insert(number);
  for (const auto& [place, seen] : values)
    if (seen.size() > 1) return place;
  return std::nullopt;
}

bool Knowledge::knows_reset_state() const {
  return resets_.size() >= 2 && reset_conflicts().empty();
}

bool Knowledge::is_reset_state(const Seen& state, const Names& names) const {
  return !knows_reset_state() || state_matches(*reset_pattern_, state, names);
}

}  // namespace oracle
