#include "views/operations.h"

#include <boost/asio/use_awaitable.hpp>
#include <string>

#include "base/json.h"
#include "dialect/python_json.h"

namespace views {
namespace {

http::Response said(int status, const json::object& what) {
  http::Response response{.status = status,
                          .fields = {{"Content-Type", "application/json"}},
                          .body = dialect::write_json(what)};
  if (status == 503) response.fields.push_back({"Retry-After", "1"});
  return response;
}

http::Response no_such_method() { return {.status = 405, .fields = {{"Allow", "GET, HEAD"}}}; }

http::Response numbers(const metrics::Metrics& metrics) {
  return {.fields = {{"Content-Type", std::string(metrics::text_type)}}, .body = metrics.text()};
}

http::Response alive() { return said(200, {{"status", "ok"}}); }
http::Response ready() { return said(200, {{"status", "ready"}}); }
http::Response not_ready(std::string_view reason) {
  return said(503, {{"status", "not ready"}, {"reason", reason}});
}

}  // namespace

asio::awaitable<http::Response> Operations::answer(frame::Call& call) {
  const std::string& method = call.request.method;
  if (method != "GET" && method != "HEAD") co_return no_such_method();
  if (call.route.kind == frame::Route::Kind::metrics) co_return numbers(metrics_);
  if (call.route.kind == frame::Route::Kind::livez) co_return alive();
  http::Response response = co_await readiness(call);
  co_return response;
}

asio::awaitable<http::Response> Operations::readiness(frame::Call& call) {
  if (retiring_) co_return not_ready("stopping");
  try {
    co_await store_.ping();
    co_return ready();
  } catch (const std::exception& error) {
    call.error = error.what();  // for the log: it may name machines and files
  }
  co_return not_ready("the database does not answer");
}

}  // namespace views
