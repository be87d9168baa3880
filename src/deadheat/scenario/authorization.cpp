#include "scenario/authorization.h"

#include <algorithm>
#include <cstdint>

#include "base/json.h"
#include "scenario/template.h"

namespace scenario {
namespace {

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      out += i + k <= bytes.size() ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

}  // namespace

std::string encode_basic(std::string_view credentials) { return "Basic " + base64(credentials); }

std::string basic_authorization(const std::string& credentials) {
  const auto pieces = split(credentials);
  const auto is_literal = [](const Piece& piece) { return piece.kind == Piece::Kind::literal; };
  if (!pieces || std::all_of(pieces->begin(), pieces->end(), is_literal))
    return encode_basic(credentials);
  std::string jq;
  for (const Piece& piece : *pieces) {
    if (!jq.empty()) jq += " + ";
    if (piece.kind == Piece::Kind::literal)
      jq += base::to_text(json::value(piece.text));
    else if (piece.kind == Piece::Kind::name && !piece.text.starts_with('$'))
      jq += "(." + piece.text + " | tostring)";
    else
      jq += "(" + piece.text + " | tostring)";
  }
  return "Basic {{ " + jq + " | @base64 }}";
}

}  // namespace scenario
