#pragma once

#include <mutex>
#include <optional>
#include <unordered_map>

#include "store/sqlite.h"
#include "store/terms.h"

namespace store {

/// Orders as they are after a certain commit, remembered by the stores of one file: what the writer
/// commits, readers need not read again. Of no use as soon as anybody else has committed, and then
/// forgotten. Safe on any thread.
///
///     mark        7              8        9
///     writer      | begin, save A, commit |
///     reader  A? --> A as of 7         A? --> A as saved, B? --> B as of 7
///
/// Between the commit and `publish` the file is at a mark of which nothing is known here yet.
class KnownOrders {
 public:
  using Written = std::unordered_map<OrderId, std::optional<Order>>;  // nothing: removed

  /// The order, if it is known as of `now`.
  [[nodiscard]] std::optional<Order> find(const sqlite::CommitMark& now, OrderId id);
  /// Remembers what was read at `now`: the mark was this before the read and after it.
  void add(const sqlite::CommitMark& now, const Order& order);

  /// A transaction of one of the stores, which has the lock. One at a time.
  class Transaction {
   public:
    /// `before`: the mark when it began.
    Transaction(KnownOrders& known, const std::optional<sqlite::CommitMark>& before);
    /// Without `publish`: nothing was written, or nobody knows.
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    /// It is committed, and did `written`. `after`: a mark that was read since.
    void publish(const std::optional<sqlite::CommitMark>& after, Written&& written);

   private:
    KnownOrders& known_;
    std::optional<sqlite::CommitMark> before_;
  };

 private:
  std::mutex mutex_;  // for all below
  std::optional<sqlite::CommitMark> mark_;
  std::unordered_map<OrderId, Order> orders_;
  bool committing_ = false;  // what the file says next may be about to be published
};

}  // namespace store
