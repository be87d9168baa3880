#include "report/gist.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>

#include "base/json.h"
#include "report/columns.h"

namespace report {

Gist::Gist(const std::vector<record::Part>& parts) {
  std::map<std::string, std::set<std::string>> values;
  std::size_t answers = 0;
  std::map<std::string, std::size_t> seen;
  for (const record::Part& part : parts)
    for (const record::Move& move : part.moves)
      if (const auto body = base::parse_json(move.answer); body && body->is_object()) {
        ++answers;
        for (const auto& [key, member] : body->get_object()) {
          values[std::string(key)].insert(base::to_text(member));
          ++seen[std::string(key)];
        }
      }
  for (const auto& [key, texts] : values)
    if (texts.size() > 1 || seen[key] < answers) telling_.insert(key);
}

std::string Gist::of(const std::string& answer, int columns) const {
  if (display_width(answer) <= columns) return answer;
  const auto body = base::parse_json(answer);
  if (!body || !body->is_object()) return answer;
  std::vector<std::string> members;
  for (const auto& [key, member] : body->get_object())
    if (telling_.contains(std::string(key)))
      members.push_back(base::to_text(json::string(key)) + ":" + base::to_text(member));
  if (members.empty()) return answer;
  std::stable_sort(members.begin(), members.end(),
                   [](const auto& a, const auto& b) { return a.size() < b.size(); });
  return fmt::format("{{{},…}}", fmt::join(members, ","));
}

}  // namespace report
