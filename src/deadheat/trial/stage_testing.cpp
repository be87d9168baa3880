#include "trial/stage_testing.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <utility>

#include "base/require.h"

namespace simulated {

using outcome::Failure;
using outcome::Outcome;
using simulation::Turn;
using simulation::World;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// What a reset made.
class Resource {
 public:
  explicit Resource(simulation::Noise* noise) : world(noise) {}

  /// As it was at a time, where reads lag; else as it is.
  [[nodiscard]] World seen_at(Nanoseconds time) const {
    World seen = world;
    for (auto was = history.rbegin(); was != history.rend() && was->first > time; ++was)
      seen.rows = was->second;
    return seen;
  }

  World world;
  std::vector<std::pair<Nanoseconds, json::object>> history;  // the rows before each change
  int at_work = 0;                                            // requests
  bool locked = false;
  std::deque<std::size_t> waiting;  // parts, for the lock
  Taken taken;
};

namespace {

/// A Tuesday in 2026, early enough for World::iso_time.
constexpr Nanoseconds epoch = seconds(1'790'000'000);
/// race::Player looks so long after the last answer, and waits so long for what timed out.
constexpr Nanoseconds looks[] = {milliseconds(50), milliseconds(200)};
constexpr Nanoseconds longest_landing = seconds(5);
/// From the last script's arrival at its gate to the opening.
constexpr Nanoseconds opening = milliseconds(1);

bool same(const outcome::State& a, const outcome::State& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.status == y.status && x.body == y.body;
  });
}

/// An entry at work: a client, and what the server knows of its request.
struct Part {
  Resource* resource;
  int who;  // the server's entry
  Turn turn;
  simulation::Work work;
  outcome::Answer answer;
  std::size_t request = 0, step = 0;
  std::size_t gate = std::numeric_limits<std::size_t>::max();  // the request that waits there
  enum class Is { idle, at_gate, under_way, over } is = Is::idle;
  Nanoseconds since{0};
  bool body_there = true;
  bool waits_for_body = false;
  bool failing = false;  // it will be answered 500
  bool lost = false;     // its answer will not come
  bool timed_out = false;

  [[nodiscard]] const simulation::Request& under_way() const { return work[request]; }
  [[nodiscard]] outcome::Step& exchange() { return answer.steps.back(); }
};

struct Event {
  enum class Is { arrives, body_arrives, steps, ends, answered } is = Is::arrives;
  Nanoseconds at{0};
  std::uint64_t number = 0;  // of two at one time, the first that was planned
  std::size_t part = 0;
};

}  // namespace

/// One job, from its beginning to its end.
class Stage::Play {
 public:
  Play(Stage& stage, const scenario::Scenario& scenario, const outcome::Pace& pace, Nanoseconds now,
       int beside)
      : stage_(stage),
        target_(stage.target_),
        scenario_(scenario),
        entries_(scenario::entries(scenario)),
        pace_(pace),
        now_(now),
        beside_(beside) {}

  [[nodiscard]] Nanoseconds now() const { return now_; }

  trial::SetUp set_up() {
    trial::SetUp done{.keeps_alive = true};
    Outcome first = open();
    close(first);
    done.failure = first.failure;
    if (!done.failure && target_.server.state) done.two_connections = !target_.one_connection;
    return done;
  }

  Outcome serial(const schedule::Sequence& sequence) {
    racing_ = false;
    Outcome outcome = open();
    std::map<int, std::size_t> part_of;
    if (!outcome.failure) {
      bool first = true;
      for (const int entry : sequence.turns) {
        if (!std::exchange(first, false)) now_ += sequence.pause;
        const auto [found, added] = part_of.try_emplace(entry, parts_.size());
        if (added) cast(entry, *current_);
        Part& part = parts_[found->second];
        do {
          begin_next(found->second);
          run();
        } while (!sequence.by_request && part.is != Part::Is::over);
        if (part.timed_out) wait_for_landing();
      }
      for (std::size_t i = 0; i < parts_.size(); ++i)
        while (parts_[i].is != Part::Is::over) {
          begin_next(i);
          run();
        }
      collect(outcome);
    }
    close(outcome);
    return outcome;
  }

