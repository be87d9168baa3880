#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "events/hub.h"
#include "frame/actions.h"
#include "frame/call.h"
#include "frame/options.h"
#include "http/message.h"
#include "metrics/metrics.h"
#include "net/server.h"
#include "store/order_store.h"
#include "views/django_views.h"
#include "views/live_events.h"
#include "views/operations.h"
#include "views/v2_views.h"

namespace service {

/// What there is to log about a request.
struct Visit {
  std::string_view method;
  std::string_view target;
  int status = 0;
  double milliseconds = 0;
  std::string_view request_id;
  std::string_view error;  // what failed inside; empty if nothing did
};

/// What a service is built on; all of it outlives the service.
struct Foundation {
  store::OrderStore& store;
  const base::Clock& clock;
  metrics::Metrics& metrics;
  events::Hub& hub;
};

/// The order service: every mount of it. Finds the view of a request and how to write its answer;
/// what a view says is the view's own business. Safe on any thread, as long as `log` is.
class Service {
 public:
  /// The service outlives its requests.
  Service(const Foundation& on, ServiceOptions options, std::function<void(const Visit&)> log);
  // Its views refer to each other.
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Answers one request. Never throws: what fails inside is a 503 or a 500, and logged.
  asio::awaitable<net::Answer> answer(http::Request request);

  /// From here on /readyz says that the service is about to stop. On any thread.
  void retire() { operations_.retire(); }

  /// Every method at every place, as documents write them.
  struct Documented {
    std::string_view method;
    std::string path;
  };
  [[nodiscard]] std::vector<Documented> routes() const;

 private:
  asio::awaitable<net::Answer> respond(Call& call);
  asio::awaitable<net::Answer> listen(Call& call);
  /// Finds out who asks; a 401 if nobody may be told that.
  [[nodiscard]] std::optional<Problem> identify(Call& call) const;
  /// Whether it leads somewhere that is served.
  [[nodiscard]] bool serves(const Route& route) const;
  [[nodiscard]] http::Response nowhere() const;
  [[nodiscard]] http::Response openapi(const Call& call) const;
  static asio::awaitable<Outcome> perform(const Actions::Run& run, Call& call);
  [[nodiscard]] const Actions& actions_at(Mount mount) const;
  [[nodiscard]] http::Response redirect(const Call& call) const;

  const base::Clock& clock_;
  metrics::Metrics& metrics_;
  const ServiceOptions options_;
  const std::string openapi_;  // the document, of the mounts that are served
  Operations operations_;
  LiveEvents live_events_;
  DjangoViews django_;
  V2Views v2_;
  const Actions v1_actions_ = django_.v1_actions();
  const Actions std_actions_ = django_.std_actions();
  const Actions v2_actions_ = v2_.actions();  // of the lab, too
  std::function<void(const Visit&)> log_;
  std::uint32_t id_prefix_;
  std::atomic<std::uint64_t> visits_{0};
};

}  // namespace service
