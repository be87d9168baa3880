#include "callers/tokens.h"

#include <gtest/gtest.h>
#include <jwt.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace {

using callers::Caller;
using callers::Rejection;
using callers::Tokens;
using order::Role;
using namespace std::chrono_literals;

constexpr base::Nanoseconds now = 1'800'000'000s;
const std::string key = "a key of our own, of more than 32 bytes";

/// A token of anybody's making.
struct Forgery {
  jwt_alg_t algorithm = JWT_ALG_HS256;
  std::string signed_with = key;
  std::string claims = R"({"iss":"orders","sub":"ann","role":"customer","exp":1800000060})";
};

std::string forge(const Forgery& forgery) {
  jwt_t* token = nullptr;
  EXPECT_EQ(jwt_new(&token), 0);
  EXPECT_EQ(jwt_add_grants_json(token, forgery.claims.c_str()), 0) << forgery.claims;
  const bool none = forgery.algorithm == JWT_ALG_NONE;
  EXPECT_EQ(jwt_set_alg(
                token, forgery.algorithm,
                none ? nullptr : reinterpret_cast<const unsigned char*>(forgery.signed_with.data()),
                none ? 0 : static_cast<int>(forgery.signed_with.size())),
            0);
  char* text = jwt_encode_str(token);
  std::string made = text == nullptr ? "" : text;
  std::free(text);
  jwt_free(token);
  return made;
}

TEST(Tokens, TellWhoSignedThem) {
  const Tokens tokens(key);
  for (const Role role : order::all_roles) {
    const std::string token = tokens.sign({role, "김고객 \"ann\"", now + 60s}, now);
    const auto caller = tokens.verify(token, now);
    ASSERT_TRUE(caller) << token;
    EXPECT_EQ(caller->role, role);
    EXPECT_EQ(caller->name, "김고객 \"ann\"");
    EXPECT_EQ(caller->expires, now + 60s);
    EXPECT_LE(token.size(), Tokens::max_bytes);
  }
}

TEST(Tokens, EndWhenTheyExpire) {
  const Tokens tokens(key);
  const std::string token = tokens.sign({Role::rider, "bo", now + 60s}, now);
  EXPECT_TRUE(tokens.verify(token, now + 60s - 1ns));
  EXPECT_EQ(tokens.verify(token, now + 60s).error(), Rejection::expired);
  EXPECT_EQ(tokens.verify(token, now + 24h).error(), Rejection::expired);
}

TEST(Tokens, OfOthersAreRefused) {
  struct Case {
    std::string what;
    Forgery forgery;
    Rejection rejection;
  };
  const std::string good = Forgery().claims;
  const Case cases[] = {
      {"another key", {.signed_with = "another key"}, Rejection::forged},
      {"no signature", {.algorithm = JWT_ALG_NONE}, Rejection::forged},
      {"HS384 with our key", {.algorithm = JWT_ALG_HS384}, Rejection::forged},
      {"HS512 with our key", {.algorithm = JWT_ALG_HS512}, Rejection::forged},
      {"no expiry",
       {.claims = R"({"iss":"orders","sub":"ann","role":"customer"})"},
       Rejection::foreign},
      {"an expiry that is text",
       {.claims = R"({"iss":"orders","sub":"ann","role":"customer","exp":"1800000060"})"},
       Rejection::foreign},
      {"an expiry that is no whole number",
       {.claims = R"({"iss":"orders","sub":"ann","role":"customer","exp":1800000060.5})"},
       Rejection::foreign},
      {"an expiry beyond all time",
       {.claims = R"({"iss":"orders","sub":"ann","role":"customer","exp":9223372036854775807})"},
       Rejection::foreign},
      {"an expiry just beyond nanoseconds",
       {.claims = R"({"iss":"orders","sub":"ann","role":"customer","exp":9223372037})"},
       Rejection::foreign},
      {"no issuer",
       {.claims = R"({"sub":"ann","role":"customer","exp":1800000060})"},
       Rejection::foreign},
      {"another issuer",
       {.claims = R"({"iss":"shop","sub":"ann","role":"customer","exp":1800000060})"},
       Rejection::foreign},
      {"a role that is none",
       {.claims = R"({"iss":"orders","sub":"ann","role":"cook","exp":1800000060})"},
       Rejection::foreign},
      {"no role",
       {.claims = R"({"iss":"orders","sub":"ann","exp":1800000060})"},
       Rejection::foreign},
      {"a role that is a list",
       {.claims = R"({"iss":"orders","sub":"ann","role":["admin"],"exp":1800000060})"},
       Rejection::foreign},
      {"no name",
       {.claims = R"({"iss":"orders","sub":"","role":"customer","exp":1800000060})"},
       Rejection::foreign},
  };
  ASSERT_TRUE(Tokens(key).verify(forge({}), now)) << "the forger knows how";
  const auto last = Tokens(key).verify(
      forge({.claims = R"({"iss":"orders","sub":"ann","role":"customer","exp":9223372036})"}), now);
  ASSERT_TRUE(last) << "as late as can be";
  EXPECT_EQ(last->expires, 9'223'372'036s);
  for (const Case& c : cases) {
    const std::string token = forge(c.forgery);
    ASSERT_FALSE(token.empty()) << c.what;
    const auto verified = Tokens(key).verify(token, now);
    ASSERT_FALSE(verified) << c.what;
    EXPECT_EQ(verified.error(), c.rejection) << c.what;
  }
}

TEST(Tokens, CutOrChangedAnywhereAreRefused) {
  const Tokens tokens(key);
  const std::string token = tokens.sign({Role::customer, "ann", now + 60s}, now);
  for (std::size_t i = 0; i < token.size(); ++i) {
    EXPECT_FALSE(tokens.verify(token.substr(0, i), now)) << i;
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tokens.verify(changed, now)) << changed;
    EXPECT_FALSE(tokens.verify(std::string(token).insert(i, "A"), now)) << i;
  }
  EXPECT_FALSE(tokens.verify(token + "A", now));
  EXPECT_FALSE(tokens.verify(token + ".A", now));
}

TEST(Tokens, WhatIsNoneIsMalformed) {
  constexpr std::size_t huge = 10'000'000;
  const std::vector<std::string> inputs = {"",
                                           ".",
                                           "a.b",
                                           "a.b.c.d",
                                           "a b.c.d",
                                           std::string("a\0b.c.d", 7),
                                           "e30=.e30=.e30=",
                                           "김.고.객",
                                           std::string(Tokens::max_bytes - 3, 'a') + ".b.c",
                                           std::string(huge, '.')};
  for (const std::string& input : inputs) {
    const auto verified = Tokens(key).verify(input, now);
    ASSERT_FALSE(verified) << input.substr(0, 50);
    EXPECT_EQ(verified.error(), Rejection::malformed) << input.substr(0, 50);
  }
}

}  // namespace
