#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/connection.h"

/// Runs a command of the user's own: `exec` of a scenario.
namespace client {

struct Command {
  std::vector<std::string> words;  // the program, looked up as a shell does, and its arguments
  std::vector<std::pair<std::string, std::string>> environment;  // over that of this process
  std::string directory = ".";
};

struct CommandResult {
  int status = 0;  // its exit status; 128 and the signal where one ended it
  std::string out;
  std::string err;
};

/// Waits for its end, and reads what it prints. It has a process group of its own, which is killed
/// when it ends, at the deadline, when told to stop, and when it prints more than `most_output`.
/// The failure is a sentence.
[[nodiscard]] base::Result<CommandResult, std::string> run_command(const Command& command,
                                                                   const net::Wait& wait);

inline constexpr std::size_t most_output = 4 << 20;  // bytes, of each of the two

}  // namespace client
