#include "scenario/safety.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

namespace scenario {
namespace {

/// Of "https://host:port" as parse_base gives it.
std::string host_of(const std::string& base) {
  const std::string rest = base.substr(base.find("://") + 3);
  if (rest.starts_with('[')) return rest.substr(1, rest.find(']') - 1);
  return rest.substr(0, rest.rfind(':'));
}

}  // namespace

bool is_loopback(const std::string& host) {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return host == "localhost";
}

std::vector<std::string> objections(const Scenario& scenario,
                                    std::span<const std::string> allowed_hosts) {
  const auto is_allowed = [&](const std::string& host) {
    return is_loopback(host) || std::ranges::find(allowed_hosts, host) != allowed_hosts.end();
  };
  std::vector<std::string> reached = scenario.targets;
  if (!scenario.proxy.url.empty()) reached.push_back(scenario.proxy.url);
  std::vector<std::string> objections;
  for (const std::string& url : reached)
    if (const std::string host = host_of(url); !is_allowed(host))
      objections.push_back(fmt::format(
          "{} is not this machine, and nothing was sent to it. If it is yours to test, add "
          "--allow-host {}",
          url, host));
  for (const Sink& sink : scenario.sinks)
    if (!is_allowed(sink.host))
      objections.push_back(fmt::format(
          "sink {} would listen on {}, where others can reach it. If that is intended, add "
          "--allow-host {}",
          sink.name, sink.host, sink.host));
  return objections;
}

}  // namespace scenario
