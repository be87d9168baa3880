#pragma once

#include <map>
#include <string>

#include "base/json.h"
#include "http/cookies.h"
#include "scenario/scenario.h"

namespace client {

/// What an actor has from the server: the captures of its login, and its cookies. A value: every
/// attempt, and every script in it, goes on with a copy of its own.
struct Session {
  json::object values;
  http::CookieJar cookies;
  bool logged_in = false;
};

using Sessions = std::map<std::string, Session>;  // by the name of the actor

/// The actor's values and what its login captured; {{$index}} where it is one of several. `session`
/// may be nullptr.
void bind_actor(json::object& bindings, const scenario::Scenario& scenario,
                const std::string& actor, const Session* session);

}  // namespace client
