#include "scenario/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "scenario/environment.h"
#include "scenario/fields.h"
#include "scenario/judgement_reader.h"
#include "scenario/names.h"
#include "scenario/request_reader.h"
#include "scenario/shapes.h"
#include "scenario/sink_reader.h"
#include "scenario/target.h"
#include "scenario/template.h"
#include "scenario/yaml.h"

// The grammar of a scenario, top down. A function that meets a problem notes it and goes on with
// what is left, so that one reading tells all. What is returned after a problem is never used.

namespace scenario {
namespace {

using yaml::Node;
using Kind = Node::Kind;

constexpr std::int64_t most_copies = 1000;
constexpr std::int64_t most_entries = 1000;
constexpr std::int64_t most_attempts = 1'000'000;
constexpr std::int64_t most_lanes = 256;

class Reader {
 public:
  Reader(Problems& problems, const Environment& environment, const ReadFile& files)
      : problems_(problems), environment_(environment), requests_(problems, uses_, files) {}

  Scenario read(const std::string& file, Node root) {
    Scenario scenario;
    scenario.file = file;
    substitute(root, environment_, problems_);
    if (!check_shape(root, scenario_shape(), problems_)) return scenario;
    read_header(root, scenario);
    if (const Node* node = find(root, "actors")) read_actors(*node, scenario);
    read_requests(root, "setup", Part::around, scenario.setup);
    read_requests(root, "reset", Part::around, scenario.reset);
    read_requests(root, "suffix", Part::suffix, scenario.suffix);
    read_requests(root, "cleanup", Part::around, scenario.cleanup);
    read_requests(root, "teardown", Part::around, scenario.teardown);
    read_race(root, scenario);
    read_observe(root, scenario);
    if (const Node* node = find(root, "sinks"))
      read_sinks(*node, scenario, requests_, uses_, problems_);
    read_judgement(root, scenario, problems_);
    read_times(root, scenario);
    if (const Node* node = find(root, "proxy")) read_proxy(*node, scenario.proxy);
    if (const Node* node = find(root, "tls")) read_tls(*node, scenario.tls);
    if (const Node* node = find(root, "run")) read_run(*node, scenario.run);
    check_actors(scenario);
    check_judged_names(scenario, problems_);
    check_names(scenario, std::move(uses_), problems_);
    return scenario;
  }

 private:
  // The scenario itself.

  void read_header(const Node& root, Scenario& scenario) {
    if (const Node* node = find(root, "version"))
      if (node->text != "1")
        problems_.add(node->place, "expected version: 1, found " + yaml::description(*node));
    scenario.id = file_stem(scenario.file);
    if (const Node* node = find(root, "id"))
      if (const auto text = read_text(*node, "an id", problems_)) {
        if (!is_id(*text))
          problems_.add(node->place,
                        fmt::format("an id has only letters, digits, '-', '_' and '.', found "
                                    "\"{}\"",
                                    *text));
        scenario.id = *text;
      }
    scenario.name = scenario.id;
    if (const Node* node = find(root, "name"))
      scenario.name = read_text(*node, "a name", problems_).value_or("");
    read_targets(root, scenario);
  }

  static std::string file_stem(std::string_view file) {
    file.remove_prefix(std::min(file.find_last_of('/') + 1, file.size()));
    std::string stem(file.substr(0, file.rfind('.')));
    for (char& c : stem)
      if (!is_id(std::string("_") + c)) c = '-';
    return is_id(stem) ? stem : "scenario";
  }

  void read_targets(const Node& root, Scenario& scenario) {
    const Node* one = find(root, "target");
    const Node* several = find(root, "targets");
    if (one != nullptr && several != nullptr)
      problems_.add(several->place, "target and targets are both given; expected one of them");
    if (one == nullptr && several == nullptr)
      problems_.add(root.place,
                    "target is missing; expected for example target: http://127.0.0.1:8000");
    if (one != nullptr) read_target(*one, scenario);
    if (several == nullptr) return;
    if (several->kind != Kind::sequence || several->items.empty())
      problems_.add(several->place, "expected targets: a list of URLs, found " +
                                        (several->items.empty() && several->kind == Kind::sequence
                                             ? "an empty list"
                                             : yaml::description(*several)));
    else
      for (const Node& item : several->items) read_target(item, scenario);
  }

