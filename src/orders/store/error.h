#pragma once

#include <stdexcept>
#include <string>

namespace store {

/// The world failed: the database is busy, full or gone.
class StoreError : public std::runtime_error {
 public:
  enum class Outcome {
    not_committed,  // certainly nothing was written: worth another try
    unknown,        // a COMMIT was sent and its answer lost
  };
  StoreError(Outcome outcome, const std::string& message)
      : std::runtime_error(message), outcome_(outcome) {}
  [[nodiscard]] Outcome outcome() const { return outcome_; }

 private:
  Outcome outcome_;
};

/// Another transaction was faster, and this one did nothing: from its first read on, it may be
/// tried again.
class Conflict final : public StoreError {
 public:
  explicit Conflict(const std::string& message) : StoreError(Outcome::not_committed, message) {}
};

/// A text that this database cannot keep, however often it is tried: PostgreSQL takes neither NUL
/// nor what is no UTF-8. Nothing was written.
class Unstorable final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What this kind of store does not have.
class Unsupported final : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

}  // namespace store
