#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "frame/call.h"

namespace asio = boost::asio;

namespace frame {

/// What each method does at each place of a mount.
class Actions {
 public:
  using Run = std::function<asio::awaitable<Outcome>(const Call&)>;
  struct Row {
    std::string_view method;
    Route::Kind kind;
    Run run;
  };

  /// In the order in which Allow lists methods. HEAD is there with GET.
  explicit Actions(std::vector<Row> rows);

  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
  /// Null if there is no such method at that place.
  [[nodiscard]] const Run* find(std::string_view method, Route::Kind kind) const;
  /// What the header Allow says at that place.
  [[nodiscard]] const std::string& allowed(Route::Kind kind) const;

 private:
  std::vector<Row> rows_;
  std::map<Route::Kind, std::string> allowed_;
};

}  // namespace frame
