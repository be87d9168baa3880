#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "frame/problem.h"
#include "http/message.h"
#include "order/order.h"

/// The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07).
namespace views {

/// The key of a request: a string of structured fields ("8e03..."), or the same without its quotes,
/// since most clients send it so. Nothing if there is none; 400 for one that is empty, longer than
/// 255 characters, or there twice.
[[nodiscard]] base::Result<std::optional<std::string>, frame::Problem> read_idempotency_key(
    const http::Fields& fields);

/// What a repeat has in common with its first request: all that the order is made of.
[[nodiscard]] std::string fingerprint_of(const order::Draft& draft);

}  // namespace views
