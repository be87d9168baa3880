#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "dialect/query.h"
#include "store/excerpt.h"

namespace views {

/// What a list may be asked for, as REST_FRAMEWORK of the original's settings has it.
struct ListingOptions {
  std::size_t page_size = 0;  // 0: all orders at once
  bool search = false;        // ?search=: DRF's SearchFilter
  bool ordering = false;      // ?ordering=: DRF's OrderingFilter
};

/// The words of a search: NUL characters fall out, commas part like blanks.
[[nodiscard]] std::vector<std::string> search_words(std::string_view search);

/// What ?search= and ?ordering= ask for; names that are no fields are passed over. All of it: which
/// part, ?page= says.
[[nodiscard]] store::Excerpt read_excerpt(const dialect::Query& query,
                                          const ListingOptions& options);

/// A part of a list, as ?page= asks for it.
struct Page {
  std::size_t number = 1;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool has_next = false;
};

/// Nothing if there is no such page. Of an empty list there is the first page. `options.page_size`
/// is not 0.
[[nodiscard]] std::optional<Page> find_page(std::size_t count, std::string_view asked,
                                            const ListingOptions& options);

/// A page as DRF's PageNumberPagination shows it, with links to its neighbours. `address` is the
/// URL of the list without its query.
[[nodiscard]] json::object envelope(const Page& page, std::size_t count, std::string_view address,
                                    const dialect::Query& query, json::array results);

}  // namespace views
