#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scenario/fields.h"
#include "scenario/names.h"
#include "scenario/scenario.h"
#include "scenario/shapes.h"
#include "scenario/yaml.h"

namespace scenario {

/// Reads requests and what they are made of. Notes the names that their templates use and the
/// actors that they name, to be checked when all is read. Borrows both arguments.
class RequestReader {
 public:
  RequestReader(Problems& problems, Uses& uses) : problems_(problems), uses_(uses) {}

  /// The short form, a text, or the full one, a map.
  [[nodiscard]] Request read_request(const yaml::Node& node, Part part);
  void read_headers(const yaml::Node& node, std::vector<HeaderTemplate>& headers,
                    std::vector<Use>& uses);
  /// `json`, `body` or `form` of a map.
  void read_body(const yaml::Node& request, Body& body, std::vector<Use>& uses);
  /// An actor's `bearer` or `basic`, which becomes a header.
  void read_authorization(const std::string& scheme, const yaml::Node& value, Actor& actor,
                          std::vector<Use>& uses);
  /// The value of `as`.
  [[nodiscard]] std::string read_actor_name(const yaml::Node& node);

  [[nodiscard]] const std::vector<std::pair<std::string, Place>>& used_actors() const {
    return used_actors_;
  }

 private:
  void read_line(const yaml::Node& node, Request& request);
  void check_method(Place place, const std::string& method);
  void check_target(const Template& target, std::vector<Use>& uses);
  void check_header_value(const Template& value);
  void read_json_body(const yaml::Node& node, Body& body, std::vector<Use>& uses);
  void collect_json_uses(const yaml::Node& node, std::vector<Use>& uses);
  void read_form(const yaml::Node& node, Body& body, std::vector<Use>& uses);
  void read_text_body(const yaml::Node& node, Body& body, std::vector<Use>& uses);
  Expect read_expect(const yaml::Node& node);
  void read_captures(const yaml::Node& node, std::vector<Capture>& captures);

  Problems& problems_;
  Uses& uses_;
  std::vector<std::pair<std::string, Place>> used_actors_;
};

}  // namespace scenario