  void read_target(const Node& node, Scenario& scenario) {
    const auto text = read_text(node, "http://host:port or https://host:port", problems_);
    if (!text) return;
    auto url = parse_base(*text);
    if (!url)
      problems_.add(node.place, url.error());
    else if (std::find(scenario.targets.begin(), scenario.targets.end(), *url) !=
             scenario.targets.end())
      problems_.add(node.place, *url + " is given twice");
    else
      scenario.targets.push_back(*url);
  }

  void read_proxy(const Node& node, Proxy& proxy) {
    const auto text = read_text(node, "proxy: http://host:port", problems_);
    if (!text) return;
    auto url = parse_proxy(*text);
    if (!url) problems_.add(node.place, url.error());
    proxy = url.value_or(Proxy());
  }

  void read_tls(const Node& node, Tls& tls) {
    if (!check_shape(node, tls_shape(), problems_)) return;
    tls.place = node.place;
    const auto read = [&](std::string_view key, std::string_view what, std::string& text) {
      if (const Node* given = find(node, key))
        text = read_text(*given, what, problems_).value_or("");
    };
    read("ca", "ca: a file of certificates", tls.ca);
    read("certificate", "certificate: a file", tls.certificate);
    read("key", "key: a file", tls.key);
    read("server_name", "server_name: a host", tls.server_name);
    if (const Node* verify = find(node, "verify"))
      tls.verify = read_truth(*verify, problems_).value_or(true);
    if (find(node, "key") != nullptr && find(node, "certificate") == nullptr)
      problems_.add(node.place, "key needs certificate beside it; expected both");
  }

  // Actors.

  void read_actors(const Node& node, Scenario& scenario) {
    if (node.kind != Kind::map) {
      problems_.add(node.place,
                    "expected actors: a map of names, found " + yaml::description(node));
      return;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      check_name(node.keys[i].place, node.keys[i].text, "an actor", problems_);
      if (node.items[i].kind == Kind::sequence)
        read_several_actors(node.keys[i].text, node.items[i], scenario);
      else if (const Node* times = find(node.items[i], "times"))
        read_numbered_actors(node.keys[i].text, node.items[i], *times, scenario);
      else
        scenario.actors.push_back(read_actor(node.keys[i].text, node.items[i]));
    }
  }

  /// A list: one for each copy of a script, users[0], users[1], ...
  void read_several_actors(const std::string& name, const Node& list, Scenario& scenario) {
    if (list.items.empty())
      problems_.add(list.place, "expected an actor, or a list of them, found an empty list");
    for (std::size_t i = 0; i < list.items.size(); ++i)
      scenario.actors.push_back(read_one_of(name, i, list.items.size(), list.items[i]));
  }

  /// `times: 20`: as many, told apart by {{$index}}.
  void read_numbered_actors(const std::string& name, const Node& node, const Node& times,
                            Scenario& scenario) {
    const auto count = static_cast<std::size_t>(
        read_integer(times, "times", 1, most_copies, problems_).value_or(1));
    for (std::size_t i = 0; i < count; ++i)
      scenario.actors.push_back(read_one_of(name, i, count, node));
  }

  Actor read_one_of(const std::string& name, std::size_t index, std::size_t count,
                    const Node& node) {
    Actor actor = read_actor(fmt::format("{}[{}]", name, index), node);
    actor.index = fmt::format("{:0{}}", index, std::to_string(count - 1).size());
    if (find(node, "label") == nullptr) actor.label = name;
    return actor;
  }

