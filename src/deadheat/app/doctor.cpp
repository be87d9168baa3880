#include "app/doctor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "app/terminal.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/version.h"
#include "client/evaluator.h"
#include "machine/machine.h"
#include "record/checkup.h"
#include "report/checkup.h"
#include "report/progress.h"
#include "sensitivity/measure.h"

namespace app {
namespace {

using record::Exit;

/// A line that is redrawn on a terminal, and one at the start elsewhere.
class Progress {
 public:
  Progress(bool quiet, report::Language language)
      : quiet_(quiet), tty_(isatty(STDERR_FILENO) == 1), language_(language) {
    if (!quiet_ && !tty_) fmt::print(stderr, "{}\n", report::planting({}, language_));
  }
  void update(double share) {
    const int percent = static_cast<int>(share * 100);
    if (quiet_ || !tty_ || percent == shown_) return;
    shown_ = percent;
    fmt::print(stderr, "\r{}", report::planting(percent, language_));
    std::fflush(stderr);
  }
  void finish() const {
    if (shown_ >= 0) fmt::print(stderr, "\r{:40}\r", "");
  }

 private:
  bool quiet_;
  bool tty_;
  report::Language language_;
  int shown_ = -1;
};

std::string jq_failure() {
  client::Evaluator evaluator({.program = beside_this_program("deadheat-jq")});
  const auto compiled = evaluator.compile("1 + 1");  // a plain path would not need it
  return compiled ? "" : compiled.error().message;
}

/// The widest of the planted windows is what every machine should find.
void conclude(record::Checkup& checkup) {
  checkup.fine = checkup.planted.front().attempts > 0;
  checkup.exit_code = static_cast<int>(checkup.fine ? Exit::clean : Exit::inconclusive);
}

}  // namespace

int doctor(const DoctorOptions& options) {
  if (!is_writable("--json", options.json_file)) return static_cast<int>(Exit::usage);
  const base::SystemClock clock;
  const base::Nanoseconds began = clock.now();
  machine::Facts facts = machine::look(clock);  // first: the races would show in the load
  facts.jq_failure = jq_failure();

  record::Checkup checkup{.tool = std::string("deadheat ") + base::version,
                          .seed = options.seed.value_or(base::fresh_seed() % 1'000'000)};
  Progress progress(options.quiet, language_of(options.style));
  sensitivity::Plan plan = sensitivity::thorough();
  plan.seed = checkup.seed;
  plan.on_progress = [&](double share) { progress.update(share); };
  auto planted = sensitivity::measure(plan, clock);
  progress.finish();
  if (!planted) {
    complain("cannot race the planted server: " + planted.error());
    return static_cast<int>(Exit::unreachable);
  }
  checkup.planted = std::move(*planted);
  checkup.machine = machine::judge(facts);
  checkup.duration_s = base::in_seconds(clock.now() - began);
  conclude(checkup);

  fmt::print("{}", report::terminal(checkup, look_for(STDOUT_FILENO, options.style)));
  std::fflush(stdout);
  if (!options.json_file.empty() && !write_file(record::to_text(checkup), options.json_file))
    return static_cast<int>(Exit::internal);
  return checkup.exit_code;
}

}  // namespace app
