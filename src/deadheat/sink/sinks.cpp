#include "sink/sinks.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <mutex>
#include <set>
#include <system_error>
#include <utility>

#include "base/random.h"
#include "net/server.h"
#include "scenario/fill.h"

namespace sink {
namespace {

using base::Nanoseconds;
using outcome::Failure;

constexpr std::string_view marker = "/deadheat-";

struct Call {
  Nanoseconds at{0};
  json::object seen;  // {method, path, query, headers, body}
};

/// An attempt or serial run, from its reset to the next.
struct Play {
  bool judged = true;
  std::vector<std::vector<Call>> calls;  // by sink; empty once it has ended
};

/// Where a request target leads.
struct Route {
  enum class Is {
    told,     // to an attempt of this run
    untold,   // to whichever attempt goes on
    foreign,  // to an attempt of another run, which the target still remembers
  };
  Is is = Is::untold;
  int attempt = 0;
  std::string_view rest;  // path and query
};

Route route(std::string_view target, const std::string& run) {
  if (!target.starts_with(marker)) return {.rest = target};
  const std::size_t end = std::min(target.find_first_of("/?", marker.size()), target.size());
  const std::string_view mark = target.substr(marker.size(), end - marker.size());
  const std::string_view rest = target.substr(end);
  if (!mark.starts_with(run + "-")) return {.is = Route::Is::foreign, .rest = rest};
  const std::string_view digits = mark.substr(run.size() + 1);
  Route found{.is = Route::Is::told, .rest = rest};
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), found.attempt);
  if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size())
    found.is = Route::Is::foreign;
  return found;
}

/// A call as answers, rules and the oracle see it, with all its headers.
json::object as_value(const http::Request& request, std::string_view target) {
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, mark);
  json::object call{{"method", request.method},
                    {"path", path.empty() ? "/" : path},
                    {"query", target.substr(std::min(mark + 1, target.size()))}};
  for (auto& [name, part] : scenario::as_value(request.fields, request.body)) call[name] = part;
  return call;
}

/// Only the headers that the scenario compares.
json::object compared(const scenario::Scenario& scenario, json::object call) {
  const json::object& all = call.at("headers").get_object();
  json::object some;
  for (const std::string& name : scenario.compare)
    if (const auto* value = all.if_contains(name)) some[name] = *value;
  call["headers"] = std::move(some);
  return call;
}

std::string in_url(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string why_not(const scenario::Sink& sink, const std::system_error& error) {
  const std::string where = fmt::format("{}:{}", in_url(sink.host), sink.port);
  if (error.code() == std::errc::address_in_use)
    return fmt::format(
        "sink {}: {} is in use: stop what listens there, or take another port (0: any)", sink.name,
        where);
  if (error.code() == std::errc::invalid_argument)
    return fmt::format("sink {}: expected an address to listen on, such as 127.0.0.1, found {}",
                       sink.name, sink.host);
  return fmt::format("sink {}: cannot listen on {}: {}", sink.name, where, error.code().message());
}

asio::awaitable<void> wait(Nanoseconds time) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, time);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace

struct Sinks::State {
  State(const scenario::Scenario& given, expression::Evaluate port, const base::Clock& time,
        std::string name)
      : scenario(given),
        evaluate(std::move(port)),
        clock(time),
        run(std::move(name)),
        random(base::fresh_seed()),
        tallies(given.sinks.size()) {}

  asio::awaitable<net::Answer> answer(std::size_t sink, http::Request request);
  Play* owner(const Route& route, Tally& tally);
  const scenario::Reply* note(std::size_t sink, const http::Request& request, json::object& seen);
  http::Response fail(scenario::Problem problem);

  const scenario::Scenario& scenario;
  const expression::Evaluate evaluate;
  const base::Clock& clock;
  const std::string run;

  mutable std::mutex mutex;  // guards what follows, but for the servers
  base::Random random;
  std::vector<Tally> tallies;
  std::map<int, Play> plays;
  std::set<int> open;  // of these, what goes on
  int last_ended = 0;
  std::map<int, int> late;
  std::optional<scenario::Problem> problem;  // an answer that cannot be computed

  std::vector<std::unique_ptr<net::Server>> servers;  // last: they use all of the above
};

/// Whose call it is; nullptr if it is too late for anybody, or nobody's. Under the lock.
Play* Sinks::State::owner(const Route& route, Tally& tally) {
  if (route.is == Route::Is::foreign) return nullptr;
  int attempt = route.attempt;
  if (route.is == Route::Is::untold) {
    if (open.size() > 1) {
      tally.strays +=
          std::any_of(open.begin(), open.end(), [&](int one) { return plays.at(one).judged; });
      return nullptr;
    }
    attempt = open.empty() ? last_ended : *open.begin();
  }
  const auto found = plays.find(attempt);
  if (found == plays.end()) return nullptr;
  if (open.contains(attempt)) return &found->second;
  if (found->second.judged) {
    ++tally.late;
    ++late[attempt];
  }
  return nullptr;
}

