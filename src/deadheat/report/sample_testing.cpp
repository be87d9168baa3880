#include "report/sample_testing.h"

#include <fmt/format.h>

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cmath>
#include <map>
#include <type_traits>

namespace sample {
namespace {

using record::Finding;
using record::Move;
using record::Record;

using record::Cure;
using record::Kind;
using record::Order;
using record::Place;
using record::Schedule;
using record::Value;
using record::Verdict;
using Result = record::Part::Result;

Record base_of(const char* id, const char* name, Verdict verdict) {
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
  record.exit_code = static_cast<int>(exit_of(verdict, record::Ending::none));
  return record;
}

/// Two scripts that race.
void between(Record& record, const char* first, const char* second, int steps) {
  record.entries = {first, second};
  record.scripts = {{.name = first, .steps = steps, .source = {12, 3}},
                    {.name = second, .steps = steps, .source = {20, 3}}};
}

Order order(const std::vector<std::string>& scripts) {
  Order order;
  for (const std::string& script : scripts) order.turns.push_back({.script = script});
  return order;
}
Order copies(const char* script, int times) { return {{{.script = script, .times = times}}}; }

Value json_of(const std::string& text) { return {.is = Value::Is::json, .text = text}; }
Value nothing() { return {.is = Value::Is::nothing}; }
Value statuses(const std::string& text) { return {.is = Value::Is::statuses, .text = text}; }

Place state(const char* read, const char* pointer) {
  return {Place::In::state, read, 0, Place::Part::body, pointer};
}
Place answer(const char* script, int step, const char* pointer) {
  return {Place::In::answer, script, step, Place::Part::body, pointer};
}
Place statuses_of(const char* script) {
  return {Place::In::answer, script, 0, Place::Part::statuses, ""};
}

Schedule held(Schedule::Hold hold, int gate, std::vector<std::int64_t> offsets_ns) {
  Schedule schedule{.hold = hold, .gate = gate, .offsets_ns = std::move(offsets_ns)};
  for (std::size_t i = 0; i < schedule.offsets_ns.size(); ++i)
    schedule.sequence.push_back(static_cast<int>(i));
  return schedule;
}

record::Told told(const char* script, std::vector<int> statuses, bool stopped = false,
                  int times = 1) {
  return {.script = script, .times = times, .statuses = std::move(statuses), .stopped = stopped};
}
record::Read read_as(const char* name, const char* body) {
  return {.name = name, .status = 200, .body = body};
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
      {.order = order({"cancel", "accept"}),
       .runs = 9,
       .answers = {told("cancel", {200, 200}), told("accept", {200}, true)},
       .state = {read_as("order", R"({"status":"cancelled"})")},
       .outcome = 0,
       .explained = 1},
      {.order = order({"accept", "cancel"}),
       .runs = 9,
       .answers = {told("accept", {200, 200}), told("cancel", {200}, true)},
       .state = {read_as("order", R"({"status":"preparing"})")},
       .outcome = 1,
       .explained = 0},
  };
  using Is = record::Volatile::Is;
  record.learnt.volatile_places = {
      {state("order", "/id"), Is::slot, "8"},
      {state("order", "/created_at"), Is::time, "2025-01-02T12:04:05.123456+09:00"},
      {state("order", "/updated_at"), Is::time, "2025-01-02T12:04:08.201944+09:00"},
  };
  record.learnt.serial_runs = 34;
  record.learnt.latency_ms = {{"accept", 3011.8}, {"cancel", 3012.4}};
}

record::Manner manner(Schedule::Hold hold, int before_step, int attempts) {
  return {.hold = hold, .before_step = before_step, .attempts = attempts};
}

}  // namespace

