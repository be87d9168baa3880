#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace http {

struct Field {
  std::string name;  // as received or to be sent; compared without regard to case
  std::string value;
};

/// In the order of the wire; a name may occur more than once.
using Fields = std::vector<Field>;

/// The first field of that name, whatever its case. Borrows from `fields`.
[[nodiscard]] std::optional<std::string_view> find(const Fields& fields, std::string_view name);

/// True if `a` and `b` are the same but for the case of ASCII letters.
[[nodiscard]] bool same_ignoring_case(std::string_view a, std::string_view b);

struct Request {
  std::string method = "GET";
  std::string target = "/";  // origin form: path and query, percent-encoded
  Fields fields;
  std::string body;
  bool keep_alive = true;  // as received: whether the client will send more
  bool chunks = true;  // as received: whether the client reads chunked answers; HTTP/1.0 does not
};

struct Response {
  int status = 200;
  std::string reason;  // empty: the usual phrase for the status
  Fields fields;
  std::string body;
  bool keep_alive = true;  // as received: whether the connection may be used again
};

/// "Not Found" for 404; "Unknown" for a status without a phrase.
[[nodiscard]] std::string_view reason_phrase(int status);

}  // namespace http
