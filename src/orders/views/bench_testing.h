#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dialect/python_json.h"
#include "frame/service.h"
#include "store/memory_store.h"
#include "store/store_threads.h"
#include "views/views.h"

namespace views {

/// A service on a store in memory, or what `open` opens, one request at a time, and what it logged.
struct Bench {
  explicit Bench(const Options& options = {}, frame::ServiceOptions around = {})
      : Bench(in_memory(), options, std::move(around)) {}
  explicit Bench(const store::StoreThreads::Open& open, const Options& options = {},
                 frame::ServiceOptions around = {})
      : threads(open, {.readers = 1}),
        hub(threads, event_text, [](std::string_view) {}),
        all({threads, clock, metrics, hub}, options),
        service(all.served(), {clock, metrics}, std::move(around), [this](const auto& visit) {
          errors += visit.error;
          ids.emplace_back(visit.request_id);
        }) {}

  static store::StoreThreads::Open in_memory() {
    return [memory = std::make_shared<store::Memory>()] {
      return std::make_unique<store::MemoryStore>(memory);
    };
  }

  http::Response ask(std::string method, std::string target, std::string body = "",
                     http::Fields more = {}) {
    http::Request request{.method = std::move(method),
                          .target = std::move(target),
                          .fields = std::move(more),
                          .body = std::move(body)};
    if (!http::find(request.fields, "Host")) request.fields.push_back({"Host", "127.0.0.1:8000"});
    request.fields.push_back({"Content-Type", "application/json"});
    context.restart();
    auto response = asio::co_spawn(context, ask(std::move(request)), asio::use_future);
    context.run();
    return response.get();
  }
  /// Of a stream, its head.
  asio::awaitable<http::Response> ask(http::Request request) {
    net::Answer answer = co_await service.answer(std::move(request));
    co_return std::move(answer.response);
  }

  base::FakeClock clock;
  store::StoreThreads threads;
  metrics::Metrics metrics;
  events::Hub hub;
  std::string errors;
  std::vector<std::string> ids;
  Views all;
  frame::Service service;
  asio::io_context context;
};

inline constexpr char order_text[] =
    R"({"customer_name":"a","restaurant_name":"b","menu":"c","total_price":1,"delivery_address":"d"})";

}  // namespace views
