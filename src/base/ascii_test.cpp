#include "base/ascii.h"

#include <gtest/gtest.h>

namespace {

TEST(Ascii, OnlyItsLettersChange) {
  EXPECT_EQ(base::lower("Content-Type_[@Z`{] 09"), "content-type_[@z`{] 09");
  EXPECT_EQ(base::upper("sink.payments_[@z`{] 09"), "SINK.PAYMENTS_[@Z`{] 09");
  EXPECT_EQ(base::lower("ÄÉ고 İ\xC0"), "ÄÉ고 İ\xC0");
  EXPECT_EQ(base::upper("äé고 ı\xE0"), "äé고 ı\xE0");
  EXPECT_EQ(base::lower(""), "");
}

}  // namespace