  Outcome attempt(const schedule::Schedule& schedule) {
    base::require(schedule.offsets.size() == entries_.size(), "a schedule is for these entries");
    racing_ = true;
    Outcome outcome = open();
    if (!outcome.failure) {
      for (std::size_t i = 0; i < entries_.size(); ++i) {
        Part& part = cast(static_cast<int>(i), *current_);
        part.gate = std::min(static_cast<std::size_t>(schedule.gate), part.work.size() - 1);
      }
      const bool early = schedule.hold == schedule::Hold::body && target_.begins_with_head &&
                         schedule.sync == schedule::Sync::held;
      bring_to_gate(early);
      now_ += opening;
      outcome.gate_opened = now_;
      std::vector<int> sequence = schedule.sequence;
      std::stable_sort(sequence.begin(), sequence.end(), [&](int a, int b) {
        return schedule.offsets.at(static_cast<std::size_t>(a)) <
               schedule.offsets.at(static_cast<std::size_t>(b));
      });
      for (const int entry : sequence) {
        const auto i = static_cast<std::size_t>(entry);
        release(i, outcome.gate_opened + schedule.offsets.at(i),
                schedule.hold == schedule::Hold::headers);
      }
      run();
      collect(outcome);
    }
    close(outcome);
    return outcome;
  }

  /// As race::Player does: the first steps each on its own, the last ones together.
  std::optional<outcome::Pair> pair(int first, int second) {
    racing_ = false;
    const Outcome one = open();
    const auto resource = current_;
    const Outcome other = open();
    if (one.failure || other.failure) return std::nullopt;
    cast(first, *resource);
    cast(second, *current_);
    for (Part& part : parts_) part.gate = part.work.size() - 1;
    bring_to_gate(false);
    if (parts_[0].is != Part::Is::at_gate || parts_[1].is != Part::Is::at_gate) return std::nullopt;
    const Nanoseconds opened = now_;
    release(0, opened, true);
    release(1, opened, true);
    run();
    outcome::Pair pair{.answered = true};
    for (const Part& part : parts_) {
      pair.together = std::max(pair.together, part.answer.steps.back().answered - opened);
      pair.answered = pair.answered && part.answer.last_status() != 0;
    }
    return pair;
  }

  Outcome look(const json::object& bindings) {
    Outcome outcome;
    current_ = stage_.resources_.at(static_cast<int>(bindings.at("$attempt").as_int64()));
    if (auto failure = observe(outcome.later)) outcome.failure = std::move(failure);
    return outcome;
  }

 private:
  // -- the frame

  Outcome open() {
    Outcome outcome;
    outcome.wall_begin = epoch + now_;
    outcome.number = ++stage_.attempts_;
    outcome.bindings["$run"] = "simulated";
    outcome.bindings["$attempt"] = outcome.number;
    current_ = std::make_shared<Resource>(&stage_.noise_);
    stage_.resources_[outcome.number] = current_;
    if (!stage_.kept_.is_null()) current_->world[target_.keeps.c_str()] = stage_.kept_;
    const bool fails = ++stage_.resets_ == stage_.faults_.failing_reset;
    if (auto failure = errand("reset")) {
      outcome.failure = std::move(failure);
    } else if (fails) {
      outcome.failure = Failure{Failure::Kind::unexpected, "reset: status 500, expected 2xx", {}};
    } else {
      World& world = current_->world;
      world["order"] = world.id(8, simulation::Style::count);
      outcome.bindings["order"] = world["order"];
      outcome.failure = observe(outcome.before);
    }
    return outcome;
  }

