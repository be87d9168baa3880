#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "frame/actions.h"
#include "frame/call.h"
#include "frame/options.h"
#include "http/message.h"
#include "metrics/metrics.h"
#include "net/server.h"

namespace frame {

/// What there is to log about a request.
struct Visit {
  std::string_view method;
  std::string_view target;
  int status = 0;
  double milliseconds = 0;
  std::string_view request_id;
  std::string_view error;  // what failed inside; empty if nothing did
};

/// What there is to serve: all that the frame knows of the views.
struct Served {
  Actions v1, std, v2;  // v2: of the lab, too
  /// The names of its strategies: what may stand in /lab/{strategy}/.
  std::vector<std::string_view> lab;
  /// For a route that is_operation(), whatever the Host header is. Never throws.
  std::function<asio::awaitable<http::Response>(Call&)> operations;
  /// GET /api/v2/events.
  std::function<asio::awaitable<base::Result<net::Answer, Problem>>(const Call&)> events;
};

/// What a service measures itself with; both outlive it.
struct Instruments {
  const base::Clock& clock;
  metrics::Metrics& metrics;
};

/// The order service: every mount of it. Finds the view of a request and how to write its answer;
/// what a view says is the view's own business. Safe on any thread, as long as `log` and the views
/// are.
class Service {
 public:
  /// The service outlives its requests, and the views the service.
  Service(Served served, const Instruments& instruments, ServiceOptions options,
          std::function<void(const Visit&)> log);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Answers one request. Never throws: what fails inside is a 503 or a 500, and logged.
  asio::awaitable<net::Answer> answer(http::Request request);

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
  [[nodiscard]] std::string mount_label(const Route& route) const;

  const Served served_;
  const base::Clock& clock_;
  metrics::Metrics& metrics_;
  const ServiceOptions options_;
  const std::string openapi_;  // the document, of the mounts that are served
  std::function<void(const Visit&)> log_;
  std::uint32_t id_prefix_;
  std::atomic<std::uint64_t> visits_{0};
};

}  // namespace frame
