#include "frame/problem.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/json.h"

namespace {

using frame::Problem;

std::string text_of(const Problem& problem) {
  return base::to_text(frame::as_problem_json(problem));
}

TEST(Problems, AreToldAsTheRfcSays) {
  EXPECT_EQ(
      text_of(frame::not_found(dialect::Language::english)),
      R"({"type":"urn:problem:orders:not_found","title":"There is no such thing","status":404,)"
      R"("detail":"Not found.","code":"not_found"})");
}

TEST(Problems, ErrorsPointToTheirPlace) {
  const auto errors = [](const Problem& problem) {
    return base::to_text(frame::as_problem_json(problem).at("errors"));
  };
  const dialect::Language english = dialect::Language::english;
  EXPECT_EQ(
      errors(
          frame::invalid({{"menu",
                           {frame::complain(dialect::Message::too_long, english, 200),
                            frame::complain(dialect::Message::null_characters, english)}},
                          {"quantity", {frame::complain(dialect::Message::required, english)}}})),
      R"([{"pointer":"#/menu","detail":"Ensure this field has no more than 200 characters.","code":"too_long"},)"
      R"({"pointer":"#/menu","detail":"Null characters are not allowed.","code":"null_characters"},)"
      R"({"pointer":"#/quantity","detail":"This field is required.","code":"required"}])");
  EXPECT_EQ(errors(frame::invalid({{std::string(frame::whole_request),
                                    {frame::complain(dialect::Message::no_data, english)}}})),
            R"([{"pointer":"#","detail":"No data provided","code":"no_data"}])");
  EXPECT_EQ(errors(frame::bad_parameter("limit", "Too much.")),
            R"([{"parameter":"limit","detail":"Too much.","code":"invalid"}])");
  EXPECT_EQ(errors(frame::bad_header("If-Match", "No tag.")),
            R"([{"header":"If-Match","detail":"No tag.","code":"invalid"}])");
}

TEST(Problems, TheOriginalIsToldNoCodes) {
  EXPECT_EQ(base::to_text(frame::as_drf(frame::bad_parameter("limit", "Too much."))),
            R"({"limit":["Too much."]})");
}

TEST(Problems, WhatTheDialectRefusesHasAStatus) {
  using dialect::Unreadable;
  using dialect::Unrenderable;
  const auto told = [](const auto& why) {
    const Problem problem = frame::problem_of(why, dialect::Language::english);
    return fmt::format("{} {} {}", problem.status, problem.code, problem.detail);
  };
  EXPECT_EQ(told(Unreadable{Unreadable::Why::malformed, "JSON parse error - x"}),
            "400 parse_error JSON parse error - x");
  EXPECT_EQ(told(Unreadable{Unreadable::Why::unsupported_type, "text/plain"}),
            "415 unsupported_media_type Unsupported media type \"text/plain\" in request.");
  EXPECT_EQ(told(Unrenderable::unknown_format), "404 not_found Not found.");
  EXPECT_EQ(told(Unrenderable::not_acceptable),
            "406 not_acceptable Could not satisfy the request Accept header.");
  const Unreadable too_long{Unreadable::Why::too_many_fields, "Form parse error - x"};
  EXPECT_TRUE(frame::problem_of(too_long, dialect::Language::english).bare);
}

TEST(Problems, EachKindHasACodeOfItsOwn) {
  std::set<std::string_view> codes;
  for (const frame::ProblemKind& kind : frame::problem_kinds()) {
    EXPECT_TRUE(codes.insert(kind.code).second) << kind.code;
    EXPECT_TRUE(kind.status >= 400 && kind.status < 600) << kind.code;
  }
  // What any field may have wrong with it is a complaint that can be told.
  for (auto message = dialect::Message::required; message <= dialect::Message::no_data;
       message = static_cast<dialect::Message>(static_cast<int>(message) + 1)) {
    const Problem problem =
        frame::invalid({{"menu", {{dialect::code_of(message), std::string("x")}}}});
    EXPECT_EQ(frame::as_problem_json(problem).at("errors").at(0).at("code").as_string(),
              dialect::code_of(message));
  }
}

}  // namespace
