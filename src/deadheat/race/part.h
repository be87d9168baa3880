#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "client/context.h"
#include "client/exchange.h"
#include "client/message.h"
#include "client/target.h"
#include "outcome/outcome.h"

namespace race {

/// One entry in play: its script, step by step. Whoever conducts it begins each step, attends to
/// its exchange until that is finished, and concludes it. Belongs to one thread at a time.
class Part {
 public:
  struct Role {
    scenario::Entry entry;
    std::size_t target = 0;
    json::object bindings;      // of setup and reset, $run, $attempt
    client::Sessions sessions;  // of its actors; what they get in the race stays with this script
    std::string origin;         // for X-Deadheat
    std::uint64_t seed = 0;
    base::Nanoseconds timeout{0};
    std::unique_ptr<client::Line> line;  // to its target, kept warm
    /// To its target, for the request that waits at the gate; or nullptr.
    client::Line* shared = nullptr;
    bool keeps_alive = true;  // a line may be used for the next step too
  };

  /// Borrows both.
  Part(const client::Context& context, const std::vector<client::Target>& targets, Role role);

  /// No step is left to begin, none is under way.
  [[nodiscard]] bool finished() const { return finished_ && !exchange_; }
  /// The step under way; nullptr between steps.
  [[nodiscard]] client::Exchange* exchange() { return exchange_ ? &*exchange_ : nullptr; }
  /// The step under way, or else the next one; from 0.
  [[nodiscard]] int step() const { return step_; }
  [[nodiscard]] const scenario::Script& script() const { return script_; }

  /// Fills the request of the next step; finishes instead if that cannot be done.
  void begin_step(client::Gate gate);
  /// Once its exchange is finished: records the step, captures, decides whether to go on.
  void conclude_step();

  /// For steps without a gate: concludes the step under way if it is finished, and begins the next.
  void go_on();

  /// Why the scenario itself cannot be played, or no connection could be had before anything was
  /// sent.
  [[nodiscard]] const std::optional<outcome::Failure>& failure() const { return failure_; }
  [[nodiscard]] bool timed_out() const { return timed_out_; }
  /// The server hung up on a connection that it had seemed to keep.
  [[nodiscard]] bool hung_up_on() const { return hung_up_on_; }
  [[nodiscard]] base::Nanoseconds timeout() const { return role_.timeout; }

  /// The answer, classified; once, when finished.
  [[nodiscard]] outcome::Answer take_answer();
  /// The line to its target, where it can be used again; or nullptr.
  [[nodiscard]] std::unique_ptr<client::Line> take_line();
  [[nodiscard]] std::size_t target() const { return role_.target; }

 private:
  void send(client::Message message, client::Gate gate);
  void conclude_without_answer(const scenario::Request& request, outcome::Step step);
  [[nodiscard]] outcome::Step times_of(const scenario::Request& request) const;
  void capture(const scenario::Request& request, const json::value& seen, outcome::Step& step);
  [[nodiscard]] bool goes_on(const scenario::Request& request, const json::value& seen);
  [[nodiscard]] scenario::Request request_of(std::size_t step) const;
  [[nodiscard]] client::Session* session_of(const scenario::Request& request);
  [[nodiscard]] std::optional<bool> says(
      const std::optional<scenario::Expression>& condition) const;

  const client::Context& context_;
  const std::vector<client::Target>& targets_;
  const scenario::Script& script_;
  Role role_;
  std::string actor_;  // the copy's own
  base::Random random_;
  int step_ = 0;
  bool finished_ = false;
  bool timed_out_ = false;
  bool hung_up_on_ = false;
  base::Nanoseconds idle_since_{0};  // its line
  bool lost_capture_ = false;        // a step found nothing to capture: later ones may lack it
  client::Message message_;          // of the step under way, but for the request as it was sent
  int redirects_ = 0;                // that the step under way has followed
  outcome::Step first_;              // its times, before the first redirect
  std::optional<client::Exchange> exchange_;
  json::object step_bindings_;
  json::value last_seen_;  // the last answer as expressions see it; null without one
  outcome::Answer answer_;
  std::optional<outcome::Failure> failure_;
};

}  // namespace race
