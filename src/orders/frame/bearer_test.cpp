#include "frame/bearer.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace std::chrono_literals;

constexpr base::Nanoseconds now = 1'800'000'000s;
const callers::Tokens tokens("a key of our own, of more than 32 bytes");

base::Result<callers::Caller, frame::Problem> read(const std::string& authorization) {
  http::Request request;
  if (!authorization.empty()) request.fields.push_back({"authorization", authorization});
  return frame::read_bearer(request, tokens, now);
}

TEST(Bearer, NamesTheCaller) {
  const std::string token = tokens.sign({order::Role::rider, "bo", now + 1min}, now);
  for (const std::string scheme : {"Bearer ", "bearer ", "BEARER "}) {
    const auto caller = read(scheme + token);
    ASSERT_TRUE(caller) << scheme;
    EXPECT_EQ(caller->name, "bo");
  }
}

TEST(Bearer, AsksForATokenWhereThereIsNone) {
  for (const std::string other : {"", "Bearer", "Basic YTpi", "Bearertoken", "Token abc"}) {
    const auto caller = read(other);
    ASSERT_FALSE(caller) << other;
    EXPECT_EQ(caller.error().status, 401);
    EXPECT_EQ(caller.error().code, "unauthenticated");
    EXPECT_EQ(http::find(caller.error().fields, "WWW-Authenticate"), "Bearer realm=\"orders\"");
  }
}

TEST(Bearer, SaysWhatIsWrongWithAToken) {
  const std::string expired = tokens.sign({order::Role::rider, "bo", now}, now - 1min);
  for (const auto& [token, why] : {std::pair<std::string, std::string>{"abc", "not a token"},
                                   {expired, "expired"},
                                   {expired + "x", "not signed"},
                                   {"two words", "not a token"}}) {
    const auto caller = read("Bearer " + token);
    ASSERT_FALSE(caller) << token;
    EXPECT_EQ(caller.error().code, "invalid_token");
    const auto challenge = http::find(caller.error().fields, "WWW-Authenticate");
    ASSERT_TRUE(challenge);
    EXPECT_NE(challenge->find("error=\"invalid_token\""), challenge->npos);
    EXPECT_NE(challenge->find(why), challenge->npos) << *challenge;
  }
}

}  // namespace
