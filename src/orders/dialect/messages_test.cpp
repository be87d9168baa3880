#include "dialect/messages.h"

#include <gtest/gtest.h>

namespace {

using dialect::Language;
using dialect::Message;

TEST(Messages, EachIsThereInBothLanguagesWithTheSameGaps) {
  for (int i = 0; i <= static_cast<int>(Message::wrong_credentials); ++i) {
    const auto message = static_cast<Message>(i);
    const auto english = dialect::pattern_of(message, Language::english);
    const auto korean = dialect::pattern_of(message, Language::korean);
    EXPECT_FALSE(english.empty() || korean.empty()) << i;
    EXPECT_EQ(english.find("{}") != english.npos, korean.find("{}") != korean.npos) << english;
  }
}

TEST(Messages, SayWhatTheCaseIs) {
  EXPECT_EQ(dialect::say(Message::too_small, Language::english, 1),
            "Ensure this value is greater than or equal to 1.");
  EXPECT_EQ(dialect::say(Message::too_small, Language::korean, 1),
            "이 값이 1보다 크거나 같은지 확인하십시오.");
}

}  // namespace
