#include "scenario/curl.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/utf8.h"
#include "scenario/fields.h"

namespace scenario {
namespace {

using Words = std::vector<std::string>;

/// \n, \u00e9 and the like inside $'...'.
void append_escape(std::string_view& rest, std::string& word) {
  constexpr std::string_view names = "abefnrtv\\'\"?", values = "\a\b\x1b\f\n\r\t\v\\'\"?";
  const char letter = rest.front();
  rest.remove_prefix(1);
  if (letter == 'u' || letter == 'x') {
    const std::size_t most = letter == 'u' ? 4 : 2;
    const std::size_t digits =
        std::min({rest.find_first_not_of("0123456789abcdefABCDEF"), most, rest.size()});
    if (digits > 0)
      base::append_utf8(word, static_cast<char32_t>(
                                  std::stoul(std::string(rest.substr(0, digits)), nullptr, 16)));
    rest.remove_prefix(digits);
  } else if (const std::size_t known = names.find(letter); known != std::string_view::npos) {
    word += values[known];
  } else {
    word += '\\';
    word += letter;
  }
}

/// Takes what stands up to the closing quote. False where there is none. `escapes`: of $'...'.
bool take_quoted(std::string_view& rest, char quote, bool escapes, std::string& word) {
  constexpr std::string_view escapable = "$`\"\\!\n";  // in double quotes
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == quote) return true;
    if (c != '\\' || rest.empty()) {
      word += c;
    } else if (escapes) {
      append_escape(rest, word);
    } else if (quote == '"' && escapable.find(rest.front()) != std::string_view::npos) {
      if (rest.front() != '\n') word += rest.front();  // a broken line goes on
      rest.remove_prefix(1);
    } else {
      word += c;
    }
  }
  return false;
}

base::Result<Words, std::string> cut_into_words(std::string_view rest) {
  constexpr std::string_view blanks = " \t\r\n";
  Words words;
  bool inside = false;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '\\' && (rest.starts_with('\n') || rest.starts_with("\r\n"))) {
      rest.remove_prefix(rest.starts_with('\r') ? 2 : 1);
      continue;
    }
    if (blanks.find(c) != std::string_view::npos) {
      inside = false;
      continue;
    }
    if (c == ';' || c == '|' || c == '&' || c == '<' || c == '>' || c == '`')
      return base::failure(fmt::format("'{}' has a meaning in the shell; quote it", c));
    if (!std::exchange(inside, true)) words.emplace_back();
    const bool escapes = c == '$' && rest.starts_with('\'');
    if (escapes) rest.remove_prefix(1);
    if (c == '\'' || c == '"' || escapes) {
      if (!take_quoted(rest, escapes ? '\'' : c, escapes, words.back()))
        return base::failure(std::string("a quote is not closed"));
    } else if (c == '\\' && !rest.empty()) {
      words.back() += rest.front();
      rest.remove_prefix(1);
    } else {
      words.back() += c;
    }
  }
  return words;
}

/// What an option does. Options with a value have it behind them, or in the same word.
struct Option {
  enum class Does {
    method,
    header,
    data,  // joined by &; form-encoded where no header says otherwise
    data_as_json,
    cookie,
    user,
    referer,
    url,
    get,
    head,
    follow,
    nothing,
    nothing_with_value,
  };
  std::string_view name;
  char letter;
  Does does;
};

constexpr Option options[] = {
    {"request", 'X', Option::Does::method},
    {"header", 'H', Option::Does::header},
    {"data", 'd', Option::Does::data},
    {"data-raw", '\0', Option::Does::data},
    {"data-binary", '\0', Option::Does::data},
    {"data-ascii", '\0', Option::Does::data},
    {"json", '\0', Option::Does::data_as_json},
    {"cookie", 'b', Option::Does::cookie},
    {"user", 'u', Option::Does::user},
    {"referer", 'e', Option::Does::referer},
    {"url", '\0', Option::Does::url},
    {"get", 'G', Option::Does::get},
    {"head", 'I', Option::Does::head},
    {"location", 'L', Option::Does::follow},
    {"compressed", '\0', Option::Does::nothing},
    {"silent", 's', Option::Does::nothing},
    {"show-error", 'S', Option::Does::nothing},
    {"include", 'i', Option::Does::nothing},
    {"verbose", 'v', Option::Does::nothing},
    {"fail", 'f', Option::Does::nothing},
    {"insecure", 'k', Option::Does::nothing},
    {"globoff", 'g', Option::Does::nothing},
    {"http1.1", '\0', Option::Does::nothing},
    {"user-agent", 'A', Option::Does::nothing_with_value},
    {"output", 'o', Option::Does::nothing_with_value},
    {"max-time", 'm', Option::Does::nothing_with_value},
};

bool has_value(Option::Does does) {
  switch (does) {
    case Option::Does::get:
    case Option::Does::head:
    case Option::Does::follow:
    case Option::Does::nothing:
      return false;
    default:
      return true;
  }
}

/// What the sender says itself, or would have to undo.
bool is_sender_header(std::string_view name) {
  constexpr std::string_view names[] = {
      "accept-encoding", "connection", "content-length",    "expect",     "host",
      "keep-alive",      "te",         "transfer-encoding", "user-agent", "x-deadheat"};
  return std::find(std::begin(names), std::end(names), base::lower(name)) != std::end(names);
}

