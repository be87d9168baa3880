#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dialect/negotiation.h"
#include "frame/problem.h"
#include "http/message.h"
#include "order/order.h"
#include "store/order_store.h"

/// Conditional requests (RFC 9110, section 13) about one order.
namespace views {

/// The entity tag of an order in that version: "3". It is strong, so another form of the same order
/// has another tag: "3-html", "3-indent4".
[[nodiscard]] std::string etag_of(order::Version version, const dialect::Rendering& rendering);

/// What If-Match or If-None-Match lists.
struct EntityTags {
  struct Tag {
    std::string text;  // with its quotes
    bool weak = false;
  };
  bool any = false;  // "*"
  std::vector<Tag> tags;
};

/// Nothing if there is no such header. The header may be there more than once, and is a list.
[[nodiscard]] base::Result<std::optional<EntityTags>, frame::Problem> read_entity_tags(
    const http::Fields& fields, std::string_view name);

/// The versions that a change may find: those that If-Match lists, but for those that If-None-Match
/// does, in whatever form of the order they were seen. If-Match compares strongly, so weak tags are
/// of no version; If-None-Match weakly, and its * leaves none.
[[nodiscard]] store::Versions versions_of(
    const std::optional<EntityTags>& if_match,
    const std::optional<EntityTags>& if_none_match = std::nullopt);

/// Whether `etag` is one of those that If-None-Match of a read lists, by weak comparison.
[[nodiscard]] bool is_listed(std::string_view etag, const EntityTags& if_none_match);

}  // namespace views
