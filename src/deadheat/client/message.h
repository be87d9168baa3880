#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "client/context.h"
#include "client/session.h"
#include "client/target.h"
#include "http/message.h"
#include "scenario/problem.h"
#include "scenario/scenario.h"

/// The scenario's requests, as one of its targets gets them.
namespace client {

/// A request to its last field.
struct Message {
  std::string request_line;  // "PUT /orders/8/", for people
  std::string path;          // with the query
  http::Request request;
  std::size_t target = 0;
  http::Request plain;      // without cookies, where it may be redirected
  std::string own_cookies;  // likewise: those that are not of a session
};

/// Run, attempt and script: the value of X-Deadheat.
[[nodiscard]] std::string origin_of(const Context& context, const json::object& bindings,
                                    const std::string& script);

/// Who sends a request, and where to.
struct Sender {
  std::size_t target = 0;
  const std::string& origin;
  const Session* session = nullptr;  // of an actor; or nullptr
};

/// Fills the request and adds Host, User-Agent, X-Deadheat (the origin), the cookies of the session
/// and, where the scenario gives none, Accept and Accept-Encoding. It goes to the sender's target
/// unless its address begins with another of the targets.
[[nodiscard]] base::Result<Message, scenario::Problem> compose(const Context& context,
                                                               const std::vector<Target>& targets,
                                                               const Sender& sender,
                                                               const scenario::Request& request,
                                                               const json::object& bindings);

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
