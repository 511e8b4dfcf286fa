#include "base/varint.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ringtick {
namespace {

using Bytes = std::array<std::byte, varint_size_max>;

TEST(Varint, TakesAsManyBytesAsTheNumberNeedsAndComesBack) {
    for (unsigned bits = 0; bits <= 64; ++bits) {
        const std::uint64_t value = bits == 0 ? 0 : ~std::uint64_t{} >> (64 - bits);
        Bytes bytes{};
        const std::size_t size = write_varint(bytes, value);
        EXPECT_EQ(size, bits <= 7 ? 1 : (bits + 6) / 7) << bits;

        std::span<const std::byte> in = bytes;
        std::uint64_t read = 1;
        ASSERT_TRUE(read_varint(in, read)) << bits;
        EXPECT_EQ(read, value);
        EXPECT_EQ(in.size(), bytes.size() - size);
    }
}

TEST(Varint, RefusesWhatIsCutOff) {
    Bytes bytes{};
    const std::size_t size = write_varint(bytes, ~std::uint64_t{});
    for (std::size_t cut = 0; cut < size; ++cut) {
        std::span<const std::byte> in = std::span(bytes).first(cut);
        std::uint64_t value = 0;
        EXPECT_FALSE(read_varint(in, value)) << cut;
        EXPECT_EQ(in.size(), cut);
    }
}

TEST(Varint, RefusesMoreThanSixtyFourBits) {
    std::vector<std::byte> bytes(varint_size_max, std::byte{0xFF});
    bytes.back() = std::byte{2};
    std::span<const std::byte> in = bytes;
    std::uint64_t value = 0;
    EXPECT_FALSE(read_varint(in, value));
    bytes.back() = std::byte{0x81};
    bytes.push_back(std::byte{0});
    in = bytes;
    EXPECT_FALSE(read_varint(in, value));
}

}  // namespace
}  // namespace ringtick
