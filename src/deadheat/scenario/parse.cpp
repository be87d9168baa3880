#include "scenario/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "http/message.h"
#include "scenario/authorization.h"
#include "scenario/fields.h"
#include "scenario/names.h"
#include "scenario/shapes.h"
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

/// Headers that frame the message, or that say who sends it.
constexpr std::string_view sender_headers[] = {
    "connection",        "content-length", "expect",     "host",      "te",
    "transfer-encoding", "upgrade",        "user-agent", "x-deadheat"};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return result;
}

bool breaks_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

class Reader {
 public:
  Reader(Problems& problems, const Environment& environment)
      : problems_(problems), environment_(environment) {}

  Scenario read(const std::string& file, Node root) {
    Scenario scenario;
    scenario.file = file;
    substitute(root);
    if (!check_shape(root, scenario_shape(), problems_)) return scenario;
    read_header(root, scenario);
    if (const Node* node = find(root, "actors")) read_actors(*node, scenario);
    read_requests(root, "setup", scenario.setup);
    read_requests(root, "reset", scenario.reset);
    read_requests(root, "cleanup", scenario.cleanup);
    read_requests(root, "teardown", scenario.teardown);
    read_race(root, scenario);
    read_observe(root, scenario);
    read_judgement(root, scenario);
    read_times(root, scenario);
    if (const Node* node = find(root, "run")) read_run(*node, scenario.run);
    check_actors(scenario);
    check_names(scenario, std::move(uses_), problems_);
    return scenario;
  }

 private:
  // ${VAR} and ${VAR:-default}, in every scalar. A plain scalar takes its type from the result.

  void substitute(Node& node) {
    for (Node& item : node.items) substitute(item);
    if (node.kind == Kind::scalar && node.text.find("${") != std::string::npos)
      node.text = substituted(node);
  }

