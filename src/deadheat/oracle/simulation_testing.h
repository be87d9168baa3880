#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "oracle/oracle.h"

/// Small servers whose requests are a few atomic steps. Every interleaving of the steps is judged
/// twice:
///
/// - exactly: in a world without noise, where an id says who made it, the outcome is looked up
/// among those of the
///   serial orders, with the refused taken out by definition (doc/verdicts.md);
/// - by the oracle, on the outcome of the same interleaving in a noisy world: random or counted ids
/// that all attempts
///   share, times, request ids, lists in any order.
///
/// The two must agree, on every interleaving of every server, racy or cured.
namespace simulation {

using base::Nanoseconds;

enum class Style { count, hex, uuid };

/// What differs from run to run by itself, shared by all runs of one server as its database would
/// be.
struct Noise {
  explicit Noise(std::uint64_t seed) : random(seed) {}
  base::Random random;
  std::int64_t counter = 1000;
  double now = 1'790'000'000;  // seconds since the epoch

  std::string hex(std::size_t width) {
    std::string text;
    while (text.size() < width) text += "0123456789abcdef"[random.below(16)];
    return text;
  }
};

/// The state of one server in one run. Without noise ids name their makers and times are null.
struct World {
  explicit World(Noise* with) : noise(with) {}
  Noise* noise;
  json::object rows;
  std::map<int, int> made;  // ids, by entry

  json::value& operator[](const char* name) { return rows[name]; }
  std::int64_t number(const char* name, std::int64_t otherwise = 0) const {
    const auto* found = rows.if_contains(name);
    return found ? found->as_int64() : otherwise;
  }
  json::array array(const char* name) const {
    const auto* found = rows.if_contains(name);
    return found ? found->as_array() : json::array();
  }
  json::object object(const char* name) const {
    const auto* found = rows.if_contains(name);
    return found ? found->as_object() : json::object();
  }
  bool has(const char* name) const { return rows.contains(name); }

  json::value id(int entry, Style style) {
    if (!noise)
      return json::string("made by " + std::to_string(entry) + "." + std::to_string(++made[entry]));
    if (style == Style::count) return ++noise->counter;
    if (style == Style::hex) return json::string(noise->hex(16));
    return json::string(noise->hex(8) + "-" + noise->hex(4) + "-4" + noise->hex(3) + "-a" +
                        noise->hex(3) + "-" + noise->hex(12));
  }
  json::value request_id() { return noise ? json::value(noise->hex(12)) : json::value(); }
  /// A JSON Web Token for somebody, with the time of day and a signature in it.
  json::value token(const json::value& subject) {
    if (!noise) return json::object{{"sub", subject}};
    const json::value claims{{"sub", subject},
                             {"iat", epoch_seconds()},
                             {"exp", static_cast<std::int64_t>(noise->now) + 3600}};
    return json::string("eyJhbGciOiJIUzI1NiJ9." + base64url(base::to_text(claims)) + "." +
                        noise->hex(20));
  }
  static std::string base64url(const std::string& text) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    for (std::size_t bit = 0; bit < text.size() * 8; bit += 6) {
      unsigned digit = 0;
      for (std::size_t b = bit; b < bit + 6; ++b)
        digit = digit << 1 |
                (b < text.size() * 8 ? static_cast<unsigned char>(text[b / 8]) >> (7 - b % 8) & 1u
                                     : 0u);
      out += digits[digit];
    }
    return out;
  }
  json::value iso_time() {
    if (!noise) return nullptr;
    noise->now += 0.001 * static_cast<double>(1 + noise->random.below(9));
    const auto millis = static_cast<std::int64_t>(noise->now * 1000);
    const std::int64_t second = millis / 1000 % 86400;
    char text[40];
    // 1,790,000,000 s is 2026-09-21; a simulation does not last until midnight.
    std::snprintf(text, sizeof text, "2026-09-21T%02d:%02d:%02d.%03dZ",
                  static_cast<int>(second / 3600), static_cast<int>(second / 60 % 60),
                  static_cast<int>(second % 60), static_cast<int>(millis % 1000));
    return text;
  }
  json::value epoch_seconds() {
    return noise ? json::value(static_cast<std::int64_t>(noise->now)) : json::value();
  }
  /// A list that comes in any order.
  json::array shuffled(json::array list) {
    if (noise) {
      noise->random.shuffle(list);
    } else {
      std::sort(list.begin(), list.end(), [](const json::value& a, const json::value& b) {
        return base::to_text(a) < base::to_text(b);
      });
    }
    return list;
  }
};

