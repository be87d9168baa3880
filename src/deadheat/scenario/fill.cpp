#include "scenario/fill.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/utf8.h"
#include "scenario/fields.h"
#include "scenario/target.h"
#include "scenario/template.h"

namespace scenario {
namespace {

constexpr std::string_view line_breakers("\r\n\0", 3);

/// Fills the templates of one request. The bindings are the caller's over the actor's own values.
class Filler {
 public:
  Filler(const Scenario& scenario, const json::object& bindings,
         const expression::Evaluate& evaluate)
      : scenario_(scenario), bindings_(bindings), evaluate_(evaluate) {}

  [[nodiscard]] tl::unexpected<Problem> problem(Place place, std::string message) const {
    return base::failure(Problem{scenario_.file, place, std::move(message)});
  }

  [[nodiscard]] base::Result<json::value, Problem> value(const Template& given) const {
    const auto pieces = split(given.text);
    if (pieces && pieces->size() == 1 && pieces->front().kind != Piece::Kind::literal)
      return value(pieces->front(), given.place);
    return text(given).map([](const std::string& whole) { return json::value(whole); });
  }

  /// Text, whatever the types of what is inserted.
  [[nodiscard]] base::Result<std::string, Problem> text(const Template& given) const {
    const auto pieces = split(given.text);
    if (!pieces) return problem(given.place, pieces.error());
    std::string whole;
    for (const Piece& piece : *pieces) {
      auto part = inserted(piece, given.place);
      if (!part) return part;
      whole += *part;
    }
    return whole;
  }

  [[nodiscard]] base::Result<std::string, Problem> target(const Template& target) const {
    const auto pieces = split(target.text);
    if (!pieces) return problem(target.place, pieces.error());
    // A target that begins with {{x}} follows a link, or names a base: its signs are the URL's.
    const bool begins_with_value = !pieces->empty() && pieces->front().kind != Piece::Kind::literal;
    std::string url;
    for (std::size_t i = 0; i < pieces->size(); ++i) {
      const Piece& piece = (*pieces)[i];
      auto part = inserted(piece, target.place);
      if (!part) return part;
      const bool is_url = piece.kind == Piece::Kind::literal || (i == 0 && begins_with_value);
      url += is_url ? *part : encode_component(*part);
    }
    auto path = origin_form(url, scenario_.targets);
    if (!path) return problem(target.place, path.error());
    if (const std::size_t fragment = path->find('#'); fragment != std::string::npos)
      path->erase(fragment);
    return encode_url(*path);
  }

  [[nodiscard]] base::Result<json::value, Problem> document(const json::value& given,
                                                            Place place) const {
    if (const auto* string = given.if_string()) return value({std::string(*string), place});
    if (const auto* array = given.if_array()) {
      json::array filled;
      for (const json::value& element : *array) {
        auto part = document(element, place);
        if (!part) return part;
        filled.push_back(std::move(*part));
      }
      return filled;
    }
    if (const auto* object = given.if_object()) {
      json::object filled;
      for (const auto& [key, member] : *object) {
        auto name = text({std::string(key), place});
        if (!name) return base::failure(std::move(name.error()));
        auto part = document(member, place);
        if (!part) return part;
        if (!filled.emplace(*name, std::move(*part)).second)
          return problem(place, fmt::format("the key \"{}\" appears twice after filling", *name));
      }
      return filled;
    }
    return given;
  }

 private:
  [[nodiscard]] base::Result<json::value, Problem> value(const Piece& piece, Place place) const {
    if (piece.kind == Piece::Kind::name) {
      if (const json::value* bound = bindings_.if_contains(piece.text)) return *bound;
      return problem(place, fmt::format("nothing binds {{{{{}}}}}", piece.text));
    }
    auto computed = evaluate_(program_of(piece), bindings_);
    if (!computed)
      return problem(place, fmt::format("{{{{ {} }}}}: {}", piece.text, computed.error().message));
    return std::move(*computed);
  }

