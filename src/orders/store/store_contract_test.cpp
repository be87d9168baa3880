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
    std::optional<T> result;
    run(keep(std::move(work), result));
    return std::move(*result);
  }
  void run(asio::awaitable<void> work) {
    context_.restart();
    auto done = asio::co_spawn(context_, std::move(work), asio::use_future);
    context_.run();
    done.get();
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
  /// co_spawn takes the compiler half a second for each type that it is to give back.
  template <class T>
  static asio::awaitable<void> keep(asio::awaitable<T> work, std::optional<T>& result) {
    T value = co_await std::move(work);
    result.emplace(std::move(value));
  }

  OrderStore& store_;
  asio::io_context context_;
};

/// Empty at first; open() gives a store on it, as another process would have it.
class Database {
 public:
  virtual ~Database() = default;
  virtual std::unique_ptr<OrderStore> open() = 0;
  [[nodiscard]] virtual bool has_transactions() const = 0;
  /// Does it have what READ COMMITTED allows?
  [[nodiscard]] virtual bool has_lost_updates() const { return false; }
};

class MemoryDatabase : public Database {
 public:
  std::unique_ptr<OrderStore> open() override {
    return std::make_unique<store::StoreThreads>(
        [memory = memory_] { return std::make_unique<store::MemoryStore>(memory); });
  }
  [[nodiscard]] bool has_transactions() const override { return false; }

 private:
  std::shared_ptr<store::Memory> memory_ = std::make_shared<store::Memory>();
};

