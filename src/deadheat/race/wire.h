#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "net/connection.h"
#include "race/line.h"
#include "race/player.h"
#include "scenario/parse.h"
#include "scenario/scenario.h"

/// The scenario's requests, as one of its targets gets them.
namespace race {

/// One of Scenario::targets, looked up.
struct Target {
  std::string base;               // https://host:port
  std::string host;               // host:port, as in the Host field
  std::unique_ptr<net::Tls> tls;  // of https
  Way way;                        // borrows `tls`
  bool named_whole = false;       // in the request line, for a proxy
};

/// Looks up all targets of the scenario, and reads the files that its `tls` names.
[[nodiscard]] base::Result<std::vector<Target>, outcome::Failure> look_up_targets(
    const scenario::Scenario& scenario);

/// {{$base}} and {{$host}}.
void bind_target(json::object& bindings, const Target& target);

/// A request to its last field.
struct Message {
  std::string line;  // "PUT /orders/8/", for people
  http::Request request;
  std::size_t target = 0;
};

/// Fills the request and adds Host, User-Agent, X-Deadheat and, where the scenario gives none,
/// Accept and Accept-Encoding. It goes to `target` unless its address begins with another of the
/// targets. `origin` is the value of X-Deadheat: run, attempt and script.
[[nodiscard]] base::Result<Message, scenario::Problem> compose(
    const Course& course, const std::vector<Target>& targets, std::size_t target,
    const scenario::Request& request, const json::object& bindings, const std::string& origin);

}  // namespace race
