// APIs that are all right, however they look: what moves by itself, and what only seems to be a
// race.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <chrono>

#include "../locks.h"
#include "../patterns/patterns.h"
#include "base/clock.h"
#include "base/random.h"

namespace lab {
namespace {

/// A new one for each request: no two answers have the same.
base::Random dice() { return base::Random(base::fresh_seed()); }

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(base::SystemClock().wall()).count();
}

std::string iso_time() {
  const std::int64_t ms = now_ms();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(static_cast<std::time_t>(ms / 1000)), ms % 1000);
}

/// RFC 4648, 5: for URLs, and without padding.
std::string base64url(std::string_view bytes) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  unsigned pending = 0;
  int bits = 0;
  for (const char byte : bytes) {
    pending = pending << 8U | static_cast<unsigned char>(byte);
    for (bits += 8; bits >= 6; bits -= 6)
      text += alphabet[pending >> static_cast<unsigned>(bits - 6) & 63U];
  }
  if (bits > 0) text += alphabet[pending << static_cast<unsigned>(6 - bits) & 63U];
  return text;
}

std::string jwt(std::string_view subject) {
  auto random = dice();
  const json::value claims = {{"sub", subject}, {"iat", now_ms() / 1000}, {"jti", random.uuid()}};
  return fmt::format("{}.{}.{}", base64url(R"({"alg":"HS256","typ":"JWT"})"),
                     base64url(base::to_text(claims)), base64url(random.uuid()));
}

// A counter that is right: what most controls are about something else beside.
constexpr auto counters = "CREATE TABLE counters (id INTEGER PRIMARY KEY, value INTEGER DEFAULT 0)";
const Route make_counter{"POST /counters", creates("INSERT INTO counters DEFAULT VALUES")};
const Route read_counter{"GET /counters/{id}", reads("SELECT * FROM counters WHERE id = ?")};

std::int64_t add_one(Database& db, const Call& call) {
  return db.one("UPDATE counters SET value = value + 1 WHERE id = ? RETURNING value", {call.id()})
      .integer("value");
}

Answer add(Database& db, const Call& call) { return ok({{"value", add_one(db, call)}}); }
const Route plain_add{"POST /counters/{id}/add", add};

Control last_write_wins() {
  return {
      .name = "last-write-wins",
      .title = "Two set a name; the later one stays",
      .expect = {"clean"},
      .why = "in either order one of the two names is left, and both are told yes",
      .schema = "CREATE TABLE settings (id INTEGER PRIMARY KEY, name TEXT DEFAULT '')",
      .routes = {{"POST /settings", creates("INSERT INTO settings DEFAULT VALUES")},
                 {"GET /settings/{id}", reads("SELECT * FROM settings WHERE id = ?")},
                 {"PUT /settings/{id}",
                  [](Database& db, const Call& call) {
                    db.change("UPDATE settings SET name = ? WHERE id = ?",
                              {call.text("name"), call.id()});
                    return ok({{"name", call.text("name")}});
                  }}},
  };
}

Control off_by_one() {
  return {
      .name = "off-by-one",
      .title = "A coupon for three is redeemed four times, one after another, too",
      .expect = {"clean"},
      .why = "a mistake that every order shows is no race",
      .schema =
          "CREATE TABLE coupons (id INTEGER PRIMARY KEY, max_uses INTEGER, used INTEGER "
          "DEFAULT 0)",
      .routes = {{"POST /coupons", creates("INSERT INTO coupons (max_uses) VALUES (?)", {"max"})},
                 {"GET /coupons/{id}", reads("SELECT * FROM coupons WHERE id = ?")},
                 {"POST /coupons/{id}/redeem",
                  [](Database& db, const Call& call) {
                    const auto redeemed = db.change(
                        "UPDATE coupons SET used = used + 1 WHERE id = ? AND used <= max_uses",
                        {call.id()});
                    return redeemed == 0 ? refuse(409, "used up") : ok({{"redeemed", true}});
                  }}},
  };
}

Control serial_error() {
  return {
      .name = "serial-error",
      .title = "The second sign-up is answered 500, always",
      .expect = {"clean"},
      .why = "an error that every order shows is no race",
      .schema = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE)",
      .routes = {{"POST /users", creates("INSERT INTO users (email) VALUES (?)", {"email"})},
                 {"GET /users/{email}", reads("SELECT * FROM users WHERE email = ?")}},
  };
}

Control missing_check() {
  return {
      .name = "missing-check",
      .title = "Nobody looks whether the coupon is used, and a rule says that somebody should",
      .expect = {"broken"},
      .why = "the rule breaks one at a time, too: a check is missing, and that is no race",
      .schema = counters,
      .routes = {make_counter, read_counter, plain_add},
  };
}

