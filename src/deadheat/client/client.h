#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "client/context.h"
#include "client/errand.h"
#include "client/message.h"
#include "client/pool.h"
#include "client/session.h"
#include "client/target.h"
#include "http/message.h"
#include "outcome/outcome.h"

/// HTTP as the tester speaks it to a target: one exchange, a connection, a session, a command.
namespace client {

/// Sends the requests that stand outside a race, one at a time, on connections that it keeps warm
/// and lends to those inside. One thread.
///
/// A request is repeated only if the server hung up on a kept connection and it is safe or had not
/// left; anything else that fails is a failure. Answers are limited by http::ReadLimits.
class Client {
 public:
  /// Borrows what the context borrows. `seed` is for {{$uuid}}.
  Client(const Context& context, std::uint64_t seed);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] const Context& context() const { return context_; }
  /// None before `look_up`, which each request does first.
  [[nodiscard]] const std::vector<Target>& targets() const { return targets_; }
  [[nodiscard]] Pool& pool() { return pool_; }
  [[nodiscard]] const Pool& pool() const { return pool_; }

  /// Looks up the targets, once.
  [[nodiscard]] std::optional<outcome::Failure> look_up();

  /// The answer to a request, or to the command that stands in its place, as expressions see it, if
  /// it is as expected. Of a command that is {status, headers: {}, body}: its exit status, and what
  /// it printed. Cookies go to the session of the actor.
  [[nodiscard]] base::Result<json::value, outcome::Failure> ask(const scenario::Request& request,
                                                                json::object bindings,
                                                                Sessions& sessions,
                                                                const Errand& errand);
  /// The same for the sake of what the request captures, which goes into `captured`.
  [[nodiscard]] std::optional<outcome::Failure> perform(const scenario::Request& request,
                                                        const json::object& bindings,
                                                        Sessions& sessions, const Errand& errand,
                                                        json::object& captured);

  /// What the observing reads of the scenario return.
  [[nodiscard]] base::Result<outcome::State, outcome::Failure> observe(const json::object& bindings,
                                                                       Sessions& sessions,
                                                                       base::Nanoseconds timeout);

  /// The login of an actor, once; its captures are the actor's. Nothing for who has none.
  [[nodiscard]] std::optional<outcome::Failure> log_in(const std::string& actor,
                                                       const json::object& bindings,
                                                       Sessions& sessions,
                                                       base::Nanoseconds timeout);

 private:
  [[nodiscard]] base::Result<http::Response, outcome::Failure> fetch(
      const Message& message, const scenario::Request& request, const Errand& errand);
  [[nodiscard]] base::Result<http::Response, outcome::Failure> follow(
      Message& message, const scenario::Request& request, const Errand& errand, Session* session);
  [[nodiscard]] base::Result<json::value, outcome::Failure> execute(
      const scenario::Request& request, const json::object& bindings, const Errand& errand);
  [[nodiscard]] net::Wait wait_for(const Errand& errand, base::Nanoseconds deadline) const;

  const Context context_;
  base::Random random_;
  std::vector<Target> targets_;
  Pool pool_;
  std::vector<pollfd> polled_;
};

}  // namespace client
