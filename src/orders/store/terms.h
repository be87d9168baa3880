#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "order/lifecycle.h"
#include "order/order.h"

/// What callers and stores say to each other. Values.
namespace store {

using order::Changes;
using order::Draft;
using order::Order;
using order::OrderId;
using order::OrderStatus;
using order::Timestamp;
using order::Version;

/// Who makes a change, as the history tells it.
struct Actor {
  std::optional<order::Role> role;  // nothing: nobody asked (v1, std)
  std::string name;                 // empty: not known
  /// Changes the orders of this customer only; to this actor others are not there. Not history.
  bool own_only = false;

  bool operator==(const Actor&) const = default;
};

/// Whether an order of that customer is there for who wants to change it.
[[nodiscard]] bool is_there_for(const Actor& actor, std::string_view customer_name);

/// Where an event stands among all events of a database, which is the order in which they can be
/// read without a gap or a repeat.
struct Position {
  /// PostgreSQL: of the transaction (xid8). Else 0.
  std::uint64_t transaction = 0;
  std::int64_t id = 0;

  auto operator<=>(const Position&) const = default;
};

/// "T-I".
[[nodiscard]] std::string text_of(const Position& position);
[[nodiscard]] std::optional<Position> position_named(std::string_view text);

/// One change of one order, written in the transaction of that change.
struct Event {
  enum class Kind { created, changed, removed };

  Position position;
  OrderId order = 0;
  Kind kind = Kind::created;
  std::optional<std::string> from;  // the status before; nothing: there was no order
  std::optional<std::string> to;    // and after; nothing: there is none any more
  /// Of the order, after the change. Of one order no two events have the same: a removal counts,
  /// and so does what brings an order back.
  Version version = 0;
  Actor actor;
  Timestamp at{0};
  std::string customer_name;  // of the order: after the change, or as it was removed

  bool operator==(const Event&) const = default;
};

/// How much OrderStore::history gives.
inline constexpr std::int64_t longest_history = 1'000;

[[nodiscard]] std::string_view name_of(Event::Kind kind);
/// As a database has it. Throws StoreError for one that only another program can have written.
[[nodiscard]] Event::Kind known_kind(std::string_view name);

/// The versions that a change may find: those that are listed, or all others. By default: any.
struct Versions {
  std::vector<Version> listed;
  bool are_wanted = false;

  bool operator==(const Versions&) const = default;
};
[[nodiscard]] Versions one_of(std::vector<Version> versions);
[[nodiscard]] Versions any_but(std::vector<Version> versions);
[[nodiscard]] bool is_wanted(const Versions& versions, Version version);

/// A change that was not made, and what it found instead. Without a status there is no such order,
/// or not for this actor. Else its version was none of those wanted, or its status none of those it
/// may start from: the caller knows what it asked for.
struct Lost {
  std::optional<std::string> found;
  Version version = 0;

  bool operator==(const Lost&) const = default;
};

/// An order that there now is for an idempotency key.
struct Created {
  Order order;            // as it was when it was created
  bool replayed = false;  // by an earlier request
};
/// Why there is none.
enum class NotCreated {
  other_request,  // the key was used for something else
  running,        // the first request with that key is still on its way
};
/// For how long a key is remembered.
inline constexpr std::chrono::hours keys_are_kept{24};
/// How many forgotten keys a new one takes away with it: no request pays for a day's.
inline constexpr std::int64_t keys_purged_at_once = 8;

/// One page of orders, by keyset: what comes after the last order of the page before, in the order
/// of `key` and then of ids.
///
/// What it costs, by the indexes that there are: what it shows, wherever it is, without conditions,
/// or with one equality in the order of ids, or of creation but for a customer. With a customer, or
/// a restaurant, and another key: all orders of these. With a status and another key, or with
/// `search`: all that it passes by until it is full.
struct Selection {
  enum class Key { id, created_at, updated_at, total_price };

  std::optional<std::string> status, customer_name, restaurant_name;  // equal, to the byte
  /// Each of these words is in the customer, the restaurant or the menu. Case counts but for ASCII
  /// letters.
  std::vector<std::string> search;
  Key key = Key::id;
  bool descending = false;
  /// The last order of the page before: its key (key_of) and its id.
  std::optional<std::pair<std::int64_t, OrderId>> after;
  std::size_t limit = 50;
};

/// A condition of a selection that an index may find the orders by.
struct Equality {
  std::string_view column;
  std::string_view text;
  bool in_order;  // there is an index of this column that goes on with the selection's key
};
/// Those that it has, the one that leaves the fewest orders first. Borrows from it.
[[nodiscard]] std::vector<Equality> equalities_of(const Selection& selection);

/// What a page is sorted by: an id, microseconds since 1970, or won.
[[nodiscard]] std::int64_t key_of(const Order& order, Selection::Key key);
/// "created_at": for clients, and in the databases.
[[nodiscard]] std::string_view name_of(Selection::Key key);
[[nodiscard]] std::optional<Selection::Key> sort_key_named(std::string_view name);

/// What a transaction may see of others' changes that commit while it runs.
///
///                   PostgreSQL           SQLite
///   read_committed  each read is of now  a snapshot: SQLite has nothing less
///   serializable    SSI                  a snapshot, whose writer has to be the next one: serial
///
/// So the lost update that READ COMMITTED allows is a Conflict in SQLite.
enum class Isolation { read_committed, serializable };

}  // namespace store
