// deadheat-jq: computes jq programs for deadheat, one line of JSON in, one line out.
//
//   {"jq": PROGRAM, "input": VALUE}   ->   {"output": VALUE}          the first output
//   {"jq": PROGRAM}                   ->   {"output": null}           it compiles
//                                     or   {"error": TEXT, "kind": "syntax" or "runtime"}
//
//   deadheat-jq MEMORY_LIMIT PARENT
//
// A program may do what it likes here: the environment is empty, no file can be opened once the
// limits stand, memory has a bound, and whoever started this process kills it when it takes too
// long.

extern "C" {
#include <jq.h>  // it does not say so itself
}
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <list>
#include <optional>
#include <string>
#include <string_view>

namespace {

constexpr int out_of_memory = 77;  // exit status; evaluator.cpp knows it
constexpr int unusable = 78;
constexpr std::size_t cached_programs = 64;  // compiling costs some 20 ms in jq 1.6

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool bounds_memory = false;  // sanitizers reserve terabytes of addresses
#else
constexpr bool bounds_memory = true;
#endif

pid_t parent = 0;

// Linux also sends the signal when only the thread that started us ends, so look first.
void on_parent_death(int) {
  if (getppid() != parent) _exit(0);
}

void die_with_parent(pid_t pid) {
  parent = pid;
  struct sigaction action {};
  action.sa_handler = on_parent_death;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, nullptr);
  prctl(PR_SET_PDEATHSIG, SIGUSR1);
  on_parent_death(SIGUSR1);  // it may have been dead before the line above
}

bool set_limit(decltype(RLIMIT_AS) resource, rlim_t value) {
  const rlimit limit{value, value};
  return setrlimit(resource, &limit) == 0;
}

bool confine(std::size_t memory_limit) {
  // What is open stays open; `import` and the like can open nothing more.
  const bool confined = set_limit(RLIMIT_CORE, 0) && set_limit(RLIMIT_NOFILE, 0);
  return confined && (!bounds_memory || set_limit(RLIMIT_AS, memory_limit));
}

void exit_out_of_memory(void*) { _exit(out_of_memory); }

std::string text_of(jv string) {
  std::string text(jv_string_value(string),
                   static_cast<std::size_t>(jv_string_length_bytes(jv_copy(string))));
  jv_free(string);
  return text;
}

jv to_jv(std::string_view text) {
  return jv_string_sized(text.data(), static_cast<int>(text.size()));
}

void collect_error(void* errors, jv message) {
  auto& text = *static_cast<std::string*>(errors);
  if (jv_get_kind(message) == JV_KIND_STRING) text += text_of(jv_copy(message)) + '\n';
  jv_free(message);
}

void drop(void*, jv message) { jv_free(message); }
// jq 1.6 itself takes "break" for the end of the inputs.
jv no_input(jq_state*, void*) { return jv_invalid_with_msg(jv_string("break")); }

/// A compiled program. The source is compared whole: the cache is small.
struct Program {
  std::string source;
  jq_state* state = nullptr;

  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (state != nullptr) jq_teardown(&state);
  }
};

jv failure(const char* kind, std::string_view message) {
  return JV_OBJECT(jv_string("error"), to_jv(message), jv_string("kind"), jv_string(kind));
}

/// The least recently used program goes when the cache is full.
class Programs {
 public:
  /// nullptr where the source does not compile; `errors` says why.
  jq_state* compiled(const std::string& source, std::string& errors) {
    for (auto program = programs_.begin(); program != programs_.end(); ++program)
      if (program->source == source) {
        programs_.splice(programs_.begin(), programs_, program);
        return program->state;
      }
    programs_.emplace_front();
    Program& program = programs_.front();
    program.source = source;
    program.state = jq_init();
    jq_set_nomem_handler(program.state, exit_out_of_memory, nullptr);
    jq_set_error_cb(program.state, collect_error, &errors);
    jq_set_debug_cb(program.state, drop, nullptr);
    jq_set_input_cb(program.state, no_input, nullptr);
    jq_set_attr(program.state, jv_string("JQ_LIBRARY_PATH"), jv_array());
    const bool ok = jq_compile(program.state, source.c_str()) != 0;
    jq_set_error_cb(program.state, drop, nullptr);  // `errors` is the caller's
    if (!ok) {
      programs_.pop_front();
      return nullptr;
    }
    if (programs_.size() > cached_programs) programs_.pop_back();
    return programs_.front().state;
  }

 private:
  std::list<Program> programs_;
};

jv runtime_failure(jv message) {
  if (jv_get_kind(message) != JV_KIND_STRING) message = jv_dump_string(message, 0);
  const std::string text = text_of(message);
  return failure("runtime", text == "break" ? "No more inputs" : text);
}

jv compute(jq_state* state, jv input) {
  jq_start(state, input, 0);
  jv output = jq_next(state);
  if (jq_halted(state)) {
    jv_free(output);
    return failure("runtime", "the program halted");
  }
  if (jv_is_valid(output)) return JV_OBJECT(jv_string("output"), output);
  if (jv_invalid_has_msg(jv_copy(output))) return runtime_failure(jv_invalid_get_msg(output));
  jv_free(output);
  return failure("runtime", "the program gave no output");
}

jv answer(Programs& programs, jv request) {
  if (jv_get_kind(request) != JV_KIND_OBJECT) {
    jv_free(request);
    return failure("runtime", "the request is no JSON object");
  }
  jv source = jv_object_get(jv_copy(request), jv_string("jq"));
  jv input = jv_object_get(request, jv_string("input"));
  std::string errors;
  jq_state* state = nullptr;
  if (jv_get_kind(source) == JV_KIND_STRING)
    state = programs.compiled(text_of(source), errors);
  else
    jv_free(source);
  if (state == nullptr) {
    jv_free(input);
    return failure("syntax", errors);
  }
  if (jv_is_valid(input)) return compute(state, input);
  jv_free(input);
  return JV_OBJECT(jv_string("output"), jv_null());
}

/// One line without its end; nothing at the end of the input.
std::optional<std::string> read_line(std::string& buffer) {
  std::size_t searched = 0;
  for (;;) {
    const std::size_t end = buffer.find('\n', searched);
    if (end != std::string::npos) {
      std::string line = buffer.substr(0, end);
      buffer.erase(0, end + 1);
      return line;
    }
    searched = buffer.size();
    char piece[64 * 1024];
    const ssize_t count = read(STDIN_FILENO, piece, sizeof piece);
    if (count <= 0) return std::nullopt;
    buffer.append(piece, static_cast<std::size_t>(count));
  }
}

bool write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(STDOUT_FILENO, text.data(), text.size());
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return unusable;
  die_with_parent(static_cast<pid_t>(std::strtol(argv[2], nullptr, 10)));
  if (!confine(std::strtoull(argv[1], nullptr, 10))) return unusable;
  jv_nomem_handler(exit_out_of_memory, nullptr);

  Programs programs;
  std::string buffer;
  while (const auto line = read_line(buffer)) {
    jv reply = answer(programs, jv_parse_sized(line->data(), static_cast<int>(line->size())));
    if (!write_all(text_of(jv_dump_string(reply, 0)) + '\n')) return 0;
  }
  return 0;
}
