#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

/// URLs of targets, and the request targets of RFC 9112, 3.2.1. Errors say what is wrong.
namespace scenario {

/// An HTTP proxy on the way to all targets.
struct Proxy {
  std::string url;            // `http://host:port`; empty: none
  std::string authorization;  // for it: "Basic ..."; empty: none. A secret
};

/// "http://host:port" or "https://host:port" in lower case, with its port, from what a user writes.
[[nodiscard]] base::Result<std::string, std::string> parse_base(std::string_view url);

/// Likewise of a proxy, which is spoken to without TLS: `http://host:port`, or
/// `http://user:password@host:port`, both percent-encoded. No failure shows them.
[[nodiscard]] base::Result<Proxy, std::string> parse_proxy(std::string_view url);

/// A path with its query from a path or from a URL that begins with one of `bases`.
[[nodiscard]] base::Result<std::string, std::string> origin_form(
    std::string_view target, std::span<const std::string> bases);

/// The path of `target`, or of what it links to: a path beside or below it (RFC 3986, 5.2).
[[nodiscard]] std::string resolve_path(std::string_view base_path, std::string_view link);

/// Percent-encodes what a URL cannot hold (blanks, Korean); its own signs and escapes stay.
[[nodiscard]] std::string encode_url(std::string_view text);

/// Percent-encodes all but the unreserved characters of RFC 3986, 2.3: '/', '?' and '#' too.
[[nodiscard]] std::string encode_component(std::string_view text);

/// As HTML forms have it: a blank is a plus.
[[nodiscard]] std::string encode_form(std::string_view text);

}  // namespace scenario
