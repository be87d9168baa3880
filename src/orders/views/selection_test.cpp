#include "views/selection.h"

#include <gtest/gtest.h>

namespace {

using dialect::Query;
using order::Order;
using views::Asked;
using Key = store::Selection::Key;

Asked asked(std::string_view query) {
  auto read = views::read_selection(Query(query));
  EXPECT_TRUE(read.has_value()) << query;
  return read.value_or(Asked{});
}

Order order_of(order::OrderId id, order::Won price = 0) {
  Order order;
  order.id = id;
  order.total_price = price;
  return order;
}

std::vector<order::OrderId> ids(const std::vector<Order>& orders) {
  std::vector<order::OrderId> all;
  for (const Order& order : orders) all.push_back(order.id);
  return all;
}

TEST(Selection, ReadsWhatIsAskedFor) {
  const Asked usual = asked("");
  EXPECT_EQ(usual.selection.key, Key::id);
  EXPECT_FALSE(usual.selection.descending);
  EXPECT_EQ(usual.selection.limit, views::usual_limit + 1) << "one more tells of a next page";
  EXPECT_EQ(usual.selection.after, std::nullopt);
  EXPECT_EQ(usual.selection.status, std::nullopt);

  const Asked all = asked(
      "limit=2&order=-total_price&status=pending&customer_name=%EA%B9%80&restaurant_name=&"
      "search=a,b+c");
  EXPECT_EQ(all.selection.limit, 3u);
  EXPECT_EQ(all.selection.key, Key::total_price);
  EXPECT_TRUE(all.selection.descending);
  EXPECT_EQ(all.selection.status, "pending");
  EXPECT_EQ(all.selection.customer_name, "김");
  EXPECT_EQ(all.selection.restaurant_name, "") << "given, and so compared";
  EXPECT_EQ(all.selection.search, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Selection, AWrongValueIsRefusedWithTheNameOfItsParameter) {
  const std::pair<std::string, std::string> cases[] = {
      {"limit=0", "limit"},
      {"limit=501", "limit"},
      {"limit=-1", "limit"},
      {"limit=1x", "limit"},
      {"limit=", "limit"},
      {"limit=99999999999999999999", "limit"},
      {"order=menu", "order"},
      {"order=--id", "order"},
      {"order=", "order"},
      {"order=id,menu", "order"},
      {"status=cooking", "status"},
      {"status=", "status"},
      {"cursor=", "cursor"},
      {"cursor=8", "cursor"},
      {"cursor=after.id.8", "cursor"},
      {"cursor=after.id.8.8.8", "cursor"},
      {"cursor=after.id.8.x", "cursor"},
      {"cursor=after.id.99999999999999999999.8", "cursor"},
      {"cursor=beside.id.8.8", "cursor"},
      {"cursor=after.menu.8.8", "cursor"},
      // Of another list.
      {"cursor=after.-id.8.8", "cursor"},
      {"cursor=after.id.8.8&order=-id", "cursor"},
      {"cursor=after.total_price.8.8&order=created_at", "cursor"},
      // Before the year 1, and after 9999.
      {"cursor=after.created_at.-62135596800000001.8&order=created_at", "cursor"},
      {"cursor=after.updated_at.253402300800000000.8&order=updated_at", "cursor"},
      {"cursor=after.created_at.-9223372036854775808.8&order=created_at", "cursor"},
      {"cursor=after.-updated_at.9223372036854775807.8&order=-updated_at", "cursor"},
      {"search=1+2+3+4+5+6+7+8+9+10+11+12+13+14+15+16+17", "search"},
  };
  for (const auto& [query, name] : cases) {
    const auto read = views::read_selection(Query(query));
    ASSERT_FALSE(read) << query;
    EXPECT_EQ(read.error().status, 400);
    EXPECT_EQ(read.error().errors.front().first, name) << query;
    EXPECT_EQ(read.error().place, frame::Problem::Place::parameter);
  }
}

TEST(Selection, WhatIsJustInsideIsTaken) {
  EXPECT_EQ(asked("search=1+2+3+4+5+6+7+8+9+10+11+12+13+14+15+16").selection.search.size(), 16u);
  for (const char* cursor : {"after.created_at.-62135596800000000.8", "after.created_at.0.8",
                             "before.created_at.253402300799999999.8"})
    EXPECT_FALSE(asked("order=created_at&cursor=" + std::string(cursor)).from_start) << cursor;
  EXPECT_FALSE(asked("cursor=after.id.-9223372036854775808.8").from_start) << "no time";
}

//   orders by price     1:10  2:10  3:20  4:30
//   the first page      [1:10  2:10]
//   the next one                    [3:20  4:30]
//   back from there     [1:10  2:10]
TEST(Selection, PagesLeadToTheirNeighbours) {
  const Asked first = asked("order=total_price&limit=2");
  const auto begin = views::cut(first, {order_of(1, 10), order_of(2, 10), order_of(3, 20)});
  EXPECT_EQ(ids(begin.orders), (std::vector<order::OrderId>{1, 2}));
  EXPECT_EQ(begin.previous, std::nullopt);
  ASSERT_TRUE(begin.next);

  const Asked second = asked("order=total_price&limit=2&cursor=" + *begin.next);
  EXPECT_EQ(second.selection.after, std::pair(std::int64_t{10}, order::OrderId{2}));
  EXPECT_FALSE(second.selection.descending);
  const auto end = views::cut(second, {order_of(3, 20), order_of(4, 30)});
  EXPECT_EQ(end.next, std::nullopt);
  ASSERT_TRUE(end.previous);

  const Asked back = asked("order=total_price&limit=2&cursor=" + *end.previous);
  EXPECT_EQ(back.selection.after, std::pair(std::int64_t{20}, order::OrderId{3}));
  EXPECT_TRUE(back.selection.descending) << "from there on down";
  const auto again = views::cut(back, {order_of(2, 10), order_of(1, 10)});
  EXPECT_EQ(ids(again.orders), (std::vector<order::OrderId>{1, 2}));
  EXPECT_EQ(again.previous, std::nullopt);
  EXPECT_EQ(again.next, begin.next);
}

TEST(Selection, DescendingPagesLeadBackToo) {
  const Asked first = asked("order=-id&limit=1");
  const auto begin = views::cut(first, {order_of(9), order_of(8)});
  const Asked second = asked("order=-id&limit=1&cursor=" + begin.next.value());
  EXPECT_TRUE(second.selection.descending);
  const auto middle = views::cut(second, {order_of(8), order_of(7)});
  ASSERT_TRUE(middle.next && middle.previous);
  const Asked back = asked("order=-id&limit=1&cursor=" + *middle.previous);
  EXPECT_FALSE(back.selection.descending);
  EXPECT_EQ(views::cut(back, {order_of(9)}).next, begin.next);
}

TEST(Selection, AnEmptyPageLeadsNowhere) {
  const auto page = views::cut(asked("cursor=after.id.8.8"), {});
  EXPECT_TRUE(page.orders.empty());
  EXPECT_FALSE(page.next || page.previous);
}

}  // namespace
