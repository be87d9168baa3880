#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "store/places.h"
#include "store/postgres_connection.h"

namespace store::postgres {

/// Of each io_context that calls.
struct PoolOptions {
  Server server;
  std::size_t connections = 8;
  std::size_t pipelined = 4;
  std::size_t transactions = 16;
  std::chrono::milliseconds patience{5'000};
  Waited waited;  // for a place on a connection, or for a transaction
};

/// The connections of one io_context, whose one thread uses them.
struct Pool {
  Pool(const asio::any_io_executor& on, const std::shared_ptr<const PoolOptions>& with);

  [[nodiscard]] std::shared_ptr<Connection> connection() const;
  /// Of those with the least to do one that is open, if there is any.
  [[nodiscard]] const std::shared_ptr<Connection>& least_busy() const;

  asio::any_io_executor executor;
  std::shared_ptr<const Server> server;
  std::shared_ptr<Reach> reach = std::make_shared<Reach>();
  std::shared_ptr<Places> places;
  std::vector<std::shared_ptr<Connection>> lines;  // for single statements
  std::shared_ptr<Places> transactions;
  std::vector<std::shared_ptr<Connection>> idle;  // of transactions that are over
};

/// The pool that the executor's context has for that store; made when it is first asked for. It
/// ends with the context, as all does that waits in it.
[[nodiscard]] std::shared_ptr<Pool> pool_of(const asio::any_io_executor& executor,
                                            std::uint64_t store,
                                            const std::shared_ptr<const PoolOptions>& options);

}  // namespace store::postgres
