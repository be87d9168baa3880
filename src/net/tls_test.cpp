#include "net/tls.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "net/connection.h"
#include "net/test_tls.h"

namespace {

using namespace std::chrono_literals;
using net::Connection;
using net::Failure;
using net::TestCertificate;
using net::TestListener;
using net::TestTls;
using net::TestTlsPeer;
using net::Tls;
using net::TlsSettings;

const base::SystemClock clock_of_machine;

net::Wait within(base::Nanoseconds time) {
  return {.clock = clock_of_machine, .deadline = clock_of_machine.now() + time};
}

/// A listener that speaks TLS, and the way to it for clients that trust it.
struct Server {
  explicit Server(const TestCertificate::Subject& subject = {})
      : certificate(subject), tls(certificate) {}

  [[nodiscard]] TlsSettings trusting() const {
    return {.ca_file = certificate.file(), .server_name = "127.0.0.1", .protocols = {"http/1.1"}};
  }
  [[nodiscard]] net::Route route(const Tls& client) const {
    return {.addresses = *net::resolve(*net::parse_endpoint(listener.url())), .tls = &client};
  }
  [[nodiscard]] TestTlsPeer accept() const { return {tls, listener.accept()}; }

  TestCertificate certificate;
  TestTls tls;
  TestListener listener;
};

/// Connects, asks once, and lets the server do with the connection what it likes.
base::Result<http::Response, Failure> ask(const Server& server, const TlsSettings& settings,
                                          const std::function<void(TestTlsPeer&)>& behaviour) {
  const auto client = Tls::make(settings);
  if (!client) return base::failure(Failure{.detail = client.error()});
  std::thread serving([&] {
    TestTlsPeer peer = server.accept();
    if (peer.valid()) behaviour(peer);
  });
  base::Result<http::Response, Failure> answer = base::failure(Failure{});
  {
    Connection connection(server.route(**client));
    if (auto connected = connection.await_established(within(10s)); !connected)
      answer = base::failure(connected.error());
    else if (auto sent = connection.send_all("GET / HTTP/1.1\r\n\r\n", within(10s)); !sent)
      answer = base::failure(sent.error());
    else
      answer = connection.receive(http::ResponseReader(), within(10s));
  }
  serving.join();
  return answer;
}

void serve(TestTlsPeer& peer) {
  EXPECT_EQ(peer.read_until("\r\n\r\n"), "GET / HTTP/1.1\r\n\r\n");
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

TEST(Tls, CarriesAnExchangeWithAServerThatIsTrusted) {
  const Server server;
  const auto answer = ask(server, server.trusting(), serve);
  ASSERT_TRUE(answer) << to_text(answer.error());
  EXPECT_EQ(answer->body, "ok");
}

TEST(Tls, GivesNamesButNoAddressesToTheServer) {
  const Server server;
  TlsSettings settings = server.trusting();
  for (const char* name : {"127.0.0.1", "localhost"}) {
    settings.server_name = name;
    std::string given;
    const auto answer = ask(server, settings, [&](TestTlsPeer& peer) {
      given = peer.server_name();
      serve(peer);
    });
    ASSERT_TRUE(answer) << to_text(answer.error());
    EXPECT_EQ(given, std::string(name) == "localhost" ? "localhost" : "");
  }
}

TEST(Tls, RefusesAServerThatMayBeSomebodyElse) {
  struct Case {
    std::string words;
    TestCertificate::Subject subject;
    bool trusted = true;
    std::string server_name = "127.0.0.1";
  };
  const Case cases[] = {
      {"self-signed certificate; name its signer with tls: {ca: FILE}", {}, false},
      {"certificate has expired", {.ends_s = -60}},
      {"certificate is not yet valid", {.begins_s = 60}},
      {"it is not for 127.0.0.1; give its name with tls: {server_name: NAME}",
       {.names = "DNS:shop.test"}},
      {"it is not for pay.test", {.names = "DNS:shop.test"}, true, "pay.test"},
  };
  for (const Case& c : cases) {
    const Server server(c.subject);
    TlsSettings settings = server.trusting();
    if (!c.trusted) settings.ca_file.clear();
    settings.server_name = c.server_name;
    const auto refused = ask(server, settings, serve);
    ASSERT_FALSE(refused) << c.words;
    EXPECT_EQ(refused.error().kind, Failure::Kind::insecure) << c.words;
    const std::string words = to_text(refused.error());
    EXPECT_NE(words.find("the certificate of the server is refused: " + c.words), words.npos)
        << words;
    EXPECT_NE(words.find("tls: {verify: false}"), words.npos) << words;
    settings.verify = false;
    EXPECT_TRUE(ask(server, settings, serve)) << c.words;
  }
}

TEST(Tls, ShowsItsOwnCertificateWhereItHasOne) {
  const TestCertificate own;
  Server server;
  server.tls.demand(own);
  TlsSettings settings = server.trusting();
  const auto refused = ask(server, settings, [](TestTlsPeer&) {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::Kind::insecure);
  EXPECT_NE(to_text(refused.error()).find("certificate required"), std::string::npos)
      << to_text(refused.error());
  settings.certificate_file = own.file();
  EXPECT_TRUE(ask(server, settings, serve));
}

TEST(Tls, NamesTheFileThatCannotBeUsed) {
  const TestCertificate good;
  const net::TestFile empty;
  struct Case {
    TlsSettings settings;
    std::string words;
  };
  const Case cases[] = {
      {{.ca_file = "/nowhere"}, "tls: ca: /nowhere cannot be used: "},
      {{.ca_file = empty.path()}, "tls: ca: " + empty.path() + " cannot be used: "},
      {{.certificate_file = empty.path()}, "tls: certificate: " + empty.path()},
      {{.certificate_file = good.file(), .key_file = empty.path()}, "tls: key: " + empty.path()},
  };
  for (const Case& c : cases) {
    const auto tls = Tls::make(c.settings);
    ASSERT_FALSE(tls) << c.words;
    EXPECT_EQ(tls.error().substr(0, c.words.size()), c.words);
  }
}

TEST(Tls, SaysThatTheServerSpeaksSomethingElse) {
  const TestListener listener;
  std::thread serving([&] {
    const net::TestPeer peer = listener.accept();
    (void)peer.read();
    peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  const auto client = Tls::make({.server_name = "localhost"});
  Connection connection(
      {.addresses = *net::resolve(*net::parse_endpoint(listener.url())), .tls = client->get()});
  const auto connected = connection.await_established(within(10s));
  serving.join();
  ASSERT_FALSE(connected);
  EXPECT_EQ(to_text(connected.error()),
            "what came is not TLS; does the server speak http:// there?");
}

TEST(Tls, DoesNotWaitForEverInAHandshake) {
  const TestListener listener;
  const auto client = Tls::make({.server_name = "localhost"});
  Connection connection(
      {.addresses = *net::resolve(*net::parse_endpoint(listener.url())), .tls = client->get()});
  const auto connected = connection.await_established(within(30ms));
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().kind, Failure::Kind::timed_out);
  EXPECT_TRUE(connection.reached());
}

TEST(Tls, EndsInAHandshakeThatTheServerLeaves) {
  const TestListener listener;
  std::thread serving([&] { (void)listener.accept().read(); });
  const auto client = Tls::make({.server_name = "localhost"});
  Connection connection(
      {.addresses = *net::resolve(*net::parse_endpoint(listener.url())), .tls = client->get()});
  const auto connected = connection.await_established(within(10s));
  serving.join();
  ASSERT_FALSE(connected);
  EXPECT_EQ(to_text(connected.error()), "closed by the server in the TLS handshake");
}

// Whoever cuts the connection could make a short answer of a long one.
TEST(Tls, TakesTheCloseForTheEndOfABodyOnlyIfTlsSaysSo) {
  for (const bool says_so : {true, false}) {
    const Server server;
    const auto answer = ask(server, server.trusting(), [says_so](TestTlsPeer& peer) {
      (void)peer.read_until("\r\n\r\n");
      peer.send("HTTP/1.0 200 OK\r\n\r\nto the end");
      if (says_so) peer.say_goodbye();
    });
    ASSERT_EQ(answer.has_value(), says_so);
    if (says_so)
      EXPECT_EQ(answer->body, "to the end");
    else
      EXPECT_EQ(to_text(answer.error()), "closed by the server after 29 bytes of an answer");
  }
}

TEST(Tls, ResumesItsLastSession) {
  const Server server;
  const auto client = Tls::make(server.trusting());
  for (const bool again : {false, true}) {
    bool resumed = false;
    std::thread serving([&] {
      TestTlsPeer peer = server.accept();
      resumed = peer.resumed();
      serve(peer);
    });
    Connection connection(server.route(**client));
    EXPECT_TRUE(connection.await_established(within(10s)));
    EXPECT_TRUE(connection.send_all("GET / HTTP/1.1\r\n\r\n", within(10s)));
    EXPECT_TRUE(connection.receive(http::ResponseReader(), within(10s)));
    serving.join();
    EXPECT_EQ(resumed, again);
  }
}

TEST(Tls, KeepsAHeldRecordReadyUntilItIsLetGo) {
  const Server server;
  const auto client = Tls::make(server.trusting());
  std::string before, after;
  std::thread serving([&] {
    TestTlsPeer peer = server.accept();
    before = peer.read();
    peer.send("HTTP/1.1 103 Early Hints\r\n\r\n");
    after = peer.read();
    peer.send("HTTP/1.1 204 No Content\r\n\r\n");
  });
  Connection connection(server.route(**client));
  ASSERT_TRUE(connection.await_established(within(10s)));
  connection.enqueue("PUT / HTTP/1.1\r\n\r");
  connection.hold();
  connection.enqueue("\n");
  connection.send();
  EXPECT_TRUE(connection.held());
  EXPECT_FALSE(connection.drained());
  http::ResponseReader reader;
  while (connection.bytes_received() == 0) {  // what arrives meanwhile is read
    connection.fetch();
    ASSERT_TRUE(connection.digest(reader));
  }
  EXPECT_EQ(before, "PUT / HTTP/1.1\r\n\r");
  EXPECT_TRUE(connection.held());
  connection.let_go();
  EXPECT_TRUE(connection.drained());
  const auto answer = connection.receive(std::move(reader), within(10s));
  serving.join();
  ASSERT_TRUE(answer) << to_text(answer.error());
  EXPECT_EQ(answer->status, 204);
  EXPECT_EQ(after, "\n");
}

TEST(Tls, NoticesWhileIdleThatThePeerLeft) {
  for (const bool says_so : {true, false}) {
    const Server server;
    const auto client = Tls::make(server.trusting());
    std::atomic<bool> may_leave = false;
    std::thread serving([&] {
      TestTlsPeer peer = server.accept();
      while (!may_leave) std::this_thread::yield();
      if (says_so) peer.say_goodbye();
    });
    Connection connection(server.route(**client));
    ASSERT_TRUE(connection.await_established(within(10s)));
    EXPECT_TRUE(connection.fresh());  // although tickets have come
    may_leave = true;
    while (connection.fresh()) std::this_thread::yield();
    serving.join();
  }
}

}  // namespace
