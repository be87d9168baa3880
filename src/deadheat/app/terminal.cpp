#include "app/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

namespace app {
namespace {

int terminal_width(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return std::min<int>(size.ws_col, 140);
  return 100;
}

}  // namespace

void complain(const std::string& message) { fmt::print(stderr, "deadheat: {}\n", message); }

bool is_dumb_terminal() {
  const char* terminal = std::getenv("TERM");
  return terminal != nullptr && std::string_view(terminal) == "dumb";
}

report::Language language_of(const Style& style) {
  if (style.language) return *style.language;
  for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"})
    if (const char* locale = std::getenv(variable); locale != nullptr && *locale != '\0')
      return report::language_of_locale(locale);
  return report::Language::en;
}

report::Look look_for(int fd, const Style& style) {
  const bool no_colour = std::getenv("NO_COLOR") != nullptr || is_dumb_terminal();
  return {.width = terminal_width(fd),
          .colour = style.colour == Colour::always ||
                    (style.colour != Colour::never && isatty(fd) == 1 && !no_colour),
          .language = language_of(style)};
}

std::string beside_this_program(const char* name) {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / name).string();
}

bool is_writable(const char* option, const std::string& path) {
  std::error_code ignored;
  const bool there = std::filesystem::exists(path, ignored);
  if (path.empty() || std::ofstream(path, std::ios::binary | std::ios::app)) {
    if (!there) std::filesystem::remove(path, ignored);
    return true;
  }
  complain(fmt::format("{} {}: cannot be written: {}", option, path, std::strerror(errno)));
  return false;
}

bool write_file(const std::string& text, const std::string& path) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return true;
  complain(fmt::format("{}: cannot be written: {}", path, std::strerror(errno)));
  return false;
}

std::optional<std::string> read_file(const std::string& path, std::uintmax_t most,
                                     const char* what) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    complain(fmt::format("{}: is a directory; {}", path, what));
    return std::nullopt;
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    complain(fmt::format("{}: {}", path, std::strerror(errno)));
    return std::nullopt;
  }
  if (const auto size = std::filesystem::file_size(path, error); !error && size > most) {
    complain(fmt::format("{}: {} bytes; {}, and has at most {}", path, size, what, most));
    return std::nullopt;
  }
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace app