class SqliteDatabase : public Database {
 public:
  SqliteDatabase() {
    std::string name = (std::filesystem::temp_directory_path() / "store-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~SqliteDatabase() override { std::filesystem::remove_all(folder_); }
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;
  std::unique_ptr<OrderStore> open() override {
    const std::string path = (folder_ / "orders.sqlite3").string();
    const auto known = std::make_shared<store::KnownOrders>();
    return std::make_unique<store::StoreThreads>([path, known] {
      return std::make_unique<store::SqliteStore>(path, store::SqliteStore::usual_busy_timeout,
                                                  known);
    });
  }
  [[nodiscard]] bool has_transactions() const override { return true; }

 private:
  std::filesystem::path folder_;
};

class PostgresDatabase : public Database {
 public:
  std::unique_ptr<OrderStore> open() override {
    return std::make_unique<store::PostgresStore>(store::PostgresStore::Options{
        .server = {.url = cluster_.url(),
                   // A slow machine plans for seconds what has 1,500 words.
                   .statement_timeout = std::chrono::minutes(1)}});
  }
  [[nodiscard]] bool has_transactions() const override { return true; }
  [[nodiscard]] bool has_lost_updates() const override { return true; }

 protected:
  store::TestCluster& cluster_ = store::TestCluster::fresh();
};

/// The same on tables in partitions, which an operator may make of them: doc/scale.md.
class PartitionedDatabase : public PostgresDatabase {
 public:
  PartitionedDatabase() {
    start_anew();
    (void)PostgresDatabase::open();
    std::ifstream file(PARTITIONS_FILE);
    cluster_.execute(std::string(std::istreambuf_iterator<char>(file), {}));
  }
  ~PartitionedDatabase() override { start_anew(); }
  PartitionedDatabase(const PartitionedDatabase&) = delete;
  PartitionedDatabase& operator=(const PartitionedDatabase&) = delete;

 private:
  void start_anew() { cluster_.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public"); }
};

struct DatabaseKind {
  const char* name;
  std::unique_ptr<Database> (*make)();
};

template <class Made>
std::unique_ptr<Database> make() {
  return std::make_unique<Made>();
}

// By value, not by type: compiled once, not four times.
class StoreContract : public testing::TestWithParam<DatabaseKind> {
 protected:
  std::unique_ptr<Database> database = GetParam().make();
  std::unique_ptr<OrderStore> opened = database->open();
  Caller store{*opened};
};
INSTANTIATE_TEST_SUITE_P(On, StoreContract,
                         testing::Values(DatabaseKind{"Memory", make<MemoryDatabase>},
                                         DatabaseKind{"Sqlite", make<SqliteDatabase>},
                                         DatabaseKind{"Postgres", make<PostgresDatabase>},
                                         DatabaseKind{"Partitioned", make<PartitionedDatabase>}),
                         [](const auto& param) { return std::string(param.param.name); });

TEST_P(StoreContract, GivesBackWhatItTook) {
  const Order inserted = store.insert(tteokbokki, noon);
  EXPECT_EQ(inserted, (Order{tteokbokki, inserted.id, noon, noon, 1}));
  EXPECT_EQ(store.get(inserted.id), inserted);
  EXPECT_EQ(store.list(), std::vector{inserted});
}

TEST_P(StoreContract, TextsAreKeptToTheByte) {
  Draft odd = tteokbokki;
  odd.menu = "a\n'; DROP TABLE orders; --\\\"\xF0\x9F\x8D\x94\x01";
  odd.status = "";
  const Order inserted = store.insert(odd, noon);
  EXPECT_EQ(store.get(inserted.id)->menu, odd.menu);
  EXPECT_EQ(store.get(inserted.id)->status, "");
}

// NUL, and what is no UTF-8, are kept to the byte too, or refused as what no other try would
// change.
TEST_P(StoreContract, TextsThatSomeDatabasesCannotKeepAreKeptOrRefused) {
  for (const std::string& text : {std::string("a\0b", 3), std::string("\xFF")}) {
    Draft odd = tteokbokki;
    odd.menu = text;
    try {
      const Order inserted = store.insert(odd, noon);
      EXPECT_EQ(store.get(inserted.id)->menu, text);
    } catch (const store::Unstorable&) {
      EXPECT_TRUE(store.list().empty());
      EXPECT_TRUE(store.events({}).empty());
    }
  }
}

TEST_P(StoreContract, ListsInChunksById) {
  std::vector<OrderId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(store.insert(tteokbokki, noon).id);
  const auto first = store.list(0, 2);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first.at(1).id, ids.at(1));
  const auto rest = store.list(first.back().id, 10);
  ASSERT_EQ(rest.size(), 3u);
  EXPECT_EQ(rest.front().id, ids.at(2));
  EXPECT_TRUE(store.list(rest.back().id, 10).empty());
}

TEST_P(StoreContract, AnIdIsNeverGivenTwice) {
  const auto first = store.insert(tteokbokki, noon).id;
  const auto second = store.insert(tteokbokki, noon).id;
  EXPECT_LT(first, second);
  EXPECT_TRUE(store.remove(second));
  EXPECT_LT(second, store.insert(tteokbokki, noon).id);
}

TEST_P(StoreContract, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(store.get(7), std::nullopt);
  const base::Result<Order, Lost> nothing = base::failure(Lost{});
  EXPECT_EQ(store.update(7, {.menu = "라면"}, noon), nothing);
  EXPECT_EQ(store.remove(7), nothing);
  EXPECT_EQ(store.transition(7, {OrderStatus::pending}, OrderStatus::cancelled, {}, noon), nothing);
  EXPECT_TRUE(store.list().empty());
  EXPECT_TRUE(store.history(7).empty());
  EXPECT_EQ(store.last_event(), Position{});
}

TEST_P(StoreContract, SaveUndoesWhatOthersWroteMeanwhile) {
  Order read = store.insert(tteokbokki, noon);
  ASSERT_TRUE(store.update(read.id, {.delivery_address = "부산시"}, noon));
  read.status = "cancelled";
  read.updated_at = later;
  const Order saved = store.save(read);
  EXPECT_EQ(saved.delivery_address, tteokbokki.delivery_address) << "the update is lost";
  EXPECT_EQ(saved.status, "cancelled");
  EXPECT_EQ(saved.version, 3) << "each write counts";
  EXPECT_EQ(store.get(read.id), saved);
}

TEST_P(StoreContract, SaveBringsADeletedOrderBackWithAVersionItNeverHad) {
  Order read = store.insert(tteokbokki, noon);
  ASSERT_TRUE(store.update(read.id, {.menu = "라면"}, noon));
  ASSERT_TRUE(store.remove(read.id));
  read.status = "cancelled";
  const Order saved = store.save(read);
  EXPECT_EQ(saved.id, read.id);
  EXPECT_EQ(saved.version, 4) << "read at 1, updated to 2, removed as 3";
  EXPECT_EQ(store.list(), std::vector{saved});
  EXPECT_GT(store.insert(tteokbokki, noon).id, read.id);
}

TEST_P(StoreContract, UpdateWritesTheGivenColumnsOnly) {
  const Order before = store.insert(tteokbokki, noon);
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
    EXPECT_EQ(store.update(before.id, changes, expected.updated_at), expected);
  }
  EXPECT_EQ(store.get(before.id), expected);
}

TEST_P(StoreContract, ATransitionTakesPlaceOnlyFromWhereItMayStart) {
  const Order before = store.insert(tteokbokki, noon);
  const std::vector from = {OrderStatus::pending, OrderStatus::preparing};
  const auto won =
      store.transition(before.id, from, OrderStatus::cancelled, {.menu = "라면"}, later);
  ASSERT_TRUE(won);
  EXPECT_EQ(won->status, "cancelled");
  EXPECT_EQ(won->menu, "라면");
  EXPECT_EQ(won->updated_at, later);
  EXPECT_EQ(won->version, 2);
  const auto lost =
      store.transition(before.id, from, OrderStatus::preparing, {.menu = "김밥"}, later);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error(), (Lost{"cancelled", 2}));
  EXPECT_EQ(store.get(before.id), *won) << "a lost transition changes nothing";
  EXPECT_EQ(store.history(before.id).size(), 2u);
}

