#include "frame/problem.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/json.h"

namespace {

using service::Problem;

std::string text_of(const Problem& problem) {
  return base::to_text(service::as_problem_json(problem));
}

TEST(Problems, AreToldAsTheRfcSays) {
  EXPECT_EQ(
      text_of(service::not_found(service::Language::english)),
      R"({"type":"urn:problem:orders:not_found","title":"There is no such thing","status":404,)"
      R"("detail":"Not found.","code":"not_found"})");
}

TEST(Problems, ErrorsPointToTheirPlace) {
  const auto errors = [](const Problem& problem) {
    return base::to_text(service::as_problem_json(problem).at("errors"));
  };
  const service::Language english = service::Language::english;
  EXPECT_EQ(
      errors(service::invalid(
          {{"menu",
            {service::complain(service::Message::too_long, english, 200),
             service::complain(service::Message::null_characters, english)}},
           {"quantity", {service::complain(service::Message::required, english)}}})),
      R"([{"pointer":"#/menu","detail":"Ensure this field has no more than 200 characters.","code":"too_long"},)"
      R"({"pointer":"#/menu","detail":"Null characters are not allowed.","code":"null_characters"},)"
      R"({"pointer":"#/quantity","detail":"This field is required.","code":"required"}])");
  EXPECT_EQ(errors(service::invalid({{std::string(service::whole_request),
                                      {service::complain(service::Message::no_data, english)}}})),
            R"([{"pointer":"#","detail":"No data provided","code":"no_data"}])");
  EXPECT_EQ(errors(service::bad_parameter("limit", "Too much.")),
            R"([{"parameter":"limit","detail":"Too much.","code":"invalid"}])");
  EXPECT_EQ(errors(service::bad_header("If-Match", "No tag.")),
            R"([{"header":"If-Match","detail":"No tag.","code":"invalid"}])");
}

TEST(Problems, TheOriginalIsToldNoCodes) {
  EXPECT_EQ(base::to_text(service::as_drf(service::bad_parameter("limit", "Too much."))),
            R"({"limit":["Too much."]})");
}

TEST(Problems, EachKindHasACodeOfItsOwn) {
  std::set<std::string_view> codes;
  for (const service::ProblemKind& kind : service::problem_kinds()) {
    EXPECT_TRUE(codes.insert(kind.code).second) << kind.code;
    EXPECT_TRUE(kind.status >= 400 && kind.status < 600) << kind.code;
  }
  // What any field may have wrong with it is a complaint that can be told.
  for (auto message = service::Message::required; message <= service::Message::no_data;
       message = static_cast<service::Message>(static_cast<int>(message) + 1)) {
    const Problem problem =
        service::invalid({{"menu", {{service::code_of(message), std::string("x")}}}});
    EXPECT_EQ(service::as_problem_json(problem).at("errors").at(0).at("code").as_string(),
              service::code_of(message));
  }
}

}  // namespace