class CurlReader {
 public:
  base::Result<CurlCommand, std::string> read(const Words& words) {
    if (words.empty() || words.front() != "curl")
      return base::failure(std::string("expected a curl command"));
    for (std::size_t i = 1; i < words.size() && problem_.empty(); ++i) {
      const std::string& word = words[i];
      if (word.size() > 1 && word.starts_with('-'))
        read_option(words, i);
      else
        set_url(word);
    }
    if (problem_.empty() && url_.empty()) problem_ = "expected a URL, found none";
    if (problem_.empty()) finish();
    if (!problem_.empty()) return base::failure(problem_);
    return command_;
  }

 private:
  void read_option(const Words& words, std::size_t& i) {
    const std::string& word = words[i];
    if (word.starts_with("--")) {
      const auto found = std::find_if(std::begin(options), std::end(options), [&](const Option& o) {
        return o.name == std::string_view(word).substr(2);
      });
      if (found == std::end(options)) return unknown(word);
      return apply(*found, word, nullptr, words, i);
    }
    for (std::size_t at = 1; at < word.size(); ++at) {  // -sSL, -XPOST
      const auto found = std::find_if(std::begin(options), std::end(options),
                                      [&](const Option& o) { return o.letter == word[at]; });
      if (found == std::end(options)) return unknown(std::string("-") + word[at]);
      const std::string rest = word.substr(at + 1);
      const bool takes_rest = has_value(found->does) && !rest.empty();
      apply(*found, word, takes_rest ? &rest : nullptr, words, i);
      if (has_value(found->does)) return;
    }
  }

  void unknown(const std::string& word) {
    problem_ = fmt::format(
        "{} is not known here; known are -X, -H, -d, --data-raw, --data-binary, --json, -b, -u, "
        "-G, "
        "-I, -L, and what does not change the request",
        word.substr(0, 40));
  }

  void apply(const Option& option, const std::string& word, const std::string* attached,
             const Words& words, std::size_t& i) {
    std::string value;
    if (has_value(option.does)) {
      if (attached == nullptr && ++i == words.size()) {
        problem_ = word + " needs a value";
        return;
      }
      value = attached != nullptr ? *attached : words[i];
    }
    switch (option.does) {
      case Option::Does::method:
        command_.method = value;
        break;
      case Option::Does::header:
        add_header(value);
        break;
      case Option::Does::data_as_json:
        default_header("Content-Type", "application/json");
        default_header("Accept", "application/json");
        [[fallthrough]];
      case Option::Does::data:
        add_data(word, value);
        break;
      case Option::Does::cookie:
        if (value.find('=') == std::string::npos)
          problem_ = fmt::format("{} {}: expected cookies, found the name of a file", word, value);
        command_.headers.emplace_back("Cookie", value);
        break;
      case Option::Does::user:
        command_.credentials = value;
        break;
      case Option::Does::referer:
        command_.headers.emplace_back("Referer", value);
        break;
      case Option::Does::url:
        set_url(value);
        break;
      case Option::Does::get:
        as_query_ = true;
        break;
      case Option::Does::head:
        command_.method = "HEAD";
        break;
      case Option::Does::follow:
        command_.follows_redirects = true;
        break;
      case Option::Does::nothing:
      case Option::Does::nothing_with_value:
        break;
    }
  }

  void add_header(const std::string& text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos) {
      problem_ = fmt::format("expected a header, name: value, found \"{}\"", text.substr(0, 60));
      return;
    }
    const std::string name = text.substr(0, colon);
    const std::size_t begin = text.find_first_not_of(" \t", colon + 1);
    if (begin == std::string::npos || is_sender_header(name)) return;
    command_.headers.emplace_back(name, text.substr(begin));
  }

  void default_header(const char* name, const char* value) {
    for (const auto& [given, text] : command_.headers)
      if (base::lower(given) == base::lower(name)) return;
    command_.headers.emplace_back(name, value);
  }

  void add_data(const std::string& option, const std::string& value) {
    if (value.starts_with('@') && option != "--data-raw") {
      problem_ = fmt::format(
          "{} {}: expected what is sent, found the name of a file; use "
          "request: and body: {{file: ...}}",
          option, value);
      return;
    }
    if (command_.body)
      *command_.body += "&" + value;
    else
      command_.body = value;
  }

  void set_url(const std::string& url) {
    if (!url_.empty())
      problem_ = fmt::format("expected one URL, found another: \"{}\"", url.substr(0, 60));
    url_ = url;
  }

  void finish() {
    const std::size_t scheme = url_.find("://");
    const bool whole = scheme != std::string::npos && scheme < url_.find_first_of("/?#{");
    const std::size_t authority = whole ? scheme + 3 : 0;
    const std::size_t path = url_.starts_with("{{") && !whole
                                 ? 0
                                 : std::min(url_.find_first_of("/?#", authority), url_.size());
    command_.path = url_.substr(path);
    command_.path.resize(std::min(command_.path.find('#'), command_.path.size()));
    if (!command_.path.starts_with('/') && !command_.path.starts_with("{{"))
      command_.path.insert(0, "/");
    if (as_query_ && command_.body) {
      command_.path += (command_.path.find('?') == std::string::npos ? "?" : "&") + *command_.body;
      command_.body.reset();
    }
    if (command_.body) default_header("Content-Type", "application/x-www-form-urlencoded");
    if (command_.method.empty()) command_.method = command_.body ? "POST" : "GET";
  }

  CurlCommand command_;
  std::string url_;
  bool as_query_ = false;
  std::string problem_;
};

}  // namespace

base::Result<CurlCommand, std::string> parse_curl(std::string_view command) {
  const auto words = cut_into_words(command);
  if (!words) return base::failure(words.error());
  return CurlReader().read(*words);
}

}  // namespace scenario