  Actor read_actor(const std::string& name_of_actor, const Node& node) {
    Actor actor{.name = name_of_actor, .label = name_of_actor};
    std::vector<Use>& uses = uses_.of_actors[actor.name];
    if (node.kind == Kind::null) return actor;
    if (node.kind != Kind::map) {
      problems_.add(node.place,
                    "expected an actor: a map with label, headers, bearer, basic, cookies, login, "
                    "times and any values of its own, found " +
                        yaml::description(node));
      return actor;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::string& name = node.keys[i].text;
      const Node& value = node.items[i];
      if (name == "label")
        actor.label = read_text(value, "a label", problems_).value_or("");
      else if (name == "headers")
        requests_.read_headers(value, actor.headers, uses);
      else if (name == "bearer" || name == "basic")
        requests_.read_authorization(name, value, actor, uses);
      else if (name == "cookies")
        requests_.read_cookies(value, actor.headers, uses);
      else if (name == "login")
        read_requests(node, "login", Part::login, actor.login);
      else if (name != "times")
        read_variable(node.keys[i], value, actor);
    }
    if (find(node, "bearer") != nullptr && find(node, "basic") != nullptr)
      problems_.add(node.place, "bearer and basic are both given; expected one of them");
    return actor;
  }

  void read_variable(const yaml::Key& key, const Node& node, Actor& actor) {
    if (!check_name(key.place, key.text, "an actor's value", problems_)) return;
    auto value = read_json(node, problems_);
    if (value && base::to_text(*value).find("{{") != std::string::npos)
      problems_.add(node.place, "an actor's values cannot be templates; expected plain values");
    if (value) actor.variables.emplace(key.text, std::move(*value));
  }

  // Requests.

  void read_requests(const Node& root, std::string_view key, Part part,
                     std::vector<Request>& requests) {
    const Node* node = find(root, key);
    if (node == nullptr || node->kind == Kind::null) return;
    if (node->kind == Kind::sequence)
      for (const Node& item : node->items) requests.push_back(requests_.read_request(item, part));
    else
      problems_.add(node->place, fmt::format("expected {}: a list of requests, found {}", key,
                                             yaml::description(*node)));
  }

  // The race, and what is observed of it.

  void read_race(const Node& root, Scenario& scenario) {
    const Node* node = find(root, "race");
    if (node == nullptr) {
      problems_.add(root.place, "race is missing; expected a map of two scripts or more");
      return;
    }
    if (node->kind != Kind::map) {
      problems_.add(node->place,
                    "expected race: a map of scripts by name, found " + yaml::description(*node));
      return;
    }
    for (std::size_t i = 0; i < node->keys.size(); ++i) {
      check_name(node->keys[i].place, node->keys[i].text, "a script", problems_);
      scenario.race.push_back(read_script(node->keys[i], node->items[i], scenario));
    }
    const auto count = static_cast<std::int64_t>(entries(scenario).size());
    if (count < 2)
      problems_.add(node->place, fmt::format("race has {} script{}, needs 2 or more (or times: 2)",
                                             count, count == 1 ? "" : "s"));
    if (count > most_entries)
      problems_.add(node->place, fmt::format("race has {} scripts, counting copies; at most {}",
                                             count, most_entries));
  }

  Script read_script(const yaml::Key& key, const Node& node, const Scenario& scenario) {
    Script script{.place = key.place, .name = key.text, .label = key.text};
    const Node* steps = find(node, "steps");
    if (steps == nullptr) {
      script.steps.push_back(requests_.read_request(node, Part::lone_step));
      script.actor = script.steps.front().actor;
    } else {
      check_shape(node, script_shape(), problems_);
      const Node* as = find(node, "as");
      if (as != nullptr && as->kind != Kind::sequence)
        script.actor = requests_.read_actor_name(*as, false);
      read_steps(*steps, script);
    }
    if (const Node* label = find(node, "label")) {
      script.label = read_text(*label, "a label", problems_).value_or("");
      labelled_.push_back(script.name);
    }
    const Node* times = find(node, "times");
    if (times != nullptr)
      script.times =
          static_cast<int>(read_integer(*times, "times", 1, most_copies, problems_).value_or(2));
    read_cast(node, times, scenario, script);
    if (const Node* ok = find(node, "ok"))
      script.ok = read_expression(*ok, "ok: jq over the last answer", problems_);
    if (const Node* refused = find(node, "refused"))
      script.refused = read_expression(*refused, "refused: jq over the last answer", problems_);
    return script;
  }

