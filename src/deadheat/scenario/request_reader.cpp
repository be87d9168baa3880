#include "scenario/request_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "scenario/authorization.h"
#include "scenario/curl.h"
#include "scenario/template.h"

namespace scenario {
namespace {

using yaml::Node;
using Kind = Node::Kind;

/// Headers that frame the message, or that say who sends it.
constexpr std::string_view sender_headers[] = {
    "connection",        "content-length", "expect",     "host",      "te",
    "transfer-encoding", "upgrade",        "user-agent", "x-deadheat"};

constexpr std::int64_t most_redirects = 20;

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
  const Node* exec = find(node, "exec");
  if (const Node* curl = find(node, "curl"))
    read_curl(*curl, node, request);
  else if (exec != nullptr)
    read_exec(*exec, node, request);
  else if (const Node* line = find(node, "request"))
    read_line(*line, request);
  else
    problems_.add(node.place, "'request' is missing; expected for example request: GET /path");
  std::vector<Use>& uses = uses_.of(request);
  if (find(node, "curl") == nullptr) read_body(node, request.body, uses);
  if (const Node* headers = find(node, "headers")) read_headers(*headers, request.headers, uses);
  if (const Node* cookies = find(node, "cookies")) read_cookies(*cookies, request.headers, uses);
  if (const Node* redirects = find(node, "redirects"))
    request.redirects = static_cast<int>(
        read_integer(*redirects, "redirects", 0, most_redirects, problems_).value_or(0));
  const bool has_copies = part == Part::step || part == Part::lone_step;
  const Node* as = find(node, "as");
  if (as != nullptr && !(part == Part::lone_step && as->kind == Kind::sequence))
    request.actor = read_actor_name(*as, !has_copies);
  if (const Node* expect = find(node, "expect"))
    request.expect = read_expect(*expect, exec != nullptr);
  if (const Node* capture = find(node, "capture")) read_captures(*capture, request.captures);
  if (const Node* say = find(node, "say"))
    request.say = read_text(*say, "what the actor says", problems_).value_or("");
  if (const Node* stop = find(node, "stop_unless"))
    request.stop_unless = read_expression(*stop, "stop_unless: jq over the answer", problems_);
  return request;
}

std::string RequestReader::read_actor_name(const Node& node, bool one) {
  auto name = read_text(node, "the name of an actor", problems_);
  if (!name) return "";
  // users[3] is one of several.
  const std::size_t bracket = name->find('[');
  const bool numbered = bracket != std::string::npos && name->size() > bracket + 2 &&
                        name->ends_with(']') &&
                        name->find_first_not_of("0123456789", bracket + 1) == name->size() - 1;
  if (check_name(node.place, numbered ? name->substr(0, bracket) : *name, "an actor", problems_))
    used_actors_.push_back({*name, node.place, one});
  return *name;
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

/// As a browser copies it.
void RequestReader::read_curl(const Node& node, const Node& whole, Request& request) {
  for (const char* key : {"request", "json", "body", "form"})
    if (const Node* other = find(whole, key))
      problems_.add(other->place, fmt::format("curl and {} are both given; expected one", key));
  const auto text = read_text(node, "a curl command", problems_);
  if (!text) return;
  const auto command = parse_curl(*text);
  if (!command) {
    problems_.add(node.place, command.error());
    return;
  }
  std::vector<Use>& uses = uses_.of(request);
  request.method = command->method;
  request.target = {command->path, node.place};
  check_method(node.place, request.method);
  check_target(request.target, uses);
  const auto add_header = [&](const std::string& name, const std::string& value) {
    request.headers.push_back({name, {value, node.place}});
    if (!is_token(name))
      problems_.add(node.place, fmt::format("\"{}\" is not a header name", name.substr(0, 60)));
    collect_uses(request.headers.back().value, uses, problems_);
    check_header_value(request.headers.back().value);
  };
  for (const auto& [name, value] : command->headers) add_header(name, value);
  if (command->credentials) add_header("Authorization", basic_authorization(*command->credentials));
  if (command->body) {
    request.body = {
        .kind = Body::Kind::text, .value = json::value(*command->body), .place = node.place};
    collect_uses(Template{*command->body, node.place}, uses, problems_);
  }
  constexpr int as_browsers = 10;
  if (command->follows_redirects) request.redirects = as_browsers;
}

/// A list is a program and its arguments, which are templates; a text is for the shell, which finds
/// the names in its environment.
void RequestReader::read_exec(const Node& node, const Node& whole, Request& request) {
  for (const char* key :
       {"request", "curl", "json", "body", "form", "headers", "cookies", "redirects"})
    if (const Node* other = find(whole, key))
      problems_.add(other->place, fmt::format("{} is not allowed beside exec", key));
  std::vector<Use>& uses = uses_.of(request);
  if (node.kind == Kind::scalar) {
    const auto line = read_expression(node, "exec: a command", problems_);
    if (line && line->jq.find("{{") != std::string::npos)
      problems_.add(node.place,
                    "a shell command cannot be a template: names are in its environment, such as "
                    "\"$order\"; or give the program and its arguments as a list");
    if (line)
      request.exec.words = {{"/bin/sh", node.place}, {"-c", node.place}, {line->jq, node.place}};
    return;
  }
  if (node.kind != Kind::sequence || node.items.empty()) {
    problems_.add(node.place,
                  "expected exec: a command, or a list of a program and its arguments, "
                  "found " +
                      yaml::description(node));
    return;
  }
  for (const Node& item : node.items)
    if (const auto word = read_text(item, "a word of a command", problems_)) {
      request.exec.words.push_back({*word, item.place});
      collect_uses(request.exec.words.back(), uses, problems_);
    }
}

void RequestReader::check_method(Place place, const std::string& method) {
  static constexpr std::string_view methods[] = {"GET",   "HEAD",   "POST",    "PUT",
                                                 "PATCH", "DELETE", "OPTIONS", "TRACE"};
  const std::string capitals = base::upper(method);
  if (!is_token(method))
    problems_.add(place, fmt::format("\"{}\" is not a method; expected for example GET /path",
                                     method.substr(0, 60)));
  else if (capitals == "CONNECT")
    problems_.add(place, "CONNECT is not supported");
  else if (capitals != method &&
           std::find(std::begin(methods), std::end(methods), capitals) != std::end(methods))
    problems_.add(place,
                  fmt::format("methods are upper case: expected {}, found {}", capitals, method));
}

void RequestReader::check_target(const Template& target, std::vector<Use>& uses) {
  collect_uses(target, uses, problems_);
  const auto pieces = split(target.text);
  if (!pieces) return;
  for (const Piece& piece : *pieces) {
    if (piece.kind != Piece::Kind::literal) continue;
    if (piece.text.find_first_of(" \t\r\n") != std::string::npos)
      problems_.add(target.place, "the path contains a space; expected %20");
    if (piece.text.find('#') != std::string::npos)
      problems_.add(target.place, "a fragment (#...) is never sent; expected %23");
  }
  const Piece& first = pieces->front();
  if (first.kind != Piece::Kind::literal || first.text.starts_with('/')) return;
  const std::string start = base::lower(first.text);
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
    const std::string small = base::lower(name);
    if (!is_token(name))
      problems_.add(place, fmt::format("\"{}\" is not a header name", name.substr(0, 60)));
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

void RequestReader::read_cookies(const Node& node, std::vector<HeaderTemplate>& headers,
                                 std::vector<Use>& uses) {
  if (node.kind != Kind::map) {
    problems_.add(node.place,
                  "expected cookies: a map of names and values, found " + yaml::description(node));
    return;
  }
  Template all{"", node.place};
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto& [name, place] = node.keys[i];
    const auto text = read_text(node.items[i], "the value of a cookie", problems_);
    if (!is_token(name))
      problems_.add(place, fmt::format("\"{}\" is not a cookie name", name.substr(0, 60)));
    if (!text) continue;
    const auto pieces = split(*text);
    for (const Piece& piece : pieces.value_or(std::vector<Piece>{}))
      if (piece.kind == Piece::Kind::literal &&
          piece.text.find_first_of("; ,\r\n") != std::string::npos)
        problems_.add(node.items[i].place,
                      "a cookie value cannot contain a space, comma, semicolon or line break");
    all.text += fmt::format("{}{}={}", all.text.empty() ? "" : "; ", name, *text);
  }
  if (all.text.empty()) return;
  collect_uses(all, uses, problems_);
  headers.push_back({"Cookie", std::move(all)});
}

void RequestReader::check_header_value(const Template& value) {
  if (breaks_line(value.text))
    problems_.add(value.place, "a header value is one line, found a line break or NUL");
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
  if (node.kind == Kind::map) return read_body_map(node, body, uses);
  body.kind = Body::Kind::text;
  const auto text = read_text(node, "body: a text (for a JSON document use json)", problems_);
  if (!text) return;
  body.value = *text;
  collect_uses(Template{*text, node.place}, uses, problems_);
}

/// A file as it is, or what jq makes of all names.
void RequestReader::read_body_map(const Node& node, Body& body, std::vector<Use>& uses) {
  if (!check_shape(node, body_shape(), problems_)) return;
  const Node* file = find(node, "file");
  const Node* jq = find(node, "jq");
  if ((file == nullptr) == (jq == nullptr)) {
    problems_.add(node.place, "expected one of file and jq in a body");
  } else if (jq != nullptr) {
    const auto program = read_expression(*jq, "jq over all names", problems_);
    if (!program) return;
    body.kind = Body::Kind::json;
    body.value = "{{ " + program->jq + " }}";
    const auto pieces = split(std::string(body.value.get_string()));
    if (!pieces || pieces->size() != 1)
      problems_.add(jq->place, "a brace or a quote is not closed in this program");
    else
      collect_uses(Template{std::string(body.value.get_string()), jq->place}, uses, problems_);
  } else if (const auto path = read_text(*file, "the path of a file", problems_)) {
    auto content = files_(*path);
    if (!content) problems_.add(file->place, fmt::format("{}: {}", *path, content.error()));
    body.kind = Body::Kind::bytes;
    body.value = content.value_or("");
  }
}

Expect RequestReader::read_expect(const Node& node, bool of_command) {
  Expect expect{.place = node.place};
  constexpr std::string_view what = "expect: a status, a list of statuses, or jq";
  const auto is_number = [](const Node& scalar) {
    const auto value = yaml::scalar_value(scalar);
    return value && value->is_number();
  };
  if (node.kind == Kind::scalar && !is_number(node)) {
    if (node.text.size() == 3 && (base::lower(node.text).ends_with("xx") ||
                                  is_number({.kind = node.kind, .text = node.text})))
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
    if (const auto status = of_command ? read_integer(*item, "an exit status", 0, 255, problems_)
                                       : read_integer(*item, "a status", 100, 599, problems_))
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
