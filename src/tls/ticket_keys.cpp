#include "tls/ticket_keys.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>

namespace ringtick {

namespace {

// What SSL_CTX_set_tlsext_ticket_key_evp_cb(3) has the function below return.
constexpr int failed = -1;
constexpr int unknown = 0;  // The handshake is a whole one.
constexpr int good = 1;
constexpr int good_but_old = 2;  // A new one is given.

bool begin_digest(EVP_MAC_CTX* digest, const TicketKeys::Key& key) {
    std::array<unsigned char, 32> secret = key.digest;
    std::array<char, 7> name{"SHA256"};
    const std::array<OSSL_PARAM, 3> parameters{
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret.data(), secret.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
        OSSL_PARAM_construct_end()};
    const bool begun = EVP_MAC_CTX_set_params(digest, parameters.data()) == 1;
    OPENSSL_cleanse(secret.data(), secret.size());
    return begun;
}

int seal(const TicketKeys& keys,
         unsigned char* name,
         unsigned char* vector,
         EVP_CIPHER_CTX* cipher,
         EVP_MAC_CTX* digest) {
    const TicketKeys::Key& key = keys.current();
    const EVP_CIPHER* const aes = EVP_aes_256_cbc();
    if (RAND_bytes(vector, EVP_CIPHER_get_iv_length(aes)) != 1) return failed;
    std::ranges::copy(key.name, name);
    const bool begun = EVP_EncryptInit_ex2(cipher, aes, key.cipher.data(), vector, nullptr) == 1 &&
                       begin_digest(digest, key);
    return begun ? good : failed;
}

int open(const TicketKeys& keys,
         const unsigned char* name,
         const unsigned char* vector,
         EVP_CIPHER_CTX* cipher,
         EVP_MAC_CTX* digest) {
    const TicketKeys::Key* const key = keys.find(std::span<const unsigned char, 16>(name, 16));
    if (key == nullptr) return unknown;
    const bool begun =
        EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), key->cipher.data(), vector, nullptr) == 1 &&
        begin_digest(digest, *key);
    if (!begun) return failed;
    return key == &keys.current() ? good : good_but_old;
}

// NOLINTNEXTLINE(readability-function-size): its parameters are OpenSSL's.
int use_key(SSL* session,
            unsigned char* name,
            unsigned char* vector,
            EVP_CIPHER_CTX* cipher,
            EVP_MAC_CTX* digest,
            int seals) {
    const auto* const keys =
        static_cast<const TicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)));
    return seals == 1 ? seal(*keys, name, vector, cipher, digest)
                      : open(*keys, name, vector, cipher, digest);
}

bool fill(TicketKeys::Key& key) {
    for (const std::span<unsigned char> bytes :
         {std::span<unsigned char>(key.name), std::span<unsigned char>(key.cipher),
          std::span<unsigned char>(key.digest)}) {
        if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
    }
    return true;
}

}  // namespace

TicketKeys::~TicketKeys() {
    OPENSSL_cleanse(&current_, sizeof current_);
    OPENSSL_cleanse(&before_, sizeof before_);
}

bool TicketKeys::serve(ssl_ctx_st* context) {
    Key fresh;
    const bool is_served = fill(fresh) && SSL_CTX_set_app_data(context, this) == 1 &&
                           SSL_CTX_set_tlsext_ticket_key_evp_cb(context, use_key) == 1;
    if (!is_served) return false;
    take(fresh);
    has_before_ = false;
    OPENSSL_cleanse(&before_, sizeof before_);
    return true;
}

void TicketKeys::renew(Nanoseconds now) {
    Key fresh;
    if (now - made_at_ >= lifetime && fill(fresh)) {
        take(fresh);
        has_before_ = true;
        // Then its last ticket has had its time, too, whenever it was replaced.
        before_until_ = made_at_ + 2 * lifetime;
        made_at_ = now;
    }
    if (!has_before_ || now < before_until_) return;
    has_before_ = false;
    OPENSSL_cleanse(&before_, sizeof before_);
}

void TicketKeys::take(Key& fresh) {
    before_ = current_;
    current_ = fresh;
    OPENSSL_cleanse(&fresh, sizeof fresh);
}

const TicketKeys::Key* TicketKeys::find(std::span<const unsigned char, 16> name) const {
    if (std::ranges::equal(current_.name, name)) return &current_;
    return has_before_ && std::ranges::equal(before_.name, name) ? &before_ : nullptr;
}

}  // namespace ringtick