  std::string substituted(const Node& node) {
    std::string_view rest = node.text;
    std::string result;
    for (;;) {
      const std::size_t begin = rest.find("${");
      result += rest.substr(0, begin);
      if (begin == std::string_view::npos) return result;
      const std::size_t end = rest.find('}', begin);
      if (end == std::string_view::npos) {
        problems_.add(node.place, "a ${ is not closed by }");
        return result;
      }
      const std::string_view inside = rest.substr(begin + 2, end - begin - 2);
      const std::size_t dash = inside.find(":-");
      const std::string name(inside.substr(0, dash));
      rest.remove_prefix(end + 1);
      const std::optional<std::string> value = is_name(name) ? environment_(name) : std::nullopt;
      if (!is_name(name))
        problems_.add(node.place,
                      fmt::format("expected ${{VAR}} or ${{VAR:-default}}, found ${{{}}}", inside));
      else if (value && !(value->empty() && dash != std::string_view::npos))
        result += *value;
      else if (dash != std::string_view::npos)
        result += inside.substr(dash + 2);
      else
        problems_.add(node.place,
                      fmt::format("the environment variable {0} is not set; set it, or write "
                                  "${{{0}:-default}}",
                                  name));
    }
  }

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
                        fmt::format("an id is made of letters, digits, '-', '_' and '.', found "
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

  static bool is_id(std::string_view text) {
    constexpr std::string_view others = "-_.";
    return !text.empty() && text.front() != '-' && text.front() != '.' &&
           std::all_of(text.begin(), text.end(), [&](char c) {
             return is_name(std::string("_") + c) || others.find(c) != std::string_view::npos;
           });
  }

  void read_targets(const Node& root, Scenario& scenario) {
    const Node* one = find(root, "target");
    const Node* several = find(root, "targets");
    if (one != nullptr && several != nullptr)
      problems_.add(several->place, "target and targets are both given; expected one of them");
    if (one == nullptr && several == nullptr)
      problems_.add(root.place,
                    "target is missing; expected such as target: http://127.0.0.1:8000");
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
    const auto text = read_text(node, "http://host:port", problems_);
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

  bool check_name(Place place, std::string_view name, std::string_view what) {
    if (is_name(name)) return true;
    problems_.add(place, fmt::format("the name of {} is made of letters, digits and '_' and begins "
                                     "with no digit, found \"{}\"",
                                     what, name.substr(0, 60)));
    return false;
  }

  // Actors.

  void read_actors(const Node& node, Scenario& scenario) {
    if (node.kind != Kind::map) {
      problems_.add(node.place,
                    "expected actors: a map of names, found " + yaml::description(node));
      return;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      check_name(node.keys[i].place, node.keys[i].text, "an actor");
      scenario.actors.push_back(read_actor(node.keys[i], node.items[i]));
    }
  }

  Actor read_actor(const yaml::Key& key, const Node& node) {
    Actor actor{.name = key.text, .label = key.text};
    std::vector<Use>& uses = uses_.of_actors[actor.name];
    if (node.kind == Kind::null) return actor;
    if (node.kind != Kind::map) {
      problems_.add(node.place,
                    "expected an actor: a map with label, headers, bearer, basic and any values of "
                    "its own, found " +
                        yaml::description(node));
      return actor;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::string& name = node.keys[i].text;
      const Node& value = node.items[i];
      if (name == "label")
        actor.label = read_text(value, "a label", problems_).value_or("");
      else if (name == "headers")
        read_headers(value, actor.headers, uses);
      else if (name == "bearer" || name == "basic")
        read_authorization(name, value, actor, uses);
      else if (name == "login" || name == "cookies")
        problems_.add(node.keys[i].place, fmt::format("'{}' {}", name, not_yet));
      else
        read_variable(node.keys[i], value, actor);
    }
    if (find(node, "bearer") != nullptr && find(node, "basic") != nullptr)
      problems_.add(node.place, "bearer and basic are both given; expected one of them");
    return actor;
  }

  void read_authorization(const std::string& scheme, const Node& value, Actor& actor,
                          std::vector<Use>& uses) {
    const auto text =
        read_text(value, scheme == "basic" ? "basic: user:password" : "a token", problems_);
    if (!text) return;
    if (scheme == "basic" && text->find(':') == std::string::npos) {
      problems_.add(value.place, "expected basic: user:password, found no colon");
      return;
    }
    const Template given{*text, value.place};
    collect_uses(given, uses, problems_);
    check_header_value(given);
    actor.headers.push_back(
        {"Authorization",
         {scheme == "basic" ? basic_authorization(*text) : "Bearer " + *text, value.place}});
  }

  void read_variable(const yaml::Key& key, const Node& node, Actor& actor) {
    if (!check_name(key.place, key.text, "an actor's value")) return;
    auto value = read_json(node, problems_);
    if (value && base::to_text(*value).find("{{") != std::string::npos)
      problems_.add(node.place, "an actor's values are no templates; expected plain values");
    if (value) actor.variables.emplace(key.text, std::move(*value));
  }

  // Requests.

  void read_requests(const Node& root, std::string_view key, std::vector<Request>& requests) {
    const Node* node = find(root, key);
    if (node == nullptr || node->kind == Kind::null) return;
    if (node->kind == Kind::sequence)
      for (const Node& item : node->items) requests.push_back(read_request(item, Part::around));
    else
      problems_.add(node->place, fmt::format("expected {}: a list of requests, found {}", key,
                                             yaml::description(*node)));
  }

  Request read_request(const Node& node, Part part) {
    Request request{.place = node.place};
    if (node.kind == Kind::scalar) {
      read_line(node, request);
      return request;
    }
    if (!check_shape(node, request_shape(part), problems_)) return request;
    if (const Node* line = find(node, "request"))
      read_line(*line, request);
    else
      problems_.add(node.place, "'request' is missing; expected such as request: GET /path");
    std::vector<Use>& uses = uses_.of(request);
    read_body(node, request.body, uses);
    if (const Node* headers = find(node, "headers")) read_headers(*headers, request.headers, uses);
    if (const Node* as = find(node, "as")) request.actor = read_actor_name(*as);
    if (const Node* expect = find(node, "expect")) request.expect = read_expect(*expect);
    if (const Node* capture = find(node, "capture")) read_captures(*capture, request.captures);
    if (const Node* say = find(node, "say"))
      request.say = read_text(*say, "what the actor says", problems_).value_or("");
    if (const Node* stop = find(node, "stop_unless"))
      request.stop_unless = read_expression(*stop, "stop_unless: jq over the answer", problems_);
    return request;
  }

  std::string read_actor_name(const Node& node) {
    auto name = read_text(node, "the name of an actor", problems_);
    if (name && !is_name(*name)) check_name(node.place, *name, "an actor");
    if (name) used_actors_.push_back({*name, node.place});
    return name.value_or("");
  }

  /// "PUT /orders/{{order}}/"
  void read_line(const Node& node, Request& request) {
    const auto text = read_text(node, "a method and a path, such as GET /path", problems_);
    if (!text) return;
    const std::size_t blank = std::min(text->find_first_of(" \t"), text->size());
    const std::size_t target = std::min(text->find_first_not_of(" \t", blank), text->size());
    request.method = text->substr(0, blank);
    request.target = {text->substr(target), node.place};
    while (request.target.text.ends_with(' ')) request.target.text.pop_back();
    if (request.target.text.empty()) {
      problems_.add(node.place, fmt::format("expected a method and a path, such as GET /path, "
                                            "found \"{}\"",
                                            text->substr(0, 60)));
      return;
    }
    check_method(node.place, request.method);
    check_target(request.target, uses_.of(request));
  }

  void check_method(Place place, const std::string& method) {
    static constexpr std::string_view methods[] = {"GET",   "HEAD",   "POST",    "PUT",
                                                   "PATCH", "DELETE", "OPTIONS", "TRACE"};
    const std::string capitals = upper(method);
    if (!is_token(method))
      problems_.add(place, fmt::format("\"{}\" is no method; expected such as GET /path",
                                       method.substr(0, 60)));
    else if (capitals == "CONNECT")
      problems_.add(place, "CONNECT is not supported");
    else if (capitals != method &&
             std::find(std::begin(methods), std::end(methods), capitals) != std::end(methods))
      problems_.add(place, fmt::format("methods are written in capitals: expected {}, found {}",
                                       capitals, method));
  }

  void check_target(const Template& target, std::vector<Use>& uses) {
    collect_uses(target, uses, problems_);
    const auto pieces = split(target.text);
    if (!pieces) return;
    for (const Piece& piece : *pieces) {
      if (piece.kind != Piece::Kind::literal) continue;
      if (piece.text.find_first_of(" \t\r\n") != std::string::npos)
        problems_.add(target.place, "a blank stands in the path; expected %20");
      if (piece.text.find('#') != std::string::npos)
        problems_.add(target.place, "a fragment (#...) is never sent; expected %23 for the sign");
    }
    const Piece& first = pieces->front();
    if (first.kind != Piece::Kind::literal || first.text.starts_with('/')) return;
    if (lower(first.text).starts_with("https://"))
      problems_.add(target.place, "TLS is not supported yet");
    else if (!lower(first.text).starts_with("http://"))
      problems_.add(target.place, fmt::format("expected a path that begins with /, found \"{}\"",
                                              target.text.substr(0, 60)));
  }

  void read_headers(const Node& node, std::vector<HeaderTemplate>& headers,
                    std::vector<Use>& uses) {
    if (node.kind != Kind::map) {
      problems_.add(node.place, "expected headers: a map of names and values, found " +
                                    yaml::description(node));
      return;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const auto& [name, place] = node.keys[i];
      const std::string small = lower(name);
      if (!is_token(name))
        problems_.add(place, fmt::format("\"{}\" is no header name", name.substr(0, 60)));
      else if (std::find(std::begin(sender_headers), std::end(sender_headers), small) !=
               std::end(sender_headers))
        problems_.add(place, fmt::format("the header {} is set by deadheat itself", name));
      if (const auto text = read_text(node.items[i], "the value of a header", problems_)) {
        headers.push_back({name, {*text, node.items[i].place}});
        collect_uses(headers.back().value, uses, problems_);
        check_header_value(headers.back().value);
      }
    }
  }

  void check_header_value(const Template& value) {
    if (breaks_line(value.text))
      problems_.add(value.place, "the value of a header is one line, found a line break or NUL");
  }

  void read_body(const Node& request, Body& body, std::vector<Use>& uses) {
    const Node* given = nullptr;
    for (const std::string_view key : {"json", "body", "form"})
      if (const Node* node = find(request, key)) {
        if (given != nullptr)
          problems_.add(node->place, "more than one of json, body and form; expected one");
        given = node;
        body.place = node->place;
        if (key == "json")
          read_json_body(*node, body, uses);
        else if (key == "form")
          read_form(*node, body, uses);
        else
          read_text_body(*node, body, uses);
      }
  }

  void read_json_body(const Node& node, Body& body, std::vector<Use>& uses) {
    body.kind = Body::Kind::json;
    body.value = read_json(node, problems_).value_or(nullptr);
    collect_json_uses(node, uses);
  }

  void collect_json_uses(const Node& node, std::vector<Use>& uses) {
    for (const yaml::Key& key : node.keys)
      collect_uses(Template{key.text, key.place}, uses, problems_);
    for (const Node& item : node.items) collect_json_uses(item, uses);
    if (node.kind == Kind::scalar) collect_uses(Template{node.text, node.place}, uses, problems_);
  }

  void read_form(const Node& node, Body& body, std::vector<Use>& uses) {
    body.kind = Body::Kind::form;
    json::object fields;
    if (node.kind != Kind::map)
      problems_.add(node.place,
                    "expected form: a map of names and texts, found " + yaml::description(node));
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const auto text = read_text(node.items[i], "the text of a form field", problems_);
      if (!text) continue;
      collect_uses(Template{node.keys[i].text, node.keys[i].place}, uses, problems_);
      collect_uses(Template{*text, node.items[i].place}, uses, problems_);
      fields.emplace(node.keys[i].text, *text);
    }
    body.value = std::move(fields);
  }

  void read_text_body(const Node& node, Body& body, std::vector<Use>& uses) {
    body.kind = Body::Kind::text;
    if (node.kind == Kind::map && find(node, "file") != nullptr) {
      problems_.add(node.place, fmt::format("'file' {}", not_yet));
      return;
    }
    const auto text = read_text(node, "body: a text (for a JSON document use json)", problems_);
    if (!text) return;
    body.value = *text;
    collect_uses(Template{*text, node.place}, uses, problems_);
  }

  Expect read_expect(const Node& node) {
    Expect expect{.place = node.place};
    constexpr std::string_view what = "expect: a status, a list of statuses, or jq";
    const auto is_number = [](const Node& scalar) {
      const auto value = yaml::scalar_value(scalar);
      return value && value->is_number();
    };
    if (node.kind == Kind::scalar && !is_number(node)) {
      if (node.text.size() == 3 &&
          (lower(node.text).ends_with("xx") || is_number({.kind = node.kind, .text = node.text})))
        problems_.add(node.place,
                      fmt::format("expected a status, a list of statuses, or jq such as "
                                  "'.status < 300', found \"{}\"",
                                  node.text));
      else
        expect.condition = read_expression(node, what, problems_);
      return expect;
    }
    if (node.kind == Kind::map || node.kind == Kind::null ||
        (node.kind == Kind::sequence && node.items.empty())) {
      problems_.add(node.place, fmt::format("expected {}, found {}", what,
                                            node.kind == Kind::sequence ? "an empty list"
                                                                        : yaml::description(node)));
      return expect;
    }
    for (const Node* item : items_of(node))
      if (const auto status = read_integer(*item, "a status", 100, 599, problems_))
        expect.statuses.push_back(static_cast<int>(*status));
    return expect;
  }

  void read_captures(const Node& node, std::vector<Capture>& captures) {
    if (node.kind != Kind::map) {
      problems_.add(node.place,
                    "expected capture: a map of names and jq, such as {order: "
                    ".body.id}, found " +
                        yaml::description(node));
      return;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      check_name(node.keys[i].place, node.keys[i].text, "a capture");
      if (auto jq = read_expression(node.items[i], "jq over {status, headers, body}", problems_))
        captures.push_back({node.keys[i].text, std::move(*jq)});
    }
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
      check_name(node->keys[i].place, node->keys[i].text, "a script");
      scenario.race.push_back(read_script(node->keys[i], node->items[i]));
    }
    const auto count = static_cast<std::int64_t>(entries(scenario).size());
    if (count < 2)
      problems_.add(node->place, fmt::format("race has {} script{}, needs 2 or more (or times: 2)",
                                             count, count == 1 ? "" : "s"));
    if (count > most_entries)
      problems_.add(node->place, fmt::format("race has {} scripts, counting copies; at most {}",
                                             count, most_entries));
  }

