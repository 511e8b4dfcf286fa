#include "tls/context.hpp"

#include "base/bytes.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <array>
#include <cstring>
#include <ctime>
#include <utility>

namespace ringtick {

namespace {

// RFC 7525bis (RFC 9325), section 4.2: forward secrecy and authenticated encryption, nothing else.
constexpr const char* ciphers_of_tls_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* ciphers_of_tls_1_3 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* groups = "X25519:P-256:P-384";

// Long enough for who reloads the page or lost the network.
constexpr long ticket_lifetime_s =
    std::chrono::duration_cast<std::chrono::seconds>(TicketKeys::lifetime).count();

// As the extension carries it (RFC 7301, section 3.1).
constexpr std::array<unsigned char, 9> http_1_1{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// A client that offers protocols, and ours is not among them, wants something that is not served
// here (section 3.2).
// NOLINTNEXTLINE(readability-function-size): its parameters are OpenSSL's.
int choose_protocol(SSL*,
                    const unsigned char** chosen,
                    unsigned char* chosen_size,
                    const unsigned char* offered,
                    unsigned int offered_size,
                    void*) {
    unsigned char* found = nullptr;
    const int result = SSL_select_next_proto(&found, chosen_size, http_1_1.data(), http_1_1.size(),
                                             offered, offered_size);
    *chosen = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Asked for when a key is encrypted, or what is said to be a certificate: there is nobody to type
// it in, and a prompt would hang us.
int no_passphrase(char*, int, int, void* asked) {
    if (asked != nullptr) *static_cast<bool*>(asked) = true;
    return -1;
}

template <auto function>
struct FreeBy {
    template <class T>
    void operator()(T* object) const {
        function(object);
    }
};
using Bio = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using Certificate = std::unique_ptr<X509, FreeBy<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;

Bio bio_of(std::string_view text) {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::int64_t seconds_of(const ASN1_TIME* time) {
    std::tm calendar{};
    return ASN1_TIME_to_tm(time, &calendar) == 1 ? timegm(&calendar) : 0;
}

// The end of the text is told as an error, too.
bool is_end_of_pem() {
    const unsigned long error = ERR_peek_last_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

TlsProblem use_chain(SSL_CTX* context, BIO* text) {
    while (true) {
        X509* const above = PEM_read_bio_X509(text, nullptr, no_passphrase, nullptr);
        if (above == nullptr) break;
        if (SSL_CTX_add0_chain_cert(context, above) == 1) continue;
        X509_free(above);
        return TlsProblem::certificate_refused;
    }
    if (!is_end_of_pem()) return TlsProblem::certificate_malformed;
    ERR_clear_error();
    return TlsProblem::none;
}

TlsProblem use_key(SSL_CTX* context, std::string_view pem) {
    bool passphrase_asked = false;
    const Bio text = bio_of(pem);
    if (text == nullptr) return TlsProblem::out_of_memory;
    const Key key(PEM_read_bio_PrivateKey(text.get(), nullptr, no_passphrase, &passphrase_asked));
    if (passphrase_asked) return TlsProblem::key_encrypted;
    if (key == nullptr) return TlsProblem::key_malformed;
    // It compares the two by itself, and says so in its own way if they differ.
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) return TlsProblem::key_of_another;
    if (SSL_CTX_check_private_key(context) != 1) return TlsProblem::key_of_another;
    return TlsProblem::none;
}

bool configure(SSL_CTX* context) {
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    // What is sealed is written at once and whole, and a session that is quiet has no buffers.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // Tickets need none.
    SSL_CTX_set_timeout(context, ticket_lifetime_s);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    static constexpr std::array<unsigned char, 8> ours{'r', 'i', 'n', 'g', 't', 'i', 'c', 'k'};
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, ciphers_of_tls_1_2) == 1 &&
           SSL_CTX_set_ciphersuites(context, ciphers_of_tls_1_3) == 1 &&
           SSL_CTX_set1_groups_list(context, groups) == 1 &&
           SSL_CTX_set_session_id_context(context, ours.data(), ours.size()) == 1;
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const {
    SSL_CTX_free(context);
}

TlsProblem TlsContext::load(std::string_view certificate, std::string_view key) {
    ERR_clear_error();
    detail_ = {};
    Native fresh(SSL_CTX_new(TLS_server_method()));
    if (fresh == nullptr || !configure(fresh.get())) return TlsProblem::out_of_memory;
    TlsProblem problem = fill(fresh.get(), certificate, key);
    if (problem == TlsProblem::none && !ticket_keys_->serve(fresh.get())) {
        problem = TlsProblem::out_of_memory;
    }
    if (problem == TlsProblem::none) {
        native_ = std::move(fresh);
    } else if (const char* const reason = ERR_reason_error_string(ERR_peek_last_error())) {
        detail_ = reason;  // Lies in a table of OpenSSL's that stays.
    }
    ERR_clear_error();
    return problem;
}

TlsProblem TlsContext::fill(ssl_ctx_st* context,
                            std::string_view certificate,
                            std::string_view key) {
    const Bio text = bio_of(certificate);
    if (text == nullptr) return TlsProblem::out_of_memory;
    const Certificate own(PEM_read_bio_X509_AUX(text.get(), nullptr, no_passphrase, nullptr));
    if (own == nullptr) return TlsProblem::certificate_malformed;
    if (SSL_CTX_use_certificate(context, own.get()) != 1) return TlsProblem::certificate_refused;
    if (const TlsProblem problem = use_chain(context, text.get()); problem != TlsProblem::none) {
        return problem;
    }
    if (const TlsProblem problem = use_key(context, key); problem != TlsProblem::none) {
        return problem;
    }
    signs_slowly_ = EVP_PKEY_is_a(X509_get0_pubkey(own.get()), "RSA") == 1;
    valid_from_ = seconds_of(X509_get0_notBefore(own.get()));
    valid_until_ = seconds_of(X509_get0_notAfter(own.get()));
    return TlsProblem::none;
}

}  // namespace ringtick
