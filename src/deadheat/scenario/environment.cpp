#include "scenario/environment.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "scenario/template.h"

namespace scenario {
namespace {

using yaml::Node;

std::string substituted(const Node& node, const Environment& environment, Problems& problems) {
  std::string_view rest = node.text;
  std::string result;
  for (;;) {
    const std::size_t begin = rest.find("${");
    result += rest.substr(0, begin);
    if (begin == std::string_view::npos) return result;
    const std::size_t end = rest.find('}', begin);
    if (end == std::string_view::npos) {
      problems.add(node.place, "a ${ is not closed by }");
      return result;
    }
    const std::string_view inside = rest.substr(begin + 2, end - begin - 2);
    const std::size_t dash = inside.find(":-");
    const std::string name(inside.substr(0, dash));
    rest.remove_prefix(end + 1);
    const std::optional<std::string> value = is_name(name) ? environment(name) : std::nullopt;
    if (!is_name(name))
      problems.add(node.place,
                   fmt::format("expected ${{VAR}} or ${{VAR:-default}}, found ${{{}}}", inside));
    else if (value && !(value->empty() && dash != std::string_view::npos))
      result += *value;
    else if (dash != std::string_view::npos)
      result += inside.substr(dash + 2);
    else
      problems.add(node.place,
                   fmt::format("the environment variable {0} is not set; set it, or write "
                               "${{{0}:-default}}",
                               name));
  }
}

}  // namespace

void substitute(yaml::Node& node, const Environment& environment, Problems& problems) {
  for (yaml::Node& item : node.items) substitute(item, environment, problems);
  if (node.kind == yaml::Node::Kind::scalar && node.text.find("${") != std::string::npos)
    node.text = substituted(node, environment, problems);
}

}  // namespace scenario
