#include "base/image.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringtick {
namespace {

enum class Fruit : std::uint8_t { apple, pear, quince };
enum class Depth : std::int8_t { surface, ground };

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
    std::vector<std::byte> bytes;
    for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

template <class E>
E read_choice(int byte, E last, bool& ok) {
    const auto bytes = bytes_of({byte, 7});
    ImageReader image(bytes);
    E value{};
    image.choice(value, last);
    ok = image.ok();
    EXPECT_EQ(image.finished(), false);
    return value;
}

TEST(Image, GivesBackWhatWasWritten) {
    ImageWriter writer;
    const std::array<std::byte, 3> some{std::byte{1}, std::byte{2}, std::byte{3}};
    writer.whole(std::uint64_t{0x0123'4567'89AB'CDEF});
    writer.whole(true);
    writer.choice(Fruit::quince, Fruit::quince);
    writer.bytes(some);

    ImageReader reader(writer.image());
    std::uint64_t number = 0;
    bool truth = false;
    Fruit fruit{};
    std::array<std::byte, 3> back{};
    reader.whole(number);
    reader.whole(truth);
    reader.choice(fruit, Fruit::quince);
    reader.bytes(back);
    EXPECT_EQ(number, 0x0123'4567'89AB'CDEF);
    EXPECT_TRUE(truth);
    EXPECT_EQ(fruit, Fruit::quince);
    EXPECT_EQ(back, some);
    EXPECT_TRUE(reader.finished());
}

TEST(Image, RefusesWhatIsNeitherTrueNorFalse) {
    for (const int byte : {0, 1, 2, 128, 255}) {
        const auto bytes = bytes_of({byte});
        ImageReader image(bytes);
        bool value = true;
        image.whole(value);
        EXPECT_EQ(image.ok(), byte <= 1) << byte;
        EXPECT_EQ(value, byte == 1) << byte;
    }
}

TEST(Image, RefusesAnEnumeratorBehindTheLast) {
    bool ok = false;
    EXPECT_EQ(read_choice(1, Fruit::pear, ok), Fruit::pear);
    EXPECT_TRUE(ok);
    for (const int byte : {2, 3, 128, 255}) {
        EXPECT_EQ(read_choice(byte, Fruit::pear, ok), Fruit::apple) << byte;
        EXPECT_FALSE(ok) << byte;
    }
    EXPECT_EQ(read_choice(255, Depth::ground, ok), Depth::surface);  // -1.
    EXPECT_FALSE(ok);
}

// Also of what would have fitted: who reads on behind a refusal finds nothing.
TEST(Image, IsZeroBehindItsEndAndBehindARefusal) {
    const auto bytes = bytes_of({9, 9, 9, 9, 9});
    ImageReader image(bytes);
    std::uint32_t number = 0;
    image.whole(number);
    EXPECT_EQ(number, 0x0909'0909U);
    image.whole(number);
    EXPECT_EQ(number, 0U);
    EXPECT_FALSE(image.ok());
    std::uint8_t byte = 1;
    image.whole(byte);
    EXPECT_EQ(byte, 0);
    EXPECT_TRUE(image.take(1).empty());
    EXPECT_FALSE(image.finished());
}

TEST(Image, TakesNoMoreThanThereIs) {
    const auto bytes = bytes_of({1, 2});
    for (const std::size_t size : {std::size_t{3}, SIZE_MAX}) {
        ImageReader image(bytes);
        EXPECT_TRUE(image.take(size).empty());
        EXPECT_FALSE(image.ok());
    }
    ImageReader image(bytes);
    EXPECT_EQ(image.take(2).size(), 2U);
    EXPECT_TRUE(image.finished());
}

TEST(Image, IsNotFinishedWhileSomeIsUnread) {
    const auto bytes = bytes_of({1, 2});
    ImageReader image(bytes);
    EXPECT_EQ(image.take(1).size(), 1U);
    EXPECT_TRUE(image.ok());
    EXPECT_FALSE(image.finished());
}

}  // namespace
}  // namespace ringtick
