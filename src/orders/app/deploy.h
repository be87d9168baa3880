#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings/settings.h"

namespace app {

/// What of the file system matters to the safety of a deployment. Permissions as in chmod; nothing:
/// there is no such file.
struct Surroundings {
  std::string env_file;
  std::optional<unsigned> env_file_mode;
  std::optional<unsigned> database_mode;
  std::optional<unsigned> folder_mode;  // that the database is in
};

/// Something that is not safe, and what to do about it.
struct Weakness {
  std::string_view variable;
  std::string what;
  std::string instead;
};

/// In the order of how bad they are.
[[nodiscard]] std::vector<Weakness> weaknesses(const settings::Settings& settings,
                                               const Surroundings& surroundings);

/// Looks at the files.
[[nodiscard]] Surroundings look_around(const settings::Settings& settings, std::string env_file);

/// Prints what is unsafe; true if nothing is.
bool check_deployment(const settings::Settings& settings, const std::string& env_file);

}  // namespace app
