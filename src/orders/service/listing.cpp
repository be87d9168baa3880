#include "service/listing.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>
#include <string>

#include "service/utf8.h"
#include "store/terms.h"

namespace service {
namespace {

using order::Order;

/// A field to sort by. Texts compare byte by byte, as in SQLite.
struct Sorting {
  std::string_view name;
  std::strong_ordering (*compare)(const Order&, const Order&);
};

template <auto field>
std::strong_ordering by(const Order& a, const Order& b) {
  return a.*field <=> b.*field;
}

constexpr std::array sortings = {
    Sorting{"id", by<&Order::id>},
    Sorting{"customer_name", by<&Order::customer_name>},
    Sorting{"restaurant_name", by<&Order::restaurant_name>},
    Sorting{"menu", by<&Order::menu>},
    Sorting{"quantity", by<&Order::quantity>},
    Sorting{"total_price", by<&Order::total_price>},
    Sorting{"delivery_address", by<&Order::delivery_address>},
    Sorting{"status", by<&Order::status>},
    Sorting{"created_at", by<&Order::created_at>},
    Sorting{"updated_at", by<&Order::updated_at>},
};

struct SortKey {
  const Sorting* sorting;
  bool descending;
};

std::vector<SortKey> sort_keys(std::string_view asked) {
  std::vector<SortKey> keys;
  while (!asked.empty()) {
    const std::string_view item = asked.substr(0, asked.find(','));
    asked.remove_prefix(std::min(asked.size(), item.size() + 1));
    std::string_view name = strip(item);
    const bool descending = name.starts_with('-');
    if (descending) name.remove_prefix(1);
    for (const Sorting& sorting : sortings)
      if (sorting.name == name) keys.push_back({&sorting, descending});
  }
  return keys;
}

}  // namespace

std::vector<std::string> search_words(std::string_view search) {
  std::vector<std::string> words;
  bool in_word = false;
  while (!search.empty()) {
    const std::string_view before = search;
    const std::uint32_t c = take_code_point(search);
    if (c == 0) continue;
    if (c == ',' || is_blank(c)) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    words.back().append(before.substr(0, before.size() - search.size()));
  }
  return words;
}

bool is_searched_for(const Order& order, const Query& query, const ListingOptions& options) {
  return !options.search || store::has_words(order, search_words(query.value("search")));
}

void select_orders(std::vector<Order>& orders, const Query& query, const ListingOptions& options) {
  if (options.search && !query.value("search").empty())
    std::erase_if(orders,
                  [&](const Order& order) { return !is_searched_for(order, query, options); });
  if (!options.ordering) return;
  const auto keys = sort_keys(query.value("ordering"));
  std::stable_sort(orders.begin(), orders.end(), [&](const Order& a, const Order& b) {
    for (const SortKey& key : keys) {
      const auto order = key.sorting->compare(a, b);
      if (order != 0) return key.descending ? order > 0 : order < 0;
    }
    return false;
  });
}

std::optional<Page> find_page(std::size_t count, std::string_view asked,
                              const ListingOptions& options) {
  const std::size_t pages =
      std::max<std::size_t>(1, (count + options.page_size - 1) / options.page_size);
  const std::string_view text = strip(asked);
  std::size_t number = 1;
  if (asked == "last") {
    number = pages;
  } else if (!asked.empty()) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  }
  if (number < 1 || number > pages) return std::nullopt;
  const std::size_t begin = (number - 1) * options.page_size;
  return Page{.number = number,
              .begin = begin,
              .end = std::min(count, begin + options.page_size),
              .has_next = number < pages};
}

json::object envelope(const Page& page, std::size_t count, std::string_view address,
                      const Query& query, json::array results) {
  const auto link = [&](std::size_t number) {
    std::optional<std::string> value;
    if (number > 1) value = std::to_string(number);  // the first page goes without
    return json::value(std::string(address) + query.with("page", std::move(value)));
  };
  return {{"count", count},
          {"next", page.has_next ? link(page.number + 1) : json::value()},
          {"previous", page.number > 1 ? link(page.number - 1) : json::value()},
          {"results", std::move(results)}};
}

}  // namespace service
