#include "order/lifecycle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace {

using order::OrderStatus;
using order::Refusal;
using order::Role;

// Every state x every state. A cell names who may: c customer, r restaurant, d rider (delivers);
// a admin; "." nobody, "=" the status it has already.
struct Row {
  OrderStatus from;
  std::array<std::string_view, 5> to;  // pending preparing delivering delivered cancelled
};
constexpr Row expected[] = {
    {OrderStatus::pending, {"=", "ra", ".", ".", "cra"}},
    {OrderStatus::preparing, {".", "=", "rda", ".", "ra"}},
    {OrderStatus::delivering, {".", ".", "=", "da", "."}},
    {OrderStatus::delivered, {".", ".", ".", "=", "."}},
    {OrderStatus::cancelled, {".", ".", ".", ".", "="}},
};

char letter(Role role) { return std::string_view("crda").at(static_cast<std::size_t>(role)); }

TEST(Lifecycle, EveryStateToEveryStateByEveryRole) {
  for (const Row& row : expected) {
    for (const OrderStatus to : order::all_statuses) {
      const std::string_view cell = row.to.at(static_cast<std::size_t>(to));
      for (const Role who : order::all_roles) {
        const std::string what = std::string(order::name_of(who)) + ": " +
                                 std::string(order::name_of(row.from)) + " to " +
                                 std::string(order::name_of(to));
        const auto answer = order::may_change(row.from, to, who);
        const bool allowed = cell.find(letter(who)) != cell.npos;
        ASSERT_EQ(answer.has_value(), allowed) << what;
        if (allowed) continue;
        EXPECT_EQ(answer.error(), cell == "="   ? Refusal::same_status
                                  : cell == "." ? Refusal::no_transition
                                                : Refusal::wrong_role)
            << what;
      }
    }
  }
}

TEST(Lifecycle, TheSourcesAreThoseFromWhichTheChangeIsAllowed) {
  for (const OrderStatus to : order::all_statuses) {
    for (const Role who : order::all_roles) {
      const auto sources = order::sources(to, who);
      for (const OrderStatus from : order::all_statuses)
        EXPECT_EQ(std::count(sources.begin(), sources.end(), from),
                  order::may_change(from, to, who) ? 1 : 0);
    }
  }
}

TEST(Lifecycle, TheUsualRoleMakesItsUsualChange) {
  EXPECT_EQ(order::usual_role(OrderStatus::cancelled), Role::customer);
  EXPECT_EQ(order::usual_role(OrderStatus::preparing), Role::restaurant);
  EXPECT_EQ(order::usual_role(OrderStatus::delivering), Role::restaurant);
  EXPECT_EQ(order::usual_role(OrderStatus::delivered), Role::rider);
  EXPECT_TRUE(order::may_change(OrderStatus::pending, OrderStatus::cancelled,
                                order::usual_role(OrderStatus::cancelled)));
  EXPECT_FALSE(order::may_change(OrderStatus::preparing, OrderStatus::cancelled,
                                 order::usual_role(OrderStatus::cancelled)))
      << "a plain PUT of cancelled after an accept is refused";
}

TEST(Lifecycle, NamesComeBack) {
  for (const OrderStatus status : order::all_statuses)
    EXPECT_EQ(order::status_named(order::name_of(status)), status);
  for (const Role role : order::all_roles) EXPECT_EQ(order::role_named(order::name_of(role)), role);
  EXPECT_EQ(order::status_named("cooking"), std::nullopt);
  EXPECT_EQ(order::status_named("Pending"), std::nullopt);
  EXPECT_EQ(order::role_named(""), std::nullopt);
}

}  // namespace
