#include <iterator>

#include "base/json.h"
#include "frame/openapi.h"

namespace frame {

std::string openapi_document_of(const std::set<Mount>& mounts) {
  if (mounts.size() == std::size(all_mounts)) return std::string(openapi_document());
  json::value document = base::parse_json(openapi_document()).value();
  json::object& paths = document.at("paths").as_object();
  for (const Mount mount : all_mounts) {
    if (mounts.contains(mount)) continue;
    for (auto path = paths.begin(); path != paths.end();)
      path = path->key().starts_with(place_of(mount)) ? paths.stable_erase(path) : path + 1;
  }
  return base::to_text(document);
}

}  // namespace frame
