#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "frame/actions.h"
#include "frame/options.h"
#include "order/order.h"
#include "store/order_store.h"
#include "strategy/change.h"

namespace service {

/// The views of the original: v1, the note's own, and std, a stock ModelViewSet.
class DjangoViews {
 public:
  /// All of them outlive the views.
  DjangoViews(store::OrderStore& store, const base::Clock& clock, const ServiceOptions& options)
      : store_(store), clock_(clock), options_(options) {}

  [[nodiscard]] Actions v1_actions();
  [[nodiscard]] Actions std_actions();

 private:
  using Update = asio::awaitable<Outcome> (DjangoViews::*)(const Call&);
  Actions actions(Update update);
  asio::awaitable<Outcome> root(const Call& call);
  asio::awaitable<Outcome> describe(const Call& call);
  asio::awaitable<Outcome> list(const Call& call);
  asio::awaitable<Outcome> create(const Call& call);
  asio::awaitable<Outcome> retrieve(const Call& call);
  asio::awaitable<Outcome> update_v1(const Call& call);
  asio::awaitable<Outcome> update_std(const Call& call);
  asio::awaitable<Outcome> destroy(const Call& call);

  /// The order that the path names. Nothing too if the query searches for others, as DRF has it.
  asio::awaitable<std::optional<order::Order>> find_order(const Call& call);
  asio::awaitable<std::vector<order::Order>> all_orders();
  /// The page that the query asks for, of a list of `asked`.
  asio::awaitable<Outcome> list_page(const Call& call, store::Excerpt asked);
  using Words = std::vector<std::string>;
  /// All orders, but never all of them in memory.
  asio::awaitable<Outcome> list_by_chunks(const Call& call, Words words);
  /// Writes `piece`, the orders after that one, and the end of the list. `some`: there is an order
  /// in the list already.
  asio::awaitable<void> write_rest(net::Stream& stream, std::string piece, Words words, Mount mount,
                                   order::OrderId after, bool some);
  /// Appends those that are searched for; whether there is some order in the list now.
  static bool append_found(const std::vector<order::Order>& orders, const Words& words, Mount mount,
                           bool some, std::string& out);
  [[nodiscard]] Problem missing() const { return not_found(options_.language); }

  store::OrderStore& store_;
  const base::Clock& clock_;
  const ServiceOptions& options_;
};

}  // namespace service
