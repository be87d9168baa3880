#include "base/json.h"

#include <algorithm>
#include <boost/json/parse_options.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/serializer.hpp>
#include <boost/json/stream_parser.hpp>
#include <utility>

namespace base {
namespace {

bool is_of_numbers(const json::value& value) {
  const auto* array = value.if_array();
  return array != nullptr && std::all_of(array->begin(), array->end(),
                                         [](const json::value& each) { return each.is_number(); });
}

void write_pretty(const json::value& value, std::size_t indent, std::string& out) {
  const auto line = [&out](std::size_t width) { out.append("\n").append(width, ' '); };
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += '{';
    for (bool first = true; const auto& [key, member] : *object) {
      if (!std::exchange(first, false)) out += ',';
      line(indent + 2);
      out += json::serialize(key) + ": ";
      write_pretty(member, indent + 2, out);
    }
    line(indent);
    out += '}';
  } else if (const auto* array = value.if_array();
             array != nullptr && !array->empty() && !is_of_numbers(value)) {
    out += '[';
    for (bool first = true; const auto& element : *array) {
      if (!std::exchange(first, false)) out += ',';
      line(indent + 2);
      write_pretty(element, indent + 2, out);
    }
    line(indent);
    out += ']';
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

Result<json::value, JsonError> parse_json(std::string_view text, std::size_t max_depth) {
  json::parse_options options;
  options.max_depth = max_depth;
  json::stream_parser parser({}, options);
  json::error_code error;
  const std::size_t read = parser.write(text.data(), text.size(), error);
  if (!error) parser.finish(error);
  if (error) return failure(JsonError{read, error.message()});
  return parser.release();
}

std::string to_text(const json::value& value) { return json::serialize(value); }

std::string to_pretty_text(const json::value& value) {
  std::string out;
  write_pretty(value, 0, out);
  return out + '\n';
}

}  // namespace base
