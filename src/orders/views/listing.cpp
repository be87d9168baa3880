#include "views/listing.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

#include "base/utf8.h"
#include "dialect/utf8.h"

namespace views {
namespace {

std::vector<store::Sorting> sortings_in(std::string_view asked) {
  std::vector<store::Sorting> sortings;
  while (!asked.empty()) {
    const std::string_view item = asked.substr(0, asked.find(','));
    asked.remove_prefix(std::min(asked.size(), item.size() + 1));
    std::string_view name = dialect::strip(item);
    const bool descending = name.starts_with('-');
    if (descending) name.remove_prefix(1);
    const auto column = store::column_named(name);
    const bool is_new = std::none_of(sortings.begin(), sortings.end(), [&](const auto& before) {
      return before.column == column;  // and so leaves nothing to sort
    });
    if (column && is_new) sortings.push_back({*column, descending});
  }
  return sortings;
}

}  // namespace

std::vector<std::string> search_words(std::string_view search) {
  std::vector<std::string> words;
  bool in_word = false;
  while (!search.empty()) {
    const auto [c, size, valid] = base::first_character(search);
    const std::string_view character = search.substr(0, size);
    search.remove_prefix(size);
    if (c == 0) continue;
    if (c == ',' || dialect::is_blank(c)) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    words.back().append(character);
  }
  return words;
}

store::Excerpt read_excerpt(const dialect::Query& query, const ListingOptions& options) {
  store::Excerpt excerpt{.limit = std::numeric_limits<std::int64_t>::max()};
  if (options.search) excerpt.search = search_words(query.value("search"));
  if (options.ordering) excerpt.sortings = sortings_in(query.value("ordering"));
  return excerpt;
}

std::optional<Page> find_page(std::size_t count, std::string_view asked,
                              const ListingOptions& options) {
  const std::size_t pages =
      std::max<std::size_t>(1, (count + options.page_size - 1) / options.page_size);
  const std::string_view text = dialect::strip(asked);
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
                      const dialect::Query& query, json::array results) {
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

}  // namespace views
