#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "order/order.h"

/// Parts of a list by number, as the original's clients ask for them.
namespace store {

/// What to sort by. Texts compare byte by byte.
struct Sorting {
  enum class Column {
    id,
    customer_name,
    restaurant_name,
    menu,
    quantity,
    total_price,
    delivery_address,
    status,
    created_at,
    updated_at,
  };

  Column column = Column::id;
  bool descending = false;
};

/// "created_at": for clients, and in the databases.
[[nodiscard]] std::string_view name_of(Sorting::Column column);
[[nodiscard]] std::optional<Sorting::Column> column_named(std::string_view name);

/// Of the orders that have each of these words, the ones from number `offset` on, counted from 0 in
/// the order of `sortings` and then of ids.
///
/// What it costs: to pass by all orders before `offset`, and to sort all of them if there are
/// sortings; in memory there is never more than it gives, but for what a database sorts in.
struct Excerpt {
  std::vector<std::string> search;  // as in Selection
  std::vector<Sorting> sortings;
  std::size_t offset = 0;
  std::size_t limit = 0;
};

/// Whether each of these words is in the customer, the restaurant or the menu. Case counts but for
/// ASCII letters.
[[nodiscard]] bool has_words(const order::Order& order, const std::vector<std::string>& words);
/// Orders come in the order of their ids.
void sort(std::vector<order::Order>& orders, const std::vector<Sorting>& sortings);

}  // namespace store
