#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/local_store.h"

namespace store {

/// What the stores of one memory share.
struct Memory {
  struct Key {
    std::string fingerprint;
    OrderId order = 0;
    Timestamp at{0};
  };
  struct Contents {
    std::map<OrderId, Order> orders;
    OrderId highest_id = 0;
    std::vector<Event> events;
    std::map<std::string, Key> keys;
  };

  std::mutex mutex;  // for `contents`
  Contents contents;
};

/// The obvious store: a map. The oracle of the contract suite. No transactions.
class MemoryStore : public LocalStore {
 public:
  /// `memory` is shared by the stores of several threads.
  explicit MemoryStore(std::shared_ptr<Memory> memory = std::make_shared<Memory>())
      : memory_(std::move(memory)) {}

  List::Given perform(const List& asked) override;
  Select::Given perform(const Select& asked) override;
  TakeExcerpt::Given perform(const TakeExcerpt& asked) override;
  Count::Given perform(const Count& asked) override;
  Get::Given perform(const Get& asked) override;
  Insert::Given perform(const Insert& asked) override;
  InsertOnce::Given perform(const InsertOnce& asked) override;
  InsertAbsent::Given perform(const InsertAbsent& asked) override;
  Save::Given perform(const Save& asked) override;
  Update::Given perform(const Update& asked) override;
  Transition::Given perform(const Transition& asked) override;
  Remove::Given perform(const Remove& asked) override;
  ReadHistory::Given perform(const ReadHistory& asked) override;
  ReadEvents::Given perform(const ReadEvents& asked) override;
  LastEvent::Given perform(const LastEvent& asked) override;
  Ping::Given perform(const Ping& /*asked*/) override {}

 private:
  std::shared_ptr<Memory> memory_;
};

}  // namespace store
