#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "client/line.h"
#include "net/tls.h"
#include "outcome/outcome.h"
#include "scenario/scenario.h"

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

}  // namespace client
