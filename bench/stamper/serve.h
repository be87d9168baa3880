#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"

namespace stamper {

struct ServeOptions {
  std::string certificate;  // with its key, files of PEM: TLS then, HTTP/2 where the client offers
  std::string key;          // it
  base::Nanoseconds work = std::chrono::milliseconds(2);  // from a request to its answer
};

/// Serves on a free port of 127.0.0.1, announces it, and at SIGTERM or SIGINT prints the stamps.
/// HTTP/1.1 or HTTP/2, by what the client begins with.
///
/// One thread and one epoll. What is ready is read, connection by connection, and stamped right
/// after the read; nothing is answered before all of it was read. The kernel's own stamp of when it
/// took the bytes in (SO_TIMESTAMPING) stands beside: their difference is the error of this
/// program.
void serve(const ServeOptions& options);

}  // namespace stamper