  void close(Outcome& outcome) {
    if (!outcome.failure) outcome.failure = settle(outcome);
    outcome.wall_end = epoch + now_;
    if (!target_.keeps.empty()) stage_.kept_ = current_->world[target_.keeps.c_str()];
    current_->taken.whole = current_->taken.whole && !outcome.failure;
    stage_.taken_[outcome.number] = std::move(current_->taken);
  }

  std::optional<Failure> settle(Outcome& outcome) {
    if (!pace_.learn_settling) {
      now_ += pace_.settle;
      if (auto failure = observe(outcome.after)) return failure;
    } else if (auto failure = learn_settling(outcome)) {
      return failure;
    }
    if (pace_.look_again <= Nanoseconds(0)) return std::nullopt;
    now_ += pace_.look_again;
    return observe(outcome.later);
  }

  /// Read by read as race::Player does it.
  std::optional<Failure> learn_settling(Outcome& outcome) {
    const Nanoseconds last_answer = now_;
    outcome::State& state = outcome.after;
    if (auto failure = observe(state)) return failure;
    Nanoseconds seen_after{0};
    bool agreed = false;
    for (const Nanoseconds look : looks) {
      if (state.empty()) break;
      now_ = std::max(now_, last_answer + look);
      const Nanoseconds asked_after = now_ - last_answer;
      outcome::State next;
      if (auto failure = observe(next)) return failure;
      const bool moved = !same(state, next);
      state = std::move(next);
      if (moved) seen_after = asked_after;
      agreed = agreed || !moved;
      if (!moved && !same(state, outcome.before)) break;
    }
    if (agreed) outcome.settled_after = std::max(outcome.settled_after, seen_after);
    return std::nullopt;
  }

  /// A request outside the race.
  std::optional<Failure> errand(const char* what) {
    ++stage_.requests_;
    if (const Outage* outage = outage_at(now_)) {
      now_ += outage->silent ? pace_.timeout : stretch(target_.timing.network);
      return Failure{outage->silent ? Failure::Kind::no_answer : Failure::Kind::unreachable,
                     std::string(what) + (outage->silent ? ": timed out" : ": connection refused"),
                     {}};
    }
    now_ += 2 * stretch(target_.timing.network) + stretch(target_.timing.before);
    return std::nullopt;
  }

  std::optional<Failure> observe(outcome::State& state) {
    if (!target_.server.state) return std::nullopt;
    if (auto failure = errand("observe")) return failure;
    set_clock(now_);
    World seen = current_->seen_at(now_ - target_.read_lag);
    auto [status, body] = target_.server.state(seen);
    flip(body, Flips::in_state);
    state = {{.name = "resource", .status = status, .body = std::move(body)}};
    return std::nullopt;
  }

  void flip(json::value& body, Flips where) {
    if (target_.flips != where || !body.is_object()) return;
    const bool rains = chance(target_.flip_rate);
    json::value& weather = body.as_object()["weather"];
    if (target_.flips_truth)
      weather = rains;
    else
      weather = rains ? "rain" : "sun";
  }

  // -- clients

  Part& cast(int entry, Resource& resource) {
    const scenario::Entry& of = entries_.at(static_cast<std::size_t>(entry));
    const std::string& name = scenario_.race[static_cast<std::size_t>(of.script)].name;
    const int who = target_.interchangeable ? of.copy : name.back() - '0';
    const std::string user = simulation::user_of(who);
    parts_.push_back({&resource,
                      who,
                      Turn{resource.world, who, user, {}, 0, nullptr, {}},
                      target_.server.work(who),
                      {}});
    parts_.back().answer.entry = of;
    parts_.back().answer.bindings["user"] = user;
    return parts_.back();
  }

  /// Everybody plays what comes before the gate, side by side, and waits there.
  void bring_to_gate(bool heads_leave) {
    heads_leave_ = heads_leave;
    for (std::size_t i = 0; i < parts_.size(); ++i) begin_next(i);
    run();
  }

