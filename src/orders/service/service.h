#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/message.h"
#include "service/listing.h"
#include "service/messages.h"
#include "service/negotiation.h"
#include "service/problem.h"
#include "service/python_json.h"
#include "service/query.h"
#include "service/routes.h"
#include "store/order_store.h"

namespace service {

struct ServiceOptions {
  /// What v1 waits between its read and its overwrite: the approval of a payment.
  base::Nanoseconds processing_delay = std::chrono::seconds(3);
  /// Host headers that are served, as Django's ALLOWED_HOSTS: "*", "api.example", ".example".
  std::vector<std::string> allowed_hosts = {"127.0.0.1", "localhost", "[::1]"};
  ListingOptions listing;
  Language language = Language::english;
  /// Tells more about what leads nowhere.
  bool debug = false;
  /// How deep JSON may nest.
  std::size_t json_depth = default_json_depth;
};

/// What there is to log about a request.
struct Visit {
  std::string_view method;
  std::string_view target;
  int status = 0;
  double milliseconds = 0;
  std::string_view request_id;
  std::string_view error;  // what failed inside; empty if nothing did
};

/// The order service: every mount of it. Safe on any thread, as long as `log` is.
class Service {
 public:
  /// `store` and `clock` outlive the service, and the service outlives its requests.
  Service(store::OrderStore& store, const base::Clock& clock, ServiceOptions options,
          std::function<void(const Visit&)> log);

  /// Answers one request. Never throws: what fails inside is a 503 or a 500, and logged.
  asio::awaitable<http::Response> answer(http::Request request);

 private:
  /// A request on its way through.
  struct Call {
    http::Request request;
    Route route;
    std::string query_text;
    Query query;
    Rendering rendering;
    std::string error;
  };
  struct Answer {
    int status = 200;
    std::optional<json::value> body;
    std::string written;  // the body, if it is JSON already
  };
  using Outcome = base::Result<Answer, Problem>;
  /// What a method does at a place. Of several rows that fit, the first counts.
  struct Action {
    std::string_view method;
    Route::Kind kind;
    std::optional<Mount> mount;  // nothing: at every mount
    asio::awaitable<Outcome> (Service::*run)(const Call&);
  };
  static const std::vector<Action>& actions();
  static const Action* find_action(const Call& call);
  static const std::string& allowed_methods(Route::Kind kind);

  [[nodiscard]] bool is_allowed_host(const http::Request& request) const;
  asio::awaitable<http::Response> respond(Call& call);
  asio::awaitable<Outcome> perform(const Action& action, Call& call);
  static http::Response render(const Call& call, Outcome outcome, bool negotiated);
  [[nodiscard]] http::Response redirect(const Call& call) const;
  [[nodiscard]] Problem missing() const { return not_found(options_.language); }
  static Answer show(const Call& call, const order::Order& order, int status = 200);

  asio::awaitable<Outcome> root(const Call& call);
  asio::awaitable<Outcome> describe(const Call& call);
  asio::awaitable<Outcome> list(const Call& call);
  asio::awaitable<Outcome> create(const Call& call);
  asio::awaitable<Outcome> retrieve(const Call& call);
  asio::awaitable<Outcome> update_v1(const Call& call);
  asio::awaitable<Outcome> update_std(const Call& call);
  asio::awaitable<Outcome> update_v2(const Call& call);
  asio::awaitable<Outcome> destroy(const Call& call);

  asio::awaitable<std::vector<order::Order>> all_orders();
  /// The order that the path names. Nothing too if the query searches for others, as DRF has it.
  asio::awaitable<std::optional<order::Order>> find_order(const Call& call);

  store::OrderStore& store_;
  const base::Clock& clock_;
  ServiceOptions options_;
  std::function<void(const Visit&)> log_;
  std::uint32_t id_prefix_;
  std::atomic<std::uint64_t> visits_{0};
};

}  // namespace service
