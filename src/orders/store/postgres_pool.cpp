#include "store/postgres_pool.h"

#include <algorithm>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>
#include <utility>

namespace store::postgres {
namespace {

/// The pools of an io_context, one for each store that is called from there.
class Pools final : public asio::execution_context::service {
 public:
  static inline asio::execution_context::id id;  // asio's name for it

  explicit Pools(asio::execution_context& context) : service(context) {}

  std::shared_ptr<Pool>& of(std::uint64_t store) {
    for (auto& [number, pool] : pools_)
      if (number == store) return pool;
    return pools_.emplace_back(store, nullptr).second;
  }

 private:
  void shutdown() override { pools_.clear(); }

  std::vector<std::pair<std::uint64_t, std::shared_ptr<Pool>>> pools_;
};

}  // namespace

Pool::Pool(const asio::any_io_executor& on, const std::shared_ptr<const PoolOptions>& with)
    : executor(on),
      server(with, &with->server),
      places(std::make_shared<Places>("connection", with->connections * with->pipelined,
                                      with->patience, with->waited)),
      transactions(std::make_shared<Places>("transaction", with->transactions, with->patience,
                                            with->waited)) {
  for (std::size_t i = 0; i < with->connections; ++i) lines.push_back(connection());
}

std::shared_ptr<Connection> Pool::connection() const {
  return std::make_shared<Connection>(executor, server, reach);
}

const std::shared_ptr<Connection>& Pool::least_busy() const {
  return *std::min_element(lines.begin(), lines.end(), [](const auto& a, const auto& b) {
    return std::pair(a->load(), !a->is_open()) < std::pair(b->load(), !b->is_open());
  });
}

std::shared_ptr<Pool> pool_of(const asio::any_io_executor& executor, std::uint64_t store,
                              const std::shared_ptr<const PoolOptions>& options) {
  auto& context = asio::query(executor, asio::execution::context);
  std::shared_ptr<Pool>& pool = asio::use_service<Pools>(context).of(store);
  if (!pool) pool = std::make_shared<Pool>(executor, options);
  return pool;
}

}  // namespace store::postgres
