#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace dialect {

enum class Language { english, korean };

/// What clients are told about a request, in the words of Django REST framework.
enum class Message {
  required,
  null,
  blank,
  not_a_string,
  too_long,
  null_characters,
  surrogates,
  not_an_integer,
  string_too_large,
  too_big,
  too_small,
  not_a_choice,
  not_a_dictionary,
  no_data,
  not_found,
  method_not_allowed,
  not_acceptable,
  unsupported_media_type,
  invalid_page,
  no_credentials,
  spaces_in_credentials,
  credentials_not_base64,
  wrong_credentials,
};

/// The message with {} for what belongs to the case. Static storage.
[[nodiscard]] std::string_view pattern_of(Message message, Language language);
/// The same in every language, for programs: "too_long". Static storage.
[[nodiscard]] std::string_view code_of(Message message);

/// The message, told of `arguments`.
template <class... Arguments>
[[nodiscard]] std::string say(Message message, Language language, const Arguments&... arguments) {
  return fmt::format(fmt::runtime(pattern_of(message, language)), arguments...);
}

}  // namespace dialect
