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
/// A request arrives when the kernel takes in its last byte (SO_TIMESTAMPING): what this program
/// does, and when it is woken up, is not in that. Of several that one read brings, each is later by
/// what it took to understand those before it, as a server would begin to work on them.
///
/// One thread and one epoll. For 1 ms after anything has arrived it does not sleep, so that the
/// client need not wake it up for each request of a round, but gives way to who wants the core;
/// nothing is answered before all that is ready was read.
void serve(const ServeOptions& options);

}  // namespace stamper