  /// Copies with an actor each: `as` is a list, or names an actor that is one.
  void read_cast(const Node& node, const Node* times, const Scenario& scenario, Script& script) {
    const Node* as = find(node, "as");
    if (as == nullptr) return;
    if (as->kind == Kind::sequence) {
      for (const Node& item : as->items)
        script.cast.push_back(requests_.read_actor_name(item, true));
    } else {
      for (int i = 0; i < count_actors(scenario, script.actor); ++i)
        script.cast.push_back(fmt::format("{}[{}]", script.actor, i));
      if (script.cast.empty()) return;
    }
    const auto count = static_cast<int>(script.cast.size());
    if (times == nullptr) script.times = count;
    const bool fits = as->kind == Kind::sequence ? script.times == count : script.times <= count;
    if (count == 0)
      problems_.add(as->place, "expected as: an actor, or a list of them, found an empty list");
    else if (!fits)
      problems_.add(times->place,
                    fmt::format("times is {}, but there {} {} actor{} for the copies", script.times,
                                count == 1 ? "is" : "are", count, count == 1 ? "" : "s"));
    if (!fits) script.times = std::max(count, 1);
    if (count > 0) script.cast.resize(static_cast<std::size_t>(script.times));
  }

  void read_steps(const Node& node, Script& script) {
    if (node.kind != Kind::sequence || node.items.empty()) {
      problems_.add(node.place, "expected steps: a list of one request or more, found " +
                                    (node.kind == Kind::sequence ? std::string("an empty list")
                                                                 : yaml::description(node)));
      return;
    }
    for (const Node& item : node.items) {
      script.steps.push_back(requests_.read_request(item, Part::step));
      if (script.steps.back().actor.empty()) script.steps.back().actor = script.actor;
    }
  }

  void read_observe(const Node& root, Scenario& scenario) {
    const Node* node = find(root, "observe");
    if (node == nullptr || node->kind == Kind::null) return;
    if (node->kind != Kind::map) {
      problems_.add(node->place, "expected observe: a map of requests by name, found " +
                                     yaml::description(*node));
      return;
    }
    for (std::size_t i = 0; i < node->keys.size(); ++i) {
      check_name(node->keys[i].place, node->keys[i].text, "an observing read", problems_);
      scenario.observe.push_back(
          {node->keys[i].text, requests_.read_request(node->items[i], Part::observe)});
    }
  }

  void read_times(const Node& root, Scenario& scenario) {
    if (const Node* node = find(root, "settle"))
      scenario.settle = read_duration(*node, "settle", problems_);
    if (const Node* node = find(root, "timeout")) {
      scenario.timeout = read_duration(*node, "timeout", problems_);
      check_positive(*node, scenario.timeout, "timeout");
    }
  }

  void check_positive(const Node& node, const std::optional<base::Nanoseconds>& duration,
                      std::string_view what) {
    if (duration && duration->count() == 0)
      problems_.add(node.place, fmt::format("expected {} over 0", what));
  }

  // How it is run.