  void begin_next(std::size_t i) {
    Part& part = parts_[i];
    part.answer.steps.push_back(
        {.safe = part.under_way().safe, .sent = now_, .released = now_, .answered = now_});
    part.turn.status = 0;
    part.step = 0;
    part.failing = part.lost = part.waits_for_body = false;
    part.body_there = true;
    if (part.request == part.gate) {
      part.is = Part::Is::at_gate;
      part.since = now_;
      part.body_there = false;
      if (heads_leave_) plan(Event::Is::arrives, now_ + stretch(target_.timing.network), i);
      return;
    }
    part.is = Part::Is::under_way;
    send(i, now_, Event::Is::arrives);
  }

  void release(std::size_t i, Nanoseconds at, bool held_in_head) {
    Part& part = parts_[i];
    if (part.is != Part::Is::at_gate) return;
    part.exchange().released = at;
    part.exchange().held_in_head = held_in_head;
    part.is = Part::Is::under_way;
    send(i, at, heads_leave_ ? Event::Is::body_arrives : Event::Is::arrives);
  }

  void send(std::size_t i, Nanoseconds at, Event::Is what) {
    Part& part = parts_[i];
    ++stage_.requests_;
    const double losing = racing_ ? stage_.faults_.lost : stage_.faults_.lost_serially;
    part.lost = chance(losing);
    if (part.lost) part.resource->taken.whole = false;
    if (part.lost && chance(0.5))
      plan(Event::Is::answered, at + pace_.timeout, i);  // the request is lost as well
    else
      plan(what, at + stretch(target_.timing.network), i);
  }

  void hear_answer(std::size_t i) {
    Part& part = parts_[i];
    outcome::Step& step = part.exchange();
    const Nanoseconds gives_up = step.released + pace_.timeout;
    if (part.lost || now_ >= gives_up) {
      step.error = "no answer";
      step.answered = std::min(now_, gives_up);
      part.timed_out = now_ >= gives_up;
      part.is = Part::Is::over;
      return;
    }
    step.answered = now_;
    step.status = part.turn.status;
    step.body = part.turn.body;
    flip(step.body, Flips::in_answers);
    if (target_.mixes_lanes && step.body.is_object()) step.body.as_object()["busy"] = beside_ > 0;
    for (const auto& [name, value] : part.turn.captures) part.answer.bindings[name] = value;
    const auto& goes_on = part.under_way().goes_on;
    ++part.request;
    part.is = part.request == part.work.size() ? Part::Is::over : Part::Is::idle;
    if (part.is == Part::Is::over) return;
    // An error has not the body that the condition looks for.
    if (goes_on && (step.status >= 400 || !goes_on(part.turn))) {
      part.answer.stopped_before = static_cast<int>(part.request);
      part.is = Part::Is::over;
    } else if (racing_ || part.gate != std::numeric_limits<std::size_t>::max()) {
      begin_next(i);
    }
  }

  void collect(Outcome& outcome) {
    if (std::any_of(parts_.begin(), parts_.end(), [](const Part& p) { return p.timed_out; }))
      wait_for_landing();
    for (Part& part : parts_) {
      outcome::classify(part.answer, std::nullopt, std::nullopt);
      outcome.answers.push_back(std::move(part.answer));
    }
    if (unreachable_)
      outcome.failure = Failure{Failure::Kind::unreachable, "connection refused", {}};
  }

  void wait_for_landing() {
    if (!std::exchange(waited_, true)) now_ += std::min(pace_.timeout, longest_landing);
  }

  // -- network and server

  void plan(Event::Is is, Nanoseconds at, std::size_t part) {
    events_.push_back({is, at, next_event_++, part});
  }

  /// Until nothing is under way.
  void run() {
    while (!events_.empty()) {
      const auto next =
          std::min_element(events_.begin(), events_.end(), [](const Event& a, const Event& b) {
            return std::pair(a.at, a.number) < std::pair(b.at, b.number);
          });
      const Event event = *next;
      events_.erase(next);
      now_ = std::max(now_, event.at);
      happen(event);
    }
  }

