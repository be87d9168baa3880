#include "net/end_signals.h"

#include <gtest/gtest.h>

namespace {

TEST(EndSignals, AreKeptUntilTheyAreWaitedFor) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const net::EndSignals end;
    std::raise(signal);
    end.wait();
    end.let_through();
  }
}

TEST(EndSignals, ASecondOneEndsTheProgram) {
  const auto ends = [](auto act) { EXPECT_EXIT(act(), testing::KilledBySignal(SIGTERM), ""); };
  ends([] {
    const net::EndSignals end;
    std::raise(SIGINT);
    end.wait_on(std::chrono::hours(1));
  });
  ends([] {
    const net::EndSignals end;
    end.let_through();
    std::raise(SIGTERM);
  });
}

TEST(EndSignals, WithoutOneTheWaitEndsByItself) {
  const net::EndSignals end;
  end.wait_on(base::Nanoseconds::zero());
  end.wait_on(std::chrono::milliseconds(1));
  end.let_through();
}

}  // namespace
