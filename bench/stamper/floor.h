#pragma once

#include <string>

namespace stamper {

struct FloorOptions {
  std::string url;    // http://127.0.0.1:port of `stamper serve`
  int requests = 20;  // in a round
  int rounds = 200;
  bool whole = false;  // a round is whole requests; else the ends of their bodies
};

/// The least that a client can do: one connection, one thread, and in each round one `send` of
/// frames that stood ready, the ends of all requests. HTTP/2 without TLS.
void play_floor(const FloorOptions& options);

}  // namespace stamper
