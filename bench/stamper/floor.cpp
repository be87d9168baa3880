#include "floor.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "http/http2.h"
#include "net/connection.h"

namespace stamper {
namespace {

using namespace std::chrono_literals;

class Client {
 public:
  explicit Client(const net::Route& route) : connection_(route) {
    expect(connection_.await_established(within(10s)));
    while (!http2_.settled()) exchange_frames();
  }

  void play(int round, const FloorOptions& options) {
    const http::Request request{.method = "POST",
                                .target = fmt::format("/rounds/{}/go", round),
                                .fields = {{"Host", "127.0.0.1"}},
                                .body = "{}"};
    std::vector<http::StreamId> streams;
    for (int i = 0; i < options.requests; ++i)
      streams.push_back(http2_.begin(request, "http", !options.whole));
    if (!options.whole) {
      expect(connection_.send_all(frames(), within(10s)));
      for (const http::StreamId stream : streams) http2_.finish(stream);
    }
    const std::string rest = frames();
    const base::SystemClock clock;
    net::pause({.clock = clock, .deadline = clock.now() + 1ms});  // what was sent is read meanwhile
    expect(connection_.send_all(rest, within(10s)));
    while (!std::all_of(streams.begin(), streams.end(),
                        [this](http::StreamId stream) { return http2_.ended(stream); }))
      exchange_frames();
    for (const http::StreamId stream : streams)
      if (const auto answer = http2_.take(stream); !answer || answer->status != 200)
        throw std::runtime_error("a request of a round was not answered");
  }

 private:
  template <class Result>
  static void expect(const Result& result) {
    if (!result) throw std::runtime_error(to_text(result.error()));
  }
  net::Wait within(base::Nanoseconds time) const {
    return {.clock = clock_, .deadline = clock_.now() + time};
  }
  std::string frames() {
    std::string bytes;
    http2_.give(bytes);
    return bytes;
  }
  void exchange_frames() {
    expect(connection_.send_all(frames(), within(10s)));
    pollfd waiting = connection_.interest();
    ::poll(&waiting, 1, 1000);
    connection_.fetch();
    const std::string_view arrived = connection_.arrived();
    if (!http2_.read(arrived)) throw std::runtime_error("not HTTP/2");
    connection_.consume(arrived.size());
    if (const auto end = connection_.ended()) throw std::runtime_error(to_text(*end));
  }

  base::SystemClock clock_;
  net::Connection connection_;
  http::Http2 http2_;
};

}  // namespace

void play_floor(const FloorOptions& options) {
  const auto endpoint = net::parse_endpoint(options.url);
  if (!endpoint) throw std::runtime_error(endpoint.error());
  const auto addresses = net::resolve(*endpoint);
  if (!addresses) throw std::runtime_error(to_text(addresses.error()));
  Client client({.addresses = *addresses});
  for (int round = 1; round <= options.rounds; ++round) client.play(round, options);
}

}  // namespace stamper
