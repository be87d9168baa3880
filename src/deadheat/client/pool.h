#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "client/context.h"
#include "client/line.h"
#include "client/target.h"

namespace client {

/// Lines to the targets, kept warm for the requests that follow. One thread.
class Pool {
 public:
  /// Borrows both.
  Pool(const Context& context, const std::vector<Target>& targets)
      : context_(context), targets_(targets) {}

  /// The line used last, if it is fit for a request; nullptr if none is.
  [[nodiscard]] std::unique_ptr<Line> take(std::size_t target);
  /// The first line to a target is watched for 20 ms: some servers close after an answer, without a
  /// word. Lines to such are not kept.
  void keep(std::size_t target, std::unique_ptr<Line> line);
  /// The server hung up on a line that it had seemed to keep: no more lines to it are kept.
  void distrust(std::size_t target) { warm_[target].keeps_alive = false; }
  /// Closes what is kept, but for shared lines: a server with one worker may be waiting on it.
  void clear();

  /// Lines for `count` exchanges that leave together, each line as often as its server bears
  /// exchanges on it. None where it does not speak HTTP/2, or no line is established in `timeout`.
  [[nodiscard]] std::vector<Line*> shared(std::size_t target, std::size_t count,
                                          base::Nanoseconds timeout);

  /// A line to the target may be used again.
  [[nodiscard]] bool keeps_alive(std::size_t target) { return warm_[target].keeps_alive; }
  /// The targets that were asked have left a connection open after the last answer.
  [[nodiscard]] bool keeps_alive() const;
  /// A target has spoken HTTP/2: requests can share a connection.
  [[nodiscard]] bool multiplexes() const;

 private:
  struct Kept {
    std::unique_ptr<Line> line;
    base::Nanoseconds since;
  };
  /// Lines to one target, the one used last at the end.
  struct Warm {
    std::vector<Kept> kept;
    std::vector<Kept> shared;
    bool multiplexes = false;
    bool probed = false;
    bool keeps_alive = true;
  };

  [[nodiscard]] std::unique_ptr<Line> open(std::size_t target, base::Nanoseconds timeout) const;

  const Context& context_;
  const std::vector<Target>& targets_;
  std::map<std::size_t, Warm> warm_;
};

}  // namespace client
