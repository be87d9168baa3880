#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "expression/expression.h"
#include "http/message.h"
#include "scenario/problem.h"
#include "scenario/scenario.h"

/// Templates become requests. No I/O: jq comes through the port.
namespace scenario {

/// {{name}} by the names in `bindings` ($uuid, $run, $attempt, $index, $base, $host and captures
/// among them). A template that is only one {{x}} gives x with its JSON type, any other a string.
[[nodiscard]] base::Result<json::value, Problem> fill(const Scenario& scenario,
                                                      const Template& text,
                                                      const json::object& bindings,
                                                      const expression::Evaluate& evaluate);

/// The request as it goes out: method, origin-form target (percent-encoded where it must be), the
/// headers of the request and of its actor, Content-Type for JSON and forms, the body. Host,
/// User-Agent and X-Deadheat are the sender's to add. Each name's {{$uuid}} is new for each
/// request: the caller binds it.
[[nodiscard]] base::Result<http::Request, Problem> fill(const Scenario& scenario,
                                                        const Request& request,
                                                        const json::object& bindings,
                                                        const expression::Evaluate& evaluate);

/// Bytes as a JSON string; those that are no UTF-8 are read as ISO 8859-1: every byte stays
/// distinguishable.
[[nodiscard]] json::string as_string(std::string_view bytes);

/// What a sink answers to `call`: {method, path, query, headers, body}, and {{$uuid}} where the
/// caller binds it.
[[nodiscard]] base::Result<http::Response, Problem> fill(const Scenario& scenario,
                                                         const Reply& reply,
                                                         const json::object& call,
                                                         const expression::Evaluate& evaluate);

/// What expressions see of a message: {headers: {name in lower case: value}, body}. The body is the
/// JSON value where it parses as JSON and the type says so or is missing, else a string.
[[nodiscard]] json::object as_value(const http::Fields& fields, const std::string& body);

/// What expressions see of an answer: {status, headers, body}.
[[nodiscard]] json::value as_value(const http::Response& response);

}  // namespace scenario
