#pragma once

#include <string>

#include "base/json.h"
#include "outcome/outcome.h"
#include "scenario/scenario.h"

/// An answer as expressions see it: {status, headers, body}.
namespace client {

[[nodiscard]] int status_of(const json::value& seen);

/// Of its headers those that the scenario compares.
[[nodiscard]] json::object compared_headers(const scenario::Scenario& scenario,
                                            const json::value& seen);

[[nodiscard]] outcome::Read as_read(std::string name, const scenario::Scenario& scenario,
                                    const json::value& seen);

/// A text as it is, any other value as JSON.
[[nodiscard]] std::string as_text(const json::value& value);

/// The beginning of that, in one line, for messages.
[[nodiscard]] std::string excerpt(const json::value& value);

}  // namespace client
