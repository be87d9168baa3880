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

List::Given MemoryStore::perform(const List& asked) {
  const std::lock_guard lock(memory_->mutex);
  const auto& orders = memory_->contents.orders;
  std::vector<Order> listed;
  for (auto row = orders.upper_bound(asked.after);
       row != orders.end() && listed.size() < asked.limit; ++row)
    listed.push_back(row->second);
  return listed;
}

Select::Given MemoryStore::perform(const Select& asked) {
  const std::lock_guard lock(memory_->mutex);
  const auto place = [&asked](const Order& order) {
    return std::pair(key_of(order, asked.selection.key), order.id);
  };
  const auto before = [&](const auto& a, const auto& b) {
    return asked.selection.descending ? b < a : a < b;
  };
  std::vector<Order> selected;
  for (const auto& [id, order] : memory_->contents.orders)
    if (is_selected(order, asked.selection) &&
        (!asked.selection.after || before(*asked.selection.after, place(order))))
      selected.push_back(order);
  std::sort(selected.begin(), selected.end(),
            [&](const Order& a, const Order& b) { return before(place(a), place(b)); });
  if (selected.size() > asked.selection.limit) selected.resize(asked.selection.limit);
  return selected;
}

TakeExcerpt::Given MemoryStore::perform(const TakeExcerpt& asked) {
  const std::lock_guard lock(memory_->mutex);
  std::vector<Order> found;
  for (const auto& [id, order] : memory_->contents.orders)
    if (has_words(order, asked.excerpt.search)) found.push_back(order);
  sort(found, asked.excerpt.sortings);
  const std::size_t begin = std::min(asked.excerpt.offset, found.size());
  const std::size_t end = begin + std::min(asked.excerpt.limit, found.size() - begin);
  return {found.begin() + static_cast<std::ptrdiff_t>(begin),
          found.begin() + static_cast<std::ptrdiff_t>(end)};
}

Count::Given MemoryStore::perform(const Count& asked) {
  const std::lock_guard lock(memory_->mutex);
  const auto& orders = memory_->contents.orders;
  return static_cast<std::size_t>(std::count_if(orders.begin(), orders.end(), [&](const auto& row) {
    return has_words(row.second, asked.search);
  }));
}

Get::Given MemoryStore::perform(const Get& asked) {
  const std::lock_guard lock(memory_->mutex);
  const auto row = memory_->contents.orders.find(asked.id);
  if (row == memory_->contents.orders.end()) return std::nullopt;
  return row->second;
}

Insert::Given MemoryStore::perform(const Insert& asked) {
  const std::lock_guard lock(memory_->mutex);
  return insert_new(memory_->contents, asked.draft, asked.actor, asked.now);
}

InsertOnce::Given MemoryStore::perform(const InsertOnce& asked) {
  const std::lock_guard lock(memory_->mutex);
  auto& keys = memory_->contents.keys;
  std::erase_if(keys,
                [&asked](const auto& each) { return each.second.at <= asked.now - keys_are_kept; });
  const auto known = keys.find(asked.key);
  if (known == keys.end()) {
    const Order order = insert_new(memory_->contents, asked.draft, asked.actor, asked.now);
    keys.emplace(asked.key, Memory::Key{asked.fingerprint, order.id, asked.now});
    return Created{order};
  }
  if (known->second.fingerprint != asked.fingerprint)
    return base::failure(NotCreated::other_request);
  const Memory::Key& first = known->second;
  return Created{Order{asked.draft, first.order, first.at, first.at, 1}, /*replayed=*/true};
}

InsertAbsent::Given MemoryStore::perform(const InsertAbsent& asked) {
  const std::lock_guard lock(memory_->mutex);
  Contents& contents = memory_->contents;
  std::size_t added = 0;
  for (const Order& order : asked.orders) {
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

Save::Given MemoryStore::perform(const Save& asked) {
  const std::lock_guard lock(memory_->mutex);
  Contents& contents = memory_->contents;
  contents.highest_id = std::max(contents.highest_id, asked.order.id);
  const auto [row, added] = contents.orders.emplace(asked.order.id, asked.order);
  Event event{.order = asked.order.id,
              .to = asked.order.status,
              .actor = asked.actor,
              .at = asked.order.updated_at,
              .customer_name = asked.order.customer_name};
  if (added) {
    event.version = std::max(asked.order.version, last_version(contents, asked.order.id)) + 1;
  } else {
    event.kind = Event::Kind::changed;
    event.from = row->second.status;
    event.version = row->second.version + 1;
  }
  row->second = asked.order;
  row->second.version = event.version;
  tell(contents, std::move(event));
  return row->second;
}

Update::Given MemoryStore::perform(const Update& asked) {
  const std::lock_guard lock(memory_->mutex);
  const auto row = find(memory_->contents, asked.id, asked.versions, asked.actor);
  if (!row) return base::failure(row.error());
  return write(memory_->contents, **row, std::nullopt, asked.changes, asked.actor, asked.now);
}

Transition::Given MemoryStore::perform(const Transition& asked) {
  const std::lock_guard lock(memory_->mutex);
  const auto row = find(memory_->contents, asked.id, asked.versions, asked.actor);
  if (!row) return base::failure(row.error());
  const auto status = order::status_named((*row)->status);
  if (!status || std::find(asked.from.begin(), asked.from.end(), *status) == asked.from.end())
    return base::failure(Lost{(*row)->status, (*row)->version});
  return write(memory_->contents, **row, asked.to, asked.changes, asked.actor, asked.now);
}

Remove::Given MemoryStore::perform(const Remove& asked) {
  const std::lock_guard lock(memory_->mutex);
  const auto row = find(memory_->contents, asked.id, asked.versions, asked.actor);
  if (!row) return base::failure(row.error());
  const Order removed = **row;
  tell(memory_->contents, {.order = asked.id,
                           .kind = Event::Kind::removed,
                           .from = removed.status,
                           .version = removed.version + 1,
                           .actor = asked.actor,
                           .at = asked.now,
                           .customer_name = removed.customer_name});
  memory_->contents.orders.erase(asked.id);
  return removed;
}

ReadHistory::Given MemoryStore::perform(const ReadHistory& asked) {
  const std::lock_guard lock(memory_->mutex);
  std::vector<Event> history;
  for (const Event& event : memory_->contents.events)
    if (event.order == asked.id) history.push_back(event);
  const auto longest = static_cast<std::ptrdiff_t>(longest_history);
  if (std::ssize(history) > longest) history.erase(history.begin(), history.end() - longest);
  return history;
}

ReadEvents::Given MemoryStore::perform(const ReadEvents& asked) {
  const std::lock_guard lock(memory_->mutex);
  std::vector<Event> events;
  for (const Event& event : memory_->contents.events)
    if (asked.after < event.position && events.size() < asked.limit) events.push_back(event);
  return events;
}

LastEvent::Given MemoryStore::perform(const LastEvent& /*asked*/) {
  const std::lock_guard lock(memory_->mutex);
  const auto& events = memory_->contents.events;
  return events.empty() ? Position{} : events.back().position;
}

}  // namespace store
