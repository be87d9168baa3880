#include "metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <sstream>
#include <tuple>
#include <utility>
#include <vector>

#include "order/lifecycle.h"

namespace metrics {
namespace {

using prometheus::Labels;

// From a read that memory answers to a wait for v1's payment.
const prometheus::Histogram::BucketBoundaries request_seconds = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
    0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
const prometheus::Histogram::BucketBoundaries wait_seconds = {
    0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
    0.01,    0.025,    0.05,    0.1,    0.25,    0.5,    1,     5};

/// Methods of HTTP; a client may call a method anything.
std::string_view method_label(std::string_view method) {
  constexpr std::string_view known[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  const auto found = std::find(std::begin(known), std::end(known), method);
  return found == std::end(known) ? "other" : *found;
}

std::string_view status_label(std::string_view status) {
  return order::status_named(status) ? status : "other";
}

/// The metrics of a family, by what tells them apart. A family's own way to find one makes the
/// labels, and the metric, anew each time.
template <class Metric, class Key>
class Known {
 public:
  /// `make` makes the metric of a key that is new.
  template <class Make>
  Metric& at(const Key& key, const Make& make) {
    {
      const std::shared_lock lock(mutex_);
      if (const auto found = metrics_.find(key); found != metrics_.end()) return *found->second;
    }
    const std::unique_lock lock(mutex_);
    auto [place, is_new] = metrics_.try_emplace(key, nullptr);
    if (is_new) place->second = &make();
    return *place->second;
  }

 private:
  std::shared_mutex mutex_;
  std::map<Key, Metric*> metrics_;
};

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests = prometheus::BuildCounter()
                                                          .Name("orders_requests_total")
                                                          .Help("Requests that were answered")
                                                          .Register(registry);
  prometheus::Family<prometheus::Histogram>& durations =
      prometheus::BuildHistogram()
          .Name("orders_request_seconds")
          .Help("From a whole request to its answer, or to the head of one that is streamed")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& turned_away =
      prometheus::BuildCounter()
          .Name("orders_turned_away_total")
          .Help("Clients that were turned away before their request was one")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& transitions =
      prometheus::BuildCounter()
          .Name("orders_transitions_total")
          .Help("Changes of the status of an order, by the status it has now")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& conflicts =
      prometheus::BuildCounter()
          .Name("orders_conflicts_total")
          .Help("Changes that lost against another and were tried again or given up")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& waits =
      prometheus::BuildHistogram()
          .Name("orders_database_wait_seconds")
          .Help("From asking the store to its answer")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& queues =
      prometheus::BuildHistogram()
          .Name("orders_database_queue_seconds")
          .Help("Until a connection, a transaction or the writer could be had: a part of the waits")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& failures =
      prometheus::BuildCounter()
          .Name("orders_database_failures_total")
          .Help("Operations of the store that failed")
          .Register(registry);

  using Name = std::string;
  Known<prometheus::Counter, std::tuple<Name, Name, std::string_view, int>> known_requests;
  Known<prometheus::Histogram, std::pair<Name, Name>> known_durations;
  Known<prometheus::Counter, int> known_turned_away;
  Known<prometheus::Counter, Name> known_transitions, known_conflicts, known_failures;
  Known<prometheus::Histogram, Name> known_waits, known_queues;

  struct Watched {
    prometheus::Gauge& gauge;
    std::function<double()> read;
  };
  std::mutex mutex;  // for the watched
  std::vector<Watched> watched;
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::count(const Request& request) {
  State& state = *state_;
  const std::string mount(request.mount);
  const std::string route(request.route);
  const std::string_view method = method_label(request.method);
  state.known_requests
      .at({mount, route, method, request.status},
          [&]() -> prometheus::Counter& {
            return state.requests.Add({{"mount", mount},
                                       {"route", route},
                                       {"method", std::string(method)},
                                       {"status", std::to_string(request.status)}});
          })
      .Increment();
  state.known_durations
      .at({mount, route},
          [&]() -> prometheus::Histogram& {
            return state.durations.Add({{"mount", mount}, {"route", route}}, request_seconds);
          })
      .Observe(base::in_seconds(request.took));
}

void Metrics::count_turned_away(int status) {
  state_->known_turned_away
      .at(status,
          [&]() -> prometheus::Counter& {
            return state_->turned_away.Add({{"status", std::to_string(status)}});
          })
      .Increment();
}

void Metrics::count_transition(std::string_view to) {
  const std::string label(status_label(to));
  state_->known_transitions
      .at(label,
          [&]() -> prometheus::Counter& {
            return state_->transitions.Add({{"to", label}});
          })
      .Increment();
}

void Metrics::count_conflicts(std::string_view strategy, std::uint32_t times) {
  if (times == 0) return;
  const std::string label(strategy);
  state_->known_conflicts
      .at(label,
          [&]() -> prometheus::Counter& {
            return state_->conflicts.Add({{"strategy", label}});
          })
      .Increment(times);
}

void Metrics::note_wait(std::string_view operation, base::Nanoseconds took, bool failed) {
  const std::string label(operation);
  state_->known_waits
      .at(label,
          [&]() -> prometheus::Histogram& {
            return state_->waits.Add({{"operation", label}}, wait_seconds);
          })
      .Observe(base::in_seconds(took));
  if (!failed) return;
  state_->known_failures
      .at(label,
          [&]() -> prometheus::Counter& {
            return state_->failures.Add({{"operation", label}});
          })
      .Increment();
}

void Metrics::note_queue(std::string_view line, base::Nanoseconds took) {
  const std::string label(line);
  state_->known_queues
      .at(label,
          [&]() -> prometheus::Histogram& {
            return state_->queues.Add({{"line", label}}, wait_seconds);
          })
      .Observe(base::in_seconds(took));
}

void Metrics::watch(const std::string& name, const std::string& help,
                    std::function<double()> read) {
  prometheus::Gauge& gauge =
      prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry).Add({});
  const std::lock_guard lock(state_->mutex);
  state_->watched.push_back({gauge, std::move(read)});
}

std::string Metrics::text() const {
  const std::lock_guard lock(state_->mutex);
  for (const State::Watched& watched : state_->watched) watched.gauge.Set(watched.read());
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, state_->registry.Collect());
  return std::move(out).str();
}

}  // namespace metrics
