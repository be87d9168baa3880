#include "metrics/measured_store.h"

namespace metrics {
namespace {

using namespace store;

/// A transaction of the store that is measured.
class MeasuredTransaction final : public Transaction {
 public:
  MeasuredTransaction(MeasuredStore& store, std::unique_ptr<Transaction> transaction)
      : store_(store), transaction_(std::move(transaction)) {}

  asio::awaitable<std::optional<Order>> get(OrderId id) override {
    return store_.measure("get", transaction_->get(id));
  }
  asio::awaitable<std::optional<Order>> get_for_update(OrderId id) override {
    return store_.measure("get_for_update", transaction_->get_for_update(id));
  }
  asio::awaitable<Order> save(Order order, Actor actor) override {
    return store_.measure("save", transaction_->save(std::move(order), std::move(actor)));
  }
  asio::awaitable<void> commit() override {
    return store_.change("commit", transaction_->commit());
  }

 private:
  MeasuredStore& store_;
  std::unique_ptr<Transaction> transaction_;
};

}  // namespace

asio::awaitable<std::unique_ptr<Transaction>> MeasuredStore::begin(Isolation isolation) {
  auto transaction = co_await measure("begin", store_.begin(isolation));
  co_return std::make_unique<MeasuredTransaction>(*this, std::move(transaction));
}

}  // namespace metrics
