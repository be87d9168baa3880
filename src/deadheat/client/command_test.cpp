#include "client/command.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

namespace {

using namespace std::chrono_literals;
using client::Command;

const base::SystemClock clock_of_machine;

net::Wait at_most(base::Nanoseconds time) {
  return {.clock = clock_of_machine, .deadline = clock_of_machine.now() + time};
}

Command shell(const std::string& line) { return {.words = {"/bin/sh", "-c", line}}; }

TEST(Commands, SayWhatTheySay) {
  Command command = shell("echo \"$GREETING\"; echo oh >&2; pwd; exit 3");
  command.environment = {{"GREETING", "hi there"}};
  command.directory = "/";
  const auto result = client::run_command(command, at_most(1h));
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->status, 3);
  EXPECT_EQ(result->out, "hi there\n/\n");
  EXPECT_EQ(result->err, "oh\n");
}

TEST(Commands, AreLookedUpAndTakeTheirArgumentsAsTheyAre) {
  const auto result = client::run_command({.words = {"printf", "%s", "$HOME; *"}}, at_most(1h));
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->out, "$HOME; *");
  EXPECT_EQ(client::run_command(shell("kill -9 $$"), at_most(1h))->status, 128 + SIGKILL);
}

TEST(Commands, ThatCannotBeStartedSayWhy) {
  const auto missing = client::run_command({.words = {"/nowhere/at-all"}}, at_most(1h));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), "cannot be started: No such file or directory");
}

TEST(Commands, AreStoppedWithAllThatTheyStarted) {
  const auto slow = client::run_command(shell("sleep 1000 & wait"), at_most(200ms));
  ASSERT_FALSE(slow);
  EXPECT_TRUE(slow.error().ends_with("s and was stopped")) << slow.error();

  // A pipe tells whether somebody still holds its other end.
  const std::string pipe = testing::TempDir() + "left_behind." + std::to_string(getpid());
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reading = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  const auto left_behind =
      client::run_command(shell("exec 3>" + pipe + "; sleep 1000 & exit 0"), at_most(1h));
  ASSERT_TRUE(left_behind) << left_behind.error();
  EXPECT_EQ(left_behind->status, 0) << "what it left behind is not waited for";
  pollfd held{reading, POLLIN, 0};
  EXPECT_EQ(poll(&held, 1, 60'000), 1);
  EXPECT_NE(held.revents & POLLHUP, 0);
  close(reading);
  unlink(pipe.c_str());

  std::atomic<bool> stop = true;
  net::Wait wait = at_most(1h);
  wait.stop = &stop;
  const auto interrupted = client::run_command(shell("sleep 1000"), wait);
  ASSERT_FALSE(interrupted);
  EXPECT_EQ(interrupted.error(), "interrupted");
}

TEST(Commands, MayNotPrintWithoutEnd) {
  const auto endless = client::run_command({.words = {"yes"}}, at_most(1h));
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error(), "printed more than 4 MB");
}

}  // namespace
