#pragma once

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/require.h"
#include "net/test_peer.h"

/// The other end of TLS, for tests: blocking and blunt, with certificates made on the spot.
namespace net {

/// A file of the test's own, gone with it.
class TestFile {
 public:
  TestFile() {
    const int descriptor = ::mkstemp(path_.data());
    base::require(descriptor >= 0, "a file can be made");
    ::close(descriptor);
  }
  ~TestFile() { ::unlink(path_.c_str()); }
  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/deadheat-test-XXXXXX";
};

/// A key, and a certificate that it signs itself.
class TestCertificate {
 public:
  struct Subject {
    std::string names = "IP:127.0.0.1,DNS:localhost";  // subjectAltName
    long begins_s = -3600;                             // from now
    long ends_s = 3600;
  };

  TestCertificate() : TestCertificate(Subject{}) {}
  explicit TestCertificate(const Subject& subject)
      : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    X509* x509 = certificate_.get();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), subject.begins_s);
    X509_gmtime_adj(X509_getm_notAfter(x509), subject.ends_s);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("a test"), -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(x509));
    X509_set_pubkey(x509, key_.get());
    X509_EXTENSION* names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, subject.names.c_str());
    base::require(names != nullptr, "these are names");
    X509_add_ext(x509, names, -1);
    X509_EXTENSION_free(names);
    base::require(X509_sign(x509, key_.get(), EVP_sha256()) > 0, "a key signs");
    std::FILE* file = std::fopen(file_.path().c_str(), "w");
    PEM_write_X509(file, x509);
    PEM_write_PrivateKey(file, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
  }

  /// The certificate and its key, as PEM.
  [[nodiscard]] const std::string& file() const { return file_.path(); }

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  std::unique_ptr<EVP_PKEY, Free> key_;
  std::unique_ptr<X509, Free> certificate_;
  TestFile file_;
};

/// What all streams of a TLS server share.
class TestTls {
 public:
  explicit TestTls(const TestCertificate& certificate)
      : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_use_certificate_file(context_.get(), certificate.file().c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context_.get(), certificate.file().c_str(), SSL_FILETYPE_PEM);
    constexpr unsigned char context_id[] = "test";
    SSL_CTX_set_session_id_context(context_.get(), context_id, sizeof context_id);
  }
  /// Asks for a certificate that `signer` has signed.
  void demand(const TestCertificate& signer) {
    SSL_CTX_load_verify_file(context_.get(), signer.file().c_str());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  /// Chooses this protocol where the client offers it.
  void choose(const std::string& protocol) {
    protocol_ = static_cast<char>(protocol.size()) + protocol;
    SSL_CTX_set_alpn_select_cb(context_.get(), select, this);
  }
  [[nodiscard]] ssl_ctx_st* context() const { return context_.get(); }

 private:
  static int select(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void* self) {
    const std::string& ours = static_cast<const TestTls*>(self)->protocol_;
    unsigned char* found = nullptr;
    const int result =
        SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(ours.data()),
                              static_cast<unsigned>(ours.size()), offered, offered_size);
    *chosen = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
  }

  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
  std::string protocol_;
};

class TestTlsPeer {
 public:
  /// Shakes hands; `valid` tells whether that came about.
  TestTlsPeer(const TestTls& tls, TestPeer peer)
      : peer_(std::move(peer)), stream_(SSL_new(tls.context())) {
    SSL_set_fd(stream_.get(), peer_.descriptor());
    valid_ = SSL_accept(stream_.get()) == 1;
    ERR_clear_error();
  }

  [[nodiscard]] bool valid() const { return valid_; }
  [[nodiscard]] bool resumed() const { return SSL_session_reused(stream_.get()) == 1; }
  /// The name that the client asked for; empty where it gave none.
  [[nodiscard]] std::string server_name() const {
    const char* name = SSL_get_servername(stream_.get(), TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
  }
  [[nodiscard]] std::string read() const {
    std::array<char, 4096> buffer;
    const int got = SSL_read(stream_.get(), buffer.data(), static_cast<int>(buffer.size()));
    ERR_clear_error();
    return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string();
  }
  [[nodiscard]] std::string read_until(std::string_view text) const {
    std::string all;
    while (all.find(text) == std::string::npos) {
      const std::string more = read();
      if (more.empty()) break;
      all += more;
    }
    return all;
  }
  bool send(std::string_view bytes) const {
    return SSL_write(stream_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  /// Says that no more comes.
  void say_goodbye() const { SSL_shutdown(stream_.get()); }
  /// The connection below.
  [[nodiscard]] TestPeer& peer() { return peer_; }

 private:
  struct Free {
    void operator()(SSL* stream) const { SSL_free(stream); }
  };
  TestPeer peer_;
  std::unique_ptr<SSL, Free> stream_;
  bool valid_ = false;
};

}  // namespace net
