#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "database.h"
#include "http/message.h"

/// What the lab is made of: patterns, each in three forms, and what a handler is written with.
namespace lab {

/// What a handler answers.
struct Answer {
  int status = 200;
  json::value body;
  http::Fields fields = {};
};

[[nodiscard]] Answer ok(json::value body);
[[nodiscard]] Answer ok(Row row);
[[nodiscard]] Answer created(std::int64_t id);  // 201 {"id": id}
[[nodiscard]] Answer refuse(int status, std::string_view detail);

/// A request, matched to its route. Throws BadRequest if it lacks what a handler asks of it.
struct Call {
  std::vector<std::string> parameters;  // what stood for {...} in the path
  json::object body;
  http::Fields fields;

  [[nodiscard]] std::int64_t id(std::size_t position = 0) const;
  [[nodiscard]] const std::string& parameter(std::size_t position = 0) const;
  [[nodiscard]] std::int64_t integer(std::string_view name) const;  // of the body
  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] std::string header(std::string_view name) const;  // empty if there is none
};

struct BadRequest : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using Handler = std::function<Answer(Database&, const Call&)>;

struct Route {
  std::string_view request;  // "POST /coupons/{id}/redeem"
  Handler handler;
};

/// Handlers that are one statement. Its values are those of the path, then the body's `fields`.
[[nodiscard]] Handler creates(std::string_view sql,
                              std::initializer_list<std::string_view> fields = {});
[[nodiscard]] Handler reads(std::string_view sql);  // one row, or 404
[[nodiscard]] Handler lists(std::string_view sql);

/// One request in three forms.
struct Variants {
  std::string_view request;
  Handler faulty;
  Handler cured;
  Handler refusing;
};

/// A race as people write it, its cure, and its cure by turning the loser away. Each form has a
/// database of its own.
struct Pattern {
  std::string_view name;
  std::string_view title;
  std::string_view cwe;
  std::string_view window;   // of the faulty form: from what to what
  std::string_view cure;     // how the cured form does it
  std::string_view refusal;  // how the refusing form does it, and what the loser is told
  std::string_view schema;
  std::string_view constraint = "";  // what the faulty form lacks
  std::vector<Route> routes;         // of all forms
  std::vector<Variants> variants;
  std::string_view source = "";  // where it is written, in patterns/
};

/// An API that is all right, however it looks. `expect`: the verdicts that are allowed.
struct Control {
  std::string_view name;
  std::string_view title;
  std::vector<std::string_view> expect;
  std::string_view why;          // why it is no race
  std::string_view server = "";  // options of `lab serve` that it needs
  std::string_view schema = "";
  std::vector<Route> routes = {};
};

}  // namespace lab
