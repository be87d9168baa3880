#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;

/// TLS, the client's side, by OpenSSL, which is seen in tls.cpp only. It touches no socket: bytes
/// come in and go out in memory, so a record can be ready long before it is sent.
namespace net {

/// Files are PEM.
struct TlsSettings {
  bool verify = true;            // the certificate of the server: its signers, its dates, its name
  std::string ca_file;           // who may sign it; empty: whom the system trusts
  std::string certificate_file;  // the client's own; empty: none
  std::string key_file;          // empty: it stands beside the certificate
  std::string server_name;  // a name or an address: what the certificate has to be for, and SNI
  std::vector<std::string> protocols;  // to offer, the preferred one first: "http/1.1"
};

/// What all connections to one server share: whom to trust, and the last session, which the next
/// connection resumes. Safe on any thread; outlives its streams.
class Tls {
 public:
  /// The failure names the file that cannot be used, and why.
  [[nodiscard]] static base::Result<std::unique_ptr<Tls>, std::string> make(TlsSettings settings);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

 private:
  friend class TlsStream;
  explicit Tls(TlsSettings settings);

  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };
  struct FreeSession {
    void operator()(ssl_session_st* session) const;
  };

  [[nodiscard]] base::Result<void, std::string> load_files();
  static int keep_session(ssl_st* stream, ssl_session_st* session);

  TlsSettings settings_;
  std::unique_ptr<ssl_ctx_st, FreeContext> context_;
  mutable std::mutex mutex_;  // guards the session
  mutable std::unique_ptr<ssl_session_st, FreeSession> session_;
};

/// One connection's worth of TLS. Belongs to one thread at a time.
class TlsStream {
 public:
  explicit TlsStream(const Tls& tls);

  /// Bytes of the wire, in; what they make of themselves, `shake_hands` or `decrypt` tells.
  void receive(std::string_view bytes);

  /// True once both sides know each other, false while more has to be received. Appends what is to
  /// be sent. The failure says what is wrong with the other side, and what may help.
  [[nodiscard]] base::Result<bool, std::string> shake_hands(std::string& wire);
  /// Appends the records of these bytes: up to 16 KiB are one.
  void encrypt(std::string_view plain, std::string& wire);
  /// Appends what was received, and to `wire` what TLS itself has to say to it. False once the
  /// other side has said that no more comes.
  [[nodiscard]] base::Result<bool, std::string> decrypt(std::string& plain, std::string& wire);

  /// What was agreed on; empty where the server chose nothing.
  [[nodiscard]] std::string protocol() const;

 private:
  struct Free {
    void operator()(ssl_st* stream) const;
  };

  void take_wire(std::string& wire);

  const Tls& tls_;
  std::unique_ptr<ssl_st, Free> stream_;
};

}  // namespace net
