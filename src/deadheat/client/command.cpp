#include "client/command.h"

extern "C" {
#include <sys/pidfd.h>  // of glibc 2.36 does not say so itself
}
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace client {
namespace {

/// A descriptor that closes itself.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() { close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] int get() const { return descriptor_; }
  void set(int descriptor) {
    close();
    descriptor_ = descriptor;
  }
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

 private:
  int descriptor_ = -1;
};

bool open_pipe(File& reading, File& writing) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  reading.set(ends[0]);
  writing.set(ends[1]);
  return fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (std::string& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> all;
  const auto is_given = [&command](std::string_view entry) {
    for (const auto& [name, value] : command.environment)
      if (entry.starts_with(name + "=")) return true;
    return false;
  };
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!is_given(*entry)) all.emplace_back(*entry);
  for (const auto& [name, value] : command.environment)
    all.push_back(fmt::format("{}={}", name, value));
  return all;
}

/// 0, or the cause from <cerrno>.
int spawn(const Command& command, int out, int err, pid_t& pid) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawn_file_actions_addchdir_np(&files, command.directory.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<std::string> words = command.words;
  std::vector<std::string> environment = environment_of(command);
  const int error = posix_spawnp(&pid, words.front().c_str(), &files, &attributes,
                                 pointers(words).data(), pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error;
}

/// Takes what has arrived. False once there is nothing more to come.
bool drain(int descriptor, std::string& text) {
  for (;;) {
    char piece[16 * 1024];
    const ssize_t count = read(descriptor, piece, sizeof piece);
    if (count > 0) text.append(piece, static_cast<std::size_t>(count));
    if (count > 0 && text.size() <= most_output) continue;
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
  }
}

/// The group as well: what the command started must not outlive it. Its leader has not been waited
/// for yet, so the number is still its own.
int end(pid_t pid) {
  kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

base::Result<CommandResult, std::string> run_command(const Command& command,
                                                     const net::Wait& wait) {
  File out, out_end, err, err_end;
  pid_t pid = -1;
  const base::Nanoseconds began = wait.clock.now();
  int error = open_pipe(out, out_end) && open_pipe(err, err_end) ? 0 : errno;
  if (error == 0) error = spawn(command, out_end.get(), err_end.get(), pid);
  if (error != 0) return base::failure(fmt::format("cannot be started: {}", std::strerror(error)));
  out_end.close();
  err_end.close();
  const File ended(pidfd_open(pid, 0));
  CommandResult result;
  std::string problem;
  for (bool over = false; !over && problem.empty();) {
    pollfd polled[] = {{ended.get(), POLLIN, 0}, {out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(net::poll_time(wait)).count();
    poll(polled, 3, static_cast<int>(left));
    over = (polled[0].revents & POLLIN) != 0;
    if (out.get() >= 0 && !drain(out.get(), result.out)) out.close();
    if (err.get() >= 0 && !drain(err.get(), result.err)) err.close();
    if (result.out.size() > most_output || result.err.size() > most_output)
      problem = fmt::format("printed more than {} MB", most_output >> 20);
    else if (!over && wait.stop != nullptr && wait.stop->load())
      problem = "interrupted";
    else if (!over && wait.clock.now() >= wait.deadline)
      problem = fmt::format("took longer than {:.3g} s and was stopped",
                            base::in_seconds(wait.clock.now() - began));
  }
  result.status = end(pid);
  if (!problem.empty()) return base::failure(problem);
  return result;
}

}  // namespace client
