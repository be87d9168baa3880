#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"

/// What the service counts and measures of itself, for Prometheus.
namespace metrics {

/// A request that was answered. All texts are ours, but for the method: what a client chooses would
/// make a time series each.
struct Request {
  std::string_view mount;  // "v2", "lab/naive"; empty: none
  std::string_view route;  // "detail"
  std::string_view method;
  int status = 200;
  base::Nanoseconds took{0};
};

/// Counters and histograms. Safe on any thread; to count takes well under a microsecond.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void count(const Request& request);
  /// A client that was turned away before its request was one.
  void count_turned_away(int status);
  /// An order whose status is now `to`. Texts that are no status of ours count as one.
  void count_transition(std::string_view to);
  /// How often a change lost against another, by the strategy that made it.
  void count_conflicts(std::string_view strategy, std::uint32_t times);
  /// How long an operation of the database was awaited; `failed`: it threw.
  void note_wait(std::string_view operation, base::Nanoseconds took, bool failed);

  /// How long somebody stood in line for the database: "connection", "transaction", "writer".
  void note_queue(std::string_view line, base::Nanoseconds took);

  /// A number that is read when somebody asks for all of them. `read` is called on any thread.
  void watch(const std::string& name, const std::string& help, std::function<double()> read);

  /// All of it, in the text format of Prometheus 0.0.4.
  [[nodiscard]] std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

inline constexpr std::string_view text_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace metrics
