#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dialect/query.h"
#include "frame/problem.h"
#include "order/order.h"
#include "store/order_store.h"

/// v2's lists: filters, search, order, and pages by keyset, which stay right while orders come and
/// go, and cost the same wherever they begin.
namespace views {

inline constexpr std::size_t usual_limit = 50;
inline constexpr std::size_t max_limit = 500;
/// Each word is looked for in every order that is passed by.
inline constexpr std::size_t max_search_words = 16;

/// What ?limit=, ?order=, ?cursor= and the filters ask for.
struct Asked {
  store::Selection selection;  // one order more than the limit: whether there is another page
  bool backwards = false;      // the page before the cursor; the selection runs the other way
  bool from_start = true;      // no cursor
};

/// 400 for a value that is none, with the name of its parameter.
[[nodiscard]] base::Result<Asked, frame::Problem> read_selection(const dialect::Query& query);

/// The names that read_selection() knows.
[[nodiscard]] const std::vector<std::string_view>& selection_parameters();

/// A page, and where its neighbours begin.
struct Section {
  std::vector<order::Order> orders;
  std::optional<std::string> next;      // a cursor
  std::optional<std::string> previous;  // likewise
};

/// Cuts what the store found for `asked` to a page, in the order that the client asked for.
[[nodiscard]] Section cut(const Asked& asked, std::vector<order::Order> found);

}  // namespace views
