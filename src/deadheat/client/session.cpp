#include "client/session.h"

namespace client {

void bind_actor(json::object& bindings, const scenario::Scenario& scenario,
                const std::string& actor, const Session* session) {
  if (const auto* known = scenario::find_actor(scenario, actor)) {
    for (const auto& [name, value] : known->variables) bindings[name] = value;
    if (!known->index.empty()) bindings.emplace("$index", known->index);
  }
  if (session != nullptr)
    for (const auto& [name, value] : session->values) bindings[name] = value;
}

}  // namespace client