Record race() {
  Record record =
      base_of("cancel-vs-accept", "Customer cancels while the restaurant accepts", Verdict::race);
  between(record, "cancel", "accept", 2);
  learn_orders(record);
  Finding finding;
  finding.kind = Kind::check_then_act_across_requests;
  finding.cwe = "CWE-367";
  finding.why = {.is = record::Why::Is::more_succeeded, .seen = 2, .allowed = 1};
  finding.cures = {Cure::send_version, Cure::check_again_on_write};
  finding.across_requests = true;
  finding.layer = record::Layer::state;
  finding.rule = {.name = "one-winner",
                  .values = R"([{"ok":true,"script":"cancel"},{"ok":true,"script":"accept"}])"};
  finding.attempt = 2;
  finding.proven_at = 2;
  finding.schedule = held(Schedule::Hold::headers, 1, {0, 0});
  finding.timeline = {
      {.script = "cancel",
       .label = "고객",
       .moves = {get(0, 6.1), put("취소해주세요!", "cancelled", 6.4, 12.0, 3019.3)},
       .result = Result::ok},
      {.script = "accept",
       .label = "사장님",
       .moves = {get(0.2, 7.9), put("주문 접수!", "preparing", 8.2, 12.1, 3024.8)},
       .result = Result::ok},
  };
  finding.orders = {order({"accept", "cancel"}), order({"cancel", "accept"})};
  finding.differences = {
      {statuses_of("cancel"), statuses("200, 200"), {statuses("200, -"), statuses("200, 200")}},
      {statuses_of("accept"), statuses("200, 200"), {statuses("200, 200"), statuses("200, -")}},
      {answer("cancel", 2, "/status"),
       json_of("\"cancelled\""),
       {nothing(), json_of("\"cancelled\"")}},
      {answer("accept", 2, "/status"),
       json_of("\"preparing\""),
       {json_of("\"preparing\""), nothing()}},
      {state("order", "/status"),
       json_of("\"preparing\""),
       {json_of("\"preparing\""), json_of("\"cancelled\"")}},
  };
  finding.concurrent = record::rate(9, 10);
  finding.serial = record::rate(0, 30);
  finding.schedules = {{.least = held(Schedule::Hold::body, 1, {0, 0}),
                        .most = held(Schedule::Hold::body, 1, {0, 0}),
                        .rate = record::rate(5, 5)},
                       {.least = held(Schedule::Hold::headers, 1, {0, 5'500'000}),
                        .most = held(Schedule::Hold::headers, 1, {0, 7'000'000}),
                        .rate = record::rate(4, 5)}};
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
      .manners = {manner(Schedule::Hold::body, 2, 5), manner(Schedule::Hold::headers, 2, 5)},
      .lanes = 5};
  return record;
}

Record across() {
  Record record = base_of("seat", "Two guests take the last seat", Verdict::race);
  between(record, "ann", "ben", 2);
  Finding finding;
  finding.kind = Kind::check_then_act;
  finding.cwe = "CWE-367";
  finding.why = {.is = record::Why::Is::nothing_fits};
  finding.cures = {Cure::check_and_write_in_one, Cure::hold_row};
  finding.layer = record::Layer::state;
  finding.attempt = 3;
  finding.proven_at = 4;
  finding.schedule = held(Schedule::Hold::headers, 1, {0, 200'000});
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
         .result = Result::ok});
  finding.orders = {order({"ann", "ben"}), order({"ben", "ann"})};
  const Value one{.is = Value::Is::elements, .count = 1};
  finding.differences = {
      {statuses_of("ben"), statuses("200, 201"), {statuses("200, -"), statuses("200, 201")}},
      {state("seats", "/bookings"), {.is = Value::Is::bag, .count = 2}, {one, one}, true},
      {state("seats", "/free"),
       {.is = Value::Is::json, .text = "-1", .moved = -2},
       {{.is = Value::Is::json, .text = "0", .moved = -1},
        {.is = Value::Is::json, .text = "0", .moved = -1}},
       true},
      {state("seats", "/bookings/-/guest"),
       json_of("\"ben\""),
       {json_of("\"ann\""), json_of("\"ben\"")}},
  };
  finding.calls = {{"mail", "POST /send", R"({"to":"ann"})", 0.9},
                   {"mail", "POST /send", R"({"to":"ben"})", 1.1}};
  finding.concurrent = record::rate(4, 4);
  finding.serial = record::rate(0, 20);
  finding.window = {.known = true,
                    .before_step = 2,
                    .low_ms = -0.4,
                    .high_ms = 0.2,
                    .inside = record::rate(4, 4),
                    .outside = record::rate(0, 6)};
  record.findings = {finding};
  Finding also;
  also.kind = Kind::stale_answer;
  also.cwe = "CWE-362";
  also.why = {.is = record::Why::Is::told_otherwise};
  also.layer = record::Layer::body;
  also.timeline = finding.timeline;
  also.timeline[1].moves.pop_back();
  also.timeline[1].result = Result::stopped;
  also.timeline[1].stopped_before = 2;
  record.findings.push_back(also);
  record.learnt.orders = {{.order = order({"ann", "ben"}),
                           .runs = 12,
                           .answers = {told("ann", {200, 201}), told("ben", {200}, true)},
                           .state = {read_as("seats", R"({"free":0,"bookings":[{"guest":"ann"}]})"),
                                     {.name = "mail", .of_sink = true, .calls = 1}},
                           .outcome = 0},
                          {.order = order({"ben", "ann"}),
                           .runs = 12,
                           .answers = {told("ben", {200, 201}), told("ann", {200}, true)},
                           .state = {read_as("seats", R"({"free":0,"bookings":[{"guest":"ben"}]})"),
                                     {.name = "mail", .of_sink = true, .calls = 1}},
                           .outcome = 1}};
  record.learnt.serial_runs = 24;
  record.learnt.latency_ms = {{"ann", 0.52}, {"ben", 0.55}};
  record.learnt.settle_ms = 50;
  record.learnt.remarks = {{record::RemarkCode::speaks_http2, {}}};
  record.tried = {.attempts = 4,
                  .overlapped = 4,
                  .counted = 4,
                  .unexplained = 4,
                  .spread_p50_us = 31,
                  .spread_p99_us = 64,
                  .offset_low_ms = -0.55,
                  .offset_high_ms = 0.2,
                  .manners = {manner(Schedule::Hold::headers, 2, 4)}};
  record.duration_s = 3.2;
  return record;
}

