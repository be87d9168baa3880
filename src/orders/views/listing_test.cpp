#include "views/listing.h"

#include <gtest/gtest.h>

namespace {

using dialect::Query;
using views::ListingOptions;

std::vector<order::Order> three_orders() {
  std::vector<order::Order> orders(3);
  const char* const menus[] = {"떡볶이", "Cheese burger", "김밥"};
  const std::int64_t quantities[] = {2, 1, 2};
  for (std::size_t i = 0; i < orders.size(); ++i) {
    orders[i].id = static_cast<order::OrderId>(i + 1);
    orders[i].restaurant_name = i == 1 ? "Burger Lab" : "맛나분식";
    orders[i].menu = menus[i];
    orders[i].quantity = quantities[i];
  }
  return orders;
}

std::vector<order::OrderId> selected(std::string_view query, ListingOptions options) {
  auto orders = three_orders();
  const store::Excerpt asked = views::read_excerpt(Query(query), options);
  std::erase_if(orders, [&](const auto& order) { return !store::has_words(order, asked.search); });
  store::sort(orders, asked.sortings);
  std::vector<order::OrderId> ids;
  for (const order::Order& order : orders) ids.push_back(order.id);
  return ids;
}

using Ids = std::vector<order::OrderId>;

TEST(Listing, AsksForWordsInAnyField) {
  const ListingOptions on{.search = true};
  const std::pair<std::string_view, Ids> cases[] = {
      {"", {1, 2, 3}},
      {"search=", {1, 2, 3}},
      {"search=%EA%B9%80%EB%B0%A5", {3}},
      {"search=BURGER+lab", {2}},
      {"search=burger,cheese", {2}},
      {"search=%00bur%00ger", {2}},
      {"search=burger+%EA%B9%80%EB%B0%A5", {}},
      {"search=%25", {}},
  };
  for (const auto& [query, ids] : cases) EXPECT_EQ(selected(query, on), ids) << query;
  EXPECT_EQ(selected("search=burger", {}), (Ids{1, 2, 3})) << "off";
}

TEST(Listing, SortsByWhatIsAField) {
  const ListingOptions on{.ordering = true};
  const std::pair<std::string_view, Ids> cases[] = {
      {"ordering=-id", {3, 2, 1}},           {"ordering=quantity", {2, 1, 3}},
      {"ordering=-quantity,-id", {3, 1, 2}}, {"ordering=+-quantity+,+id", {1, 3, 2}},
      {"ordering=menu", {2, 3, 1}},          {"ordering=nope,-pk,?,-", {1, 2, 3}},
      {"ordering=version", {1, 2, 3}},       {"ordering=quantity,-quantity,-id", {2, 3, 1}},
  };
  for (const auto& [query, ids] : cases) EXPECT_EQ(selected(query, on), ids) << query;
  EXPECT_EQ(selected("ordering=-id", {}), (Ids{1, 2, 3})) << "off";
}

TEST(Listing, HasPagesFrom1) {
  const ListingOptions tens{.page_size = 10};
  const auto page = [&](std::size_t count, std::string_view asked) {
    const auto found = views::find_page(count, asked, tens);
    if (!found) return std::string("none");
    return std::to_string(found->begin) + "-" + std::to_string(found->end) +
           (found->has_next ? "+" : "");
  };
  EXPECT_EQ(page(0, ""), "0-0");
  EXPECT_EQ(page(0, "1"), "0-0");
  EXPECT_EQ(page(0, "2"), "none");
  EXPECT_EQ(page(10, "last"), "0-10");
  EXPECT_EQ(page(11, ""), "0-10+");
  EXPECT_EQ(page(11, " 2 "), "10-11");
  EXPECT_EQ(page(11, "last"), "10-11");
  for (const std::string_view asked : {"0", "-1", "3", "x", "1.5", "18446744073709551616"})
    EXPECT_EQ(page(11, asked), "none") << asked;
}

TEST(Listing, LinksKeepTheQuerySorted) {
  const Query query("z=1&a=x%20y&page=2&a=%EA%B9%80");
  const auto shown = views::envelope({.number = 2, .begin = 10, .end = 20, .has_next = true}, 21,
                                     "http://h/o/", query, {});
  EXPECT_EQ(shown.at("next"), "http://h/o/?a=x+y&a=%EA%B9%80&page=3&z=1");
  EXPECT_EQ(shown.at("previous"), "http://h/o/?a=x+y&a=%EA%B9%80&z=1");
  EXPECT_EQ(shown.at("count"), 21);
  EXPECT_EQ(views::envelope({}, 0, "http://h/o/", Query("page=1"), {}).at("next"), nullptr);
}

TEST(Query, IsAForm) {
  EXPECT_EQ(Query("a=1&format=js%6Fn&b").value("format"), "json");
  EXPECT_EQ(Query("format=a&format=b").value("format"), "b");
  EXPECT_EQ(Query("").value("format"), "");
  EXPECT_EQ(Query("page=1").with("page", std::nullopt), "");
}

}  // namespace