/// One entry at work: what its atomic steps see.
struct Turn {
  World& world;
  int entry;
  std::string user;
  json::object memory;  // what it read, until its script is over
  int status = 0;
  json::value body;
  json::object captures;  // what its script captured

  void answer(int with_status, json::value with_body) {
    status = with_status;
    body = std::move(with_body);
  }
};

using Atom = std::function<void(Turn&)>;
struct Request {
  std::vector<Atom> atoms;
  bool safe = false;
  std::function<bool(const Turn&)> goes_on = nullptr;  // stop_unless
};
using Work = std::vector<Request>;  // of a script

struct Server {
  std::string name;
  int entries = 2;
  bool may_interchange = false;
  std::function<Work(int entry)> work;
  /// The observing read: a status and a body; none where nothing is observed.
  std::function<std::pair<int, json::value>(World&)> state;
};

/// Every small server, racy or cured.
[[nodiscard]] std::vector<Server> servers(bool racy);

/// A server that nobody thought of: what its scripts check, change and answer is drawn.
[[nodiscard]] Server random_server(bool racy, std::uint64_t seed);

// -- playing

/// What must not matter.
struct Variation {
  const char* name = "as they are";
  bool reversed =
      false;  // the scripts stand in the scenario the other way about, under other names
  bool volatile_field =
      false;  // every answer and state has one more field, which changes by itself
};

inline std::string user_of(int entry) {
  const std::vector<std::string> users = {"kim", "lee", "park"};
  return static_cast<std::size_t>(entry) < users.size() ? users[static_cast<std::size_t>(entry)]
                                                        : "user" + std::to_string(entry);
}

