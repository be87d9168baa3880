#pragma once

#include <optional>
#include <string_view>

namespace report {

enum class Language { en, ko };

/// "en" or "ko"; nothing for any other text.
[[nodiscard]] std::optional<Language> language_named(std::string_view name);

/// Of a locale, as LC_ALL or LANG has it: "ko_KR.UTF-8" is Korean, all else English.
[[nodiscard]] Language language_of_locale(std::string_view locale);

}  // namespace report
