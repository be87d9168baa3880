// Sums that do not add up: a balance is read, judged, and written.
#include "patterns.h"

namespace lab {
namespace {

constexpr auto no_money = "not enough money";

namespace gift_card {

Answer spend_faulty(Database& db, const Call& call) {
  const Row card = db.one("SELECT * FROM cards WHERE id = ?", {call.id()});
  if (card.integer("balance") < call.integer("amount")) return refuse(402, no_money);
  db.change("UPDATE cards SET balance = balance - ? WHERE id = ?",
            {call.integer("amount"), call.id()});
  return ok({{"paid", call.integer("amount")}});
}

Answer spend_cured(Database& db, const Call& call) {
  const auto spent =
      db.change("UPDATE cards SET balance = balance - ?2 WHERE id = ?1 AND balance >= ?2",
                {call.id(), call.integer("amount")});
  return spent == 0 ? refuse(402, no_money) : ok({{"paid", call.integer("amount")}});
}

Answer spend_refusing(Database& db, const Call& call) {
  const Row card = db.one("SELECT * FROM cards WHERE id = ?", {call.id()});
  if (card.integer("balance") < call.integer("amount")) return refuse(402, no_money);
  const auto spent =
      db.change("UPDATE cards SET balance = balance - ? WHERE id = ? AND balance = ?",
                {call.integer("amount"), call.id(), card.integer("balance")});
  return spent == 0 ? refuse(409, "the card is in use") : ok({{"paid", call.integer("amount")}});
}

Pattern pattern() {
  return {
      .name = "gift-card",
      .title = "A gift card is overspent",
      .cwe = "CWE-367",
      .window = "from comparing the balance to taking from it",
      .cure = "one UPDATE with the comparison in its WHERE",
      .refusal = "the UPDATE names the balance that was read; 409 if it has moved",
      .schema = "CREATE TABLE cards (id INTEGER PRIMARY KEY, balance INTEGER)",
      .routes = {{"POST /cards", creates("INSERT INTO cards (balance) VALUES (?)", {"balance"})},
                 {"GET /cards/{id}", reads("SELECT * FROM cards WHERE id = ?")}},
      .variants = {{"POST /cards/{id}/spend", spend_faulty, spend_cured, spend_refusing}},
  };
}

}  // namespace gift_card

namespace transfer {

constexpr auto balance_of = "SELECT balance, version FROM cards WHERE id = ?";

/// Both cards are read, and written back as the program has computed them.
Answer move_faulty(Database& db, const Call& call) {
  const auto from = db.one(balance_of, {call.integer("from")}).integer("balance");
  const auto to = db.one(balance_of, {call.integer("to")}).integer("balance");
  if (from < call.integer("amount")) return refuse(402, no_money);
  db.change("UPDATE cards SET balance = ? WHERE id = ?",
            {from - call.integer("amount"), call.integer("from")});
  db.change("UPDATE cards SET balance = ? WHERE id = ?",
            {to + call.integer("amount"), call.integer("to")});
  return ok({{"moved", call.integer("amount")}});
}

Answer move_cured(Database& db, const Call& call) {
  Transaction transaction(db);
  const auto taken =
      db.change("UPDATE cards SET balance = balance - ?2 WHERE id = ?1 AND balance >= ?2",
                {call.integer("from"), call.integer("amount")});
  if (taken == 0) return refuse(402, no_money);
  db.change("UPDATE cards SET balance = balance + ? WHERE id = ?",
            {call.integer("amount"), call.integer("to")});
  transaction.commit();
  return ok({{"moved", call.integer("amount")}});
}

Answer move_refusing(Database& db, const Call& call) {
  const Row from = db.one(balance_of, {call.integer("from")});
  const Row to = db.one(balance_of, {call.integer("to")});
  if (from.integer("balance") < call.integer("amount")) return refuse(402, no_money);
  constexpr auto write =
      "UPDATE cards SET balance = ?, version = version + 1 WHERE id = ? AND version = ?";
  Transaction transaction(db);
  if (db.change(write, {from.integer("balance") - call.integer("amount"), call.integer("from"),
                        from.integer("version")}) == 0 ||
      db.change(write, {to.integer("balance") + call.integer("amount"), call.integer("to"),
                        to.integer("version")}) == 0)
    return refuse(409, "a card has changed, try again");
  transaction.commit();
  return ok({{"moved", call.integer("amount")}});
}

Pattern pattern() {
  return {
      .name = "transfer",
      .title = "A transfer between two cards makes or loses money",
      .cwe = "CWE-362",
      .window = "from reading both balances to writing both",
      .cure = "the database adds and subtracts, in one transaction, and only from enough",
      .refusal = "a version on each card; 409 if either has moved on",
      .schema =
          "CREATE TABLE cards (id INTEGER PRIMARY KEY, balance INTEGER, version INTEGER "
          "DEFAULT 1)",
      .routes = {{"POST /cards", creates("INSERT INTO cards (balance) VALUES (?)", {"balance"})},
                 {"GET /cards/{id}", reads("SELECT id, balance FROM cards WHERE id = ?")}},
      .variants = {{"POST /transfers", move_faulty, move_cured, move_refusing}},
  };
}

}  // namespace transfer

namespace withdrawal {

Answer withdraw(Database& db, const Call& call) {
  const Row account = db.one("SELECT * FROM accounts WHERE id = ?", {call.id()});
  const auto left = account.integer("balance") - call.integer("amount");
  if (left < 0) return refuse(402, no_money);
  db.insert("INSERT INTO ledger (account_id, amount) VALUES (?, ?)",
            {call.id(), -call.integer("amount")});
  db.change("UPDATE accounts SET balance = ? WHERE id = ?", {left, call.id()});
  return ok({{"balance", left}});
}

Answer withdraw_cured(Database& db, const Call& call) {
  Transaction transaction(db);
  const Answer answer = withdraw(db, call);
  transaction.commit();
  return answer;
}

Answer withdraw_refusing(Database& db, const Call& call) {
  if (db.change("UPDATE accounts SET busy = 1 WHERE id = ? AND busy = 0", {call.id()}) == 0)
    return refuse(423, "the account is in use");
  const Answer answer = withdraw(db, call);
  db.change("UPDATE accounts SET busy = 0 WHERE id = ?", {call.id()});
  return answer;
}

Pattern pattern() {
  return {
      .name = "withdrawal",
      .title = "The same money is withdrawn twice",
      .cwe = "CWE-367",
      .window = "from reading the balance, past the entry in the ledger, to writing what is left",
      .cure = "the same statements inside of BEGIN IMMEDIATE",
      .refusal = "a flag on the account, set and cleared around them; 423 while it is set",
      .schema =
          "CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER, busy INTEGER "
          "DEFAULT 0);"
          "CREATE TABLE ledger (id INTEGER PRIMARY KEY, account_id INTEGER, amount INTEGER)",
      .routes = {{"POST /accounts",
                  creates("INSERT INTO accounts (balance) VALUES (?)", {"balance"})},
                 {"GET /accounts/{id}", reads("SELECT id, balance FROM accounts WHERE id = ?")}},
      .variants = {{"POST /accounts/{id}/withdraw", withdraw, withdraw_cured, withdraw_refusing}},
  };
}

}  // namespace withdrawal

namespace load_before_lock {

struct Account {
  std::int64_t id;
  std::int64_t balance;
};

Account load(Database& db, std::int64_t id) {
  const Row row = db.one("SELECT * FROM accounts WHERE id = ?", {id});
  return {.id = id, .balance = row.integer("balance")};
}

Answer withdraw(Database& db, const Account& account, std::int64_t amount) {
  if (account.balance < amount) return refuse(402, no_money);
  db.change("UPDATE accounts SET balance = ? WHERE id = ?", {account.balance - amount, account.id});
  return ok({{"withdrawn", amount}});
}

Answer withdraw_faulty(Database& db, const Call& call) {
  const Account account = load(db, call.id());  // what a framework hands to the view
  Transaction transaction(db);                  // the lock comes too late
  const Answer answer = withdraw(db, account, call.integer("amount"));
  transaction.commit();
  return answer;
}

Answer withdraw_cured(Database& db, const Call& call) {
  Transaction transaction(db);
  const Answer answer = withdraw(db, load(db, call.id()), call.integer("amount"));
  transaction.commit();
  return answer;
}

Answer withdraw_refusing(Database& db, const Call& call) {
  try {
    Transaction transaction(db, Begin::deferred);
    const Answer answer = withdraw(db, load(db, call.id()), call.integer("amount"));
    transaction.commit();
    return answer;
  } catch (const Busy&) {
    return refuse(503, "the database is busy, try again");
  }
}

Pattern pattern() {
  return {
      .name = "load-before-lock",
      .title = "The account is loaded before it is locked",
      .cwe = "CWE-367",
      .window = "from loading the account to having the lock",
      .cure = "the account is loaded when the lock is there",
      .refusal =
          "read and written in a deferred transaction; SQLite says busy to who read too "
          "early, and the API 503",
      .schema = "CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER)",
      .routes = {{"POST /accounts",
                  creates("INSERT INTO accounts (balance) VALUES (?)", {"balance"})},
                 {"GET /accounts/{id}", reads("SELECT * FROM accounts WHERE id = ?")}},
      .variants = {{"POST /accounts/{id}/withdraw", withdraw_faulty, withdraw_cured,
                    withdraw_refusing}},
  };
}

}  // namespace load_before_lock

namespace refund {

Answer refund_faulty(Database& db, const Call& call) {
  const Row payment = db.one("SELECT * FROM payments WHERE id = ?", {call.id()});
  if (payment.text("status") != "paid") return refuse(409, "there is nothing to pay back");
  db.insert("INSERT INTO refunds (payment_id, amount) VALUES (?, ?)",
            {call.id(), payment.integer("amount")});
  db.change("UPDATE payments SET status = 'refunded' WHERE id = ?", {call.id()});
  return ok({{"refunded", payment.integer("amount")}});
}

Answer refund_cured(Database& db, const Call& call) {
  Transaction transaction(db);
  const auto payment = db.find(
      "UPDATE payments SET status = 'refunded' WHERE id = ? AND status = 'paid' RETURNING amount",
      {call.id()});
  if (!payment) return refuse(409, "there is nothing to pay back");
  db.insert("INSERT INTO refunds (payment_id, amount) VALUES (?, ?)",
            {call.id(), payment->integer("amount")});
  transaction.commit();
  return ok({{"refunded", payment->integer("amount")}});
}

Answer refund_refusing(Database& db, const Call& call) {
  try {
    return refund_faulty(db, call);
  } catch (const UniqueViolation&) {
    return refuse(422, "a refund is on its way");
  }
}

Pattern pattern() {
  return {
      .name = "refund",
      .title = "A payment is refunded twice",
      .cwe = "CWE-841",
      .window = "from reading that it is paid, past the insert of the refund, to marking it",
      .cure = "UPDATE ... WHERE status = 'paid', in one transaction with the refund",
      .refusal = "one refund for a payment, by a unique index; its violation is answered with 422",
      .schema =
          "CREATE TABLE payments (id INTEGER PRIMARY KEY, amount INTEGER, status TEXT DEFAULT "
          "'paid');"
          "CREATE TABLE refunds (id INTEGER PRIMARY KEY, payment_id INTEGER, amount INTEGER);"
          "CREATE INDEX refunds_of_payment ON refunds (payment_id)",
      .constraint = "CREATE UNIQUE INDEX one_refund ON refunds (payment_id)",
      .routes = {{"POST /payments",
                  creates("INSERT INTO payments (amount) VALUES (?)", {"amount"})},
                 {"GET /payments/{id}", reads("SELECT * FROM payments WHERE id = ?")},
                 {"GET /payments/{id}/refunds",
                  lists("SELECT amount FROM refunds WHERE payment_id = ?")}},
      .variants = {{"POST /payments/{id}/refund", refund_faulty, refund_cured, refund_refusing}},
  };
}

}  // namespace refund

namespace write_skew {

// A household may overdraw one of its accounts, as long as all of them together are not in debt.
constexpr auto sum_of = "SELECT sum(balance) AS sum FROM accounts WHERE household_id = ?";

Answer withdraw(Database& db, const Call& call) {
  if (db.one(sum_of, {call.id()}).integer("sum") < call.integer("amount"))
    return refuse(402, no_money);
  db.change("UPDATE accounts SET balance = balance - ? WHERE household_id = ? AND name = ?",
            {call.integer("amount"), call.id(), call.parameter(1)});
  return ok({{"withdrawn", call.integer("amount")}});
}

Answer withdraw_cured(Database& db, const Call& call) {
  Transaction transaction(db);
  const Answer answer = withdraw(db, call);
  transaction.commit();
  return answer;
}

Answer withdraw_refusing(Database& db, const Call& call) {
  const Row household = db.one("SELECT * FROM households WHERE id = ?", {call.id()});
  if (db.one(sum_of, {call.id()}).integer("sum") < call.integer("amount"))
    return refuse(402, no_money);
  Transaction transaction(db);
  if (db.change("UPDATE households SET version = version + 1 WHERE id = ? AND version = ?",
                {call.id(), household.integer("version")}) == 0)
    return refuse(409, "another account has changed, try again");
  db.change("UPDATE accounts SET balance = balance - ? WHERE household_id = ? AND name = ?",
            {call.integer("amount"), call.id(), call.parameter(1)});
  transaction.commit();
  return ok({{"withdrawn", call.integer("amount")}});
}

Answer create(Database& db, const Call& call) {
  Transaction transaction(db);
  const auto id = db.insert("INSERT INTO households DEFAULT VALUES");
  for (const auto* name : {"hers", "his"})
    db.insert("INSERT INTO accounts (household_id, name, balance) VALUES (?, ?, ?)",
              {id, name, call.integer("balance")});
  transaction.commit();
  return created(id);
}

Pattern pattern() {
  return {
      .name = "write-skew",
      .title = "A rule over two rows is broken by two writes, each to a row of its own",
      .cwe = "CWE-362",
      .window = "from summing up both accounts to taking from one",
      .cure = "the same two statements inside of BEGIN IMMEDIATE",
      .refusal = "the conflict is made a row: a version of the household; 409 if it has moved",
      .schema =
          "CREATE TABLE households (id INTEGER PRIMARY KEY, version INTEGER DEFAULT 1);"
          "CREATE TABLE accounts (household_id INTEGER, name TEXT, balance INTEGER, "
          "PRIMARY KEY (household_id, name))",
      .routes = {{"POST /households", create},
                 {"GET /households/{id}/accounts",
                  lists("SELECT name, balance FROM accounts WHERE household_id = ?")}},
      .variants = {{"POST /households/{id}/accounts/{name}/withdraw", withdraw, withdraw_cured,
                    withdraw_refusing}},
  };
}

}  // namespace write_skew

}  // namespace

std::vector<Pattern> money() {
  return {gift_card::pattern(),        transfer::pattern(), withdrawal::pattern(),
          load_before_lock::pattern(), refund::pattern(),   write_skew::pattern()};
}

}  // namespace lab