TEST_P(StoreContract, NoTransitionStartsFromNowhereOrFromAnUnknownStatus) {
  const Order pending = store.insert(tteokbokki, noon);
  EXPECT_FALSE(store.transition(pending.id, {}, OrderStatus::cancelled, {}, later));
  Draft odd = tteokbokki;
  odd.status = "cooking";
  const Order cooking = store.insert(odd, noon);
  const std::vector all(order::all_statuses.begin(), order::all_statuses.end());
  const auto lost = store.transition(cooking.id, all, OrderStatus::cancelled, {}, later);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().found, "cooking");
}

TEST_P(StoreContract, AChangeMayBeOfOnesOwnOrdersOnly) {
  const OrderId id = store.insert(tteokbokki, noon).id;
  const Actor own{Role::customer, "김고객", /*own_only=*/true};
  const Actor lee{Role::customer, "이고객", /*own_only=*/true};
  const base::Result<Order, Lost> nothing = base::failure(Lost{});
  const auto cancel = [&](const Actor& actor, const Versions& versions = {}) {
    return store.transition(id, {OrderStatus::pending}, OrderStatus::cancelled, {}, later, versions,
                            actor);
  };
  EXPECT_EQ(store.update(id, {.menu = "라면"}, later, {}, lee), nothing);
  EXPECT_EQ(cancel(lee), nothing);
  EXPECT_EQ(cancel(lee, one_of({77})), nothing) << "whatever version is wanted";
  EXPECT_EQ(store.remove(id, later, {}, lee), nothing);
  EXPECT_EQ(store.get(id)->version, 1);
  EXPECT_TRUE(store.update(id, {.menu = "라면"}, later, {}, own));
  // Whoever renamed the customer was faster: it is no longer theirs.
  EXPECT_TRUE(store.update(id, {.customer_name = "이고객"}, later));
  EXPECT_EQ(store.update(id, {.menu = "김밥"}, later, {}, own), nothing);
  EXPECT_EQ(store.remove(id, later, {}, own), nothing);
  EXPECT_TRUE(cancel(lee));
  EXPECT_EQ(store.history(id).back().actor, (Actor{Role::customer, "이고객"}));
  EXPECT_TRUE(store.remove(id, later, {}, lee));
}

TEST_P(StoreContract, AChangeMayAskForVersions) {
  const OrderId id = store.insert(tteokbokki, noon).id;
  const Lost stale{"pending", 1};
  const Versions others = one_of({2, 3});
  const auto cancel = [&](const Versions& versions) {
    return store.transition(id, {OrderStatus::pending}, OrderStatus::cancelled, {}, later,
                            versions);
  };
  const base::Result<Order, Lost> refused = base::failure(stale);
  EXPECT_EQ(store.update(id, {.menu = "라면"}, later, others), refused);
  EXPECT_EQ(cancel(others), refused);
  EXPECT_EQ(store.remove(id, later, others), refused);
  EXPECT_EQ(cancel(one_of({})), refused) << "no version is any of none";
  for (const Versions& but : {any_but({1}), any_but({7, 1})}) {
    EXPECT_EQ(store.update(id, {.menu = "라면"}, later, but), refused);
    EXPECT_EQ(cancel(but), refused);
    EXPECT_EQ(store.remove(id, later, but), refused);
  }
  EXPECT_TRUE(store.update(id, {.menu = "라면"}, later, one_of({7, 1})));
  EXPECT_TRUE(store.update(id, {.menu = "김밥"}, later, any_but({1})));
  EXPECT_TRUE(cancel(one_of({3})));
  const auto removed = store.remove(id, later, any_but({3}));
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->status, "cancelled");
}

