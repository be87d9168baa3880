#include "oracle/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>

// What single values say.
//
// A value that changes from run to run is rarely one thing. Texts are cut, so that the parts that
// stay remain evidence:
//
//     "Order 17 of kim: /orders/17/ (rev 4-9f3a)"
//      ~~~~~ ~~ ~~ ~~~~ ~~~~~~~~~~~  ~~~ ~~~~~~     words: at blanks, quotes, brackets, & ? and =
//                        ~~~~~~ ~~       ~ ~~~~     parts of a word: at other punctuation
//
// Words first, for a word is the largest thing that may be an identifier: "9f3a-77c2" as a whole
// may be one, "Order 17" may not. A UUID is one part although it has dashes: two groups of four
// digits may be equal by chance, and would then be taken for related.
//
// A time is told by its form, and by where it lies (Builder::is_time in pattern.cpp): a form alone
// would make an order number of ten digits a time, and free.
//
//     2026-09-21T12:00:01.5+02:00   Sun, 06 Nov 1994 08:49:37 GMT     texts
//     1790000000   1790000000000   1790000000000000                   numbers: s, ms, us
//     "1790000000"                                                    an identifier: never a time
//
// A JSON Web Token is noise from end to end, though most of what it says never changes. Its claims
// are places of their own:
//
//     "eyJhbGciOi...eyJzdWIiOi...c2ln"   ->   {"$jwt": {"sub": "kim", "exp": 1790003600}}
//
// Which rows of two lists go together is a matter of cost: `distance` counts the leaves that
// differ, and `cheapest_pairing` finds the pairing with the least sum. The greedy way (each takes
// the nearest that is left) is not enough; here it gives 0 + 9, where crosswise is 1 + 1:
//
//              x   y
//         a    0   1
//         b    1   9
namespace oracle {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter_or_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool separates_words(char c) {
  return std::string_view(" \t\r\n\f\v\"'<>,;(){}[]&?").find(c) != std::string_view::npos;
}

/// Reads fixed-width decimal fields off the front of a text.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  bool number(std::size_t width, int& out) {
    if (rest_.size() < width ||
        !std::all_of(rest_.begin(), rest_.begin() + static_cast<long>(width), is_digit))
      return false;
    std::from_chars(rest_.data(), rest_.data() + width, out);
    rest_.remove_prefix(width);
    return true;
  }
  bool literal(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  bool any_of(std::string_view set) {
    if (rest_.empty() || set.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// ".123456" as a fraction; 0 where there is none.
  double fraction() {
    if (rest_.size() < 2 || rest_[0] != '.' || !is_digit(rest_[1])) return 0;
    rest_.remove_prefix(1);
    double value = 0, unit = 0.1;
    while (!rest_.empty() && is_digit(rest_.front())) {
      value += unit * (rest_.front() - '0');
      unit /= 10;
      rest_.remove_prefix(1);
    }
    return value;
  }
  std::string_view take(std::size_t width) {
    const auto taken = rest_.substr(0, width);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] char front() const { return rest_.empty() ? '\0' : rest_.front(); }

 private:
  std::string_view rest_;
};

std::optional<double> seconds_of(int year, int month, int day, int hour, int minute, int second) {
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(year),
                            std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 24 || minute > 59 || second > 60) return std::nullopt;
  const auto days = sys_days(date).time_since_epoch().count();
  return static_cast<double>(days) * 86400.0 + hour * 3600.0 + minute * 60.0 + second;
}

/// 2024-05-01T10:20:30.123456Z, with a blank for the T, without seconds, with or without a zone.
std::optional<double> iso_time(std::string_view text) {
  Fields fields(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!fields.number(4, year) || !fields.literal("-") || !fields.number(2, month) ||
      !fields.literal("-") || !fields.number(2, day) || !fields.any_of("T ") ||
      !fields.number(2, hour) || !fields.literal(":") || !fields.number(2, minute))
    return std::nullopt;
  double fraction = 0;
  if (fields.literal(":")) {
    if (!fields.number(2, second)) return std::nullopt;
    fraction = fields.fraction();
  }
  double zone = 0;
  if (const char sign = fields.front(); sign == '+' || sign == '-') {
    fields.take(1);
    int hours = 0, minutes = 0;
    if (!fields.number(2, hours)) return std::nullopt;
    fields.literal(":");
    if (!fields.number(2, minutes)) return std::nullopt;
    zone = (sign == '+' ? 1 : -1) * (hours * 3600.0 + minutes * 60.0);
  } else {
    fields.literal("Z");
  }
  if (!fields.done()) return std::nullopt;
  const auto seconds = seconds_of(year, month, day, hour, minute, second);
  if (!seconds) return std::nullopt;
  return *seconds + fraction - zone;
}

/// Sun, 06 Nov 1994 08:49:37 GMT
std::optional<double> http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  Fields fields(text);
  int year = 0, day = 0, hour = 0, minute = 0, second = 0;
  fields.take(3);
  if (!fields.literal(", ") || !fields.number(2, day) || !fields.literal(" ")) return std::nullopt;
  const auto month = std::find(months.begin(), months.end(), fields.take(3));
  if (month == months.end() || !fields.literal(" ") || !fields.number(4, year) ||
      !fields.literal(" ") || !fields.number(2, hour) || !fields.literal(":") ||
      !fields.number(2, minute) || !fields.literal(":") || !fields.number(2, second) ||
      !fields.literal(" GMT") || !fields.done())
    return std::nullopt;
  return seconds_of(year, static_cast<int>(month - months.begin()) + 1, day, hour, minute, second);
}

}  // namespace

