#pragma once

#include <span>
#include <string>
#include <vector>

#include "scenario/scenario.h"

/// What a scenario may reach. Pure: nothing is looked up.
namespace scenario {

/// An address literal of this machine, or "localhost". A name that merely looks like one
/// ("127.0.0.1.example") is whatever its resolver says.
[[nodiscard]] bool is_loopback(const std::string& host);

/// Why the scenario must not be raced, a sentence each; nothing where it may. It reaches loopback
/// only, unless the user names the host: targets, the proxy (which is one more host, and being near
/// makes nothing behind it nearer), and what its sinks listen on.
[[nodiscard]] std::vector<std::string> objections(const Scenario& scenario,
                                                  std::span<const std::string> allowed_hosts);

}  // namespace scenario
