#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/excerpt.h"
#include "store/terms.h"

/// What can be asked of a store: a struct for each operation, with what it is given, what it gives
/// (Given), what metrics call it, and whether it changes anything. This is the one place where the
/// operations are declared. A port has a virtual perform() for each (Asynchronous in order_store.h,
/// Blocking in local_store.h), and what is done around any operation is one template (Around).
///
///     store.perform(Get{8});   store.get(8);   // the same: ByName has the operations' names
namespace store {

/// The first `limit` orders with a greater id, by id. A list of a million is read in such chunks.
struct List {
  using Given = std::vector<Order>;
  static constexpr std::string_view name = "list";
  static constexpr bool changes_orders = false;
  OrderId after = 0;
  std::size_t limit = 0;
};

struct Select {
  using Given = std::vector<Order>;
  static constexpr std::string_view name = "select";
  static constexpr bool changes_orders = false;
  Selection selection;
};

struct TakeExcerpt {
  using Given = std::vector<Order>;
  static constexpr std::string_view name = "excerpt";
  static constexpr bool changes_orders = false;
  Excerpt excerpt;
};

/// Of all orders that have each of these words, as in an Excerpt: how many there are. Looks at
/// each.
struct Count {
  using Given = std::size_t;
  static constexpr std::string_view name = "count";
  static constexpr bool changes_orders = false;
  std::vector<std::string> search;
};

struct Get {
  using Given = std::optional<Order>;
  static constexpr std::string_view name = "get";
  static constexpr bool changes_orders = false;
  OrderId id = 0;
};

/// Gives the next id; an id is never given twice, not even after its order was deleted.
struct Insert {
  using Given = Order;
  static constexpr std::string_view name = "insert";
  static constexpr bool changes_orders = true;
  Draft draft;
  Actor actor;
  Timestamp now{0};
};

/// At most one order for a key, whoever asks how often at once: the key is claimed in the
/// transaction that inserts, and kept for `keys_are_kept`. A request is the same if its fingerprint
/// is; it is given what the first one was given.
struct InsertOnce {
  using Given = base::Result<Created, NotCreated>;
  static constexpr std::string_view name = "insert";
  static constexpr bool changes_orders = true;
  std::string key;
  std::string fingerprint;
  Draft draft;
  Actor actor;
  Timestamp now{0};
};

/// Adds orders that have an id already, but for those whose id is taken; how many it added. All or
/// none. Their version is at least the next one, if there was such an order before.
struct InsertAbsent {
  using Given = std::size_t;
  static constexpr std::string_view name = "insert";
  static constexpr bool changes_orders = true;
  std::vector<Order> orders;
};

/// Writes every column as `order` has it, but the version, which goes up; adds the row under that
/// id if it is gone, with a version that it never had. So does Django's save(), and so it undoes
/// what others wrote since `order` was read, and brings a deleted order back.
struct Save {
  using Given = Order;
  static constexpr std::string_view name = "save";
  static constexpr bool changes_orders = true;
  Order order;
  Actor actor;
};

/// Writes these columns only.
struct Update {
  using Given = base::Result<Order, Lost>;
  static constexpr std::string_view name = "update";
  static constexpr bool changes_orders = true;
  OrderId id = 0;
  Changes changes;
  Versions versions;
  Actor actor;
  Timestamp now{0};
};

/// Changes the status to `to`, and `changes` with it, provided that the status is one of `from`. Of
/// several callers at once, exactly one finds it so.
struct Transition {
  using Given = base::Result<Order, Lost>;
  static constexpr std::string_view name = "transition";
  static constexpr bool changes_orders = true;
  OrderId id = 0;
  std::vector<OrderStatus> from;
  OrderStatus to{};
  Changes changes;
  Versions versions;
  Actor actor;
  Timestamp now{0};
};

/// Gives the order as it was.
struct Remove {
  using Given = base::Result<Order, Lost>;
  static constexpr std::string_view name = "remove";
  static constexpr bool changes_orders = true;
  OrderId id = 0;
  Versions versions;
  Actor actor;
  Timestamp now{0};
};

/// What became of an order, also of one that is gone: its latest `longest_history` events, in
/// order. What was changed before there were events has none.
struct ReadHistory {
  using Given = std::vector<Event>;
  static constexpr std::string_view name = "history";
  static constexpr bool changes_orders = false;
  OrderId id = 0;
};

/// The first `limit` events after a position, those of each order by their versions. Who goes on
/// from the last one it was given has all of them, in order, each once, whatever the number of
/// writers: an event is held back while an earlier transaction may still commit.
struct ReadEvents {
  using Given = std::vector<Event>;
  static constexpr std::string_view name = "events";
  static constexpr bool changes_orders = false;
  Position after;
  std::size_t limit = 0;
};

/// Of the last event that ReadEvents gives by now.
struct LastEvent {
  using Given = Position;
  static constexpr std::string_view name = "last_event";
  static constexpr bool changes_orders = false;
};

/// Returns if the database answers.
struct Ping {
  using Given = void;
  static constexpr std::string_view name = "ping";
  static constexpr bool changes_orders = false;
};

/// `Template` of all operations.
template <template <class...> class Template, class... First>
using OfAll =
    Template<First..., List, Select, TakeExcerpt, Count, Get, Insert, InsertOnce, InsertAbsent,
             Save, Update, Transition, Remove, ReadHistory, ReadEvents, LastEvent, Ping>;

/// The operations of `Port` by their names; each gives what its perform() does.
template <class Port>
class ByName {
 public:
  auto list(OrderId after, std::size_t limit) { return ask(List{after, limit}); }
  auto select(Selection selection) { return ask(Select{std::move(selection)}); }
  auto excerpt(Excerpt excerpt) { return ask(TakeExcerpt{std::move(excerpt)}); }
  auto count(std::vector<std::string> search) { return ask(Count{std::move(search)}); }
  auto get(OrderId id) { return ask(Get{id}); }
  auto insert(Draft draft, Actor actor, Timestamp now) {
    return ask(Insert{std::move(draft), std::move(actor), now});
  }
  auto insert_once(std::string key, std::string fingerprint, Draft draft, Actor actor,
                   Timestamp now) {
    return ask(InsertOnce{std::move(key), std::move(fingerprint), std::move(draft),
                          std::move(actor), now});
  }
  auto insert_absent(std::vector<Order> orders) { return ask(InsertAbsent{std::move(orders)}); }
  auto save(Order order, Actor actor) { return ask(Save{std::move(order), std::move(actor)}); }
  auto update(OrderId id, Changes changes, Versions versions, Actor actor, Timestamp now) {
    return ask(Update{id, std::move(changes), std::move(versions), std::move(actor), now});
  }
  auto transition(OrderId id, std::vector<OrderStatus> from, OrderStatus to, Changes changes,
                  Versions versions, Actor actor, Timestamp now) {
    return ask(Transition{id, std::move(from), to, std::move(changes), std::move(versions),
                          std::move(actor), now});
  }
  auto remove(OrderId id, Versions versions, Actor actor, Timestamp now) {
    return ask(Remove{id, std::move(versions), std::move(actor), now});
  }
  auto history(OrderId id) { return ask(ReadHistory{id}); }
  auto events(Position after, std::size_t limit) { return ask(ReadEvents{after, limit}); }
  auto last_event() { return ask(LastEvent{}); }
  auto ping() { return ask(Ping{}); }

 private:
  template <class Op>
  auto ask(Op op) {
    return static_cast<Port&>(*this).perform(std::move(op));
  }
};

}  // namespace store
