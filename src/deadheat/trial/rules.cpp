#include "trial/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/multiprecision/cpp_dec_float.hpp>
#include <map>
#include <utility>

#include "base/utf8.h"
#include "oracle/value.h"

namespace trial {
namespace {

using record::RuleError;
using Why = RuleError::Is;

bool is_name(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// ".answers.cancel" for each plain path in a program that begins with before, after or answers:
/// two names deep, which is what a reader wants to see of the input.
std::vector<expression::Path> paths_in(const std::string& jq) {
  std::vector<expression::Path> paths;
  for (const std::string root : {"before", "after", "suffix", "answers"}) {
    for (std::size_t at = jq.find("." + root); at != std::string::npos;
         at = jq.find("." + root, at + 1)) {
      std::size_t i = at + 1 + root.size();
      if (i < jq.size() && is_name(jq[i])) continue;
      expression::Path path{root};
      if (i < jq.size() && jq[i] == '.') {
        std::size_t end = i + 1;
        while (end < jq.size() && is_name(jq[end])) ++end;
        if (end > i + 1) path.emplace_back(jq.substr(i + 1, end - i - 1));
      }
      if (std::find(paths.begin(), paths.end(), path) == paths.end())
        paths.push_back(std::move(path));
    }
  }
  return paths;
}

/// An answer without its bodies: what rules mostly ask about, in a line.
json::value in_short(const json::value& answer) {
  if (const auto* copies = answer.if_array()) {
    json::array list;
    for (const json::value& copy : *copies) list.push_back(in_short(copy));
    return list;
  }
  const auto* object = answer.if_object();
  if (object == nullptr || !object->contains("steps")) return answer;
  json::object brief;
  for (const char* key : {"ok", "refused", "stopped"})
    if (const auto* value = object->if_contains(key)) brief[key] = *value;
  json::array statuses;
  for (const json::value& step : object->at("steps").get_array())
    if (const auto* status = step.as_object().if_contains("status")) statuses.push_back(*status);
  brief["statuses"] = std::move(statuses);
  return brief;
}

json::object values_of(const std::string& jq, const json::value& input) {
  json::object values;
  for (const expression::Path& path : paths_in(jq)) {
    const json::value* value = expression::find(input, path);
    if (value == nullptr) continue;
    std::string name;
    for (const auto& part : path) name += "." + std::get<std::string>(part);
    values[name] = name.starts_with(".answers.") ? in_short(*value) : *value;
  }
  return values;
}

std::string in_short_text(const json::value& value) {
  return base::cut(base::to_text(value), base::Bytes{200});
}

/// A rule computed on an outcome.
struct Computed {
  bool holds = false;
  json::object values = {};  // what it looked at
  RuleError error = {};
};

/// Computes one rule on the rules' input.
class Computation {
 public:
  Computation(const json::value& input, const expression::Evaluate& evaluate)
      : input_(input), evaluate_(evaluate) {}

  [[nodiscard]] Computed operator()(const scenario::Expression& rule) const {
    const auto holds = evaluate_(rule.jq, input_);
    Computed result{.values = values_of(rule.jq, input_)};
    if (!holds)
      result.error = {Why::jq, {}, holds.error().message};
    else if (holds->is_bool())
      result.holds = holds->get_bool();
    else if (!holds->is_null())
      result.error = {Why::no_boolean, {}, in_short_text(*holds)};
    return result;
  }

  [[nodiscard]] Computed operator()(const scenario::Successes& rule) const {
    int count = 0;
    Computed result;
    for (const std::string& name : rule.of) {
      const json::value* answers = input_.at("answers").as_object().if_contains(name);
      if (answers == nullptr) continue;
      if (const auto* copies = answers->if_array())
        count += static_cast<int>(std::count_if(copies->begin(), copies->end(), is_ok));
      else
        count += is_ok(*answers);
      result.values[".answers." + name] = in_short(*answers);
    }
    result.values["succeeded"] = count;
    result.holds = count >= rule.at_least && count <= rule.at_most;
    return result;
  }

  [[nodiscard]] Computed operator()(const scenario::Conserved& rule) const {
    Computed result;
    Decimal sums[2];
    const char* const states[] = {"before", "after"};
    for (std::size_t i = 0; i < 2; ++i) {
      for (const scenario::Expression& place : rule.sum) {
        const std::string where = fmt::format(".{}{}", states[i], place.jq);
        const auto part = sum(place, states[i]);
        if (!part)
          return {.values = result.values, .error = {part.error().is, where, part.error().text}};
        result.values[where] = as_json(*part);
        sums[i] += *part;
      }
      if (rule.sum.size() > 1) result.values[fmt::format("sum {}", states[i])] = as_json(sums[i]);
    }
    result.holds = sums[0] == sums[1];
    return result;
  }

  [[nodiscard]] Computed operator()(const scenario::Unique& rule) const {
    std::map<std::string, int> times;
    for (const scenario::Expression& place : rule.values) {
      const auto values = list(place, input_);
      if (!values) return {.error = values.error()};
      for (const json::value& value : *values)
        if (!value.is_null()) ++times[base::to_text(value)];
    }
    json::object repeated;
    for (const auto& [value, count] : times)
      if (count > 1) repeated[value] = count;
    Computed result{.holds = repeated.empty()};
    for (const scenario::Expression& place : rule.values) result.values[place.jq] = repeated;
    return result;
  }

 private:
  /// Money is decimal: 0.1 + 0.2 is 0.3 here.
  using Decimal = boost::multiprecision::cpp_dec_float_100;
  template <typename T>
  using Or = base::Result<T, RuleError>;

  static bool is_ok(const json::value& answer) { return answer.at("ok").as_bool(); }

  static json::value as_json(const Decimal& number) {
    const std::string digits = number.str();
    const auto parsed = base::parse_json(digits);
    return parsed && parsed->is_int64() ? *parsed : json::value(digits);
  }

  /// A number, or a text that is one, as APIs send money.
  static std::optional<Decimal> decimal(const json::value& value) {
    constexpr std::size_t longest = 64;
    if (const double* number = value.if_double()) return Decimal(fmt::format("{}", *number));
    if (value.is_number()) return Decimal(base::to_text(value));
    const auto* text = value.if_string();
    if (text == nullptr || text->size() > longest) return std::nullopt;
    const auto number = base::parse_json(*text);
    if (!number || !number->is_number() || text->find_first_of(" \t\r\n") != json::string::npos)
      return std::nullopt;
    return Decimal(std::string(*text));
  }

  /// What stands at the places, or in the list that jq gives.
  [[nodiscard]] Or<std::vector<json::value>> list(const scenario::Expression& place,
                                                  const json::value& root) const {
    std::vector<json::value> values;
    if (const auto places = expression::parse_places(place.jq)) {
      const auto found = expression::find_all(root, *places);
      if (!found) return base::failure(RuleError{Why::no_way, place.jq, {}});
      for (const json::value* value : *found) values.push_back(*value);
      return values;
    }
    const auto computed = evaluate_(place.jq, root);
    if (!computed) return base::failure(RuleError{Why::jq, place.jq, computed.error().message});
    const auto* array = computed->if_array();
    if (array == nullptr)
      return base::failure(RuleError{Why::no_list, place.jq, in_short_text(*computed)});
    values.assign(array->begin(), array->end());
    return values;
  }

  /// The sum of what stands at the places, or the number that jq gives.
  [[nodiscard]] Or<Decimal> sum(const scenario::Expression& place, const char* state) const {
    const json::value& root = input_.at(state);
    std::vector<json::value> values;
    if (expression::parse_places(place.jq)) {
      auto found = list(place, root);
      if (!found) return base::failure(std::move(found.error()));
      values = std::move(*found);
    } else {
      auto computed = evaluate_(place.jq, root);
      if (!computed) return base::failure(RuleError{Why::jq, place.jq, computed.error().message});
      values.push_back(std::move(*computed));
    }
    Decimal total = 0;
    for (const json::value& value : values) {
      const auto number = decimal(value);
      if (!number) return base::failure(RuleError{Why::no_number, place.jq, in_short_text(value)});
      total += *number;
    }
    return total;
  }

  const json::value& input_;
  const expression::Evaluate& evaluate_;
};

}  // namespace

std::vector<BrokenRule> broken_rules(const outcome::Outcome& outcome,
                                     const scenario::Scenario& scenario,
                                     const expression::Evaluate& evaluate) {
  std::vector<BrokenRule> broken;
  if (scenario.rules.empty()) return broken;
  const json::value input = outcome::as_rules_input(outcome, scenario);
  const Computation compute(input, evaluate);
  for (const scenario::Rule& rule : scenario.rules) {
    Computed computed = std::visit(compute, rule.holds);
    if (!computed.holds)
      broken.push_back(
          {rule.name, rule.place, base::to_text(computed.values), std::move(computed.error)});
  }
  return broken;
}

std::optional<std::string> permitted(const outcome::Outcome& outcome,
                                     const scenario::Scenario& scenario,
                                     const expression::Evaluate& evaluate) {
  if (scenario.permits.empty()) return std::nullopt;
  const json::value input = outcome::as_rules_input(outcome, scenario);
  for (const scenario::Permit& permit : scenario.permits)
    if (const auto covers = evaluate(permit.when.jq, input); covers && expression::is_true(*covers))
      return permit.reason;
  return std::nullopt;
}

}  // namespace trial
