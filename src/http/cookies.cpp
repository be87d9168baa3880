#include "http/cookies.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <optional>

#include "base/ascii.h"

namespace http {
namespace {

using std::chrono::seconds;

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

bool is_address(std::string_view host) {
  return host.find(':') != std::string_view::npos ||
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// 5.1.3: the same, or below it.
bool domain_matches(std::string_view host, std::string_view domain) {
  if (host == domain) return true;
  return !is_address(host) && host.size() > domain.size() && host.ends_with(domain) &&
         host[host.size() - domain.size() - 1] == '.';
}

std::string_view without_query(std::string_view path) { return path.substr(0, path.find('?')); }

/// 5.1.4: up to its last slash.
std::string default_path(std::string_view path) {
  path = without_query(path);
  if (!path.starts_with('/')) return "/";
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

bool path_matches(std::string_view request, std::string_view path) {
  request = without_query(request);
  if (!request.starts_with(path)) return false;
  return request.size() == path.size() || path.ends_with('/') || request[path.size()] == '/';
}

/// The dates that servers write: with blanks or dashes, and two or four digits of a year.
std::optional<seconds> parse_date(std::string_view text) {
  const std::string copy(text);
  for (const char* format : {"%a, %d %b %Y %H:%M:%S", "%a, %d-%b-%Y %H:%M:%S",
                             "%a, %d-%b-%y %H:%M:%S", "%a %b %d %H:%M:%S %Y"}) {
    std::tm date{};
    if (strptime(copy.c_str(), format, &date) != nullptr && date.tm_year >= 0)
      return seconds(timegm(&date));
  }
  return std::nullopt;
}

/// Seconds from now; anything but digits is no Max-Age.
std::optional<seconds> parse_max_age(std::string_view text, seconds now) {
  constexpr std::int64_t longest = 400LL * 24 * 3600;
  std::int64_t age = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), age);
  if (text.empty() || read.ptr != text.data() + text.size()) return std::nullopt;
  if (read.ec == std::errc::result_out_of_range) age = text.front() == '-' ? 0 : longest;
  return age <= 0 ? seconds::min() : now + seconds(std::min(age, longest));
}

}  // namespace

void CookieJar::keep(const Fields& answer, const CookieScope& scope) {
  for (const Field& field : answer)
    if (same_ignoring_case(field.name, "set-cookie")) keep(field.value, scope);
}

void CookieJar::keep(std::string_view field, const CookieScope& scope) {
  const std::string_view pair = field.substr(0, field.find(';'));
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos || pair.size() > longest_cookie) return;
  Cookie cookie{.name = std::string(trim(pair.substr(0, equals))),
                .value = std::string(trim(pair.substr(equals + 1))),
                .domain = base::lower(scope.host),
                .path = default_path(scope.path)};
  if (cookie.name.empty()) return;
  std::optional<seconds> max_age, expires;
  for (std::string_view rest = field.substr(pair.size()); !rest.empty();) {
    rest.remove_prefix(1);  // the semicolon
    const std::string_view attribute = rest.substr(0, rest.find(';'));
    rest.remove_prefix(attribute.size());
    const std::size_t sign = std::min(attribute.find('='), attribute.size());
    const std::string name = base::lower(trim(attribute.substr(0, sign)));
    const std::string_view value =
        sign == attribute.size() ? std::string_view() : trim(attribute.substr(sign + 1));
    if (name == "domain" && !value.empty()) {
      cookie.domain = base::lower(value.substr(value.starts_with('.') ? 1 : 0));
      cookie.host_only = false;
    } else if (name == "path") {
      cookie.path = value.starts_with('/') ? std::string(value) : default_path(scope.path);
    } else if (name == "secure") {
      cookie.secure = true;
    } else if (name == "max-age") {
      max_age = parse_max_age(value, scope.now);
    } else if (name == "expires") {
      expires = parse_date(value);
    }
  }
  if (!domain_matches(base::lower(scope.host), cookie.domain)) return;
  if (cookie.secure && !scope.secure) return;
  cookie.expires = max_age ? *max_age : expires.value_or(seconds::max());
  std::erase_if(cookies_, [&](const Cookie& old) {
    return old.name == cookie.name && old.domain == cookie.domain && old.path == cookie.path;
  });
  if (cookie.expires <= scope.now) return;
  if (cookies_.size() == most_cookies) cookies_.erase(cookies_.begin());
  cookies_.push_back(std::move(cookie));
}

std::string CookieJar::header(const CookieScope& scope) const {
  const std::string host = base::lower(scope.host);
  std::vector<const Cookie*> sent;
  for (const Cookie& cookie : cookies_)
    if ((cookie.host_only ? host == cookie.domain : domain_matches(host, cookie.domain)) &&
        path_matches(scope.path, cookie.path) && (!cookie.secure || scope.secure) &&
        cookie.expires > scope.now)
      sent.push_back(&cookie);
  std::stable_sort(sent.begin(), sent.end(), [](const Cookie* a, const Cookie* b) {
    return a->path.size() > b->path.size();
  });
  std::string text;
  for (const Cookie* cookie : sent) {
    if (!text.empty()) text += "; ";
    text += cookie->name + "=" + cookie->value;
  }
  return text;
}

}  // namespace http
