#include "base/address.h"

#include <algorithm>
#include <array>

namespace base {
namespace {

constexpr std::string_view hidden = "***";
// Of PostgreSQL's: https://www.postgresql.org/docs/15/libpq-connect.html, 34.1.2.
constexpr std::array<std::string_view, 7> harmless = {
    "host", "hostaddr", "port", "dbname", "sslmode", "connect_timeout", "application_name"};

/// "name=value", or the same without the value. A name that is written in another way (%70assword)
/// is none of those that are harmless.
std::string shown_parameter(std::string_view parameter) {
  const std::size_t equals = parameter.find('=');
  if (equals == parameter.npos) return std::string(hidden);
  const std::string_view name = parameter.substr(0, equals);
  if (std::find(harmless.begin(), harmless.end(), name) != harmless.end())
    return std::string(parameter);
  return std::string(name).append("=").append(hidden);
}

}  // namespace

std::string without_secrets(std::string_view url) {
  constexpr std::string_view mark = "://";
  const std::size_t scheme = url.find(mark);
  if (scheme == url.npos) return std::string(url);
  const std::size_t begin = scheme + mark.size();
  std::string shown(url.substr(0, begin));
  std::string_view rest = url.substr(begin);
  // A password may have any of these characters, where somebody forgot to write it as %40.
  bool in_query = false;
  if (const std::size_t at = rest.rfind('@'); at != rest.npos) {
    shown += hidden;
    in_query = rest.substr(0, at).find('?') != rest.npos;
    rest.remove_prefix(at);
    if (in_query) rest.remove_prefix(std::min(rest.find('&'), rest.size()));
  }
  if (!in_query) {
    const std::size_t query = rest.find('?');
    shown += rest.substr(0, query);
    if (query == rest.npos) return shown;
    shown += '?';
    rest.remove_prefix(query + 1);
  }
  while (!rest.empty()) {
    if (rest.front() == '&') {
      shown += '&';
      rest.remove_prefix(1);
      continue;
    }
    const std::string_view parameter = rest.substr(0, rest.find('&'));
    shown += shown_parameter(parameter);
    rest.remove_prefix(parameter.size());
  }
  return shown;
}

}  // namespace base
