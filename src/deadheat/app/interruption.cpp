#include "app/interruption.h"

#include <csignal>

namespace app {
namespace {

constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};

// Read in a signal handler: atomics without a lock.
std::atomic<bool> was_wanted = false;
std::atomic<race::Course*> told = nullptr;
static_assert(std::atomic<bool>::is_always_lock_free &&
              std::atomic<race::Course*>::is_always_lock_free);

void handle(int /*signal*/) {
  was_wanted = true;
  if (race::Course* const course = told) course->interrupt();
  for (const int signal : signals) std::signal(signal, SIG_DFL);
}

}  // namespace

Interruption::Interruption() {
  was_wanted = false;
  for (const int signal : signals) std::signal(signal, handle);
}

Interruption::~Interruption() {
  told = nullptr;
  for (const int signal : signals) std::signal(signal, SIG_DFL);
}

void Interruption::tell(race::Course* course) {
  told = course;
  if (course != nullptr && was_wanted) course->interrupt();
}

const std::atomic<bool>& Interruption::wanted() const { return was_wanted; }

}  // namespace app
