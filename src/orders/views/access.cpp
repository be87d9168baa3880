#include "views/access.h"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace views {
namespace {

using frame::Call;

/// One who has shown a token: of others nobody knows what is theirs.
bool is_customer(const Call& call) {
  return call.caller && call.caller->role == order::Role::customer;
}

}  // namespace

base::Result<std::optional<order::Role>, frame::Problem> role_of(const Call& call) {
  if (call.caller) return call.caller->role;
  const auto named = http::find(call.request.fields, "X-Role");
  if (!named) return std::nullopt;
  if (const auto role = order::role_named(*named)) return role;
  std::string names;
  for (const order::Role role : order::all_roles)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", order::name_of(role));
  return base::failure(frame::bad_header(
      "X-Role", fmt::format("\"{}\" is no role; the roles are {}.", *named, names)));
}

store::Actor actor_of(const Call& call, std::optional<order::Role> role) {
  return {
      .role = role, .name = call.caller ? call.caller->name : "", .own_only = is_customer(call)};
}

std::optional<frame::Problem> denied(const Call& call, callers::Action action) {
  if (!call.caller || callers::may(call.caller->role, action)) return std::nullopt;
  return frame::forbidden(fmt::format("A {} may not do this.", order::name_of(call.caller->role)));
}

std::optional<frame::Problem> denied(const Call& call, const strategy::Change& change) {
  if (!call.caller) return std::nullopt;
  const callers::Caller& caller = *call.caller;
  if (!change.others.empty())
    if (auto problem = denied(call, callers::Action::edit)) return problem;
  if (change.others.customer_name && !callers::sees(caller, *change.others.customer_name))
    return frame::forbidden("A customer's orders stay theirs.");
  // A status that may stay need not be a change: the order, which has it or not, decides.
  if (change.status && !change.status->may_stay &&
      order::sources(change.status->to, caller.role).empty())
    return frame::forbidden(fmt::format("A {} may not make an order {}.",
                                        order::name_of(caller.role),
                                        order::name_of(change.status->to)));
  return std::nullopt;
}

bool keep_to_own(const Call& call, store::Selection& selection) {
  if (!is_customer(call)) return true;
  const bool some = selection.customer_name.value_or(call.caller->name) == call.caller->name;
  selection.customer_name = call.caller->name;
  return some;
}

void name_customer(const Call& call, dialect::Body& body) {
  if (!is_customer(call)) return;
  if (json::object* data = body.data.if_object()) data->emplace("customer_name", call.caller->name);
}

bool may_see(const Call& call, std::string_view customer_name) {
  return !call.caller || callers::sees(*call.caller, customer_name);
}

asio::awaitable<bool> is_hidden(const Call& call, store::OrderStore& store) {
  const auto id = frame::id_of(call.route.key);
  if (!is_customer(call) || call.route.key.empty() || !id) co_return false;
  const std::optional<order::Order> found = co_await store.get(*id);
  if (found) co_return !may_see(call, found->customer_name);
  const std::vector<store::Event> events = co_await store.history(*id);
  co_return events.empty() || !may_see(call, events.back().customer_name);
}

}  // namespace views
