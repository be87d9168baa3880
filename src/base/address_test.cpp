#include "base/address.h"

#include <gtest/gtest.h>

namespace {

TEST(Address, ShowsWhereItLeadsAndNoSecrets) {
  struct Case {
    std::string_view url;
    std::string_view shown;
  };
  constexpr Case cases[] = {
      {"postgres://db:5432/orders", "postgres://db:5432/orders"},
      {"postgres://me:s3cret@db/orders", "postgres://***@db/orders"},
      {"postgres://me:s3@cret@db/orders", "postgres://***@db/orders"},
      {"postgres://me:s3?cret@db/orders", "postgres://***"},
      {"postgres:///orders?host=db&user=me&password=s3cret",
       "postgres:///orders?host=db&user=***&password=***"},
      {"postgres:///orders?password=s3@cret&host=db", "postgres://***&host=db"},
      {"postgres:///orders?sslpassword=s3cret&sslmode=require",
       "postgres:///orders?sslpassword=***&sslmode=require"},
      {"postgres:///orders?%70assword=s3cret", "postgres:///orders?%70assword=***"},
      {"postgres:///orders?s3cret", "postgres:///orders?***"},
      {"postgres:///orders?options=-c%20s3cret=1", "postgres:///orders?options=***"},
      {"postgres://me:s3cret@/o?nonsense=s3cret", "postgres://***@/o?nonsense=***"},
      {"/var/lib/orders@home.sqlite3", "/var/lib/orders@home.sqlite3"},
      {"", ""},
  };
  for (const Case& c : cases) EXPECT_EQ(base::without_secrets(c.url), c.shown) << c.url;
}

}  // namespace
