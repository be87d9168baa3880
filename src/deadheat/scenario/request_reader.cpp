#include "scenario/request_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "scenario/authorization.h"
#include "scenario/template.h"

namespace scenario {
namespace {

using yaml::Node;
using Kind = Node::Kind;

/// Headers that frame the message, or that say who sends it.
constexpr std::string_view sender_headers[] = {
    "connection",        "content-length", "expect",     "host",      "te",
    "transfer-encoding", "upgrade",        "user-agent", "x-deadheat"};

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return result;
}

bool breaks_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

}  // namespace

void RequestReader::read_authorization(const std::string& scheme, const Node& value, Actor& actor,
                                       std::vector<Use>& uses) {
  const auto text =
      read_text(value, scheme == "basic" ? "basic: user:password" : "a token", problems_);
  if (!text) return;
  if (scheme == "basic" && text->find(':') == std::string::npos) {
    problems_.add(value.place, "expected basic: user:password, found no colon");
    return;
  }
  const Template given{*text, value.place};
  collect_uses(given, uses, problems_);
  check_header_value(given);
  actor.headers.push_back(
      {"Authorization",
       {scheme == "basic" ? basic_authorization(*text) : "Bearer " + *text, value.place}});
}

Request RequestReader::read_request(const Node& node, Part part) {
  Request request{.place = node.place};
  if (node.kind == Kind::scalar) {
    read_line(node, request);
    return request;
  }
  if (!check_shape(node, request_shape(part), problems_)) return request;
  if (const Node* line = find(node, "request"))
    read_line(*line, request);
  else
    problems_.add(node.place, "'request' is missing; expected such as request: GET /path");
  std::vector<Use>& uses = uses_.of(request);
  read_body(node, request.body, uses);
  if (const Node* headers = find(node, "headers")) read_headers(*headers, request.headers, uses);
  if (const Node* as = find(node, "as")) request.actor = read_actor_name(*as);
  if (const Node* expect = find(node, "expect")) request.expect = read_expect(*expect);
  if (const Node* capture = find(node, "capture")) read_captures(*capture, request.captures);
  if (const Node* say = find(node, "say"))
    request.say = read_text(*say, "what the actor says", problems_).value_or("");
  if (const Node* stop = find(node, "stop_unless"))
    request.stop_unless = read_expression(*stop, "stop_unless: jq over the answer", problems_);
  return request;
}

std::string RequestReader::read_actor_name(const Node& node) {
  auto name = read_text(node, "the name of an actor", problems_);
  if (name && !is_name(*name)) check_name(node.place, *name, "an actor", problems_);
  if (name) used_actors_.push_back({*name, node.place});
  return name.value_or("");
}

/// "PUT /orders/{{order}}/"
void RequestReader::read_line(const Node& node, Request& request) {
  const auto text = read_text(node, "a method and a path, such as GET /path", problems_);
  if (!text) return;
  const std::size_t blank = std::min(text->find_first_of(" \t"), text->size());
  const std::size_t target = std::min(text->find_first_not_of(" \t", blank), text->size());
  request.method = text->substr(0, blank);
  request.target = {text->substr(target), node.place};
  while (request.target.text.ends_with(' ')) request.target.text.pop_back();
  if (request.target.text.empty()) {
    problems_.add(node.place, fmt::format("expected a method and a path, such as GET /path, "
                                          "found \"{}\"",
                                          text->substr(0, 60)));
    return;
  }
  check_method(node.place, request.method);
  check_target(request.target, uses_.of(request));
}

void RequestReader::check_method(Place place, const std::string& method) {
  static constexpr std::string_view methods[] = {"GET",   "HEAD",   "POST",    "PUT",
                                                 "PATCH", "DELETE", "OPTIONS", "TRACE"};
  const std::string capitals = upper(method);
  if (!is_token(method))
    problems_.add(place, fmt::format("\"{}\" is no method; expected such as GET /path",
                                     method.substr(0, 60)));
  else if (capitals == "CONNECT")
    problems_.add(place, "CONNECT is not supported");
  else if (capitals != method &&
           std::find(std::begin(methods), std::end(methods), capitals) != std::end(methods))
    problems_.add(place, fmt::format("methods are written in capitals: expected {}, found {}",
                                     capitals, method));
}

void RequestReader::check_target(const Template& target, std::vector<Use>& uses) {
  collect_uses(target, uses, problems_);
  const auto pieces = split(target.text);
  if (!pieces) return;
  for (const Piece& piece : *pieces) {
    if (piece.kind != Piece::Kind::literal) continue;
    if (piece.text.find_first_of(" \t\r\n") != std::string::npos)
      problems_.add(target.place, "a blank stands in the path; expected %20");
    if (piece.text.find('#') != std::string::npos)
      problems_.add(target.place, "a fragment (#...) is never sent; expected %23 for the sign");
  }
  const Piece& first = pieces->front();
  if (first.kind != Piece::Kind::literal || first.text.starts_with('/')) return;
  const std::string start = lower(first.text);
  if (!start.starts_with("http://") && !start.starts_with("https://"))
    problems_.add(target.place, fmt::format("expected a path that begins with /, found \"{}\"",
                                            target.text.substr(0, 60)));
}

