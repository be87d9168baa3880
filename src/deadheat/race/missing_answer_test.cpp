#include <gtest/gtest.h>

#include <functional>
#include <latch>
#include <set>
#include <thread>
#include <vector>

#include "race/player.h"
#include "race/stage_testing.h"

namespace {

using namespace std::chrono_literals;
using base::Nanoseconds;
using client::clock_of_machine;
using client::put;
using client::TestServer;
using client::things;
using outcome::Answer;
using outcome::Outcome;
using race::Course;
using race::expect_whole;
using race::Player;
using race::scenario_of;
using race::script;
using race::Stage;
using race::together;
using race::two_checked_puts;
using race::two_puts;
using schedule::Hold;
using schedule::Schedule;
using schedule::Sync;
using Seen = TestServer::Seen;

struct Misdeed {
  std::string words;  // the beginning of the error
  std::function<bool(net::TestPeer&)> deed;
};

const Misdeed misdeeds[] = {
    {"not an answer of HTTP/1.x",
     [](net::TestPeer& peer) { return peer.send("SSH-2.0-OpenSSH_9.2\r\n\r\n"); }},
    {"closed by the server before an answer", [](net::TestPeer&) { return false; }},
    {"closed by the server after 45 bytes of an answer",
     [](net::TestPeer& peer) {
       peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabcde");
       return false;
     }},
    {"timed out after 200 ms", [](net::TestPeer& peer) { return !peer.read().empty(); }},
    {"timed out after 200 ms, after ",
     [](net::TestPeer& peer) {
       peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
       for (;;) {
         if (!peer.send("1\r\nx\r\n")) return false;
         net::pause({.clock = clock_of_machine, .deadline = clock_of_machine.now() + 2ms});
       }
     }},
    {"reset by the server",
     [](net::TestPeer& peer) {
       peer.reset();
       return false;
     }},
    {"the header is too large",
     [](net::TestPeer& peer) {
       return peer.send("HTTP/1.1 200 OK\r\nX: " + std::string(80'000, 'x'));
     }},
    {"the body is too large",
     [](net::TestPeer& peer) {
       return peer.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx");
     }},
    {"the body cannot be unpacked as its Content-Encoding says: gzip",
     [](net::TestPeer& peer) {
       return peer.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}");
     }},
};

TEST(Attempt, AMissingAnswerIsDataWithItsCause) {
  for (const Misdeed& misdeed : misdeeds)
    for (const Sync sync : {Sync::held, Sync::threads}) {
      Stage stage(two_puts(), [&misdeed, good = things()](const Seen& seen, net::TestPeer& peer) {
        if (seen.request.body == R"("B")") return misdeed.deed(peer);
        return good(seen, peer);
      });
      Schedule schedule = together(2);
      schedule.sync = sync;
      const Nanoseconds timeout = misdeed.words.starts_with("timed out") ? 200ms : 60s;
      for (int round = 0; round < 2; ++round) {  // the second meets what the first left behind
        const Outcome outcome = stage.player.attempt(schedule, {.timeout = timeout});
        expect_whole(outcome);
        EXPECT_TRUE(outcome.answers.at(0).ok) << misdeed.words;
        const Answer& lost = outcome.answers.at(1);
        EXPECT_TRUE(lost.indeterminate) << misdeed.words;
        EXPECT_EQ(lost.last_status(), 0);
        EXPECT_TRUE(lost.steps.at(0).error.starts_with(misdeed.words))
            << lost.steps.at(0).error << ", expected " << misdeed.words;
        EXPECT_EQ(lost.ends(), Nanoseconds::max());
      }
    }
}

TEST(Attempt, AConnectionThatTimedOutIsNotUsedAgain) {
  Stage stage(two_puts(), [good = things()](const Seen& seen, net::TestPeer& peer) {
    if (seen.request.body == R"("B")") return !peer.read().empty();
    return good(seen, peer);
  });
  (void)stage.player.attempt(together(2), {.timeout = 100ms});
  (void)stage.player.attempt(together(2), {.timeout = 100ms});
  std::set<int> used;
  for (const Seen& seen : stage.server.seen("PUT"))
    if (seen.request.body == R"("B")") used.insert(seen.connection);
  EXPECT_EQ(used.size(), 2u);
}

TEST(Attempt, ServersThatCloseAfterEachAnswerAreNoTrouble) {
  struct Case {
    const char* what;
    std::function<std::string(const std::string&)> wrap;
  };
  const Case cases[] = {
      {"without a word",
       [](const std::string& body) {
         return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body;
       }},
      {"as HTTP/1.0 does",
       [](const std::string& body) {
         return "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + body;
       }},
      {"as announced, after interim answers",
       [](const std::string& body) {
         return "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n" +
                body;
       }},
  };
  for (const Case& c : cases) {
    Stage stage(two_checked_puts(), [&c](const Seen&, net::TestPeer& peer) {
      peer.send(c.wrap(R"({"id": 1, "value": "new"})"));
      return false;
    });
    int lost = 0;
    for (int i = 0; i < 10; ++i) {
      const Outcome outcome = stage.player.attempt(together(2, Hold::headers, i % 2), {});
      const bool whole = !outcome.failure && outcome.answers[0].ok && outcome.answers[1].ok;
      lost += whole ? 0 : 1;
    }
    // A server so slow to close that watching it shows nothing takes the player in, once.
    EXPECT_LE(lost, 1) << c.what;
  }
}

TEST(Attempt, AnAnswerBeforeTheReleaseIsTakenAsItIs) {
  // This server refuses B when it has its head, and takes A's body only after that. The body is
  // more than sockets buffer, so B is answered before A waits at the gate.
  const net::TestListener listener;
  std::latch refused(1);
  std::vector<std::thread> serving;
  std::thread accepting([&] {
    for (;;) {
      auto peer = listener.accept();
      if (!peer.valid()) return;
      serving.emplace_back([&refused, peer = std::move(peer)]() mutable {
        const std::string head = peer.read_until("\r\n\r\n");
        if (head.find("X-Deadheat: r1/1/b") != std::string::npos) {
          peer.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
          refused.count_down();
          (void)peer.read_until("never");
          return;
        }
        if (head.starts_with("PUT")) {
          refused.wait();
          (void)peer.read_until("A\"");
        }
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{\"id\": 1}");
      });
    }
  });
  {
    const scenario::Scenario scenario = scenario_of(
        listener.url(), {script("a", {put(std::string(16 << 20, 'A'))}), script("b", {put("B")})});
    Course course{scenario, client::plain_jq, clock_of_machine, "r1", {}};
    Player player(course, 0);
    const Outcome outcome = player.attempt(together(2, Hold::body), {});
    expect_whole(outcome);
    EXPECT_EQ(outcome.answers.at(1).last_status(), 403);
    EXPECT_TRUE(outcome.answers.at(1).refused);
    EXPECT_TRUE(outcome.answers.at(0).ok) << outcome.answers.at(0).steps.at(0).error;
    EXPECT_FALSE(overlapped(outcome)) << "it was over before the gate opened";
  }
  listener.wake();
  accepting.join();
  for (std::thread& thread : serving) thread.join();
}

TEST(Attempt, StopEndsIt) {
  for (const Sync sync : {Sync::held, Sync::threads}) {
    Stage* running = nullptr;
    Stage stage(two_puts(), [&running, good = things()](const Seen& seen, net::TestPeer& peer) {
      if (seen.request.method != "PUT") return good(seen, peer);
      running->course.stop = true;
      return !peer.read().empty();
    });
    running = &stage;
    Schedule schedule = together(2);
    schedule.sync = sync;
    const Outcome outcome = stage.player.attempt(schedule, {.timeout = 1h});
    ASSERT_TRUE(outcome.failure);
    EXPECT_EQ(outcome.failure->message, "interrupted");
  }
}

}  // namespace
