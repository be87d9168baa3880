#include "scenario/sink_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "scenario/shapes.h"
#include "scenario/target.h"
#include "scenario/template.h"

namespace scenario {
namespace {

using yaml::Node;
using Kind = Node::Kind;

constexpr std::size_t most_sinks = 16;
constexpr std::size_t most_answers = 1000;
constexpr std::string_view scheme = "http://";

/// What the templates of an answer may name.
constexpr std::string_view of_a_call[] = {"$uuid", "method", "path", "query", "headers", "body"};

void check_uses(const std::vector<Use>& uses, Problems& problems) {
  for (const Use& use : uses) {
    const bool known =
        std::find(std::begin(of_a_call), std::end(of_a_call), use.name) != std::end(of_a_call);
    if (known && use.lacks_dot)
      problems.add(use.place, fmt::format("{0} is a value, not a function of jq; write {{{{ .{0} "
                                          "... }}}} to look into it",
                                          use.name));
    if (!known && !use.lacks_dot)
      problems.add(use.place, fmt::format("nothing binds {{{{{}}}}} in the answer of a sink; known "
                                          "here: {}",
                                          use.name, fmt::join(of_a_call, ", ")));
  }
}

Reply read_reply(const Node& node, RequestReader& requests, Problems& problems) {
  Reply reply{.place = node.place};
  if (!check_shape(node, reply_shape(), problems)) return reply;
  std::vector<Use> uses;
  // 1xx announce another answer, which never comes.
  if (const Node* status = find(node, "status"))
    reply.status =
        static_cast<int>(read_integer(*status, "a status", 200, 599, problems).value_or(200));
  if (const Node* headers = find(node, "headers"))
    requests.read_headers(*headers, reply.headers, uses);
  requests.read_body(node, reply.body, uses);
  if (const Node* after = find(node, "after"))
    reply.after = read_duration(*after, "after", problems).value_or(reply.after);
  check_uses(uses, problems);
  return reply;
}

/// One answer, or a list of them.
std::vector<Reply> read_replies(const Node& node, RequestReader& requests, Problems& problems) {
  const auto items = items_of(node);
  if (items.empty() || items.size() > most_answers)
    problems.add(node.place,
                 fmt::format("expected answer: a map, or a list of 1 to {} of them, found {}",
                             most_answers, items.empty() ? "an empty list" : "more"));
  std::vector<Reply> replies;
  for (const Node* item : items) replies.push_back(read_reply(*item, requests, problems));
  return replies;
}

/// "127.0.0.1:9009", "[::1]:0", or a port alone.
void read_listen(const Node& node, Sink& sink, Problems& problems) {
  constexpr std::string_view expected =
      "listen: an address and a port, such as 127.0.0.1:9009, or port 0 for any that is free";
  const auto text = read_text(node, expected, problems);
  if (!text) return;
  sink.place = node.place;
  const bool only_port = text->find_first_not_of("0123456789") == std::string::npos;
  const std::string whole = only_port ? "127.0.0.1:" + *text : *text;
  const std::size_t colon = whole.rfind(':');
  const std::string_view port =
      colon == std::string::npos ? std::string_view() : std::string_view(whole).substr(colon + 1);
  unsigned number = 0;
  const auto read = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool good_port = !port.empty() && read.ec == std::errc{} &&
                         read.ptr == port.data() + port.size() && number <= 65535;
  // A base URL has no port 0: what stands before the port is checked with another.
  const auto base = parse_base(fmt::format("{}{}:1", scheme, whole.substr(0, colon)));
  if (!good_port || !base) {
    problems.add(node.place, fmt::format("expected {}, found \"{}\"", expected, *text));
    return;
  }
  sink.host = base->substr(scheme.size(), base->rfind(':') - scheme.size());
  if (sink.host.starts_with('[')) sink.host = sink.host.substr(1, sink.host.size() - 2);
  if (sink.host == "localhost") sink.host = "127.0.0.1";
  sink.port = static_cast<std::uint16_t>(number);
}

void read_url(const Node& node, Sink& sink, Problems& problems) {
  const auto text = read_text(node, "url: http://host:port", problems);
  if (!text) return;
  const auto base = parse_base(*text);
  if (!base)
    problems.add(node.place, base.error());
  else
    sink.url = *base;
  if (sink.port == 0)
    problems.add(node.place, "a url of its own needs a port of its own: listen: 127.0.0.1:9009");
}

Sink read_sink(const yaml::Key& key, const Node& node, RequestReader& requests,
               Problems& problems) {
  Sink sink{.name = key.text, .place = key.place};
  check_name(key.place, key.text, "a sink", problems);
  if (node.kind != Kind::null && check_shape(node, sink_shape(), problems)) {
    if (const Node* listen = find(node, "listen")) read_listen(*listen, sink, problems);
    if (const Node* url = find(node, "url")) read_url(*url, sink, problems);
    if (const Node* answer = find(node, "answer"))
      sink.answers = read_replies(*answer, requests, problems);
  }
  if (sink.url.empty() && (sink.host == "0.0.0.0" || sink.host == "::"))
    problems.add(sink.place,
                 "it listens on every address; name the one that the target uses with url:");
  for (Reply& reply : sink.answers)
    if (reply.body.kind == Body::Kind::none && reply.status != 204 && reply.status != 304)
      reply.body = {.kind = Body::Kind::json, .value = json::object(), .place = reply.place};
  return sink;
}

bool uses_name(const std::vector<Use>& uses, const std::string& name) {
  return std::any_of(uses.begin(), uses.end(), [&](const Use& use) { return use.name == name; });
}

/// Whether the target is told the sink's address within an attempt.
bool is_addressed(const Sink& sink, const Scenario& scenario, const Uses& uses) {
  const std::string name = std::string(sink_prefix) + sink.name;
  const auto tells = [&](const Request& request) {
    const auto found = uses.of_requests.find({request.place.line, request.place.column});
    return found != uses.of_requests.end() && uses_name(found->second, name);
  };
  const auto any_tells = [&](const std::vector<Request>& requests) {
    return std::any_of(requests.begin(), requests.end(), tells);
  };
  return any_tells(scenario.reset) ||
         std::any_of(scenario.race.begin(), scenario.race.end(),
                     [&](const Script& script) { return any_tells(script.steps); }) ||
         std::any_of(uses.of_actors.begin(), uses.of_actors.end(),
                     [&](const auto& actor) { return uses_name(actor.second, name); });
}

}  // namespace

void read_sinks(const Node& node, Scenario& scenario, RequestReader& requests, const Uses& uses,
                Problems& problems) {
  if (node.kind == Kind::null) return;
  if (node.kind != Kind::map || node.keys.size() > most_sinks) {
    problems.add(node.place,
                 fmt::format("expected sinks: a map of at most {} by name, found {}", most_sinks,
                             node.kind == Kind::map ? "more" : yaml::description(node)));
    return;
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    Sink sink = read_sink(node.keys[i], node.items[i], requests, problems);
    const auto same_name = [&](const Observation& read) { return read.name == sink.name; };
    if (std::any_of(scenario.observe.begin(), scenario.observe.end(), same_name))
      problems.add(
          node.keys[i].place,
          fmt::format("an observing read is called {0}, too; .after.{0} can be only one of "
                      "them",
                      sink.name));
    sink.addressed = is_addressed(sink, scenario, uses);
    scenario.sinks.push_back(std::move(sink));
  }
}

}  // namespace scenario