  Script read_script(const yaml::Key& key, const Node& node) {
    Script script{.place = key.place, .name = key.text, .label = key.text};
    const Node* steps = find(node, "steps");
    if (steps == nullptr) {
      script.steps.push_back(read_request(node, Part::lone_step));
      script.actor = script.steps.front().actor;
    } else {
      check_shape(node, script_shape(), problems_);
      if (const Node* as = find(node, "as")) script.actor = read_actor_name(*as);
      read_steps(*steps, script);
    }
    if (const Node* label = find(node, "label")) {
      script.label = read_text(*label, "a label", problems_).value_or("");
      labelled_.push_back(script.name);
    }
    if (const Node* times = find(node, "times"))
      script.times =
          static_cast<int>(read_integer(*times, "times", 1, most_copies, problems_).value_or(2));
    if (const Node* ok = find(node, "ok"))
      script.ok = read_expression(*ok, "ok: jq over the last answer", problems_);
    if (const Node* refused = find(node, "refused"))
      script.refused = read_expression(*refused, "refused: jq over the last answer", problems_);
    return script;
  }

  void read_steps(const Node& node, Script& script) {
    if (node.kind != Kind::sequence || node.items.empty()) {
      problems_.add(node.place, "expected steps: a list of one request or more, found " +
                                    (node.kind == Kind::sequence ? std::string("an empty list")
                                                                 : yaml::description(node)));
      return;
    }
    for (const Node& item : node.items) {
      script.steps.push_back(read_request(item, Part::step));
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
      check_name(node->keys[i].place, node->keys[i].text, "an observing read");
      scenario.observe.push_back({node->keys[i].text, read_request(node->items[i], Part::observe)});
    }
  }