TEST_P(StoreContract, IdsThatAreTakenAreLeftAlone) {
  const Order eighth{tteokbokki, 8, noon, noon, 1};
  EXPECT_EQ(store.insert_absent({eighth}), 1u);
  Order other = eighth;
  other.menu = "라면";
  Order ninth = eighth;
  ninth.id = 9;
  EXPECT_EQ(store.insert_absent({other, ninth}), 1u);
  EXPECT_EQ(store.list(), (std::vector{eighth, ninth}));
  EXPECT_EQ(store.insert(tteokbokki, noon).id, 10);
  EXPECT_EQ(store.events({}).size(), 3u);
  EXPECT_EQ(store.insert_absent({}), 0u);
}

TEST_P(StoreContract, HistoryTellsWhoChangedWhatWhen) {
  const OrderId id = store.insert(tteokbokki, noon, kim).id;
  const Actor rest{Role::restaurant, ""};
  ASSERT_TRUE(store.update(id, {.menu = "라면"}, noon, {}, kim));
  ASSERT_TRUE(
      store.transition(id, {OrderStatus::pending}, OrderStatus::preparing, {}, later, {}, rest));
  Order order = *store.get(id);
  order.status = "무엇";
  store.save(order);
  ASSERT_TRUE(store.remove(id, later, {}, kim));
  store.save(order, rest);
  store.insert(tteokbokki, noon);  // another order has its own

  std::vector<Event> history = store.history(id);
  const auto all = store.events({});
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

TEST_P(StoreContract, AnEventTellsWhoseOrderItIs) {
  const OrderId id = store.insert(tteokbokki, noon).id;
  ASSERT_TRUE(store.update(id, {.customer_name = "이"}, noon));
  ASSERT_TRUE(store.transition(id, {OrderStatus::pending}, OrderStatus::cancelled, {}, noon));
  Order order = *store.get(id);
  order.customer_name = "박";
  store.save(order);
  ASSERT_TRUE(store.remove(id, noon));
  store.save(order);
  ASSERT_TRUE(store.insert_once("k", "body", order, noon));
  store.insert_absent({{order, 100, noon, noon, 1}});
  std::vector<std::string> names;
  for (const Event& event : store.events({})) names.push_back(event.customer_name);
  EXPECT_EQ(names, (std::vector<std::string>{tteokbokki.customer_name, "이", "이", "박", "박", "박",
                                             "박", "박"}));
}

TEST_P(StoreContract, EventsGoOnFromAnyPosition) {
  EXPECT_TRUE(store.events({}).empty());
  for (int i = 0; i < 7; ++i) store.insert(tteokbokki, noon);
  const auto all = store.events({});
  ASSERT_EQ(all.size(), 7u);
  EXPECT_EQ(store.last_event(), all.back().position);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto rest = store.events(all.at(i).position, 2);
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

TEST_P(StoreContract, AKeyCreatesOneOrder) {
  const auto first = store.insert_once("k", "body", tteokbokki, noon);
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->replayed);
  EXPECT_EQ(store.get(first->order.id), first->order);
  ASSERT_TRUE(
      store.transition(first->order.id, {OrderStatus::pending}, OrderStatus::cancelled, {}, later));
  const auto again = store.insert_once("k", "body", tteokbokki, later);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->order, first->order) << "what the first one was given";
  EXPECT_EQ(shown(store.insert_once("k", "another", tteokbokki, later)), "other request");
  EXPECT_EQ(store.list().size(), 1u);
  const auto other = store.insert_once("l", "body", tteokbokki, later);
  ASSERT_TRUE(other);
  EXPECT_NE(other->order.id, first->order.id);
}