/// Keeps the call and chooses its answer.
const scenario::Reply* Sinks::State::note(std::size_t sink, const http::Request& request,
                                          json::object& seen) {
  const Nanoseconds now = clock.now();
  const Route where = route(request.target, run);
  seen = as_value(request, where.rest);
  const auto& answers = scenario.sinks[sink].answers;
  const std::lock_guard lock(mutex);
  seen["$uuid"] = random.uuid();
  ++tallies[sink].calls;
  Play* play = owner(where, tallies[sink]);
  if (play == nullptr) return &answers.back();
  std::vector<Call>& calls = play->calls[sink];
  const std::size_t turn = calls.size();
  // One more than the limit shows that it was passed.
  if (calls.size() <= most_calls) {
    json::object kept = seen;
    kept.erase("$uuid");
    calls.push_back({now, compared(scenario, std::move(kept))});
  }
  return &answers[std::min(turn, answers.size() - 1)];
}

http::Response Sinks::State::fail(scenario::Problem found) {
  http::Response response{.status = 500, .body = found.message};
  const std::lock_guard lock(mutex);
  if (!problem) problem = std::move(found);
  return response;
}

asio::awaitable<net::Answer> Sinks::State::answer(std::size_t sink, http::Request request) {
  json::object seen;
  const scenario::Reply& reply = *note(sink, request, seen);
  if (reply.after > Nanoseconds(0)) co_await wait(reply.after);
  auto response = scenario::fill(scenario, reply, seen, evaluate);
  if (!response) co_return fail(std::move(response.error()));
  co_return *std::move(response);
}

base::Result<std::unique_ptr<Sinks>, scenario::Problem> Sinks::open(
    const scenario::Scenario& scenario, expression::Evaluate evaluate, const base::Clock& clock,
    std::string run) {
  auto owned = std::make_unique<State>(scenario, std::move(evaluate), clock, std::move(run));
  State* state = owned.get();
  for (std::size_t i = 0; i < scenario.sinks.size(); ++i) {
    const scenario::Sink& sink = scenario.sinks[i];
    net::ServerOptions options{.host = sink.host, .port = sink.port};
    options.limits.body_bytes = most_body_bytes;
    options.turned_away = [state, i](int) {
      const std::lock_guard lock(state->mutex);
      ++state->tallies[i].turned_away;
    };
    try {
      state->servers.push_back(std::make_unique<net::Server>(std::move(options)));
    } catch (const std::system_error& error) {  // the author of the scenario can mend it
      return base::failure(scenario::Problem{scenario.file, sink.place, why_not(sink, error)});
    }
    state->tallies[i].name = sink.name;
    state->tallies[i].url = !sink.url.empty() ? sink.url
                                              : fmt::format("http://{}:{}", in_url(sink.host),
                                                            state->servers.back()->port());
  }
  for (std::size_t i = 0; i < state->servers.size(); ++i)
    // A connection that broke off is the target's affair; it will have its answer, or not.
    state->servers[i]->start(
        [state, i](http::Request request) { return state->answer(i, std::move(request)); },
        [](std::string_view) {});
  return std::unique_ptr<Sinks>(new Sinks(std::move(owned)));
}

Sinks::Sinks(std::unique_ptr<State> state) : state_(std::move(state)) {}
Sinks::~Sinks() = default;

void Sinks::bind(json::object& bindings, std::optional<int> attempt) const {
  const std::string mark = attempt ? fmt::format("{}{}-{}", marker, state_->run, *attempt) : "";
  const std::lock_guard lock(state_->mutex);
  for (const Tally& tally : state_->tallies) bindings["$sink." + tally.name] = tally.url + mark;
}

void Sinks::begin(int attempt, bool judged) {
  const std::lock_guard lock(state_->mutex);
  Play& play = state_->plays[attempt];
  state_->open.insert(attempt);
  play.judged = judged;
  play.calls.resize(state_->tallies.size());
}

base::Result<outcome::State, Failure> Sinks::calls(int attempt) const {
  const std::lock_guard lock(state_->mutex);
  if (const auto& problem = state_->problem)
    return base::failure(Failure{.kind = Failure::Kind::expression,
                                 .message = "the answer of a sink: " + problem->message,
                                 .place = problem->place});
  const Play& play = state_->plays.at(attempt);
  outcome::State state;
  for (std::size_t i = 0; i < play.calls.size(); ++i) {
    const scenario::Sink& sink = state_->scenario.sinks[i];
    if (play.calls[i].size() > most_calls)
      return base::failure(
          Failure{.kind = Failure::Kind::unexpected,
                  .message = fmt::format("sink {} was called more than {} times in one attempt",
                                         sink.name, most_calls),
                  .place = sink.place});
    outcome::Read read{.name = sink.name, .of_sink = true};
    json::array calls;
    for (const Call& call : play.calls[i]) {
      calls.push_back(call.seen);
      read.arrived.push_back(call.at);
    }
    read.body = std::move(calls);
    state.push_back(std::move(read));
  }
  return state;
}

void Sinks::end(int attempt) {
  const std::lock_guard lock(state_->mutex);
  Play& play = state_->plays.at(attempt);
  state_->open.erase(attempt);
  play.judged = play.judged && state_->scenario.cleanup.empty();
  play.calls.clear();
  state_->last_ended = attempt;
}

std::vector<Tally> Sinks::tally() const {
  const std::lock_guard lock(state_->mutex);
  return state_->tallies;
}

std::map<int, int> Sinks::late() const {
  const std::lock_guard lock(state_->mutex);
  return state_->late;
}

}  // namespace sink
