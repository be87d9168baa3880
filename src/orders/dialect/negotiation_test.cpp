#include "dialect/negotiation.h"

#include <gtest/gtest.h>

namespace {

using dialect::choose_rendering;
using dialect::Unrenderable;

TEST(Negotiation, AcceptDecides) {
  const std::pair<std::optional<std::string_view>, bool> cases[] = {
      {std::nullopt, true},
      {"*/*", true},
      {"application/*", true},
      {"application/json", true},
      {"application/json; charset=utf-8", true},
      {"Application/JSON", true},
      {"application/xml, */*;q=0.1", true},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true},
      {"application/xml", false},
      {"", false},
      {"garbage", false},
  };
  for (const auto& [accept, is_satisfied] : cases) {
    const auto rendering = choose_rendering(accept, "");
    EXPECT_EQ(rendering.has_value(), is_satisfied) << accept.value_or("none");
    if (!rendering) {
      EXPECT_EQ(rendering.error(), Unrenderable::not_acceptable);
    }
  }
}

TEST(Negotiation, AFormatThatNobodyRendersIsNotFound) {
  EXPECT_TRUE(choose_rendering(std::nullopt, "json"));
  EXPECT_EQ(choose_rendering(std::nullopt, "xyz").error(), Unrenderable::unknown_format);
  EXPECT_EQ(choose_rendering("application/xml", "json").error(), Unrenderable::not_acceptable);
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
  const auto type = dialect::read_media_type(" Multipart/Form-Data ; Boundary=\"a b\"; x ; y=1 ");
  EXPECT_TRUE(type.is("multipart/form-data"));
  EXPECT_EQ(type.parameter("boundary"), "a b");
  EXPECT_EQ(type.parameter("y"), "1");
  EXPECT_EQ(type.parameter("x"), "");
}

}  // namespace
