#pragma once

#include <optional>

#include "dialect/messages.h"
#include "frame/problem.h"
#include "http/message.h"

namespace frame {

/// What DRF's BasicAuthentication says where no user is known: whoever gives a name and a password
/// is refused, and other schemes, or none, are left alone. Nothing if the request may go on.
[[nodiscard]] std::optional<Problem> refuse_credentials(const http::Request& request,
                                                        dialect::Language language);

}  // namespace frame
