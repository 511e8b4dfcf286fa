#include "http/accept_key.hpp"

#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <cstdlib>
#include <string_view>

namespace {

std::size_t allocations = 0;

void* count_malloc(std::size_t size, const char*, int) {
    allocations += 1;
    return std::malloc(size);
}
void* count_realloc(void* memory, std::size_t size, const char*, int) {
    allocations += 1;
    return std::realloc(memory, size);
}
void release(void* memory, const char*, int) {
    std::free(memory);
}

// OpenSSL takes these only before its first allocation: so before main.
const int counting = CRYPTO_set_mem_functions(count_malloc, count_realloc, release);

}  // namespace

namespace ringtick::http {
namespace {

std::string_view text_of(const AcceptKey& key) {
    return {key.data(), key.size()};
}

// RFC 6455, section 1.3.
TEST(AcceptKey, IsThatOfTheExampleOfTheRfc) {
    EXPECT_EQ(text_of(accept_key_for("dGhlIHNhbXBsZSBub25jZQ==")), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(AcceptKey, DoesNotAllocate) {
    ASSERT_EQ(counting, 1);
    CRYPTO_free(CRYPTO_malloc(1, "", 0), "", 0);
    ASSERT_GT(allocations, 0U);  // Or nothing is counted.

    const std::size_t before = allocations;
    for (int i = 0; i < 1000; ++i) accept_key_for("dGhlIHNhbXBsZSBub25jZQ==");
    EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace ringtick::http
