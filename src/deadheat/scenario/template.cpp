#include "scenario/template.h"

#include <algorithm>

namespace scenario {
namespace {

bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) { return starts_name(c) || (c >= '0' && c <= '9'); }

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Where the }} is that closes a {{ before `at`; npos where there is none. Every bracket and every
/// string that opens inside has to close first, a jq string with \(...) in it too.
std::size_t find_end(std::string_view text, std::size_t at) {
  std::string open;  // the closers that are awaited, innermost last; '"' inside a string
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (!open.empty() && open.back() == '"') {
      if (c == '\\' && at + 1 < text.size() && text[at + 1] == '(')
        open += ')';
      else if (c == '"')
        open.pop_back();
      if (c == '\\') ++at;
    } else if (open.empty() && text.substr(at).starts_with("}}")) {
      return at;
    } else if (!open.empty() && c == open.back()) {
      open.pop_back();
    } else if (c == '"') {
      open += '"';
    } else if (c == '{') {
      open += '}';
    } else if (c == '(') {
      open += ')';
    }
  }
  return std::string_view::npos;
}

Piece piece_of(std::string_view inside) {
  const bool names = inside.starts_with(sink_prefix)
                         ? is_name(inside.substr(sink_prefix.size()))
                         : is_name(inside.starts_with('$') ? inside.substr(1) : inside);
  return {names ? Piece::Kind::name : Piece::Kind::jq, std::string(inside)};
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && starts_name(text.front()) &&
         std::all_of(text.begin(), text.end(), continues_name);
}

base::Result<std::vector<Piece>, std::string> split(std::string_view text) {
  std::vector<Piece> pieces;
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find("{{"), text.size());
    if (begin > 0) pieces.push_back({Piece::Kind::literal, std::string(text.substr(0, begin))});
    text.remove_prefix(begin);
    if (text.empty()) break;
    const std::size_t end = find_end(text, 2);
    if (end == std::string_view::npos)
      return base::failure(std::string("a {{ is not closed by }}"));
    const std::string_view inside = trim(text.substr(2, end - 2));
    if (inside.empty())
      return base::failure(std::string("expected a name or jq between {{ and }}, found nothing"));
    pieces.push_back(piece_of(inside));
    text.remove_prefix(end + 2);
  }
  return pieces;
}

std::string program_of(const Piece& piece) {
  std::string program;
  for (const std::string_view name : builtin_names)
    if (piece.text.find(name) != std::string::npos)
      program.append(".[\"").append(name).append("\"] as ").append(name).append(" | ");
  return program + piece.text;
}

}  // namespace scenario
