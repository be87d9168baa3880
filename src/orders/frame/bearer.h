#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "callers/tokens.h"
#include "frame/problem.h"
#include "http/message.h"

namespace frame {

/// Who asks, by the token that the request brings (RFC 6750); a 401 that asks for one, if there is
/// none, or says what is wrong with it.
[[nodiscard]] base::Result<callers::Caller, Problem> read_bearer(const http::Request& request,
                                                                 const callers::Tokens& tokens,
                                                                 base::Nanoseconds wall);

}  // namespace frame
