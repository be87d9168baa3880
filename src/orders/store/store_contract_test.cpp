// What every store promises, through the port that callers have. Memory is the obvious one, and the
// oracle of the others.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <thread>

#include "base/random.h"
#include "store/cluster_testing.h"
#include "store/memory_store.h"
#include "store/postgres_store.h"
#include "store/sqlite_store.h"
#include "store/store_threads.h"

namespace {

using order::OrderStatus;
using order::Role;
using store::Actor;
using store::any_but;
using store::Changes;
using store::Created;
using store::Draft;
using store::Event;
using store::Lost;
using store::NotCreated;
using store::one_of;
using store::Order;
using store::OrderId;
using store::OrderStore;
using store::Position;
using store::Selection;
using store::Timestamp;
using store::Version;
using store::Versions;

const Draft tteokbokki{"김고객", "맛나분식", "떡볶이", 2, 18'000, "서울시 마포구", "pending"};
const Actor nobody;
const Actor kim{Role::customer, "김고객"};
constexpr Timestamp noon{1'714'521'600'123'456};
constexpr Timestamp later = noon + std::chrono::seconds(3);

/// A caller with a thread and an io_context of its own, who waits for each answer.
class Caller {
 public:
  explicit Caller(OrderStore& store) : store_(store) {}

  template <class T>
  T run(asio::awaitable<T> work) {
    context_.restart();
    auto result = asio::co_spawn(context_, std::move(work), asio::use_future);
    context_.run();
    return result.get();
  }

  std::vector<Order> list() { return run(store_.list(0, 1'000)); }
  std::vector<Order> list(OrderId after, std::size_t limit) {
    return run(store_.list(after, limit));
  }
  std::vector<Order> select(const Selection& selection) { return run(store_.select(selection)); }
  std::vector<Order> excerpt(const store::Excerpt& excerpt) { return run(store_.excerpt(excerpt)); }
  std::size_t count(const std::vector<std::string>& search) { return run(store_.count(search)); }
  std::optional<Order> get(OrderId id) { return run(store_.get(id)); }
  Order insert(const Draft& draft, Timestamp now, const Actor& actor = nobody) {
    return run(store_.insert(draft, actor, now));
  }
  base::Result<Created, NotCreated> insert_once(const std::string& key,
                                                const std::string& fingerprint, const Draft& draft,
                                                Timestamp now) {
    return run(store_.insert_once(key, fingerprint, draft, nobody, now));
  }
  std::size_t insert_absent(std::vector<Order> orders) {
    return run(store_.insert_absent(std::move(orders)));
  }
  Order save(const Order& order, const Actor& actor = nobody) {
    return run(store_.save(order, actor));
  }
  base::Result<Order, Lost> update(OrderId id, const Changes& changes, Timestamp now,
                                   const Versions& versions = {}, const Actor& actor = nobody) {
    return run(store_.update(id, changes, versions, actor, now));
  }
  base::Result<Order, Lost> transition(OrderId id, const std::vector<OrderStatus>& from,
                                       OrderStatus to, const Changes& changes, Timestamp now,
                                       const Versions& versions = {}, const Actor& actor = nobody) {
    return run(store_.transition(id, from, to, changes, versions, actor, now));
  }
  base::Result<Order, Lost> remove(OrderId id, Timestamp now = later, const Versions& versions = {},
                                   const Actor& actor = nobody) {
    return run(store_.remove(id, versions, actor, now));
  }
  std::vector<Event> history(OrderId id) { return run(store_.history(id)); }
  std::vector<Event> events(Position after, std::size_t limit = 1'000) {
    return run(store_.events(after, limit));
  }
  Position last_event() { return run(store_.last_event()); }
  std::unique_ptr<store::Transaction> begin(store::Isolation isolation) {
    return run(store_.begin(isolation));
  }
  void ping() { run(store_.ping()); }

 private:
  OrderStore& store_;
  asio::io_context context_;
};

/// A database of that kind, empty; open() gives a store on it, as another process would have it.
class MemoryDatabase {
 public:
  static constexpr bool has_transactions = false;
  std::unique_ptr<OrderStore> open() {
    return std::make_unique<store::StoreThreads>(
        [memory = memory_] { return std::make_unique<store::MemoryStore>(memory); });
  }

 private:
  std::shared_ptr<store::Memory> memory_ = std::make_shared<store::Memory>();
};

class SqliteDatabase {
 public:
  static constexpr bool has_transactions = true;
  /// What READ COMMITTED allows, this does not have.
  static constexpr bool has_lost_updates = false;

  SqliteDatabase() {
    std::string name = (std::filesystem::temp_directory_path() / "store-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~SqliteDatabase() { std::filesystem::remove_all(folder_); }
  std::unique_ptr<OrderStore> open() {
    const std::string path = (folder_ / "orders.sqlite3").string();
    const auto known = std::make_shared<store::KnownOrders>();
    return std::make_unique<store::StoreThreads>([path, known] {
      return std::make_unique<store::SqliteStore>(path, store::SqliteStore::usual_busy_timeout,
                                                  known);
    });
  }

 private:
  std::filesystem::path folder_;
};

class PostgresDatabase {
 public:
  static constexpr bool has_transactions = true;
  static constexpr bool has_lost_updates = true;

  std::unique_ptr<OrderStore> open() {
    return std::make_unique<store::PostgresStore>(
        store::PostgresStore::Options{.server = {.url = cluster_.url()}});
  }

 protected:
  store::TestCluster& cluster_ = store::TestCluster::fresh();
};

/// The same on tables in partitions, which an operator may make of them: doc/scale.md.
class PartitionedDatabase : public PostgresDatabase {
 public:
  PartitionedDatabase() {
    start_anew();
    (void)open();
    std::ifstream file(PARTITIONS_FILE);
    cluster_.execute(std::string(std::istreambuf_iterator<char>(file), {}));
  }
  ~PartitionedDatabase() { start_anew(); }
  PartitionedDatabase(const PartitionedDatabase&) = delete;
  PartitionedDatabase& operator=(const PartitionedDatabase&) = delete;

 private:
  void start_anew() { cluster_.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public"); }
};

template <class Database>
class StoreContract : public testing::Test {
 protected:
  Database database;
  std::unique_ptr<OrderStore> opened = database.open();
  Caller store{*opened};
};
using Databases =
    testing::Types<MemoryDatabase, SqliteDatabase, PostgresDatabase, PartitionedDatabase>;
TYPED_TEST_SUITE(StoreContract, Databases);

TYPED_TEST(StoreContract, GivesBackWhatItTook) {
  const Order inserted = this->store.insert(tteokbokki, noon);
  EXPECT_EQ(inserted, (Order{tteokbokki, inserted.id, noon, noon, 1}));
  EXPECT_EQ(this->store.get(inserted.id), inserted);
  EXPECT_EQ(this->store.list(), std::vector{inserted});
}

TYPED_TEST(StoreContract, TextsAreKeptToTheByte) {
  Draft odd = tteokbokki;
  odd.menu = "a\n'; DROP TABLE orders; --\\\"\xF0\x9F\x8D\x94\x01";
  odd.status = "";
  const Order inserted = this->store.insert(odd, noon);
  EXPECT_EQ(this->store.get(inserted.id)->menu, odd.menu);
  EXPECT_EQ(this->store.get(inserted.id)->status, "");
}

// NUL, and what is no UTF-8, are kept to the byte too, or refused as what no other try would
// change.
TYPED_TEST(StoreContract, TextsThatSomeDatabasesCannotKeepAreKeptOrRefused) {
  for (const std::string& text : {std::string("a\0b", 3), std::string("\xFF")}) {
    Draft odd = tteokbokki;
    odd.menu = text;
    try {
      const Order inserted = this->store.insert(odd, noon);
      EXPECT_EQ(this->store.get(inserted.id)->menu, text);
    } catch (const store::Unstorable&) {
      EXPECT_TRUE(this->store.list().empty());
      EXPECT_TRUE(this->store.events({}).empty());
    }
  }
}

TYPED_TEST(StoreContract, ListsInChunksById) {
  std::vector<OrderId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(this->store.insert(tteokbokki, noon).id);
  const auto first = this->store.list(0, 2);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first.at(1).id, ids.at(1));
  const auto rest = this->store.list(first.back().id, 10);
  ASSERT_EQ(rest.size(), 3u);
  EXPECT_EQ(rest.front().id, ids.at(2));
  EXPECT_TRUE(this->store.list(rest.back().id, 10).empty());
}

TYPED_TEST(StoreContract, AnIdIsNeverGivenTwice) {
  const auto first = this->store.insert(tteokbokki, noon).id;
  const auto second = this->store.insert(tteokbokki, noon).id;
  EXPECT_LT(first, second);
  EXPECT_TRUE(this->store.remove(second));
  EXPECT_LT(second, this->store.insert(tteokbokki, noon).id);
}

TYPED_TEST(StoreContract, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(this->store.get(7), std::nullopt);
  const base::Result<Order, Lost> nothing = base::failure(Lost{});
  EXPECT_EQ(this->store.update(7, {.menu = "라면"}, noon), nothing);
  EXPECT_EQ(this->store.remove(7), nothing);
  EXPECT_EQ(this->store.transition(7, {OrderStatus::pending}, OrderStatus::cancelled, {}, noon),
            nothing);
  EXPECT_TRUE(this->store.list().empty());
  EXPECT_TRUE(this->store.history(7).empty());
  EXPECT_EQ(this->store.last_event(), Position{});
}

TYPED_TEST(StoreContract, SaveUndoesWhatOthersWroteMeanwhile) {
  Order read = this->store.insert(tteokbokki, noon);
  ASSERT_TRUE(this->store.update(read.id, {.delivery_address = "부산시"}, noon));
  read.status = "cancelled";
  read.updated_at = later;
  const Order saved = this->store.save(read);
  EXPECT_EQ(saved.delivery_address, tteokbokki.delivery_address) << "the update is lost";
  EXPECT_EQ(saved.status, "cancelled");
  EXPECT_EQ(saved.version, 3) << "each write counts";
  EXPECT_EQ(this->store.get(read.id), saved);
}

TYPED_TEST(StoreContract, SaveBringsADeletedOrderBackWithAVersionItNeverHad) {
  Order read = this->store.insert(tteokbokki, noon);
  ASSERT_TRUE(this->store.update(read.id, {.menu = "라면"}, noon));
  ASSERT_TRUE(this->store.remove(read.id));
  read.status = "cancelled";
  const Order saved = this->store.save(read);
  EXPECT_EQ(saved.id, read.id);
  EXPECT_EQ(saved.version, 4) << "read at 1, updated to 2, removed as 3";
  EXPECT_EQ(this->store.list(), std::vector{saved});
  EXPECT_GT(this->store.insert(tteokbokki, noon).id, read.id);
}

TYPED_TEST(StoreContract, UpdateWritesTheGivenColumnsOnly) {
  const Order before = this->store.insert(tteokbokki, noon);
  const Changes all{"이", "가게", "라면", 7, 5, "부산시"};
  const Changes each[] = {{.customer_name = all.customer_name},
                          {.restaurant_name = all.restaurant_name},
                          {.menu = all.menu},
                          {.quantity = all.quantity},
                          {.total_price = all.total_price},
                          {.delivery_address = all.delivery_address}};
  Order expected = before;
  for (const Changes& changes : each) {
    order::apply(changes, expected);
    expected.updated_at += std::chrono::seconds(1);
    ++expected.version;
    EXPECT_EQ(this->store.update(before.id, changes, expected.updated_at), expected);
  }
  EXPECT_EQ(this->store.get(before.id), expected);
}

TYPED_TEST(StoreContract, ATransitionTakesPlaceOnlyFromWhereItMayStart) {
  const Order before = this->store.insert(tteokbokki, noon);
  const std::vector from = {OrderStatus::pending, OrderStatus::preparing};
  const auto won =
      this->store.transition(before.id, from, OrderStatus::cancelled, {.menu = "라면"}, later);
  ASSERT_TRUE(won);
  EXPECT_EQ(won->status, "cancelled");
  EXPECT_EQ(won->menu, "라면");
  EXPECT_EQ(won->updated_at, later);
  EXPECT_EQ(won->version, 2);
  const auto lost =
      this->store.transition(before.id, from, OrderStatus::preparing, {.menu = "김밥"}, later);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error(), (Lost{"cancelled", 2}));
  EXPECT_EQ(this->store.get(before.id), *won) << "a lost transition changes nothing";
  EXPECT_EQ(this->store.history(before.id).size(), 2u);
}

TYPED_TEST(StoreContract, NoTransitionStartsFromNowhereOrFromAnUnknownStatus) {
  const Order pending = this->store.insert(tteokbokki, noon);
  EXPECT_FALSE(this->store.transition(pending.id, {}, OrderStatus::cancelled, {}, later));
  Draft odd = tteokbokki;
  odd.status = "cooking";
  const Order cooking = this->store.insert(odd, noon);
  const std::vector all(order::all_statuses.begin(), order::all_statuses.end());
  const auto lost = this->store.transition(cooking.id, all, OrderStatus::cancelled, {}, later);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().found, "cooking");
}

TYPED_TEST(StoreContract, AChangeMayBeOfOnesOwnOrdersOnly) {
  const OrderId id = this->store.insert(tteokbokki, noon).id;
  const Actor own{Role::customer, "김고객", /*own_only=*/true};
  const Actor lee{Role::customer, "이고객", /*own_only=*/true};
  const base::Result<Order, Lost> nothing = base::failure(Lost{});
  const auto cancel = [&](const Actor& actor, const Versions& versions = {}) {
    return this->store.transition(id, {OrderStatus::pending}, OrderStatus::cancelled, {}, later,
                                  versions, actor);
  };
  EXPECT_EQ(this->store.update(id, {.menu = "라면"}, later, {}, lee), nothing);
  EXPECT_EQ(cancel(lee), nothing);
  EXPECT_EQ(cancel(lee, one_of({77})), nothing) << "whatever version is wanted";
  EXPECT_EQ(this->store.remove(id, later, {}, lee), nothing);
  EXPECT_EQ(this->store.get(id)->version, 1);
  EXPECT_TRUE(this->store.update(id, {.menu = "라면"}, later, {}, own));
  // Whoever renamed the customer was faster: it is no longer theirs.
  EXPECT_TRUE(this->store.update(id, {.customer_name = "이고객"}, later));
  EXPECT_EQ(this->store.update(id, {.menu = "김밥"}, later, {}, own), nothing);
  EXPECT_EQ(this->store.remove(id, later, {}, own), nothing);
  EXPECT_TRUE(cancel(lee));
  EXPECT_EQ(this->store.history(id).back().actor, (Actor{Role::customer, "이고객"}));
  EXPECT_TRUE(this->store.remove(id, later, {}, lee));
}

TYPED_TEST(StoreContract, AChangeMayAskForVersions) {
  const OrderId id = this->store.insert(tteokbokki, noon).id;
  const Lost stale{"pending", 1};
  const Versions others = one_of({2, 3});
  const auto cancel = [&](const Versions& versions) {
    return this->store.transition(id, {OrderStatus::pending}, OrderStatus::cancelled, {}, later,
                                  versions);
  };
  const base::Result<Order, Lost> refused = base::failure(stale);
  EXPECT_EQ(this->store.update(id, {.menu = "라면"}, later, others), refused);
  EXPECT_EQ(cancel(others), refused);
  EXPECT_EQ(this->store.remove(id, later, others), refused);
  EXPECT_EQ(cancel(one_of({})), refused) << "no version is any of none";
  for (const Versions& but : {any_but({1}), any_but({7, 1})}) {
    EXPECT_EQ(this->store.update(id, {.menu = "라면"}, later, but), refused);
    EXPECT_EQ(cancel(but), refused);
    EXPECT_EQ(this->store.remove(id, later, but), refused);
  }
  EXPECT_TRUE(this->store.update(id, {.menu = "라면"}, later, one_of({7, 1})));
  EXPECT_TRUE(this->store.update(id, {.menu = "김밥"}, later, any_but({1})));
  EXPECT_TRUE(cancel(one_of({3})));
  const auto removed = this->store.remove(id, later, any_but({3}));
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->status, "cancelled");
}

TYPED_TEST(StoreContract, IdsThatAreTakenAreLeftAlone) {
  const Order eighth{tteokbokki, 8, noon, noon, 1};
  EXPECT_EQ(this->store.insert_absent({eighth}), 1u);
  Order other = eighth;
  other.menu = "라면";
  Order ninth = eighth;
  ninth.id = 9;
  EXPECT_EQ(this->store.insert_absent({other, ninth}), 1u);
  EXPECT_EQ(this->store.list(), (std::vector{eighth, ninth}));
  EXPECT_EQ(this->store.insert(tteokbokki, noon).id, 10);
  EXPECT_EQ(this->store.events({}).size(), 3u);
  EXPECT_EQ(this->store.insert_absent({}), 0u);
}

TYPED_TEST(StoreContract, HistoryTellsWhoChangedWhatWhen) {
  const OrderId id = this->store.insert(tteokbokki, noon, kim).id;
  const Actor rest{Role::restaurant, ""};
  ASSERT_TRUE(this->store.update(id, {.menu = "라면"}, noon, {}, kim));
  ASSERT_TRUE(this->store.transition(id, {OrderStatus::pending}, OrderStatus::preparing, {}, later,
                                     {}, rest));
  Order order = *this->store.get(id);
  order.status = "무엇";
  this->store.save(order);
  ASSERT_TRUE(this->store.remove(id, later, {}, kim));
  this->store.save(order, rest);
  this->store.insert(tteokbokki, noon);  // another order has its own

  std::vector<Event> history = this->store.history(id);
  const auto all = this->store.events({});
  ASSERT_EQ(history.size(), 6u);
  for (std::size_t i = 0; i < history.size(); ++i) {
    EXPECT_EQ(history.at(i), all.at(i)) << "the same events";
    history.at(i).position = {};
  }
  using Kind = Event::Kind;
  std::vector<Event> expected = {{{}, id, Kind::created, std::nullopt, "pending", 1, kim, noon},
                                 {{}, id, Kind::changed, "pending", "pending", 2, kim, noon},
                                 {{}, id, Kind::changed, "pending", "preparing", 3, rest, later},
                                 {{}, id, Kind::changed, "preparing", "무엇", 4, nobody, later},
                                 {{}, id, Kind::removed, "무엇", std::nullopt, 5, kim, later},
                                 {{}, id, Kind::created, std::nullopt, "무엇", 6, rest, later}};
  for (Event& event : expected) event.customer_name = tteokbokki.customer_name;
  EXPECT_EQ(history, expected);
}

TYPED_TEST(StoreContract, AnEventTellsWhoseOrderItIs) {
  const OrderId id = this->store.insert(tteokbokki, noon).id;
  ASSERT_TRUE(this->store.update(id, {.customer_name = "이"}, noon));
  ASSERT_TRUE(this->store.transition(id, {OrderStatus::pending}, OrderStatus::cancelled, {}, noon));
  Order order = *this->store.get(id);
  order.customer_name = "박";
  this->store.save(order);
  ASSERT_TRUE(this->store.remove(id, noon));
  this->store.save(order);
  ASSERT_TRUE(this->store.insert_once("k", "body", order, noon));
  this->store.insert_absent({{order, 100, noon, noon, 1}});
  std::vector<std::string> names;
  for (const Event& event : this->store.events({})) names.push_back(event.customer_name);
  EXPECT_EQ(names, (std::vector<std::string>{tteokbokki.customer_name, "이", "이", "박", "박", "박",
                                             "박", "박"}));
}

TYPED_TEST(StoreContract, EventsGoOnFromAnyPosition) {
  EXPECT_TRUE(this->store.events({}).empty());
  for (int i = 0; i < 7; ++i) this->store.insert(tteokbokki, noon);
  const auto all = this->store.events({});
  ASSERT_EQ(all.size(), 7u);
  EXPECT_EQ(this->store.last_event(), all.back().position);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto rest = this->store.events(all.at(i).position, 2);
    ASSERT_EQ(rest.size(), std::min<std::size_t>(2, 6 - i));
    for (std::size_t j = 0; j < rest.size(); ++j) EXPECT_EQ(rest.at(j), all.at(i + 1 + j));
  }
}

/// What an attempt to create came to.
std::string shown(const base::Result<Created, NotCreated>& created) {
  if (created)
    return (created->replayed ? "again " : "new ") + std::to_string(created->order.id) + " of " +
           std::to_string(created->order.created_at.count());
  return created.error() == NotCreated::running ? "running" : "other request";
}

TYPED_TEST(StoreContract, AKeyCreatesOneOrder) {
  const auto first = this->store.insert_once("k", "body", tteokbokki, noon);
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->replayed);
  EXPECT_EQ(this->store.get(first->order.id), first->order);
  ASSERT_TRUE(this->store.transition(first->order.id, {OrderStatus::pending},
                                     OrderStatus::cancelled, {}, later));
  const auto again = this->store.insert_once("k", "body", tteokbokki, later);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->order, first->order) << "what the first one was given";
  EXPECT_EQ(shown(this->store.insert_once("k", "another", tteokbokki, later)), "other request");
  EXPECT_EQ(this->store.list().size(), 1u);
  const auto other = this->store.insert_once("l", "body", tteokbokki, later);
  ASSERT_TRUE(other);
  EXPECT_NE(other->order.id, first->order.id);
}

TYPED_TEST(StoreContract, AKeyIsForgottenAfterADay) {
  std::vector<OrderId> ids;
  const auto insert = [&](int key, Timestamp now) {
    const auto created = this->store.insert_once(std::to_string(key), "body", tteokbokki, now);
    return created && !created->replayed;
  };
  for (int key = 0; key < 30; ++key) EXPECT_TRUE(insert(key, noon));
  EXPECT_FALSE(insert(3, noon + store::keys_are_kept - Timestamp(1)));
  for (int key = 0; key < 30; ++key) EXPECT_TRUE(insert(key, noon + store::keys_are_kept)) << key;
  for (int key = 0; key < 30; ++key) EXPECT_FALSE(insert(key, noon + store::keys_are_kept)) << key;
  EXPECT_EQ(this->store.list().size(), 60u);
}

/// Runs `work` in that many threads, released together; each has its number.
void at_once(int threads, const std::function<void(int)>& work) {
  std::atomic<int> ready{0};
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i)
    running.emplace_back([&, i] {
      ++ready;
      while (ready < threads) std::this_thread::yield();
      work(i);
    });
  for (std::thread& thread : running) thread.join();
}

// Two stores are to the database what two processes are.
TYPED_TEST(StoreContract, OfManyWithOneKeyOneCreates) {
  constexpr int callers = 20;
  const auto second = this->database.open();
  for (int round = 0; round < 10; ++round) {
    std::array<std::string, callers> told;
    at_once(callers, [&](int i) {
      Caller caller(i % 2 == 0 ? *this->opened : *second);
      told.at(static_cast<std::size_t>(i)) =
          shown(caller.insert_once(std::to_string(round), "body", tteokbokki, noon));
    });
    const auto count = [&](std::string_view beginning) {
      return std::count_if(told.begin(), told.end(),
                           [&](const std::string& each) { return each.starts_with(beginning); });
    };
    EXPECT_EQ(count("new"), 1);
    EXPECT_EQ(count("again") + count("running"), callers - 1);
    EXPECT_EQ(this->store.list().size(), static_cast<std::size_t>(round) + 1);
  }
}

TYPED_TEST(StoreContract, OfConcurrentTransitionsExactlyOneWins) {
  const auto second = this->database.open();
  for (int round = 0; round < 10; ++round) {
    const auto id = this->store.insert(tteokbokki, noon).id;
    std::atomic<int> won{0};
    at_once(8, [&](int i) {
      Caller caller(i % 2 == 0 ? *this->opened : *second);
      const auto to = i % 3 == 0 ? OrderStatus::cancelled : OrderStatus::preparing;
      const auto changed = caller.transition(id, {OrderStatus::pending}, to, {}, later);
      if (changed)
        ++won;
      else
        EXPECT_NE(changed.error().found, "pending") << "what it lost to is what it found";
    });
    EXPECT_EQ(won, 1);
    EXPECT_EQ(this->store.get(id)->version, 2);
  }
}

// Each write counts, whoever races: no update is lost, and each version is one event.
TYPED_TEST(StoreContract, ConcurrentUpdatesAndSavesAreCountedOneByOne) {
  constexpr int callers = 8;
  constexpr int each = 10;
  const auto second = this->database.open();
  const Order order = this->store.insert(tteokbokki, noon);
  at_once(callers, [&](int i) {
    Caller caller(i % 2 == 0 ? *this->opened : *second);
    for (int n = 0; n < each; ++n) {
      switch ((i + n) % 4) {
        case 0:
          (void)caller.remove(order.id);
          break;
        case 1:
          (void)caller.update(order.id, {.menu = "라면"}, later);
          break;
        default:
          caller.save(order);
      }
    }
  });
  const auto history = this->store.history(order.id);
  EXPECT_EQ(this->store.events({}), history) << "events are told in the order of the versions";
  for (std::size_t i = 0; i < history.size(); ++i) {
    ASSERT_EQ(history.at(i).version, static_cast<Version>(i) + 1);
    const auto before = i == 0 ? std::nullopt : history.at(i - 1).to;
    ASSERT_EQ(history.at(i).from, before) << "each goes on from where the last one ended";
  }
  const auto now = this->store.get(order.id);
  ASSERT_EQ(now.has_value(), history.back().to.has_value());
  EXPECT_EQ(now.value_or(order).version, now ? history.back().version : order.version);
}

// A reader who goes on from the last event it saw, while eight write through two stores, gets what
// it would have got by reading everything afterwards.
TYPED_TEST(StoreContract, EventsHaveNeitherGapNorRepeatUnderWriters) {
  constexpr int writers = 8;
  constexpr int each = 40;
  const auto second = this->database.open();
  std::atomic<int> writing{writers};
  std::vector<Event> seen;
  at_once(writers + 1, [&](int i) {
    Caller caller(i % 2 == 0 ? *this->opened : *second);
    if (i < writers) {
      const auto id = caller.insert(tteokbokki, noon).id;
      for (int n = 1; n < each; ++n) (void)caller.update(id, {.quantity = n}, later);
      --writing;
      return;
    }
    for (bool last = false; !last;) {
      last = writing == 0;
      for (;;) {
        const auto more =
            caller.events(seen.empty() ? Position{} : seen.back().position, /*limit=*/7);
        if (more.empty()) break;
        seen.insert(seen.end(), more.begin(), more.end());
      }
    }
  });
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(writers * each));
  EXPECT_EQ(seen, this->store.events({}));
  EXPECT_EQ(this->store.last_event(), seen.back().position);
}

