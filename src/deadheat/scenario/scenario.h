#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

/// What to race, as its author wrote it. Plain values; parse.h reads them, fill.h turns their
/// templates into requests.
namespace scenario {

/// Where something stands in the scenario file; from 1.
struct Place {
  int line = 0;
  int column = 0;
};

/// A jq program.
struct Expression {
  std::string jq;
  Place place;
};

/// Text with {{name}} or {{ jq }} in it.
struct Template {
  std::string text;
  Place place;
};

struct HeaderTemplate {
  std::string name;
  Template value;
};

/// The body of a request. In a JSON body every string (keys too) may be a template; one that is
/// only
/// {{x}} becomes x with its JSON type.
struct Body {
  enum class Kind { none, json, text, form };
  Kind kind = Kind::none;
  json::value value;  // json: the document; text: a string; form: an object of strings
  Place place;
};

struct Capture {
  std::string name;
  Expression from;  // over {status, headers, body}
};

/// What the answer to a request has to be. All empty: any 2xx.
struct Expect {
  std::vector<int> statuses;
  std::optional<Expression> condition;  // over {status, headers, body}
  Place place;
};

struct Request {
  Place place;
  std::string method = "GET";
  Template target;  // a path, or a whole URL of one of the targets
  std::vector<HeaderTemplate> headers;
  Body body;
  std::string actor;  // `as:`; its headers are sent too. Empty: nobody's
  std::optional<Expect> expect;
  std::vector<Capture> captures;
  std::string say;  // what the actor says with it, for the report
  std::optional<Expression>
      stop_unless;  // over {status, headers, body}: the script goes on only if true
};

/// Whether the method changes nothing on a server that keeps to RFC 9110, 9.2.1.
[[nodiscard]] bool is_safe(const Request& request);

struct Actor {
  std::string name;
  std::string label;  // for the report; the name where none is given
  std::vector<HeaderTemplate> headers;
  json::object variables;  // any other key of the actor: {{name}} in its requests
};

/// What one actor does in the race.
struct Script {
  Place place;
  std::string name;
  std::string actor;                  // empty where `as:` is not given
  std::string label;                  // the actor's, or the script's name
  int times = 1;                      // over 1: that many copies race, interchangeable
  std::vector<Request> steps;         // one or more
  std::optional<Expression> ok;       // over {status, headers, body} of the last step
  std::optional<Expression> refused;  // likewise
};

struct Observation {
  std::string name;
  Request request;
};

struct Rule {
  std::string name;
  Expression holds;  // over {before, after, answers}
};

/// An outcome that is known and permitted.
struct Permit {
  Expression when;  // over {before, after, answers}
  std::string reason;
};

enum class Sync { automatic, held, threads };  // auto, held, threads
enum class Hold {
  automatic,
  headers,
  body
};  // which byte is held back: the last of the headers or of the body
enum class Offsets { sweep, none };

struct Run {
  int attempts = 200;
  base::Nanoseconds budget = std::chrono::seconds(60);
  Sync sync = Sync::automatic;
  Hold hold = Hold::automatic;
  Offsets offsets = Offsets::sweep;
  int lanes = 1;  // how many attempts may go on side by side; over 1 only if every reset makes its
                  // own resource
  std::optional<std::uint64_t> seed;
};

struct Scenario {
  std::string file;  // as given, for messages
  std::string id;
  std::string name;
  std::vector<std::string>
      targets;  // base URLs, `http://host:port`, no slash at the end; one or more
  std::vector<Actor> actors;
  std::vector<Request> setup;  // once, before everything
  std::vector<Request> reset;  // before each attempt
  std::vector<Script> race;    // two or more scripts, counting copies
  std::vector<Observation> observe;
  std::vector<Request> cleanup;   // after each attempt
  std::vector<Request> teardown;  // once, at the end, always
  std::vector<Rule> rules;
  std::vector<Expression> mask;  // paths into the rules' input that do not count in comparisons
  std::vector<Expression>
      counts;  // paths into .after of numbers that are compared by how far they moved
  std::vector<Permit> permits;
  std::vector<std::string> compare;          // headers that count, in lower case
  std::optional<base::Nanoseconds> settle;   // given: no learning of it
  std::optional<base::Nanoseconds> timeout;  // of one request; given: no learning of it
  Run run;
};

/// One actor's copy of a script: what stands at the start of the race. Attempts, schedules and
/// serial runs number entries in the order of `entries(scenario)`.
struct Entry {
  int script = 0;  // in Scenario::race
  int copy = 0;    // 0 .. times - 1; {{$index}} is made of it
};

[[nodiscard]] std::vector<Entry> entries(const Scenario& scenario);

/// "cancel", or "redeem[3]" for a copy; for messages and reports.
[[nodiscard]] std::string entry_name(const Scenario& scenario, const Entry& entry);

/// nullptr where the scenario has no actor of that name. Borrows from `scenario`.
[[nodiscard]] const Actor* find_actor(const Scenario& scenario, const std::string& name);

}  // namespace scenario
