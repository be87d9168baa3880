#include "frame/page.h"

#include <fmt/format.h>

namespace frame {
namespace {

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&#x27;";
    else
      out += c;
  }
  return out;
}

/// JSON with its URLs made links.
std::string with_links(std::string_view json) {
  constexpr std::string_view begin = "\"http://";
  std::string out;
  for (;;) {
    const std::size_t quote = json.find(begin);
    const std::size_t end = quote == json.npos ? quote : json.find('"', quote + 1);
    if (end == json.npos) return out + escape(json);
    const std::string url = escape(json.substr(quote + 1, end - quote - 1));
    out += escape(json.substr(0, quote + 1));
    out += fmt::format("<a href=\"{0}\">{0}</a>", url);
    json.remove_prefix(end);
  }
}

}  // namespace

http::Response bare_page(int status, std::string_view title, std::string_view text) {
  return {
      .status = status,
      .fields = {{"Content-Type", "text/html"}},
      .body = fmt::format("\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>{0}</title>\n"
                          "</head>\n<body>\n  <h1>{0}</h1><p>{1}</p>\n</body>\n</html>\n",
                          title, text)};
}

http::Response debug_not_found(const std::vector<std::string_view>& places) {
  std::string list = "Paths begin with:";
  for (const std::string_view place : places) list += fmt::format("<br><code>{}</code>", place);
  return bare_page(404, "Page not found", list);
}

std::string browsable_page(const Browsable& shown, const http::Response& response) {
  std::string fields;
  for (const http::Field& field : response.fields)
    fields += fmt::format("<b>{}:</b> {}\n", escape(field.name), escape(field.value));
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n  <meta charset=\"utf-8\">\n"
      "  <meta name=\"robots\" content=\"NONE,NOARCHIVE\">\n  <title>{0} – orders</title>\n"
      "</head>\n<body>\n  <h1>{0}</h1>\n  <p>{1}</p>\n  <pre><b>{2}</b> {3}</pre>\n"
      "  <pre><b>HTTP {4} {5}</b>\n{6}\n{7}</pre>\n</body>\n</html>\n",
      escape(shown.name), escape(shown.description), escape(shown.method), escape(shown.target),
      response.status, http::reason_phrase(response.status), fields, with_links(shown.json));
}

}  // namespace frame
