#include "dialect/negotiation.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace dialect {
namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

/// The parts of `text` between separators.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(trim(text.substr(0, end)));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// How specific a media type of an Accept header is: */*, text/*, text/html, text/html; level=1.
std::size_t precedence(const MediaType& type) {
  if (type.main == "*") return 0;
  if (type.sub == "*") return 1;
  const bool only_q = type.parameters.size() == 1 && type.parameters.front().first == "q";
  return type.parameters.empty() || only_q ? 2 : 3;
}

bool satisfies(std::string_view media_type, const MediaType& wanted) {
  const MediaType offered = read_media_type(media_type);
  return (wanted.sub == "*" || wanted.sub == offered.sub) &&
         (wanted.main == "*" || wanted.main == offered.main);
}

std::size_t indent_of(const MediaType& type) {
  const std::string_view text = type.parameter("indent");
  std::size_t indent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), indent);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole ? std::min<std::size_t>(indent, 8) : 0;
}

}  // namespace

std::string_view MediaType::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters)
    if (key == name) return value;
  return {};
}

MediaType read_media_type(std::string_view text) {
  MediaType type;
  const auto parts = split(text, ';');
  const std::string full = lower(parts.front());
  const std::size_t slash = std::min(full.find('/'), full.size());
  type.main = full.substr(0, slash);
  type.sub = full.substr(std::min(slash + 1, full.size()));
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::size_t equals = parts[i].find('=');
    if (equals == parts[i].npos) continue;
    std::string_view value = trim(parts[i].substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    type.parameters.emplace_back(lower(trim(parts[i].substr(0, equals))), value);
  }
  return type;
}

base::Result<Rendering, Unrenderable> choose_rendering(std::optional<std::string_view> accept,
                                                       std::string_view format) {
  if (format.empty() && accept.value_or("*/*") == "*/*") return Rendering{};
  std::vector<const Renderer*> offered;
  for (const Renderer& renderer : renderers)
    if (format.empty() || renderer.format == format) offered.push_back(&renderer);
  if (offered.empty()) return base::failure(Unrenderable::unknown_format);
  std::vector<MediaType> wanted;
  for (const std::string_view token : split(accept.value_or("*/*"), ','))
    wanted.push_back(read_media_type(token));
  std::stable_sort(wanted.begin(), wanted.end(), [](const MediaType& a, const MediaType& b) {
    return precedence(a) > precedence(b);
  });
  for (auto begin = wanted.begin(); begin != wanted.end();) {
    // Of types that are equally specific, the order of our renderers decides.
    const auto end = std::find_if(begin, wanted.end(), [&](const MediaType& type) {
      return precedence(type) != precedence(*begin);
    });
    for (const Renderer* renderer : offered) {
      const auto fits = std::find_if(
          begin, end, [&](const MediaType& type) { return satisfies(renderer->media_type, type); });
      if (fits != end) return Rendering{renderer, indent_of(*fits)};
    }
    begin = end;
  }
  return base::failure(Unrenderable::not_acceptable);
}

}  // namespace dialect