TEST_P(StoreContract, AKeyIsForgottenAfterADay) {
  std::vector<OrderId> ids;
  const auto insert = [&](int key, Timestamp now) {
    const auto created = store.insert_once(std::to_string(key), "body", tteokbokki, now);
    return created && !created->replayed;
  };
  for (int key = 0; key < 30; ++key) EXPECT_TRUE(insert(key, noon));
  EXPECT_FALSE(insert(3, noon + store::keys_are_kept - Timestamp(1)));
  for (int key = 0; key < 30; ++key) EXPECT_TRUE(insert(key, noon + store::keys_are_kept)) << key;
  for (int key = 0; key < 30; ++key) EXPECT_FALSE(insert(key, noon + store::keys_are_kept)) << key;
  EXPECT_EQ(store.list().size(), 60u);
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
TEST_P(StoreContract, OfManyWithOneKeyOneCreates) {
  constexpr int callers = 20;
  const auto second = database->open();
  for (int round = 0; round < 10; ++round) {
    std::array<std::string, callers> told;
    at_once(callers, [&](int i) {
      Caller caller(i % 2 == 0 ? *opened : *second);
      told.at(static_cast<std::size_t>(i)) =
          shown(caller.insert_once(std::to_string(round), "body", tteokbokki, noon));
    });
    const auto count = [&](std::string_view beginning) {
      return std::count_if(told.begin(), told.end(),
                           [&](const std::string& each) { return each.starts_with(beginning); });
    };
    EXPECT_EQ(count("new"), 1);
    EXPECT_EQ(count("again") + count("running"), callers - 1);
    EXPECT_EQ(store.list().size(), static_cast<std::size_t>(round) + 1);
  }
}

TEST_P(StoreContract, OfConcurrentTransitionsExactlyOneWins) {
  const auto second = database->open();
  for (int round = 0; round < 10; ++round) {
    const auto id = store.insert(tteokbokki, noon).id;
    std::atomic<int> won{0};
    at_once(8, [&](int i) {
      Caller caller(i % 2 == 0 ? *opened : *second);
      const auto to = i % 3 == 0 ? OrderStatus::cancelled : OrderStatus::preparing;
      const auto changed = caller.transition(id, {OrderStatus::pending}, to, {}, later);
      if (changed)
        ++won;
      else
        EXPECT_NE(changed.error().found, "pending") << "what it lost to is what it found";
    });
    EXPECT_EQ(won, 1);
    EXPECT_EQ(store.get(id)->version, 2);
  }
}

// Each write counts, whoever races: no update is lost, and each version is one event.
TEST_P(StoreContract, ConcurrentUpdatesAndSavesAreCountedOneByOne) {
  constexpr int callers = 8;
  constexpr int each = 10;
  const auto second = database->open();
  const Order order = store.insert(tteokbokki, noon);
  at_once(callers, [&](int i) {
    Caller caller(i % 2 == 0 ? *opened : *second);
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
  const auto history = store.history(order.id);
  EXPECT_EQ(store.events({}), history) << "events are told in the order of the versions";
  for (std::size_t i = 0; i < history.size(); ++i) {
    ASSERT_EQ(history.at(i).version, static_cast<Version>(i) + 1);
    const auto before = i == 0 ? std::nullopt : history.at(i - 1).to;
    ASSERT_EQ(history.at(i).from, before) << "each goes on from where the last one ended";
  }
  const auto now = store.get(order.id);
  ASSERT_EQ(now.has_value(), history.back().to.has_value());
  EXPECT_EQ(now.value_or(order).version, now ? history.back().version : order.version);
}

// A reader who goes on from the last event it saw, while eight write through two stores, gets what
// it would have got by reading everything afterwards.
TEST_P(StoreContract, EventsHaveNeitherGapNorRepeatUnderWriters) {
  constexpr int writers = 8;
  constexpr int each = 40;
  const auto second = database->open();
  std::atomic<int> writing{writers};
  std::vector<Event> seen;
  at_once(writers + 1, [&](int i) {
    Caller caller(i % 2 == 0 ? *opened : *second);
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
  EXPECT_EQ(seen, store.events({}));
  EXPECT_EQ(store.last_event(), seen.back().position);
}

TEST_P(StoreContract, PagesAreWhatMemoryWouldShow) {
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
  store.insert_absent(orders);
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
      const auto page = store.select(selection);
      ASSERT_EQ(page, oracle.select(selection)) << "round " << round;
      if (page.empty()) break;
      selection.after = {key_of(page.back(), selection.key), page.back().id};
    }
  }
}

TEST_P(StoreContract, ExcerptsAgreeWithMemory) {
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
  store.insert_absent(orders);
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
    EXPECT_EQ(store.excerpt(excerpt), oracle.excerpt(excerpt)) << "round " << round;
    EXPECT_EQ(store.count(excerpt.search), oracle.count(excerpt.search)) << "round " << round;
  }
  EXPECT_EQ(store.count({}), 40u);
  const std::vector<std::string> many(1'500, "a");
  EXPECT_EQ(store.count(many), store.count({"a"})) << "more than SQLite nests expressions deep";
}

TEST_P(StoreContract, AStoreThatIsThereAnswers) { EXPECT_NO_THROW(store.ping()); }

/// Reads the order, and writes it with another menu.
void change_menu(Caller& caller, store::Transaction& transaction, OrderId id, const char* menu) {
  Order order = caller.run(transaction.get(id)).value();
  order.menu = menu;
  caller.run(transaction.save(order, nobody));
}

TEST_P(StoreContract, ATransactionIsSeenWholeOrNotAtAll) {
  if (!database->has_transactions()) {
    EXPECT_THROW(store.begin(store::Isolation::serializable), store::Unsupported);
  } else {
    const OrderId id = store.insert(tteokbokki, noon).id;
    for (const auto isolation :
         {store::Isolation::read_committed, store::Isolation::serializable}) {
      {
        const auto dropped = store.begin(isolation);
        change_menu(store, *dropped, id, "라면");
        EXPECT_EQ(store.run(dropped->get(id))->menu, "라면");
        EXPECT_EQ(store.get(id)->menu, "떡볶이");
      }
      EXPECT_EQ(store.get(id)->menu, "떡볶이") << "rolled back";
    }
    const auto transaction = store.begin(store::Isolation::read_committed);
    change_menu(store, *transaction, id, "라면");
    change_menu(store, *transaction, id, "김밥");
    store.run(transaction->commit());
    EXPECT_EQ(store.get(id)->menu, "김밥");
    EXPECT_EQ(store.get(id)->version, 3);
    EXPECT_EQ(store.history(id).size(), 3u) << "what was rolled back has no history";
  }
}

// one    read |------------ write, commit
// other       read, write, commit |
TEST_P(StoreContract, AnUpdateIsLostOnlyWhereTheIsolationAllowsIt) {
  if (database->has_transactions()) {
    for (const auto isolation :
         {store::Isolation::read_committed, store::Isolation::serializable}) {
      const OrderId id = store.insert(tteokbokki, noon).id;
      const auto one = store.begin(isolation);
      Order read = store.run(one->get(id)).value();
      const auto other = store.begin(isolation);
      change_menu(store, *other, id, "라면");
      store.run(other->commit());
      read.delivery_address = "부산시";
      bool conflict = false;
      try {
        store.run(one->save(read, nobody));
        store.run(one->commit());
      } catch (const store::Conflict&) {
        conflict = true;
      }
      const bool may_be_lost =
          isolation == store::Isolation::read_committed && database->has_lost_updates();
      EXPECT_EQ(conflict, !may_be_lost);
      EXPECT_EQ(store.get(id)->menu, may_be_lost ? "떡볶이" : "라면");
    }
  }
}

TEST_P(StoreContract, ARowThatIsHeldIsChangedByNobodyElse) {
  if (database->has_transactions()) {
    const OrderId id = store.insert(tteokbokki, noon).id;
    const auto second = database->open();
    at_once(6, [&](int i) {
      Caller caller(i % 2 == 0 ? *opened : *second);
      for (int n = 0; n < 5; ++n) {
        const auto transaction = caller.begin(store::Isolation::read_committed);
        Order order = caller.run(transaction->get_for_update(id)).value();
        ++order.quantity;
        caller.run(transaction->save(order, nobody));
        caller.run(transaction->commit());
      }
    });
    EXPECT_EQ(store.get(id)->quantity, tteokbokki.quantity + 30);
    EXPECT_EQ(store.get(id)->version, 31);
  }
}

// A first read makes a transaction of SQLite's a reader; to hold a row it has to become the writer.
TEST_P(StoreContract, WhatWasReadBeforeItWasHeldMayHaveChanged) {
  if (database->has_transactions()) {
    const OrderId id = store.insert(tteokbokki, noon).id;
    const auto transaction = store.begin(store::Isolation::serializable);
    ASSERT_TRUE(store.run(transaction->get(id)));
    ASSERT_TRUE(store.update(id, {.menu = "라면"}, later));
    EXPECT_THROW(store.run(transaction->get_for_update(id)), store::Conflict);
  }
}

// Any sequence of operations has the same answers as in memory, and leaves the same events.
TEST_P(StoreContract, AgreesWithMemory) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    MemoryDatabase other;
    const auto oracle_store = other.open();
    Caller oracle(*oracle_store);
    const auto fresh = GetParam().make();
    const auto fresh_store = fresh->open();
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
