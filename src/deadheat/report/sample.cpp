#include "report/sample.h"

#include <fmt/format.h>

#include <cmath>

namespace sample {
namespace {

using record::Comparison;
using record::Finding;
using record::Move;
using record::Part;
using record::Record;

Record base_of(const char* id, const char* name, const char* verdict, int exit_code) {
  Record record;
  record.tool = "deadheat 0.1.0";
  record.run = "20250102-030405-7";
  record.scenario_file = fmt::format("scenarios/{}.yaml", id);
  record.scenario_id = id;
  record.scenario_name = name;
  record.targets = {"http://127.0.0.1:8000"};
  record.seed = 7;
  record.started_at = "2025-01-02T03:04:05Z";
  record.duration_s = 41.3;
  record.verdict = verdict;
  record.exit_code = exit_code;
  return record;
}

Move get(double sent, double answered) {
  return {.request = "GET /api/v1/orders/8/",
          .status = 200,
          .answer = R"({"id":8,"customer_name":"김고객","menu":"떡볶이","status":"pending"})",
          .sent_ms = sent,
          .answered_ms = answered};
}

Move put(const char* say, const char* status, double sent, double released, double answered) {
  return {.request = "PUT /api/v1/orders/8/",
          .say = say,
          .status = 200,
          .answer = fmt::format(
              R"({{"id":8,"customer_name":"김고객","menu":"떡볶이","status":"{}"}})", status),
          .sent_ms = sent,
          .released_ms = released,
          .answered_ms = answered};
}

void learn_orders(Record& record) {
  record.learnt.orders = {
      {.order = "cancel, then accept",
       .runs = 9,
       .answers = {"cancel: 200, 200", "accept: 200, stopped before step 2"},
       .state = R"(order: 200 {"status":"cancelled"})",
       .outcome = "A",
       .explained = 1},
      {.order = "accept, then cancel",
       .runs = 9,
       .answers = {"accept: 200, 200", "cancel: 200, stopped before step 2"},
       .state = R"(order: 200 {"status":"preparing"})",
       .outcome = "B",
       .explained = 0},
  };
  record.learnt.volatile_places = {
      {"state order .id", "slot", "8"},
      {"state order .created_at", "time", "2025-01-02T12:04:05.123456+09:00"},
      {"state order .updated_at", "time", "2025-01-02T12:04:08.201944+09:00"},
  };
  record.learnt.serial_runs = 34;
  record.learnt.latency_ms = {{"accept", 3011.8}, {"cancel", 3012.4}};
}

}  // namespace

Record race() {
  Record record =
      base_of("cancel-vs-accept", "Customer cancels while the restaurant accepts", "race", 1);
  record.sentence =
      "Both were told yes. The order is now preparing, and the cancellation that was confirmed is "
      "gone.";
  learn_orders(record);
  Finding finding;
  finding.kind = "lost update";
  finding.cwe = "CWE-362";
  finding.headline =
      "고객 was told “cancelled” and 사장님 was told “preparing”; the order is preparing now.";
  finding.why =
      "One at a time, whoever comes second finds the order no longer pending and stops. Here both "
      "got a 200 for their change, and only one of the changes is there.";
  finding.cures = {
      "make the change conditional on what was read: UPDATE … WHERE status = 'pending', and answer "
      "409 where no row matched",
      "or hold the row from the read to the write: SELECT … FOR UPDATE in one transaction",
      "or compare a version on write: ETag and If-Match, 412 for the loser"};
  finding.layer = "state";
  finding.rule = "one-winner";
  finding.rule_values = R"([{"ok":true,"script":"cancel"},{"ok":true,"script":"accept"}])";
  finding.attempt = 2;
  finding.proven_at = 2;
  finding.schedule = "together, held at headers before step 2";
  finding.schedule_value = {{"gate", 1}};
  finding.timeline = {
      {.script = "cancel",
       .label = "고객",
       .moves = {get(0, 6.1), put("취소해주세요!", "cancelled", 6.4, 12.0, 3019.3)},
       .result = "ok"},
      {.script = "accept",
       .label = "사장님",
       .moves = {get(0.2, 7.9), put("주문 접수!", "preparing", 8.2, 12.1, 3024.8)},
       .result = "ok"},
  };
  finding.orders = {"cancel, then accept", "accept, then cancel"};
  finding.differences = {
      {"answers of cancel and accept, ok", "both", {"cancel only", "accept only"}, true},
      {"answer of cancel, step 2 .status", "\"cancelled\"", {"\"cancelled\"", "not sent"}, false},
      {"answer of accept, step 2 .status", "\"preparing\"", {"not sent", "\"preparing\""}, false},
      {"state order .status", "\"preparing\"", {"\"cancelled\"", "\"preparing\""}, false},
  };
  finding.closest_order = "accept, then cancel";
  finding.concurrent = record::rate(9, 10);
  finding.serial = record::rate(0, 30);
  finding.schedules = {
      {"together, held at body before step 2", record::rate(5, 5)},
      {"accept 5.5 to 7.0 ms after cancel, held at headers before step 2", record::rate(4, 5)}};
  record.findings = {finding};
  record.tried = {
      .attempts = 10,
      .overlapped = 10,
      .counted = 10,
      .explained = 1,
      .unexplained = 9,
      .controls = 4,
      .spread_p50_us = 42,
      .spread_p99_us = 118,
      .manners = {{"held at body, before step 2", 5}, {"held at headers, before step 2", 5}},
      .lanes = 5};
  return record;
}

Record across() {
  Record record = base_of("seat", "Two guests take the last seat", "race", 1);
  record.sentence = "Two guests hold the last seat: one seat was sold twice.";
  Finding finding;
  finding.kind = "check-then-act across requests";
  finding.cwe = "CWE-367";
  finding.headline = "Ann and Ben were both told “booked”, and there is one seat.";
  finding.why =
      "In every order the second guest reads “0 free” and stops. Here both read “1 free” before "
      "either had booked.";
  finding.cures = {"let the booking itself check: refuse it with 409 when no seat is free"};
  finding.across_requests = true;
  finding.layer = "state";
  finding.attempt = 3;
  finding.proven_at = 4;
  finding.schedule = "ben 0.2 ms after ann, held at headers before step 2";
  for (const auto& [script, label, shift] :
       {std::tuple{"ann", "Ann 🧍", 0.0}, std::tuple{"ben", "Ben 👩‍🚀", 0.04}})
    finding.timeline.push_back(
        {.script = script,
         .label = label,
         .moves = {{.request = "GET /seats/12",
                    .status = 200,
                    .answer = R"({"seat":12,"free":1})",
                    .sent_ms = shift,
                    .answered_ms = 0.21 + shift},
                   {.request = "POST /seats/12/bookings",
                    .status = 201,
                    .answer = fmt::format(R"({{"guest":"{}","booked":true}})", script),
                    .sent_ms = 0.3 + shift,
                    .released_ms = 0.5 + 4 * shift,
                    .answered_ms = 0.83 + 4 * shift}},
         .result = "ok"});
  finding.orders = {"ann, then ben", "ben, then ann"};
  finding.differences = {
      {"state seats .bookings (length)", "2", {"1", "1"}, true},
      {"state seats .free", "-1", {"0", "0"}, true},
      {"state seats .bookings[].guest", R"("ann", "ben")", {"\"ann\"", "\"ben\""}, true},
  };
  finding.closest_order = "ann, then ben";
  finding.concurrent = record::rate(4, 4);
  finding.serial = record::rate(0, 20);
  record.findings = {finding};
  Finding also;
  also.kind = "stale answer";
  also.cwe = "CWE-362";
  also.headline = "Ben was shown a seat map from before his own booking.";
  record.findings.push_back(also);
  record.learnt.orders = {{.order = "ann, then ben",
                           .runs = 12,
                           .answers = {"ann: 200, 201", "ben: 200, stopped before step 2"},
                           .state = R"(seats: 200 {"free":0,"bookings":[{"guest":"ann"}]})",
                           .outcome = "A"},
                          {.order = "ben, then ann",
                           .runs = 12,
                           .answers = {"ben: 200, 201", "ann: 200, stopped before step 2"},
                           .state = R"(seats: 200 {"free":0,"bookings":[{"guest":"ben"}]})",
                           .outcome = "B"}};
  record.learnt.serial_runs = 24;
  record.learnt.latency_ms = {{"ann", 0.52}, {"ben", 0.55}};
  record.learnt.settle_ms = 50;
  record.tried = {.attempts = 4,
                  .overlapped = 4,
                  .counted = 4,
                  .unexplained = 4,
                  .spread_p50_us = 31,
                  .spread_p99_us = 64,
                  .offset_low_ms = -0.55,
                  .offset_high_ms = 0.2,
                  .manners = {{"held at headers, before step 2", 4}}};
  record.duration_s = 3.2;
  return record;
}

Record broken() {
  Record record = base_of("blind-puts", "Two blind changes of one order", "broken", 1);
  record.sentence = "A cancelled order is accepted afterwards, without any race.";
  Finding finding;
  finding.kind = "other";
  finding.cwe = "CWE-841";
  finding.headline =
      "고객 was told “cancelled”; then 사장님 was told “preparing” for the same order.";
  finding.why = "The rule one-winner breaks in the order “cancel, then accept”.";
  finding.cures = {
      "check the change against the current status, and answer 409 where it is not "
      "allowed"};
  finding.layer = "rule";
  finding.rule = "one-winner";
  finding.rule_values = "cancel.ok = true, accept.ok = true";
  finding.timeline = {
      {.script = "cancel",
       .label = "고객",
       .moves = {put("취소해주세요!", "cancelled", 0, -1, 3010.9)},
       .result = "ok"},
      {.script = "accept",
       .label = "사장님",
       .moves = {put("주문 접수!", "preparing", 3011.6, -1, 6023.0)},
       .result = "ok"},
  };
  finding.serial = record::rate(4, 4);
  record.findings = {finding};
  record.learnt.orders = {{.order = "cancel, then accept",
                           .runs = 2,
                           .answers = {"cancel: 200", "accept: 200"},
                           .state = R"(order: 200 {"status":"preparing"})",
                           .outcome = "A"},
                          {.order = "accept, then cancel",
                           .runs = 2,
                           .answers = {"accept: 200", "cancel: 200"},
                           .state = R"(order: 200 {"status":"cancelled"})",
                           .outcome = "B"}};
  record.learnt.serial_runs = 4;
  record.learnt.latency_ms = {{"accept", 3011.2}, {"cancel", 3010.9}};
  record.duration_s = 12.4;
  return record;
}

Record inconclusive() {
  Record record = base_of("wallet", "Two withdrawals from one wallet", "inconclusive", 3);
  record.sentence =
      "The same order of requests did not come to the same outcome twice, so nothing can be "
      "compared with it.";
  record.reasons = {
      "“rent, then food” left another state in its second run: .after.wallet.body.quote.status was "
      "\"fresh\", then \"stale\"",
      "the state also changes while nobody asks anything"};
  record.next_steps = {
      "mask what changes by itself, if it does not matter to you: the block below is ready to "
      "paste",
      "or make the reset restore it"};
  record.mask = "mask:\n  - .after.wallet.body.quote.status\n  - .after.wallet.body.quote.asked\n";
  record.learnt.orders = {{.order = "rent, then food",
                           .runs = 2,
                           .answers = {"rent: 200", "food: 200"},
                           .state = R"(wallet: 200 {"balance":10,"quote":{"status":"fresh"}})"},
                          {.order = "food, then rent",
                           .runs = 2,
                           .answers = {"food: 200", "rent: 200"},
                           .state = R"(wallet: 200 {"balance":10,"quote":{"status":"fresh"}})"}};
  for (int i = 0; i < 11; ++i)
    record.learnt.volatile_places.push_back(
        {fmt::format("state wallet .entries[{}].id", i), "slot", fmt::format("e-{}", 4711 + i)});
  record.learnt.serial_runs = 4;
  record.learnt.remarks = {"works on one thing at a time: 20 of 20 pairs took the sum of both"};
  record.notes = {"wallet is 200 even before the reset has made it"};
  record.duration_s = 5.9;
  return record;
}

Record clean() {
  Record record =
      base_of("cancel-vs-accept-v2", "Customer cancels while the restaurant accepts", "clean", 0);
  record.sentence = "Whoever came second was refused, in every attempt. No race was found.";
  learn_orders(record);
  record.learnt.orders[0].explained = 96;
  record.learnt.orders[1].explained = 104;
  record.learnt.latency_ms = {{"accept", 4.1}, {"cancel", 4.3}};
  record.tried = {.attempts = 200,
                  .overlapped = 196,
                  .counted = 188,
                  .explained = 200,
                  .everyone_refused = 2,
                  .controls = 20,
                  .spread_p50_us = 38,
                  .spread_p99_us = 201,
                  .offset_low_ms = -4.3,
                  .offset_high_ms = 4.3,
                  .manners = {{"held at body, before step 2", 60},
                              {"held at headers, before step 2", 100},
                              {"threads, before step 1", 40}},
                  .refusals = {{"accept", 409, 91, true},
                               {"cancel", 409, 97, true},
                               {"cancel", 400, 2, false},
                               {"cancel", 0, 1, true}},
                  .upper_bound = 1 - std::pow(0.05, 1.0 / 188),
                  .lanes = 20,
                  .sinks = {{.sink = "payments", .calls = 1}, {.sink = "mail", .calls = 412}},
                  .sensitivity = {{1000, 5, 5, 1, record::rate(70, 100)},
                                  {100, 5, 2, 0, record::rate(2, 100)}}};
  record.notes = {
      "latency is below 5 ms: whether the target works on one thing at a time cannot be told"};
  return record;
}

Record coupon() {
  Record record = base_of("coupon", "Twenty guests redeem a coupon for five", "race", 1);
  record.sentence = "The coupon was good for 5 uses and was redeemed 8 times.";
  Finding finding;
  finding.kind = "limit exceeded";
  finding.cwe = "CWE-367";
  finding.headline = "8 guests were told “redeemed”; in every order 5 are, and 15 are refused.";
  finding.why = "Each of the 8 was counted against the same number of uses left.";
  finding.cures = {"count and take in one statement: UPDATE … SET left = left - 1 WHERE left > 0",
                   "or lock the coupon's row before reading how many are left"};
  finding.layer = "state";
  finding.attempt = 1;
  finding.proven_at = 2;
  finding.schedule = "together, held at headers before step 1";
  for (int i = 0; i < 20; ++i) {
    const bool redeemed = i % 5 < 2;
    Move move{.request = "POST /coupons/WELCOME/redeem",
              .status = redeemed ? 200 : 409,
              .answer = redeemed ? R"({"redeemed":true,"left":0})" : R"({"detail":"used up"})",
              .sent_ms = 0.02 * i,
              .released_ms = 2.5,
              .answered_ms = 9 + (redeemed ? 1.3 : 2.9) + 0.7 * (i % 7)};
    if (i == 17) {
      move.status = 0;
      move.answer = "";
      move.error = "connection closed";
    }
    finding.timeline.push_back({.script = fmt::format("redeem[{}]", i),
                                .label = fmt::format("guest {}", i),
                                .moves = {move},
                                .result = i == 17    ? "no answer"
                                          : redeemed ? "ok"
                                                     : "refused"});
  }
  for (int i = 0; i < 6; ++i) finding.orders.push_back(fmt::format("redeem ×20, rotation {}", i));
  finding.differences = {
      {"answers of redeem, how many ok", "8", std::vector<std::string>(6, "5"), true},
      {"state coupon .left", "-3", std::vector<std::string>(6, "0"), true},
      {"state coupon .last_used_by", "\"guest 16\"", std::vector<std::string>(6, "any text"),
       false},
  };
  finding.closest_order = "redeem ×20, rotation 0";
  finding.concurrent = record::rate(2, 2);
  finding.serial = record::rate(0, 20);
  finding.schedules = {{"together, held at headers", record::rate(2, 2)}};
  finding.fewest = {.scripts = 6,
                    .of = 20,
                    .group = "6 redeem",
                    .concurrent = record::rate(4, 4),
                    .serial = record::rate(0, 20),
                    .quiet = {"2 redeem", "5 redeem"},
                    .cut_short = true};
  record.findings = {finding};
  record.learnt.orders = {{.order = "redeem ×20",
                           .runs = 22,
                           .answers = {"redeem: 200 ×5, 409 ×15"},
                           .state = R"(coupon: 200 {"left":0})",
                           .outcome = "A"}};
  record.learnt.serial_runs = 22;
  record.learnt.latency_ms = {{"redeem", 1.4}};
  record.tried = {.attempts = 2,
                  .overlapped = 2,
                  .counted = 2,
                  .unexplained = 2,
                  .spread_p50_us = 88,
                  .spread_p99_us = 91,
                  .manners = {{"held at headers, before step 1", 2}}};
  record.duration_s = 1.8;
  return record;
}

std::vector<std::pair<const char*, Record>> all() {
  return {{"race", race()},     {"across", across()},
          {"broken", broken()}, {"inconclusive", inconclusive()},
          {"clean", clean()},   {"coupon", coupon()}};
}

}  // namespace sample