void RequestReader::read_headers(const Node& node, std::vector<HeaderTemplate>& headers,
                                 std::vector<Use>& uses) {
  if (node.kind != Kind::map) {
    problems_.add(node.place,
                  "expected headers: a map of names and values, found " + yaml::description(node));
    return;
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto& [name, place] = node.keys[i];
    const std::string small = lower(name);
    if (!is_token(name))
      problems_.add(place, fmt::format("\"{}\" is no header name", name.substr(0, 60)));
    else if (std::find(std::begin(sender_headers), std::end(sender_headers), small) !=
             std::end(sender_headers))
      problems_.add(place, fmt::format("the header {} is set by deadheat itself", name));
    if (const auto text = read_text(node.items[i], "the value of a header", problems_)) {
      headers.push_back({name, {*text, node.items[i].place}});
      collect_uses(headers.back().value, uses, problems_);
      check_header_value(headers.back().value);
    }
  }
}

void RequestReader::check_header_value(const Template& value) {
  if (breaks_line(value.text))
    problems_.add(value.place, "the value of a header is one line, found a line break or NUL");
}

void RequestReader::read_body(const Node& request, Body& body, std::vector<Use>& uses) {
  const Node* given = nullptr;
  for (const std::string_view key : {"json", "body", "form"})
    if (const Node* node = find(request, key)) {
      if (given != nullptr)
        problems_.add(node->place, "more than one of json, body and form; expected one");
      given = node;
      body.place = node->place;
      if (key == "json")
        read_json_body(*node, body, uses);
      else if (key == "form")
        read_form(*node, body, uses);
      else
        read_text_body(*node, body, uses);
    }
}

void RequestReader::read_json_body(const Node& node, Body& body, std::vector<Use>& uses) {
  body.kind = Body::Kind::json;
  body.value = read_json(node, problems_).value_or(nullptr);
  collect_json_uses(node, uses);
}

void RequestReader::collect_json_uses(const Node& node, std::vector<Use>& uses) {
  for (const yaml::Key& key : node.keys)
    collect_uses(Template{key.text, key.place}, uses, problems_);
  for (const Node& item : node.items) collect_json_uses(item, uses);
  if (node.kind == Kind::scalar) collect_uses(Template{node.text, node.place}, uses, problems_);
}

void RequestReader::read_form(const Node& node, Body& body, std::vector<Use>& uses) {
  body.kind = Body::Kind::form;
  json::object fields;
  if (node.kind != Kind::map)
    problems_.add(node.place,
                  "expected form: a map of names and texts, found " + yaml::description(node));
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto text = read_text(node.items[i], "the text of a form field", problems_);
    if (!text) continue;
    collect_uses(Template{node.keys[i].text, node.keys[i].place}, uses, problems_);
    collect_uses(Template{*text, node.items[i].place}, uses, problems_);
    fields.emplace(node.keys[i].text, *text);
  }
  body.value = std::move(fields);
}

void RequestReader::read_text_body(const Node& node, Body& body, std::vector<Use>& uses) {
  body.kind = Body::Kind::text;
  if (node.kind == Kind::map && find(node, "file") != nullptr) {
    problems_.add(node.place, fmt::format("'file' {}", not_yet));
    return;
  }
  const auto text = read_text(node, "body: a text (for a JSON document use json)", problems_);
  if (!text) return;
  body.value = *text;
  collect_uses(Template{*text, node.place}, uses, problems_);
}

Expect RequestReader::read_expect(const Node& node) {
  Expect expect{.place = node.place};
  constexpr std::string_view what = "expect: a status, a list of statuses, or jq";
  const auto is_number = [](const Node& scalar) {
    const auto value = yaml::scalar_value(scalar);
    return value && value->is_number();
  };
  if (node.kind == Kind::scalar && !is_number(node)) {
    if (node.text.size() == 3 &&
        (lower(node.text).ends_with("xx") || is_number({.kind = node.kind, .text = node.text})))
      problems_.add(node.place, fmt::format("expected a status, a list of statuses, or jq such as "
                                            "'.status < 300', found \"{}\"",
                                            node.text));
    else
      expect.condition = read_expression(node, what, problems_);
    return expect;
  }
  if (node.kind == Kind::map || node.kind == Kind::null ||
      (node.kind == Kind::sequence && node.items.empty())) {
    problems_.add(node.place, fmt::format("expected {}, found {}", what,
                                          node.kind == Kind::sequence ? "an empty list"
                                                                      : yaml::description(node)));
    return expect;
  }
  for (const Node* item : items_of(node))
    if (const auto status = read_integer(*item, "a status", 100, 599, problems_))
      expect.statuses.push_back(static_cast<int>(*status));
  return expect;
}

void RequestReader::read_captures(const Node& node, std::vector<Capture>& captures) {
  if (node.kind != Kind::map) {
    problems_.add(node.place,
                  "expected capture: a map of names and jq, such as {order: "
                  ".body.id}, found " +
                      yaml::description(node));
    return;
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    check_name(node.keys[i].place, node.keys[i].text, "a capture", problems_);
    if (auto jq = read_expression(node.items[i], "jq over {status, headers, body}", problems_))
      captures.push_back({node.keys[i].text, std::move(*jq)});
  }
}

}  // namespace scenario
