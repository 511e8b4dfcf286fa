#include "server/token_digest.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

// Why these: see http/accept_key.cpp.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <array>

namespace ringtick {

// SHA-256, cut to the size of a token. A token is random all through, so there is nothing to guess
// and no salt is needed.
ResumeToken digest_of(const ResumeToken& token) {
    if (token.none()) return {};
    const auto bytes = token.bytes();
    std::array<std::byte, SHA256_DIGEST_LENGTH> digest{};
    SHA256_CTX context;
    bool fine = SHA256_Init(&context) == 1;
    fine = fine && SHA256_Update(&context, bytes.data(), bytes.size()) == 1;
    fine = fine && SHA256_Final(reinterpret_cast<unsigned char*>(digest.data()), &context) == 1;
    ASSERT(fine);
    return ResumeToken::from(std::span(digest).first(ResumeToken::size));
}

void hide_token(std::span<std::byte> shown) {
    if (shown.empty()) return;
    ASSERT(shown.size() == ResumeToken::size);
    copy_bytes(shown, digest_of(ResumeToken::from(shown)).bytes());
}

}  // namespace ringtick
