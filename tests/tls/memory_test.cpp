#include "tls/memory.hpp"

#include "base/bytes.hpp"
#include "tls/client.hpp"
#include "tls/context.hpp"
#include "tls/session.hpp"

#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace ringtick {
namespace {

constexpr std::size_t size_max = 64 << 20;

// Before anything of OpenSSL's is used, as a program does it.
const bool given = give_openssl_memory(size_max);

class OpensslMemoryTest : public testing::Test {
protected:
    void SetUp() override {
        if (!given) GTEST_SKIP() << "OpenSSL has the heap here";
    }
};

struct Block {
    std::span<unsigned char> bytes;
    unsigned char content = 0;

    bool intact() const {
        return std::ranges::all_of(bytes, [this](unsigned char byte) { return byte == content; });
    }
};

// Random blocks, each full of a content of its own.
class Blocks {
public:
    explicit Blocks(std::uint64_t seed) : random_(seed) {}

    std::size_t count() const { return all_.size(); }
    std::size_t pick() { return random_() % all_.size(); }
    void take() {
        const std::size_t size = 1 + random_() % (random_() % 8 == 0 ? 40'000 : 300);
        Block block{.content = static_cast<unsigned char>(random_())};
        block.bytes = {static_cast<unsigned char*>(OPENSSL_malloc(size)), size};
        ASSERT_NE(block.bytes.data(), nullptr);
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(block.bytes.data()) % 16, 0U);
        std::ranges::fill(block.bytes, block.content);
        all_.push_back(block);
    }
    void resize(std::size_t at) {
        Block& block = all_[at];
        ASSERT_TRUE(block.intact());
        const std::size_t size = 1 + random_() % 5'000;
        const std::size_t kept = std::min(size, block.bytes.size());
        auto* const bytes = static_cast<unsigned char*>(OPENSSL_realloc(block.bytes.data(), size));
        ASSERT_NE(bytes, nullptr);
        block.bytes = {bytes, kept};
        ASSERT_TRUE(block.intact());
        block.bytes = {bytes, size};
        std::ranges::fill(block.bytes, block.content);
    }
    void give_back(std::size_t at) {
        ASSERT_TRUE(all_[at].intact());
        OPENSSL_free(all_[at].bytes.data());
        all_[at] = all_.back();
        all_.pop_back();
    }

private:
    std::mt19937_64 random_;
    std::vector<Block> all_;
};

TEST_F(OpensslMemoryTest, GivesBlocksThatDoNotOverlapAndTakesThemBack) {
    constexpr std::uint64_t seed = 11;
    SCOPED_TRACE(seed);
    Blocks blocks(seed);
    const std::size_t used = openssl_memory().used;
    for (int i = 0; i < 20'000; ++i) {
        blocks.take();
        if (blocks.count() > 100) blocks.give_back(blocks.pick());
        if (i % 2 == 0) blocks.resize(blocks.pick());
    }
    while (blocks.count() > 0) blocks.give_back(0);
    EXPECT_EQ(openssl_memory().used, used);
}

TEST_F(OpensslMemoryTest, RefusesWhatHasNoRoom) {
    const std::size_t refused = openssl_memory().refused;
    EXPECT_EQ(OPENSSL_malloc(size_max + 1), nullptr);
    EXPECT_EQ(OPENSSL_malloc(SIZE_MAX), nullptr);
    EXPECT_EQ(openssl_memory().refused, refused + 2);
    void* const block = OPENSSL_malloc(100);
    EXPECT_NE(block, nullptr);
    OPENSSL_free(block);
}

// Goal: an open session costs what it costs once, and one that is over costs nothing.
TEST_F(OpensslMemoryTest, IsNotUsedUpBySessions) {
    const Identity identity = make_identity();
    TlsContext context;
    ASSERT_EQ(context.load(identity.certificate, identity.key), TlsProblem::none);
    const auto play = [&] {
        TlsClient client;
        Served served;
        ASSERT_TRUE(served.session.begin(context, {}));
        converse(client, served);
        ASSERT_EQ(served.session.state(), TlsSession::State::open);
        for (int i = 0; i < 100; ++i) {
            client.write("an input");
            served.take(client.give());
            client.take(served.write(std::string(1'000, 's')));
            ASSERT_EQ(client.read().size(), 1'000U);
        }
    };
    play();
    play();
    const OpensslMemory before = openssl_memory();
    for (int i = 0; i < 20; ++i) play();
    EXPECT_EQ(openssl_memory().used, before.used);
    EXPECT_EQ(openssl_memory().touched, before.touched);
}

// What is said in the documentation of an open session's and a handshake's share.
TEST_F(OpensslMemoryTest, IsSharedByManySessions) {
    const Identity identity = make_identity();
    TlsContext context;
    ASSERT_EQ(context.load(identity.certificate, identity.key), TlsProblem::none);
    constexpr std::size_t count = 50;
    std::vector<Served> all(count);
    const auto each = [&](std::size_t from) { return (openssl_memory().used - from) / count; };
    const std::size_t before = openssl_memory().used;
    for (Served& served : all) ASSERT_TRUE(served.session.begin(context, {}));
    EXPECT_LE(each(before), 16'384U);
    std::printf("a session that has begun: %zu bytes\n", each(before));
    for (Served& served : all) {
        TlsClient client;
        client.shake_hands();
        served.take(client.give());
    }
    std::printf("in the middle of its handshake: %zu bytes\n", each(before));
    EXPECT_LE(each(before), 131'072U);
    for (Served& served : all) served.session.end();
    for (Served& served : all) {
        ASSERT_TRUE(served.session.begin(context, {}));
        TlsClient client;
        converse(client, served);
        ASSERT_EQ(served.session.state(), TlsSession::State::open);
    }
    std::printf("open: %zu bytes\n", each(before));
    EXPECT_LE(each(before), 32'768U);
}

// A record that begins a hello of so many bytes, and another that never comes whole.
std::string beginning_of_hello(std::uint32_t declared) {
    std::string bytes("\x16\x03\x01\x00\x04\x01", 6);
    for (const unsigned shift : {16U, 8U, 0U}) bytes += static_cast<char>(declared >> shift);
    return bytes + std::string("\x16\x03\x01\x40\x00", 5) + std::string(9'000, 'x');
}

// Goal: who declares much gets little, and nothing that others could not have afterwards.
// Method: crowds of one size after the other, each of which leaves; only the first may touch memory
// that nobody had before.
TEST_F(OpensslMemoryTest, IsNotUsedUpByWhoDeclaresMuch) {
    const Identity identity = make_identity();
    TlsContext context;
    ASSERT_EQ(context.load(identity.certificate, identity.key), TlsProblem::none);
    constexpr std::size_t count = 50;
    std::vector<Served> all(count);
    std::size_t touched = 0;
    for (const std::uint32_t declared : {30'000U, 20'000U, 131'000U, 12'000U, 26'000U}) {
        const OpensslMemory before = openssl_memory();
        for (Served& served : all) {
            ASSERT_TRUE(served.session.begin(context, {}));
            served.take(as_bytes(beginning_of_hello(declared)));
        }
        EXPECT_LE((openssl_memory().used - before.used) / count, 262'144U) << declared;
        EXPECT_EQ(openssl_memory().refused > before.refused, declared > 40'000) << declared;
        for (Served& served : all) served.session.end();
        if (touched == 0) touched = openssl_memory().touched;
        EXPECT_EQ(openssl_memory().touched, touched) << declared;
    }
}

}  // namespace
}  // namespace ringtick
