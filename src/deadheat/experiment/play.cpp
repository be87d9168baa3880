#include "experiment/play.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "experiment/lanes.h"
#include "race/player.h"
#include "sink/sinks.h"

namespace experiment {
namespace {

using base::Nanoseconds;
using std::chrono::milliseconds;

/// Between two looks at the clock, and at whether the user wants to stop.
constexpr Nanoseconds longest_sleep = milliseconds(100);
constexpr Nanoseconds progress_interval = milliseconds(100);

class Loop {
 public:
  Loop(trial::Trial& trial, race::Course& course, const Journal& journal,
       const OnProgress& on_progress)
      : trial_(trial), course_(course), journal_(journal), on_progress_(on_progress) {}

  void run() {
    {
      Lanes lanes(course_, trial_.lanes());
      say_progress();
      while (go_on(lanes)) {
      }
      say_progress();
      land();
    }
    take_off_again();
    tell_of_sinks();
  }

 private:
  bool go_on(Lanes& lanes) {
    if (course_.interrupt_wanted) trial_.interrupt();
    const Nanoseconds now = course_.clock.now();
    if (now - said_ >= progress_interval) say_progress();
    trial::Next next = trial_.next(now);
    if (std::holds_alternative<trial::Over>(next)) return false;
    if (auto* job = std::get_if<trial::Job>(&next)) {
      lanes.submit(std::move(*job));
      return true;
    }
    const Nanoseconds wait = std::get<trial::Wait>(next).until - now;
    if (auto done = lanes.collect(std::clamp(wait, Nanoseconds(0), longest_sleep)))
      hear(std::move(*done));
    return true;
  }

  void hear(trial::Done done) {
    if (course_.interrupt_wanted) return;  // it was given up
    const Nanoseconds now = course_.clock.now();
    journal_.heard(trial_.about(done), done.outcome, trial_.elapsed(now));
    tell_of_sinks();
    trial_.hear(std::move(done), now);
  }

  void tell_of_sinks() {
    if (course_.sinks != nullptr)
      trial_.hear(trial::SinkNews{course_.sinks->tally(), course_.sinks->late()});
  }

  /// What is in flight is given up, unless it has something to clean up.
  void land() {
    if (course_.scenario.cleanup.empty()) course_.stop = true;
  }

  /// In this order: an interruption sets both, `interrupt_wanted` first, and is never lost.
  void take_off_again() {
    course_.stop = false;
    if (course_.interrupt_wanted) course_.stop = true;
  }

  void say_progress() {
    said_ = course_.clock.now();
    on_progress_(trial_.progress(said_));
  }

  trial::Trial& trial_;
  race::Course& course_;
  const Journal& journal_;
  const OnProgress& on_progress_;
  Nanoseconds said_{0};
};

}  // namespace

void play(trial::Trial& trial, race::Course& course, const Journal& journal,
          const OnProgress& on_progress) {
  Loop(trial, course, journal, on_progress).run();
}

void tear_down(race::Course& course, const trial::Ledger& ledger) {
  if (ledger.ending && ledger.ending->is == record::Ending::unreachable) return;
  course.stop = false;
  race::Player player(course, 0);
  player.tear_down();
  if (course.interrupt_wanted) course.stop = true;
}

}  // namespace experiment
