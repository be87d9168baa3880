#include "dialect/form.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "http/message.h"

namespace dialect {
namespace {

const FormError too_many{.message = "The form has too many fields.", .too_many_fields = true};

/// `name="menu"` out of a Content-Disposition.
std::optional<std::string> parameter(std::string_view field, std::string_view name) {
  const std::string key = std::string(name) + "=\"";
  for (std::size_t at = field.find(key); at != field.npos; at = field.find(key, at + 1)) {
    if (at > 0 && field[at - 1] != ' ' && field[at - 1] != ';')
      continue;  // filename="..." has name=
    const std::string_view rest = field.substr(at + key.size());
    return std::string(rest.substr(0, rest.find('"')));
  }
  return std::nullopt;
}

std::string_view disposition_of(std::string_view head) {
  constexpr std::string_view name = "Content-Disposition:";
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    if (http::same_ignoring_case(line.substr(0, name.size()), name))
      return line.substr(name.size());
    head.remove_prefix(std::min(head.size(), line.size() + 2));
  }
  return {};
}

}  // namespace

std::string percent_decode(std::string_view text, bool plus_is_blank) {
  if (text.find_first_of("%+") == text.npos) return std::string(text);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const char* end = digits.data() + digits.size();
    if (text[i] == '%' && digits.size() == 2 &&
        std::from_chars(digits.data(), end, value, 16).ptr == end) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += plus_is_blank && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

base::Result<std::vector<std::pair<std::string, std::string>>, FormError> urlencoded_pairs(
    std::string_view text, const Charset& charset) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const auto decode = [&charset](std::string_view part) {
    return charset.decode_replacing(percent_decode(part, /*plus_is_blank=*/true));
  };
  for (std::size_t count = 1; !text.empty(); ++count) {
    if (count > max_form_fields) return base::failure(too_many);
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    pairs.emplace_back(decode(pair.substr(0, equals)),
                       decode(pair.substr(std::min(equals + 1, pair.size()))));
  }
  return pairs;
}

base::Result<json::object, FormError> read_urlencoded(std::string_view body,
                                                      const Charset& charset) {
  const auto pairs = urlencoded_pairs(body, charset);
  if (!pairs) return base::failure(pairs.error());
  json::object form;
  for (const auto& [name, value] : *pairs) form[name] = value;
  return form;
}

base::Result<json::object, FormError> read_multipart(std::string_view body,
                                                     std::string_view boundary,
                                                     const Charset& charset) {
  json::object form;
  if (body.empty()) return form;
  if (boundary.empty()) return base::failure(FormError{"Invalid boundary in multipart: None"});
  const std::string delimiter = "\r\n--" + std::string(boundary);
  // The first delimiter may stand at the very beginning, without the line end before it.
  const bool at_start = body.starts_with(delimiter.substr(2));
  std::size_t at = at_start ? delimiter.size() - 2 : body.find(delimiter);
  if (!at_start && at != body.npos) at += delimiter.size();
  for (std::size_t count = 1; at != body.npos && !body.substr(at).starts_with("--"); ++count) {
    if (count > max_form_fields) return base::failure(too_many);
    const std::size_t end = body.find(delimiter, at);
    const std::string_view part = body.substr(at, end == body.npos ? end : end - at);
    at = end == body.npos ? end : end + delimiter.size();
    const std::size_t blank = part.find("\r\n\r\n");
    if (blank == part.npos) continue;
    const std::string_view disposition = disposition_of(part.substr(0, blank));
    const auto name = parameter(disposition, "name");
    if (!name) continue;
    const auto file = parameter(disposition, "filename");
    const std::string text = charset.decode_replacing(part.substr(blank + 4));
    form[charset.decode_replacing(*name)] =
        file ? json::value{{"filename", *file}} : json::value(text);
  }
  return form;
}

}  // namespace dialect
