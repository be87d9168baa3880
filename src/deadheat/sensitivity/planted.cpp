#include "sensitivity/planted.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <utility>

#include "base/require.h"
#include "net/server.h"

namespace sensitivity {
namespace {

constexpr base::Nanoseconds widest = std::chrono::milliseconds(10);
/// Connections go to threads in turn: two requests that race have one each.
constexpr std::size_t threads = 4;

}  // namespace

struct Planted::State {
  State(const base::Clock& time, base::Nanoseconds width, Fault given)
      : clock(time), window(width), fault(given), server({.threads = threads}) {}

  asio::awaitable<net::Answer> answer(http::Request request);
  void add();
  void work() const;

  const base::Clock& clock;
  const base::Nanoseconds window;
  const Fault fault;
  std::mutex turn;  // of the cured twin: held from the read to the write
  std::atomic<int> value{0};
  net::Server server;  // last: it uses all of the above
};

asio::awaitable<net::Answer> Planted::State::answer(http::Request request) {
  if (request.target == "/start") value = 0;
  if (request.target == "/add") add();
  co_return http::Response{.fields = {{"Content-Type", "application/json"}},
                           .body = fmt::format(R"({{"value": {}}})", value.load())};
}

void Planted::State::add() {
  std::unique_lock held(turn, std::defer_lock);
  if (fault == Fault::none) held.lock();
  const int read = value;
  work();
  value = read + 1;
}

void Planted::State::work() const {
  const base::Nanoseconds end = clock.now() + window;
  while (clock.now() < end) continue;
}

Planted::Planted(const base::Clock& clock, base::Nanoseconds window, Fault fault) {
  base::require(window <= widest, "a planted window is 10 ms wide at most");
  state_ = std::make_unique<State>(clock, window, fault);
  // A connection that breaks off shows in the attempt.
  state_->server.start(
      [state = state_.get()](http::Request request) { return state->answer(std::move(request)); },
      [](std::string_view) {});
}

Planted::~Planted() = default;

std::string Planted::url() const {
  return fmt::format("http://127.0.0.1:{}", state_->server.port());
}

}  // namespace sensitivity
