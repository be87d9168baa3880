#include "scenario/judgement_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/ascii.h"
#include "expression/expression.h"
#include "scenario/shapes.h"

namespace scenario {
namespace {

using expression::PlacePart;
using yaml::Node;
using Kind = Node::Kind;

constexpr std::int64_t most_successes = 1000;

/// A script that a rule names, or an expression that it looks at.
struct Named {
  std::string name;
  Place place;
};

class JudgementReader {
 public:
  explicit JudgementReader(Problems& problems) : problems_(problems) {}

  void read_rules(const Node& node, std::vector<Rule>& rules) {
    if (node.kind == Kind::null) return;
    if (node.kind != Kind::map) {
      problems_.add(node.place,
                    "expected rules: a map of names and rules, found " + yaml::description(node));
      return;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const yaml::Key& key = node.keys[i];
      if (!is_id(key.text))
        problems_.add(key.place, "the name of a rule has only letters, digits, '-', '_' and '.'");
      Rule rule{.name = key.text, .place = node.items[i].place};
      if (is_short_form(key.text) ? read_short(key, node.items[i], rule)
                                  : read_rule(node.items[i], rule))
        rules.push_back(std::move(rule));
    }
  }

  /// What is more than a path would silently mask nothing.
  void read_mask(const Node& node, std::vector<Expression>& mask) {
    constexpr std::string_view what = "mask: paths such as .after.order.body.updated_at";
    auto path = read_expression(node, what, problems_);
    if (!path) return;
    constexpr std::string_view roots[] = {"before", "after", "suffix", "answers"};
    const auto parts = expression::parse_places(path->jq);
    const bool is_place = parts && parts->size() >= 2 &&
                          std::any_of(std::begin(roots), std::end(roots), [&](auto root) {
                            return (*parts)[0] == PlacePart(std::string(root));
                          });
    if (is_place)
      mask.push_back(std::move(*path));
    else
      problems_.add(node.place,
                    fmt::format("expected {}, found \"{}\"", what, path->jq.substr(0, 60)));
  }

  void read_count(const Node& node, std::vector<Expression>& counts) {
    constexpr std::string_view what =
        "counts: paths into the state such as .after.balance.body.amount";
    auto path = read_expression(node, what, problems_);
    if (!path) return;
    const auto parts = expression::parse_places(path->jq);
    const bool in_state = parts && parts->size() >= 3 && (*parts)[0] == PlacePart("after") &&
                          (*parts)[2] == PlacePart("body");
    if (in_state)
      counts.push_back(std::move(*path));
    else
      problems_.add(node.place,
                    fmt::format("expected {}, found \"{}\"", what, path->jq.substr(0, 60)));
  }

  void read_permit(const Node& node, std::vector<Permit>& permits) {
    if (!check_shape(node, permit_shape(), problems_)) return;
    const Node* when = find(node, "when");
    const Node* reason = find(node, "reason");
    if (when == nullptr || reason == nullptr) {
      problems_.add(node.place, "a permit needs both 'when' and 'reason'");
      return;
    }
    auto jq = read_expression(*when, "when: jq over {before, after, answers}", problems_);
    auto text = read_text(*reason, "the reason", problems_);
    if (jq && text) permits.push_back({std::move(*jq), std::move(*text)});
  }

 private:
  static bool is_short_form(std::string_view key) {
    const auto& keys = rule_shape().keys;
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  }

  /// jq, or a map of one short form. False where it is neither.
  bool read_rule(const Node& node, Rule& rule) {
    if (node.kind != Kind::map) {
      auto jq =
          read_expression(node, "jq over {before, after, answers}, or a short form", problems_);
      if (jq) rule.holds = std::move(*jq);
      return jq.has_value();
    }
    if (!check_shape(node, rule_shape(), problems_)) return false;
    if (node.keys.size() != 1) {
      problems_.add(node.place, "expected one short form; give each rule a name of its own");
      return false;
    }
    return read_short(node.keys.front(), node.items.front(), rule);
  }

  bool read_short(const yaml::Key& key, const Node& node, Rule& rule) {
    if (key.text == "successes") return read_successes(node, rule);
    if (key.text == "conserved") return read_conserved(node, rule);
    if (key.text == "unique") return read_unique(node, rule);
    Successes limit{.of = read_names(node, key.text), .at_most = 1};
    if (limit.of.empty()) return false;
    rule.holds = std::move(limit);
    return true;
  }