  /// What a piece puts into a text. A null there would be a mistake that no server tells.
  [[nodiscard]] base::Result<std::string, Problem> inserted(const Piece& piece, Place place) const {
    if (piece.kind == Piece::Kind::literal) return piece.text;
    const auto bound = value(piece, place);
    if (!bound) return base::failure(bound.error());
    if (bound->is_null())
      return problem(place,
                     fmt::format("{{{{{}}}}} is null, which cannot be part of a text", piece.text));
    if (const auto* string = bound->if_string()) return std::string(*string);
    return base::to_text(*bound);
  }

  const Scenario& scenario_;
  const json::object& bindings_;
  const expression::Evaluate& evaluate_;
};

/// One line. As base::to_text, but 18000.5 and 1.0 as people write them, not 1.80005E4 and 1E0.
void write_json(const json::value& value, std::string& out) {
  auto separate = [&out, first = true]() mutable {
    if (!std::exchange(first, false)) out += ',';
  };
  if (const auto* object = value.if_object()) {
    out += '{';
    for (const auto& [key, member] : *object) {
      separate();
      out += base::to_text(json::value(key)) + ':';
      write_json(member, out);
    }
    out += '}';
  } else if (const auto* array = value.if_array()) {
    out += '[';
    for (const json::value& element : *array) {
      separate();
      write_json(element, out);
    }
    out += ']';
  } else if (const double* number = value.if_double()) {
    const std::string digits = fmt::format("{}", *number);
    out += digits;
    if (digits.find_first_not_of("-0123456789") == std::string::npos) out += ".0";
  } else {
    out += base::to_text(value);
  }
}

struct Payload {
  std::string type;  // the Content-Type, empty for none
  std::string bytes;
};

base::Result<Payload, Problem> payload(const Filler& filler, const Body& body) {
  if (body.kind == Body::Kind::none) return Payload{};
  if (body.kind == Body::Kind::bytes) return Payload{"", std::string(body.value.as_string())};
  if (body.kind == Body::Kind::text)
    return filler.text({std::string(body.value.as_string()), body.place}).map([](std::string text) {
      return Payload{"", std::move(text)};
    });
  if (body.kind == Body::Kind::json) {
    const auto document = filler.document(body.value, body.place);
    if (!document) return base::failure(document.error());
    Payload filled{"application/json", ""};
    write_json(*document, filled.bytes);
    return filled;
  }
  Payload filled{"application/x-www-form-urlencoded", ""};
  for (const auto& [key, field] : body.value.as_object()) {
    const auto name = filler.text({std::string(key), body.place});
    if (!name) return base::failure(name.error());
    const auto text = filler.text({std::string(field.as_string()), body.place});
    if (!text) return base::failure(text.error());
    if (!filled.bytes.empty()) filled.bytes += '&';
    filled.bytes += encode_form(*name) + '=' + encode_form(*text);
  }
  return filled;
}

bool has(const std::vector<HeaderTemplate>& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(), [&](const HeaderTemplate& header) {
    return http::same_ignoring_case(header.name, name);
  });
}

/// The actor's headers, where the request has none of that name, and then its own. Cookies add up.
std::vector<HeaderTemplate> headers_of(const Request& request, const Actor* actor) {
  std::vector<HeaderTemplate> headers;
  if (actor != nullptr)
    for (const HeaderTemplate& header : actor->headers)
      if (!has(request.headers, header.name) || http::same_ignoring_case(header.name, "cookie"))
        headers.push_back(header);
  headers.insert(headers.end(), request.headers.begin(), request.headers.end());
  return headers;
}

base::Result<http::Fields, Problem> fields(const Filler& filler,
                                           const std::vector<HeaderTemplate>& headers) {
  http::Fields filled;
  for (const HeaderTemplate& header : headers) {
    auto text = filler.text(header.value);
    if (!text) return base::failure(std::move(text.error()));
    if (text->find_first_of(line_breakers) != std::string::npos)
      return filler.problem(
          header.value.place,
          fmt::format("the header {} would contain a line break or NUL after filling",
                      header.name));
    filled.push_back({header.name, std::move(*text)});
  }
  return filled;
}

json::object with_variables(const json::object& bindings, const Actor* actor) {
  json::object all = bindings;
  if (actor != nullptr)
    for (const auto& variable : actor->variables) all.emplace(variable.key(), variable.value());
  return all;
}

bool may_be_json(std::optional<std::string_view> content_type) {
  if (!content_type) return true;
  std::string type = base::lower(content_type->substr(0, content_type->find(';')));
  type.erase(type.find_last_not_of(" \t") + 1);
  return type.ends_with("/json") || type.ends_with("+json");
}

}  // namespace

