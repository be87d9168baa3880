#include "service/v2_views.h"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <utility>

#include "service/body.h"
#include "service/fields.h"
#include "service/render.h"
#include "strategy/conditional.h"

namespace service {
namespace {

using order::Order;

bool is_status_alone(const Body& body) {
  const json::object* data = body.data.if_object();
  return data != nullptr && data->size() == 1 && data->contains("status");
}

base::Result<order::Role, Problem> role_of(const http::Request& request, order::OrderStatus to) {
  const auto named = http::find(request.fields, "X-Role");
  if (!named) return order::usual_role(to);
  if (const auto role = order::role_named(*named)) return *role;
  std::string names;
  for (const order::Role role : order::all_roles)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", order::name_of(role));
  return base::failure(
      invalid({{"X-Role", {fmt::format("\"{}\" is no role; the roles are {}.", *named, names)}}}));
}

Problem refused(const strategy::Refused& refusal, order::OrderStatus to, order::Role who,
                Language language) {
  if (!refusal.found) return not_found(language);
  const std::string& from = *refusal.found;
  Problem problem{
      .status = 409,
      .more = {{"from", from}, {"to", order::name_of(to)}, {"role", order::name_of(who)}}};
  switch (refusal.why) {
    case order::Refusal::same_status:
      problem.code = "same_status";
      problem.detail = fmt::format("The order is {} already.", from);
      break;
    case order::Refusal::no_transition:
      problem.code = "illegal_transition";
      problem.detail =
          fmt::format("An order that is {} cannot become {}.", from, order::name_of(to));
      break;
    case order::Refusal::wrong_role:
      problem.code = "wrong_role";
      problem.detail = fmt::format("A {} cannot change an order that is {} to {}.",
                                   order::name_of(who), from, order::name_of(to));
      break;
  }
  return problem;
}

}  // namespace

Actions V2Views::actions() {
  using Kind = Route::Kind;
  return Actions({
      {"GET", Kind::root, std::bind_front(&DjangoViews::root, &django_)},
      {"GET", Kind::list, std::bind_front(&DjangoViews::list, &django_)},
      {"POST", Kind::list, std::bind_front(&V2Views::create, this)},
      {"GET", Kind::detail, std::bind_front(&DjangoViews::retrieve, &django_)},
      {"PUT", Kind::detail, std::bind_front(&V2Views::update, this)},
      {"PATCH", Kind::detail, std::bind_front(&V2Views::update, this)},
      {"DELETE", Kind::detail, std::bind_front(&DjangoViews::destroy, &django_)},
      {"OPTIONS", Kind::root, std::bind_front(&DjangoViews::describe, &django_)},
      {"OPTIONS", Kind::list, std::bind_front(&DjangoViews::describe, &django_)},
      {"OPTIONS", Kind::detail, std::bind_front(&DjangoViews::describe, &django_)},
  });
}

asio::awaitable<Outcome> V2Views::create(const Call& call) {
  const auto body = read_body(call.request, options_.language, options_.json_depth);
  if (!body) co_return base::failure(body.error());
  const auto fields = validate(*body, /*partial=*/false, options_.language);
  if (!fields) co_return base::failure(fields.error());
  order::Draft draft;
  order::apply(fields->changes, draft);
  if (fields->status.value_or(draft.status) != draft.status)
    co_return base::failure(invalid({{"status", {"A new order is pending."}}}));
  const store::Actor nobody;
  const Order created =
      co_await store_.insert(std::move(draft), nobody, order::timestamp(clock_.wall()));
  co_return show(call, created, 201);
}

asio::awaitable<Outcome> V2Views::update(const Call& call) {
  const auto body = read_body(call.request, options_.language, options_.json_depth);
  if (!body) co_return base::failure(body.error());
  // The note's client PUTs a status and nothing else.
  const bool partial = call.request.method == "PATCH" || is_status_alone(*body);
  auto fields = validate(*body, partial, options_.language);
  if (!fields) co_return base::failure(fields.error());
  const auto id = id_of(call.route.key);
  if (!id) co_return base::failure(missing());
  if (fields->status) {
    const order::OrderStatus to = order::status_named(*fields->status).value();
    const auto who = role_of(call.request, to);
    if (!who) co_return base::failure(who.error());
    strategy::StatusChange change{.to = to, .who = *who, .others = std::move(fields->changes)};
    const auto changed =
        co_await strategy::change_conditionally(store_, clock_, *id, std::move(change));
    if (!changed) co_return base::failure(refused(changed.error(), to, *who, options_.language));
    co_return show(call, *changed);
  }
  if (fields->changes.empty()) {
    Outcome unchanged = co_await django_.retrieve(call);
    co_return unchanged;
  }
  const store::Actor nobody;
  const auto updated = co_await store_.update(*id, std::move(fields->changes), store::Versions(),
                                              nobody, order::timestamp(clock_.wall()));
  if (!updated) co_return base::failure(missing());
  co_return show(call, *updated);
}

}  // namespace service