  bool read_successes(const Node& node, Rule& rule) {
    if (!check_shape(node, successes_shape(), problems_)) return false;
    const Node* of = find(node, "of");
    Successes limit;
    if (of == nullptr)
      problems_.add(node.place, "'of' is missing; expected for example {of: redeem, at_most: 1}");
    else
      limit.of = read_names(*of, "of");
    const auto number = [&](const char* key) -> std::optional<int> {
      const Node* given = find(node, key);
      if (given == nullptr) return std::nullopt;
      return static_cast<int>(
          read_integer(*given, key, 0, most_successes, problems_).value_or(most_successes));
    };
    const auto least = number("at_least"), most = number("at_most"), exactly = number("exactly");
    if (!least && !most && !exactly)
      problems_.add(node.place, "expected one of at_most, at_least and exactly beside 'of'");
    if (exactly && (least || most))
      problems_.add(node.place, "exactly excludes at_most and at_least; expected one or the other");
    if (least && most && *least > *most)
      problems_.add(node.place,
                    fmt::format("at_least {} and at_most {} leave nothing", *least, *most));
    limit.at_least = exactly.value_or(least.value_or(0));
    limit.at_most = exactly.value_or(most.value_or(std::numeric_limits<int>::max()));
    rule.holds = std::move(limit);
    return of != nullptr;
  }

  std::vector<std::string> read_names(const Node& node, std::string_view key) {
    std::vector<std::string> names;
    for (const Node* item : items_of(node))
      if (const auto name = read_text(*item, "the name of a script", problems_))
        names.push_back(*name);
    if (names.empty() && node.kind == Kind::sequence)
      problems_.add(node.place,
                    fmt::format("expected {}: scripts of the race, found an empty list", key));
    return names;
  }

  bool read_conserved(const Node& node, Rule& rule) {
    Conserved conserved{read_places(
        node, "conserved: paths into the state, such as .account.body.balance, or jq over it")};
    for (const Expression& place : conserved.sum)
      for (const char* root : {".before.", ".after."})
        if (place.jq.starts_with(root))
          problems_.add(place.place,
                        fmt::format("conserved compares before with after itself: expected {}",
                                    place.jq.substr(std::string_view(root).size() - 1)));
    const bool any = !conserved.sum.empty();
    rule.holds = std::move(conserved);
    return any;
  }

  bool read_unique(const Node& node, Rule& rule) {
    Unique unique{read_places(
        node, "unique: a path such as .after.tickets.body[].seat, or jq that gives a list")};
    const bool any = !unique.values.empty();
    rule.holds = std::move(unique);
    return any;
  }

  std::vector<Expression> read_places(const Node& node, std::string_view what) {
    std::vector<Expression> places;
    for (const Node* item : items_of(node))
      if (auto place = read_expression(*item, what, problems_)) places.push_back(std::move(*place));
    if (node.kind == Kind::sequence && node.items.empty())
      problems_.add(node.place, fmt::format("expected {}, found an empty list", what));
    return places;
  }

  Problems& problems_;
};

class NameCheck {
 public:
  NameCheck(const Scenario& scenario, Problems& problems)
      : problems_(problems), has_suffix_(!scenario.suffix.empty()) {
    for (const Observation& observation : scenario.observe) reads_.push_back(observation.name);
    for (const Script& script : scenario.race) scripts_.push_back(script.name);
    after_ = reads_;
    for (const Sink& sink : scenario.sinks) after_.push_back(sink.name);
  }

  void check(const Expression& expression) {
    check_behind(".before.", "observing read", reads_, expression);
    check_behind(".after.", after_ == reads_ ? "observing read" : "read or sink", after_,
                 expression);
    check_behind(".answers.", "script", scripts_, expression);
    if (!has_suffix_ && (expression.jq.starts_with(".suffix[") || expression.jq == ".suffix"))
      problems_.add(expression.place, "the scenario has no suffix");
  }

