#include "trial/agenda.h"

#include <gtest/gtest.h>

namespace {

using std::chrono::milliseconds;
using trial::Agenda;
using trial::Use;

const oracle::Wanted one{{.roles = {0, 1}}, {0, 1}};
const oracle::Wanted other{{.roles = {1, 0}}, {0, 1}};

TEST(Agenda, AnOrderIsAskedForOnce) {
  Agenda agenda;
  agenda.want(one, milliseconds(5));
  agenda.want(one, milliseconds(6));
  agenda.want(other, milliseconds(6));
  ASSERT_TRUE(agenda.take_errand(milliseconds(6)));
  ASSERT_TRUE(agenda.take_errand(milliseconds(6)));
  EXPECT_FALSE(agenda.take_errand(milliseconds(6)));
  (void)agenda.begin(one, milliseconds(6));
  agenda.want(one, milliseconds(7));
  EXPECT_FALSE(agenda.take_errand(milliseconds(7))) << "it was begun";
}

TEST(Agenda, TheLateRunFollowsTheFirstByMoreThanASecond) {
  Agenda agenda;
  EXPECT_EQ(agenda.begin(one, milliseconds(100)), 0u);
  EXPECT_EQ(agenda.next_due(), milliseconds(1200));
  EXPECT_FALSE(agenda.take_errand(milliseconds(1199)));
  const auto late = agenda.take_errand(milliseconds(1200));
  ASSERT_TRUE(late);
  EXPECT_EQ(late->use, Use::late);
  EXPECT_EQ(agenda.begin(one, milliseconds(1200)), 1u) << "and brings no other";
  EXPECT_FALSE(agenda.next_due());
}

TEST(Agenda, ASecondRunIsMadeAtOnceUnlessTheLateOneIsDueAsSoon) {
  struct Case {
    const char* what;
    milliseconds heard, run;
    bool second;
  };
  constexpr Case cases[] = {
      {"a fast target", milliseconds(10), milliseconds(10), true},
      {"back before the late run", milliseconds(549), milliseconds(550), true},
      {"back with the late run", milliseconds(550), milliseconds(550), false},
      {"a slow target", milliseconds(1500), milliseconds(1500), false},
  };
  for (const Case& c : cases) {
    Agenda agenda;
    (void)agenda.begin(one, milliseconds(0));
    agenda.want_second(one, c.heard, c.run);
    const auto errand = agenda.take_errand(c.heard);
    EXPECT_EQ(errand && errand->use == Use::learning, c.second) << c.what;
  }
}

TEST(Agenda, ALookIsMadeNotBeforeItsTime) {
  Agenda agenda;
  agenda.want_look(7, milliseconds(1000));
  agenda.want_look(8, milliseconds(900));
  EXPECT_EQ(agenda.looks(), 2);
  EXPECT_FALSE(agenda.take_look(milliseconds(899)));
  EXPECT_EQ(agenda.take_look(milliseconds(950)), 8);
  EXPECT_EQ(agenda.next_due(), milliseconds(1000));
  EXPECT_EQ(agenda.take_look(milliseconds(1000)), 7);
}

TEST(Agenda, StartingOverKeepsTheFirstRunsAndAsksForTheLateOnes) {
  Agenda agenda;
  (void)agenda.begin(one, milliseconds(0));
  (void)agenda.begin(one, milliseconds(10));
  (void)agenda.begin(other, milliseconds(500));
  agenda.want_look(1, milliseconds(0));
  agenda.start_over({one, other});
  EXPECT_EQ(agenda.looks(), 0);
  EXPECT_EQ(agenda.begun(one.order), 1);
  EXPECT_EQ(agenda.take_errand(milliseconds(1100))->wanted.order, one.order);
  EXPECT_FALSE(agenda.take_errand(milliseconds(1599)));
  EXPECT_EQ(agenda.take_errand(milliseconds(1600))->wanted.order, other.order);
}

}  // namespace
