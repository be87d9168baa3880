#include "dialect/negotiation.h"

#include <gtest/gtest.h>

namespace {

using service::choose_rendering;

TEST(Negotiation, AcceptDecides) {
  const std::pair<std::optional<std::string_view>, int> cases[] = {
      {std::nullopt, 200},
      {"*/*", 200},
      {"application/*", 200},
      {"application/json", 200},
      {"application/json; charset=utf-8", 200},
      {"Application/JSON", 200},
      {"application/xml, */*;q=0.1", 200},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 200},
      {"application/xml", 406},
      {"", 406},
      {"garbage", 406},
  };
  for (const auto& [accept, status] : cases) {
    const auto rendering = choose_rendering(accept, "");
    EXPECT_EQ(rendering ? 200 : rendering.error().status, status) << accept.value_or("none");
  }
}

TEST(Negotiation, AFormatThatNobodyRendersIsNotFound) {
  EXPECT_TRUE(choose_rendering(std::nullopt, "json"));
  EXPECT_EQ(choose_rendering(std::nullopt, "xyz").error().status, 404);
  EXPECT_EQ(choose_rendering("application/xml", "json").error().status, 406);
}

TEST(Negotiation, OfEquallySpecificTypesOursComesFirst) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"*/*", "json"},
      {"text/html, application/json;q=0.1", "json"},
      {"text/html;q=0.1, */*", "api"},
      {"text/*", "api"},
      {"text/html, application/json; indent=2", "json"},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "api"}};
  for (const auto& [accept, format] : cases)
    EXPECT_EQ(choose_rendering(accept, "")->renderer->format, format) << accept;
}

TEST(Negotiation, AClientMayAskForAnIndent) {
  const std::pair<std::string_view, std::size_t> cases[] = {{"application/json; indent=4", 4},
                                                            {"application/json; indent=40", 8},
                                                            {"application/json; indent=x", 0},
                                                            {"application/json; indent=-1", 0},
                                                            {"*/*, application/json;indent=2", 2}};
  for (const auto& [accept, indent] : cases)
    EXPECT_EQ(choose_rendering(accept, "")->indent, indent) << accept;
}

TEST(MediaType, IsTakenApart) {
  const auto type = service::read_media_type(" Multipart/Form-Data ; Boundary=\"a b\"; x ; y=1 ");
  EXPECT_TRUE(type.is("multipart/form-data"));
  EXPECT_EQ(type.parameter("boundary"), "a b");
  EXPECT_EQ(type.parameter("y"), "1");
  EXPECT_EQ(type.parameter("x"), "");
}

}  // namespace
