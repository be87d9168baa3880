#pragma once

#include <string_view>

#include "base/names.h"

namespace report {

enum class Language { en, ko };
inline constexpr base::Names<Language> language_names{{Language::en, "en"}, {Language::ko, "ko"}};

/// Of a locale, as LC_ALL or LANG has it: "ko_KR.UTF-8" is Korean, all else English.
[[nodiscard]] Language language_of_locale(std::string_view locale);

}  // namespace report
