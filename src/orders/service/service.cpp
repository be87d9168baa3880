#include "service/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "base/random.h"
#include "service/authentication.h"
#include "service/body.h"
#include "service/fields.h"
#include "service/page.h"
#include "service/representation.h"
#include "strategy/conditional.h"
#include "strategy/naive.h"

namespace service {
namespace {

/// JSON without blanks: what may be written without a tree.
bool is_plain(const Rendering& rendering) { return !rendering.is_html() && rendering.indent == 0; }

using order::Order;

struct Description {
  std::string_view name;
  std::string_view text;
};
constexpr Description descriptions[] = {
    {"Order V1", ""}, {"Order Std", "Plain ModelViewSet: no override."}, {"Order V2", ""}};

const Description& description_of(Mount mount) {
  return descriptions[static_cast<std::size_t>(mount)];
}

/// What a view is called, and how it describes itself.
struct View {
  std::string name;
  std::string_view text;
};

View view_of(const Route& route) {
  const Description& mount = description_of(route.mount);
  if (route.kind == Route::Kind::root)
    return {"Api Root", "The default basic root view for DefaultRouter"};
  return {fmt::format("{} {}", mount.name, route.kind == Route::Kind::list ? "List" : "Instance"),
          mount.text};
}

/// A text of the client's that may stand in our log and answers.
bool is_plain_id(std::string_view text) {
  constexpr std::size_t longest = 64;
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

/// "api.example" for "api.example:8000"; "[::1]" for "[::1]:8000".
std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon == host.npos || host.ends_with(']')) return host;
  return host.substr(0, colon);
}

bool matches(std::string_view host, std::string_view pattern) {
  if (pattern == "*") return true;
  if (!pattern.starts_with('.')) return http::same_ignoring_case(host, pattern);
  return http::same_ignoring_case(host, pattern.substr(1)) ||
         (host.size() > pattern.size() &&
          http::same_ignoring_case(host.substr(host.size() - pattern.size()), pattern));
}

/// What v1 takes for a status: anything at all, as the note's view does. Only what Django fails on
/// with a 500 is refused.
base::Result<json::value, Problem> status_of(const Body& body, Language language) {
  const json::object* data = body.data.if_object();
  if (data == nullptr) return base::failure(not_an_object(body, language));
  const json::value* status = data->if_contains("status");
  if (status == nullptr)
    return base::failure(invalid({{"status", {say(Message::required, language)}}}));
  if (status->is_null())
    return base::failure(invalid({{"status", {say(Message::null, language)}}}));
  return *status;
}

/// Where no path of ours leads.
http::Response nowhere(bool debug) {
  if (!debug)
    return bare_page(404, "Not Found", "The requested resource was not found on this server.");
  return debug_not_found(known_places());
}

bool is_status_alone(const Body& body) {
  const json::object* data = body.data.if_object();
  return data != nullptr && data->size() == 1 && data->contains("status");
}

base::Result<order::Role, Problem> role_of(const http::Request& request, order::OrderStatus to) {
  const auto named = http::find(request.fields, "X-Role");
  if (!named) return order::usual_role(to);
  if (const auto role = order::role_named(*named)) return *role;
  std::string names;
  for (const order::Role role : order::all_roles)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", order::name_of(role));
  return base::failure(
      invalid({{"X-Role", {fmt::format("\"{}\" is no role; the roles are {}.", *named, names)}}}));
}

Problem refused(const strategy::Refused& refusal, order::OrderStatus to, order::Role who,
                Language language) {
  if (!refusal.found) return not_found(language);
  const std::string& from = *refusal.found;
  Problem problem{
      .status = 409,
      .more = {{"from", from}, {"to", order::name_of(to)}, {"role", order::name_of(who)}}};
  switch (refusal.why) {
    case order::Refusal::same_status:
      problem.code = "same_status";
      problem.detail = fmt::format("The order is {} already.", from);
      break;
    case order::Refusal::no_transition:
      problem.code = "illegal_transition";
      problem.detail =
          fmt::format("An order that is {} cannot become {}.", from, order::name_of(to));
      break;
    case order::Refusal::wrong_role:
      problem.code = "wrong_role";
      problem.detail = fmt::format("A {} cannot change an order that is {} to {}.",
                                   order::name_of(who), from, order::name_of(to));
      break;
  }
  return problem;
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

}  // namespace

Service::Service(store::OrderStore& store, const base::Clock& clock, ServiceOptions options,
                 std::function<void(const Visit&)> log)
    : store_(store),
      clock_(clock),
      options_(std::move(options)),
      log_(std::move(log)),
      id_prefix_(static_cast<std::uint32_t>(base::fresh_seed())) {}

const std::vector<Service::Action>& Service::actions() {
  using Kind = Route::Kind;
  // In the order in which Allow lists them; HEAD and OPTIONS come last by themselves.
  static const std::vector<Action> table = {
      {"GET", Kind::root, {}, &Service::root},
      {"GET", Kind::list, {}, &Service::list},
      {"POST", Kind::list, {}, &Service::create},
      {"GET", Kind::detail, {}, &Service::retrieve},
      {"PUT", Kind::detail, Mount::v1, &Service::update_v1},
      {"PUT", Kind::detail, Mount::std, &Service::update_std},
      {"PUT", Kind::detail, Mount::v2, &Service::update_v2},
      {"PATCH", Kind::detail, Mount::v1, &Service::update_v1},
      {"PATCH", Kind::detail, Mount::std, &Service::update_std},
      {"PATCH", Kind::detail, Mount::v2, &Service::update_v2},
      {"DELETE", Kind::detail, {}, &Service::destroy},
      {"OPTIONS", Kind::root, {}, &Service::describe},
      {"OPTIONS", Kind::list, {}, &Service::describe},
      {"OPTIONS", Kind::detail, {}, &Service::describe},
  };
  return table;
}

const Service::Action* Service::find_action(const Call& call) {
  std::string_view method = call.request.method;
  if (method == "HEAD") method = "GET";
  for (const Action& action : actions())
    if (action.method == method && action.kind == call.route.kind &&
        action.mount.value_or(call.route.mount) == call.route.mount)
      return &action;
  return nullptr;
}

const std::string& Service::allowed_methods(Route::Kind kind) {
  const auto join = [](Route::Kind of) {
    std::string methods;
    for (const Action& action : actions())
      if (action.kind == of && action.method != "OPTIONS" && !methods.ends_with(action.method))
        methods += fmt::format("{}{}", methods.empty() ? "" : ", ", action.method);
    return methods + ", HEAD, OPTIONS";
  };
  static const std::map<Route::Kind, std::string> texts = {
      {Route::Kind::root, join(Route::Kind::root)},
      {Route::Kind::list, join(Route::Kind::list)},
      {Route::Kind::detail, join(Route::Kind::detail)}};
  return texts.at(kind);
}

bool Service::is_allowed_host(const http::Request& request) const {
  const auto host = http::find(request.fields, "Host");
  return host && std::any_of(options_.allowed_hosts.begin(), options_.allowed_hosts.end(),
                             [&](const std::string& pattern) {
                               return matches(without_port(*host), pattern);
                             });
}

asio::awaitable<http::Response> Service::answer(http::Request request) {
  const base::Nanoseconds begun = clock_.now();
  const std::string_view given = http::find(request.fields, "X-Request-Id").value_or("");
  const std::string id =
      is_plain_id(given) ? std::string(given) : fmt::format("{:08x}-{}", id_prefix_, ++visits_);
  const std::size_t mark = std::min(request.target.find('?'), request.target.size());
  Call call{.route = find_route(std::string_view(request.target).substr(0, mark)),
            .query_text = request.target.substr(std::min(mark + 1, request.target.size()))};
  call.query = Query(call.query_text);
  call.request = std::move(request);
  http::Response response = co_await respond(call);
  response.fields.push_back({"X-Content-Type-Options", "nosniff"});
  response.fields.push_back({"Referrer-Policy", "same-origin"});
  response.fields.push_back({"X-Frame-Options", "DENY"});
  response.fields.push_back({"X-Request-Id", id});
  log_({.method = call.request.method,
        .target = call.request.target,
        .status = response.status,
        .milliseconds = base::in_milliseconds(clock_.now() - begun),
        .request_id = id,
        .error = call.error});
  co_return response;
}

asio::awaitable<http::Response> Service::respond(Call& call) {
  // A probe asks the address, whatever name it knows it by.
  if (call.route.kind == Route::Kind::livez)
    co_return http::Response{.fields = {{"Content-Type", "application/json"}},
                             .body = R"({"status":"ok"})"};
  if (!is_allowed_host(call.request)) co_return bare_page(400, "Bad Request (400)", "");
  if (call.route.kind == Route::Kind::unknown) co_return nowhere(options_.debug);
  if (call.route.kind == Route::Kind::redirect) co_return redirect(call);
  const std::string format = call.route.format.value_or(std::string(call.query.value("format")));
  const auto rendering =
      choose_rendering(http::find(call.request.fields, "Accept"), format, options_.language);
  if (!rendering) co_return render(call, base::failure(rendering.error()), false);
  call.rendering = *rendering;
  // v2 has no users of Django's.
  if (call.route.mount != Mount::v2)
    if (auto refusal = refuse_credentials(call.request, options_.language))
      co_return render(call, base::failure(*std::move(refusal)), true);
  const Action* action = find_action(call);
  if (action == nullptr)
    co_return render(call,
                     base::failure(Problem{.status = 405,
                                           .code = "method_not_allowed",
                                           .detail = say(Message::method_not_allowed,
                                                         options_.language, call.request.method)}),
                     true);
  Outcome outcome = co_await perform(*action, call);
  co_return render(call, std::move(outcome), true);
}

asio::awaitable<Service::Outcome> Service::perform(const Action& action, Call& call) {
  try {
    Outcome outcome = co_await (this->*action.run)(call);
    co_return outcome;
  } catch (const store::StoreError& error) {
    call.error = error.what();
    co_return base::failure(failed(error));
  } catch (const store::Unstorable& error) {
    co_return base::failure(unstorable(error));
  } catch (const std::exception& error) {
    call.error = error.what();
  }
  co_return base::failure(
      Problem{.status = 500, .code = "internal", .detail = "The server failed."});
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

http::Response Service::render(const Call& call, Outcome outcome, bool negotiated) {
  if (!outcome && outcome.error().bare) {
    http::Response bare = bare_page(400, "Bad Request (400)", "");
    bare.fields.push_back({"Vary", "Cookie"});
    return bare;
  }
  const bool is_problem = !outcome && call.route.mount == Mount::v2;
  const bool is_html = call.rendering.is_html();
  constexpr std::size_t html_indent = 4;
  const std::size_t indent = is_html ? html_indent : call.rendering.indent;
  std::string text;
  if (!outcome)
    text =
        write_json(is_problem ? as_problem_json(outcome.error()) : as_drf(outcome.error()), indent);
  else if (outcome->body)
    text = write_json(*outcome->body, indent);
  else
    text = std::move(outcome->written);

  http::Response response;
  constexpr std::size_t usual_fields = 12;
  response.fields.reserve(usual_fields);
  response.status = outcome ? outcome->status : outcome.error().status;
  // A browser shows nothing for a 204.
  if (is_html && response.status == 204) response.status = 200;
  if (is_html)
    response.fields.push_back({"Content-Type", "text/html; charset=utf-8"});
  else if (!text.empty())
    response.fields.push_back(
        {"Content-Type", is_problem ? "application/problem+json" : "application/json"});
  // DRF looks at the session only after it has found a renderer.
  response.fields.push_back({"Vary", negotiated ? "Accept, Cookie" : "Accept"});
  response.fields.push_back({"Allow", allowed_methods(call.route.kind)});
  if (response.status == 503) response.fields.push_back({"Retry-After", "1"});
  if (is_html) {
    const View view = view_of(call.route);
    response.body = browsable_page({.name = view.name,
                                    .description = view.text,
                                    .method = call.request.method,
                                    .target = call.request.target,
                                    .json = text},
                                   response);
  } else {
    response.body = std::move(text);
  }
  return response;
}

Service::Answer Service::show(const Call& call, const Order& order, int status) {
  if (!is_plain(call.rendering))
    return {.status = status, .body = representation(order, call.route.mount)};
  Answer answer{.status = status};
  append_representation(order, call.route.mount, answer.written);
  return answer;
}

asio::awaitable<Service::Outcome> Service::root(const Call& call) {
  std::string link =
      fmt::format("http://{}{}orders", *http::find(call.request.fields, "Host"), call.route.prefix);
  const std::string_view asked = call.query.value("format");
  link += call.route.format ? "." + *call.route.format : "/";
  if (!asked.empty()) link += fmt::format("?format={}", asked);
  co_return Answer{.body = json::object{{"orders", link}}};
}

asio::awaitable<Service::Outcome> Service::describe(const Call& call) {
  const View view = view_of(call.route);
  std::string_view action;
  if (call.route.kind == Route::Kind::list) action = "POST";
  if (call.route.kind == Route::Kind::detail) {
    const std::optional<Order> found = co_await find_order(call);
    if (found) action = "PUT";
  }
  co_return Answer{.body = metadata(view.name, view.text, action)};
}

asio::awaitable<Service::Outcome> Service::list(const Call& call) {
  std::vector<Order> orders = co_await all_orders();
  select_orders(orders, call.query, options_.listing);
  Page page{.end = orders.size()};
  const bool paged = options_.listing.page_size > 0;
  if (paged) {
    const auto found = find_page(orders.size(), call.query.value("page"), options_.listing);
    if (!found)
      co_return base::failure(Problem{.status = 404,
                                      .code = "not_found",
                                      .detail = say(Message::invalid_page, options_.language)});
    page = *found;
  }
  if (!paged && is_plain(call.rendering)) {
    std::string all = "[";
    for (const Order& order : orders) {
      if (all.size() > 1) all += ',';
      append_representation(order, call.route.mount, all);
    }
    co_return Answer{.written = std::move(all) + "]"};
  }
  json::array shown;
  shown.reserve(page.end - page.begin);
  for (std::size_t i = page.begin; i < page.end; ++i)
    shown.push_back(representation(orders[i], call.route.mount));
  if (!paged) co_return Answer{.body = std::move(shown)};
  const std::string address =
      fmt::format("http://{}{}", *http::find(call.request.fields, "Host"),
                  std::string_view(call.request.target).substr(0, call.request.target.find('?')));
  co_return Answer{.body = envelope(page, orders.size(), address, call.query, std::move(shown))};
}

asio::awaitable<std::vector<Order>> Service::all_orders() {
  constexpr std::size_t chunk_size = 10'000;
  std::vector<Order> orders;
  for (std::size_t seen = 0;; seen = orders.size()) {
    std::vector<Order> chunk =
        co_await store_.list(orders.empty() ? 0 : orders.back().id, chunk_size);
    orders.insert(orders.end(), std::make_move_iterator(chunk.begin()),
                  std::make_move_iterator(chunk.end()));
    if (orders.size() < seen + chunk_size) co_return orders;
  }
}

asio::awaitable<Service::Outcome> Service::create(const Call& call) {
  const auto body = read_body(call.request, options_.language, options_.json_depth);
  if (!body) co_return base::failure(body.error());
  const auto fields = validate(*body, /*partial=*/false, options_.language);
  if (!fields) co_return base::failure(fields.error());
  order::Draft draft;
  order::apply(fields->changes, draft);
  if (fields->status) draft.status = *fields->status;
  if (call.route.mount == Mount::v2 && draft.status != order::Draft{}.status)
    co_return base::failure(invalid({{"status", {"A new order is pending."}}}));
  store::Actor actor;
  const Order created =
      co_await store_.insert(std::move(draft), std::move(actor), order::timestamp(clock_.wall()));
  co_return show(call, created, 201);
}

asio::awaitable<Service::Outcome> Service::retrieve(const Call& call) {
  const std::optional<Order> found = co_await find_order(call);
  if (!found) co_return base::failure(missing());
  co_return show(call, *found);
}

// The note's view. get_object(), the status out of request.data, a wait, order.save().
asio::awaitable<Service::Outcome> Service::update_v1(const Call& call) {
  std::optional<Order> order = co_await find_order(call);
  if (!order) co_return base::failure(missing());
  const auto body = read_body(call.request, options_.language, options_.json_depth);
  if (!body) co_return base::failure(body.error());
  const auto status = status_of(*body, options_.language);
  if (!status) co_return base::failure(status.error());
  order->status = python_str(*status);
  store::Actor actor;
  const Order saved = co_await strategy::overwrite(store_, clock_, *std::move(order),
                                                   options_.processing_delay, std::move(actor));
  if (status->is_string()) co_return show(call, saved);
  // Django serializes the object in memory, where the status is still what the client sent.
  json::object shown = representation(saved, call.route.mount);
  shown["status"] = *status;
  co_return Answer{.body = std::move(shown)};
}

// A stock ModelViewSet: one call reads, another writes every column. Between them anything can
// happen.
asio::awaitable<Service::Outcome> Service::update_std(const Call& call) {
  std::optional<Order> order = co_await find_order(call);
  if (!order) co_return base::failure(missing());
  const auto body = read_body(call.request, options_.language, options_.json_depth);
  if (!body) co_return base::failure(body.error());
  const auto fields =
      validate(*body, /*partial=*/call.request.method == "PATCH", options_.language);
  if (!fields) co_return base::failure(fields.error());
  order::apply(fields->changes, *order);
  if (fields->status) order->status = *fields->status;
  store::Actor actor;
  const Order saved = co_await strategy::overwrite(store_, clock_, *std::move(order),
                                                   base::Nanoseconds::zero(), std::move(actor));
  co_return show(call, saved);
}

asio::awaitable<Service::Outcome> Service::update_v2(const Call& call) {
  const auto body = read_body(call.request, options_.language, options_.json_depth);
  if (!body) co_return base::failure(body.error());
  // The note's client PUTs a status and nothing else.
  const bool partial = call.request.method == "PATCH" || is_status_alone(*body);
  auto fields = validate(*body, partial, options_.language);
  if (!fields) co_return base::failure(fields.error());
  const auto id = id_of(call.route.key);
  if (!id) co_return base::failure(missing());
  if (fields->status) {
    const order::OrderStatus to = order::status_named(*fields->status).value();
    const auto who = role_of(call.request, to);
    if (!who) co_return base::failure(who.error());
    strategy::StatusChange change{.to = to, .who = *who, .others = std::move(fields->changes)};
    const auto changed =
        co_await strategy::change_conditionally(store_, clock_, *id, std::move(change));
    if (!changed) co_return base::failure(refused(changed.error(), to, *who, options_.language));
    co_return show(call, *changed);
  }
  if (fields->changes.empty()) {
    Outcome unchanged = co_await retrieve(call);
    co_return unchanged;
  }
  store::Versions any;
  store::Actor actor;
  const base::Result<Order, store::Lost> updated =
      co_await store_.update(*id, std::move(fields->changes), std::move(any), std::move(actor),
                             order::timestamp(clock_.wall()));
  if (!updated) co_return base::failure(missing());
  co_return show(call, *updated);
}

asio::awaitable<Service::Outcome> Service::destroy(const Call& call) {
  const auto id = id_of(call.route.key);
  if (!id) co_return base::failure(missing());
  if (options_.listing.search) {
    const std::optional<Order> found = co_await find_order(call);
    if (!found) co_return base::failure(missing());
  }
  store::Versions any;
  store::Actor actor;
  const base::Result<Order, store::Lost> removed = co_await store_.remove(
      *id, std::move(any), std::move(actor), order::timestamp(clock_.wall()));
  if (!removed) co_return base::failure(missing());
  co_return Answer{.status = 204};
}

asio::awaitable<std::optional<Order>> Service::find_order(const Call& call) {
  const auto id = id_of(call.route.key);
  if (!id) co_return std::nullopt;
  std::optional<Order> found = co_await store_.get(*id);
  if (found && !is_searched_for(*found, call.query, options_.listing)) co_return std::nullopt;
  co_return found;
}

}  // namespace service
