#pragma once

#include <string>
#include <string_view>

#include "frame/call.h"
#include "http/message.h"

namespace frame {

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

}  // namespace frame
