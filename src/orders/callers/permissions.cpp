#include "callers/permissions.h"

#include <algorithm>

namespace callers {
namespace {

using order::Role;

struct Permission {
  Role who;
  Action action;
};

constexpr Permission permissions[] = {
    {Role::customer, Action::create}, {Role::customer, Action::edit}, {Role::admin, Action::create},
    {Role::admin, Action::edit},      {Role::admin, Action::remove},
};

}  // namespace

bool may(Role who, Action action) {
  return std::any_of(std::begin(permissions), std::end(permissions),
                     [&](const Permission& row) { return row.who == who && row.action == action; });
}

bool sees(const Caller& caller, std::string_view customer_name) {
  return caller.role != Role::customer || caller.name == customer_name;
}

}  // namespace callers