TYPED_TEST(StoreContract, PagesAreWhatMemoryWouldShow) {
  MemoryDatabase other;
  const auto oracle_store = other.open();
  Caller oracle(*oracle_store);
  base::Random random(11);
  const auto pick = [&](std::initializer_list<const char*> from) {
    return std::string(*(from.begin() + random.below(from.size())));
  };
  std::vector<Order> orders;
  for (OrderId id = 1; id <= 60; ++id) {
    Order order{tteokbokki, id, noon, noon, 1};
    order.customer_name = pick({"Kim", "kim", "Lee", "김"});
    order.restaurant_name = pick({"Pizza ÄÖ", "pizza äö", "100%_'s"});
    order.menu = pick({"a", "b", "Abc"});
    order.status = pick({"pending", "preparing", "cooking"});
    order.total_price = static_cast<order::Won>(random.below(5));
    order.created_at += std::chrono::seconds(random.below(5));
    order.updated_at += std::chrono::seconds(random.below(5));
    orders.push_back(order);
  }
  this->store.insert_absent(orders);
  oracle.insert_absent(orders);
  const auto maybe = [&](const std::string& text) {
    return random.below(3) == 0 ? std::optional(text) : std::nullopt;
  };
  for (int round = 0; round < 60; ++round) {
    Selection selection;
    selection.status = maybe("pending");
    selection.customer_name = maybe("Kim");
    selection.restaurant_name = maybe("pizza äö");
    for (std::uint64_t words = random.below(3); words > 0; --words)
      selection.search.push_back(pick({"KIM", "pizza", "Ä", "%", "_", "a", "b", "'"}));
    selection.key = static_cast<Selection::Key>(random.below(4));
    selection.descending = random.below(2) == 0;
    selection.limit = 1 + random.below(9);
    for (;;) {
      const auto page = this->store.select(selection);
      ASSERT_EQ(page, oracle.select(selection)) << "round " << round;
      if (page.empty()) break;
      selection.after = {key_of(page.back(), selection.key), page.back().id};
    }
  }
}

