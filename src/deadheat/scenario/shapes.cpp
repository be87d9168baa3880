#include "scenario/shapes.h"

#include <utility>

namespace scenario {

namespace {

constexpr std::string_view accept_is_permit =
    "is spelt 'permit': a list of {when, reason} of the scenario";

}  // namespace

const Shape& scenario_shape() {
  static const Shape shape{
      "a scenario",
      {"version", "id",     "name",    "target", "targets", "actors",   "setup", "reset",
       "race",    "suffix", "observe", "sinks",  "cleanup", "teardown", "rules", "mask",
       "counts",  "permit", "compare", "settle", "timeout", "tls",      "proxy", "run"},
      {{"accept", accept_is_permit},
       {"login", "belongs to an actor"},
       {"cookies", "belong to an actor, or to a request"}}};
  return shape;
}

const Shape& run_shape() {
  static const Shape shape{
      "run",
      {"attempts", "budget", "sync", "hold", "offsets", "http", "connections", "lanes", "seed"}};
  return shape;
}

const Shape& sink_shape() {
  static const Shape shape{"a sink", {"listen", "url", "answer"}};
  return shape;
}

const Shape& reply_shape() {
  static const Shape shape{"the answer of a sink", {"status", "headers", "json", "body", "after"}};
  return shape;
}

const Shape& tls_shape() {
  static const Shape shape{"tls", {"verify", "ca", "certificate", "key", "server_name"}};
  return shape;
}

const Shape& permit_shape() {
  static const Shape shape{"a permit", {"when", "reason"}};
  return shape;
}

const Shape& rule_shape() {
  static const Shape shape{"a rule", {"at_most_one_succeeds", "successes", "conserved", "unique"}};
  return shape;
}

const Shape& successes_shape() {
  static const Shape shape{"successes", {"of", "at_most", "at_least", "exactly"}};
  return shape;
}

const Shape& request_shape(Part part) {
  const std::vector<std::pair<std::string_view, std::string_view>> later = {
      {"accept", accept_is_permit},
      {"login", "belongs to an actor"},
      {"timeout", "belongs to the scenario, not to a request"}};
  const auto with = [&](std::string_view what, std::vector<std::string_view> keys,
                        std::vector<std::pair<std::string_view, std::string_view>> elsewhere) {
    keys.insert(keys.begin(), {"request", "json", "body", "form", "headers", "cookies", "redirects",
                               "curl", "as"});
    elsewhere.insert(elsewhere.end(), later.begin(), later.end());
    return Shape{what, std::move(keys), std::move(elsewhere)};
  };
  static const Shape around =
      with("a request", {"exec", "expect", "capture"},
           {{"say", "belongs to a step of the race"},
            {"stop_unless", "belongs to a step of the race; here use expect"}});
  static constexpr std::string_view exec_is_outside =
      "is not allowed here; commands belong in setup, reset, observe, cleanup and teardown";
  static const Shape step =
      with("a step", {"capture", "say", "stop_unless"},
           {{"exec", exec_is_outside},
            {"expect",
             "is not allowed in the race, where every answer counts; use stop_unless, or a rule"},
            {"times", "belongs to the script, not to a step"},
            {"ok", "belongs to the script, not to a step"},
            {"refused", "belongs to the script, not to a step"}});
  static const Shape lone_step = with(
      "a script", {"capture", "say", "stop_unless", "steps", "label", "times", "ok", "refused"},
      {{"exec", exec_is_outside},
       {"expect",
        "is not allowed in the race, where every answer counts; use stop_unless, or a rule"}});
  static const Shape suffix = with("a suffix request", {"capture"},
                                   {{"exec", exec_is_outside},
                                    {"expect", "is not allowed here: every answer is compared"},
                                    {"say", "belongs to a step of the race"},
                                    {"stop_unless", "belongs to a step of the race"}});
  static const Shape login = [&with] {
    Shape shape = with("a login request", {"expect", "capture"},
                       {{"exec", exec_is_outside},
                        {"as", "is not allowed here: a login belongs to its actor"},
                        {"say", "belongs to a step of the race"},
                        {"stop_unless", "belongs to a step of the race; here use expect"}});
    std::erase(shape.keys, "as");
    return shape;
  }();
  static const Shape observe = with("an observing read", {"exec"},
                                    {{"expect", "is not allowed here: every state is compared"},
                                     {"capture", "is not allowed here; capture in setup or reset"},
                                     {"say", "belongs to a step of the race"},
                                     {"stop_unless", "belongs to a step of the race"}});
  switch (part) {
    case Part::around:
      return around;
    case Part::step:
      return step;
    case Part::lone_step:
      return lone_step;
    case Part::suffix:
      return suffix;
    case Part::login:
      return login;
    case Part::observe:
      break;
  }
  return observe;
}

const Shape& body_shape() {
  static const Shape shape{"a body", {"file", "jq"}};
  return shape;
}

const Shape& script_shape() {
  static constexpr std::string_view of_step = "belongs to a step where steps are given";
  static const Shape shape{"a script with steps",
                           {"as", "label", "times", "ok", "refused", "steps"},
                           {{"request", of_step},
                            {"json", of_step},
                            {"body", of_step},
                            {"form", of_step},
                            {"headers", of_step},
                            {"cookies", of_step},
                            {"redirects", of_step},
                            {"curl", of_step},
                            {"capture", of_step},
                            {"say", of_step},
                            {"stop_unless", of_step}}};
  return shape;
}

}  // namespace scenario