Kind kind_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return Kind::null;
    case json::kind::bool_:
      return Kind::boolean;
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return Kind::number;
    case json::kind::string:
      return Kind::text;
    case json::kind::array:
      return Kind::array;
    case json::kind::object:
      return Kind::object;
  }
  return Kind::null;
}

bool same(const json::value& a, const json::value& b) { return kind_of(a) == kind_of(b) && a == b; }

std::string text_of(const json::value& value) {
  if (const auto* text = value.if_string()) return std::string(*text);
  return base::to_text(value);
}

int distance(const json::value& a, const json::value& b, const Alike& alike) {
  if (kind_of(a) != kind_of(b)) return 10;
  if (const auto* first = a.if_object()) {
    const auto& second = b.get_object();
    int sum = 0;
    for (const auto& [key, value] : *first) {
      const auto* other = second.if_contains(key);
      sum += other ? distance(value, *other, alike) : 3;
    }
    for (const auto& [key, value] : second)
      if (!first->contains(key)) sum += 3;
    return sum;
  }
  if (const auto* first = a.if_array()) {
    const auto& second = b.get_array();
    const std::size_t common = std::min(first->size(), second.size());
    int sum = 3 * static_cast<int>(std::max(first->size(), second.size()) - common);
    for (std::size_t i = 0; i < common; ++i) sum += distance((*first)[i], second[i], alike);
    return sum;
  }
  return a == b || (alike && alike(a, b)) ? 0 : 1;
}

namespace {

std::vector<std::size_t> nearest_left(const std::vector<std::vector<int>>& cost) {
  const std::size_t n = cost.size();
  std::vector<bool> taken(n, false);
  std::vector<std::size_t> pairing(n);
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t nearest = taken[i] ? n : i;
    for (std::size_t j = 0; j < n; ++j)
      if (!taken[j] && (nearest == n || cost[i][j] < cost[i][nearest])) nearest = j;
    taken[nearest] = true;
    pairing[i] = nearest;
  }
  return pairing;
}

}  // namespace

std::vector<std::size_t> cheapest_pairing(const std::vector<std::vector<int>>& cost) {
  constexpr std::size_t most_rows = 64;
  const std::size_t n = cost.size();
  if (n > most_rows) return nearest_left(cost);
  // Kuhn's method with potentials: rows join one by one, each along the cheapest alternating path.
  // Row and column 0 stand for nobody.
  std::vector<int> row_price(n + 1, 0), column_price(n + 1, 0);
  std::vector<std::size_t> row_of(n + 1, 0), came_from(n + 1, 0);
  for (std::size_t row = 1; row <= n; ++row) {
    row_of[0] = row;
    std::size_t column = 0;
    std::vector<int> slack(n + 1, std::numeric_limits<int>::max());
    std::vector<bool> visited(n + 1, false);
    do {
      visited[column] = true;
      const std::size_t current = row_of[column];
      int least = std::numeric_limits<int>::max();
      std::size_t next = 0;
      for (std::size_t j = 1; j <= n; ++j) {
        if (visited[j]) continue;
        const int reduced = cost[current - 1][j - 1] - row_price[current] - column_price[j];
        if (reduced < slack[j]) {
          slack[j] = reduced;
          came_from[j] = column;
        }
        if (slack[j] < least) {
          least = slack[j];
          next = j;
        }
      }
      for (std::size_t j = 0; j <= n; ++j) {
        if (visited[j]) {
          row_price[row_of[j]] += least;
          column_price[j] -= least;
        } else if (j > 0) {
          slack[j] -= least;
        }
      }
      column = next;
    } while (row_of[column] != 0);
    for (; column != 0; column = came_from[column]) row_of[column] = row_of[came_from[column]];
  }
  std::vector<std::size_t> pairing(n);
  for (std::size_t j = 1; j <= n; ++j) pairing[row_of[j] - 1] = j - 1;
  return pairing;
}