Record broken() {
  Record record = base_of("blind-puts", "Two blind changes of one order", Verdict::broken);
  between(record, "cancel", "accept", 1);
  Finding finding;
  finding.kind = Kind::missing_check;
  finding.cwe = "CWE-840";
  finding.why = {.is = record::Why::Is::broke_serially};
  finding.cures = {Cure::check_on_server};
  finding.layer = record::Layer::rule;
  finding.rule = {.name = "one-winner",
                  .values = R"([{"ok":true,"script":"cancel"},{"ok":true,"script":"accept"}])"};
  finding.orders = {order({"cancel", "accept"})};
  finding.timeline = {
      {.script = "cancel",
       .label = "고객",
       .moves = {put("취소해주세요!", "cancelled", 0, -1, 3010.9)},
       .result = Result::ok},
      {.script = "accept",
       .label = "사장님",
       .moves = {put("주문 접수!", "preparing", 3011.6, -1, 6023.0)},
       .result = Result::ok},
  };
  finding.serial = record::rate(4, 4);
  record.findings = {finding};
  record.learnt.orders = {{.order = order({"cancel", "accept"}),
                           .runs = 2,
                           .answers = {told("cancel", {200}), told("accept", {200})},
                           .state = {read_as("order", R"({"status":"preparing"})")},
                           .outcome = 0},
                          {.order = order({"accept", "cancel"}),
                           .runs = 2,
                           .answers = {told("accept", {200}), told("cancel", {200})},
                           .state = {read_as("order", R"({"status":"cancelled"})")},
                           .outcome = 1}};
  record.learnt.serial_runs = 4;
  record.learnt.latency_ms = {{"accept", 3011.2}, {"cancel", 3010.9}};
  record.next_steps = {{record::StepCode::fix_server_or_rule, {}}};
  record.duration_s = 12.4;
  return record;
}

Record inconclusive() {
  Record record = base_of("wallet", "Two withdrawals from one wallet", Verdict::inconclusive);
  between(record, "rent", "food", 1);
  const auto seen = [](const char* text, int runs) {
    return json::object{{"value", to_json(json_of(text))}, {"runs", runs}};
  };
  record.reasons = {
      {record::ReasonCode::runs_differ,
       {{"place", to_json(state("wallet", "/quote/status"))},
        {"order", to_json(order({"rent", "food"}))},
        {"values", {seen("\"fresh\"", 3), seen("\"stale\"", 1)}},
        {"more", 0}}},
      {record::ReasonCode::resets_differ,
       {{"place", to_json(state("wallet", "/quote/asked"))},
        {"values", {seen("1", 1), seen("2", 1), seen("3", 1), seen("4", 1), seen("5", 1)}},
        {"more", 3}}},
      {record::ReasonCode::more_places_differ, {{"places", 1}}}};
  record.next_steps = {{record::StepCode::mask_what_differs, {}},
                       {record::StepCode::make_fresh_resource, {}}};
  record.mask = {".after.wallet.body.quote.status", ".after.wallet.body.quote.asked"};
  record.learnt.orders = {
      {.order = order({"rent", "food"}),
       .runs = 2,
       .answers = {told("rent", {200}), told("food", {200})},
       .state = {read_as("wallet", R"({"balance":10,"quote":{"status":"fresh"}})")}},
      {.order = order({"food", "rent"}),
       .runs = 2,
       .answers = {told("food", {200}), told("rent", {200})},
       .state = {read_as("wallet", R"({"balance":10,"quote":{"status":"fresh"}})")}}};
  for (int i = 0; i < 11; ++i)
    record.learnt.volatile_places.push_back(
        {state("wallet", fmt::format("/entries/{}/id", i).c_str()), record::Volatile::Is::slot,
         fmt::format("e-{}", 4711 + i)});
  record.learnt.serial_runs = 4;
  record.learnt.remarks = {{record::RemarkCode::observes_no_state, {}}};
  record.notes = {{record::RemarkCode::indeterminate, {{"attempts", 1}}}};
  record.duration_s = 5.9;
  return record;
}

