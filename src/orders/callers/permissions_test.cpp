#include "callers/permissions.h"

#include <gtest/gtest.h>

#include <string_view>

namespace {

using callers::Action;
using order::Role;

TEST(Permissions, EveryRoleAndEveryAction) {
  struct Row {
    Role who;
    std::string_view may;  // c create, e edit, d remove
  };
  constexpr Row expected[] = {
      {Role::customer, "ce"}, {Role::restaurant, ""}, {Role::rider, ""}, {Role::admin, "ced"}};
  constexpr std::string_view letters = "ced";
  static_assert(std::size(expected) == order::all_roles.size());
  for (const Row& row : expected)
    for (std::size_t i = 0; i < letters.size(); ++i)
      EXPECT_EQ(callers::may(row.who, static_cast<Action>(i)),
                row.may.find(letters[i]) != row.may.npos)
          << order::name_of(row.who) << " " << letters[i];
}

TEST(Permissions, ACustomerSeesTheirOwnOrdersOnly) {
  EXPECT_TRUE(callers::sees({Role::customer, "ann"}, "ann"));
  EXPECT_FALSE(callers::sees({Role::customer, "ann"}, "Ann"));
  EXPECT_FALSE(callers::sees({Role::customer, "ann"}, "ann "));
  EXPECT_FALSE(callers::sees({Role::customer, "ann"}, ""));
  for (const Role role : {Role::restaurant, Role::rider, Role::admin})
    EXPECT_TRUE(callers::sees({role, "ann"}, "ben"));
}

}  // namespace
