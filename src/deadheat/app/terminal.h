#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/names.h"
#include "report/terminal.h"

/// What the commands have in common: where they write to.
namespace app {

constexpr int exit_usage = 2, exit_inconclusive = 3, exit_unreachable = 4, exit_unsafe = 5,
              exit_internal = 70;

/// "deadheat: ...", to those who called.
void complain(const std::string& message);

[[nodiscard]] bool is_dumb_terminal();

enum class Colour { automatic, always, never };
inline constexpr base::Names<Colour> colour_names{
    {Colour::automatic, "auto"}, {Colour::always, "always"}, {Colour::never, "never"}};
/// Without a choice as with `automatic`.
[[nodiscard]] report::Look look_for(int fd, std::optional<Colour> colour);

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
