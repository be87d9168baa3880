#include "dialect/messages.h"

#include <algorithm>
#include <array>

#include "base/require.h"

namespace dialect {
namespace {

struct Entry {
  Message message;
  std::string_view code;
  std::string_view english;
  std::string_view korean;
};

/// The Korean is that of the framework's own catalogue, which leaves some messages in English.
constexpr std::array catalogue = {
    Entry{Message::required, "required", "This field is required.", "이 필드는 필수 항목입니다."},
    Entry{Message::null, "null", "This field may not be null.", "이 필드는 null일 수 없습니다."},
    Entry{Message::blank, "blank", "This field may not be blank.",
          "이 필드는 blank일 수 없습니다."},
    Entry{Message::not_a_string, "not_a_string", "Not a valid string.",
          "유효한 문자열이 아닙니다."},
    Entry{Message::too_long, "too_long", "Ensure this field has no more than {} characters.",
          "이 필드의 글자 수가 {} 이하인지 확인하십시오."},
    Entry{Message::null_characters, "null_characters", "Null characters are not allowed.",
          "null 문자는 사용할 수 없습니다."},
    Entry{Message::surrogates, "surrogates", "Surrogate characters are not allowed: {}.",
          "Surrogate characters are not allowed: {}."},
    Entry{Message::not_an_integer, "not_an_integer", "A valid integer is required.",
          "유효한 정수(integer)를 넣어주세요."},
    Entry{Message::string_too_large, "string_too_large", "String value too large.",
          "문자열 값이 너무 큽니다."},
    Entry{Message::too_big, "too_big", "Ensure this value is less than or equal to {}.",
          "이 값이 {}보다 작거나 같은지 확인하십시오."},
    Entry{Message::too_small, "too_small", "Ensure this value is greater than or equal to {}.",
          "이 값이 {}보다 크거나 같은지 확인하십시오."},
    Entry{Message::not_a_choice, "not_a_choice", "\"{}\" is not a valid choice.",
          "\"{}\"이 유효하지 않은 선택(choice)입니다."},
    Entry{Message::not_a_dictionary, "not_a_dictionary",
          "Invalid data. Expected a dictionary, but got {}.",
          "유효하지 않은 데이터. 딕셔너리(dictionary)대신 {}를 받았습니다."},
    Entry{Message::no_data, "no_data", "No data provided", "No data provided"},
    Entry{Message::not_found, "not_found", "Not found.", "찾을 수 없습니다."},
    Entry{Message::method_not_allowed, "method_not_allowed", "Method \"{}\" not allowed.",
          "메소드(Method) \"{}\"는 허용되지 않습니다."},
    Entry{Message::not_acceptable, "not_acceptable", "Could not satisfy the request Accept header.",
          "Accept header 요청을 만족할 수 없습니다."},
    Entry{Message::unsupported_media_type, "unsupported_media_type",
          "Unsupported media type \"{}\" in request.",
          "요청된 \"{}\"가 지원되지 않는 미디어 형태입니다."},
    Entry{Message::invalid_page, "invalid_page", "Invalid page.", "페이지가 유효하지 않습니다."},
    Entry{Message::no_credentials, "no_credentials",
          "Invalid basic header. No credentials provided.",
          "기본 헤더(basic header)가 유효하지 않습니다. 인증데이터(credentials)가 제공되지 "
          "않았습니다."},
    Entry{Message::spaces_in_credentials, "spaces_in_credentials",
          "Invalid basic header. Credentials string should not contain spaces.",
          "기본 헤더(basic header)가 유효하지 않습니다. 인증데이터(credentials) 문자열은 "
          "빈칸(spaces)을 포함하지 않아야 합니다."},
    Entry{Message::credentials_not_base64, "credentials_not_base64",
          "Invalid basic header. Credentials not correctly base64 encoded.",
          "기본 헤더(basic header)가 유효하지 않습니다. 인증데이터(credentials)가 base64로 적절히 "
          "부호화(encode)되지 않았습니다."},
    Entry{Message::wrong_credentials, "wrong_credentials", "Invalid username/password.",
          "아이디/비밀번호가 유효하지 않습니다."},
};

const Entry& entry_of(Message message) {
  const auto found = std::find_if(catalogue.begin(), catalogue.end(),
                                  [&](const Entry& entry) { return entry.message == message; });
  base::require(found != catalogue.end(), "every message is in the catalogue");
  return *found;
}

}  // namespace

std::string_view pattern_of(Message message, Language language) {
  const Entry& entry = entry_of(message);
  return language == Language::korean ? entry.korean : entry.english;
}

std::string_view code_of(Message message) { return entry_of(message).code; }

}  // namespace dialect
