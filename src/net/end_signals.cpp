#include "net/end_signals.h"

#include <pthread.h>

#include <cstdint>
#include <ctime>

namespace net {

EndSignals::EndSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

void EndSignals::wait() const {
  int signal = 0;
  sigwait(&signals_, &signal);
}

void EndSignals::wait_on(base::Nanoseconds time) const {
  constexpr std::int64_t second = 1'000'000'000;
  const timespec limit{.tv_sec = time.count() / second, .tv_nsec = time.count() % second};
  if (time <= base::Nanoseconds::zero() || sigtimedwait(&signals_, nullptr, &limit) < 0) return;
  let_through();
  std::raise(SIGTERM);
}

void EndSignals::let_through() const { pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr); }

}  // namespace net
