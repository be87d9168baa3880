// What may exist once, or happen once: somebody looks whether it is there, and makes it.
#include "../locks.h"
#include "patterns.h"

namespace lab {
namespace {

namespace sign_up {

constexpr auto taken = "this address is taken";

Answer sign_up_faulty(Database& db, const Call& call) {
  if (db.find("SELECT id FROM users WHERE workspace_id = ? AND email = ?",
              {call.id(), call.text("email")}))
    return refuse(409, taken);
  return created(db.insert("INSERT INTO users (workspace_id, email, name) VALUES (?, ?, ?)",
                           {call.id(), call.text("email"), call.text("name")}));
}

Answer sign_up_cured(Database& db, const Call& call) {
  const auto user = db.find(
      "INSERT INTO users (workspace_id, email, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING "
      "RETURNING id",
      {call.id(), call.text("email"), call.text("name")});
  return user ? created(user->integer("id")) : refuse(409, taken);
}

Answer sign_up_refusing(Database& db, const Call& call) {
  try {
    return sign_up_faulty(db, call);
  } catch (const UniqueViolation&) {
    return refuse(422, "please try another address");
  }
}

Pattern pattern() {
  return {
      .name = "sign-up",
      .title = "Two accounts with one address",
      .cwe = "CWE-367",
      .window = "from looking for the address to inserting it",
      .cure = "a unique index, and INSERT ... ON CONFLICT DO NOTHING: no row, taken",
      .refusal = "the same unique index under the faulty code; its violation is answered with 422",
      .schema =
          "CREATE TABLE workspaces (id INTEGER PRIMARY KEY);"
          "CREATE TABLE users (id INTEGER PRIMARY KEY, workspace_id INTEGER, email TEXT, "
          "name TEXT);"
          "CREATE INDEX users_by_email ON users (workspace_id, email)",
      .constraint = "CREATE UNIQUE INDEX one_user ON users (workspace_id, email)",
      .routes = {{"POST /workspaces", creates("INSERT INTO workspaces DEFAULT VALUES")},
                 {"GET /workspaces/{id}/users",
                  lists("SELECT id, email, name FROM users WHERE workspace_id = ?")}},
      .variants = {{"POST /workspaces/{id}/users", sign_up_faulty, sign_up_cured,
                    sign_up_refusing}},
  };
}

}  // namespace sign_up

namespace sign_up_error {

/// The index is there, but nobody expects it to have a say: 500.
Answer sign_up_faulty(Database& db, const Call& call) {
  if (db.find("SELECT id FROM users WHERE email = ?", {call.text("email")}))
    return refuse(409, "this address is taken");
  return created(db.insert("INSERT INTO users (email) VALUES (?)", {call.text("email")}));
}

Answer sign_up_cured(Database& db, const Call& call) {
  try {
    return sign_up_faulty(db, call);
  } catch (const UniqueViolation&) {
    return refuse(409, "this address is taken");
  }
}

Answer sign_up_refusing(Database& db, const Call& call) {
  try {
    return sign_up_faulty(db, call);
  } catch (const UniqueViolation&) {
    return refuse(503, "try again");
  }
}

Pattern pattern() {
  return {
      .name = "sign-up-error",
      .title = "A second sign-up is answered 500, but only if it comes at the same time",
      .cwe = "CWE-248",
      .window = "from looking for the address to the insert that the unique index rejects",
      .cure = "the violation is caught, and answered as the look before it would have been",
      .refusal = "the violation is caught and answered with 503",
      .schema = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE)",
      .routes = {{"GET /users/{email}", reads("SELECT * FROM users WHERE email = ?")}},
      .variants = {{"POST /users", sign_up_faulty, sign_up_cured, sign_up_refusing}},
  };
}

}  // namespace sign_up_error

namespace first_admin {

Answer set_up_faulty(Database& db, const Call& call) {
  const Row admins = db.one("SELECT count(*) AS count FROM admins WHERE site_id = ?", {call.id()});
  if (admins.integer("count") > 0) return refuse(403, "this site has been set up");
  db.insert("INSERT INTO admins (site_id, name) VALUES (?, ?)", {call.id(), call.text("name")});
  return {.status = 201, .body = {{"admin", call.text("name")}}};
}

Answer set_up_cured(Database& db, const Call& call) {
  const auto made = db.change(
      "INSERT INTO admins (site_id, name) SELECT ?1, ?2 "
      "WHERE NOT EXISTS (SELECT * FROM admins WHERE site_id = ?1)",
      {call.id(), call.text("name")});
  if (made == 0) return refuse(403, "this site has been set up");
  return {.status = 201, .body = {{"admin", call.text("name")}}};
}

Answer set_up_refusing(Database& db, const Call& call) {
  try {
    return set_up_faulty(db, call);
  } catch (const UniqueViolation&) {
    return refuse(409, "this site is being set up");
  }
}

Pattern pattern() {
  return {
      .name = "first-admin",
      .title = "A new site gets two first administrators",
      .cwe = "CWE-367",
      .window = "from counting the administrators to inserting one",
      .cure = "INSERT ... SELECT ... WHERE NOT EXISTS, one statement",
      .refusal = "a unique index under the faulty code; its violation is answered with 409",
      .schema =
          "CREATE TABLE sites (id INTEGER PRIMARY KEY);"
          "CREATE TABLE admins (site_id INTEGER, name TEXT);"
          "CREATE INDEX admins_of_site ON admins (site_id)",
      .constraint = "CREATE UNIQUE INDEX one_admin ON admins (site_id)",
      .routes = {{"POST /sites", creates("INSERT INTO sites DEFAULT VALUES")},
                 {"GET /sites/{id}/admins",
                  lists("SELECT name FROM admins WHERE site_id = ? ORDER BY name")}},
      .variants = {{"POST /sites/{id}/setup", set_up_faulty, set_up_cured, set_up_refusing}},
  };
}

}  // namespace first_admin

namespace idempotency {

constexpr auto known = "SELECT payment_id, amount FROM keys WHERE key = ?";

std::int64_t pay(Database& db, const Call& call) {
  return db.insert("INSERT INTO payments (account_id, amount) VALUES (?, ?)",
                   {call.id(), call.integer("amount")});
}

Answer paid(std::int64_t payment) { return {.status = 201, .body = {{"payment", payment}}}; }

/// What a request comes to whose key is there already. A key belongs to one request: with another
/// amount it is a mistake of the client.
Answer repeated(const Row& key, const Call& call) {
  if (key.integer("amount") != call.integer("amount"))
    return refuse(422, "this key was used for another request");
  return paid(key.integer("payment_id"));
}

Answer pay_faulty(Database& db, const Call& call) {
  if (const auto key = db.find(known, {call.header("Idempotency-Key")}))
    return repeated(*key, call);
  const auto payment = pay(db, call);
  db.change("INSERT OR REPLACE INTO keys (key, payment_id, amount) VALUES (?, ?, ?)",
            {call.header("Idempotency-Key"), payment, call.integer("amount")});
  return paid(payment);
}

Answer pay_cured(Database& db, const Call& call) {
  Transaction transaction(db);
  const Answer answer = pay_faulty(db, call);
  transaction.commit();
  return answer;
}

/// The key comes first, and only then what it stands for.
Answer pay_refusing(Database& db, const Call& call) {
  const std::string name = call.header("Idempotency-Key");
  if (db.change("INSERT INTO keys (key, amount) VALUES (?, ?) ON CONFLICT DO NOTHING",
                {name, call.integer("amount")}) == 0) {
    const Row key = db.one(known, {name});
    if (key.is_null("payment_id")) return refuse(409, "the first request with this key is at work");
    return repeated(key, call);
  }
  const auto payment = pay(db, call);
  db.change("UPDATE keys SET payment_id = ? WHERE key = ?", {payment, name});
  return paid(payment);
}

constexpr auto schema =
    "CREATE TABLE accounts (id INTEGER PRIMARY KEY);"
    "CREATE TABLE payments (id INTEGER PRIMARY KEY, account_id INTEGER, amount INTEGER);"
    "CREATE INDEX payments_of_account ON payments (account_id);"
    "CREATE TABLE keys (key TEXT PRIMARY KEY, payment_id INTEGER, amount INTEGER)";

std::vector<Route> routes() {
  return {{"POST /accounts", creates("INSERT INTO accounts DEFAULT VALUES")},
          {"GET /accounts/{id}/payments",
           lists("SELECT id, amount FROM payments WHERE account_id = ? ORDER BY amount")}};
}

Pattern pattern() {
  return {
      .name = "idempotency-key",
      .title = "A payment is sent twice with one idempotency key, and made twice",
      .cwe = "CWE-837",
      .window = "from looking for the key, past the payment, to storing the key",
      .cure = "look, pay and store inside of BEGIN IMMEDIATE",
      .refusal = "the key is inserted before the payment is made; 409 while that is at work",
      .schema = schema,
      .routes = routes(),
      .variants = {{"POST /accounts/{id}/payments", pay_faulty, pay_cured, pay_refusing}},
  };
}

Pattern other_body() {
  return {
      .name = "key-other-body",
      .title = "Two requests with one idempotency key and different bodies are both done",
      .cwe = "CWE-837",
      .window = "from looking for the key, past the payment, to storing key and amount",
      .cure = "look, pay and store inside of BEGIN IMMEDIATE: the second is told 422",
      .refusal =
          "key and amount are inserted before the payment is made; 409 while that is at work",
      .schema = schema,
      .routes = routes(),
      .variants = {{"POST /accounts/{id}/payments", pay_faulty, pay_cured, pay_refusing}},
  };
}

}  // namespace idempotency

namespace seat {

Answer book_faulty(Database& db, const Call& call) {
  if (db.find("SELECT guest FROM bookings WHERE seat_id = ?", {call.id()}))
    return refuse(409, "this seat is taken");
  db.insert("INSERT INTO bookings (seat_id, guest) VALUES (?, ?)", {call.id(), call.text("guest")});
  return {.status = 201, .body = {{"guest", call.text("guest")}}};
}

Answer book_cured(Database& db, const Call& call) {
  const auto booked =
      db.change("INSERT INTO bookings (seat_id, guest) VALUES (?, ?) ON CONFLICT DO NOTHING",
                {call.id(), call.text("guest")});
  if (booked == 0) return refuse(409, "this seat is taken");
  return {.status = 201, .body = {{"guest", call.text("guest")}}};
}

Answer book_refusing(Database& db, const Call& call) {
  try {
    return book_faulty(db, call);
  } catch (const UniqueViolation&) {
    return refuse(409, "somebody was faster");
  }
}

Pattern pattern() {
  return {
      .name = "seat",
      .title = "A seat is booked twice",
      .cwe = "CWE-367",
      .window = "from looking for a booking to inserting one",
      .cure = "a unique index, and INSERT ... ON CONFLICT DO NOTHING: no row, taken",
      .refusal = "the same unique index under the faulty code; its violation is answered with 409",
      .schema =
          "CREATE TABLE seats (id INTEGER PRIMARY KEY);"
          "CREATE TABLE bookings (id INTEGER PRIMARY KEY, seat_id INTEGER, guest TEXT);"
          "CREATE INDEX bookings_of_seat ON bookings (seat_id)",
      .constraint = "CREATE UNIQUE INDEX one_booking ON bookings (seat_id)",
      .routes = {{"POST /seats", creates("INSERT INTO seats DEFAULT VALUES")},
                 {"GET /seats/{id}/bookings",
                  lists("SELECT guest FROM bookings WHERE seat_id = ? ORDER BY guest")}},
      .variants = {{"POST /seats/{id}/bookings", book_faulty, book_cured, book_refusing}},
  };
}

}  // namespace seat

namespace wrong_lock {

Locks& locks() {
  static Locks of_the_process;
  return of_the_process;
}

Answer book(Database& db, const Call& call) {
  if (db.find("SELECT guest FROM bookings WHERE room_id = ?", {call.id()}))
    return refuse(409, "this room is taken");
  db.insert("INSERT INTO bookings (room_id, guest) VALUES (?, ?)", {call.id(), call.text("guest")});
  return {.status = 201, .body = {{"guest", call.text("guest")}}};
}

Answer book_faulty(Database& db, const Call& call) {
  const Locks::Hold lock(locks(), "guest " + call.text("guest"));
  return book(db, call);
}

Answer book_cured(Database& db, const Call& call) {
  const Locks::Hold lock(locks(), "room " + call.parameter());
  return book(db, call);
}

Answer book_refusing(Database& db, const Call& call) {
  const Locks::Hold lock(locks(), "busy room " + call.parameter(), std::try_to_lock);
  if (!lock.held()) return refuse(423, "the room is just being booked");
  return book(db, call);
}

Pattern pattern() {
  return {
      .name = "wrong-lock",
      .title = "A room is booked twice, in spite of a lock: it is the guest's and not the room's",
      .cwe = "CWE-667",
      .window = "from looking for a booking to inserting one; each guest has a lock of his own",
      .cure = "the lock has the name of the room",
      .refusal = "the same lock, but nobody waits for it: 423",
      .schema =
          "CREATE TABLE rooms (id INTEGER PRIMARY KEY);"
          "CREATE TABLE bookings (id INTEGER PRIMARY KEY, room_id INTEGER, guest TEXT);"
          "CREATE INDEX bookings_of_room ON bookings (room_id)",
      .routes = {{"POST /rooms", creates("INSERT INTO rooms DEFAULT VALUES")},
                 {"GET /rooms/{id}/bookings",
                  lists("SELECT guest FROM bookings WHERE room_id = ? ORDER BY guest")}},
      .variants = {{"POST /rooms/{id}/bookings", book_faulty, book_cured, book_refusing}},
  };
}

}  // namespace wrong_lock

namespace vote {

constexpr auto insert_vote = "INSERT INTO votes (poll_id, voter) VALUES (?, ?)";
constexpr auto count_it = "UPDATE polls SET votes = votes + 1 WHERE id = ?";

Answer vote_faulty(Database& db, const Call& call) {
  if (db.find("SELECT voter FROM votes WHERE poll_id = ? AND voter = ?",
              {call.id(), call.text("voter")}))
    return refuse(409, "you have voted");
  db.insert(insert_vote, {call.id(), call.text("voter")});
  db.change(count_it, {call.id()});
  return ok({{"counted", true}});
}

Answer vote_cured(Database& db, const Call& call) {
  Transaction transaction(db);
  if (db.change("INSERT INTO votes (poll_id, voter) VALUES (?, ?) ON CONFLICT DO NOTHING",
                {call.id(), call.text("voter")}) == 0)
    return refuse(409, "you have voted");
  db.change(count_it, {call.id()});
  transaction.commit();
  return ok({{"counted", true}});
}

Answer vote_refusing(Database& db, const Call& call) {
  try {
    return vote_faulty(db, call);
  } catch (const UniqueViolation&) {
    return refuse(429, "not so fast");
  }
}

Pattern pattern() {
  return {
      .name = "vote",
      .title = "Somebody votes twice",
      .cwe = "CWE-837",
      .window = "from looking for the vote to inserting it",
      .cure = "a unique index; what is inserted is counted, in one transaction",
      .refusal = "the same unique index under the faulty code; its violation is answered with 429",
      .schema =
          "CREATE TABLE polls (id INTEGER PRIMARY KEY, votes INTEGER DEFAULT 0);"
          "CREATE TABLE votes (poll_id INTEGER, voter TEXT);"
          "CREATE INDEX votes_of_poll ON votes (poll_id, voter)",
      .constraint = "CREATE UNIQUE INDEX one_vote ON votes (poll_id, voter)",
      .routes = {{"POST /polls", creates("INSERT INTO polls DEFAULT VALUES")},
                 {"GET /polls/{id}", reads("SELECT * FROM polls WHERE id = ?")}},
      .variants = {{"POST /polls/{id}/votes", vote_faulty, vote_cured, vote_refusing}},
  };
}

}  // namespace vote

namespace reward {

Answer claim_faulty(Database& db, const Call& call) {
  const Row player = db.one("SELECT * FROM players WHERE id = ?", {call.id()});
  if (player.integer("claimed") != 0) return refuse(403, "come back tomorrow");
  db.change("UPDATE players SET coins = coins + 50 WHERE id = ?", {call.id()});
  db.change("UPDATE players SET claimed = 1 WHERE id = ?", {call.id()});
  return ok({{"won", 50}});
}

Answer claim_cured(Database& db, const Call& call) {
  const auto claimed =
      db.change("UPDATE players SET coins = coins + 50, claimed = 1 WHERE id = ? AND claimed = 0",
                {call.id()});
  return claimed == 0 ? refuse(403, "come back tomorrow") : ok({{"won", 50}});
}

Answer claim_refusing(Database& db, const Call& call) {
  const Row player = db.one("SELECT * FROM players WHERE id = ?", {call.id()});
  if (player.integer("claimed") != 0) return refuse(403, "come back tomorrow");
  const auto claimed = db.change(
      "UPDATE players SET coins = ?, claimed = 1, version = version + 1 WHERE id = ? AND version = "
      "?",
      {player.integer("coins") + 50, call.id(), player.integer("version")});
  return claimed == 0 ? refuse(409, "try again") : ok({{"won", 50}});
}

Pattern pattern() {
  return {
      .name = "reward",
      .title = "A daily reward is claimed twice",
      .cwe = "CWE-837",
      .window = "from reading that it is unclaimed, past the coins, to marking it",
      .cure = "coins and mark in one UPDATE that matches only an unclaimed one",
      .refusal = "a version as a condition of the UPDATE; 409 if it has moved",
      .schema =
          "CREATE TABLE players (id INTEGER PRIMARY KEY, coins INTEGER DEFAULT 0, claimed "
          "INTEGER DEFAULT 0, version INTEGER DEFAULT 1)",
      .routes = {{"POST /players", creates("INSERT INTO players DEFAULT VALUES")},
                 {"GET /players/{id}", reads("SELECT id, coins, claimed FROM players WHERE id = "
                                             "?")}},
      .variants = {{"POST /players/{id}/reward", claim_faulty, claim_cured, claim_refusing}},
  };
}

}  // namespace reward

namespace webhook {

constexpr auto book = "UPDATE accounts SET credits = credits + ? WHERE id = ?";

Answer receive_faulty(Database& db, const Call& call) {
  if (!db.find("SELECT id FROM events WHERE id = ?", {call.text("event")})) {
    db.change(book, {call.integer("credits"), call.id()});
    db.change("INSERT OR IGNORE INTO events (id) VALUES (?)", {call.text("event")});
  }
  return ok({{"received", true}});
}

Answer receive_cured(Database& db, const Call& call) {
  Transaction transaction(db);
  if (db.change("INSERT OR IGNORE INTO events (id) VALUES (?)", {call.text("event")}) > 0)
    db.change(book, {call.integer("credits"), call.id()});
  transaction.commit();
  return ok({{"received", true}});
}

/// 409 makes the sender deliver once more, later.
Answer receive_refusing(Database& db, const Call& call) {
  if (db.find("SELECT id FROM events WHERE id = ?", {call.text("event")}))
    return ok({{"received", true}});
  try {
    Transaction transaction(db);
    db.insert("INSERT INTO events (id) VALUES (?)", {call.text("event")});
    db.change(book, {call.integer("credits"), call.id()});
    transaction.commit();
  } catch (const UniqueViolation&) {
    return refuse(409, "this event is being handled");
  }
  return ok({{"received", true}});
}

Pattern pattern() {
  return {
      .name = "webhook",
      .title = "A webhook is delivered twice, and handled twice",
      .cwe = "CWE-837",
      .window = "from looking for the event, past what it does, to remembering it",
      .cure = "the event is inserted first, in one transaction with what it does; no row, no work",
      .refusal = "the insert may fail; 409, and the sender delivers it again",
      .schema =
          "CREATE TABLE accounts (id INTEGER PRIMARY KEY, credits INTEGER DEFAULT 0);"
          "CREATE TABLE events (id TEXT PRIMARY KEY)",
      .routes = {{"POST /accounts", creates("INSERT INTO accounts DEFAULT VALUES")},
                 {"GET /accounts/{id}", reads("SELECT * FROM accounts WHERE id = ?")}},
      .variants = {{"POST /accounts/{id}/events", receive_faulty, receive_cured, receive_refusing}},
  };
}

}  // namespace webhook

namespace refresh_token {

constexpr auto issue =
    "INSERT INTO tokens (session_id, parent, token) VALUES (?, ?, lower(hex(randomblob(16)))) "
    "RETURNING token";

Answer issued(const Row& token) {
  return {.status = 201, .body = {{"refresh_token", token.text("token")}}};
}

Answer refresh_faulty(Database& db, const Call& call) {
  const Row old = db.one("SELECT * FROM tokens WHERE token = ?", {call.text("refresh_token")});
  if (old.integer("used") != 0) return refuse(401, "invalid_grant");
  const Row token = db.one(issue, {old.integer("session_id"), old.integer("id")});
  db.change("UPDATE tokens SET used = 1 WHERE id = ?", {old.integer("id")});
  return issued(token);
}

Answer refresh_cured(Database& db, const Call& call) {
  Transaction transaction(db);
  const auto old =
      db.find("UPDATE tokens SET used = 1 WHERE token = ? AND used = 0 RETURNING id, session_id",
              {call.text("refresh_token")});
  if (!old) return refuse(401, "invalid_grant");
  const Row token = db.one(issue, {old->integer("session_id"), old->integer("id")});
  transaction.commit();
  return issued(token);
}

Answer refresh_refusing(Database& db, const Call& call) {
  try {
    return refresh_faulty(db, call);
  } catch (const UniqueViolation&) {
    return refuse(429, "slow_down");
  }
}

Answer create(Database& db, const Call&) {
  Transaction transaction(db);
  const auto session = db.insert("INSERT INTO sessions DEFAULT VALUES");
  const Row token = db.one(issue, {session, 0});
  transaction.commit();
  return {.status = 201, .body = {{"id", session}, {"refresh_token", token.text("token")}}};
}

Pattern pattern() {
  return {
      .name = "refresh-token",
      .title = "A refresh token is used twice, and both get a new one",
      .cwe = "CWE-294",
      .window = "from reading that it is unused, past the new token, to marking it",
      .cure = "UPDATE ... WHERE used = 0 RETURNING, in one transaction with the new token",
      .refusal = "a token has one successor, by a unique index; its violation is answered with 429",
      .schema =
          "CREATE TABLE sessions (id INTEGER PRIMARY KEY);"
          "CREATE TABLE tokens (id INTEGER PRIMARY KEY, session_id INTEGER, parent INTEGER, "
          "token TEXT UNIQUE, used INTEGER DEFAULT 0);"
          "CREATE INDEX tokens_of_session ON tokens (session_id)",
      .constraint = "CREATE UNIQUE INDEX one_successor ON tokens (parent) WHERE parent > 0",
      .routes = {{"POST /sessions", create},
                 {"GET /sessions/{id}/tokens",
                  lists("SELECT token, used FROM tokens WHERE session_id = ? ORDER BY id")}},
      .variants = {{"POST /token", refresh_faulty, refresh_cured, refresh_refusing}},
  };
}

}  // namespace refresh_token

namespace one_time_code {

constexpr auto log_in =
    "INSERT INTO sessions (account_id, code, token) VALUES (?, ?, lower(hex(randomblob(16)))) "
    "RETURNING token";

Answer logged_in(const Row& session) { return ok({{"session", session.text("token")}}); }

Answer use_faulty(Database& db, const Call& call) {
  const auto code = db.find("SELECT * FROM codes WHERE account_id = ? AND code = ?",
                            {call.id(), call.text("code")});
  if (!code) return refuse(403, "this code is not valid");
  db.change("DELETE FROM codes WHERE account_id = ?", {call.id()});
  return logged_in(db.one(log_in, {call.id(), call.text("code")}));
}

Answer use_cured(Database& db, const Call& call) {
  Transaction transaction(db);
  if (db.change("DELETE FROM codes WHERE account_id = ? AND code = ?",
                {call.id(), call.text("code")}) == 0)
    return refuse(403, "this code is not valid");
  const Row session = db.one(log_in, {call.id(), call.text("code")});
  transaction.commit();
  return logged_in(session);
}

Answer use_refusing(Database& db, const Call& call) {
  try {
    return use_faulty(db, call);
  } catch (const UniqueViolation&) {
    return refuse(409, "this code was used just now");
  }
}

Answer create(Database& db, const Call&) {
  Transaction transaction(db);
  const auto account = db.insert("INSERT INTO accounts DEFAULT VALUES");
  db.insert("INSERT INTO codes (account_id, code) VALUES (?, '271828')", {account});
  transaction.commit();
  return created(account);
}

Pattern pattern() {
  return {
      .name = "one-time-code",
      .title = "A one-time code opens two sessions",
      .cwe = "CWE-294",
      .window = "from finding the code to deleting it",
      .cure = "the DELETE decides: who deletes the row has the session, in one transaction",
      .refusal = "a code opens one session, by a unique index; its violation is answered with 409",
      .schema =
          "CREATE TABLE accounts (id INTEGER PRIMARY KEY);"
          "CREATE TABLE codes (account_id INTEGER PRIMARY KEY, code TEXT);"
          "CREATE TABLE sessions (account_id INTEGER, code TEXT, token TEXT);"
          "CREATE INDEX sessions_of_account ON sessions (account_id)",
      .constraint = "CREATE UNIQUE INDEX one_session ON sessions (account_id, code)",
      .routes = {{"POST /accounts", create},
                 {"GET /accounts/{id}/sessions",
                  lists("SELECT token FROM sessions WHERE account_id = ?")}},
      .variants = {{"POST /accounts/{id}/login", use_faulty, use_cured, use_refusing}},
  };
}

}  // namespace one_time_code

}  // namespace

std::vector<Pattern> once() {
  return {sign_up::pattern(),     sign_up_error::pattern(),  first_admin::pattern(),
          idempotency::pattern(), idempotency::other_body(), seat::pattern(),
          wrong_lock::pattern(),  vote::pattern(),           reward::pattern(),
          webhook::pattern(),     refresh_token::pattern(),  one_time_code::pattern()};
}

}  // namespace lab
