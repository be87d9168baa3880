#include "frame/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "base/random.h"
#include "frame/authentication.h"
#include "frame/bearer.h"
#include "frame/hosts.h"
#include "frame/openapi.h"
#include "frame/page.h"
#include "frame/render.h"
#include "store/error.h"

namespace frame {
namespace {

/// A text of the client's that may stand in our log and answers.
bool is_plain_id(std::string_view text) {
  constexpr std::size_t longest = 64;
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

Problem failed(const store::StoreError& error) {
  if (error.outcome() == store::StoreError::Outcome::unknown)
    return {
        .status = 500,
        .code = "outcome_unknown",
        .detail = "The database failed while it committed: the change may or may not be there."};
  return {.status = 503,
          .code = "database_unavailable",
          .detail = "The database cannot do this now. Nothing was changed; try again."};
}

/// Where the original on such a database answers 500.
Problem unstorable(const store::Unstorable& error) {
  return {.status = 400,
          .code = "unstorable",
          .detail = fmt::format("The database cannot keep this text: {}.", error.what())};
}

/// What is told of what a view threw; its cause is for the log.
Problem failure(const std::exception_ptr& thrown, Call& call) {
  try {
    std::rethrow_exception(thrown);
  } catch (const store::Unsupported& error) {
    return {.status = 501, .code = "strategy_unsupported", .detail = error.what()};
  } catch (const store::Unstorable& error) {
    return unstorable(error);
  } catch (const store::StoreError& error) {
    call.error = error.what();
    return failed(error);
  } catch (const std::exception& error) {
    call.error = error.what();
  } catch (...) {
    call.error = "no std::exception";
  }
  return {.status = 500, .code = "internal", .detail = "The server failed."};
}

Problem no_such_method(std::string_view method, dialect::Language language) {
  return {.status = 405,
          .code = "method_not_allowed",
          .detail = dialect::say(dialect::Message::method_not_allowed, language, method)};
}

}  // namespace

Service::Service(Served served, const Instruments& instruments, ServiceOptions options,
                 std::function<void(const Visit&)> log)
    : served_(std::move(served)),
      clock_(instruments.clock),
      metrics_(instruments.metrics),
      options_(std::move(options)),
      openapi_(openapi_document_of(options_.mounts)),
      log_(std::move(log)),
      id_prefix_(static_cast<std::uint32_t>(base::fresh_seed())) {}

const Actions& Service::actions_at(Mount mount) const {
  switch (mount) {
    case Mount::v1:
      return served_.v1;
    case Mount::std:
      return served_.std;
    case Mount::v2:
    case Mount::lab:
      break;
  }
  return served_.v2;
}

/// Where a request went, as metrics call it: one of a few names, whatever the client asked for.
std::string Service::mount_label(const Route& route) const {
  if (!is_mounted(route) || route.kind == Route::Kind::redirect) return "";
  switch (route.mount) {
    case Mount::v1:
      return "v1";
    case Mount::std:
      return "std";
    case Mount::v2:
      return "v2";
    case Mount::lab:
      break;
  }
  const auto& strategies = served_.lab;
  const bool is_known =
      std::find(strategies.begin(), strategies.end(), route.strategy) != strategies.end();
  return is_known ? "lab/" + route.strategy : "lab";
}

asio::awaitable<net::Answer> Service::answer(http::Request request) {
  const base::Nanoseconds begun = clock_.now();
  const std::string_view given = http::find(request.fields, "X-Request-Id").value_or("");
  const std::string id =
      is_plain_id(given) ? std::string(given) : fmt::format("{:08x}-{}", id_prefix_, ++visits_);
  const std::size_t mark = std::min(request.target.find('?'), request.target.size());
  Call call{.route = find_route(std::string_view(request.target).substr(0, mark)),
            .query_text = request.target.substr(std::min(mark + 1, request.target.size()))};
  call.query = dialect::Query(call.query_text);
  call.request = std::move(request);
  net::Answer answer = co_await respond(call);
  http::Response& response = answer.response;
  response.fields.push_back({"X-Content-Type-Options", "nosniff"});
  response.fields.push_back({"Referrer-Policy", "same-origin"});
  response.fields.push_back({"X-Frame-Options", "DENY"});
  response.fields.push_back({"X-Request-Id", id});
  const base::Nanoseconds took = clock_.now() - begun;
  metrics_.count({.mount = mount_label(call.route),
                  .route = label_of(call.route.kind),
                  .method = call.request.method,
                  .status = response.status,
                  .took = took});
  log_({.method = call.request.method,
        .target = call.request.target,
        .status = response.status,
        .milliseconds = base::in_milliseconds(took),
        .request_id = id,
        .error = call.error});
  co_return answer;
}

asio::awaitable<net::Answer> Service::respond(Call& call) {
  if (is_operation(call.route)) {
    http::Response said = co_await served_.operations(call);
    co_return said;
  }
  if (!is_allowed_host(http::find(call.request.fields, "Host"), options_.allowed_hosts))
    co_return bare_page(400, "Bad Request (400)", "");
  if (!serves(call.route)) co_return nowhere();
  if (call.route.kind == Route::Kind::redirect) co_return redirect(call);
  if (call.route.kind == Route::Kind::openapi) co_return openapi(call);
  if (call.route.kind == Route::Kind::events) {
    net::Answer stream = co_await listen(call);
    co_return stream;
  }
  // Django refuses these before anything looks at them.
  if (is_original(call.route.mount) && call.query.is_too_long())
    co_return bare_page(400, "Bad Request (400)", "");
  const Actions& actions = actions_at(call.route.mount);
  const std::string& allow = actions.allowed(call.route.kind);
  const std::string format = call.route.format.value_or(std::string(call.query.value("format")));
  const auto rendering =
      dialect::choose_rendering(http::find(call.request.fields, "Accept"), format);
  if (!rendering)
    co_return render(call, allow, base::failure(problem_of(rendering.error(), options_.language)),
                     /*negotiated=*/false);
  call.rendering = *rendering;
  // v2 has no users of Django's.
  if (is_original(call.route.mount))
    if (auto refusal = refuse_credentials(call.request, options_.language))
      co_return render(call, allow, base::failure(*std::move(refusal)));
  if (auto refusal = identify(call))
    co_return render(call, allow, base::failure(*std::move(refusal)));
  const Actions::Run* run = actions.find(call.request.method, call.route.kind);
  if (run == nullptr)
    co_return render(call, allow,
                     base::failure(no_such_method(call.request.method, options_.language)));
  Outcome outcome = co_await perform(*run, call);
  net::Producer produce = outcome ? std::move(outcome->produce) : net::Producer();
  if (!produce) co_return render(call, allow, std::move(outcome));
  co_return net::Answer(render(call, allow, std::move(outcome)), std::move(produce));
}

bool Service::serves(const Route& route) const {
  if (!is_mounted(route)) return route.kind != Route::Kind::unknown;
  return options_.mounts.contains(route.mount);
}

http::Response Service::nowhere() const {
  if (!options_.debug)
    return bare_page(404, "Not Found", "The requested resource was not found on this server.");
  std::vector<std::string_view> places;
  for (const Mount mount : options_.mounts) places.push_back(place_of(mount));
  return debug_not_found(places);
}

http::Response Service::openapi(const Call& call) const {
  const std::string& method = call.request.method;
  if (method == "GET" || method == "HEAD")
    return {.fields = {{"Content-Type", "application/json"}}, .body = openapi_};
  return {.status = 405, .fields = {{"Allow", "GET, HEAD"}}};
}

std::optional<Problem> Service::identify(Call& call) const {
  if (!options_.tokens || is_original(call.route.mount)) return std::nullopt;
  auto caller = read_bearer(call.request, *options_.tokens, clock_.wall());
  if (!caller) return std::move(caller.error());
  call.caller = *std::move(caller);
  return std::nullopt;
}

asio::awaitable<net::Answer> Service::listen(Call& call) {
  constexpr std::string_view allow = "GET, HEAD";
  const std::string& method = call.request.method;
  if (method != "GET" && method != "HEAD")
    co_return render(call, allow, base::failure(no_such_method(method, options_.language)));
  if (auto refusal = identify(call))
    co_return render(call, allow, base::failure(*std::move(refusal)));
  Problem problem;
  try {
    auto opened = co_await served_.events(call);
    if (opened) co_return *std::move(opened);
    problem = std::move(opened.error());
  } catch (...) {
    problem = failure(std::current_exception(), call);
  }
  co_return render(call, allow, base::failure(std::move(problem)));
}

asio::awaitable<Outcome> Service::perform(const Actions::Run& run, Call& call) {
  try {
    Outcome outcome = co_await run(call);
    co_return outcome;
  } catch (...) {
    co_return base::failure(failure(std::current_exception(), call));
  }
}

std::vector<Service::Documented> Service::routes() const {
  std::vector<Documented> all = {{"GET", "/livez"},
                                 {"GET", "/readyz"},
                                 {"GET", "/metrics"},
                                 {"GET", "/openapi.json"},
                                 {"GET", "/api/v2/events"}};
  for (const Mount mount : all_mounts)
    for (const Actions::Row& row : actions_at(mount).rows())
      all.push_back({row.method, path_template(mount, row.kind)});
  return all;
}

http::Response Service::redirect(const Call& call) const {
  const std::string& method = call.request.method;
  if (options_.debug && (method == "POST" || method == "PUT" || method == "PATCH"))
    // Django raises here, where a client that followed would lose its body without a word.
    return bare_page(400, "Bad Request (400)",
                     "The path lacks its last slash (APPEND_SLASH), and the body would be lost.");
  return {.status = 301,
          .fields = {{"Content-Type", "text/html; charset=utf-8"},
                     {"Location", call.route.location + (call.query_text.empty() ? "" : "?") +
                                      call.query_text}}};
}

}  // namespace frame
