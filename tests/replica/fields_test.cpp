#include "replica/fields.hpp"

#include "replica/bounded_list.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick {
namespace {

struct Item {
    std::int8_t value = 0;
};

struct Record {
    std::uint32_t id = 0;
    std::int16_t speed = 0;
    std::int64_t time = 0;
    bool has_more = false;
    std::uint8_t more = 0;
    BoundedList<Item, 3> items;
};

template <class Codec, class R>
constexpr void describe(Codec& codec, R& record) {
    codec.bits(record.id, 12);
    codec.ranged(record.speed, -500, 500);
    codec.whole(record.time);
    codec.bits(record.has_more, 1);
    codec.only_if(record.has_more, [&] { codec.bits(record.more, 5); });
    codec.list(record.items, [&](auto& item) { codec.ranged(item.value, -10, 10); });
}

Record example() {
    Record record{.id = 4000, .speed = -499, .time = -5'000'000'000, .has_more = true, .more = 31};
    record.items.push({-10});
    record.items.push({10});
    return record;
}

TEST(Fields, ReadWhatTheSameDescriptionWrote) {
    std::array<std::byte, 32> bytes{};
    FieldWriter writer(bytes);
    const Record written = example();
    describe(writer, written);
    const std::size_t size = writer.finish();

    FieldReader reader{std::span(bytes).first(size)};
    Record read;
    describe(reader, read);
    EXPECT_TRUE(reader.finished());
    EXPECT_EQ(read.id, 4000U);
    EXPECT_EQ(read.speed, -499);
    EXPECT_EQ(read.time, -5'000'000'000);
    EXPECT_EQ(read.more, 31);
    ASSERT_EQ(read.items.size(), 2U);
    EXPECT_EQ(read.items[0].value, -10);
    EXPECT_EQ(read.items[1].value, 10);
}

TEST(Fields, AreMeasuredAsLongAsTheyAreWritten) {
    std::array<std::byte, 32> bytes{};
    FieldWriter writer(bytes);
    FieldMeter meter;
    const Record record = example();
    describe(writer, record);
    describe(meter, record);
    EXPECT_EQ(writer.finish(), (meter.bit_count() + 7) / 8);
}

TEST(FieldReader, RefusesAMessageCutAnywhere) {
    std::array<std::byte, 32> bytes{};
    FieldWriter writer(bytes);
    const Record whole = example();
    describe(writer, whole);
    const std::size_t size = writer.finish();
    for (std::size_t cut = 0; cut < size; ++cut) {
        FieldReader reader{std::span(bytes).first(cut)};
        Record record;
        describe(reader, record);
        EXPECT_FALSE(reader.finished()) << cut;
    }
}

TEST(FieldReader, RefusesAValueOutOfItsRange) {
    std::array<std::byte, 4> bytes{std::byte{31}};  // -10 + 31 is not within -10 to 10.
    FieldReader reader(bytes);
    Item item;
    reader.ranged(item.value, -10, 10);
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(item.value, -10);
}

TEST(FieldReader, RefusesAListLongerThanItCanHold) {
    std::array<std::byte, 8> bytes{std::byte{4}};
    FieldReader reader(bytes);
    BoundedList<Item, 3> items;
    reader.list(items, [&](Item& item) { reader.bits(item.value, 8); });
    EXPECT_FALSE(reader.ok());
    EXPECT_TRUE(items.empty());
}

std::uint64_t hash_of_ranged(std::int32_t low, std::int32_t high) {
    FieldHasher hasher;
    hasher.ranged(0, low, high);
    return hasher.hash();
}

TEST(FieldHasher, TellsLayoutsApartAndIgnoresValues) {
    FieldHasher empty;
    FieldHasher full;
    Record zeroes;
    Record values = example();
    describe(empty, zeroes);
    describe(full, values);
    EXPECT_EQ(empty.hash(), full.hash());
    EXPECT_NE(hash_of_ranged(0, 100), hash_of_ranged(0, 101));
    EXPECT_NE(hash_of_ranged(-1, 100), hash_of_ranged(0, 100));
}

}  // namespace
}  // namespace ringtick
