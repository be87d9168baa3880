#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/names.h"
#include "scenario/target.h"

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
  enum class Kind { none, json, text, form, bytes };
  Kind kind = Kind::none;
  json::value value;  // json: the document; text, bytes: a string; form: an object of strings
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

/// A command of the user's own, in place of a request.
struct Command {
  std::vector<Template> words;  // a program and its arguments; empty: this is a request
};

struct Request {
  Place place;
  Command exec;
  std::string method = "GET";
  Template target;  // a path, or a whole URL of one of the targets
  std::vector<HeaderTemplate> headers;
  Body body;
  std::string actor;  // `as:`; its headers are sent too. Empty: nobody's
  std::optional<Expect> expect;
  std::vector<Capture> captures;
  int redirects = 0;  // so many are followed, at most
  std::string say;    // what the actor says with it, for the report
  std::optional<Expression>
      stop_unless;  // over {status, headers, body}: the script goes on only if true
};

/// Whether the method changes nothing on a server that keeps to RFC 9110, 9.2.1.
[[nodiscard]] bool is_safe(const Request& request);

struct Actor {
  std::string name;   // "users[3]" of several
  std::string index;  // of several: "03", of fixed width
  std::string label;  // for the report; the name where none is given
  std::vector<HeaderTemplate> headers;
  json::object variables;      // any other key of the actor: {{name}} in its requests
  std::vector<Request> login;  // once, before its first request; what it captures is the actor's
};

/// What one actor does in the race.
struct Script {
  Place place;
  std::string name;
  std::string actor;              // empty where `as:` is not given, or gives a list
  std::vector<std::string> cast;  // the actor of each copy, where they have one each; else empty
  std::string label;              // the actor's, or the script's name
  int times = 1;                  // over 1: that many copies race, interchangeable
  std::vector<Request> steps;     // one or more
  std::optional<Expression> ok;   // over {status, headers, body} of the last step
  std::optional<Expression> refused;  // likewise
};

struct Observation {
  std::string name;
  Request request;
};

/// What a sink answers to a call. Templates see the call: {{method}}, {{path}}, {{query}},
/// {{headers}}, {{body}}, and {{$uuid}}, which is new for each.
struct Reply {
  Place place;
  int status = 200;
  std::vector<HeaderTemplate> headers;
  Body body;
  base::Nanoseconds after{0};  // how long the caller waits for it
};

/// An HTTP server of the tool's own, which plays whom the target calls: a payment provider, a
/// mailer. Its calls are part of the outcome.
struct Sink {
  std::string name;
  Place place;  // of its name, and then of `listen`
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;             // 0: any free one
  std::string url;                    // how the target reaches it; empty: where it listens
  std::vector<Reply> answers = {{}};  // to the calls of an attempt in turn, the last one for ever
  /// A reset, a script or an actor tells the target {{$sink.NAME}}, which is another address in
  /// each attempt.
  bool addressed = false;
};

/// So many of the scripts are ok, copies counted each.
struct Successes {
  std::vector<std::string> of;  // names of scripts
  int at_least = 0;
  int at_most = 0;
};

/// A sum over the state is the same before and after.
struct Conserved {
  std::vector<Expression> sum;  // places below the state, {NAME: {status, headers, body}}; or jq
};

/// No value but null occurs twice.
struct Unique {
  std::vector<Expression> values;  // places in {before, after, answers}; or jq that gives a list
};

struct Rule {
  std::string name;
  Place place;
  std::variant<Expression, Successes, Conserved, Unique>
      holds;  // jq over {before, after, answers}; or a short form
};

/// An outcome that is known and permitted.
struct Permit {
  Expression when;  // over {before, after, answers}
  std::string reason;
};

enum class Sync { automatic, held, threads };
inline constexpr base::Names<Sync> sync_names{
    {Sync::automatic, "auto"}, {Sync::held, "held"}, {Sync::threads, "threads"}};

/// Which byte is held back: the last of the headers or of the body.
enum class Hold { automatic, headers, body };
inline constexpr base::Names<Hold> hold_names{
    {Hold::automatic, "auto"}, {Hold::headers, "headers"}, {Hold::body, "body"}};

enum class Offsets { sweep, none };
inline constexpr base::Names<Offsets> offsets_names{{Offsets::sweep, "sweep"},
                                                    {Offsets::none, "none"}};

enum class Http { automatic, version_1, version_2 };
inline constexpr base::Names<Http> http_names{
    {Http::automatic, "auto"}, {Http::version_1, "1.1"}, {Http::version_2, "2"}};

/// With HTTP/2: all on one, or each on its own.
enum class Connections { automatic, shared, own };
inline constexpr base::Names<Connections> connections_names{
    {Connections::automatic, "auto"}, {Connections::shared, "shared"}, {Connections::own, "own"}};

struct Run {
  int attempts = 200;
  base::Nanoseconds budget = std::chrono::seconds(60);
  Sync sync = Sync::automatic;
  Hold hold = Hold::automatic;
  Offsets offsets = Offsets::sweep;
  Http http = Http::automatic;
  Connections connections = Connections::automatic;
  int lanes = 1;  // how many attempts may go on side by side; over 1 only if every reset makes its
                  // own resource
  std::optional<std::uint64_t> seed;
};

/// How https targets are spoken to. Files are PEM, and stand beside the scenario's file.
struct Tls {
  bool verify = true;
  std::string ca;           // who may have signed; empty: whom the system trusts
  std::string certificate;  // the client's own
  std::string key;          // empty: in the file of the certificate
  std::string server_name;  // empty: the target's host
  Place place;
};

struct Scenario {
  std::string file;  // as given, for messages
  std::string id;
  std::string name;
  std::vector<std::string>
      targets;  // base URLs, `http[s]://host:port`, no slash at the end; one or more
  Tls tls;
  Proxy proxy;
  std::vector<Actor> actors;
  std::vector<Request> setup;   // once, before everything
  std::vector<Request> reset;   // before each attempt
  std::vector<Script> race;     // two or more scripts, counting copies
  std::vector<Request> suffix;  // after the race, before the state is read: compared as it is
  std::vector<Observation> observe;
  std::vector<Sink> sinks;
  std::vector<Request> cleanup;   // after each attempt
  std::vector<Request> teardown;  // once, at the end, always
  std::vector<Rule> rules;
  std::vector<Expression> mask;  // paths into the rules' input that do not count in comparisons
  std::vector<Expression>
      counts;  // paths below .after, [] for every element: judged by how far they moved
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

/// Whether there is a state to judge, and not only what the scripts were told.
[[nodiscard]] bool has_state(const Scenario& scenario);

/// Whether that can be looked at a second time: a suffix is played once.
[[nodiscard]] bool can_be_read_again(const Scenario& scenario);

/// The names of what is compared after a race: the observing reads, then "suffix 1", ...
[[nodiscard]] std::vector<std::string> names_of_state(const Scenario& scenario);

/// nullptr where the scenario has no actor of that name. Borrows from `scenario`.
[[nodiscard]] const Actor* find_actor(const Scenario& scenario, const std::string& name);

/// How many actors go by this name: `users` are users[0], users[1], ...; 0 where it is no name of
/// several.
[[nodiscard]] int count_actors(const Scenario& scenario, const std::string& name);

/// The name of the actor who sends this step of a copy; empty: nobody.
[[nodiscard]] std::string actor_of(const Scenario& scenario, const Script& script,
                                   const Request& step, int copy);

}  // namespace scenario