Control tokens() {
  return {
      .name = "tokens",
      .title = "Every login has a random id, a time, and a JWT",
      .expect = {"clean"},
      .why = "no two runs of one order have the same; the tool finds out which places move",
      .schema =
          "CREATE TABLE accounts (id INTEGER PRIMARY KEY);"
          "CREATE TABLE logins (id TEXT, account_id INTEGER, token TEXT, at TEXT);"
          "CREATE INDEX logins_of_account ON logins (account_id)",
      .routes = {{"POST /accounts", creates("INSERT INTO accounts DEFAULT VALUES")},
                 {"GET /accounts/{id}/logins",
                  lists("SELECT id, token, at FROM logins WHERE account_id = ? ORDER BY rowid")},
                 {"POST /accounts/{id}/logins",
                  [](Database& db, const Call& call) {
                    return ok(
                        db.one("INSERT INTO logins (id, account_id, token, at) VALUES "
                               "(?, ?, ?, ?) RETURNING id, token, at",
                               {dice().uuid(), call.id(), jwt("kim"), iso_time()}));
                  }}},
  };
}

Control etag() {
  return {
      .name = "etag",
      .title = "An ETag is a hash over a body that has a time in it",
      .expect = {"clean"},
      .why = "the hash moves with the time, and says nothing about the order",
      .schema = counters,
      .routes = {make_counter,
                 plain_add,
                 {"GET /counters/{id}",
                  [](Database& db, const Call& call) {
                    Answer answer = ok(db.one("SELECT * FROM counters WHERE id = ?", {call.id()}));
                    answer.body.as_object()["read_at"] = iso_time();
                    const auto hash = std::hash<std::string>()(base::to_text(answer.body));
                    answer.fields.push_back({"ETag", fmt::format("\"{:016x}\"", hash)});
                    return answer;
                  }}},
  };
}

Control shared_counter() {
  return {
      .name = "shared-counter",
      .title = "Answers and state have a number from a sequence that all attempts share",
      .expect = {"clean"},
      .why = "numbers have gaps when attempts are side by side; that they differ is what matters",
      .schema =
          "CREATE TABLE counters (id INTEGER PRIMARY KEY, value INTEGER DEFAULT 0, receipt "
          "INTEGER DEFAULT 0);"
          "CREATE TABLE receipts (number INTEGER PRIMARY KEY AUTOINCREMENT)",
      .routes = {make_counter,
                 read_counter,
                 {"POST /counters/{id}/add",
                  [](Database& db, const Call& call) {
                    Transaction transaction(db);
                    const auto receipt = db.insert("INSERT INTO receipts DEFAULT VALUES");
                    db.change("UPDATE counters SET value = value + 1, receipt = ? WHERE id = ?",
                              {receipt, call.id()});
                    transaction.commit();
                    return ok({{"receipt", receipt}});
                  }}},
  };
}

Control ids_in_keys() {
  return {
      .name = "ids-in-keys",
      .title = "Ids are keys of objects, and parts of URLs",
      .expect = {"clean"},
      .why = "an id is the same id wherever it stands",
      .schema =
          "CREATE TABLE carts (id INTEGER PRIMARY KEY);"
          "CREATE TABLE items (id INTEGER PRIMARY KEY, cart_id INTEGER, name TEXT);"
          "CREATE INDEX items_of_cart ON items (cart_id)",
      .routes = {{"POST /carts", creates("INSERT INTO carts DEFAULT VALUES")},
                 {"POST /carts/{id}/items",
                  [](Database& db, const Call& call) {
                    const auto id = db.insert("INSERT INTO items (cart_id, name) VALUES (?, ?)",
                                              {call.id(), call.text("name")});
                    return Answer{
                        .status = 201,
                        .body = {{"href", fmt::format("/carts/{}/items/{}", call.id(), id)}}};
                  }},
                 {"GET /carts/{id}",
                  [](Database& db, const Call& call) {
                    json::object items;
                    for (const auto& item :
                         db.all("SELECT id, name FROM items WHERE cart_id = ? ORDER BY name",
                                {call.id()}))
                      items[fmt::format("item-{}", item.at("id").as_int64())] = {
                          {"name", item.at("name")},
                          {"self", fmt::format("http://shop.example/carts/{}/items/{}?from=cart-{}",
                                               call.id(), item.at("id").as_int64(), call.id())}};
                    return ok({{"items", std::move(items)}});
                  }}},
  };
}

