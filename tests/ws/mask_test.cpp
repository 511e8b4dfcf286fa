#include "ws/mask.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringtick {
namespace {

constexpr MaskingKey key{std::byte{0x37}, std::byte{0xFA}, std::byte{0x21}, std::byte{0x3D}};

std::vector<std::byte> counting_bytes(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = std::byte(i * 7 & 0xFF);
    return bytes;
}

// Section 5.3 as it is written: octet i of the transformed data is octet i XOR key[i MOD 4].
void unmask_plainly(std::span<std::byte> bytes, std::uint64_t offset) {
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] ^= key[(offset + i) % 4];
}

// Bytes around the span must stay as they were.
void expect_the_plain_formula(std::size_t size, std::uint64_t offset, std::size_t start) {
    auto wide = counting_bytes(start + size + 8);
    auto plain = wide;
    unmask(std::span(wide).subspan(start, size), key, offset);
    unmask_plainly(std::span(plain).subspan(start, size), offset);
    EXPECT_EQ(wide, plain) << size << " bytes at " << start << ", offset " << offset;
}

// Goal: the wide loop, the word loop and the tail are each the plain formula.
// Method: every size through all three, every offset modulo 8, every alignment.
TEST(Unmask, EqualsThePlainFormulaForEverySizeOffsetAndAlignment) {
    for (std::size_t size = 0; size <= 100; ++size) {
        for (std::uint64_t i = 0; i < 64; ++i) expect_the_plain_formula(size, i % 8, i / 8);
    }
}

TEST(Unmask, TakesOffsetsBeyond32Bits) {
    auto wide = counting_bytes(40);
    auto plain = wide;
    unmask(wide, key, (std::uint64_t{1} << 40) + 3);
    unmask_plainly(plain, 3);
    EXPECT_EQ(wide, plain);
}

}  // namespace
}  // namespace ringtick
