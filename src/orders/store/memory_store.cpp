#include "store/memory_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace store {
namespace {

using Contents = Memory::Contents;

void tell(Contents& contents, Event event) {
  event.position.id = static_cast<std::int64_t>(contents.events.size()) + 1;
  event.actor.own_only = false;
  contents.events.push_back(std::move(event));
}

Order insert_new(Contents& contents, const Draft& draft, const Actor& actor, Timestamp now) {
  const OrderId id = ++contents.highest_id;
  tell(contents, {.order = id,
                  .to = draft.status,
                  .version = 1,
                  .actor = actor,
                  .at = now,
                  .customer_name = draft.customer_name});
  return contents.orders[id] = Order{draft, id, now, now, 1};
}

const Order& write(Contents& contents, Order& row, std::optional<OrderStatus> to,
                   const Changes& changes, const Actor& actor, Timestamp now) {
  Event event{
      .order = row.id, .kind = Event::Kind::changed, .from = row.status, .actor = actor, .at = now};
  if (to) row.status = order::name_of(*to);
  order::apply(changes, row);
  row.updated_at = now;
  event.to = row.status;
  event.customer_name = row.customer_name;
  event.version = ++row.version;
  tell(contents, std::move(event));
  return row;
}

/// The row, if it is there for the actor and has one of these versions.
base::Result<Order*, Lost> find(Contents& contents, OrderId id, const Versions& versions,
                                const Actor& actor) {
  const auto row = contents.orders.find(id);
  if (row == contents.orders.end() || !is_there_for(actor, row->second.customer_name))
    return base::failure(Lost{});
  if (!is_wanted(versions, row->second.version))
    return base::failure(Lost{row->second.status, row->second.version});
  return &row->second;
}

/// The highest version that the order ever had, if it is gone.
Version last_version(const Contents& contents, OrderId id) {
  Version last = 0;
  for (const Event& event : contents.events)
    if (event.order == id) last = std::max(last, event.version);
  return last;
}

bool is_selected(const Order& order, const Selection& selection) {
  const auto equals = [](const std::optional<std::string>& wanted, const std::string& text) {
    return !wanted || *wanted == text;
  };
  return equals(selection.status, order.status) &&
         equals(selection.customer_name, order.customer_name) &&
         equals(selection.restaurant_name, order.restaurant_name) &&
         has_words(order, selection.search);
}

}  // namespace

std::vector<Order> MemoryStore::list(OrderId after, std::size_t limit) {
  const std::lock_guard lock(memory_->mutex);
  const auto& orders = memory_->contents.orders;
  std::vector<Order> listed;
  for (auto row = orders.upper_bound(after); row != orders.end() && listed.size() < limit; ++row)
    listed.push_back(row->second);
  return listed;
}

std::vector<Order> MemoryStore::select(const Selection& selection) {
  const std::lock_guard lock(memory_->mutex);
  const auto place = [&selection](const Order& order) {
    return std::pair(key_of(order, selection.key), order.id);
  };
  const auto before = [&](const auto& a, const auto& b) {
    return selection.descending ? b < a : a < b;
  };
  std::vector<Order> selected;
  for (const auto& [id, order] : memory_->contents.orders)
    if (is_selected(order, selection) &&
        (!selection.after || before(*selection.after, place(order))))
      selected.push_back(order);
  std::sort(selected.begin(), selected.end(),
            [&](const Order& a, const Order& b) { return before(place(a), place(b)); });
  if (selected.size() > selection.limit) selected.resize(selection.limit);
  return selected;
}

std::vector<Order> MemoryStore::excerpt(const Excerpt& excerpt) {
  const std::lock_guard lock(memory_->mutex);
  std::vector<Order> found;
  for (const auto& [id, order] : memory_->contents.orders)
    if (has_words(order, excerpt.search)) found.push_back(order);
  sort(found, excerpt.sortings);
  const std::size_t begin = std::min(excerpt.offset, found.size());
  const std::size_t end = begin + std::min(excerpt.limit, found.size() - begin);
  return {found.begin() + static_cast<std::ptrdiff_t>(begin),
          found.begin() + static_cast<std::ptrdiff_t>(end)};
}

std::size_t MemoryStore::count(const std::vector<std::string>& search) {
  const std::lock_guard lock(memory_->mutex);
  const auto& orders = memory_->contents.orders;
  return static_cast<std::size_t>(std::count_if(orders.begin(), orders.end(), [&](const auto& row) {
    return has_words(row.second, search);
  }));
}

std::optional<Order> MemoryStore::get(OrderId id) {
  const std::lock_guard lock(memory_->mutex);
  const auto row = memory_->contents.orders.find(id);
  if (row == memory_->contents.orders.end()) return std::nullopt;
  return row->second;
}

Order MemoryStore::insert(const Draft& draft, const Actor& actor, Timestamp now) {
  const std::lock_guard lock(memory_->mutex);
  return insert_new(memory_->contents, draft, actor, now);
}

