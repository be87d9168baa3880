#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "scenario/fields.h"
#include "scenario/scenario.h"

/// Whether every {{name}} is bound by the time that its request is sent.
namespace scenario {

/// A name in a template.
struct Use {
  std::string name;
  Place place;
  bool lacks_dot = false;  // {{order.id}}, which should read {{.order.id}}
};

/// What a scenario's templates use.
struct Uses {
  std::map<std::pair<int, int>, std::vector<Use>> of_requests;  // by Request::place
  std::map<std::string, std::vector<Use>> of_actors;            // in their headers

  [[nodiscard]] std::vector<Use>& of(const Request& request) {
    return of_requests[{request.place.line, request.place.column}];
  }
};

/// Splits a template and notes the names that it uses.
void collect_uses(const Template& text, std::vector<Use>& uses, Problems& problems);

void check_names(const Scenario& scenario, Uses uses, Problems& problems);

}  // namespace scenario