  void read_run(const Node& node, Run& run) {
    if (!check_shape(node, run_shape(), problems_)) return;
    if (const Node* attempts = find(node, "attempts"))
      run.attempts = static_cast<int>(
          read_integer(*attempts, "attempts", 1, most_attempts, problems_).value_or(1));
    if (const Node* budget = find(node, "budget")) {
      const auto duration = read_duration(*budget, "budget", problems_);
      check_positive(*budget, duration, "budget");
      run.budget = duration.value_or(run.budget);
    }
    if (const Node* lanes = find(node, "lanes"))
      run.lanes =
          static_cast<int>(read_integer(*lanes, "lanes", 1, most_lanes, problems_).value_or(1));
    if (const Node* seed = find(node, "seed")) run.seed = read_seed(*seed);
    choose(node, "sync", sync_names, run.sync);
    choose(node, "hold", hold_names, run.hold);
    choose(node, "http", http_names, run.http);
    choose(node, "connections", connections_names, run.connections);
    choose(node, "offsets", offsets_names, run.offsets);
  }

  template <class E>
  void choose(const Node& node, std::string_view key, const base::Names<E>& names, E& value) {
    if (const Node* given = find(node, key))
      value = read_choice(*given, names, problems_).value_or(value);
  }

  std::optional<std::uint64_t> read_seed(const Node& node) {
    if (node.kind == Kind::scalar)
      if (const auto value = yaml::scalar_value(node)) {
        if (value->is_uint64()) return value->get_uint64();
        if (value->is_int64() && value->get_int64() >= 0)
          return static_cast<std::uint64_t>(value->get_int64());
      }
    problems_.add(node.place,
                  "expected seed: a whole number of 64 bits, found " + yaml::description(node));
    return std::nullopt;
  }

  // What can be told only when all is read.

  void check_actors(Scenario& scenario) {
    std::vector<std::string_view> names;
    for (const Actor& actor : scenario.actors) names.push_back(actor.name);
    for (const auto& [name, place, one] : requests_.used_actors()) {
      if (find_actor(scenario, name) != nullptr) continue;
      const int several = count_actors(scenario, name);
      if (several > 0 && one)
        problems_.add(place, fmt::format("'{}' are {} actors; expected one of them, such as {}[0]",
                                         name, several, name));
      if (several > 0) continue;
      const std::string_view guess = nearest(name, names);
      problems_.add(place, guess.empty()
                               ? fmt::format("the scenario has no actor '{}'", name)
                               : fmt::format("the scenario has no actor '{}'; did you mean '{}'?",
                                             name, guess));
    }
    for (Script& script : scenario.race) {
      check_copies(scenario, script);
      if (std::find(labelled_.begin(), labelled_.end(), script.name) != labelled_.end()) continue;
      const std::string& shown =
          script.actor.empty() || script.cast.empty() ? script.actor : script.cast.front();
      if (const Actor* actor = find_actor(scenario, shown)) script.label = actor->label;
    }
  }

  /// A step with actors of its own has one for each copy.
  void check_copies(const Scenario& scenario, const Script& script) {
    for (const Request& step : script.steps) {
      const int several = count_actors(scenario, step.actor);
      if (several > 0 && step.actor != script.actor && several < script.times)
        problems_.add(step.place, fmt::format("'{}' are {} actors, too few for {} copies",
                                              step.actor, several, script.times));
    }
  }

  Problems& problems_;
  const Environment& environment_;
  Uses uses_;
  RequestReader requests_;
  std::vector<std::string> labelled_;  // scripts with a label of their own
};

}  // namespace

base::Result<std::string, std::string> no_file(const std::string&) {
  return base::failure(std::string("no files can be read here"));
}

base::Result<Scenario, std::vector<Problem>> parse(const std::string& file, const std::string& text,
                                                   const Environment& environment,
                                                   const ReadFile& files) {
  Problems problems(file);
  auto root = yaml::read(text);
  if (!root) {
    for (const yaml::Error& error : root.error()) problems.add(error.place, error.message);
    return base::failure(problems.take());
  }
  Scenario scenario = Reader(problems, environment, files).read(file, std::move(*root));
  if (!problems.empty()) return base::failure(problems.take());
  return scenario;
}

}  // namespace scenario
