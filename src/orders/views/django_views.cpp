#include "views/django_views.h"

#include <fmt/format.h>

#include <functional>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "dialect/body.h"
#include "frame/render.h"
#include "strategy/naive.h"
#include "views/answers.h"
#include "views/fields.h"
#include "views/representation.h"

namespace views {
namespace {

using dialect::Message;
using frame::Actions;
using frame::Answer;
using frame::Call;
using frame::Outcome;
using order::Order;
using store::has_words;

/// How many orders are asked of the store at once: all that a streamed list has in memory.
constexpr std::size_t chunk = 1'000;
constexpr order::OrderId before_all = std::numeric_limits<order::OrderId>::min();

/// How long a status may be in v1, in code points. The original has no bound, but each event of the
/// order's history has two of them, and PostgreSQL's index takes no more than 2,704 bytes.
constexpr std::size_t longest_status = 255;

/// What v1 takes for a status: anything at all, as the note's view does. Only what Django fails on
/// with a 500 is refused, and what is beyond all measure.
base::Result<json::value, frame::Problem> status_of(const dialect::Body& body,
                                                    dialect::Language language) {
  const json::object* data = body.data.if_object();
  if (data == nullptr) return base::failure(not_an_object(body, language));
  const json::value* status = data->if_contains("status");
  if (status == nullptr)
    return base::failure(
        frame::invalid({{"status", {frame::complain(Message::required, language)}}}));
  if (status->is_null())
    return base::failure(frame::invalid({{"status", {frame::complain(Message::null, language)}}}));
  if (base::count_characters(dialect::python_str(*status)) > longest_status)
    return base::failure(frame::invalid(
        {{"status", {frame::complain(Message::too_long, language, longest_status)}}}));
  return *status;
}

}  // namespace

Actions DjangoViews::actions(Update update) {
  using Kind = frame::Route::Kind;
  const auto bind = [this](Update view) { return std::bind_front(view, this); };
  return Actions({
      {"GET", Kind::root, bind(&DjangoViews::root)},
      {"GET", Kind::list, bind(&DjangoViews::list)},
      {"POST", Kind::list, bind(&DjangoViews::create)},
      {"GET", Kind::detail, bind(&DjangoViews::retrieve)},
      {"PUT", Kind::detail, bind(update)},
      {"PATCH", Kind::detail, bind(update)},
      {"DELETE", Kind::detail, bind(&DjangoViews::destroy)},
      {"OPTIONS", Kind::root, bind(&DjangoViews::describe)},
      {"OPTIONS", Kind::list, bind(&DjangoViews::describe)},
      {"OPTIONS", Kind::detail, bind(&DjangoViews::describe)},
  });
}

Actions DjangoViews::v1_actions() { return actions(&DjangoViews::update_v1); }
Actions DjangoViews::std_actions() { return actions(&DjangoViews::update_std); }

asio::awaitable<Outcome> DjangoViews::root(const Call& call) { co_return show_root(call); }

asio::awaitable<Outcome> DjangoViews::describe(const Call& call) {
  const frame::Title title = frame::title_of(call.route);
  std::string_view action;
  if (call.route.kind == frame::Route::Kind::list) action = "POST";
  if (call.route.kind == frame::Route::Kind::detail) {
    const std::optional<Order> found = co_await find_order(call);
    if (found) action = "PUT";
  }
  co_return Answer{.body = metadata(title.name, title.text, action, options_.column_max)};
}

asio::awaitable<Outcome> DjangoViews::list(const Call& call) {
  const store::Excerpt asked = read_excerpt(call.query, options_.listing);
  if (options_.listing.page_size > 0) {
    Outcome page = co_await list_page(call, asked);
    co_return page;
  }
  if (asked.sortings.empty() && call.rendering.is_plain()) {
    Outcome streamed = co_await list_by_chunks(call, asked.search);
    co_return streamed;
  }
  std::vector<Order> orders = co_await all_orders();
  std::erase_if(orders, [&](const Order& order) { return !has_words(order, asked.search); });
  sort(orders, asked.sortings);
  co_return show(call, orders);
}

asio::awaitable<Outcome> DjangoViews::list_page(const Call& call, store::Excerpt asked) {
  // Whoever orders in between is counted or not, as with Django, which asks twice, too.
  const std::size_t count = co_await store_.count(asked.search);
  const auto page = find_page(count, call.query.value("page"), options_.listing);
  if (!page)
    co_return base::failure(
        frame::Problem{.status = 404,
                       .code = "not_found",
                       .detail = dialect::say(Message::invalid_page, options_.language)});
  asked.offset = page->begin;
  asked.limit = page->end - page->begin;
  const std::vector<Order> orders = co_await store_.excerpt(std::move(asked));
  json::array shown;
  shown.reserve(orders.size());
  for (const Order& order : orders) shown.push_back(representation(order, call.route.mount));
  const std::string address =
      fmt::format("http://{}{}", *http::find(call.request.fields, "Host"),
                  std::string_view(call.request.target).substr(0, call.request.target.find('?')));
  co_return Answer{.body = envelope(*page, count, address, call.query, std::move(shown))};
}

asio::awaitable<Outcome> DjangoViews::create(const Call& call) {
  const auto body = dialect::read_body(call.request, options_.json_depth);
  if (!body) co_return base::failure(frame::problem_of(body.error(), options_.language));
  const auto fields = validate(*body, /*partial=*/false, options_.language, options_.column_max);
  if (!fields) co_return base::failure(fields.error());
  order::Draft draft;
  order::apply(fields->changes, draft);
  if (fields->status) draft.status = *fields->status;
  const store::Actor nobody;
  const Order created =
      co_await store_.insert(std::move(draft), nobody, order::timestamp(clock_.wall()));
  co_return show(call, created, 201);
}

asio::awaitable<Outcome> DjangoViews::retrieve(const Call& call) {
  const std::optional<Order> found = co_await find_order(call);
  if (!found) co_return base::failure(missing());
  co_return show(call, *found);
}

// The note's view. get_object(), the status out of request.data, a wait, order.save().
asio::awaitable<Outcome> DjangoViews::update_v1(const Call& call) {
  std::optional<Order> order = co_await find_order(call);
  if (!order) co_return base::failure(missing());
  const auto body = dialect::read_body(call.request, options_.json_depth);
  if (!body) co_return base::failure(frame::problem_of(body.error(), options_.language));
  const auto status = status_of(*body, options_.language);
  if (!status) co_return base::failure(status.error());
  order->status = dialect::python_str(*status);
  const store::Actor nobody;
  const strategy::Means means{store_, clock_, strategy::waiting(options_.processing_delay)};
  const Order saved = co_await strategy::overwrite(means, *std::move(order), nobody);
  if (status->is_string()) co_return show(call, saved);
  // Django serializes the object in memory, where the status is still what the client sent.
  json::object shown = representation(saved, call.route.mount);
  shown["status"] = *status;
  co_return Answer{.body = std::move(shown)};
}

// A stock ModelViewSet: one call reads, another writes every column. Between them anything can
// happen.
asio::awaitable<Outcome> DjangoViews::update_std(const Call& call) {
  std::optional<Order> order = co_await find_order(call);
  if (!order) co_return base::failure(missing());
  const auto body = dialect::read_body(call.request, options_.json_depth);
  if (!body) co_return base::failure(frame::problem_of(body.error(), options_.language));
  const auto fields = validate(*body, /*partial=*/call.request.method == "PATCH", options_.language,
                               options_.column_max);
  if (!fields) co_return base::failure(fields.error());
  order::apply(fields->changes, *order);
  if (fields->status) order->status = *fields->status;
  const store::Actor nobody;
  const strategy::Means means{store_, clock_};
  const Order saved = co_await strategy::overwrite(means, *std::move(order), nobody);
  co_return show(call, saved);
}

asio::awaitable<Outcome> DjangoViews::destroy(const Call& call) {
  const auto id = frame::id_of(call.route.key);
  if (!id) co_return base::failure(missing());
  if (options_.listing.search) {
    const std::optional<Order> found = co_await find_order(call);
    if (!found) co_return base::failure(missing());
  }
  const store::Actor nobody;
  const auto removed =
      co_await store_.remove(*id, store::Versions(), nobody, order::timestamp(clock_.wall()));
  if (!removed) co_return base::failure(missing());
  co_return Answer{.status = 204};
}

asio::awaitable<Outcome> DjangoViews::list_by_chunks(const Call& call, Words words) {
  // The first ones before the head of the answer: a database that is away is a 503 still.
  const std::vector<Order> first = co_await store_.list(before_all, chunk);
  Answer answer{.written = "["};
  const bool some = append_found(first, words, call.route.mount, false, answer.written);
  if (first.size() < chunk) {
    answer.written += ']';
    co_return answer;
  }
  answer.fields.push_back({"Content-Type", "application/json"});
  answer.produce = [this, piece = std::exchange(answer.written, {}), words = std::move(words),
                    mount = call.route.mount, after = first.back().id, some](net::Stream& stream) {
    return write_rest(stream, piece, words, mount, after, some);
  };
  co_return answer;
}

asio::awaitable<void> DjangoViews::write_rest(net::Stream& stream, std::string piece, Words words,
                                              frame::Mount mount, order::OrderId after, bool some) {
  for (bool more = true; more;) {
    const std::vector<Order> orders = co_await store_.list(after, chunk);
    some = append_found(orders, words, mount, some, piece);
    more = orders.size() == chunk;
    if (more)
      after = orders.back().id;
    else
      piece += ']';
    if (piece.empty()) continue;
    std::string next = std::exchange(piece, {});
    const bool taken = co_await stream.write(std::move(next));
    if (!taken) co_return;
  }
}

bool DjangoViews::append_found(const std::vector<Order>& orders, const Words& words,
                               frame::Mount mount, bool some, std::string& out) {
  for (const Order& order : orders) {
    if (!has_words(order, words)) continue;
    if (some) out += ',';
    append_representation(order, mount, out);
    some = true;
  }
  return some;
}

asio::awaitable<std::vector<Order>> DjangoViews::all_orders() {
  std::vector<Order> orders;
  for (;;) {
    const order::OrderId after = orders.empty() ? before_all : orders.back().id;
    std::vector<Order> found = co_await store_.list(after, chunk);
    orders.insert(orders.end(), std::make_move_iterator(found.begin()),
                  std::make_move_iterator(found.end()));
    if (found.size() < chunk) co_return orders;
  }
}

asio::awaitable<std::optional<Order>> DjangoViews::find_order(const Call& call) {
  const auto id = frame::id_of(call.route.key);
  if (!id) co_return std::nullopt;
  std::optional<Order> found = co_await store_.get(*id);
  if (found && !has_words(*found, read_excerpt(call.query, options_.listing).search))
    co_return std::nullopt;
  co_return found;
}

}  // namespace views
