#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "client/context.h"
#include "client/line.h"
#include "client/session.h"
#include "http/message.h"
#include "net/connection.h"
#include "outcome/outcome.h"
#include "scenario/parse.h"
#include "scenario/scenario.h"

/// The scenario's requests, as one of its targets gets them.
namespace client {

/// One of Scenario::targets, looked up.
struct Target {
  std::string base;                 // https://host:port
  std::string host;                 // host:port, as in the Host field
  std::unique_ptr<net::Tls> tls;    // of https
  Way way;                          // borrows `tls`
  bool named_whole = false;         // in the request line, for a proxy
  std::string proxy_authorization;  // sent with each request then; empty: none
};

/// Looks up all targets of the scenario, and reads the files that its `tls` names.
[[nodiscard]] base::Result<std::vector<Target>, outcome::Failure> look_up_targets(
    const scenario::Scenario& scenario);

/// {{$base}} and {{$host}}.
void bind_target(json::object& bindings, const Target& target);

/// The actor's values and what its login captured; {{$index}} where it is one of several. `session`
/// may be nullptr.
void bind_actor(json::object& bindings, const scenario::Scenario& scenario,
                const std::string& actor, const Session* session);

/// A request to its last field.
struct Message {
  std::string request_line;  // "PUT /orders/8/", for people
  std::string path;          // with the query
  http::Request request;
  std::size_t target = 0;
  http::Request plain;      // without cookies, where it may be redirected
  std::string own_cookies;  // likewise: those that are not of a session
};

/// Fills the request and adds Host, User-Agent, X-Deadheat, the cookies of `session` and, where the
/// scenario gives none, Accept and Accept-Encoding. It goes to `target` unless its address begins
/// with another of the targets. `origin` is the value of X-Deadheat: run, attempt and script.
/// `session` may be nullptr.
[[nodiscard]] base::Result<Message, scenario::Problem> compose(
    const Context& context, const std::vector<Target>& targets, std::size_t target,
    const scenario::Request& request, const json::object& bindings, const std::string& origin,
    const Session* session);

/// The request that a redirect asks for (RFC 9110, 15.4), as browsers make it: 303 becomes a GET,
/// and so does a POST with 301 and 302; 307 and 308 repeat it. nullopt where the answer is none, or
/// leads away from the targets: then it is the answer.
[[nodiscard]] std::optional<Message> redirected(const Context& context,
                                                const std::vector<Target>& targets,
                                                const Message& message,
                                                const http::Response& answer,
                                                const Session* session);

/// Takes the cookies of the answer to a message. `session` may be nullptr.
void keep_cookies(Session* session, const http::Response& answer, const Context& context,
                  const std::vector<Target>& targets, const Message& message);

}  // namespace client
