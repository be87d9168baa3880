#include "book.h"

#include <fmt/format.h>

#include <charconv>

namespace stamper {

Reply Book::take(std::string_view method, std::string_view path, const Arrival& arrival) {
  constexpr std::string_view root = "/rounds";
  if (path == root && method == "POST") {
    rounds_[++last_].reserve(256);
    return {.status = 201, .body = fmt::format(R"({{"id": {}}})", last_)};
  }
  int round = 0;
  const char* end = path.data() + path.size();
  const bool below = path.starts_with("/rounds/");
  const auto read = std::from_chars(below ? path.data() + root.size() + 1 : end, end, round);
  if (!below || read.ec != std::errc()) return {.status = 404, .body = "{}"};
  const std::string_view rest(read.ptr, static_cast<std::size_t>(end - read.ptr));
  if (rest == "/go") {
    rounds_[round].push_back(arrival);
    return {.body = R"({"ok": true})", .due = arrival.seen + work_};
  }
  if (!rest.empty()) return {.status = 404, .body = "{}"};
  return {.body = fmt::format(R"({{"gone": {}}})", rounds_[round].size())};
}

void Book::print() const {
  for (const auto& [round, arrivals] : rounds_)
    for (const Arrival& arrival : arrivals)
      fmt::print("{} {} {}\n", round, arrival.arrived.count(), arrival.seen.count());
}

}  // namespace stamper