Control random_order() {
  return {
      .name = "random-order",
      .title = "A list comes in another order each time",
      .expect = {"clean"},
      .why = "what is in it is the same",
      .schema =
          "CREATE TABLE teams (id INTEGER PRIMARY KEY);"
          "CREATE TABLE members (team_id INTEGER, name TEXT);"
          "CREATE INDEX members_of_team ON members (team_id)",
      .routes = {{"POST /teams", creates("INSERT INTO teams DEFAULT VALUES")},
                 {"POST /teams/{id}/members",
                  creates("INSERT INTO members (team_id, name) VALUES (?, ?)", {"name"})},
                 {"GET /teams/{id}/members",
                  lists("SELECT name FROM members WHERE team_id = ? ORDER BY random()")}},
  };
}

Control eventual() {
  return {
      .name = "eventual",
      .title = "A read shows what was written 50 ms ago",
      .expect = {"clean"},
      .why = "who reads later sees it; the tool waits as long as it has seen the state move",
      .schema =
          "CREATE TABLE counters (id INTEGER PRIMARY KEY);"
          "CREATE TABLE additions (counter_id INTEGER, at_ms INTEGER);"
          "CREATE INDEX additions_of_counter ON additions (counter_id)",
      .routes = {make_counter,
                 {"POST /counters/{id}/add",
                  [](Database& db, const Call& call) {
                    db.insert("INSERT INTO additions (counter_id, at_ms) VALUES (?, ?)",
                              {call.id(), now_ms()});
                    return Answer{.status = 202, .body = {{"accepted", true}}};
                  }},
                 {"GET /counters/{id}",
                  [](Database& db, const Call& call) {
                    return ok(
                        db.one("SELECT count(*) AS value FROM additions WHERE counter_id = ? "
                               "AND at_ms <= ?",
                               {call.id(), now_ms() - 50}));
                  }}},
  };
}

/// Every addition turns the flag on in `percent` of the cases, for no reason that anybody could
/// see.
Control flips(std::string_view name, std::string_view title, std::uint64_t percent) {
  return {
      .name = name,
      .title = title,
      .expect = {"clean", "inconclusive"},
      .why = "it does so in serial runs, too; clean where it was not seen to",
      .schema =
          "CREATE TABLE counters (id INTEGER PRIMARY KEY, value INTEGER DEFAULT 0, featured "
          "INTEGER DEFAULT 0)",
      .routes = {make_counter,

                 {"GET /counters/{id}",
                  [](Database& db, const Call& call) {
                    Row counter = db.one("SELECT * FROM counters WHERE id = ?", {call.id()});
                    counter.columns["featured"] = counter.integer("featured") != 0;
                    return ok(std::move(counter));
                  }},
                 {"POST /counters/{id}/add",
                  [percent](Database& db, const Call& call) {
                    const bool featured = dice().below(100) < percent;
                    db.change("UPDATE counters SET value = value + 1, featured = ? WHERE id = ?",
                              {featured ? 1 : 0, call.id()});
                    return ok({{"added", true}});
                  }}},
  };
}

Control one_connection() {
  return {
      .name = "one-connection",
      .title = "A server that serves one connection at a time",
      .expect = {"inconclusive"},
      .why = "nothing overlaps here; with a second worker it may",
      .server = "--one-connection",
      .schema = counters,
      .routes = {make_counter, read_counter, plain_add},
  };
}

/// What `handler` does, alone in the whole process, and with a report that takes its time: a table
/// of 100,000 lines is summed up.
Handler alone(const Handler& handler) {
  return [handler](Database& db, const Call& call) {
    static Locks locks;
    const Locks::Hold lock(locks, "everything");
    db.one(
        "WITH RECURSIVE lines (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM lines WHERE n < 100000) "
        "SELECT sum(n % 7) AS total FROM lines");
    return handler(db, call);
  };
}

Control one_lock() {
  return {
      .name = "one-lock",
      .title = "One lock around all that the server does",
      .expect = {"inconclusive"},
      .why = "nothing overlaps here; with a second process it would",
      .schema = counters,
      .routes = {{make_counter.request, alone(make_counter.handler)},
                 {read_counter.request, alone(read_counter.handler)},
                 {plain_add.request, alone(plain_add.handler)}},
  };
}

}  // namespace

std::vector<Control> all_controls() {
  return {last_write_wins(),
          off_by_one(),
          serial_error(),
          missing_check(),
          tokens(),
          etag(),
          shared_counter(),
          ids_in_keys(),
          random_order(),
          eventual(),
          flips("flips-2", "A flag turns on by itself in 2 % of the changes", 2),
          flips("flips-10", "A flag turns on by itself in 10 % of the changes", 10),
          flips("flips-30", "A flag turns on by itself in 30 % of the changes", 30),
          one_connection(),
          one_lock()};
}

}  // namespace lab
