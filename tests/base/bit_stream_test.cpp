#include "base/bit_stream.hpp"

#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ringtick {
namespace {

TEST(BitStream, ReturnsWhatWasPutWhateverTheWidths) {
    struct Field {
        std::uint32_t value;
        unsigned width;
    };
    Rng rng(5);
    std::vector<Field> fields;
    for (int i = 0; i < 2000; ++i) {
        const unsigned width = rng.below(33);
        const auto value = static_cast<std::uint32_t>(width == 0 ? 0 : rng.next() >> (64 - width));
        fields.push_back({value, width});
    }
    std::vector<std::byte> bytes(8000);
    BitWriter writer(bytes);
    for (const Field& field : fields) writer.put(field.value, field.width);
    const std::size_t size = writer.finish();
    ASSERT_FALSE(writer.overflowed());

    BitReader reader{std::span(bytes).first(size)};
    for (const Field& field : fields) EXPECT_EQ(reader.get(field.width), field.value);
    EXPECT_TRUE(reader.finished());
}

TEST(BitStream, IsLittleEndianWhereFieldsFillBytes) {
    std::array<std::byte, 16> bytes{};
    BitWriter writer{std::span(bytes).first(6)};
    writer.put(0x1234, 16);
    writer.put(0x56789ABC, 32);
    EXPECT_EQ(writer.finish(), 6U);
    constexpr std::array<std::byte, 16> expected{std::byte{0x34}, std::byte{0x12}, std::byte{0xBC},
                                                 std::byte{0x9A}, std::byte{0x78}, std::byte{0x56}};
    EXPECT_EQ(bytes, expected);
}

// The same random bits twice, behind `before` others: put one by one, and packed and then copied.
struct Twice {
    Twice(unsigned before, unsigned width, Rng& rng) {
        std::array<std::byte, 12> packed{};
        BitWriter packer(packed);
        copier.put(0, before);
        putter.put(0, before);
        for (unsigned left = width; left > 0;) {
            const unsigned size = std::min(left, 13U);
            const auto value = static_cast<std::uint32_t>(rng.next() >> (64 - size));
            packer.put(value, size);
            putter.put(value, size);
            left -= size;
        }
        packer.finish();
        copier.put_packed(packed, width);
        copier.put(1, 1);
        putter.put(1, 1);
        copied.resize(copier.finish());
        put.resize(putter.finish());
    }

    std::vector<std::byte> copied = std::vector<std::byte>(40);
    std::vector<std::byte> put = std::vector<std::byte>(40);
    BitWriter copier{copied};
    BitWriter putter{put};
};

// Goal: what was packed before is written as if its numbers were put one by one, wherever it lands.
TEST(BitWriter, CopiesPackedBitsToAnyPlace) {
    Rng rng(9);
    for (unsigned before = 0; before < 32; ++before) {
        for (unsigned width = 1; width <= 95; ++width) {
            const Twice twice(before, width, rng);
            ASSERT_EQ(twice.copied, twice.put) << before << " " << width;
        }
    }
}

// Goal: nor does it touch what lies behind.
TEST(BitWriter, RefusesWhatDoesNotFitAndKeepsRefusing) {
    std::array<std::byte, 16> bytes{};
    BitWriter writer{std::span(bytes).first(2)};
    writer.put(1, 15);
    EXPECT_EQ(writer.bits_left(), 1U);
    writer.put(3, 2);
    EXPECT_TRUE(writer.overflowed());
    EXPECT_EQ(writer.bits_left(), 0U);
    for (int i = 0; i < 100; ++i) {
        writer.put(i % 2 == 0 ? 0xFFFF'FFFF : 1, i % 2 == 0 ? 32 : 1);
        EXPECT_TRUE(writer.overflowed());
        EXPECT_EQ(writer.bits_left(), 0U);
    }
    writer.finish();
    writer.put_bytes(std::span(bytes).last(1));
    EXPECT_TRUE(writer.overflowed());
    EXPECT_EQ(std::ranges::count(bytes, std::byte{}), 16);
}

void expect_filled_to_the_last_bit(std::size_t room, unsigned width) {
    std::array<std::byte, 32> bytes{};
    BitWriter writer{std::span(bytes).first(room)};
    for (std::size_t left = room * 8; left >= width; left -= width) {
        ASSERT_EQ(writer.bits_left(), left);
        writer.put(1, width);
        ASSERT_FALSE(writer.overflowed());
    }
    ASSERT_LT(writer.bits_left(), width);
    writer.put(1, width);
    ASSERT_TRUE(writer.overflowed());
    writer.finish();
    ASSERT_EQ(std::ranges::count(std::span(bytes).subspan(room), std::byte{}),
              static_cast<std::ptrdiff_t>(bytes.size() - room));
}

// Goal: whatever the room, just as much is written as there is room for.
TEST(BitWriter, TakesWhatFitsToTheLastBit) {
    for (std::size_t room = 0; room < 20; ++room) {
        for (unsigned width = 1; width <= 64; ++width) {
            SCOPED_TRACE(std::to_string(room) + " bytes, in " + std::to_string(width) + " bits");
            expect_filled_to_the_last_bit(room, width);
        }
    }
}

TEST(BitReader, YieldsZeroesPastTheEnd) {
    const std::array bytes{std::byte{0xFF}};
    BitReader reader(bytes);
    EXPECT_EQ(reader.get(9), 0U);
    EXPECT_TRUE(reader.overran());
    EXPECT_EQ(reader.get(1), 0U);
    EXPECT_FALSE(reader.finished());
}

TEST(BitReader, IsNotFinishedWhileBytesOrSetBitsAreLeft) {
    const std::array bytes{std::byte{0x01}, std::byte{0x00}};
    BitReader reader(bytes);
    reader.get(4);
    EXPECT_FALSE(reader.finished());  // A byte more.
    BitReader other{std::span(bytes).first(1)};
    EXPECT_FALSE((other.get(0), other.finished()));  // A set bit in the filling.
    EXPECT_TRUE((other.get(1), other.finished()));
}

TEST(BitStream, GoesOnWithWholeBytesBehindAPart) {
    constexpr std::array<std::byte, 3> whole{std::byte{0xAA}, std::byte{0xBB}, std::byte{0xCC}};
    std::array<std::byte, 5> bytes{};
    BitWriter writer(bytes);
    writer.put(5, 3);
    EXPECT_EQ(writer.finish(), 1U);
    writer.put_bytes(whole);
    writer.put(1, 1);
    EXPECT_EQ(writer.finish(), 5U);
    EXPECT_FALSE(writer.overflowed());
    writer.put_bytes({});
    EXPECT_FALSE(writer.overflowed());
    writer.put_bytes(std::span(whole).first(1));
    EXPECT_TRUE(writer.overflowed());

    BitReader reader(bytes);
    EXPECT_EQ(reader.get(3), 5U);
    EXPECT_TRUE(reader.align());
    EXPECT_EQ(reader.get(24), 0xCCBBAAU);
    EXPECT_TRUE(reader.align());  // There is nothing to fill.
    EXPECT_EQ(reader.get(1), 1U);
    EXPECT_TRUE(reader.finished());
    BitReader unfilled{std::span(bytes).first(1)};
    unfilled.get(1);
    EXPECT_FALSE(unfilled.align());
}

}  // namespace
}  // namespace ringtick
