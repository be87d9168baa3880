#include "app/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <utility>

#include "app/buffered_sink.h"
#include "dialect/python_json.h"
#include "dialect/utf8.h"

namespace app {
namespace {

std::string path_of(std::string_view target) {
  return dialect::replace_invalid_utf8(target.substr(0, target.find('?')));
}

/// The members of a line of JSON; its beginning, with the time, is the logger's pattern.
std::string json_line(spdlog::level::level_enum level, json::object members) {
  const auto name = spdlog::level::to_string_view(level);
  json::object line = {{"level", std::string_view(name.data(), name.size())}};
  for (auto& member : members) line[member.key()] = std::move(member.value());
  return dialect::write_json(line).substr(1);
}

std::string confession(std::size_t dropped, bool as_json) {
  const std::string text =
      fmt::format("{} lines of this log were dropped: nobody read it fast enough", dropped);
  return as_json ? json_line(spdlog::level::warn, {{"message", text}}) : text;
}

}  // namespace

std::shared_ptr<spdlog::logger> make_log(const LogOptions& options) {
  const bool as_json = options.format == "json";
  auto sink = std::make_shared<BufferedSink>(
      STDERR_FILENO, [as_json](std::size_t dropped) { return confession(dropped, as_json); });
  auto log = std::make_shared<spdlog::logger>("orders", std::move(sink));
  log->set_level(spdlog::level::from_str(options.level));
  if (as_json)
    log->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z",%v)");
  else
    log->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  return log;
}

void log_visit(spdlog::logger& log, bool as_json, const frame::Visit& visit) {
  const auto level = visit.error.empty() ? spdlog::level::info : spdlog::level::err;
  if (!log.should_log(level)) return;
  const std::string path = path_of(visit.target);
  if (as_json) {
    json::object line = {{"method", visit.method},
                         {"path", path},
                         {"status", visit.status},
                         {"ms", std::round(visit.milliseconds * 1000) / 1000},
                         {"request_id", visit.request_id}};
    if (!visit.error.empty()) line["error"] = visit.error;
    log.log(level, json_line(level, std::move(line)));
    return;
  }
  log.log(level, "{} {} {} {:.3f} ms {}{}{}", visit.method, path, visit.status, visit.milliseconds,
          visit.request_id, visit.error.empty() ? "" : " ", visit.error);
}

void log_text(spdlog::logger& log, bool as_json, spdlog::level::level_enum level,
              std::string_view text) {
  if (as_json)
    log.log(level, json_line(level, {{"message", text}}));
  else
    log.log(level, "{}", text);
}

}  // namespace app
