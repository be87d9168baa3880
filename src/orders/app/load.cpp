#include "app/load.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <utility>

#include "app/database.h"
#include "base/clock.h"

namespace app {
namespace {

struct Example {
  const char* customer_name;
  const char* restaurant_name;
  const char* menu;
  std::int64_t quantity;
  order::Won total_price;
  const char* delivery_address;
};

constexpr std::array examples = {
    Example{"김고객", "맛나분식", "떡볶이", 2, 18'000, "서울시 마포구 월드컵로 12"},
    Example{"이서연", "한강치킨", "반반치킨", 1, 21'000, "서울시 영등포구 여의대로 24"},
    Example{"박민준", "부산밀면", "비빔밀면", 2, 19'000, "부산시 해운대구 해운대로 570"},
    Example{"최지우", "할매김밥", "참치김밥", 4, 16'000, "대구시 중구 동성로 8"},
    Example{"정하윤", "광화문피자", "고구마피자", 1, 24'900, "서울시 종로구 새문안로 3"},
    Example{"강도윤", "제주해장", "고기국수", 2, 18'000, "제주시 연동 7길 19"},
    Example{"조은우", "신촌족발", "족발 (중)", 1, 34'000, "서울시 서대문구 연세로 50"},
    Example{"윤고객", "사장님식당", "김치찌개", 1, 9'000, "서울시 강남구 테헤란로 131"},
    Example{"장서준", "왕만두", "고기만두", 3, 15'000, "인천시 중구 차이나타운로 44"},
    Example{"임소율", "대전칼국수", "칼국수", 2, 16'000, "대전시 동구 중앙로 215"},
    Example{"한지호", "춘천닭갈비", "닭갈비 2인분", 1, 26'000, "춘천시 명동길 32"},
    Example{"오유진", "전주비빔밥", "돌솥비빔밥", 2, 22'000, "전주시 완산구 태조로 10"},
};

}  // namespace

std::vector<order::Order> example_orders(std::size_t count, order::Timestamp now, std::size_t first,
                                         std::size_t limit) {
  std::vector<order::Order> orders;
  for (std::size_t number = first; number <= count && orders.size() < limit; ++number) {
    const Example& example = examples.at((number - 1) % examples.size());
    const order::Timestamp created = now - std::chrono::minutes(count + 1 - number);
    order::Order order;
    order.id = static_cast<order::OrderId>(number);
    order.customer_name = example.customer_name;
    order.restaurant_name = example.restaurant_name;
    order.menu = example.menu;
    order.quantity = example.quantity;
    order.total_price = example.total_price;
    order.delivery_address = example.delivery_address;
    order.created_at = created;
    order.updated_at = created;
    orders.push_back(order);
  }
  return orders;
}

namespace {

asio::awaitable<std::size_t> insert_examples(store::OrderStore& store, std::size_t count,
                                             order::Timestamp now) {
  std::size_t added = 0;
  for (std::size_t first = 1; first <= count;) {
    std::vector<order::Order> orders = example_orders(count, now, first);
    first += orders.size();
    const std::size_t some = co_await store.insert_absent(std::move(orders));
    added += some;
  }
  co_return added;
}

}  // namespace

void load(const settings::Settings& settings, std::size_t count) {
  const auto store = open_store(settings);
  asio::io_context context;
  auto adding = asio::co_spawn(
      context, insert_examples(*store, count, order::timestamp(base::SystemClock().wall())),
      asio::use_future);
  context.run();
  const std::size_t added = adding.get();
  fmt::print("{} example orders in {}: {} new, {} there already\n", count,
             name_of(settings.database), added, count - added);
}

}  // namespace app
