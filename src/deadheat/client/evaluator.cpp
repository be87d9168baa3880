#include "client/evaluator.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
#include <mutex>
#include <utility>

namespace client {
namespace {

using expression::Failure;

constexpr std::size_t longest_answer = 64 << 20;  // bytes of one line from the child
constexpr std::size_t deepest_answer = 512;
constexpr std::int64_t exact_in_double = std::int64_t{1} << 53;
constexpr int out_of_memory = 77;  // exit status of deadheat-jq

/// jq computes in doubles: an integer that one cannot hold goes as a string.
json::value for_jq(const json::value& value) {
  if (const auto* object = value.if_object()) {
    json::object copy;
    for (const auto& [key, member] : *object) copy.emplace(key, for_jq(member));
    return copy;
  }
  if (const auto* array = value.if_array()) {
    json::array copy;
    for (const json::value& element : *array) copy.push_back(for_jq(element));
    return copy;
  }
  const bool exact =
      value.is_uint64() ? value.get_uint64() <= static_cast<std::uint64_t>(exact_in_double)
      : value.is_int64()
          ? value.get_int64() <= exact_in_double && value.get_int64() >= -exact_in_double
          : true;
  if (exact) return value;
  return json::value(base::to_text(value));
}

/// Whole numbers come back as integers.
void from_jq(json::value& value) {
  if (auto* object = value.if_object()) {
    for (auto& member : *object) from_jq(member.value());
  } else if (auto* array = value.if_array()) {
    for (json::value& element : *array) from_jq(element);
  } else if (const double* number = value.if_double()) {
    constexpr double limit = 9223372036854775808.0;  // 2^63
    if (std::trunc(*number) == *number && *number >= -limit && *number < limit)
      value = static_cast<std::int64_t>(*number);
  }
}

bool cut_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// "jq: error: syntax error, unexpected $end (Unix shell quoting issues?) at <top-level>, line 1:"
/// becomes "syntax error, unexpected $end". The source that jq repeats is left out: callers know
/// it.
std::string in_short(std::string_view errors) {
  constexpr std::string_view shell = " (Unix shell quoting issues?)";
  constexpr std::string_view top_level = " at <top-level>, line ";
  std::string text;
  while (!errors.empty()) {
    const std::size_t end = std::min(errors.find('\n'), errors.size());
    std::string_view line = errors.substr(0, end);
    errors.remove_prefix(std::min(end + 1, errors.size()));
    if (!cut_prefix(line, "jq: error: ")) continue;
    std::string message(line);
    if (const auto at = message.find(shell); at != std::string::npos)
      message.erase(at, shell.size());
    if (const auto at = message.find(top_level); at != std::string::npos) {
      const std::string number = message.substr(at + top_level.size());
      message.erase(at);
      if (number != "1:") message += " in line " + number.substr(0, number.find(':'));
    }
    text += (text.empty() ? "" : "; ") + message;
  }
  return text.empty() ? "does not compile" : text;
}

Failure unavailable(std::string message) {
  return Failure{Failure::Kind::unavailable, std::move(message)};
}

}  // namespace

/// The process, and the one connection to it. A socket pair rather than two pipes: a write to a
/// dead child gives an error there, where a pipe would raise SIGPIPE.
class Evaluator::Child {
 public:
  explicit Child(Settings settings) : settings_(std::move(settings)) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { stop(); }

  base::Result<json::value, Failure> ask(const json::object& request) {
    const std::lock_guard lock(mutex_);
    if (auto started = start_if_needed(); !started) return base::failure(started.error());
    const base::Nanoseconds deadline = clock_.now() + settings_.time_limit;
    auto answer = exchange(base::to_text(request) + '\n', deadline);
    if (!answer) stop();
    return answer;
  }

 private:
  base::Result<void, Failure> start_if_needed() {
    if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;  // it died while nobody asked
      stop();
    }
    if (pid_ > 0) return {};
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      return base::failure(cannot_start(errno));
    const int error = spawn(ends[1]);
    close(ends[1]);
    socket_ = ends[0];
    if (error == 0) return {};
    pid_ = -1;
    stop();
    return base::failure(cannot_start(error));
  }

  Failure cannot_start(int error) const {
    return unavailable(fmt::format("cannot start {}: {}", settings_.program, std::strerror(error)));
  }

