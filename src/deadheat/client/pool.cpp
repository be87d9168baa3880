#include "client/pool.h"

#include <algorithm>
#include <utility>

#include "client/exchange.h"

namespace client {
namespace {

using base::Nanoseconds;

/// How long the first answer's connection is watched: the next request must not meet its end.
constexpr Nanoseconds probe_time = std::chrono::milliseconds(20);
/// Kept warm to each target.
constexpr std::size_t most_lines = 1024;

}  // namespace

std::unique_ptr<Line> Pool::take(std::size_t target) {
  Warm& warm = warm_[target];
  while (!warm.kept.empty()) {
    Kept last = std::move(warm.kept.back());
    warm.kept.pop_back();
    const bool young = context_.clock.now() - last.since < longest_idle;
    if (!last.line->fresh())
      warm.keeps_alive = warm.keeps_alive && !young;
    else if (young)
      return std::move(last.line);
  }
  return nullptr;
}

void Pool::keep(std::size_t target, std::unique_ptr<Line> line) {
  Warm& warm = warm_[target];
  warm.multiplexes = line->multiplexes();
  if (!std::exchange(warm.probed, true)) {
    context_.pause(probe_time);
    warm.keeps_alive = line->fresh();
  }
  if (warm.keeps_alive && warm.kept.size() < most_lines)
    warm.kept.push_back({std::move(line), context_.clock.now()});
}

void Pool::clear() {
  for (auto& [target, warm] : warm_) warm.kept.clear();
}

/// A new one, established; nullptr where that takes too long or fails.
std::unique_ptr<Line> Pool::open(std::size_t target, Nanoseconds timeout) const {
  auto line = std::make_unique<Line>(targets_[target].way);
  const Nanoseconds deadline = context_.clock.now() + timeout;
  while (!context_.stop && context_.clock.now() < deadline) {
    const auto established = line->established();
    if (!established) return nullptr;
    if (*established) return line;
    pollfd waiting = line->interest();
    ::poll(&waiting, 1, static_cast<int>(base::in_milliseconds(net::stop_latency)));
  }
  return nullptr;
}

std::vector<Line*> Pool::shared(std::size_t target, std::size_t count, Nanoseconds timeout) {
  Warm& warm = warm_[target];
  std::erase_if(warm.shared, [this](const Kept& kept) {
    return context_.clock.now() - kept.since >= longest_idle || !kept.line->fresh();
  });
  std::vector<Line*> seats;
  for (std::size_t i = 0; warm.multiplexes && seats.size() < count; ++i) {
    if (i == warm.shared.size()) {
      auto line = open(target, timeout);
      if (!line || !line->multiplexes() || line->room() == 0) return {};
      warm.shared.push_back({std::move(line), context_.clock.now()});
    }
    Kept& kept = warm.shared[i];
    kept.since = context_.clock.now();
    seats.insert(seats.end(), std::min(kept.line->room(), count - seats.size()), kept.line.get());
  }
  return seats;
}

bool Pool::keeps_alive() const {
  return !warm_.empty() && std::all_of(warm_.begin(), warm_.end(), [](const auto& target) {
    return !target.second.kept.empty();
  });
}

bool Pool::multiplexes() const {
  return std::any_of(warm_.begin(), warm_.end(),
                     [](const auto& target) { return target.second.multiplexes; });
}

}  // namespace client
