#include "frame/authentication.h"

#include <gtest/gtest.h>

namespace {

using dialect::Language;
using dialect::Message;

TEST(Credentials, NobodyIsKnownAndOtherSchemesAreLeftAlone) {
  struct Case {
    std::string header;
    std::optional<Message> complaint;
  };
  const Case cases[] = {
      {"", std::nullopt},
      {"Bearer abc", std::nullopt},
      {"Basic", Message::no_credentials},
      {"basic  ", Message::no_credentials},
      {"Basic a b", Message::spaces_in_credentials},
      {"Basic YTpi", Message::wrong_credentials},
      {"Basic YTo=", Message::wrong_credentials},
      {"Basic !!!", Message::wrong_credentials},
      {"Basic YTo", Message::credentials_not_base64},
      {"Basic Y", Message::credentials_not_base64},
  };
  for (const Case& c : cases) {
    const http::Request request{.fields = {{"Authorization", c.header}}};
    const auto refusal = frame::refuse_credentials(request, Language::english);
    EXPECT_EQ(refusal.has_value(), c.complaint.has_value()) << c.header;
    if (!refusal || !c.complaint) continue;
    EXPECT_EQ(refusal->status, 403);
    EXPECT_EQ(refusal->detail, dialect::say(*c.complaint, Language::english)) << c.header;
  }
  EXPECT_FALSE(frame::refuse_credentials({}, Language::english));
}

}  // namespace