json::string as_string(std::string_view bytes) {
  if (base::is_utf8(bytes)) return json::string(bytes);
  std::string text;
  for (const char byte : bytes) base::append_utf8(text, static_cast<unsigned char>(byte));
  return json::string(text);
}

base::Result<json::value, Problem> fill(const Scenario& scenario, const Template& text,
                                        const json::object& bindings,
                                        const expression::Evaluate& evaluate) {
  return Filler(scenario, bindings, evaluate).value(text);
}

base::Result<http::Request, Problem> fill(const Scenario& scenario, const Request& request,
                                          const json::object& bindings,
                                          const expression::Evaluate& evaluate) {
  const Actor* actor = find_actor(scenario, request.actor);
  const json::object all = with_variables(bindings, actor);
  const Filler filler(scenario, all, evaluate);

  auto target = filler.target(request.target);
  if (!target) return base::failure(std::move(target.error()));
  auto filled_fields = fields(filler, headers_of(request, actor));
  if (!filled_fields) return base::failure(std::move(filled_fields.error()));
  auto body = payload(filler, request.body);
  if (!body) return base::failure(std::move(body.error()));
  if (!body->type.empty() && !http::find(*filled_fields, "content-type"))
    filled_fields->push_back({"Content-Type", body->type});
  return http::Request{.method = request.method,
                       .target = std::move(*target),
                       .fields = std::move(*filled_fields),
                       .body = std::move(body->bytes)};
}

base::Result<http::Response, Problem> fill(const Scenario& scenario, const Reply& reply,
                                           const json::object& call,
                                           const expression::Evaluate& evaluate) {
  const Filler filler(scenario, call, evaluate);
  auto headers = fields(filler, reply.headers);
  if (!headers) return base::failure(std::move(headers.error()));
  auto body = payload(filler, reply.body);
  if (!body) return base::failure(std::move(body.error()));
  if (!body->type.empty() && !http::find(*headers, "content-type"))
    headers->push_back({"Content-Type", body->type});
  return http::Response{
      .status = reply.status, .fields = std::move(*headers), .body = std::move(body->bytes)};
}

json::object as_value(const http::Fields& fields, const std::string& body) {
  json::object headers;
  for (const http::Field& field : fields) {
    const auto [header, is_new] = headers.emplace(base::lower(field.name), as_string(field.value));
    if (!is_new) header->value().as_string().append(", ").append(as_string(field.value));
  }
  std::optional<json::value> parsed;
  if (may_be_json(http::find(fields, "content-type")) && base::is_utf8(body))
    if (auto document = base::parse_json(body)) parsed = std::move(*document);
  return {{"headers", std::move(headers)},
          {"body", parsed ? std::move(*parsed) : json::value(as_string(body))}};
}

json::value as_value(const http::Response& response) {
  json::object parts = as_value(response.fields, response.body);
  return {{"status", response.status},
          {"headers", std::move(parts["headers"])},
          {"body", std::move(parts["body"])}};
}

}  // namespace scenario