  void happen(const Event& event) {
    if (event.is != Event::Is::answered && outage_at(now_) != nullptr) return break_off(event.part);
    switch (event.is) {
      case Event::Is::arrives:
        return arrive(event.part);
      case Event::Is::body_arrives:
        parts_[event.part].body_there = true;
        if (std::exchange(parts_[event.part].waits_for_body, false))
          plan_step(event.part, target_.timing.window);
        return;
      case Event::Is::steps:
        return take_step(event.part);
      case Event::Is::ends:
        return end(event.part);
      case Event::Is::answered:
        return hear_answer(event.part);
    }
  }

  void arrive(std::size_t i) {
    Part& part = parts_[i];
    if (!heads_leave_ || part.is == Part::Is::under_way) part.body_there = true;
    if (target_.meets == Meets::a_limit && part.resource->at_work > 0) {
      part.turn.answer(429, {{"error", "slow down"}});
      part.resource->taken.whole = false;
      return plan(Event::Is::answered, now_ + stretch(target_.timing.network), i);
    }
    if (target_.workers > 0 && busy_ >= target_.workers) return queue_.push_back(i);
    begin(i);
  }

  void begin(std::size_t i) {
    Part& part = parts_[i];
    ++busy_;
    ++part.resource->at_work;
    at_work_.push_back(i);
    if (target_.meets == Meets::a_lock && !part.under_way().safe) {
      if (part.resource->locked) return part.resource->waiting.push_back(i);
      part.resource->locked = true;
    }
    proceed(i);
  }

  void proceed(std::size_t i) {
    Part& part = parts_[i];
    part.failing = target_.meets == Meets::an_error && part.resource->at_work > 1 &&
                   chance(target_.error_rate);
    if (part.failing) {
      part.turn.answer(500, {{"error", "deadlock"}});
      part.resource->taken.whole = false;
      return plan(Event::Is::ends, now_ + stretch(target_.timing.before), i);
    }
    plan_step(i, target_.timing.before);
  }

  /// The last step of a request needs its body.
  void plan_step(std::size_t i, Nanoseconds after) {
    Part& part = parts_[i];
    if (!part.body_there && part.step + 1 == part.under_way().atoms.size())
      part.waits_for_body = true;
    else
      plan(Event::Is::steps, now_ + stretch(after), i);
  }

  void take_step(std::size_t i) {
    Part& part = parts_[i];
    if (target_.read_lag > Nanoseconds(0))
      part.resource->history.emplace_back(now_, part.resource->world.rows);
    set_clock(now_);
    part.under_way().atoms[part.step](part.turn);
    part.resource->taken.turns.push_back(part.who);
    if (++part.step < part.under_way().atoms.size()) return plan_step(i, target_.timing.window);
    plan(Event::Is::ends, now_ + stretch(target_.timing.after), i);
  }

  void end(std::size_t i) {
    leave(i);
    Nanoseconds late{0};
    if (racing_ && chance(stage_.faults_.late))
      late = milliseconds(10 + static_cast<int>(random().below(3000)));
    plan(Event::Is::answered,
         parts_[i].lost ? parts_[i].exchange().released + pace_.timeout
                        : now_ + late + stretch(target_.timing.network),
         i);
  }

  /// The server is done with a request: whoever waits for it goes on.
  void leave(std::size_t i) {
    Part& part = parts_[i];
    const auto found = std::find(at_work_.begin(), at_work_.end(), i);
    if (found == at_work_.end()) return;
    at_work_.erase(found);
    --busy_;
    --part.resource->at_work;
    if (target_.meets == Meets::a_lock && !part.under_way().safe) {
      auto& waiting = part.resource->waiting;
      part.resource->locked = !waiting.empty();
      if (!waiting.empty()) {
        const std::size_t next = waiting.front();
        waiting.pop_front();
        proceed(next);
      }
    }
    if (queue_.empty()) return;
    const std::size_t next = queue_.front();
    queue_.pop_front();
    begin(next);
  }

