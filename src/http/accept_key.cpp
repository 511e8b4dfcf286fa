#include "http/accept_key.hpp"

#include "base/assert.hpp"

// OpenSSL 3 calls its low-level digests deprecated. Its new interface (EVP) allocates a state on
// every use, also with the algorithm fetched and the context kept; these work on ours.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

namespace ringtick::http {

namespace {

constexpr std::string_view guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // Section 1.3.

using Sha1Digest = std::array<unsigned char, SHA_DIGEST_LENGTH>;

Sha1Digest sha1_of(std::string_view first, std::string_view second) {
    SHA_CTX context;
    Sha1Digest digest;
    bool fine = SHA1_Init(&context) == 1;
    fine = fine && SHA1_Update(&context, first.data(), first.size()) == 1;
    fine = fine && SHA1_Update(&context, second.data(), second.size()) == 1;
    fine = fine && SHA1_Final(digest.data(), &context) == 1;
    ASSERT(fine);
    return digest;
}

bool is_base64(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

}  // namespace

// 16 bytes are 22 characters and two of padding. The last 4 bits of the 22nd mean nothing and are
// not looked at (RFC 4648, section 3.5, leaves that open).
bool is_websocket_key(std::string_view key) {
    constexpr std::size_t characters = 22;
    return key.size() == characters + 2 && key.substr(characters) == "==" &&
           std::ranges::all_of(key.substr(0, characters), is_base64);
}

AcceptKey accept_key_for(std::string_view websocket_key) {
    const Sha1Digest digest = sha1_of(websocket_key, guid);

    std::array<unsigned char, std::tuple_size_v<AcceptKey> + 1> text{};  // It ends with a NUL.
    const int size = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
    AcceptKey key{};
    ASSERT(size == static_cast<int>(key.size()));
    std::memcpy(key.data(), text.data(), key.size());
    return key;
}

}  // namespace ringtick::http
