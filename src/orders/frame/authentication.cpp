#include "frame/authentication.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace frame {
namespace {

using dialect::Message;

std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\f\v";
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == text.npos) return words;
    text.remove_prefix(begin);
    words.push_back(text.substr(0, text.find_first_of(blanks)));
    text.remove_prefix(words.back().size());
  }
}

/// Whether Python's b64decode() takes it: characters that are no base64 count for nothing, but the
/// padding has to be right.
bool is_base64(std::string_view text) {
  const auto digits = std::count_if(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  });
  const auto padding = std::count(text.begin(), text.end(), '=');
  switch (digits % 4) {
    case 0:
      return true;
    case 2:
      return padding >= 2;
    case 3:
      return padding >= 1;
    default:
      return false;
  }
}

Message complaint(const std::vector<std::string_view>& words) {
  if (words.size() == 1) return Message::no_credentials;
  if (words.size() > 2) return Message::spaces_in_credentials;
  return is_base64(words[1]) ? Message::wrong_credentials : Message::credentials_not_base64;
}

}  // namespace

std::optional<Problem> refuse_credentials(const http::Request& request,
                                          dialect::Language language) {
  const auto words = words_of(http::find(request.fields, "Authorization").value_or(""));
  if (words.empty() || !http::same_ignoring_case(words[0], "basic")) return std::nullopt;
  return Problem{.status = 403,
                 .code = "authentication_failed",
                 .detail = dialect::say(complaint(words), language)};
}

}  // namespace frame