TYPED_TEST(StoreContract, ExcerptsAgreeWithMemory) {
  MemoryDatabase other;
  const auto oracle_store = other.open();
  Caller oracle(*oracle_store);
  base::Random random(12);
  const auto pick = [&](std::initializer_list<const char*> from) {
    return std::string(*(from.begin() + random.below(from.size())));
  };
  std::vector<Order> orders;
  for (OrderId id = 1; id <= 40; ++id) {
    Order order{tteokbokki, id, noon, noon, 1};
    order.customer_name = pick({"Kim", "kim", "Lee", "김", "_"});
    order.menu = pick({"a", "b", "Abc", "B"});
    order.quantity = static_cast<std::int64_t>(random.below(3));
    order.status = pick({"pending", "Cooking"});
    order.updated_at += std::chrono::seconds(random.below(3));
    orders.push_back(order);
  }
  this->store.insert_absent(orders);
  oracle.insert_absent(orders);
  for (int round = 0; round < 60; ++round) {
    store::Excerpt excerpt;
    for (std::uint64_t words = random.below(3); words > 0; --words)
      excerpt.search.push_back(pick({"KIM", "a", "김", "B"}));
    for (std::uint64_t keys = random.below(4); keys > 0; --keys)
      excerpt.sortings.push_back(
          {static_cast<store::Sorting::Column>(random.below(10)), random.below(2) == 0});
    excerpt.offset = random.below(45);
    excerpt.limit = random.below(20);
    EXPECT_EQ(this->store.excerpt(excerpt), oracle.excerpt(excerpt)) << "round " << round;
    EXPECT_EQ(this->store.count(excerpt.search), oracle.count(excerpt.search)) << "round " << round;
  }
  EXPECT_EQ(this->store.count({}), 40u);
  const std::vector<std::string> many(1'500, "a");
  EXPECT_EQ(this->store.count(many), this->store.count({"a"}))
      << "more than SQLite nests expressions deep";
}

TYPED_TEST(StoreContract, AStoreThatIsThereAnswers) { EXPECT_NO_THROW(this->store.ping()); }

/// Reads the order, and writes it with another menu.
void change_menu(Caller& caller, store::Transaction& transaction, OrderId id, const char* menu) {
  Order order = caller.run(transaction.get(id)).value();
  order.menu = menu;
  caller.run(transaction.save(order, nobody));
}

TYPED_TEST(StoreContract, ATransactionIsSeenWholeOrNotAtAll) {
  if constexpr (!TypeParam::has_transactions) {
    EXPECT_THROW(this->store.begin(store::Isolation::serializable), store::Unsupported);
  } else {
    const OrderId id = this->store.insert(tteokbokki, noon).id;
    for (const auto isolation :
         {store::Isolation::read_committed, store::Isolation::serializable}) {
      {
        const auto dropped = this->store.begin(isolation);
        change_menu(this->store, *dropped, id, "라면");
        EXPECT_EQ(this->store.run(dropped->get(id))->menu, "라면");
        EXPECT_EQ(this->store.get(id)->menu, "떡볶이");
      }
      EXPECT_EQ(this->store.get(id)->menu, "떡볶이") << "rolled back";
    }
    const auto transaction = this->store.begin(store::Isolation::read_committed);
    change_menu(this->store, *transaction, id, "라면");
    change_menu(this->store, *transaction, id, "김밥");
    this->store.run(transaction->commit());
    EXPECT_EQ(this->store.get(id)->menu, "김밥");
    EXPECT_EQ(this->store.get(id)->version, 3);
    EXPECT_EQ(this->store.history(id).size(), 3u) << "what was rolled back has no history";
  }
}

// one    read |------------ write, commit
// other       read, write, commit |
TYPED_TEST(StoreContract, AnUpdateIsLostOnlyWhereTheIsolationAllowsIt) {
  if constexpr (TypeParam::has_transactions) {
    for (const auto isolation :
         {store::Isolation::read_committed, store::Isolation::serializable}) {
      const OrderId id = this->store.insert(tteokbokki, noon).id;
      const auto one = this->store.begin(isolation);
      Order read = this->store.run(one->get(id)).value();
      const auto other = this->store.begin(isolation);
      change_menu(this->store, *other, id, "라면");
      this->store.run(other->commit());
      read.delivery_address = "부산시";
      bool conflict = false;
      try {
        this->store.run(one->save(read, nobody));
        this->store.run(one->commit());
      } catch (const store::Conflict&) {
        conflict = true;
      }
      const bool may_be_lost =
          isolation == store::Isolation::read_committed && TypeParam::has_lost_updates;
      EXPECT_EQ(conflict, !may_be_lost);
      EXPECT_EQ(this->store.get(id)->menu, may_be_lost ? "떡볶이" : "라면");
    }
  }
}

TYPED_TEST(StoreContract, ARowThatIsHeldIsChangedByNobodyElse) {
  if constexpr (TypeParam::has_transactions) {
    const OrderId id = this->store.insert(tteokbokki, noon).id;
    const auto second = this->database.open();
    at_once(6, [&](int i) {
      Caller caller(i % 2 == 0 ? *this->opened : *second);
      for (int n = 0; n < 5; ++n) {
        const auto transaction = caller.begin(store::Isolation::read_committed);
        Order order = caller.run(transaction->get_for_update(id)).value();
        ++order.quantity;
        caller.run(transaction->save(order, nobody));
        caller.run(transaction->commit());
      }
    });
    EXPECT_EQ(this->store.get(id)->quantity, tteokbokki.quantity + 30);
    EXPECT_EQ(this->store.get(id)->version, 31);
  }
}

// A first read makes a transaction of SQLite's a reader; to hold a row it has to become the writer.
TYPED_TEST(StoreContract, WhatWasReadBeforeItWasHeldMayHaveChanged) {
  if constexpr (TypeParam::has_transactions) {
    const OrderId id = this->store.insert(tteokbokki, noon).id;
    const auto transaction = this->store.begin(store::Isolation::serializable);
    ASSERT_TRUE(this->store.run(transaction->get(id)));
    ASSERT_TRUE(this->store.update(id, {.menu = "라면"}, later));
    EXPECT_THROW(this->store.run(transaction->get_for_update(id)), store::Conflict);
  }
}

// Any sequence of operations has the same answers as in memory, and leaves the same events.
TYPED_TEST(StoreContract, AgreesWithMemory) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    MemoryDatabase other;
    const auto oracle_store = other.open();
    Caller oracle(*oracle_store);
    TypeParam fresh;
    const auto fresh_store = fresh.open();
    Caller tested(*fresh_store);
    base::Random random(seed);
    for (int step = 0; step < 150; ++step) {
      const auto id = static_cast<OrderId>(1 + random.below(6));
      const Timestamp now = noon + std::chrono::seconds(step);
      const auto status = order::all_statuses.at(random.below(5));
      const std::uint64_t operation = random.below(7);
      const Changes changes{.menu = std::to_string(step)};
      const std::vector from = {order::all_statuses.at(random.below(5)), OrderStatus::pending};
      Versions versions;
      if (random.below(3) == 0) versions = one_of({static_cast<Version>(random.below(6)), 2});
      if (random.below(6) == 0) versions = any_but({static_cast<Version>(random.below(6))});
      const std::string key = std::to_string(random.below(4));
      const auto perform = [&](Caller& caller) -> std::string {
        const auto told = [](const base::Result<Order, Lost>& result) {
          if (result) return result->menu + result->status + std::to_string(result->version);
          return "lost " + result.error().found.value_or("none") +
                 std::to_string(result.error().version);
        };
        switch (operation) {
          case 0:
            return told(caller.insert(tteokbokki, now, kim));
          case 1:
            return told(caller.remove(id, now, versions));
          case 2:
            return told(caller.update(id, changes, now, versions, kim));
          case 3:
            return told(caller.transition(id, from, status, changes, now, versions));
          case 4:
            return std::to_string(caller.insert_absent({{tteokbokki, id, now, now, 1}}));
          case 5:
            return shown(caller.insert_once(key, key, tteokbokki, now));
          default:
            return told(caller.save({tteokbokki, id, noon, now, 1}));
        }
      };
      ASSERT_EQ(perform(tested), perform(oracle)) << "step " << step;
      ASSERT_EQ(tested.list(), oracle.list()) << "step " << step;
    }
    auto events = tested.events({});
    const auto expected = oracle.events({});
    ASSERT_EQ(events.size(), expected.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
      events.at(i).position = expected.at(i).position;
      EXPECT_EQ(events.at(i), expected.at(i));
    }
  }
}

}  // namespace
