#include "ws/deflater.hpp"

#include "base/bytes.hpp"
#include "ws/inflater.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "deflate_reference.hpp"

namespace ringtick {
namespace {

constexpr std::size_t message_size_max = 70'000;

// The compressed payload; empty: the message goes plain.
std::string deflate(Deflater& deflater,
                    std::uint8_t window_bits,
                    std::string_view message,
                    std::size_t room = message_size_max) {
    std::vector<std::byte> out(room);
    const std::size_t size = deflater.deflate(window_bits, as_bytes(message), out);
    return std::string(as_text(std::span(out).first(size)));
}

TEST(Deflater, MakesWhatAnInflaterTakesAtEveryWindowAndSize) {
    Deflater deflater;
    Inflater inflater(message_size_max);
    for (std::uint8_t bits = Deflater::window_bits_min; bits <= Deflater::window_bits_max; ++bits) {
        for (const std::size_t size : {256U, 257U, 1'000U, 4'096U, 33'000U, 70'000U}) {
            const std::string message = prose(size);
            const std::string compressed = deflate(deflater, bits, message);
            ASSERT_FALSE(compressed.empty());
            ASSERT_LT(compressed.size(), message.size());
            const auto result = inflater.inflate(as_bytes(compressed));
            ASSERT_EQ(result.violation, CloseCode::none);
            ASSERT_EQ(as_text(result.message), message);
        }
    }
}

// RFC 7692, section 7.1.2.1: a client with a small window cannot look back further.
// Method: a message whose second half repeats the first, further away than the smaller window.
TEST(Deflater, KeepsToTheWindow) {
    Deflater deflater;
    const std::string half = noise(2'000);
    for (std::uint8_t bits = Deflater::window_bits_min; bits <= Deflater::window_bits_max; ++bits) {
        const std::string compressed = deflate(deflater, bits, half + half);
        EXPECT_EQ(compressed.empty(), bits <= 11) << int{bits};
        if (compressed.empty()) continue;
        EXPECT_LT(compressed.size(), 2'400U);

        z_stream client{};
        ASSERT_EQ(inflateInit2(&client, -int{bits}), Z_OK);
        std::string in = compressed;
        std::string out(4'000, '\0');
        client.next_in = reinterpret_cast<Bytef*>(in.data());
        client.avail_in = static_cast<uInt>(in.size());
        client.next_out = reinterpret_cast<Bytef*>(out.data());
        client.avail_out = static_cast<uInt>(out.size());
        EXPECT_EQ(inflate(&client, Z_SYNC_FLUSH), Z_OK);
        inflateEnd(&client);
        EXPECT_EQ(out, half + half);
    }
}

// Goal: the same message is the same bytes, for whoever it is compressed and whatever came before.
TEST(Deflater, TakesNoContextOver) {
    Deflater deflater;
    const std::string message = prose(2'000, 7);
    const std::string first = deflate(deflater, 15, message);
    deflate(deflater, 15, prose(5'000, 8));
    deflate(deflater, 15, noise(5'000));
    EXPECT_EQ(deflate(deflater, 15, message), first);
}

TEST(Deflater, LeavesPlainWhatWouldNotShrinkOrIsSmall) {
    Deflater deflater;
    EXPECT_EQ(deflate(deflater, 15, noise(256)), "");
    EXPECT_EQ(deflate(deflater, 15, noise(65'536)), "");
    EXPECT_EQ(deflate(deflater, 15, std::string(255, 'x')), "");
    EXPECT_NE(deflate(deflater, 15, std::string(256, 'x')), "");
    EXPECT_EQ(deflate(deflater, 15, ""), "");
}

TEST(Deflater, LeavesPlainWhatDoesNotFit) {
    Deflater deflater;
    const std::string message = prose(1'000);
    const std::size_t size = deflate(deflater, 15, message).size();
    // The tail, which is taken off, and a byte to see the end need room too.
    EXPECT_EQ(deflate(deflater, 15, message, size + 5).size(), size);
    for (std::size_t room = 0; room < size + 5; ++room) {
        ASSERT_EQ(deflate(deflater, 15, message, room), "") << room;
    }
    EXPECT_EQ(deflate(deflater, 15, message).size(), size);
}

TEST(Deflater, CountsWhatItCompressed) {
    Deflater deflater;
    const std::size_t memory = deflater.memory();
    const std::size_t size = deflate(deflater, 12, prose(1'000)).size();
    deflate(deflater, 12, noise(1'000));
    EXPECT_EQ(deflater.stats().messages, 1U);
    EXPECT_EQ(deflater.stats().bytes_plain, 1'000U);
    EXPECT_EQ(deflater.stats().bytes_compressed, size);
    EXPECT_EQ(deflater.memory(), memory);
}

}  // namespace
}  // namespace ringtick
