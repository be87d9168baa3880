// Bodies of requests: what validation lets through is an order that can be stored and shown.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/require.h"
#include "base/utf8.h"
#include "dialect/body.h"
#include "dialect/python_json.h"
#include "order/lifecycle.h"
#include "views/fields.h"
#include "views/representation.h"

namespace {

constexpr std::string_view types[] = {"application/json", "application/x-www-form-urlencoded",
                                      "multipart/form-data; boundary=x", "text/plain"};

void look_at(const std::string& text, std::size_t longest) {
  base::require(!text.empty() && base::count_characters(text) <= longest,
                "a text is as long as it may be");
  base::require(base::is_utf8(text), "a text is UTF-8");
  base::require(text.find('\0') == text.npos, "a text has no NUL");
}

void look_at(const views::Fields& fields) {
  for (const views::FieldRule& rule : views::field_rules()) {
    if (rule.text != nullptr && fields.changes.*rule.text)
      look_at(*(fields.changes.*rule.text), rule.max_length);
    if (rule.integer != nullptr && fields.changes.*rule.integer)
      base::require(*(fields.changes.*rule.integer) >= rule.min,
                    "a number is as large as it must be");
  }
  base::require(!fields.status || order::status_named(*fields.status).has_value(),
                "a status has a name");
}

/// Shown, it is JSON, and reads as the value that it was written from.
void show(const views::Fields& fields) {
  order::Order order;
  order::apply(fields.changes, order);
  if (fields.status) order.status = *fields.status;
  std::string text;
  views::append_representation(order, frame::Mount::v2, text);
  const auto read = dialect::read_json(text);
  base::require(read.has_value(), "an order is shown as JSON");
  base::require(*read == views::representation(order, frame::Mount::v2), "and reads as it was");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  http::Request request;
  request.fields.push_back({"Content-Type", std::string(types[data[0] % 4])});
  request.body.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto body = dialect::read_body(request);
  if (!body) {
    const frame::Problem problem = frame::problem_of(body.error(), dialect::Language::english);
    (void)dialect::write_json(frame::as_problem_json(problem));
    return 0;
  }
  // Whatever was read can be written, and what was written reads the same.
  const std::string written = dialect::write_json(body->data);
  const auto again = dialect::read_json(written);
  if (again) base::require(dialect::write_json(*again) == written, "what was read once is stable");
  (void)dialect::python_str(body->data);
  for (const bool partial : {false, true}) {
    const auto fields = views::validate(*body, partial);
    if (fields) {
      look_at(*fields);
      show(*fields);
    } else {
      (void)dialect::write_json(frame::as_drf(fields.error()));
    }
  }
  return 0;
}
