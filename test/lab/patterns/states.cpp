// Steps of a lifecycle that exclude each other: the status is read, judged, and written.
#include "patterns.h"

namespace lab {
namespace {

namespace cancel_approve {

constexpr auto decided = "this request has been decided";

/// Both of the buttons, which differ in the status that they write.
Handler faulty(std::string_view status) {
  return [status](Database& db, const Call& call) {
    const Row request = db.one("SELECT * FROM requests WHERE id = ?", {call.id()});
    if (request.text("status") != "open") return refuse(409, decided);
    db.change("UPDATE requests SET status = ? WHERE id = ?", {status, call.id()});
    return ok({{"status", status}});
  };
}

Handler cured(std::string_view status) {
  return [status](Database& db, const Call& call) {
    if (db.change("UPDATE requests SET status = ? WHERE id = ? AND status = 'open'",
                  {status, call.id()}) == 0)
      return refuse(409, decided);
    return ok({{"status", status}});
  };
}

Handler refusing(std::string_view status) {
  return [status](Database& db, const Call& call) {
    const Row request = db.one("SELECT * FROM requests WHERE id = ?", {call.id()});
    if (request.text("status") != "open") return refuse(409, decided);
    if (db.change("UPDATE requests SET status = ?, version = version + 1 WHERE id = ? AND version "
                  "= ?",
                  {status, call.id(), request.integer("version")}) == 0)
      return refuse(412, "the request has changed");
    return ok({{"status", status}});
  };
}

Pattern pattern() {
  return {
      .name = "cancel-approve",
      .title = "A request is cancelled and approved, and both are told yes",
      .cwe = "CWE-367",
      .window = "from reading the status to writing the new one",
      .cure = "UPDATE ... WHERE status = 'open'",
      .refusal = "a version as a condition of the UPDATE; 412 if it has moved",
      .schema =
          "CREATE TABLE requests (id INTEGER PRIMARY KEY, status TEXT DEFAULT 'open', version "
          "INTEGER DEFAULT 1)",
      .routes = {{"POST /requests", creates("INSERT INTO requests DEFAULT VALUES")},
                 {"GET /requests/{id}", reads("SELECT id, status FROM requests WHERE id = ?")}},
      .variants = {{"POST /requests/{id}/cancel", faulty("cancelled"), cured("cancelled"),
                    refusing("cancelled")},
                   {"POST /requests/{id}/approve", faulty("approved"), cured("approved"),
                    refusing("approved")}},
  };
}

}  // namespace cancel_approve

namespace cancel_deliver {

/// A status, and whom the money goes to then.
struct End {
  std::string_view status;
  std::string_view money_to;
};
constexpr End cancelled{"cancelled", "customer"};
constexpr End delivered{"delivered", "shop"};

void pay_out(Database& db, const Call& call, const Row& order, End end) {
  db.insert("INSERT INTO payouts (order_id, receiver, amount) VALUES (?, ?, ?)",
            {call.id(), end.money_to, order.integer("amount")});
}

Answer finish(Database& db, const Call& call, End end) {
  const Row order = db.one("SELECT * FROM orders WHERE id = ?", {call.id()});
  if (order.text("status") != "shipped") return refuse(409, "this order has ended");
  pay_out(db, call, order, end);
  db.change("UPDATE orders SET status = ? WHERE id = ?", {end.status, call.id()});
  return ok({{"status", end.status}});
}

Handler faulty(End end) {
  return [end](Database& db, const Call& call) { return finish(db, call, end); };
}

Handler cured(End end) {
  return [end](Database& db, const Call& call) {
    Transaction transaction(db);
    const auto order =
        db.find("UPDATE orders SET status = ? WHERE id = ? AND status = 'shipped' RETURNING amount",
                {end.status, call.id()});
    if (!order) return refuse(409, "this order has ended");
    pay_out(db, call, *order, end);
    transaction.commit();
    return ok({{"status", end.status}});
  };
}

Handler refusing(End end) {
  return [end](Database& db, const Call& call) {
    if (db.change("UPDATE orders SET busy = 1 WHERE id = ? AND busy = 0", {call.id()}) == 0)
      return refuse(423, "somebody works on this order");
    const Answer answer = finish(db, call, end);
    db.change("UPDATE orders SET busy = 0 WHERE id = ?", {call.id()});
    return answer;
  };
}

Pattern pattern() {
  return {
      .name = "cancel-deliver",
      .title = "An order is cancelled and delivered: customer and shop both get the money",
      .cwe = "CWE-841",
      .window = "from reading the status, past the insert of the payout, to writing the new one",
      .cure = "UPDATE ... WHERE status = 'shipped', in one transaction with the payout",
      .refusal = "a flag on the order, set and cleared around it all; 423 while it is set",
      .schema =
          "CREATE TABLE orders (id INTEGER PRIMARY KEY, amount INTEGER, status TEXT DEFAULT "
          "'shipped', busy INTEGER DEFAULT 0);"
          "CREATE TABLE payouts (order_id INTEGER, receiver TEXT, amount INTEGER);"
          "CREATE INDEX payouts_of_order ON payouts (order_id)",
      .routes = {{"POST /orders", creates("INSERT INTO orders (amount) VALUES (?)", {"amount"})},
                 {"GET /orders/{id}", reads("SELECT id, status FROM orders WHERE id = ?")},
                 {"GET /orders/{id}/payouts",
                  lists("SELECT receiver, amount FROM payouts WHERE order_id = ? ORDER BY "
                        "receiver")}},
      .variants = {{"POST /orders/{id}/cancel", faulty(cancelled), cured(cancelled),
                    refusing(cancelled)},
                   {"POST /orders/{id}/deliver", faulty(delivered), cured(delivered),
                    refusing(delivered)}},
  };
}

}  // namespace cancel_deliver

namespace lost_cancel {

constexpr auto ended = "this subscription has ended";

/// The whole row is written as it was read, its status too.
Answer edit_faulty(Database& db, const Call& call) {
  const Row row = db.one("SELECT * FROM subscriptions WHERE id = ?", {call.id()});
  if (row.text("status") != "active") return refuse(409, ended);
  db.change("UPDATE subscriptions SET status = ?, address = ? WHERE id = ?",
            {row.text("status"), call.text("address"), call.id()});
  return ok({{"address", call.text("address")}});
}

Answer edit_cured(Database& db, const Call& call) {
  if (db.change("UPDATE subscriptions SET address = ? WHERE id = ? AND status = 'active'",
                {call.text("address"), call.id()}) == 0)
    return refuse(409, ended);
  return ok({{"address", call.text("address")}});
}

Answer edit_refusing(Database& db, const Call& call) {
  const Row row = db.one("SELECT * FROM subscriptions WHERE id = ?", {call.id()});
  if (row.text("status") != "active") return refuse(409, ended);
  if (db.change("UPDATE subscriptions SET status = ?, address = ?, version = version + 1 "
                "WHERE id = ? AND version = ?",
                {row.text("status"), call.text("address"), call.id(), row.integer("version")}) == 0)
    return refuse(412, "the subscription has changed");
  return ok({{"address", call.text("address")}});
}

Answer cancel(Database& db, const Call& call) {
  if (db.change("UPDATE subscriptions SET status = 'cancelled', version = version + 1 "
                "WHERE id = ? AND status = 'active'",
                {call.id()}) == 0)
    return refuse(409, ended);
  return ok({{"status", "cancelled"}});
}

Pattern pattern() {
  return {
      .name = "lost-cancel",
      .title = "A subscription is cancelled while its address changes, and goes on",
      .cwe = "CWE-362",
      .window = "from reading the row to writing it back, status included",
      .cure = "the edit writes the address only, and only WHERE status = 'active'",
      .refusal = "a version as a condition of the UPDATE; 412 if it has moved",
      .schema =
          "CREATE TABLE subscriptions (id INTEGER PRIMARY KEY, address TEXT, status TEXT "
          "DEFAULT 'active', version INTEGER DEFAULT 1)",
      .routes = {{"POST /subscriptions",
                  creates("INSERT INTO subscriptions (address) VALUES (?)", {"address"})},
                 {"GET /subscriptions/{id}",
                  reads("SELECT id, address, status FROM subscriptions WHERE id = ?")},
                 {"POST /subscriptions/{id}/cancel", cancel}},
      .variants = {{"PUT /subscriptions/{id}/address", edit_faulty, edit_cured, edit_refusing}},
  };
}

}  // namespace lost_cancel

namespace cart {

constexpr auto ordered = "this cart has been ordered";

Answer add_faulty(Database& db, const Call& call) {
  const Row cart = db.one("SELECT * FROM carts WHERE id = ?", {call.id()});
  if (cart.text("status") == "ordered") return refuse(409, ordered);
  db.insert("INSERT INTO items (cart_id, price) VALUES (?, ?)", {call.id(), call.integer("price")});
  return {.status = 201, .body = {{"price", call.integer("price")}}};
}

/// What is being paid for does not change any more.
Answer add_to_open(Database& db, const Call& call, const Answer& while_paid) {
  const auto added = db.change(
      "INSERT INTO items (cart_id, price) SELECT ?1, ?2 "
      "WHERE EXISTS (SELECT * FROM carts WHERE id = ?1 AND status = 'open')",
      {call.id(), call.integer("price")});
  if (added == 1) return {.status = 201, .body = {{"price", call.integer("price")}}};
  const Row cart = db.one("SELECT * FROM carts WHERE id = ?", {call.id()});
  return cart.text("status") == "paid" ? while_paid : refuse(409, ordered);
}

Answer add_cured(Database& db, const Call& call) {
  return add_to_open(db, call, refuse(409, ordered));
}

Answer add_refusing(Database& db, const Call& call) {
  return add_to_open(db, call, refuse(423, "this cart is being paid for"));
}

/// One statement: what is paid is the sum at the moment when the cart becomes paid.
Answer pay(Database& db, const Call& call) {
  const auto cart = db.find(
      "UPDATE carts SET status = 'paid', paid = (SELECT sum(price) FROM items WHERE cart_id = ?1) "
      "WHERE id = ?1 AND status = 'open' RETURNING paid",
      {call.id()});
  return cart ? ok(*cart) : refuse(409, "this cart is not open");
}

Answer complete(Database& db, const Call& call) {
  const auto cart = db.find(
      "UPDATE carts SET status = 'ordered' WHERE id = ? AND status = 'paid' RETURNING "
      "status",
      {call.id()});
  return cart ? ok(*cart) : refuse(409, "this cart is not paid");
}

Pattern pattern() {
  return {
      .name = "cart",
      .title = "Something is put into the cart between payment and completion, and not paid",
      .cwe = "CWE-367",
      .window = "between the requests: from the payment to the completion",
      .cure = "the payment closes the cart, and who adds is told what he would be told later",
      .refusal = "the payment closes the cart; 423 until it is ordered",
      .schema =
          "CREATE TABLE carts (id INTEGER PRIMARY KEY, status TEXT DEFAULT 'open', paid "
          "INTEGER);"
          "CREATE TABLE items (id INTEGER PRIMARY KEY, cart_id INTEGER, price INTEGER);"
          "CREATE INDEX items_of_cart ON items (cart_id)",
      .routes = {{"POST /carts", creates("INSERT INTO carts DEFAULT VALUES")},
                 {"GET /carts/{id}", reads("SELECT * FROM carts WHERE id = ?")},
                 {"GET /carts/{id}/items",
                  lists("SELECT price FROM items WHERE cart_id = ? ORDER BY price")},
                 {"POST /carts/{id}/pay", pay},
                 {"POST /carts/{id}/complete", complete}},
      .variants = {{"POST /carts/{id}/items", add_faulty, add_cured, add_refusing}},
  };
}

}  // namespace cart

namespace graphql {

/// Whatever the outcome, the status is 200.
Answer data(std::int64_t ticket) { return ok({{"data", {{"claimTicket", {{"id", ticket}}}}}}); }
Answer error(std::string_view code) {
  return ok({{"data", nullptr}, {"errors", {{{"message", code}}}}});
}

std::int64_t ticket_of(const Call& call) {
  return call.body.at("variables").at("ticket").as_int64();
}
std::string owner_of(const Call& call) {
  const json::string& owner = call.body.at("variables").at("owner").as_string();
  return {owner.data(), owner.size()};
}

Answer claim_faulty(Database& db, const Call& call) {
  const Row ticket = db.one("SELECT * FROM tickets WHERE id = ?", {ticket_of(call)});
  if (!ticket.is_null("owner")) return error("TAKEN");
  db.change("UPDATE tickets SET owner = ? WHERE id = ?", {owner_of(call), ticket_of(call)});
  return data(ticket_of(call));
}

Answer claim_cured(Database& db, const Call& call) {
  if (db.change("UPDATE tickets SET owner = ? WHERE id = ? AND owner IS NULL",
                {owner_of(call), ticket_of(call)}) == 0)
    return error("TAKEN");
  return data(ticket_of(call));
}

Answer claim_refusing(Database& db, const Call& call) {
  const Row ticket = db.one("SELECT * FROM tickets WHERE id = ?", {ticket_of(call)});
  if (!ticket.is_null("owner")) return error("TAKEN");
  if (db.change("UPDATE tickets SET owner = ?, version = version + 1 WHERE id = ? AND version = ?",
                {owner_of(call), ticket_of(call), ticket.integer("version")}) == 0)
    return error("CONFLICT");
  return data(ticket_of(call));
}

Pattern pattern() {
  return {
      .name = "graphql",
      .title = "A ticket has two winners, and every answer is 200, as GraphQL has it",
      .cwe = "CWE-367",
      .window = "from reading that nobody owns it to writing who does",
      .cure = "UPDATE ... WHERE owner IS NULL",
      .refusal =
          "a version as a condition of the UPDATE; an error CONFLICT in the body if it has "
          "moved",
      .schema =
          "CREATE TABLE tickets (id INTEGER PRIMARY KEY, owner TEXT, version INTEGER DEFAULT "
          "1)",
      .routes = {{"POST /tickets", creates("INSERT INTO tickets DEFAULT VALUES")},
                 {"GET /tickets/{id}", reads("SELECT id, owner FROM tickets WHERE id = ?")}},
      .variants = {{"POST /graphql", claim_faulty, claim_cured, claim_refusing}},
  };
}

}  // namespace graphql

}  // namespace

std::vector<Pattern> states() {
  return {cancel_approve::pattern(), cancel_deliver::pattern(), lost_cancel::pattern(),
          cart::pattern(), graphql::pattern()};
}

}  // namespace lab
