#pragma once

#include <span>
#include <string>
#include <string_view>

#include "frame/call.h"
#include "http/message.h"
#include "order/order.h"

namespace service {

/// What a view is called, and how it describes itself.
struct Title {
  std::string name;  // "Order V1 List"
  std::string_view text;
};
[[nodiscard]] Title title_of(const Route& route);

/// An outcome as the client asked for it: JSON, or a page for a browser. `allow` is the header of
/// that name. `negotiated`: a renderer had been found when the outcome was decided. A body that is
/// produced is left out.
[[nodiscard]] http::Response render(const Call& call, std::string_view allow, Outcome outcome,
                                    bool negotiated = true);

/// True if the answer is JSON without blanks, which may be written without a tree.
[[nodiscard]] bool is_plain(const Rendering& rendering);

/// An order, as an answer to this call.
[[nodiscard]] Answer show(const Call& call, const order::Order& order, int status = 200);

/// Orders, as a list.
[[nodiscard]] Answer show(const Call& call, std::span<const order::Order> orders);

/// The API's first page: where its orders are.
[[nodiscard]] Answer show_root(const Call& call);

}  // namespace service