Record clean() {
  Record record = base_of("cancel-vs-accept-v2", "Customer cancels while the restaurant accepts",
                          Verdict::clean);
  between(record, "cancel", "accept", 2);
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
                  .manners = {manner(Schedule::Hold::body, 2, 60),
                              manner(Schedule::Hold::headers, 2, 100),
                              {.sync = Schedule::Sync::threads, .before_step = 1, .attempts = 40}},
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
      {record::RemarkCode::odd_refusal, {{"script", "cancel"}, {"status", 400}, {"times", 2}}},
      {record::RemarkCode::overlap_untellable, {{"first_ms", 4.12}, {"second_ms", 0.3}}}};
  return record;
}

Record coupon() {
  Record record = base_of("coupon", "Twenty guests redeem a coupon for five", Verdict::race);
  for (int i = 0; i < 20; ++i) record.entries.push_back(fmt::format("redeem[{}]", i));
  record.scripts = {{.name = "redeem", .steps = 1, .source = {9, 3}}};
  Finding finding;
  finding.kind = Kind::limit_exceeded;
  finding.cwe = "CWE-799";
  finding.why = {.is = record::Why::Is::more_succeeded, .seen = 8, .allowed = 5};
  finding.cures = {Cure::count_in_write, Cure::hold_limit_row};
  finding.layer = record::Layer::state;
  finding.attempt = 1;
  finding.proven_at = 2;
  finding.schedule = held(Schedule::Hold::headers, 0, std::vector<std::int64_t>(20, 0));
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
                                .result = i == 17    ? Result::no_answer
                                          : redeemed ? Result::ok
                                                     : Result::refused});
  }
  finding.orders.assign(6, copies("redeem", 20));
  finding.differences = {
      {state("coupon", "/left"), json_of("-3"), std::vector<Value>(6, json_of("0")), true},
      {state("coupon", "/last_used_by"), json_of("\"guest 16\""),
       std::vector<Value>(6, {.is = Value::Is::text})},
  };
  finding.concurrent = record::rate(2, 2);
  finding.serial = record::rate(0, 20);
  finding.schedules = {{finding.schedule, finding.schedule, record::rate(2, 2)}};
  finding.fewest = {.scripts = 6,
                    .of = 20,
                    .group = {{{"redeem", 6}}},
                    .concurrent = record::rate(4, 4),
                    .serial = record::rate(0, 20),
                    .quiet = {{{{"redeem", 2}}}, {{{"redeem", 5}}}},
                    .cut_short = true};
  record.findings = {finding};
  record.learnt.orders = {
      {.order = copies("redeem", 20),
       .runs = 22,
       .answers = {told("redeem", {200}, false, 5), told("redeem", {409}, false, 15)},
       .state = {read_as("coupon", R"({"left":0})")},
       .outcome = 0}};
  record.learnt.serial_runs = 22;
  record.learnt.latency_ms = {{"redeem", 1.4}};
  record.tried = {.attempts = 2,
                  .overlapped = 2,
                  .counted = 2,
                  .unexplained = 2,
                  .spread_p50_us = 88,
                  .spread_p99_us = 91,
                  .manners = {manner(Schedule::Hold::headers, 1, 2)}};
  record.duration_s = 1.8;
  return record;
}

namespace {

/// Every text of described structs, down to the members of codes.
class Replacer {
 public:
  explicit Replacer(const std::string& text) : text_(text) {}

  void replace(std::string& text) const { text = text_; }
  void replace(json::value& value) const {
    if (value.is_string()) {
      value = text_;
    } else if (value.is_object()) {
      replace(value.get_object());
    } else if (value.is_array()) {
      for (json::value& element : value.get_array()) replace(element);
    }
  }
  /// Names of codes stay, or it would be no record.
  void replace(json::object& with) const {
    for (auto& [key, member] : with)
      if (key != "in" && key != "is" && key != "part" && key != "sync" && key != "hold" &&
          key != "connections" && key != "during")
        replace(member);
  }
  template <class T>
  void replace(std::vector<T>& values) const {
    for (T& value : values) replace(value);
  }
  template <class T>
  requires(!std::is_class_v<T>) void replace(T&) const {}
  void replace(std::map<std::string, double>& values) const { values = {{text_, 1.5}}; }
  template <class T>
  requires std::is_class_v<T>
  void replace(T& value) const {
    using Members = boost::describe::describe_members<T, boost::describe::mod_public>;
    boost::mp11::mp_for_each<Members>([&](auto member) { replace(value.*member.pointer); });
  }

 private:
  const std::string& text_;
};

}  // namespace

Record with_every_text(Record record, const std::string& text) {
  Replacer(text).replace(record);
  return record;
}

std::vector<std::pair<const char*, Record>> all() {
  return {{"race", race()},     {"across", across()},
          {"broken", broken()}, {"inconclusive", inconclusive()},
          {"clean", clean()},   {"coupon", coupon()}};
}

}  // namespace sample