base::Result<Created, NotCreated> MemoryStore::insert_once(const std::string& key,
                                                           const std::string& fingerprint,
                                                           const Draft& draft, const Actor& actor,
                                                           Timestamp now) {
  const std::lock_guard lock(memory_->mutex);
  auto& keys = memory_->contents.keys;
  std::erase_if(keys, [now](const auto& each) { return each.second.at <= now - keys_are_kept; });
  const auto known = keys.find(key);
  if (known == keys.end()) {
    const Order order = insert_new(memory_->contents, draft, actor, now);
    keys.emplace(key, Memory::Key{fingerprint, order.id, now});
    return Created{order};
  }
  if (known->second.fingerprint != fingerprint) return base::failure(NotCreated::other_request);
  const Memory::Key& first = known->second;
  return Created{Order{draft, first.order, first.at, first.at, 1}, /*replayed=*/true};
}

std::size_t MemoryStore::insert_absent(std::span<const Order> orders) {
  const std::lock_guard lock(memory_->mutex);
  Contents& contents = memory_->contents;
  std::size_t added = 0;
  for (const Order& order : orders) {
    const auto [row, is_new] = contents.orders.emplace(order.id, order);
    if (!is_new) continue;
    contents.highest_id = std::max(contents.highest_id, order.id);
    row->second.version = std::max(order.version, last_version(contents, order.id) + 1);
    tell(contents, {.order = order.id,
                    .to = order.status,
                    .version = row->second.version,
                    .at = order.created_at,
                    .customer_name = order.customer_name});
    ++added;
  }
  return added;
}

Order MemoryStore::save(const Order& order, const Actor& actor) {
  const std::lock_guard lock(memory_->mutex);
  Contents& contents = memory_->contents;
  contents.highest_id = std::max(contents.highest_id, order.id);
  const auto [row, added] = contents.orders.emplace(order.id, order);
  Event event{.order = order.id,
              .to = order.status,
              .actor = actor,
              .at = order.updated_at,
              .customer_name = order.customer_name};
  if (added) {
    event.version = std::max(order.version, last_version(contents, order.id)) + 1;
  } else {
    event.kind = Event::Kind::changed;
    event.from = row->second.status;
    event.version = row->second.version + 1;
  }
  row->second = order;
  row->second.version = event.version;
  tell(contents, std::move(event));
  return row->second;
}

base::Result<Order, Lost> MemoryStore::update(OrderId id, const Changes& changes,
                                              const Versions& versions, const Actor& actor,
                                              Timestamp now) {
  const std::lock_guard lock(memory_->mutex);
  const auto row = find(memory_->contents, id, versions, actor);
  if (!row) return base::failure(row.error());
  return write(memory_->contents, **row, std::nullopt, changes, actor, now);
}

base::Result<Order, Lost> MemoryStore::transition(OrderId id, std::span<const OrderStatus> from,
                                                  OrderStatus to, const Changes& changes,
                                                  const Versions& versions, const Actor& actor,
                                                  Timestamp now) {
  const std::lock_guard lock(memory_->mutex);
  const auto row = find(memory_->contents, id, versions, actor);
  if (!row) return base::failure(row.error());
  const auto status = order::status_named((*row)->status);
  if (!status || std::find(from.begin(), from.end(), *status) == from.end())
    return base::failure(Lost{(*row)->status, (*row)->version});
  return write(memory_->contents, **row, to, changes, actor, now);
}

base::Result<Order, Lost> MemoryStore::remove(OrderId id, const Versions& versions,
                                              const Actor& actor, Timestamp now) {
  const std::lock_guard lock(memory_->mutex);
  const auto row = find(memory_->contents, id, versions, actor);
  if (!row) return base::failure(row.error());
  const Order removed = **row;
  tell(memory_->contents, {.order = id,
                           .kind = Event::Kind::removed,
                           .from = removed.status,
                           .version = removed.version + 1,
                           .actor = actor,
                           .at = now,
                           .customer_name = removed.customer_name});
  memory_->contents.orders.erase(id);
  return removed;
}

std::vector<Event> MemoryStore::history(OrderId id) {
  const std::lock_guard lock(memory_->mutex);
  std::vector<Event> history;
  for (const Event& event : memory_->contents.events)
    if (event.order == id) history.push_back(event);
  const auto longest = static_cast<std::ptrdiff_t>(longest_history);
  if (std::ssize(history) > longest) history.erase(history.begin(), history.end() - longest);
  return history;
}

std::vector<Event> MemoryStore::events(Position after, std::size_t limit) {
  const std::lock_guard lock(memory_->mutex);
  std::vector<Event> events;
  for (const Event& event : memory_->contents.events)
    if (after < event.position && events.size() < limit) events.push_back(event);
  return events;
}

Position MemoryStore::last_event() {
  const std::lock_guard lock(memory_->mutex);
  const auto& events = memory_->contents.events;
  return events.empty() ? Position{} : events.back().position;
}

}  // namespace store
