#include "machine/machine.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace machine {
namespace {

using base::Nanoseconds;

/// A file of /proc or /sys; empty where there is none.
std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)));
}

/// The narrowest of this process's cgroup and those around it.
std::optional<double> cpu_quota() {
  const std::string groups = content("/proc/self/cgroup");  // "0::/user.slice/..."
  const std::size_t at = groups.find("0::/");
  std::filesystem::path group("/sys/fs/cgroup");
  if (at != std::string::npos) group /= groups.substr(at + 4, groups.find('\n', at) - at - 4);
  std::optional<double> narrowest;
  for (; group.string().starts_with("/sys/fs/cgroup"); group = group.parent_path())
    if (const auto quota = quota_in_cores(content(group / "cpu.max")))
      narrowest = std::min(*quota, narrowest.value_or(*quota));
  return narrowest;
}

Nanoseconds smallest_step(const base::Clock& clock) {
  constexpr int samples = 2000;
  Nanoseconds smallest = std::chrono::seconds(1);
  Nanoseconds last = clock.now();
  for (int i = 0; i < samples; ++i) {
    const Nanoseconds now = clock.now();
    if (now > last) smallest = std::min(smallest, now - last);
    last = now;
  }
  return smallest;
}

class Socket {
 public:
  explicit Socket(int family) : descriptor_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  template <class Address>
  [[nodiscard]] bool listens_on(const Address& address) const {
    return descriptor_ >= 0 &&
           bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
           listen(descriptor_, 1) == 0;
  }

 private:
  int descriptor_;
};

bool has_ipv4() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return Socket(AF_INET).listens_on(address);
}

bool has_ipv6() {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  return Socket(AF_INET6).listens_on(address);
}

}  // namespace

std::optional<double> quota_in_cores(std::string_view cpu_max) {
  std::istringstream text{std::string(cpu_max)};
  double quota = 0, period = 0;
  if (!(text >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

Facts look(const base::Clock& clock) {
  Facts facts{.cores = usable_cores(), .cpu_quota = cpu_quota()};
  std::array<double, 1> loads{};
  if (getloadavg(loads.data(), 1) == 1) facts.load = loads[0];
  facts.clock_step = smallest_step(clock);
  std::istringstream(content("/sys/devices/system/clocksource/clocksource0/current_clocksource")) >>
      facts.clock_source;
  if (rlimit limit{}; getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    facts.open_files = limit.rlim_cur;
    facts.open_files_most = limit.rlim_max;
  }
  std::istringstream(content("/proc/sys/net/ipv4/ip_local_port_range")) >> facts.first_port >>
      facts.last_port;
  facts.ipv4 = has_ipv4();
  facts.ipv6 = has_ipv6();
  return facts;
}

std::vector<record::Check> judge(const Facts& facts) {
  using record::CheckCode;
  constexpr int few_cores = 2;
  constexpr Nanoseconds fine_step = std::chrono::microseconds(1);
  constexpr std::uint64_t few_files = 1024;
  constexpr int few_ports = 10'000;
  const double quota = facts.cpu_quota.value_or(facts.cores);
  const int ports = facts.last_port - facts.first_port + 1;
  return {
      {CheckCode::cores, facts.cores >= few_cores, {{"cores", facts.cores}}},
      {CheckCode::cpu_quota,
       quota >= std::min(facts.cores, few_cores),
       {{"cores", facts.cpu_quota.value_or(0)}}},
      {CheckCode::load, facts.load <= facts.cores, {{"load", facts.load}, {"cores", facts.cores}}},
      {CheckCode::clock,
       facts.clock_step <= fine_step,
       {{"step_ns", facts.clock_step.count()}, {"source", facts.clock_source}}},
      {CheckCode::open_files,
       facts.open_files >= few_files,
       {{"limit", facts.open_files}, {"most", facts.open_files_most}}},
      {CheckCode::local_ports,
       ports >= few_ports,
       {{"first", facts.first_port}, {"last", facts.last_port}}},
      {CheckCode::loopback_ipv4, facts.ipv4, {}},
      {CheckCode::loopback_ipv6, facts.ipv6, {}},
      {CheckCode::jq, facts.jq_failure.empty(), {{"cause", facts.jq_failure}}},
  };
}

std::optional<Work> work_in(std::string_view stat, long ticks_per_second) {
  std::istringstream lines{std::string(stat)};
  Work work;
  bool found = false;
  for (std::string line; std::getline(lines, line) && line.starts_with("cpu");) {
    std::istringstream fields(line);
    std::string name;
    fields >> name;
    if (name != "cpu") {
      ++work.cores;
      continue;
    }
    std::array<std::int64_t, 8> ticks{};  // user nice system idle iowait irq softirq steal
    for (std::int64_t& each : ticks)
      if (!(fields >> each) || each < 0) return std::nullopt;
    const auto time = [ticks_per_second](std::int64_t count) {
      return base::from_seconds(static_cast<double>(count) / static_cast<double>(ticks_per_second));
    };
    work.idle = time(ticks[3] + ticks[4]);
    work.busy = time(ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]);
    found = true;
  }
  if (!found || work.cores == 0) return std::nullopt;
  return work;
}

std::optional<Work> work_so_far() {
  const long ticks_per_second = sysconf(_SC_CLK_TCK);
  if (ticks_per_second <= 0) return std::nullopt;
  std::optional<Work> work = work_in(content("/proc/stat"), ticks_per_second);
  if (!work) return std::nullopt;
  const auto time = [](const timeval& t) {
    return Nanoseconds(std::chrono::seconds(t.tv_sec)) + std::chrono::microseconds(t.tv_usec);
  };
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN})
    if (rusage usage{}; getrusage(who, &usage) == 0)
      work->own += time(usage.ru_utime) + time(usage.ru_stime);
  return work;
}

record::Load load_between(const Work& before, const Work& after) {
  // Less is not told apart from nothing: a tick is 10 ms.
  constexpr Nanoseconds least = std::chrono::milliseconds(500);
  // Of all time: below this share of idle time, what becomes ready has to wait for a core.
  constexpr double little = 0.05;
  const double busy = base::in_seconds(after.busy - before.busy);
  const double idle = base::in_seconds(after.idle - before.idle);
  const double own = base::in_seconds(after.own - before.own);
  const double all = busy + idle;
  if (all < base::in_seconds(least) * after.cores || idle < 0 || busy < 0) return {};
  const double others = std::clamp(busy - own, 0.0, busy);
  return {.cores = after.cores,
          .busy = busy / all * after.cores,
          .others = others / all * after.cores,
          .crowded = idle / all < little && others > own};
}

}  // namespace machine