  /// In a process group of its own, so that an interrupt from the terminal does not end it while
  /// the last results are still computed.
  int spawn(int socket) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, socket, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, socket, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);

    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);

    std::string program = settings_.program;
    std::string memory = std::to_string(settings_.memory_limit);
    std::string parent = std::to_string(getpid());
    char* arguments[] = {program.data(), memory.data(), parent.data(), nullptr};
    char* environment[] = {nullptr};
    const int error =
        posix_spawn(&pid_, program.c_str(), &files, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return error;
  }

  void stop() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      reap();
    }
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
    buffer_.clear();
  }

  /// Waits for the end of a child that was killed or closed its side; its wait status.
  int reap() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

  base::Result<json::value, Failure> exchange(std::string_view request,
                                              base::Nanoseconds deadline) {
    while (!request.empty()) {
      if (!wait_for(POLLOUT, deadline)) return base::failure(timed_out());
      const ssize_t sent =
          send(socket_, request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno != EAGAIN && errno != EINTR) return base::failure(died());
      if (sent > 0) request.remove_prefix(static_cast<std::size_t>(sent));
    }
    std::size_t end = std::string::npos;
    for (std::size_t searched = 0; end == std::string::npos; searched = buffer_.size()) {
      if (buffer_.size() > longest_answer)
        return base::failure(
            Failure{Failure::Kind::runtime,
                    fmt::format("the output is larger than {} MB", longest_answer >> 20)});
      if (!wait_for(POLLIN, deadline)) return base::failure(timed_out());
      char piece[64 * 1024];
      const ssize_t count = recv(socket_, piece, sizeof piece, MSG_DONTWAIT);
      if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
        return base::failure(died());
      if (count > 0) buffer_.append(piece, static_cast<std::size_t>(count));
      end = buffer_.find('\n', searched);
    }
    const std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    auto answer = base::parse_json(line, deepest_answer);
    if (!answer)
      return base::failure(
          Failure{Failure::Kind::runtime, "the output cannot be read: " + answer.error().message});
    return std::move(*answer);
  }

  bool wait_for(short event, base::Nanoseconds deadline) {
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock_.now());
      if (left.count() <= 0) return false;
      pollfd waiting{socket_, event, 0};
      const auto most = std::min<std::int64_t>(left.count(), 60'000);
      if (poll(&waiting, 1, static_cast<int>(most)) > 0) return true;
    }
  }

  Failure timed_out() const {
    return Failure{Failure::Kind::timeout, fmt::format("took longer than {} s and was stopped",
                                                       base::in_seconds(settings_.time_limit))};
  }

  Failure died() {
    // It may have closed its side without ending.
    kill(pid_, SIGKILL);
    const int status = reap();
    if (WIFEXITED(status) && WEXITSTATUS(status) == out_of_memory)
      return Failure{Failure::Kind::runtime,
                     fmt::format("needed more than {} MB of memory", settings_.memory_limit >> 20)};
    if (WIFSIGNALED(status))
      return Failure{Failure::Kind::runtime, fmt::format("jq died of signal {}", WTERMSIG(status))};
    return unavailable(
        fmt::format("{} ended with status {}", settings_.program, WEXITSTATUS(status)));
  }

  const Settings settings_;
  const base::SystemClock clock_;
  std::mutex mutex_;  // guards all below
  pid_t pid_ = -1;
  int socket_ = -1;
  std::string buffer_;  // received, not yet taken
};

Evaluator::Evaluator(Settings settings) : child_(std::make_unique<Child>(std::move(settings))) {}
Evaluator::~Evaluator() = default;

namespace {

base::Result<json::value, Failure> output_of(json::value answer) {
  json::object* object = answer.if_object();
  if (object == nullptr) return base::failure(unavailable("the answer is not of deadheat-jq"));
  if (json::value* output = object->if_contains("output")) {
    from_jq(*output);
    return std::move(*output);
  }
  const json::value* error = object->if_contains("error");
  const json::value* kind = object->if_contains("kind");
  if (error == nullptr || kind == nullptr || !error->is_string())
    return base::failure(unavailable("the answer is not of deadheat-jq"));
  std::string message(error->get_string());
  if (*kind == "syntax") return base::failure(Failure{Failure::Kind::syntax, in_short(message)});
  return base::failure(Failure{Failure::Kind::runtime, std::move(message)});
}

// jq takes a program up to the first NUL.
bool has_nul(const std::string& jq) { return jq.find('\0') != std::string::npos; }
Failure nul_failure() { return {Failure::Kind::syntax, "the program contains a NUL character"}; }

}  // namespace

base::Result<json::value, Failure> Evaluator::evaluate(const std::string& jq,
                                                       const json::value& input) {
  // Where the path raises an error, jq says it in its own words.
  if (const auto path = expression::parse_path(jq))
    if (const json::value* found = expression::find(input, *path)) return *found;
  if (has_nul(jq)) return base::failure(nul_failure());
  return child_->ask({{"jq", jq}, {"input", for_jq(input)}}).and_then(output_of);
}

base::Result<void, Failure> Evaluator::compile(const std::string& jq) {
  if (expression::parse_path(jq)) return {};
  if (has_nul(jq)) return base::failure(nul_failure());
  const auto answer = child_->ask({{"jq", jq}}).and_then(output_of);
  if (!answer) return base::failure(answer.error());
  return {};
}

expression::Evaluate Evaluator::port() {
  return [this](const std::string& jq, const json::value& input) { return evaluate(jq, input); };
}

}  // namespace client
