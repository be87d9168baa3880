#include "net/tls.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <new>
#include <utility>

#include "base/require.h"

namespace net {
namespace {

/// OpenSSL's words for what went wrong last, without its codes; empties its queue.
std::string last_words() {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  const std::string words = reason != nullptr ? reason : "no reason is known";
  ERR_clear_error();
  return words;
}

bool is_address(const std::string& name) {
  in6_addr address{};
  return inet_pton(AF_INET, name.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, name.c_str(), &address) == 1;
}

/// The list of ALPN: each name behind its length.
std::string with_lengths(const std::vector<std::string>& protocols) {
  std::string list;
  for (const std::string& protocol : protocols) {
    list += static_cast<char>(protocol.size());
    list += protocol;
  }
  return list;
}

/// Why no handshake came about, and what may help.
std::string explain(const ssl_st* stream, const std::string& server_name) {
  const unsigned long error = ERR_peek_last_error();
  const long verdict = SSL_get_verify_result(stream);
  const bool distrusted =
      ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED;
  const bool other_protocol =
      ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER;
  const std::string words = last_words();
  if (other_protocol) return "what came is not TLS; does the server speak http:// there?";
  if (!distrusted) return "the TLS handshake failed: " + words;
  const bool misnamed =
      verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH;
  return fmt::format(
      "the certificate of the server is refused: {}; {}, or tls: {{verify: false}} if the server "
      "is your own",
      misnamed ? "it is not for " + server_name : X509_verify_cert_error_string(verdict),
      misnamed ? "give its name with tls: {server_name: NAME}"
               : "name its signer with tls: {ca: FILE}");
}

}  // namespace

void Tls::FreeContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void Tls::FreeSession::operator()(ssl_session_st* session) const { SSL_SESSION_free(session); }
void TlsStream::Free::operator()(ssl_st* stream) const {
  // Else OpenSSL takes the session for a broken one, and never resumes it.
  SSL_set_shutdown(stream, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(stream);
}

Tls::Tls(TlsSettings settings)
    : settings_(std::move(settings)), context_(SSL_CTX_new(TLS_client_method())) {
  if (!context_) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context_.get(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_verify(context_.get(), settings_.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (const std::string list = with_lengths(settings_.protocols); !list.empty())
    SSL_CTX_set_alpn_protos(context_.get(), reinterpret_cast<const unsigned char*>(list.data()),
                            static_cast<unsigned>(list.size()));
  SSL_CTX_set_app_data(context_.get(), this);
  SSL_CTX_set_session_cache_mode(context_.get(),
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context_.get(), keep_session);
}

Tls::~Tls() = default;

base::Result<std::unique_ptr<Tls>, std::string> Tls::make(TlsSettings settings) {
  std::unique_ptr<Tls> tls(new Tls(std::move(settings)));
  if (auto loaded = tls->load_files(); !loaded) return base::failure(loaded.error());
  return tls;
}

base::Result<void, std::string> Tls::load_files() {
  const auto wrong = [](const char* key, const std::string& file) {
    return base::failure(fmt::format("tls: {}: {} cannot be used: {}; expected a file of PEM", key,
                                     file, last_words()));
  };
  ssl_ctx_st* context = context_.get();
  if (settings_.ca_file.empty())
    SSL_CTX_set_default_verify_paths(context);
  else if (SSL_CTX_load_verify_file(context, settings_.ca_file.c_str()) != 1)
    return wrong("ca", settings_.ca_file);
  if (settings_.certificate_file.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(context, settings_.certificate_file.c_str()) != 1)
    return wrong("certificate", settings_.certificate_file);
  const std::string& key_file =
      settings_.key_file.empty() ? settings_.certificate_file : settings_.key_file;
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return wrong("key", key_file);
  return {};
}

/// OpenSSL has a new session, and keeps it for us if this returns 1.
int Tls::keep_session(ssl_st* stream, ssl_session_st* session) {
  const auto* tls = static_cast<const Tls*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(stream)));
  const std::lock_guard lock(tls->mutex_);
  tls->session_.reset(session);
  return 1;
}

TlsStream::TlsStream(const Tls& tls) : tls_(tls), stream_(SSL_new(tls.context_.get())) {
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  if (!stream_ || in == nullptr || out == nullptr) throw std::bad_alloc();
  BIO_set_mem_eof_return(in, -1);  // empty is not the end
  SSL_set_bio(stream_.get(), in, out);
  SSL_set_connect_state(stream_.get());
  const std::string& name = tls.settings_.server_name;
  if (is_address(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(stream_.get()), name.c_str());
  } else {
    SSL_set_tlsext_host_name(stream_.get(), name.c_str());  // an address has no place there
    SSL_set1_host(stream_.get(), name.c_str());
  }
  const std::lock_guard lock(tls.mutex_);
  if (tls.session_) SSL_set_session(stream_.get(), tls.session_.get());
}

void TlsStream::receive(std::string_view bytes) {
  std::size_t taken = 0;
  BIO_write_ex(SSL_get_rbio(stream_.get()), bytes.data(), bytes.size(), &taken);
  base::require(taken == bytes.size(), "memory takes all that is written to it");
}

void TlsStream::take_wire(std::string& wire) {
  char* bytes = nullptr;
  BIO* out = SSL_get_wbio(stream_.get());
  const long size = BIO_get_mem_data(out, &bytes);
  if (size > 0) wire.append(bytes, static_cast<std::size_t>(size));
  (void)BIO_reset(out);
}

base::Result<bool, std::string> TlsStream::shake_hands(std::string& wire) {
  ERR_clear_error();
  const int done = SSL_do_handshake(stream_.get());
  const int why = done == 1 ? SSL_ERROR_NONE : SSL_get_error(stream_.get(), done);
  take_wire(wire);  // also the alert that tells the server why not
  if (done == 1) return true;
  if (why == SSL_ERROR_WANT_READ) return false;
  return base::failure(explain(stream_.get(), tls_.settings_.server_name));
}

void TlsStream::encrypt(std::string_view plain, std::string& wire) {
  if (plain.empty()) return;
  ERR_clear_error();
  std::size_t taken = 0;
  const int done = SSL_write_ex(stream_.get(), plain.data(), plain.size(), &taken);
  // After a fatal alert nothing is written any more; what the peer said is told by `decrypt`.
  base::require(done != 1 || taken == plain.size(), "memory takes all that is written to it");
  take_wire(wire);
}

base::Result<bool, std::string> TlsStream::decrypt(std::string& plain, std::string& wire) {
  std::array<char, 16 * 1024> piece;
  for (;;) {
    ERR_clear_error();
    std::size_t got = 0;
    const int done = SSL_read_ex(stream_.get(), piece.data(), piece.size(), &got);
    if (done == 1) {
      plain.append(piece.data(), got);
      continue;
    }
    const int why = SSL_get_error(stream_.get(), done);
    take_wire(wire);
    if (why == SSL_ERROR_WANT_READ) return true;
    if (why == SSL_ERROR_ZERO_RETURN) return false;
    return base::failure("TLS broke off: " + last_words());
  }
}

std::string TlsStream::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(stream_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace net
