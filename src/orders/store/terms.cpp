#include "store/terms.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "store/error.h"

namespace store {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 3> kinds = {"created", "changed", "removed"};
constexpr std::array<std::string_view, 4> keys = {"id", "created_at", "updated_at", "total_price"};

template <class Value, std::size_t size>
std::optional<Value> named(const std::array<std::string_view, size>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Value>(found - names.begin());
}

template <class Number>
bool read(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string text_of(const Position& position) {
  return fmt::format("{}-{}", position.transaction, position.id);
}

std::optional<Position> position_named(std::string_view text) {
  const std::size_t dash = text.find('-');
  Position position;
  if (dash == text.npos || !read(text.substr(0, dash), position.transaction) ||
      !read(text.substr(dash + 1), position.id) || position.id < 0)
    return std::nullopt;
  return position;
}

std::string_view name_of(Event::Kind kind) { return kinds.at(static_cast<std::size_t>(kind)); }

Event::Kind known_kind(std::string_view name) {
  if (const auto kind = named<Event::Kind>(kinds, name)) return *kind;
  throw StoreError(StoreError::Outcome::not_committed,
                   fmt::format("the database has an event of the kind '{}'", name));
}

bool is_there_for(const Actor& actor, std::string_view customer_name) {
  return !actor.own_only || actor.name == customer_name;
}

Versions one_of(std::vector<Version> versions) { return {std::move(versions), true}; }

Versions any_but(std::vector<Version> versions) { return {std::move(versions), false}; }

bool is_wanted(const Versions& versions, Version version) {
  const auto& listed = versions.listed;
  const bool is_listed = std::find(listed.begin(), listed.end(), version) != listed.end();
  return is_listed == versions.are_wanted;
}

// As the indexes in migrations.cpp are.
std::vector<Equality> equalities_of(const Selection& selection) {
  const bool by_id = selection.key == Selection::Key::id;
  const bool by_id_or_creation = by_id || selection.key == Selection::Key::created_at;
  std::vector<Equality> equalities;
  if (selection.customer_name)
    equalities.push_back({"customer_name", *selection.customer_name, by_id});
  if (selection.restaurant_name)
    equalities.push_back({"restaurant_name", *selection.restaurant_name, by_id_or_creation});
  if (selection.status) equalities.push_back({"status", *selection.status, by_id_or_creation});
  return equalities;
}

std::int64_t key_of(const Order& order, Selection::Key key) {
  switch (key) {
    case Selection::Key::created_at:
      return order.created_at.count();
    case Selection::Key::updated_at:
      return order.updated_at.count();
    case Selection::Key::total_price:
      return order.total_price;
    case Selection::Key::id:
      break;
  }
  return order.id;
}

std::string_view name_of(Selection::Key key) { return keys.at(static_cast<std::size_t>(key)); }

std::optional<Selection::Key> sort_key_named(std::string_view name) {
  return named<Selection::Key>(keys, name);
}

}  // namespace store
