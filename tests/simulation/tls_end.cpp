#include "simulation/tls_end.hpp"

#include "base/assert.hpp"

#include <openssl/err.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ringtick {

const std::string_view simulated_certificate = R"(-----BEGIN CERTIFICATE-----
MIIBfjCCASWgAwIBAgIUI1ylOjfnd3P/EinYIF6nt0/fflEwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzA5Mzg1MFoYDzIxMjYxMDMw
MDkzODUwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQcIXo/GVfn05iEloTbkzaJJlLkZw7P51xo/yaJkgj5bUQtb1fGOVxv
8GUSiV71U+tUMG+UIUjnhet/krHQ2c+mo1MwUTAdBgNVHQ4EFgQUM6d+1O59HoYJ
QJ7EdxMx5lnWDs0wHwYDVR0jBBgwFoAUM6d+1O59HoYJQJ7EdxMx5lnWDs0wDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBqCzkXFEfZLxmcSOuBFsmF
fx1gLRmaXZhcdSOTP0g6BQIgJBccKwJbf8BMrJpQUbq9m4GbazZFinpwvbfBzICx
ryI=
-----END CERTIFICATE-----
)";
const std::string_view simulated_key = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgG2ZeoN2zigPE0gAT
AFprp+DgH/2xKjyFmuwytTbouCWhRANCAAQcIXo/GVfn05iEloTbkzaJJlLkZw7P
51xo/yaJkgj5bUQtb1fGOVxv8GUSiV71U+tUMG+UIUjnhet/krHQ2c+m
-----END PRIVATE KEY-----
)";

namespace {

// At most so much is given to OpenSSL at a time: it has no more memory for one block than a server
// needs.
constexpr std::size_t piece_max = 8'192;

Rng drawn(1);

int draw(unsigned char* bytes, int size) {
    for (unsigned char& byte : std::span(bytes, static_cast<std::size_t>(size))) {
        byte = static_cast<unsigned char>(drawn.next());
    }
    return 1;
}
int seeded() {
    return 1;
}

// TlsTicket's.
int keep_ticket(SSL* ssl, SSL_SESSION* session) {
    static_cast<TlsTicket*>(SSL_get_app_data(ssl))->session.reset(session);
    return 1;  // It is ours now.
}

SSL_CTX* client_context() {
    static SSL_CTX* const context = [] {
        SSL_CTX* const made = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_session_cache_mode(made,
                                       SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
        SSL_CTX_sess_set_new_cb(made, keep_ticket);
        return made;
    }();
    return context;
}

}  // namespace

void seed_openssl(std::uint64_t seed) {
    static constexpr RAND_METHOD method{.seed = nullptr,
                                        .bytes = draw,
                                        .cleanup = nullptr,
                                        .add = nullptr,
                                        .pseudorand = draw,
                                        .status = seeded};
    // The way around it, a provider, is of hundreds of lines.
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wdeprecated-declarations\"")
        const int done = RAND_set_rand_method(&method);
    _Pragma("GCC diagnostic pop") ASSERT(done == 1);
    drawn = Rng(seed);
}

TlsEnd::TlsEnd(Rng& rng, TlsTicket& ticket) : ssl_(SSL_new(client_context())) {
    ASSERT(ssl_ != nullptr);
    SSL_set_app_data(ssl_.get(), &ticket);
    if (rng.chance(25)) SSL_set_max_proto_version(ssl_.get(), TLS1_2_VERSION);
    if (rng.chance(50)) {
        static constexpr std::array<unsigned char, 9> http_1_1{8,   'h', 't', 't', 'p',
                                                               '/', '1', '.', '1'};
        SSL_set_alpn_protos(ssl_.get(), http_1_1.data(), http_1_1.size());
    }
    if (ticket.session != nullptr && rng.chance(80)) {
        SSL_set_session(ssl_.get(), ticket.session.get());
    }
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
    shake_hands();
}

void TlsEnd::shake_hands() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
        const auto plain = std::exchange(unsealed_, {});
        if (!plain.empty()) write(plain);
    } else if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) {
        has_failed_ = true;
    }
}

std::vector<std::byte> TlsEnd::read(std::span<const std::byte> sealed) {
    std::vector<std::byte> plain;
    while (!sealed.empty() && !has_failed_) {
        const auto piece = sealed.first(std::min(sealed.size(), piece_max));
        sealed = sealed.subspan(piece.size());
        BIO_write(SSL_get_rbio(ssl_.get()), piece.data(), static_cast<int>(piece.size()));
        if (!is_open()) shake_hands();
        if (is_open()) read_records(plain);
    }
    return plain;
}

void TlsEnd::read_records(std::vector<std::byte>& plain) {
    std::array<std::byte, 16'384> record;
    while (true) {
        ERR_clear_error();
        const int size = SSL_read(ssl_.get(), record.data(), record.size());
        if (size > 0) {
            plain.insert(plain.end(), record.begin(), record.begin() + size);
            continue;
        }
        const int error = SSL_get_error(ssl_.get(), size);
        has_failed_ = error != SSL_ERROR_WANT_READ && error != SSL_ERROR_ZERO_RETURN;
        return;
    }
}

void TlsEnd::write(std::span<const std::byte> plain) {
    if (!is_open()) {
        unsealed_.insert(unsealed_.end(), plain.begin(), plain.end());
    } else if (!has_failed_) {
        ERR_clear_error();
        SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
    }
}

std::vector<std::byte> TlsEnd::take() {
    BIO* const out = SSL_get_wbio(ssl_.get());
    std::vector<std::byte> bytes(BIO_ctrl_pending(out));
    if (!bytes.empty()) BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
}

void TlsEnd::change_keys() {
    if (!is_open() || SSL_version(ssl_.get()) != TLS1_3_VERSION) return;
    SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED);
}

void TlsEnd::say_goodbye() {
    if (is_open() && !has_failed_) SSL_shutdown(ssl_.get());
}

}  // namespace ringtick
