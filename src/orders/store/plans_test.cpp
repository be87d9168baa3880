// How both databases find what they are asked for. Nothing that is listed here may pass by rows
// that it does not want, nor sort more than one customer's: what it costs must not grow with the
// table. No clock: the plans say it.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "base/require.h"
#include "store/cluster_testing.h"
#include "store/postgres_store.h"
#include "store/sqlite_store.h"
#include "store/store_threads.h"

namespace {

using order::OrderStatus;
using store::OrderStore;
using store::Selection;
using store::TestCluster;
using Key = Selection::Key;

const store::Draft draft{"a", "b", "c", 1, 1, "d", "pending"};
constexpr store::Timestamp now{1};

/// Somebody with questions, who waits for each answer.
class Asker {
 public:
  explicit Asker(OrderStore& asked) : store(asked) {}

  template <class T>
  T run(asio::awaitable<T> work) {
    context_.restart();
    auto result = asio::co_spawn(context_, std::move(work), asio::use_future);
    context_.run();
    return result.get();
  }
  void select(Selection selection) { (void)run(store.select(std::move(selection))); }

  OrderStore& store;

 private:
  asio::io_context context_;
};

struct Question {
  const char* name;
  void (*ask)(Asker&);
  const char* sqlite;  // EXPLAIN QUERY PLAN, statement by statement
  const char*
      postgres;  // the indexes; and "sort", and "scan" of a table; null: by what its rows are
};

// A scan of an index is how a page is read in its order: it ends with the page.
const Question questions[] = {
    {"one order", [](Asker& asker) { (void)asker.run(asker.store.get(1)); },
     "SEARCH orders USING INTEGER PRIMARY KEY (rowid=?)", "orders_pkey"},
    {"all of them, in pieces", [](Asker& asker) { (void)asker.run(asker.store.list(10, 100)); },
     "SEARCH orders USING INTEGER PRIMARY KEY (rowid>?)", "orders_pkey"},
    {"its history", [](Asker& asker) { (void)asker.run(asker.store.history(1)); },
     "SEARCH events USING INDEX events_of_order (order_id=?)", "events_of_order"},
    {"events after one",
     [](Asker& asker) {
       (void)asker.run(asker.store.events({1, 1}, 100));
     },
     "SEARCH events USING INTEGER PRIMARY KEY (rowid>?)", "events_pkey"},
    {"the last event", [](Asker& asker) { (void)asker.run(asker.store.last_event()); },
     "SEARCH events USING INTEGER PRIMARY KEY (rowid>?)", "events_pkey"},
    {"a page, by id", [](Asker& asker) { asker.select({}); }, "SCAN orders", "orders_pkey"},
    {"a later page, by id",
     [](Asker& asker) {
       asker.select({.after = {{900, 900}}});
     },
     "SEARCH orders USING INTEGER PRIMARY KEY (rowid>?)", "orders_pkey"},
    {"an earlier page, by id",
     [](Asker& asker) {
       asker.select({.descending = true, .after = {{900, 900}}});
     },
     "SEARCH orders USING INTEGER PRIMARY KEY (rowid<?)", "orders_pkey"},
    {"newest first",
     [](Asker& asker) { asker.select({.key = Key::created_at, .descending = true}); },
     "SCAN orders USING INDEX orders_by_creation", "orders_by_creation"},
    {"newest first, later",
     [](Asker& asker) {
       asker.select({.key = Key::created_at, .descending = true, .after = {{900'000'000, 900}}});
     },
     "SEARCH orders USING INDEX orders_by_creation (created_at<?)", "orders_by_creation"},
    {"by the last change", [](Asker& asker) { asker.select({.key = Key::updated_at}); },
     "SCAN orders USING INDEX orders_by_update", "orders_by_update"},
    {"by price", [](Asker& asker) { asker.select({.key = Key::total_price}); },
     "SCAN orders USING INDEX orders_by_price", "orders_by_price"},
    {"of a status", [](Asker& asker) { asker.select({.status = "pending"}); },
     "SEARCH orders USING INDEX orders_by_status (status=?)", "orders_by_status"},
    {"of a status, later",
     [](Asker& asker) {
       asker.select({.status = "pending", .after = {{19'000, 19'000}}});
     },
     "SEARCH orders USING INDEX orders_by_status (status=? AND rowid>?)", "orders_by_status"},
    {"of a status, oldest first",
     [](Asker& asker) { asker.select({.status = "pending", .key = Key::created_at}); },
     "SEARCH orders USING INDEX orders_by_status_and_creation (status=?)",
     "orders_by_status_and_creation"},
    {"of a status, newest first",
     [](Asker& asker) {
       asker.select({.status = "delivered", .key = Key::created_at, .descending = true});
     },
     "SEARCH orders USING INDEX orders_by_status_and_creation (status=?)",
     "orders_by_status_and_creation"},
    {"of a customer", [](Asker& asker) { asker.select({.customer_name = "customer 7"}); },
     "SEARCH orders USING INDEX orders_by_customer (customer_name=?)", "orders_by_customer, sort"},
    {"of a customer, what is pending",
     [](Asker& asker) { asker.select({.status = "pending", .customer_name = "customer 7"}); },
     "SEARCH orders USING INDEX orders_by_customer (customer_name=?)", nullptr},
    {"of a customer, newest first",
     [](Asker& asker) {
       asker.select({.customer_name = "customer 7", .key = Key::created_at, .descending = true});
     },
     "SEARCH orders USING INDEX orders_by_customer (customer_name=?), "
     "USE TEMP B-TREE FOR ORDER BY",
     "orders_by_customer, sort"},
    {"of a status, oldest first, later",
     [](Asker& asker) {
       asker.select(
           {.status = "pending", .key = Key::created_at, .after = {{19'000'000'000, 19'000}}});
     },
     "SEARCH orders USING INDEX orders_by_status_and_creation (status=? AND created_at>?)",
     "orders_by_status_and_creation"},
    {"of a restaurant", [](Asker& asker) { asker.select({.restaurant_name = "restaurant 7"}); },
     "SEARCH orders USING INDEX orders_by_restaurant (restaurant_name=?)", "orders_by_restaurant"},
    {"of a restaurant, newest first",
     [](Asker& asker) {
       asker.select(
           {.restaurant_name = "restaurant 7", .key = Key::created_at, .descending = true});
     },
     "SEARCH orders USING INDEX orders_by_restaurant_and_creation (restaurant_name=?)",
     "orders_by_restaurant_and_creation"},
    {"a change of a status",
     [](Asker& asker) {
       (void)asker.run(asker.store.transition(1, {OrderStatus::pending}, OrderStatus::preparing, {},
                                              {}, {}, now));
     },
     "SEARCH orders USING INTEGER PRIMARY KEY (rowid=?); "
     "SEARCH orders USING INTEGER PRIMARY KEY (rowid=?)",
     "orders_pkey"},
    {"a removal", [](Asker& asker) { (void)asker.run(asker.store.remove(2, {}, {}, now)); },
     "SEARCH orders USING INTEGER PRIMARY KEY (rowid=?); "
     "SEARCH orders USING INTEGER PRIMARY KEY (rowid=?)",
     "orders_pkey"},
};

/// What SQLite connections of this process run, but for what opens, closes and inserts.
class Overheard {
 public:
  Overheard() {
    instance = this;
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(&listen));
  }
  ~Overheard() {
    sqlite3_reset_auto_extension();
    instance = nullptr;
  }
  Overheard(const Overheard&) = delete;
  Overheard& operator=(const Overheard&) = delete;

  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(statements_, {});
  }

 private:
  static int listen(sqlite3* connection, char** /*error*/, const void* /*api*/) {
    return sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, &hear, nullptr);
  }
  static int hear(unsigned /*kind*/, void* /*context*/, void* statement, void* /*text*/) {
    char* sql = sqlite3_expanded_sql(static_cast<sqlite3_stmt*>(statement));
    const std::string text = sql;
    sqlite3_free(sql);
    const std::lock_guard lock(instance->mutex_);
    for (const char* kind : {"SELECT", "UPDATE", "DELETE"})
      if (text.starts_with(kind)) instance->statements_.push_back(text);
    return 0;
  }

  static inline Overheard* instance = nullptr;
  std::mutex mutex_;
  std::vector<std::string> statements_;  // guarded by mutex_
};

