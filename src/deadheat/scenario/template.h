#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// The pieces of a template.
namespace scenario {

/// The names that are always bound, as {{$uuid}} and the like.
constexpr std::string_view builtin_names[] = {"$uuid",  "$run",  "$attempt",
                                              "$index", "$base", "$host"};

/// {{$sink.payments}}: the address of a sink is a name, too.
constexpr std::string_view sink_prefix = "$sink.";

struct Piece {
  enum class Kind { literal, name, jq };
  Kind kind = Kind::literal;
  std::string text;  // what stands between the braces, without blanks around it
};

/// The pieces in order, or what is wrong. Braces and quotes inside {{ }} are jq's: {{ "}}" }} is
/// one piece.
[[nodiscard]] base::Result<std::vector<Piece>, std::string> split(std::string_view text);

/// The program for a jq piece, over the bindings: $uuid and the like are variables in it.
[[nodiscard]] std::string program_of(const Piece& piece);

/// [A-Za-z_][A-Za-z0-9_]*
[[nodiscard]] bool is_name(std::string_view text);

}  // namespace scenario