  void check(const Rule& rule) {
    if (const auto* jq = std::get_if<Expression>(&rule.holds)) check(*jq);
    if (const auto* unique = std::get_if<Unique>(&rule.holds))
      for (const Expression& place : unique->values) check(place);
    if (const auto* conserved = std::get_if<Conserved>(&rule.holds))
      for (const Expression& place : conserved->sum) check_in_state(place);
    if (const auto* successes = std::get_if<Successes>(&rule.holds))
      for (const std::string& name : successes->of)
        if (!is_known(name, scripts_)) say_unknown({name, rule.place}, "script", "", scripts_);
  }

 private:
  static bool is_known(std::string_view name, const std::vector<std::string_view>& known) {
    return std::find(known.begin(), known.end(), name) != known.end();
  }

  /// `.account.body.balance`: begins with the name of an observing read. What is more than a path
  /// is left to jq.
  void check_in_state(const Expression& place) {
    const auto parts = expression::parse_places(place.jq);
    if (!parts || parts->empty()) return;
    const auto* name = std::get_if<std::string>(&parts->front());
    if (name != nullptr && !is_known(*name, reads_) && *name != "before" && *name != "after")
      say_unknown({*name, place.place}, "observing read", ".", reads_);
  }

  void check_behind(std::string_view prefix, const char* what,
                    const std::vector<std::string_view>& known, const Expression& expression) {
    const std::string& jq = expression.jq;
    const auto is_letter = [](char c) {
      return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    };
    for (std::size_t at = jq.find(prefix); at != std::string::npos; at = jq.find(prefix, at + 1)) {
      // Behind something else (`.x.after.y`, `f(.).after.y`) it is another member of that name.
      if (at > 0 && (is_letter(jq[at - 1]) ||
                     std::string_view("\"')]?.").find(jq[at - 1]) != std::string_view::npos))
        continue;
      std::size_t end = at + prefix.size();
      while (end < jq.size() && is_letter(jq[end])) ++end;
      const std::string name = jq.substr(at + prefix.size(), end - at - prefix.size());
      if (!name.empty() && !is_known(name, known))
        say_unknown({name, expression.place}, what, prefix, known);
    }
  }

  void say_unknown(const Named& named, const char* what, std::string_view prefix,
                   const std::vector<std::string_view>& known) {
    const std::string_view guess = nearest(named.name, known);
    const std::string shown = prefix.empty() ? "" : fmt::format(" ({}{})", prefix, named.name);
    const std::string advice =
        guess.empty() ? "" : fmt::format("; did you mean {}{}?", prefix, guess);
    problems_.add(named.place,
                  fmt::format("there is no {} '{}'{}{}", what, named.name, shown, advice));
  }

  Problems& problems_;
  bool has_suffix_;
  std::vector<std::string_view> reads_, after_, scripts_;  // after_: reads, then sinks
};

}  // namespace

void read_judgement(const Node& root, Scenario& scenario, Problems& problems) {
  JudgementReader reader(problems);
  const auto each = [&root](std::string_view key, const auto& read) {
    if (const Node* node = find(root, key))
      for (const Node* item : items_of(*node)) read(*item);
  };
  if (const Node* node = find(root, "rules")) reader.read_rules(*node, scenario.rules);
  each("mask", [&](const Node& item) { reader.read_mask(item, scenario.mask); });
  each("counts", [&](const Node& item) { reader.read_count(item, scenario.counts); });
  each("permit", [&](const Node& item) { reader.read_permit(item, scenario.permits); });
  each("compare", [&](const Node& item) {
    const auto name = read_text(item, "the name of a header", problems);
    if (!name) return;
    if (!is_token(*name))
      problems.add(item.place, fmt::format("\"{}\" is not a header name", name->substr(0, 60)));
    if (base::lower(*name) == "set-cookie")
      problems.add(item.place, "Set-Cookie holds secrets and is never compared");
    scenario.compare.push_back(base::lower(*name));
  });
}

void check_judged_names(const Scenario& scenario, Problems& problems) {
  NameCheck names(scenario, problems);
  for (const Rule& rule : scenario.rules) names.check(rule);
  for (const Permit& permit : scenario.permits) names.check(permit.when);
  for (const Expression& mask : scenario.mask) names.check(mask);
  for (const Expression& count : scenario.counts) names.check(count);
}

}  // namespace scenario
