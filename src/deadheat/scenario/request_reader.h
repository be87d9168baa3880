#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scenario/fields.h"
#include "scenario/names.h"
#include "scenario/parse.h"
#include "scenario/scenario.h"
#include "scenario/shapes.h"
#include "scenario/yaml.h"

namespace scenario {

/// Reads requests and what they are made of. Notes the names that their templates use and the
/// actors that they name, to be checked when all is read. Borrows its arguments.
class RequestReader {
 public:
  RequestReader(Problems& problems, Uses& uses, const ReadFile& files)
      : problems_(problems), uses_(uses), files_(files) {}

  /// The short form, a text, or the full one, a map.
  [[nodiscard]] Request read_request(const yaml::Node& node, Part part);
  void read_headers(const yaml::Node& node, std::vector<HeaderTemplate>& headers,
                    std::vector<Use>& uses);
  /// Fixed cookies, which become a header.
  void read_cookies(const yaml::Node& node, std::vector<HeaderTemplate>& headers,
                    std::vector<Use>& uses);
  /// An actor's `bearer` or `basic`, which becomes a header.
  void read_authorization(const std::string& scheme, const yaml::Node& value, Actor& actor,
                          std::vector<Use>& uses);
  /// The value of `as`. `one`: where one actor is needed, not one for each copy.
  [[nodiscard]] std::string read_actor_name(const yaml::Node& node, bool one);

  /// An actor that a request names.
  struct UsedActor {
    std::string name;
    Place place;
    bool one = true;
  };
  [[nodiscard]] const std::vector<UsedActor>& used_actors() const { return used_actors_; }

 private:
  void read_line(const yaml::Node& node, Request& request);
  void read_curl(const yaml::Node& node, const yaml::Node& whole, Request& request);
  void read_exec(const yaml::Node& node, const yaml::Node& whole, Request& request);
  void check_method(Place place, const std::string& method);
  void check_target(const Template& target, std::vector<Use>& uses);
  void check_header_value(const Template& value);
  void read_body(const yaml::Node& request, Body& body, std::vector<Use>& uses);
  void read_json_body(const yaml::Node& node, Body& body, std::vector<Use>& uses);
  void collect_json_uses(const yaml::Node& node, std::vector<Use>& uses);
  void read_form(const yaml::Node& node, Body& body, std::vector<Use>& uses);
  void read_text_body(const yaml::Node& node, Body& body, std::vector<Use>& uses);
  void read_body_map(const yaml::Node& node, Body& body, std::vector<Use>& uses);
  Expect read_expect(const yaml::Node& node, bool of_command);
  void read_captures(const yaml::Node& node, std::vector<Capture>& captures);

  Problems& problems_;
  Uses& uses_;
  const ReadFile& files_;
  std::vector<UsedActor> used_actors_;
};

}  // namespace scenario
