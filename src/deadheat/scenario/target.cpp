#include "scenario/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/ascii.h"
#include "http/message.h"
#include "scenario/authorization.h"
#include "scenario/fields.h"

namespace scenario {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_unreserved(char c) {
  return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}
bool is_hexadecimal(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_url_sign(char c) {
  return std::string_view("/?:@!$&'()*+,;=[]").find(c) != std::string_view::npos;
}

void append_escaped(std::string& out, char c) {
  out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         http::same_ignoring_case(text.substr(0, prefix.size()), prefix);
}

bool is_host(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']') && host.size() > 2)
    return std::all_of(host.begin() + 1, host.end() - 1,
                       [](char c) { return is_hexadecimal(c) || c == ':' || c == '.'; });
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
  });
}

/// The scheme that a URL begins with, with its signs; empty where it is neither.
std::string_view scheme_of(std::string_view url) {
  for (const std::string_view scheme : {"https://", "http://"})
    if (starts_with_ignoring_case(url, scheme)) return scheme;
  return {};
}

std::string decode_percent(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      plain += static_cast<char>(byte);
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// Where the authority of "http://host:port/path" ends.
std::size_t authority_end(std::string_view url) {
  return std::min(url.find_first_of("/?#", scheme_of(url).size()), url.size());
}

}  // namespace

base::Result<std::string, std::string> parse_base(std::string_view url) {
  constexpr std::string_view expected = "expected http://host:port or https://host:port";
  const std::string_view scheme = scheme_of(url);
  if (scheme.empty()) return base::failure(fmt::format("{}, found \"{}\"", expected, url));
  const std::size_t end = authority_end(url);
  if (const std::string_view rest = url.substr(end); !rest.empty() && rest != "/")
    return base::failure(
        fmt::format("{} and no path, found \"{}\"; paths belong to the requests", expected, url));
  const std::string_view authority = url.substr(scheme.size(), end - scheme.size());
  if (authority.find('@') != std::string_view::npos)
    return base::failure(std::string("a user in the URL is not supported; give an actor basic:"));

  const std::size_t bracket = authority.find(']');  // an IPv6 address has colons of its own
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view host = authority.substr(0, colon);
  unsigned port = scheme == "https://" ? 443 : 80;
  if (colon != std::string_view::npos) {
    const std::string_view digits = authority.substr(colon + 1);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size() || port < 1 ||
        port > 65535)
      return base::failure(fmt::format("a port from 1 to 65535, found \"{}\"", digits));
  }
  if (!is_host(host)) return base::failure(fmt::format("{}, found \"{}\"", expected, url));
  return fmt::format("{}{}:{}", scheme, base::lower(host), port);
}

base::Result<Proxy, std::string> parse_proxy(std::string_view url) {
  const std::string_view scheme = scheme_of(url);
  const std::size_t at = url.rfind('@');  // a password may have one, too
  const bool knows_us = at != url.npos && at >= scheme.size();
  std::string bare(url);
  if (knows_us) bare.erase(scheme.size(), at + 1 - scheme.size());
  auto base = parse_base(bare);
  if (!base) return base::failure(base.error());
  if (!base->starts_with("http://"))
    return base::failure(fmt::format("expected a proxy's http://host:port, found \"{}\"", bare));
  Proxy proxy{.url = std::move(*base)};
  if (knows_us) {
    std::string credentials = decode_percent(url.substr(scheme.size(), at - scheme.size()));
    if (credentials.find(':') == credentials.npos) credentials += ':';
    proxy.authorization = encode_basic(credentials);
  }
  return proxy;
}

base::Result<std::string, std::string> origin_form(std::string_view target,
                                                   std::span<const std::string> bases) {
  if (target.starts_with('/')) return std::string(target);
  if (scheme_of(target).empty())
    return base::failure(fmt::format(
        "expected a path that begins with /, or a URL of a target, found \"{}\"", target));
  const std::size_t end = authority_end(target);
  const auto base = parse_base(target.substr(0, end));
  if (!base || std::find(bases.begin(), bases.end(), *base) == bases.end())
    return base::failure(fmt::format("\"{}\" is not one of the targets", target.substr(0, end)));
  const std::string_view rest = target.substr(end);
  return rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
}

std::string resolve_path(std::string_view base_path, std::string_view link) {
  link = link.substr(0, link.find('#'));
  base_path = base_path.substr(0, base_path.find('#'));
  const std::string_view folder = base_path.substr(0, base_path.find('?'));
  std::string joined;
  if (link.empty()) return std::string(base_path);
  if (link.starts_with('/'))
    joined = link;
  else if (link.starts_with('?'))
    joined = std::string(folder) + std::string(link);
  else
    joined = std::string(folder.substr(0, folder.rfind('/') + 1)) + std::string(link);
  // 5.2.4: "." and ".." in the path, not in the query.
  const std::size_t query = std::min(joined.find('?'), joined.size());
  std::vector<std::string> parts;
  for (std::size_t at = 1; at <= query;) {
    const std::size_t end = std::min(joined.find('/', at), query);
    const std::string part = joined.substr(at, end - at);
    const bool last = end == query;
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (part != "." && part != "..")
      parts.push_back(part);
    else if (last)
      parts.emplace_back();
    at = end + 1;
  }
  std::string path;
  for (const std::string& part : parts) path += "/" + part;
  return (path.empty() ? "/" : path) + joined.substr(query);
}

std::string encode_url(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && is_hexadecimal(text[i + 1]) &&
                        is_hexadecimal(text[i + 2]);
    if (escape || is_unreserved(text[i]) || is_url_sign(text[i]))
      out += text[i];
    else
      append_escaped(out, text[i]);
  }
  return out;
}

std::string encode_component(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c))
      out += c;
    else
      append_escaped(out, c);
  }
  return out;
}

std::string encode_form(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ' ')
      out += '+';
    else if (is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '*')
      out += c;
    else
      append_escaped(out, c);
  }
  return out;
}

}  // namespace scenario
