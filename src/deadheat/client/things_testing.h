#pragma once

#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "client/server_testing.h"
#include "expression/expression.h"
#include "scenario/scenario.h"

/// A server that keeps things, and requests to it.
namespace client {

inline const base::SystemClock clock_of_machine;

/// Plain paths, and `path == "text"`: all that these tests need of jq.
inline base::Result<json::value, expression::Failure> plain_jq(const std::string& jq,
                                                               const json::value& input) {
  const std::size_t equals = jq.find(" == ");
  const auto path = expression::parse_path(jq.substr(0, equals));
  const json::value* found = path ? expression::find(input, *path) : nullptr;
  if (found == nullptr)
    return base::failure(expression::Failure{.kind = expression::Failure::Kind::runtime,
                                             .message = "cannot be indexed"});
  if (equals == std::string::npos) return *found;
  return json::value(*found == *base::parse_json(jq.substr(equals + 4)));
}

/// POST /things makes one, PUT /things/N writes it, GET reads it, DELETE removes it.
class Things {
 public:
  explicit Things(bool keep_alive) : keep_alive_(keep_alive) {}

  bool operator()(const TestServer::Seen& seen, net::TestPeer& peer) {
    const std::lock_guard lock(mutex_);
    const http::Request& request = seen.request;
    const std::string& target = request.target;
    if (request.method == "POST") {
      things_[++last_] = R"("new")";
      return reply(peer, 201, R"({"id": )" + std::to_string(last_) + R"(, "value": "new"})",
                   keep_alive_);
    }
    const auto thing = things_.find(std::atoi(target.substr(target.rfind('/') + 1).c_str()));
    if (thing == things_.end()) return reply(peer, 404, "{}", keep_alive_);
    if (request.method == "DELETE") {
      things_.erase(thing);
      return reply(peer, 204, "", keep_alive_);
    }
    if (request.method == "PUT") thing->second = request.body;
    return reply(peer, 200, R"({"value": )" + thing->second + "}", keep_alive_);
  }

 private:
  bool keep_alive_;
  std::mutex mutex_;
  std::map<int, std::string> things_;
  int last_ = 0;
};

inline TestServer::Handler things(bool keep_alive = true) {
  return [state = std::make_shared<Things>(keep_alive)](const TestServer::Seen& seen,
                                                        net::TestPeer& peer) {
    return (*state)(seen, peer);  // shared: std::function copies what it holds
  };
}

inline scenario::Request request(std::string method, std::string target) {
  return {.place = {7, 5}, .method = std::move(method), .target = {.text = std::move(target)}};
}

inline scenario::Request put(const std::string& value) {
  scenario::Request made = request("PUT", "/things/{{thing}}");
  made.body = {.kind = scenario::Body::Kind::json, .value = json::value(value)};
  return made;
}

inline scenario::Request read() { return request("GET", "/things/{{thing}}"); }

}  // namespace client