std::optional<double> as_time(const json::value& value) {
  if (kind_of(value) == Kind::number) {
    const double number = value.to_number<double>();
    for (const double unit : {1.0, 1e3, 1e6})
      if (number / unit >= 1e9 && number / unit <= 4e9) return number / unit;
    return std::nullopt;
  }
  if (const auto* text = value.if_string()) return as_time(std::string_view(*text));
  return std::nullopt;
}

std::optional<double> as_time(std::string_view text) {
  if (auto time = iso_time(text)) return time;
  return http_date(text);
}

std::optional<double> as_number(const json::value& value) {
  if (kind_of(value) == Kind::number) return value.to_number<double>();
  const auto* text = value.if_string();
  if (text == nullptr || text->empty()) return std::nullopt;
  double number = 0;
  const char* end = text->data() + text->size();
  const auto [rest, error] = std::from_chars(text->data(), end, number, std::chars_format::fixed);
  if (error != std::errc() || rest != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

namespace {

/// RFC 4648, section 5, without padding.
std::optional<std::string> decode_base64url(std::string_view text) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  unsigned bits = 0, count = 0;
  for (const char c : text) {
    const std::size_t digit = digits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6 | static_cast<unsigned>(digit)) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

}  // namespace

std::optional<json::value> open_token(std::string_view text) {
  if (!text.starts_with("eyJ")) return std::nullopt;  // {" in base64
  const std::size_t first = text.find('.'), second = text.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos ||
      text.find('.', second + 1) != std::string_view::npos)
    return std::nullopt;
  const auto head_text = decode_base64url(text.substr(0, first));
  const auto claims_text = decode_base64url(text.substr(first + 1, second - first - 1));
  if (!head_text || !claims_text) return std::nullopt;
  const auto head = base::parse_json(*head_text);
  const auto claims = base::parse_json(*claims_text);
  if (!head || !claims || !head->is_object() || !head->get_object().contains("alg"))
    return std::nullopt;
  return json::object{{"$jwt", *claims}};
}

namespace {

/// 8-4-4-4-12 hexadecimal digits, and no letter or digit behind them.
bool starts_with_uuid(std::string_view text) {
  constexpr std::size_t length = 36;
  if (text.size() < length || (text.size() > length && is_letter_or_digit(text[length])))
    return false;
  for (std::size_t i = 0; i < length; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

/// Cuts at separators, of which a run is one. `separates` tells at an index whether one stands
/// there, `width` how many characters go together.
template <class Separates, class Width>
Cut cut(std::string_view text, const Separates& separates, const Width& width) {
  Cut cut{{""}, {}};
  bool between = false;
  for (std::size_t i = 0; i < text.size();) {
    if (separates(i)) {
      if (!between) cut.separators.emplace_back();
      cut.separators.back() += text[i++];
      between = true;
      continue;
    }
    if (between) cut.pieces.emplace_back();
    between = false;
    const std::size_t length = width(i);
    cut.pieces.back() += text.substr(i, length);
    i += length;
  }
  if (between) cut.pieces.emplace_back();
  return cut;
}

}  // namespace

Cut cut_into_words(std::string_view text) {
  const auto separates = [&](std::size_t i) {
    return separates_words(text[i]) ||
           (text[i] == '=' && i + 1 < text.size() && is_letter_or_digit(text[i + 1]));
  };
  return cut(text, separates, [](std::size_t) { return 1u; });
}

Cut cut_into_parts(std::string_view word) {
  constexpr std::size_t uuid = 36;
  const auto separates = [&](std::size_t i) { return !is_letter_or_digit(word[i]); };
  return cut(word, separates, [&](std::size_t i) {
    const bool first = i == 0 || separates(i - 1);
    return first && starts_with_uuid(word.substr(i)) ? uuid : 1;
  });
}

bool is_token(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    return std::string_view(" \t\r\n\f\v\"'<>,;(){}&?").find(c) != std::string_view::npos;
  });
}

}  // namespace oracle
