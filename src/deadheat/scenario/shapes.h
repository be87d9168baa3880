#pragma once

#include <string_view>

#include "scenario/fields.h"

/// The keys of each map in a scenario. schema/scenario.schema.json says the same to editors; a test
/// compares the two.
namespace scenario {

constexpr std::string_view not_yet = "is not supported yet";

/// Where a request stands; what it may say depends on it.
enum class Part { around, step, lone_step, suffix, observe, login };

[[nodiscard]] const Shape& scenario_shape();
[[nodiscard]] const Shape& request_shape(Part part);
[[nodiscard]] const Shape& body_shape();
[[nodiscard]] const Shape& script_shape();  // where `steps` is given
[[nodiscard]] const Shape& permit_shape();
[[nodiscard]] const Shape& rule_shape();  // the short forms
[[nodiscard]] const Shape& successes_shape();
[[nodiscard]] const Shape& run_shape();
[[nodiscard]] const Shape& tls_shape();

}  // namespace scenario
