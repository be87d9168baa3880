#include "pattern.h"

#include <charconv>
#include <utility>

#include "fmt/format.h"

namespace lab {
namespace {

/// The values of the path, then those of the body; `values` borrows from both.
std::vector<Value> values_of(const Call& call, const std::vector<std::string_view>& fields) {
  std::vector<Value> values(call.parameters.begin(), call.parameters.end());
  for (const std::string_view name : fields) {
    const json::value* field = call.body.if_contains(name);
    if (field == nullptr) throw BadRequest(fmt::format("the body has no {}", name));
    if (const auto* number = field->if_int64()) {
      values.emplace_back(*number);
    } else if (const auto* text = field->if_string()) {
      values.emplace_back(std::string_view(text->data(), text->size()));
    } else {
      throw BadRequest(fmt::format("{} is neither a number nor a text", name));
    }
  }
  return values;
}

}  // namespace

Answer ok(json::value body) { return {.status = 200, .body = std::move(body)}; }
Answer ok(Row row) { return ok(json::value(std::move(row.columns))); }
Answer created(std::int64_t id) { return {.status = 201, .body = {{"id", id}}}; }
Answer refuse(int status, std::string_view detail) {
  return {.status = status, .body = {{"detail", detail}}};
}

const std::string& Call::parameter(std::size_t position) const { return parameters.at(position); }

std::int64_t Call::id(std::size_t position) const {
  const std::string& text = parameter(position);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) throw NoRow();
  return value;
}

std::int64_t Call::integer(std::string_view name) const {
  const json::value* field = body.if_contains(name);
  if (field == nullptr || !field->is_int64())
    throw BadRequest(fmt::format("{} has to be a whole number", name));
  return field->as_int64();
}

std::string Call::text(std::string_view name) const {
  const json::value* field = body.if_contains(name);
  if (field == nullptr || !field->is_string())
    throw BadRequest(fmt::format("{} has to be a text", name));
  return {field->as_string().data(), field->as_string().size()};
}

std::string Call::header(std::string_view name) const {
  return std::string(http::find(fields, name).value_or(""));
}

Handler creates(std::string_view sql, std::initializer_list<std::string_view> fields) {
  return [sql, names = std::vector(fields)](Database& db, const Call& call) {
    db.run(sql, values_of(call, names));
    return created(db.last_id());
  };
}

Handler reads(std::string_view sql) {
  return [sql](Database& db, const Call& call) {
    std::vector<Row> rows = db.run(sql, values_of(call, {}));
    if (rows.empty()) throw NoRow();
    return ok(std::move(rows.front()));
  };
}

Handler lists(std::string_view sql) {
  return [sql](Database& db, const Call& call) {
    json::array list;
    std::vector<Row> rows = db.run(sql, values_of(call, {}));
    for (Row& row : rows) list.push_back(std::move(row.columns));
    return ok(std::move(list));
  };
}

}  // namespace lab
