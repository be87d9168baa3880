#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "http/message.h"
#include "pattern.h"

namespace lab {

/// Answers `/{form}/{pattern}/...` and `/control/{control}/...`. Safe on any thread.
class Service {
 public:
  /// Makes a database for each form of each pattern, in `directory`.
  Service(std::span<const Pattern> patterns, std::span<const Control> controls,
          const std::filesystem::path& directory);

  [[nodiscard]] http::Response answer(const http::Request& request) const;

 private:
  struct Site {
    std::vector<Route> routes;
    std::unique_ptr<Pool> pool;
  };

  void add(const std::string& prefix, std::string_view schema, std::vector<Route> routes);

  std::filesystem::path directory_;
  std::map<std::string, Site, std::less<>> sites_;  // "faulty/coupon"
};

}  // namespace lab
