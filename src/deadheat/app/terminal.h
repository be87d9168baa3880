#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/names.h"
#include "report/language.h"
#include "report/terminal.h"

/// What the commands have in common: where they write to.
namespace app {

/// "deadheat: ...", to those who called.
void complain(const std::string& message);

[[nodiscard]] bool is_dumb_terminal();

enum class Colour { automatic, always, never };
inline constexpr base::Names<Colour> colour_names{
    {Colour::automatic, "auto"}, {Colour::always, "always"}, {Colour::never, "never"}};
/// How a report is to look, as far as it was chosen.
struct Style {
  std::optional<Colour> colour;              // else as with `automatic`
  std::optional<report::Language> language;  // else as LC_ALL, LC_MESSAGES or LANG say
};
[[nodiscard]] report::Language language_of(const Style& style);
[[nodiscard]] report::Look look_for(int fd, const Style& style);

[[nodiscard]] std::string beside_this_program(const char* name);

/// Whether the file that an option names can be written: better said before minutes of work than
/// after it. What is in the file stays until there is something to write, and one that was not
/// there is not left behind empty. No name is no file, and fine.
[[nodiscard]] bool is_writable(const char* option, const std::string& path);
[[nodiscard]] bool write_file(const std::string& text, const std::string& path);

/// What is in the file; nothing, after a complaint, where it cannot be read or has more than `most`
/// bytes. `what` it should be: "a scenario is a YAML file".
[[nodiscard]] std::optional<std::string> read_file(const std::string& path, std::uintmax_t most,
                                                   const char* what);

}  // namespace app
