#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "callers/tokens.h"
#include "dialect/messages.h"
#include "frame/routes.h"

namespace frame {

struct ServiceOptions {
  /// Host headers that are served, as Django's ALLOWED_HOSTS: "*", "api.example", ".example".
  std::vector<std::string> allowed_hosts = {"127.0.0.1", "localhost", "[::1]"};
  dialect::Language language = dialect::Language::english;
  /// The APIs that are served; a path of another one leads nowhere.
  std::set<Mount> mounts = {Mount::v1, Mount::std, Mount::v2, Mount::lab};
  /// What signs the tokens that v2 and the lab ask for; nothing: nobody has to say who they are.
  std::optional<callers::Tokens> tokens;
  /// Tells more about what leads nowhere.
  bool debug = false;
};

}  // namespace frame