  // What is judged.

  void read_judgement(const Node& root, Scenario& scenario) {
    if (const Node* node = find(root, "rules")) read_rules(*node, scenario.rules);
    if (const Node* node = find(root, "mask"))
      for (const Node* item : items_of(*node))
        if (auto path = read_expression(
                *item, "mask: jq paths such as .after.order.body.updated_at", problems_))
          scenario.mask.push_back(std::move(*path));
    if (const Node* node = find(root, "permit"))
      for (const Node* item : items_of(*node)) read_permit(*item, scenario.permits);
    if (const Node* node = find(root, "compare"))
      for (const Node* item : items_of(*node))
        if (const auto name = read_text(*item, "the name of a header", problems_)) {
          if (!is_token(*name))
            problems_.add(item->place,
                          fmt::format("\"{}\" is no header name", name->substr(0, 60)));
          scenario.compare.push_back(lower(*name));
        }
  }

  void read_rules(const Node& node, std::vector<Rule>& rules) {
    if (node.kind == Kind::null) return;
    if (node.kind != Kind::map) {
      problems_.add(node.place,
                    "expected rules: a map of names and jq, found " + yaml::description(node));
      return;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      if (!is_id(node.keys[i].text))
        problems_.add(node.keys[i].place,
                      "the name of a rule is made of letters, digits, '-', '_' and '.'");
      if (auto jq = read_expression(node.items[i], "jq over {before, after, answers}", problems_))
        rules.push_back({node.keys[i].text, std::move(*jq)});
    }
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
    static constexpr std::string_view syncs[] = {"auto", "held", "threads"};
    static constexpr std::string_view holds[] = {"auto", "headers", "body"};
    static constexpr std::string_view offsets[] = {"sweep", "none"};
    if (const Node* sync = find(node, "sync"))
      run.sync = static_cast<Sync>(read_choice(*sync, syncs, problems_).value_or(0));
    if (const Node* hold = find(node, "hold"))
      run.hold = static_cast<Hold>(read_choice(*hold, holds, problems_).value_or(0));
    if (const Node* offset = find(node, "offsets"))
      run.offsets = static_cast<Offsets>(read_choice(*offset, offsets, problems_).value_or(0));
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
    for (const auto& [name, place] : used_actors_) {
      if (!is_name(name) || find_actor(scenario, name) != nullptr) continue;
      const std::string_view guess = nearest(name, names);
      problems_.add(place, guess.empty()
                               ? fmt::format("the scenario has no actor '{}'", name)
                               : fmt::format("the scenario has no actor '{}'; did you mean '{}'?",
                                             name, guess));
    }
    for (Script& script : scenario.race)
      if (std::find(labelled_.begin(), labelled_.end(), script.name) == labelled_.end())
        if (const Actor* actor = find_actor(scenario, script.actor)) script.label = actor->label;
  }

  Problems& problems_;
  const Environment& environment_;
  Uses uses_;
  std::vector<std::pair<std::string, Place>> used_actors_;
  std::vector<std::string> labelled_;  // scripts with a label of their own
};

}  // namespace

std::string to_text(const Problem& problem) {
  return fmt::format("{}:{}:{}: {}", problem.file, problem.place.line, problem.place.column,
                     problem.message);
}

base::Result<Scenario, std::vector<Problem>> parse(const std::string& file, const std::string& text,
                                                   const Environment& environment) {
  Problems problems(file);
  auto root = yaml::read(text);
  if (!root) {
    for (const yaml::Error& error : root.error()) problems.add(error.place, error.message);
    return base::failure(problems.take());
  }
  Scenario scenario = Reader(problems, environment).read(file, std::move(*root));
  if (!problems.empty()) return base::failure(problems.take());
  return scenario;
}

}  // namespace scenario
