#include "server/token_digest.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

// Why these: see http/accept_key.cpp.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <array>

namespace ringtick {

namespace {

constexpr std::size_t token_size = 16;

ResumeToken read_token(std::span<const std::byte> bytes) {
    ByteReader reader(bytes);
    const auto first = reader.get<std::uint64_t>();
    return {.first = first, .second = reader.get<std::uint64_t>()};
}

std::array<std::byte, token_size> bytes_of(const ResumeToken& token) {
    std::array<std::byte, token_size> bytes{};
    ByteWriter writer(bytes);
    writer.put(token.first);
    writer.put(token.second);
    ASSERT(!writer.overflowed());
    return bytes;
}

}  // namespace

// SHA-256, cut to the size of a token. A token is random all through, so there is nothing to guess
// and no salt is needed.
ResumeToken digest_of(const ResumeToken& token) {
    if (token.none()) return {};
    const auto bytes = bytes_of(token);
    std::array<std::byte, SHA256_DIGEST_LENGTH> digest{};
    SHA256_CTX context;
    bool fine = SHA256_Init(&context) == 1;
    fine = fine && SHA256_Update(&context, bytes.data(), bytes.size()) == 1;
    fine = fine && SHA256_Final(reinterpret_cast<unsigned char*>(digest.data()), &context) == 1;
    ASSERT(fine);
    return read_token(std::span(digest).first(token_size));
}

void hide_token(std::span<std::byte> shown) {
    if (shown.empty()) return;
    ASSERT(shown.size() == token_size);
    copy_bytes(shown, bytes_of(digest_of(read_token(shown))));
}

}  // namespace ringtick