  /// The target stops while it has the request.
  void break_off(std::size_t i) {
    Part& part = parts_[i];
    part.resource->taken.whole = false;
    const Outage& outage = *outage_at(now_);
    leave(i);
    if (part.is == Part::Is::at_gate) return;  // what is released finds out
    // Nothing of the script has left: there is no connection for it.
    const bool first = part.request == 0 && part.exchange().sent >= outage.from;
    if (first && !outage.silent) unreachable_ = true;
    part.lost = true;
    plan(Event::Is::answered, outage.silent ? part.exchange().released + pace_.timeout : now_, i);
  }

  [[nodiscard]] const Outage* outage_at(Nanoseconds time) const {
    for (const Outage& outage : stage_.faults_.outages)
      if (time >= outage.from && time < outage.to) return &outage;
    return nullptr;
  }

  // -- chance

  base::Random& random() { return stage_.random_; }
  bool chance(double of) { return of > 0 && random().unit() < of; }

  Nanoseconds stretch(Nanoseconds least) {
    const double more = -std::log(1 - random().unit()) * target_.timing.jitter;
    return least +
           Nanoseconds(static_cast<std::int64_t>(static_cast<double>(least.count()) * more));
  }

  void set_clock(Nanoseconds time) {
    stage_.noise_.now = base::in_seconds(epoch) + base::in_seconds(time);
  }

  Stage& stage_;
  const Target& target_;
  const scenario::Scenario& scenario_;
  std::vector<scenario::Entry> entries_;
  const outcome::Pace& pace_;
  Nanoseconds now_;
  int beside_;
  bool racing_ = false;
  bool heads_leave_ = false;
  bool waited_ = false;
  bool unreachable_ = false;
  std::shared_ptr<Resource> current_;
  std::deque<Part> parts_;
  std::vector<Event> events_;
  std::uint64_t next_event_ = 0;
  int busy_ = 0;
  std::vector<std::size_t> at_work_;
  std::deque<std::size_t> queue_;  // parts, for a worker
};

Stage::Stage(const Target& target, const Faults& faults, std::uint64_t seed)
    : target_(target), faults_(faults), random_(seed), noise_(seed + 1) {}

Played Stage::play(const scenario::Scenario& scenario, const trial::Job& job, Nanoseconds now,
                   int beside) {
  Play play(*this, scenario, job.pace, now, beside);
  trial::Done done{.id = job.id};
  if (const auto* serial = std::get_if<trial::SerialJob>(&job.what)) {
    done.outcome = play.serial(serial->sequence);
    if (!done.outcome.failure && random_.unit() < faults_.hangs_up) {
      Play again(*this, scenario, job.pace, play.now(), beside);
      done.outcome = again.serial(serial->sequence);
      done.outcome.played_anew = 1;
      return {std::move(done), again.now()};
    }
  } else if (const auto* attempt = std::get_if<trial::AttemptJob>(&job.what)) {
    done.outcome = play.attempt(attempt->schedule);
  } else if (const auto* look = std::get_if<trial::LookJob>(&job.what)) {
    done.outcome = play.look(look->bindings);
  } else if (const auto* pair = std::get_if<trial::PairJob>(&job.what)) {
    done.pair = play.pair(pair->first, pair->second);
  } else {
    done.set_up = play.set_up();
  }
  return {std::move(done), play.now()};
}

scenario::Scenario scenario_of(const Target& target) {
  scenario::Scenario scenario = simulation::scenario_of(target.server, target.interchangeable, {});
  for (scenario::Script& script : scenario.race) {
    const int who = target.interchangeable ? 0 : script.name.back() - '0';
    const simulation::Work work = target.server.work(who);
    const auto captures = script.steps.back().captures;
    script.steps.clear();
    for (const simulation::Request& request : work) {
      script.steps.emplace_back();
      script.steps.back().method = request.safe ? "GET" : "POST";
      script.steps.back().captures = captures;
    }
  }
  scenario.name = target.server.name;
  scenario.file = "simulated.yaml";
  return scenario;
}

}  // namespace simulated
