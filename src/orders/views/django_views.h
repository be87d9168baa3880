#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "frame/actions.h"
#include "order/order.h"
#include "store/order_store.h"
#include "strategy/change.h"
#include "views/options.h"

namespace views {

/// The views of the original: v1, the note's own, and std, a stock ModelViewSet.
class DjangoViews {
 public:
  /// All of them outlive the views.
  DjangoViews(store::OrderStore& store, const base::Clock& clock, const Options& options)
      : store_(store), clock_(clock), options_(options) {}

  [[nodiscard]] frame::Actions v1_actions();
  [[nodiscard]] frame::Actions std_actions();

 private:
  using Update = asio::awaitable<frame::Outcome> (DjangoViews::*)(const frame::Call&);
  frame::Actions actions(Update update);
  asio::awaitable<frame::Outcome> root(const frame::Call& call);
  asio::awaitable<frame::Outcome> describe(const frame::Call& call);
  asio::awaitable<frame::Outcome> list(const frame::Call& call);
  asio::awaitable<frame::Outcome> create(const frame::Call& call);
  asio::awaitable<frame::Outcome> retrieve(const frame::Call& call);
  asio::awaitable<frame::Outcome> update_v1(const frame::Call& call);
  asio::awaitable<frame::Outcome> update_std(const frame::Call& call);
  asio::awaitable<frame::Outcome> destroy(const frame::Call& call);

  /// The order that the path names. Nothing too if the query searches for others, as DRF has it.
  asio::awaitable<std::optional<order::Order>> find_order(const frame::Call& call);
  asio::awaitable<std::vector<order::Order>> all_orders();
  /// The page that the query asks for, of a list of `asked`.
  asio::awaitable<frame::Outcome> list_page(const frame::Call& call, store::Excerpt asked);
  using Words = std::vector<std::string>;
  /// All orders, but never all of them in memory.
  asio::awaitable<frame::Outcome> list_by_chunks(const frame::Call& call, Words words);
  /// Writes `piece`, the orders after that one, and the end of the list. `some`: there is an order
  /// in the list already.
  asio::awaitable<void> write_rest(net::Stream& stream, std::string piece, Words words,
                                   frame::Mount mount, order::OrderId after, bool some);
  /// Appends those that are searched for; whether there is some order in the list now.
  static bool append_found(const std::vector<order::Order>& orders, const Words& words,
                           frame::Mount mount, bool some, std::string& out);
  [[nodiscard]] frame::Problem missing() const { return frame::not_found(options_.language); }

  store::OrderStore& store_;
  const base::Clock& clock_;
  const Options& options_;
};

}  // namespace views
