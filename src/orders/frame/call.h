#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "callers/permissions.h"
#include "dialect/negotiation.h"
#include "dialect/query.h"
#include "frame/problem.h"
#include "frame/routes.h"
#include "http/message.h"
#include "net/server.h"

namespace frame {

/// A request on its way through.
struct Call {
  http::Request request;
  Route route;
  std::string query_text;
  dialect::Query query;
  dialect::Rendering rendering;
  std::optional<callers::Caller> caller;  // nothing: nobody is asked (AUTH=off, v1, std)
  std::string error;                      // for the log: what failed inside
};

/// What a view says to a call, before anybody asks how to write it.
struct Answer {
  int status = 200;
  http::Fields fields;  // those of this answer alone: ETag, Location, Link
  std::optional<json::value> body;
  std::string written;    // the body, if it is JSON already
  net::Producer produce;  // the body, if it is produced while it is sent
};

using Outcome = base::Result<Answer, Problem>;

}  // namespace frame
