#include "scenario/safety.h"

#include <gtest/gtest.h>

namespace {

using scenario::Scenario;
using Hosts = std::vector<std::string>;

std::string all(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) text += sentence + "\n";
  return text;
}

TEST(Safety, OnlyLiteralsAndLocalhostAreLoopback) {
  for (const char* host : {"127.0.0.1", "127.255.255.254", "::1", "0:0::1", "localhost"})
    EXPECT_TRUE(scenario::is_loopback(host)) << host;
  for (const char* host :
       {"", "126.255.255.255", "128.0.0.1", "0.0.0.0", "::", "::2", "fe80::1", "192.168.0.1",
        "::ffff:127.0.0.1", "127.1", "127.0.0.1.example", "127.example", "localhost.example",
        "localhost.", "LOCALHOST", "api.shop.test"})
    EXPECT_FALSE(scenario::is_loopback(host)) << host;
}

TEST(Safety, WhatIsNotThisMachineHasToBeNamed) {
  struct Case {
    Hosts targets;
    std::string proxy;
    Hosts allowed;
    std::string found;
  };
  const std::string away =
      " is not this machine, and nothing was sent to it. If it is yours to "
      "test, add --allow-host ";
  const Case cases[] = {
      {{"http://127.0.0.1:8000", "https://localhost:443", "http://[::1]:80"}, "", {}, ""},
      {{"http://192.0.2.1:80"}, "", {}, "http://192.0.2.1:80" + away + "192.0.2.1\n"},
      {{"http://192.0.2.1:80"}, "", {"192.0.2.1"}, ""},
      {{"http://192.0.2.1:80"}, "", {"192.0.2.10"}, "http://192.0.2.1:80" + away + "192.0.2.1\n"},
      {{"http://127.0.0.1:1", "https://shop.test:443"},
       "",
       {},
       "https://shop.test:443" + away + "shop.test\n"},
      {{"http://[2001:db8::1]:80"}, "", {}, "http://[2001:db8::1]:80" + away + "2001:db8::1\n"},
      {{"http://[2001:db8::1]:80"}, "", {"2001:db8::1"}, ""},
      // Near is not what is behind it, and what is behind it is not the proxy.
      {{"http://shop.test:80"},
       "http://127.0.0.1:3128",
       {},
       "http://shop.test:80" + away + "shop.test\n"},
      {{"http://127.0.0.1:80"},
       "http://proxy.test:3128",
       {},
       "http://proxy.test:3128" + away + "proxy.test\n"},
      {{"http://shop.test:80"}, "http://proxy.test:3128", {"shop.test", "proxy.test"}, ""},
      {{"http://a.test:80", "http://b.test:80"},
       "",
       {},
       "http://a.test:80" + away + "a.test\nhttp://b.test:80" + away + "b.test\n"},
  };
  for (const Case& known : cases) {
    Scenario scenario;
    scenario.targets = known.targets;
    scenario.proxy.url = known.proxy;
    EXPECT_EQ(all(scenario::objections(scenario, known.allowed)), known.found);
  }
}

TEST(Safety, ASinkThatOthersCanReachHasToBeNamed) {
  Scenario scenario;
  scenario.targets = {"http://127.0.0.1:80"};
  scenario.sinks.push_back({.name = "payments", .host = "127.0.0.1"});
  EXPECT_TRUE(scenario::objections(scenario, {}).empty());
  scenario.sinks.push_back({.name = "mails", .host = "0.0.0.0"});
  EXPECT_EQ(
      all(scenario::objections(scenario, {})),
      "sink mails would listen on 0.0.0.0, where others can reach it. If that is intended, add "
      "--allow-host 0.0.0.0\n");
  EXPECT_TRUE(scenario::objections(scenario, Hosts{"0.0.0.0"}).empty());
}

}  // namespace
