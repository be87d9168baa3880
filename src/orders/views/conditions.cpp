#include "views/conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace views {
namespace {

/// What the form of an answer adds to the tag.
std::string form_of(const dialect::Rendering& rendering) {
  if (rendering.is_html()) return "-html";
  return rendering.indent == 0 ? "" : fmt::format("-indent{}", rendering.indent);
}

bool is_form(std::string_view text) {
  return text.empty() || text == "-html" ||
         (text.size() == 8 && text.starts_with("-indent") && text[7] >= '1' && text[7] <= '8');
}

bool is_tag_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x21 || (byte >= 0x23 && byte != 0x7F);
}

/// The tag that `text` begins with, which is taken off it.
std::optional<EntityTags::Tag> take_tag(std::string_view& text) {
  EntityTags::Tag tag;
  if (text.starts_with("W/")) {
    tag.weak = true;
    text.remove_prefix(2);
  }
  if (!text.starts_with('"')) return std::nullopt;
  const std::size_t end = text.find('"', 1);
  if (end == text.npos) return std::nullopt;
  tag.text = text.substr(0, end + 1);
  if (!std::all_of(tag.text.begin() + 1, tag.text.end() - 1, is_tag_character)) return std::nullopt;
  text.remove_prefix(end + 1);
  return tag;
}

/// entity-tag *( "," entity-tag ), where a list may have empty elements (RFC 9110, 5.6.1).
std::optional<std::vector<EntityTags::Tag>> read_list(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  std::vector<EntityTags::Tag> tags;
  bool after_tag = false;
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    if (text.empty()) break;
    if (text.starts_with(',')) {
      text.remove_prefix(1);
      after_tag = false;
      continue;
    }
    auto tag = after_tag ? std::nullopt : take_tag(text);
    if (!tag) return std::nullopt;
    tags.push_back(*std::move(tag));
    after_tag = true;
  }
  if (tags.empty()) return std::nullopt;
  return tags;
}

/// The version that a tag of ours names.
std::optional<order::Version> version_of(const EntityTags::Tag& tag) {
  const std::string_view text = std::string_view(tag.text).substr(1, tag.text.size() - 2);
  order::Version version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc{} || !is_form(text.substr(static_cast<std::size_t>(end - text.data()))))
    return std::nullopt;
  // "03" is no tag that was ever given out.
  if (text.starts_with('0') || text.starts_with('-')) return std::nullopt;
  return version;
}

std::vector<order::Version> versions_in(const EntityTags& tags, bool weak_ones) {
  std::vector<order::Version> versions;
  for (const EntityTags::Tag& tag : tags.tags)
    if (const auto version = version_of(tag); version && (weak_ones || !tag.weak))
      versions.push_back(*version);
  return versions;
}

}  // namespace

std::string etag_of(order::Version version, const dialect::Rendering& rendering) {
  return fmt::format("\"{}{}\"", version, form_of(rendering));
}

base::Result<std::optional<EntityTags>, frame::Problem> read_entity_tags(const http::Fields& fields,
                                                                         std::string_view name) {
  std::optional<std::string> all;
  for (const http::Field& field : fields) {
    if (!http::same_ignoring_case(field.name, name)) continue;
    all = all ? *all + "," + field.value : field.value;
  }
  if (!all) return std::nullopt;
  if (*all == "*") return EntityTags{.any = true};
  auto tags = read_list(*all);
  if (!tags)
    return base::failure(frame::bad_header(
        std::string(name),
        fmt::format("Found '{}', expected entity tags in quotes, such as \"3\", \"4\", or *.",
                    *all)));
  return EntityTags{.tags = *std::move(tags)};
}

store::Versions versions_of(const std::optional<EntityTags>& if_match,
                            const std::optional<EntityTags>& if_none_match) {
  if (if_none_match && if_none_match->any) return store::one_of({});
  std::vector<order::Version> unwanted;
  if (if_none_match) unwanted = versions_in(*if_none_match, /*weak_ones=*/true);
  if (!if_match || if_match->any) return store::any_but(std::move(unwanted));
  std::vector<order::Version> wanted = versions_in(*if_match, /*weak_ones=*/false);
  std::erase_if(wanted, [&](order::Version version) {
    return std::find(unwanted.begin(), unwanted.end(), version) != unwanted.end();
  });
  return store::one_of(std::move(wanted));
}

bool is_listed(std::string_view etag, const EntityTags& if_none_match) {
  return if_none_match.any ||
         std::any_of(if_none_match.tags.begin(), if_none_match.tags.end(),
                     [&](const EntityTags::Tag& tag) { return tag.text == etag; });
}

}  // namespace views