inline std::vector<int> everyone(const Server& server) {
  std::vector<int> all(static_cast<std::size_t>(server.entries));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

inline scenario::Scenario scenario_of(const Server& server, bool interchangeable,
                                      const Variation& variation) {
  scenario::Scenario scenario;
  if (interchangeable) {
    scenario.race.push_back({.name = "script", .times = server.entries});
  } else {
    for (const int entry : everyone(server))
      scenario.race.push_back(
          {.name = (variation.reversed ? "z" : "script") + std::to_string(entry)});
  }
  for (scenario::Script& script : scenario.race) {
    script.steps.emplace_back();
    for (const char* name : {"charge", "number"})
      script.steps.back().captures.push_back({name, {}});
  }
  if (server.state) scenario.observe.push_back({"resource", {}});
  return scenario;
}

/// The entry of the scenario that stands at a place.
inline scenario::Entry entry_at(bool interchangeable, int place) {
  return interchangeable ? scenario::Entry{0, place} : scenario::Entry{place, 0};
}

/// Plays atomic steps in turn: `turns` names the entry of each; who is through does nothing more.
/// Answers stand in the order of the first turns, or by entry.
class Game {
 public:
  Game(const Server& server, Noise* noise, bool interchangeable, const Variation& variation = {})
      : server_(server), interchangeable_(interchangeable), variation_(variation), world_(noise) {}

  /// The answer of this entry never arrives; perhaps its request did not either.
  void lose(int entry, bool request_too) {
    lost_ = entry;
    request_lost_ = request_too;
  }

  enum class Stand { by_turn, by_entry };
  outcome::Outcome play(const std::vector<int>& turns, bool by_request, Stand stand) {
    outcome::Outcome outcome;
    outcome.wall_begin = wall();
    world_["order"] = world_.id(8, Style::count);
    if (world_.noise) outcome.bindings["order"] = world_["order"];
    outcome.before = observe();
    for (const int entry : turns) {
      Player& player = player_of(entry);
      const std::size_t request = player.request;
      do {
        step(player);
      } while (by_request && !player.over() && player.request == request);
    }
    for (std::size_t i = 0; i < players_.size(); ++i)
      while (!players_[i].over()) step(players_[i]);
    outcome.after = observe();
    if (world_.noise)
      world_.noise->now += 0.01 * static_cast<double>(world_.noise->random.below(200));
    outcome.wall_end = wall();
    for (Player& player : players_) {
      if (player.turn.entry == lost_) {
        outcome::Step& last = player.answer.steps.back();
        last.status = 0;
        last.body = nullptr;
      }
      outcome::classify(player.answer, std::nullopt, std::nullopt);
      outcome.answers.push_back(std::move(player.answer));
    }
    if (stand == Stand::by_entry)
      std::sort(outcome.answers.begin(), outcome.answers.end(), [](const auto& a, const auto& b) {
        return std::pair(a.entry.script, a.entry.copy) < std::pair(b.entry.script, b.entry.copy);
      });
    return outcome;
  }

 private:
  struct Player {
    Turn turn;
    Work work;
    outcome::Answer answer;
    std::size_t request = 0, atom = 0;
    [[nodiscard]] bool over() const { return request == work.size(); }
  };

  Nanoseconds wall() const {
    return Nanoseconds(world_.noise ? static_cast<std::int64_t>(world_.noise->now * 1e9) : 0);
  }

  json::value with_field(json::value body) {
    if (variation_.volatile_field && body.is_object())
      body.as_object()["trace"] = world_.request_id();
    return body;
  }

  outcome::State observe() {
    if (!server_.state) return {};
    auto [status, body] = server_.state(world_);
    return {{"resource", status, with_field(std::move(body)), {}, ""}};
  }

  Player& player_of(int entry) {
    for (Player& player : players_)
      if (player.turn.entry == entry) return player;
    const std::string user = user_of(entry);
    players_.push_back({{world_, entry, user, {}, 0, nullptr, {}}, server_.work(entry), {}});
    const int place = variation_.reversed ? server_.entries - 1 - entry : entry;
    players_.back().answer.entry = entry_at(interchangeable_, place);
    players_.back().answer.bindings["user"] = user;
    return players_.back();
  }

  void step(Player& player) {
    if (player.over()) return;
    const Request& request = player.work[player.request];
    const Nanoseconds now(10 * ++ticks_);
    if (player.atom == 0)
      player.answer.steps.push_back({.safe = request.safe, .sent = now, .released = now});
    if (player.turn.entry != lost_ || !request_lost_) request.atoms[player.atom](player.turn);
    if (++player.atom < request.atoms.size()) return;
    outcome::Step& done = player.answer.steps.back();
    done.status = player.turn.status;
    done.body = with_field(player.turn.body);
    for (const auto& [name, value] : player.turn.captures) player.answer.bindings[name] = value;
    done.answered = now + Nanoseconds(5);
    player.atom = 0;
    ++player.request;
    if (!player.over() && request.goes_on && !request.goes_on(player.turn)) {
      player.answer.stopped_before = static_cast<int>(player.request);
      player.request = player.work.size();
    }
  }

  const Server& server_;
  bool interchangeable_;
  Variation variation_;
  int lost_ = -1;
  bool request_lost_ = false;
  World world_;
  std::vector<Player> players_;
  std::int64_t ticks_ = 0;
};

/// Serial, whole scripts: every entry as often as it may have atomic steps.
inline std::vector<int> one_after_another(const std::vector<int>& entries) {
  std::vector<int> turns;
  for (const int entry : entries) turns.insert(turns.end(), 9, entry);
  return turns;
}

// -- judging exactly

/// The set of serial outcomes, and whether one of them is this.
class Exactly {
 public:
  Exactly(const Server& server, bool interchangeable)
      : server_(server), interchangeable_(interchangeable) {
    const std::vector<int> all = everyone(server);
    for (unsigned set = 0; set < 1u << all.size(); ++set) {
      std::vector<int> members;
      for (const int entry : all)
        if (set >> entry & 1) members.push_back(entry);
      std::vector<int> order = members;
      do {
        const outcome::Outcome run = play(one_after_another(order));
        serial_[members].push_back({order, text_of(run, members), run});
        for (const outcome::Answer& answer : run.answers)
          given_.insert({script_of(answer), text_of(answer)});
      } while (std::next_permutation(order.begin(), order.end()));
    }
  }

  outcome::Outcome play(const std::vector<int>& turns) const {
    return Game(server_, nullptr, interchangeable_).play(turns, false, Game::Stand::by_entry);
  }

  bool explained(const outcome::Outcome& attempt) const {
    std::vector<int> refused;
    for (const outcome::Answer& answer : attempt.answers)
      if (may_be_taken_out(answer)) refused.push_back(entry_of(answer));
    for (unsigned set = 0; set < 1u << refused.size(); ++set) {
      std::vector<int> members;
      for (const int entry : everyone(server_)) {
        const auto found = std::find(refused.begin(), refused.end(), entry);
        if (found == refused.end() || !(set >> (found - refused.begin()) & 1))
          members.push_back(entry);
      }
      const std::string text = text_of(attempt, members);
      for (const Run& run : serial_.at(members))
        if (run.text == text && keeps_real_time(attempt, run.order)) return true;
    }
    return false;
  }

  /// Whether the answer of `lost` may have been anything: with it in or out, somebody explains the
  /// others and the state.
  bool may_be(const outcome::Outcome& attempt, int lost) const {
    for (const auto& [members, runs] : serial_) {
      std::vector<int> heard;
      for (const int entry : members)
        if (entry != lost) heard.push_back(entry);
      bool others_refused = true;
      for (const outcome::Answer& answer : attempt.answers)
        others_refused = others_refused &&
                         (entry_of(answer) == lost || may_be_taken_out(answer) ||
                          std::find(heard.begin(), heard.end(), entry_of(answer)) != heard.end());
      if (!others_refused) continue;
      for (const Run& run : runs)
        if (text_of(run.outcome, heard) == text_of(attempt, heard) &&
            keeps_real_time(attempt, run.order))
          return true;
    }
    return false;
  }

  outcome::Outcome play_and_lose(const std::vector<int>& turns, int lost, bool request_too) const {
    Game game(server_, nullptr, interchangeable_);
    game.lose(lost, request_too);
    return game.play(turns, false, Game::Stand::by_entry);
  }

 private:
  static int entry_of(const outcome::Answer& answer) {
    return answer.entry.script + answer.entry.copy;
  }
  int script_of(const outcome::Answer& answer) const {
    return interchangeable_ ? 0 : entry_of(answer);
  }

  static std::string text_of(const outcome::Answer& answer) {
    std::string text = answer.stopped() ? "stopped" : "";
    for (const outcome::Step& step : answer.steps)
      text += std::to_string(step.status) + base::to_text(step.body);
    return text;
  }
  static std::string text_of(const outcome::Outcome& outcome, const std::vector<int>& members) {
    std::string text;
    for (const outcome::Answer& answer : outcome.answers)
      if (std::find(members.begin(), members.end(), entry_of(answer)) != members.end())
        text += std::to_string(entry_of(answer)) + text_of(answer) + "\n";
    for (const outcome::Read& read : outcome.after)
      text += std::to_string(read.status) + base::to_text(read.body);
    return text;
  }

  bool may_be_taken_out(const outcome::Answer& answer) const {
    if (!answer.refused) return false;
    for (std::size_t i = 0; i + 1 < answer.steps.size(); ++i)
      if (!answer.steps[i].safe) return false;
    const std::set<int> customary = {409, 412, 423, 425, 428, 429, 503};
    return customary.contains(answer.last_status()) ||
           !given_.contains({script_of(answer), text_of(answer)});
  }

  /// Nobody in the order comes after someone who began only when he was over. Refusals give no
  /// order.
  static bool keeps_real_time(const outcome::Outcome& attempt, const std::vector<int>& order) {
    const auto answer_of = [&](int entry) -> const outcome::Answer& {
      return *std::find_if(
          attempt.answers.begin(), attempt.answers.end(),
          [&](const outcome::Answer& answer) { return entry_of(answer) == entry; });
    };
    for (std::size_t later = 0; later < order.size(); ++later)
      for (std::size_t earlier = 0; earlier < later; ++earlier) {
        const auto &first = answer_of(order[earlier]), &second = answer_of(order[later]);
        if (!first.refused && !second.refused && second.ends() < first.begins()) return false;
      }
    return true;
  }

  const Server& server_;
  bool interchangeable_;
  struct Run {
    std::vector<int> order;
    std::string text;
    outcome::Outcome outcome;
  };
  std::map<std::vector<int>, std::vector<Run>> serial_;  // by members
  std::set<std::pair<int, std::string>> given_;          // answers that serial runs give, by script
};

// -- judging by the oracle

class ByOracle {
 public:
  ByOracle(const Server& server, bool interchangeable, std::uint64_t seed,
           const Variation& variation = {}, const oracle::Limits& limits = {})
      : server_(server),
        interchangeable_(interchangeable),
        variation_(variation),
        noise_(seed),
        scenario_(scenario_of(server, interchangeable, variation)),
        entries_(scenario::entries(scenario_)),
        oracle_(scenario_, limits, seed) {
    for (int turn = 0; turn < 2; ++turn)
      for (const oracle::Order& order : oracle_.orders()) run({order, everyone(server)});
  }

  const oracle::Oracle& oracle() const { return oracle_; }
  int serial_runs() const { return serial_runs_; }

  oracle::Reading attempt(const std::vector<int>& turns, int lost = -1, bool request_too = false) {
    Game game(server_, &noise_, interchangeable_, variation_);
    game.lose(lost, request_too);
    return oracle::read(game.play(turns, false, Game::Stand::by_entry), scenario_);
  }

  oracle::Judgement judge(const oracle::Reading& attempt) {
    for (;;) {
      oracle::Judgement judgement = oracle_.judge(attempt);
      using Is = oracle::Judgement::Is;
      if (judgement.is == Is::needs_runs) {
        for (const oracle::Wanted& wanted : judgement.wanted)
          while (!oracle_.knows(wanted.order)) run(wanted);
      } else if (judgement.is == Is::contradicts && fresh_ < 60) {
        // As an accusation is proven: fresh serial runs, and judged again.
        const auto suspects = oracle_.suspects(attempt);
        if (suspects.empty()) return judgement;
        for (const oracle::Wanted& wanted : suspects) {
          run(wanted);
          ++fresh_;
        }
      } else {
        return judgement;
      }
    }
  }

  /// The order of an entry after another, as the oracle calls it.
  oracle::Order order_of(const std::vector<int>& entries) const {
    oracle::Order order;
    for (const int entry : entries)
      order.roles.push_back(entries_[static_cast<std::size_t>(place_of(entry))].script);
    return order;
  }

 private:
  /// Of an entry in the scenario, and of a place in the scenario among the entries.
  int place_of(int entry) const {
    return variation_.reversed ? server_.entries - 1 - entry : entry;
  }

  void run(const oracle::Wanted& wanted) {
    const auto turn = static_cast<std::size_t>(asked_[wanted.order]++);
    auto players = oracle::cast(wanted.order, wanted.members, entries_, turn);
    for (int& player : players) player = place_of(player);
    const schedule::Sequence sequence = oracle::sequence_of(wanted.order, players, Nanoseconds(0));
    Game game(server_, &noise_, interchangeable_, variation_);
    const auto turns = sequence.by_request ? sequence.turns : one_after_another(sequence.turns);
    const auto reading =
        oracle::read(game.play(turns, sequence.by_request, Game::Stand::by_turn), scenario_);
    oracle_.learn_reset(reading);
    oracle_.learn(wanted.order, reading);
    ++serial_runs_;
  }

  const Server& server_;
  bool interchangeable_;
  Variation variation_;
  Noise noise_;
  scenario::Scenario scenario_;
  std::vector<scenario::Entry> entries_;
  oracle::Oracle oracle_;
  std::map<oracle::Order, int> asked_;
  int fresh_ = 0;
  int serial_runs_ = 0;
};

/// Every interleaving of the atomic steps, or, beyond a few hundred, a seeded sample.
inline std::vector<std::vector<int>> interleavings(const Server& server, base::Random& random) {
  constexpr std::size_t most = 100;
  std::vector<int> turns;
  for (const int entry : everyone(server)) {
    std::size_t atoms = 0;
    for (const Request& request : server.work(entry)) atoms += request.atoms.size();
    turns.insert(turns.end(), atoms, entry);
  }
  std::vector<std::vector<int>> all;
  do {
    all.push_back(turns);
  } while (std::next_permutation(turns.begin(), turns.end()));
  if (all.size() <= most) return all;
  random.shuffle(all);
  all.resize(most);
  return all;
}

}  // namespace simulation
