#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "expression/expression.h"

namespace client {

/// A child process (`deadheat-jq`, empty environment) that computes jq programs, started when first
/// needed and again after it was killed. Plain paths are answered without it. Calls from several
/// threads take turns.
class Evaluator {
 public:
  struct Settings {
    std::string program;  // the path of deadheat-jq
    base::Nanoseconds time_limit = std::chrono::seconds(2);
    std::size_t memory_limit = 512 << 20;  // bytes of address space of the child
  };

  explicit Evaluator(Settings settings);
  ~Evaluator();

  [[nodiscard]] base::Result<json::value, expression::Failure> evaluate(const std::string& jq,
                                                                        const json::value& input);
  /// Whether the program compiles; nothing is computed.
  [[nodiscard]] base::Result<void, expression::Failure> compile(const std::string& jq);

  /// The port for rooms without I/O. Borrows this object.
  [[nodiscard]] expression::Evaluate port();

 private:
  class Child;
  std::unique_ptr<Child> child_;
};

}  // namespace client
