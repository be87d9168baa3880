#include "report/language.h"

namespace report {

Language language_of_locale(std::string_view locale) {
  const std::string_view language = locale.substr(0, locale.find_first_of("_.@"));
  return language == "ko" ? Language::ko : Language::en;
}

}  // namespace report
