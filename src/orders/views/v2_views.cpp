#include "views/v2_views.h"

#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialect/body.h"
#include "dialect/form.h"
#include "frame/render.h"
#include "views/access.h"
#include "views/answers.h"
#include "views/conditions.h"
#include "views/fields.h"
#include "views/idempotency.h"
#include "views/representation.h"
#include "views/selection.h"

namespace views {
namespace {

using frame::Answer;
using frame::Call;
using frame::id_of;
using frame::Outcome;
using frame::Problem;
using frame::Route;
using order::Order;

bool is_status_alone(const dialect::Body& body) {
  const json::object* data = body.data.if_object();
  return data != nullptr && data->size() == 1 && data->contains("status");
}

Problem against_the_rule(const strategy::Refused& refusal, const strategy::Change::Status& wanted) {
  const std::string_view from = refusal.status;
  const std::string_view to = order::name_of(wanted.to);
  const std::string_view who = order::name_of(wanted.who);
  Problem problem{.status = 409, .more = {{"from", from}, {"to", to}, {"role", who}}};
  switch (refusal.refusal) {
    case order::Refusal::same_status:
      problem.code = "same_status";
      problem.detail = fmt::format("The order is {} already.", from);
      break;
    case order::Refusal::no_transition:
      problem.code = "illegal_transition";
      problem.detail = fmt::format("An order that is {} cannot become {}.", from, to);
      break;
    case order::Refusal::wrong_role:
      problem.code = "wrong_role";
      problem.detail = fmt::format("A {} cannot change an order that is {} to {}.", who, from, to);
      break;
  }
  return problem;
}

Problem other_version(const Call& call, order::Version version) {
  const bool only_if_match = !http::find(call.request.fields, "If-None-Match");
  const std::string_view why =
      only_if_match ? "If-Match does not list" : "If-Match or If-None-Match rules out";
  return {.status = 412,
          .code = "precondition_failed",
          .detail = fmt::format("The order has version {}, which {}.", version, why),
          .more = {{"version", version}},
          .fields = {{"ETag", etag_of(version, call.rendering)}}};
}

Problem not_created(store::NotCreated why) {
  if (why == store::NotCreated::other_request)
    return {.status = 422,
            .code = "idempotency_key_reused",
            .detail = "This Idempotency-Key came with another order before. Use a new one."};
  return {.status = 409,
          .code = "request_in_progress",
          .detail = "The first request with this Idempotency-Key is not answered yet; try again.",
          .fields = {{"Retry-After", "1"}}};
}

/// "5ms", "250us", "2s": the wait of a strategy.
base::Result<base::Nanoseconds, Problem> read_gap(const dialect::Query& query) {
  if (!query.has("gap")) return base::Nanoseconds::zero();
  const std::string_view text = query.value("gap");
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  base::Nanoseconds gap = std::chrono::seconds(number);
  if (unit == "ms") gap = std::chrono::milliseconds(number);
  if (unit == "us") gap = std::chrono::microseconds(number);
  const bool has_unit = unit == "s" || unit == "ms" || unit == "us";
  if (error != std::errc{} || !has_unit || gap > longest_gap)
    return base::failure(frame::bad_parameter(
        "gap", fmt::format("Found '{}', expected a time up to {}s, such as 5ms or 250us.", text,
                           longest_gap.count())));
  return gap;
}

const strategy::Strategy* strategy_of(const Route& route) {
  return strategy::find_strategy(route.mount == frame::Mount::lab ? route.strategy : "conditional");
}

std::optional<Problem> wrong_strategy(const Route& route, dialect::Language language) {
  if (strategy_of(route) != nullptr) return std::nullopt;
  std::string names;
  for (const strategy::Strategy& each : strategy::all_strategies())
    names += fmt::format("{}{}", names.empty() ? "" : ", ", each.name);
  Problem problem = frame::not_found(language);
  problem.detail = fmt::format("There is no strategy '{}'; there are {}.", route.strategy, names);
  return problem;
}

std::optional<Problem> wrong_parameter(const Call& call) {
  if (call.query.is_too_long())
    return Problem{
        .status = 400,
        .code = "invalid_parameter",
        .detail = fmt::format("The query has more than {} parameters.", dialect::max_form_fields)};
  std::vector<std::string_view> known;
  if (call.route.kind == Route::Kind::list) known = selection_parameters();
  known.push_back("format");
  if (call.route.mount == frame::Mount::lab) {
    known.push_back("gap");
    if (auto gap = read_gap(call.query); !gap) return gap.error();
  }
  if (const auto name = call.query.unknown(known))
    return frame::bad_parameter(std::string(*name), "There is no such parameter here.");
  return std::nullopt;
}

/// A key counts for one caller at one place.
std::string scoped(const std::string& key, const Call& call) {
  if (!call.caller) return fmt::format("{}orders/ {}", call.route.prefix, key);
  return fmt::format("{}orders/ {} {}:{} {}", call.route.prefix, order::name_of(call.caller->role),
                     call.caller->name.size(), call.caller->name, key);
}

}  // namespace

frame::Actions V2Views::actions() {
  using Kind = Route::Kind;
  const auto bind = [this](View view) { return std::bind_front(&V2Views::checked, this, view); };
  return frame::Actions({
      {"GET", Kind::root, bind(&V2Views::root)},
      {"GET", Kind::list, bind(&V2Views::list)},
      {"POST", Kind::list, bind(&V2Views::create)},
      {"GET", Kind::detail, bind(&V2Views::retrieve)},
      {"PUT", Kind::detail, bind(&V2Views::update)},
      {"PATCH", Kind::detail, bind(&V2Views::update)},
      {"DELETE", Kind::detail, bind(&V2Views::destroy)},
      {"GET", Kind::history, bind(&V2Views::history)},
      {"OPTIONS", Kind::root, bind(&V2Views::describe)},
      {"OPTIONS", Kind::list, bind(&V2Views::describe)},
      {"OPTIONS", Kind::detail, bind(&V2Views::describe)},
      {"OPTIONS", Kind::history, bind(&V2Views::describe)},
  });
}

asio::awaitable<Outcome> V2Views::checked(View view, const Call& call) {
  if (auto problem = wrong_strategy(call.route, options_.language))
    co_return base::failure(*std::move(problem));
  if (auto problem = wrong_parameter(call)) co_return base::failure(*std::move(problem));
  const bool hidden = co_await is_hidden(call, store_);
  if (hidden) co_return base::failure(missing());
  Outcome outcome = co_await (this->*view)(call);
  co_return outcome;
}

asio::awaitable<Outcome> V2Views::root(const Call& call) { co_return show_root(call); }

asio::awaitable<Outcome> V2Views::describe(const Call& call) {
  const frame::Title title = frame::title_of(call.route);
  std::string_view action;
  if (call.route.kind == Route::Kind::list) action = "POST";
  if (call.route.kind == Route::Kind::detail) action = "PUT";
  co_return Answer{.body = metadata(title.name, title.text, action)};
}

asio::awaitable<Outcome> V2Views::list(const Call& call) {
  auto asked = read_selection(call.query);
  if (!asked) co_return base::failure(asked.error());
  std::vector<Order> found;
  if (keep_to_own(call, asked->selection)) found = co_await store_.select(asked->selection);
  const Section section = cut(*asked, std::move(found));
  Answer answer = show(call, section.orders);
  // Relative, so that they hold behind any proxy.
  const auto link = [&](std::optional<std::string> cursor, std::string_view rel) {
    answer.fields.push_back(
        {"Link", fmt::format("<{}orders/{}>; rel=\"{}\"", call.route.prefix,
                             call.query.with("cursor", std::move(cursor)), rel)});
  };
  link(std::nullopt, "first");
  if (section.previous) link(section.previous, "prev");
  if (section.next) link(section.next, "next");
  co_return answer;
}

asio::awaitable<Outcome> V2Views::create(const Call& call) {
  if (auto problem = denied(call, callers::Action::create))
    co_return base::failure(*std::move(problem));
  const auto key = read_idempotency_key(call.request.fields);
  if (!key) co_return base::failure(key.error());
  const auto role = role_of(call);
  if (!role) co_return base::failure(role.error());
  auto body = dialect::read_body(call.request, options_.json_depth);
  if (!body) co_return base::failure(frame::problem_of(body.error(), options_.language));
  name_customer(call, *body);
  const auto fields = validate(*body, /*partial=*/false, options_.language);
  if (!fields) co_return base::failure(fields.error());
  order::Draft draft;
  order::apply(fields->changes, draft);
  if (fields->status.value_or(draft.status) != draft.status) {
    const frame::Complaint complaint{"invalid", "A new order is pending."};
    co_return base::failure(frame::invalid({{"status", {complaint}}}));
  }
  if (!may_see(call, draft.customer_name))
    co_return base::failure(frame::forbidden("A customer orders in their own name."));
  const store::Actor actor = actor_of(call, role->value_or(order::Role::customer));
  store::Created created;
  if (*key) {
    std::string fingerprint = fingerprint_of(draft);
    auto made = co_await store_.insert_once(scoped(**key, call), std::move(fingerprint),
                                            std::move(draft), actor, now());
    if (!made) co_return base::failure(not_created(made.error()));
    created = *std::move(made);
  } else {
    created.order = co_await store_.insert(std::move(draft), actor, now());
  }
  Answer answer = show(call, created.order, 201);
  answer.fields.push_back(
      {"Location", fmt::format("{}orders/{}/", call.route.prefix, created.order.id)});
  if (created.replayed) answer.fields.push_back({"Idempotent-Replayed", "true"});
  co_return answer;
}

asio::awaitable<Outcome> V2Views::retrieve(const Call& call) {
  const auto if_match = read_entity_tags(call.request.fields, "If-Match");
  if (!if_match) co_return base::failure(if_match.error());
  const auto if_none_match = read_entity_tags(call.request.fields, "If-None-Match");
  if (!if_none_match) co_return base::failure(if_none_match.error());
  strategy::Change nothing;
  nothing.actor = actor_of(call, std::nullopt);
  nothing.versions = versions_of(*if_match);
  const auto id = id_of(call.route.key);
  if (!id) co_return base::failure(missing());
  const std::optional<Order> found = co_await store_.get(*id);
  if (const auto refusal = strategy::precondition_of(found, nothing))
    co_return base::failure(refused(call, nothing, *refusal));
  Answer answer = show(call, *found);
  if (*if_none_match && is_listed(etag_of(found->version, call.rendering), **if_none_match)) {
    answer.status = 304;
    answer.body.reset();
    answer.written.clear();
  }
  co_return answer;
}

base::Result<store::Versions, Problem> V2Views::read_precondition(const Call& call) const {
  const http::Fields& fields = call.request.fields;
  const auto if_match = read_entity_tags(fields, "If-Match");
  if (!if_match) return base::failure(if_match.error());
  const auto if_none_match = read_entity_tags(fields, "If-None-Match");
  if (!if_none_match) return base::failure(if_none_match.error());
  if (!*if_match && options_.require_if_match)
    return base::failure(
        Problem{.status = 428,
                .code = "precondition_required",
                .detail = "A change needs If-Match with the ETag of the order that it is about."});
  return versions_of(*if_match, *if_none_match);
}

base::Result<strategy::Change, Problem> V2Views::read_change(const Call& call) const {
  strategy::Change change;
  auto versions = read_precondition(call);
  if (!versions) return base::failure(versions.error());
  change.versions = *std::move(versions);
  const auto role = role_of(call);
  if (!role) return base::failure(role.error());
  change.actor = actor_of(call, *role);
  const auto body = dialect::read_body(call.request, options_.json_depth);
  if (!body) return base::failure(frame::problem_of(body.error(), options_.language));
  // The note's client PUTs a status and nothing else.
  const bool partial = call.request.method == "PATCH" || is_status_alone(*body);
  auto fields = validate(*body, partial, options_.language);
  if (!fields) return base::failure(fields.error());
  change.others = std::move(fields->changes);
  if (fields->status) {
    const order::OrderStatus to = order::status_named(*fields->status).value();
    // Who PUTs the whole order as it was read and changed need not leave the status out.
    change.status = {to, role->value_or(order::usual_role(to)), /*may_stay=*/!partial};
    change.actor.role = change.status->who;
  }
  const auto id = id_of(call.route.key);
  if (!id) return base::failure(missing());
  change.id = *id;
  return change;
}

asio::awaitable<Outcome> V2Views::update(const Call& call) {
  auto change = read_change(call);
  if (!change) co_return base::failure(change.error());
  if (auto problem = denied(call, *change)) co_return base::failure(*std::move(problem));
  if (!change->status && change->others.empty()) {
    const std::optional<Order> found = co_await store_.get(change->id);
    if (const auto refusal = strategy::precondition_of(found, *change))
      co_return base::failure(refused(call, *change, *refusal));
    co_return show(call, *found);
  }
  const base::Nanoseconds gap = read_gap(call.query).value_or(base::Nanoseconds::zero());
  const strategy::Means means{store_, clock_, strategy::waiting(gap)};
  const strategy::Strategy& strategy = *strategy_of(call.route);
  const strategy::Outcome made = co_await strategy.change(means, *change);
  metrics_.count_conflicts(strategy.name, made.conflicts);
  if (made.result && made.moved) metrics_.count_transition(made.result->status);
  if (!made.result) co_return base::failure(refused(call, *change, made.result.error()));
  co_return show(call, *made.result);
}

Problem V2Views::refused(const Call& call, const strategy::Change& change,
                         const strategy::Refused& refusal) const {
  switch (refusal.why) {
    case strategy::Refused::Why::missing:
      break;
    case strategy::Refused::Why::other_version:
      return other_version(call, refusal.version);
    case strategy::Refused::Why::rule:
      return against_the_rule(refusal, change.status.value());
    case strategy::Refused::Why::conflict:
      return {
          .status = 409,
          .code = "conflict",
          .detail = "Others changed the order meanwhile. Nothing was changed; look and try again."};
  }
  return missing();
}

asio::awaitable<Outcome> V2Views::destroy(const Call& call) {
  if (auto problem = denied(call, callers::Action::remove))
    co_return base::failure(*std::move(problem));
  auto versions = read_precondition(call);
  if (!versions) co_return base::failure(versions.error());
  const auto role = role_of(call);
  if (!role) co_return base::failure(role.error());
  const auto id = id_of(call.route.key);
  if (!id) co_return base::failure(missing());
  const store::Actor actor = actor_of(call, *role);
  const auto removed = co_await store_.remove(*id, *std::move(versions), actor, now());
  if (removed) co_return Answer{.status = 204};
  if (!removed.error().found) co_return base::failure(missing());
  co_return base::failure(other_version(call, removed.error().version));
}

asio::awaitable<Outcome> V2Views::history(const Call& call) {
  const auto id = id_of(call.route.key);
  if (!id) co_return base::failure(missing());
  const std::vector<store::Event> events = co_await store_.history(*id);
  if (events.empty()) {
    // Orders that are older than histories have none.
    const std::optional<Order> found = co_await store_.get(*id);
    if (!found || !may_see(call, found->customer_name)) co_return base::failure(missing());
  } else if (!may_see(call, events.back().customer_name)) {
    co_return base::failure(missing());
  }
  json::array shown;
  shown.reserve(events.size());
  for (const store::Event& event : events) shown.push_back(representation(event));
  co_return Answer{.body = std::move(shown)};
}

}  // namespace views