/// As EXPLAIN QUERY PLAN has it, without the tree.
std::string plan_of(store::sqlite::Connection& connection, const std::string& sql) {
  store::sqlite::Statement explain = connection.prepare("EXPLAIN QUERY PLAN " + sql);
  store::sqlite::Run run(explain, {});
  std::string plan;
  while (run.next()) plan += (plan.empty() ? "" : ", ") + run.row().text(3);
  return plan;
}

TEST(Plans, OfSqliteUseTheirIndexes) {
  std::string name = (std::filesystem::temp_directory_path() / "plans-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(name.data());
  const std::string path = folder / "orders.sqlite3";
  {
    Overheard overheard;
    store::StoreThreads threads([path] { return std::make_unique<store::SqliteStore>(path); });
    Asker asker(threads);
    for (int i = 0; i < 2; ++i) asker.run(threads.insert(draft, {}, now));
    store::sqlite::Connection connection(path, std::chrono::seconds(1));
    overheard.take();
    for (const Question& question : questions) {
      SCOPED_TRACE(question.name);
      question.ask(asker);
      std::string plans;
      for (const std::string& sql : overheard.take())
        plans += (plans.empty() ? "" : "; ") + plan_of(connection, sql);
      EXPECT_EQ(plans, question.sqlite);
      overheard.take();  // what was only explained
    }
  }
  std::filesystem::remove_all(folder);
}

/// A server that writes the plan of whatever it runs into its log, as it runs it.
class Explained {
 public:
  Explained() : log_(std::filesystem::path(cluster.socket()).parent_path() / "server.log") {
    for (const char* setting :
         {"session_preload_libraries = 'auto_explain'", "auto_explain.log_min_duration = 0"})
      cluster.execute(std::string("ALTER ROLE orders SET ") + setting);
  }
  ~Explained() { cluster.execute("ALTER ROLE orders RESET ALL"); }
  Explained(const Explained&) = delete;
  Explained& operator=(const Explained&) = delete;

  void forget() { at_ = std::filesystem::file_size(log_); }
  /// What of it matters, of everything since forget(): "sort", "scan", and the indexes.
  std::string plans() const {
    std::ifstream file(log_);
    file.seekg(static_cast<std::streamoff>(at_));
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    // Behind the text of the query, a node on each line.
    static const std::regex node("\\(cost=");
    static const std::regex index("Index (Only )?Scan (Backward )?(using|on) (\\w+)");
    std::set<std::string> found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (!std::regex_search(line, node)) continue;
      std::smatch match;
      if (std::regex_search(line, match, index)) found.insert(match[4]);
      if (line.find("Seq Scan") != line.npos) found.insert("scan");
      if (line.find("Sort ") != line.npos) found.insert("sort");
    }
    std::string all;
    for (const std::string& each : found) all += (all.empty() ? "" : ", ") + each;
    return all;
  }

  TestCluster& cluster = TestCluster::fresh();

 private:
  std::filesystem::path log_;
  std::uintmax_t at_ = 0;
};

/// Enough orders for an index to be worth it.
constexpr char many_orders[] = R"(
INSERT INTO orders (customer_name, restaurant_name, menu, quantity, total_price, delivery_address, status, created_at,
                    updated_at, version)
SELECT 'customer ' || i % 1000, 'restaurant ' || i % 200, 'menu', 1, i % 3000, 'address',
       CASE WHEN i <= 18000 AND i > 2 THEN 'delivered' ELSE 'pending' END, to_timestamp(i), to_timestamp(i), 1
FROM generate_series(1, 20000) AS i;
INSERT INTO events (order_id, kind, to_status, version, name, at, customer_name)
SELECT id, 'created', status, 1, '', created_at, customer_name FROM orders;
ANALYZE)";

TEST(Plans, OfPostgresUseTheirIndexes) {
  Explained server;
  store::PostgresStore store({.server = {.url = server.cluster.url()}});
  server.cluster.execute(many_orders);
  Asker asker(store);
  for (const Question& question : questions) {
    if (question.postgres == nullptr) continue;
    SCOPED_TRACE(question.name);
    server.forget();
    question.ask(asker);
    EXPECT_EQ(server.plans(), question.postgres);
  }
}

}  // namespace
