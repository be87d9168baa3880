// The messages are those that DRF gave (the recorded cases have more of them).
#include "views/fields.h"

#include <gtest/gtest.h>

#include "dialect/python_json.h"

namespace {

using dialect::Body;
using views::Fields;
using views::validate;

constexpr char whole[] =
    R"({"customer_name": "a", "restaurant_name": "b", "menu": "c", "total_price": 1, "delivery_address": "d"})";

Body body_of(const std::string& text, bool form = false) {
  return {.data = dialect::read_json(text).value(), .form = form};
}

/// What PATCH says to these fields: "" if they are valid.
std::string complaint(const std::string& text, bool form = false) {
  const auto fields = validate(body_of(text, form), /*partial=*/true);
  return fields ? "" : dialect::write_json(frame::as_drf(fields.error()));
}

TEST(Fields, AWholeOrderIsValid) {
  const auto fields = validate(body_of(whole), /*partial=*/false);
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->changes.menu, "c");
  EXPECT_EQ(fields->changes.total_price, 1);
  EXPECT_EQ(fields->changes.quantity, std::nullopt);
  EXPECT_EQ(fields->status, std::nullopt);
}

TEST(Fields, WhatIsMissingIsRequiredUnlessPartial) {
  const auto missing = validate(body_of("{}"), /*partial=*/false);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().errors.size(), 5u);
  EXPECT_EQ(missing.error().errors.front().first, "customer_name");
  EXPECT_EQ(missing.error().errors.front().second.front().detail, "This field is required.");
  EXPECT_EQ(complaint("{}"), "");
}

TEST(Fields, UnknownAndReadOnlyFieldsArePassedOver) {
  EXPECT_EQ(complaint(R"({"id": "x", "created_at": 5, "version": 9, "rider": [], "Menu": 1})"), "");
}

TEST(Fields, EachRuleHasItsMessage) {
  const std::string fifty_one(51, 'x');
  const std::pair<std::string, std::string> cases[] = {
      {R"({"menu": null})", R"({"menu":["This field may not be null."]})"},
      {R"({"menu": ""})", R"({"menu":["This field may not be blank."]})"},
      {R"({"menu": " \t\u3000"})", R"({"menu":["This field may not be blank."]})"},
      {R"({"menu": true})", R"({"menu":["Not a valid string."]})"},
      {R"({"menu": ["a"]})", R"({"menu":["Not a valid string."]})"},
      {R"({"menu": "a\u0000b"})", R"({"menu":["Null characters are not allowed."]})"},
      {R"({"menu": "\ud800"})", R"({"menu":["Surrogate characters are not allowed: U+D800."]})"},
      {R"({"customer_name": ")" + fifty_one + R"(\u0000"})",
       R"({"customer_name":["Ensure this field has no more than 50 characters.","Null characters are not allowed."]})"},
      {R"({"quantity": "seven"})", R"({"quantity":["A valid integer is required."]})"},
      {R"({"quantity": ""})", R"({"quantity":["A valid integer is required."]})"},
      {R"({"quantity": 7.5})", R"({"quantity":["A valid integer is required."]})"},
      {R"({"quantity": true})", R"({"quantity":["A valid integer is required."]})"},
      {R"({"quantity": "1_000"})", R"({"quantity":["A valid integer is required."]})"},
      {R"({"quantity": "+-1"})", R"({"quantity":["A valid integer is required."]})"},
      {R"({"quantity": 1e400})", R"({"quantity":["A valid integer is required."]})"},
      {R"({"quantity": 0})",
       R"({"quantity":["Ensure this value is greater than or equal to 1."]})"},
      {R"({"quantity": 9223372036854775808})",
       R"({"quantity":["Ensure this value is less than or equal to 9223372036854775807."]})"},
      {R"({"quantity": "99999999999999999999"})",
       R"({"quantity":["Ensure this value is less than or equal to 9223372036854775807."]})"},
      {R"({"quantity": "-99999999999999999999"})",
       R"({"quantity":["Ensure this value is greater than or equal to 1."]})"},
      {R"({"quantity": ")" + std::string(1001, '1') + R"("})",
       R"({"quantity":["String value too large."]})"},
      {R"({"total_price": -1})",
       R"({"total_price":["Ensure this value is greater than or equal to 0."]})"},
      {R"({"status": "PENDING"})", R"({"status":["\"PENDING\" is not a valid choice."]})"},
      {R"({"status": true})", R"({"status":["\"True\" is not a valid choice."]})"},
      {R"({"status": {"a": "b"}})", R"({"status":["\"{'a': 'b'}\" is not a valid choice."]})"},
      {"[]", R"({"non_field_errors":["Invalid data. Expected a dictionary, but got list."]})"},
      {"null", R"({"non_field_errors":["No data provided"]})"},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(complaint(text), message) << text;
}

TEST(Fields, NumbersAndTextsMeanTheSame) {
  const std::pair<std::string, std::int64_t> cases[] = {{"7", 7},
                                                        {R"("7")", 7},
                                                        {R"("+7")", 7},
                                                        {R"(" 7 ")", 7},
                                                        {"7.0", 7},
                                                        {R"("7.0")", 7},
                                                        {R"("7.")", 7},
                                                        {"1e15", 1'000'000'000'000'000},
                                                        {"9223372036854775807", INT64_MAX}};
  for (const auto& [text, number] : cases) {
    const auto fields = validate(body_of(R"({"quantity": )" + text + "}"), /*partial=*/true);
    ASSERT_TRUE(fields) << text;
    EXPECT_EQ(fields->changes.quantity, number) << text;
  }
  const auto name = validate(body_of(R"({"customer_name": 1.5})"), /*partial=*/true);
  EXPECT_EQ(name.value().changes.customer_name, "1.5");
}

TEST(Fields, AColumnMayHaveARange) {
  const auto complaint_of = [](const std::string& quantity) {
    const auto fields = validate(body_of(R"({"quantity": )" + quantity + "}"), /*partial=*/true,
                                 dialect::Language::english, 2'147'483'647);
    return fields ? "" : fields.error().errors.front().second.front().detail;
  };
  EXPECT_EQ(complaint_of("2147483647"), "");
  for (const char* beyond : {"2147483648", "9223372036854775808", R"("99999999999999999999")"})
    EXPECT_EQ(complaint_of(beyond), "Ensure this value is less than or equal to 2147483647.");
  EXPECT_EQ(complaint_of("0"), "Ensure this value is greater than or equal to 1.");
}

TEST(Fields, LengthsCountCharactersAndBlanksAroundAreTrimmed) {
  std::string fifty;
  for (int i = 0; i < 50; ++i) fifty += "가";
  const auto fields =
      validate(body_of(R"({"customer_name": "  )" + fifty + R"(　\n"})"), /*partial=*/true);
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->changes.customer_name, fifty);
}

TEST(Fields, AnInputLeftEmptyIsNotGiven) {
  EXPECT_EQ(complaint(R"({"quantity": "", "status": ""})", /*form=*/true), "");
  EXPECT_NE(complaint(R"({"menu": ""})", /*form=*/true), "");
}

}  // namespace
