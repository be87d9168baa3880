#include "frame/routes.h"

#include <gtest/gtest.h>

namespace {

using frame::Mount;
using Kind = frame::Route::Kind;

TEST(Routes, LeadWhereTheRouterOfDrfWould) {
  struct Case {
    std::string_view path;
    Kind kind;
    Mount mount = Mount::v1;
    std::string_view key;
    std::optional<std::string> format = std::nullopt;
    std::string_view strategy;
  };
  const Case cases[] = {
      {"/livez", Kind::livez},
      {"/api/v1/", Kind::root},
      {"/api/v1/.json", Kind::root, Mount::v1, "", "json"},
      {"/api/v2/orders/", Kind::list, Mount::v2},
      {"/api/std/orders.json", Kind::list, Mount::std, "", "json"},
      {"/api/std/orders.json/", Kind::list, Mount::std, "", "json"},
      {"/api/v1/orders/8/", Kind::detail, Mount::v1, "8"},
      {"/api/v1/orders/8.json", Kind::detail, Mount::v1, "8", "json"},
      {"/api/v1/orders/1.5/", Kind::detail, Mount::v1, "1", "5"},
      {"/api/v1/orders/%ED%95%9C/", Kind::detail, Mount::v1, "한"},
      {"/openapi.json", Kind::openapi},
      {"/api/v2/orders/8/history", Kind::history, Mount::v2, "8"},
      {"/api/v2/orders/8/history/", Kind::history, Mount::v2, "8"},
      {"/lab/lock/", Kind::root, Mount::lab, "", {}, "lock"},
      {"/lab/check-then-act/orders/", Kind::list, Mount::lab, "", {}, "check-then-act"},
      {"/lab/hope/orders/8.json", Kind::detail, Mount::lab, "8", "json", "hope"},
      {"/lab/lock/orders/8/history", Kind::history, Mount::lab, "8", {}, "lock"},
      {"/lab/lock/orders/8", Kind::redirect},
      {"/lab/lock", Kind::redirect},
      {"/lab/", Kind::unknown},
      {"/lab//orders/", Kind::unknown},
      {"/lab/lock/items/", Kind::unknown},
      {"/api/v1/orders/8/history", Kind::unknown},
      {"/api/v2/orders/8.json/history", Kind::unknown},
      {"/openapi.json/", Kind::unknown},
      {"/api/v1/orders/8", Kind::redirect},
      {"/api/v1/orders", Kind::redirect},
      {"/api/v1", Kind::redirect},
      {"/api/v1/orders//", Kind::unknown},
      {"/api/v1/orders/8/items/", Kind::unknown},
      {"/api/v1/orders/1%2F2/", Kind::unknown},
      {"/api/v1/orders.JSON", Kind::unknown},
      {"/api/v1/orders./", Kind::unknown},
      {"/API/V1/ORDERS/", Kind::unknown},
      {"/api/v3/orders/", Kind::unknown},
      {"/", Kind::unknown},
      {"", Kind::unknown},
      {"*", Kind::unknown},
  };
  for (const Case& c : cases) {
    const frame::Route route = frame::find_route(c.path);
    EXPECT_EQ(route.kind, c.kind) << c.path;
    if (c.kind == Kind::unknown || c.kind == Kind::redirect) continue;
    EXPECT_EQ(route.mount, c.mount) << c.path;
    EXPECT_EQ(route.key, c.key) << c.path;
    EXPECT_EQ(route.format, c.format) << c.path;
    EXPECT_EQ(route.strategy, c.strategy) << c.path;
  }
  EXPECT_EQ(frame::find_route("/api/v1/orders/8").location, "/api/v1/orders/8/");
}

TEST(Routes, AreWrittenWithNamesForWhatDiffers) {
  EXPECT_EQ(frame::path_template(Mount::std, Kind::root), "/api/std/");
  EXPECT_EQ(frame::path_template(Mount::v2, Kind::detail), "/api/v2/orders/{id}/");
  EXPECT_EQ(frame::path_template(Mount::lab, Kind::history), "/lab/{strategy}/orders/{id}/history");
}

TEST(Routes, AKeyIsAnIdIfPythonsIntSaysSo) {
  EXPECT_EQ(frame::id_of("8"), 8);
  EXPECT_EQ(frame::id_of("008"), 8);
  EXPECT_EQ(frame::id_of("+8"), 8);
  EXPECT_EQ(frame::id_of("-8"), -8);
  EXPECT_EQ(frame::id_of("9223372036854775807"), INT64_MAX);
  for (const std::string_view key :
       {"", "+", "-", "+-8", "8a", "a", "1e0", "0x1", "8 8", "9223372036854775808"})
    EXPECT_EQ(frame::id_of(key), std::nullopt) << key;
}

}  // namespace
