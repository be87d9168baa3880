#include "store/excerpt.h"

#include <algorithm>
#include <array>
#include <compare>

namespace store {
namespace {

using order::Order;

struct Comparison {
  std::string_view name;
  std::strong_ordering (*compare)(const Order&, const Order&);
};

template <auto field>
std::strong_ordering by(const Order& a, const Order& b) {
  return a.*field <=> b.*field;
}

// In the order of the enumerators.
constexpr std::array comparisons = {
    Comparison{"id", by<&Order::id>},
    Comparison{"customer_name", by<&Order::customer_name>},
    Comparison{"restaurant_name", by<&Order::restaurant_name>},
    Comparison{"menu", by<&Order::menu>},
    Comparison{"quantity", by<&Order::quantity>},
    Comparison{"total_price", by<&Order::total_price>},
    Comparison{"delivery_address", by<&Order::delivery_address>},
    Comparison{"status", by<&Order::status>},
    Comparison{"created_at", by<&Order::created_at>},
    Comparison{"updated_at", by<&Order::updated_at>},
};

const Comparison& comparison_of(Sorting::Column column) {
  return comparisons.at(static_cast<std::size_t>(column));
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool contains(const std::string& text, const std::string& word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

}  // namespace

std::string_view name_of(Sorting::Column column) { return comparison_of(column).name; }

std::optional<Sorting::Column> column_named(std::string_view name) {
  const auto found = std::find_if(comparisons.begin(), comparisons.end(),
                                  [name](const Comparison& each) { return each.name == name; });
  if (found == comparisons.end()) return std::nullopt;
  return static_cast<Sorting::Column>(found - comparisons.begin());
}

bool has_words(const Order& order, const std::vector<std::string>& words) {
  return std::all_of(words.begin(), words.end(), [&order](const std::string& word) {
    return contains(order.customer_name, word) || contains(order.restaurant_name, word) ||
           contains(order.menu, word);
  });
}

void sort(std::vector<Order>& orders, const std::vector<Sorting>& sortings) {
  std::stable_sort(orders.begin(), orders.end(), [&](const Order& a, const Order& b) {
    for (const Sorting& sorting : sortings) {
      const auto order = comparison_of(sorting.column).compare(a, b);
      if (order != 0) return sorting.descending ? order > 0 : order < 0;
    }
    return false;
  });
}

}  // namespace store
