// More than there are: somebody counts, compares, and adds one.
#include "patterns.h"

namespace lab {
namespace {

namespace coupon {

Answer redeem_faulty(Database& db, const Call& call) {
  const Row coupon = db.one("SELECT * FROM coupons WHERE id = ?", {call.id()});
  if (coupon.integer("used") >= coupon.integer("max_uses")) return refuse(409, "used up");
  db.change("UPDATE coupons SET used = used + 1 WHERE id = ?", {call.id()});
  return ok({{"redeemed", true}});
}

Answer redeem_cured(Database& db, const Call& call) {
  const auto redeemed =
      db.change("UPDATE coupons SET used = used + 1 WHERE id = ? AND used < max_uses", {call.id()});
  return redeemed == 0 ? refuse(409, "used up") : ok({{"redeemed", true}});
}

Answer redeem_refusing(Database& db, const Call& call) {
  const Row coupon = db.one("SELECT * FROM coupons WHERE id = ?", {call.id()});
  if (coupon.integer("used") >= coupon.integer("max_uses")) return refuse(409, "used up");
  const auto redeemed = db.change("UPDATE coupons SET used = used + 1 WHERE id = ? AND used = ?",
                                  {call.id(), coupon.integer("used")});
  return redeemed == 0 ? refuse(409, "somebody was faster, try again") : ok({{"redeemed", true}});
}

Pattern pattern() {
  return {
      .name = "coupon",
      .title = "A coupon is redeemed more often than its limit",
      .cwe = "CWE-799",
      .window = "from reading how often it was used to adding one",
      .cure = "one UPDATE with the limit in its WHERE",
      .refusal = "the UPDATE names the count that was read; 409 if it has moved",
      .schema =
          "CREATE TABLE coupons (id INTEGER PRIMARY KEY, max_uses INTEGER, used INTEGER "
          "DEFAULT 0)",
      .routes = {{"POST /coupons", creates("INSERT INTO coupons (max_uses) VALUES (?)", {"max"})},
                 {"GET /coupons/{id}", reads("SELECT * FROM coupons WHERE id = ?")}},
      .variants = {{"POST /coupons/{id}/redeem", redeem_faulty, redeem_cured, redeem_refusing}},
  };
}

}  // namespace coupon

namespace coupon_on_orders {

Answer apply_faulty(Database& db, const Call& call) {
  const Row coupon = db.one("SELECT * FROM coupons WHERE id = ?", {call.integer("coupon")});
  if (!coupon.is_null("order_id")) return refuse(409, "the coupon was used");
  db.change("UPDATE orders SET discount = 10 WHERE id = ?", {call.id()});
  db.change("UPDATE coupons SET order_id = ? WHERE id = ?", {call.id(), coupon.integer("id")});
  return ok({{"discount", 10}});
}

Answer apply_cured(Database& db, const Call& call) {
  Transaction transaction(db);
  const auto used = db.change("UPDATE coupons SET order_id = ? WHERE id = ? AND order_id IS NULL",
                              {call.id(), call.integer("coupon")});
  if (used == 0) return refuse(409, "the coupon was used");
  db.change("UPDATE orders SET discount = 10 WHERE id = ?", {call.id()});
  transaction.commit();
  return ok({{"discount", 10}});
}

Answer apply_refusing(Database& db, const Call& call) {
  const Row coupon = db.one("SELECT * FROM coupons WHERE id = ?", {call.integer("coupon")});
  if (!coupon.is_null("order_id")) return refuse(409, "the coupon was used");
  Transaction transaction(db);
  try {
    db.insert("INSERT INTO redemptions (coupon_id) VALUES (?)", {coupon.integer("id")});
  } catch (const UniqueViolation&) {
    return refuse(422, "the coupon could not be applied");
  }
  db.change("UPDATE orders SET discount = 10 WHERE id = ?", {call.id()});
  db.change("UPDATE coupons SET order_id = ? WHERE id = ?", {call.id(), coupon.integer("id")});
  transaction.commit();
  return ok({{"discount", 10}});
}

Pattern pattern() {
  return {
      .name = "coupon-on-orders",
      .title = "One coupon takes effect on many orders",
      .cwe = "CWE-367",
      .window = "from reading that it is unused to writing on which order it was used",
      .cure = "the coupon is taken first, by an UPDATE that matches only an unused one",
      .refusal = "a unique index over coupons in use; its violation is answered with 422",
      .schema =
          "CREATE TABLE coupons (id INTEGER PRIMARY KEY, order_id INTEGER);"
          "CREATE TABLE orders (id INTEGER PRIMARY KEY, discount INTEGER DEFAULT 0);"
          "CREATE TABLE redemptions (coupon_id INTEGER)",
      .constraint = "CREATE UNIQUE INDEX one_redemption ON redemptions (coupon_id)",
      .routes = {{"POST /coupons", creates("INSERT INTO coupons DEFAULT VALUES")},
                 {"POST /orders", creates("INSERT INTO orders DEFAULT VALUES")},
                 {"GET /orders/{id}", reads("SELECT * FROM orders WHERE id = ?")}},
      .variants = {{"POST /orders/{id}/coupon", apply_faulty, apply_cured, apply_refusing}},
  };
}

}  // namespace coupon_on_orders

namespace promotion {

// A customer may claim a promotion twice.
constexpr std::int64_t per_customer = 2;
constexpr auto count_claims =
    "SELECT count(*) AS count FROM claims WHERE promotion_id = ? AND customer = ?";

Answer claim_faulty(Database& db, const Call& call) {
  const auto count = db.one(count_claims, {call.id(), call.text("customer")}).integer("count");
  if (count >= per_customer) return refuse(403, "the limit of this promotion is reached");
  db.insert("INSERT INTO claims (promotion_id, customer) VALUES (?, ?)",
            {call.id(), call.text("customer")});
  return {.status = 201, .body = {{"claimed", true}}};
}

Answer claim_cured(Database& db, const Call& call) {
  const auto claimed = db.change(
      "INSERT INTO claims (promotion_id, customer) SELECT ?1, ?2 WHERE (SELECT count(*) FROM "
      "claims WHERE promotion_id = ?1 AND customer = ?2) < ?3",
      {call.id(), call.text("customer"), per_customer});
  if (claimed == 0) return refuse(403, "the limit of this promotion is reached");
  return {.status = 201, .body = {{"claimed", true}}};
}

Answer claim_refusing(Database& db, const Call& call) {
  const auto count = db.one(count_claims, {call.id(), call.text("customer")}).integer("count");
  if (count >= per_customer) return refuse(403, "the limit of this promotion is reached");
  try {
    db.insert("INSERT INTO claims (promotion_id, customer, number) VALUES (?, ?, ?)",
              {call.id(), call.text("customer"), count + 1});
  } catch (const UniqueViolation&) {
    return refuse(429, "one at a time, please");
  }
  return {.status = 201, .body = {{"claimed", true}}};
}

Pattern pattern() {
  return {
      .name = "promotion",
      .title = "A customer claims a promotion more often than allowed",
      .cwe = "CWE-799",
      .window = "from counting the customer's claims to inserting one more",
      .cure = "INSERT ... SELECT that counts in the same statement",
      .refusal = "claims are numbered, and the number is unique; 429 for who comes to the same one",
      .schema =
          "CREATE TABLE promotions (id INTEGER PRIMARY KEY);"
          "CREATE TABLE claims (promotion_id INTEGER, customer TEXT, number INTEGER);"
          "CREATE INDEX claims_of_promotion ON claims (promotion_id)",
      .constraint = "CREATE UNIQUE INDEX numbered ON claims (promotion_id, customer, number)",
      .routes = {{"POST /promotions", creates("INSERT INTO promotions DEFAULT VALUES")},
                 {"GET /promotions/{id}/claims",
                  lists("SELECT customer FROM claims WHERE promotion_id = ?")}},
      .variants = {{"POST /promotions/{id}/claims", claim_faulty, claim_cured, claim_refusing}},
  };
}

}  // namespace promotion

namespace inventory {

Answer order_faulty(Database& db, const Call& call) {
  const Row product = db.one("SELECT * FROM products WHERE id = ?", {call.id()});
  if (product.integer("stock") < call.integer("quantity")) return refuse(409, "sold out");
  db.insert("INSERT INTO orders (product_id, quantity) VALUES (?, ?)",
            {call.id(), call.integer("quantity")});
  db.change("UPDATE products SET stock = stock - ? WHERE id = ?",
            {call.integer("quantity"), call.id()});
  return {.status = 201, .body = {{"ordered", call.integer("quantity")}}};
}

Answer order_cured(Database& db, const Call& call) {
  Transaction transaction(db);
  const auto taken =
      db.change("UPDATE products SET stock = stock - ?2 WHERE id = ?1 AND stock >= ?2",
                {call.id(), call.integer("quantity")});
  if (taken == 0) return refuse(409, "sold out");
  db.insert("INSERT INTO orders (product_id, quantity) VALUES (?, ?)",
            {call.id(), call.integer("quantity")});
  transaction.commit();
  return {.status = 201, .body = {{"ordered", call.integer("quantity")}}};
}

Answer order_refusing(Database& db, const Call& call) {
  const Row product = db.one("SELECT * FROM products WHERE id = ?", {call.id()});
  if (product.integer("stock") < call.integer("quantity")) return refuse(409, "sold out");
  Transaction transaction(db);
  const auto taken = db.change(
      "UPDATE products SET stock = stock - ?, version = version + 1 WHERE id = ? AND version = ?",
      {call.integer("quantity"), call.id(), product.integer("version")});
  if (taken == 0) return refuse(409, "the product has changed, try again");
  db.insert("INSERT INTO orders (product_id, quantity) VALUES (?, ?)",
            {call.id(), call.integer("quantity")});
  transaction.commit();
  return {.status = 201, .body = {{"ordered", call.integer("quantity")}}};
}

Pattern pattern() {
  return {
      .name = "inventory",
      .title = "More is sold than there is in stock",
      .cwe = "CWE-367",
      .window = "from reading the stock, past the insert of the order, to taking from it",
      .cure = "UPDATE ... WHERE stock >= quantity, in one transaction with the order",
      .refusal = "a version on the product (optimistic lock); 409 for who had an old one",
      .schema =
          "CREATE TABLE products (id INTEGER PRIMARY KEY, stock INTEGER, version INTEGER "
          "DEFAULT 1);"
          "CREATE TABLE orders (id INTEGER PRIMARY KEY, product_id INTEGER, quantity INTEGER)",
      .routes = {{"POST /products", creates("INSERT INTO products (stock) VALUES (?)", {"stock"})},
                 {"GET /products/{id}", reads("SELECT id, stock FROM products WHERE id = ?")}},
      .variants = {{"POST /products/{id}/orders", order_faulty, order_cured, order_refusing}},
  };
}

}  // namespace inventory

namespace quota {

constexpr auto has_room =
    "SELECT (SELECT count(*) FROM projects WHERE team_id = teams.id) < plan_limit AS room "
    "FROM teams WHERE id = ?";

Answer create(Database& db, const Call& call) {
  if (db.one(has_room, {call.id()}).integer("room") == 0) return refuse(402, "upgrade your plan");
  return created(db.insert("INSERT INTO projects (team_id, name) VALUES (?, ?)",
                           {call.id(), call.text("name")}));
}

Answer create_cured(Database& db, const Call& call) {
  Transaction transaction(db);
  const Answer answer = create(db, call);
  transaction.commit();
  return answer;
}

Answer create_refusing(Database& db, const Call& call) {
  if (db.change("UPDATE teams SET busy = 1 WHERE id = ? AND busy = 0", {call.id()}) == 0)
    return refuse(423, "another project is just being created");
  const Answer answer = create(db, call);
  db.change("UPDATE teams SET busy = 0 WHERE id = ?", {call.id()});
  return answer;
}

Pattern pattern() {
  return {
      .name = "quota",
      .title = "A team has more projects than its plan allows",
      .cwe = "CWE-799",
      .window = "from counting the projects to inserting one",
      .cure = "the same two statements inside of BEGIN IMMEDIATE",
      .refusal = "a flag on the team, set and cleared around them; 423 while it is set",
      .schema =
          "CREATE TABLE teams (id INTEGER PRIMARY KEY, plan_limit INTEGER, busy INTEGER "
          "DEFAULT 0);"
          "CREATE TABLE projects (id INTEGER PRIMARY KEY, team_id INTEGER, name TEXT);"
          "CREATE INDEX projects_of_team ON projects (team_id)",
      .routes = {{"POST /teams", creates("INSERT INTO teams (plan_limit) VALUES (?)", {"limit"})},
                 {"GET /teams/{id}/projects",
                  lists("SELECT id, name FROM projects WHERE team_id = ? ORDER BY name")}},
      .variants = {{"POST /teams/{id}/projects", create, create_cured, create_refusing}},
  };
}

}  // namespace quota

namespace attempts {

constexpr std::int64_t most = 3;

/// All answers are 401; only their text tells a guess that was looked at from one that was not.
Answer guess(Database& db, const Call& call) {
  const Row account = db.one("SELECT * FROM accounts WHERE id = ?", {call.id()});
  if (account.text("pin") != call.text("pin")) return refuse(401, "wrong PIN");
  return ok({{"welcome", true}});
}

Answer guess_faulty(Database& db, const Call& call) {
  const auto failed =
      db.one("SELECT failed FROM accounts WHERE id = ?", {call.id()}).integer("failed");
  if (failed >= most) return refuse(401, "locked");
  const Answer answer = guess(db, call);
  if (answer.status == 401)
    db.change("UPDATE accounts SET failed = ? WHERE id = ?", {failed + 1, call.id()});
  return answer;
}

Answer guess_cured(Database& db, const Call& call) {
  // Counted before it is looked at: who asks has used up an attempt.
  const auto counted = db.change(
      "UPDATE accounts SET failed = failed + 1 WHERE id = ? AND failed < ?", {call.id(), most});
  if (counted == 0) return refuse(401, "locked");
  const Answer answer = guess(db, call);
  if (answer.status == 200) db.change("UPDATE accounts SET failed = 0 WHERE id = ?", {call.id()});
  return answer;
}

Answer guess_refusing(Database& db, const Call& call) {
  if (db.change("UPDATE accounts SET busy = 1 WHERE id = ? AND busy = 0", {call.id()}) == 0)
    return refuse(429, "one attempt at a time");
  const Answer answer = guess_faulty(db, call);
  db.change("UPDATE accounts SET busy = 0 WHERE id = ?", {call.id()});
  return answer;
}

Pattern pattern() {
  return {
      .name = "attempts",
      .title = "More PINs are tried than the lock allows, and every answer is 401",
      .cwe = "CWE-307",
      .window = "from reading how many attempts failed to counting this one",
      .cure = "an attempt is counted by a conditional UPDATE before the PIN is looked at",
      .refusal = "a flag on the account, set while an attempt is looked at; 429 meanwhile",
      .schema =
          "CREATE TABLE accounts (id INTEGER PRIMARY KEY, pin TEXT, failed INTEGER DEFAULT "
          "0, busy INTEGER DEFAULT 0)",
      .routes = {{"POST /accounts", creates("INSERT INTO accounts (pin) VALUES (?)", {"pin"})},
                 {"GET /accounts/{id}",
                  reads("SELECT id, failed >= 3 AS locked FROM accounts WHERE id = ?")}},
      .variants = {{"POST /accounts/{id}/login", guess_faulty, guess_cured, guess_refusing}},
  };
}

}  // namespace attempts

}  // namespace

std::vector<Pattern> limits() {
  return {coupon::pattern(),    coupon_on_orders::pattern(),
          promotion::pattern(), inventory::pattern(),
          quota::pattern(),     attempts::pattern()};
}

}  // namespace lab
