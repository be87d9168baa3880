#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace stamper {

/// When the last byte of a request was there; both by the monotonic clock.
struct Arrival {
  base::Nanoseconds seen{0};  // by this program
  // When the kernel had the last bytes that were read, and what it took to understand them since
  // they were read; 0: not told.
  base::Nanoseconds arrived{0};
};

struct Reply {
  int status = 200;
  std::string body;
  base::Nanoseconds due{0};  // not sent before; 0: at once
};

/// The resource that is raced, and who came to it when.
///
///   POST /rounds         201 {"id": K}      GET /rounds/K   200 {"gone": how many have gone}
///   any  /rounds/K/go    200 {"ok": true}, `work` later; stamped. A round that nobody made begins
///                        with its first request
class Book {
 public:
  explicit Book(base::Nanoseconds work) : work_(work) {}

  [[nodiscard]] Reply take(std::string_view method, std::string_view path, const Arrival& arrival);

  /// A line for each stamp: round, arrived, seen.
  void print() const;

 private:
  base::Nanoseconds work_;
  int last_ = 0;
  std::map<int, std::vector<Arrival>> rounds_;
};

}  // namespace stamper
