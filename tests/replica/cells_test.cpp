// What is told by whole cells, written and read: the reader has each thing of each cell that its
// view touches, rounded as declared, and nothing else; and no bytes make it have anything else.
#include "replica/cells.hpp"

#include "replica/cell_reader.hpp"
#include "replica/cell_writer.hpp"
#include "replica/expect_thing.hpp"
#include "replica/random_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "support/snapshots_wanted.hpp"

namespace ringtick {
namespace {

using namespace random_world;

constexpr std::size_t seen_max = 80;
constexpr unsigned id_bits = 7;

using List = VisibleList<Thing, seen_max>;
using Bytes = std::vector<std::byte>;

Fixed units(std::int32_t count) {
    return Fixed::from_int(count);
}

using Viewer = CellWriter<Thing>::Viewer;

// A world told by cells of one size.
class Told {
public:
    Told(std::uint64_t seed, unsigned size_bits)
        : world(seed), grid(extent, size_bits), writer(grid, {things}) {}

    void tick() {
        world.tick(++now);
        build(world.things_now());
    }
    void build(std::span<const Thing> now_there) { writer.build(now_there); }

    Bytes write(Viewer viewer) const {
        Bytes bytes(8192);
        viewer.bits_max = std::min(viewer.bits_max, bytes.size() * 8);
        FieldWriter out(bytes);
        const auto shown = writer.write(out, viewer);
        bytes.resize(out.finish());
        EXPECT_FALSE(out.overflowed());
        EXPECT_LE(bytes.size() * 8, viewer.bits_max);
        EXPECT_EQ(shown == CellWriter<Thing>::Shown::nothing, bytes.empty());
        if (!bytes.empty()) {
            EXPECT_EQ(shown == CellWriter<Thing>::Shown::less,
                      area(rectangle_of(bytes)) < area(grid.touched(viewer.from, viewer.to)));
        }
        return bytes;
    }

    // Null: it is refused.
    std::unique_ptr<List> read(std::span<const std::byte> bytes) const {
        FieldReader reader(bytes);
        auto list = std::make_unique<List>();
        CellReader<List> cells(reader, grid, {things});
        const bool fine = cells.read(*list) && reader.finished();
        return fine ? std::move(list) : nullptr;
    }

    CellRectangle rectangle_of(std::span<const std::byte> bytes) const {
        FieldReader reader(bytes);
        return read_rectangle(reader, grid);
    }
    static std::int32_t area(const CellRectangle& cells) { return cells.columns * cells.rows; }

    static Thing rounded(const Thing& thing) {
        Thing model;
        begin_model(Telling{Thing::wire, extent}, model, thing);
        return model;
    }
    // All things of these cells, and no other.
    void expect_shown(const List& list, const CellRectangle& cells) const {
        std::size_t shown = 0;
        for (std::uint16_t id = 0; id < things; ++id) {
            const Thing& thing = world.things_now()[id];
            if (!thing.shown() || !lies_in(rounded(thing).position, cells)) continue;
            ASSERT_LT(shown, list.size());
            ASSERT_EQ(list[shown].id, id);
            expect_same(list[shown].entity, rounded(thing));
            expect_near(list[shown].entity, thing);
            shown += 1;
        }
        EXPECT_EQ(shown, list.size());
    }
    bool lies_in(FixedVector place, const CellRectangle& cells) const {
        const CellRectangle own = grid.touched(place, place);
        return own.column >= cells.column && own.column < cells.column + cells.columns &&
               own.row >= cells.row && own.row < cells.row + cells.rows;
    }

    World world;
    CellGrid grid;
    CellWriter<Thing> writer;
    std::uint32_t now = 0;
};

constexpr std::size_t plenty = 1'000'000;

FixedVector anywhere(Rng& rng) {
    return {Fixed::from_raw(rng.between(-100 * Fixed::one, 1100 * Fixed::one)),
            Fixed::from_raw(rng.between(-100 * Fixed::one, 1100 * Fixed::one))};
}

void expect_read_back(const Told& told, Rng& rng) {
    const FixedVector from = anywhere(rng);
    const FixedVector to =
        from + FixedVector{units(rng.between(0, 600)), units(rng.between(0, 400))};
    const Bytes bytes =
        told.write({.from = from, .to = to, .bits_max = plenty, .entities_max = {plenty}});
    const auto list = told.read(bytes);
    const CellRectangle cells = told.grid.touched(from, to);
    if (list == nullptr) {  // More than a list holds.
        const auto is_there = [&](const Thing& thing) {
            return thing.shown() && told.lies_in(Told::rounded(thing).position, cells);
        };
        const auto count = std::ranges::count_if(told.world.things_now(), is_there);
        EXPECT_GT(static_cast<std::size_t>(count), seen_max);
        return;
    }
    told.expect_shown(*list, cells);
}

TEST(Cells, AreReadAsTheWorldRounded) {
    const std::uint64_t wanted = snapshots_wanted(10'000);
    std::uint64_t read = 0;
    for (std::uint64_t seed = 1; read < wanted && !::testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        Rng rng(seed);
        Told told(seed, 5 + static_cast<unsigned>(seed % 6));
        for (int tick = 0; tick < 100 && !::testing::Test::HasFailure(); ++tick) {
            told.tick();
            for (int viewer = 0; viewer < 8; ++viewer, ++read) expect_read_back(told, rng);
        }
    }
    RecordProperty("snapshots", std::to_string(read));
}

// Goal: with little room, what is told is a smaller view around the same middle.
TEST(Cells, AreFewerAroundTheMiddleWhereNotAllFit) {
    Told told(1, 6);
    for (int i = 0; i < 100; ++i) told.tick();
    const FixedVector middle{units(480), units(520)};
    const FixedVector corner{units(300), units(200)};
    std::size_t most = 0;
    for (std::size_t room = 2; room < 1200; ++room) {
        const Bytes bytes = told.write({.from = middle - corner,
                                        .to = middle + corner,
                                        .bits_max = room * 8,
                                        .entities_max = {plenty}});
        if (bytes.empty()) continue;
        ASSERT_LE(bytes.size(), room);
        const auto list = told.read(bytes);
        ASSERT_NE(list, nullptr);
        ASSERT_GE(list->size(), most);
        most = list->size();
        const CellRectangle cells = told.rectangle_of(bytes);
        ASSERT_TRUE(told.lies_in(middle, cells));
        told.expect_shown(*list, cells);
    }
    EXPECT_GT(most, 20U);
}

TEST(Cells, AreNoMoreThanTheReaderCanHold) {
    Told told(1, 6);
    for (int i = 0; i < 100; ++i) told.tick();
    for (std::size_t most = 0; most < 60; ++most) {
        const Bytes bytes = told.write({.from = {},
                                        .to = {units(1000), units(1000)},
                                        .bits_max = plenty,
                                        .entities_max = {most}});
        if (bytes.empty()) continue;
        const auto list = told.read(bytes);
        ASSERT_NE(list, nullptr);
        EXPECT_LE(list->size(), most);
    }
}

TEST(Cells, TellNothingWhereNotOneFits) {
    Told told(1, 10);
    for (int i = 0; i < 100; ++i) told.tick();
    EXPECT_TRUE(
        told.write({.from = {}, .to = {}, .bits_max = plenty, .entities_max = {5}}).empty());
    EXPECT_TRUE(
        told.write({.from = {}, .to = {}, .bits_max = 80, .entities_max = {plenty}}).empty());
}

// Bytes by hand, of a world of four cells; each thing is its id and zeroes.
class ByHand {
public:
    ByHand() {
        writer_.bits(0, 1);
        writer_.bits(0, 1);
    }

    ByHand& rectangle(std::int32_t columns, std::int32_t rows) {
        writer_.bits(columns - 1, 1);
        writer_.bits(rows - 1, 1);
        writer_.align();
        return *this;
    }
    ByHand& cell(std::initializer_list<std::uint16_t> ids, std::int32_t column = 0) {
        detail::write_count(writer_, static_cast<std::uint32_t>(ids.size()));
        for (const std::uint16_t id : ids) {
            writer_.bits(id, id_bits);
            const Thing thing{.position = {units(512 * column), Fixed{}}};
            describe_rounded(writer_, Telling{Thing::wire, extent}, thing,
                             told_.grid.box(column, 0));
        }
        writer_.align();
        return *this;
    }
    bool is_read() {
        const std::size_t size = writer_.finish();
        return told_.read(std::span<const std::byte>(bytes_).first(size)) != nullptr;
    }

    FieldWriter& writer() { return writer_; }

private:
    std::array<std::byte, 256> bytes_{};
    FieldWriter writer_{bytes_};
    Told told_{1, 9};
};

TEST(Cells, AreReadOnlyWithAscendingIdsOfWhichNoneIsTwoPlaces) {
    EXPECT_TRUE(ByHand().rectangle(2, 1).cell({5, 7}).cell({2, 6}, 1).is_read());
    EXPECT_FALSE(ByHand().rectangle(2, 1).cell({7, 5}).cell({}, 1).is_read());
    EXPECT_FALSE(ByHand().rectangle(2, 1).cell({5, 5}).cell({}, 1).is_read());
    EXPECT_FALSE(ByHand().rectangle(2, 1).cell({5, 7}).cell({2, 5}, 1).is_read());
    EXPECT_TRUE(ByHand().rectangle(1, 1).cell({things - 1}).is_read());
    EXPECT_FALSE(ByHand().rectangle(1, 1).cell({things}).is_read());
}

// What has no place is not in any cell.
struct Rumour {
    std::uint8_t strength = 0;

    bool shown() const { return strength > 0; }

    static constexpr auto wire = fields(Number<&Rumour::strength, 0, 100>{});
};

// Goal: a world of several types is told as each of them alone; what has no place, to everybody.
TEST(Cells, TellSeveralTypesAtOnceAndToEverybodyWhatIsNowhere) {
    constexpr std::size_t rumours = 5;
    using Rumours = VisibleList<Rumour, rumours>;
    Told told(7, 7);
    CellWriter<Rumour, Thing> writer(told.grid, {rumours, things});
    std::array<Rumour, rumours> now_said{};
    Rng rng(7);
    for (int tick = 0; tick < 300; ++tick) {
        told.tick();
        for (Rumour& rumour : now_said) rumour.strength = static_cast<std::uint8_t>(rng.below(3));
        writer.build(now_said, told.world.things_now());
        const FixedVector from = anywhere(rng);
        const FixedVector to = from + FixedVector{units(300), units(200)};
        Bytes bytes(4096);
        FieldWriter out(bytes);
        ASSERT_EQ(writer.write(out, {.from = from, .to = to, .bits_max = plenty}),
                  (CellWriter<Rumour, Thing>::Shown::all));
        FieldReader in{std::span(bytes).first(out.finish())};
        Rumours heard;
        List seen;
        CellReader<Rumours, List> reader(in, told.grid, {rumours, things});
        ASSERT_TRUE(reader.read(heard, seen) && in.finished());
        told.expect_shown(seen, told.grid.touched(from, to));
        std::size_t count = 0;
        for (std::uint16_t id = 0; id < rumours; ++id) {
            if (!now_said[id].shown()) continue;
            ASSERT_LT(count, heard.size());
            EXPECT_EQ(heard[count].id, id);
            EXPECT_EQ(heard[count++].entity.strength, now_said[id].strength);
        }
        EXPECT_EQ(count, heard.size());
    }
}

// A rectangle that is partly beside the world is said in as many bits.
TEST(Cells, AreReadOnlyOfTheWorld) {
    const Told told(1, 8);  // Four by four.
    const auto is_read = [&](std::uint32_t column, std::uint32_t columns) {
        Bytes bytes(32);
        FieldWriter writer(bytes);
        for (const std::uint32_t index : {column, 0U, columns - 1, 0U}) writer.bits(index, 2);
        writer.finish();
        return told.read(std::span(bytes).first(1 + columns)) != nullptr;
    };
    EXPECT_TRUE(is_read(0, 4));
    EXPECT_TRUE(is_read(3, 1));
    EXPECT_FALSE(is_read(1, 4));
    EXPECT_FALSE(is_read(3, 2));
}

TEST(Cells, AreReadOnlyWhole) {
    EXPECT_TRUE(ByHand().rectangle(2, 1).cell({}).cell({}).is_read());
    EXPECT_FALSE(ByHand().rectangle(2, 1).cell({}).is_read());
    EXPECT_FALSE(ByHand().rectangle(2, 1).cell({}).cell({}).cell({}).is_read());

    ByHand filled;
    filled.rectangle(1, 1);
    detail::write_count(filled.writer(), 0);
    filled.writer().bits(1, 1);  // In the filling behind an empty cell.
    EXPECT_FALSE(filled.is_read());

    ByHand longer;  // A count of nothing in two groups.
    longer.rectangle(1, 1).writer().bits(0b0000'1000, 8);
    EXPECT_FALSE(longer.is_read());
}

// Goal: a place is in its cell, or it cannot be told.
TEST(Cells, AreReadOnlyOfPlacesWithinThem) {
    const auto is_read = [](std::uint32_t eighths_from_the_edge, std::int32_t column) {
        const Told told(1, 9);
        Bytes bytes(14);  // What is not said below is zeroes, which all other fields may be.
        FieldWriter writer(bytes);
        const CellRectangle one{.column = column};
        write_rectangle(writer, one, told.grid);
        writer.align();
        detail::write_count(writer, 1);
        writer.bits(5, id_bits);
        writer.bits(eighths_from_the_edge, 12);
        writer.finish();
        return told.read(bytes) != nullptr;
    };
    EXPECT_TRUE(is_read(0, 0));
    EXPECT_TRUE(is_read(512 * 8 - 1, 0));
    EXPECT_TRUE(is_read((1000 - 512) * 8, 1));  // The world's own edge belongs to it.
    EXPECT_FALSE(is_read((1000 - 512) * 8 + 1, 1));
}

TEST(Cells, AreRefusedWhereverTheyAreCut) {
    Told told(3, 7);
    for (int i = 0; i < 100; ++i) told.tick();
    const Bytes bytes = told.write({.from = {units(200), units(200)},
                                    .to = {units(700), units(500)},
                                    .bits_max = plenty,
                                    .entities_max = {seen_max}});
    ASSERT_NE(told.read(bytes), nullptr);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_EQ(told.read(std::span(bytes).first(size)), nullptr) << size;
    }
}

// Goal: there is one way to say a thing, so that whatever is accepted is what a writer writes of
// the things that were read.
void expect_written_alike(Told& told, const List& list, const Bytes& bytes) {
    std::array<Thing, things> there{};
    for (const Visible<Thing>& seen : list) {
        there[seen.id] = seen.entity;
        there[seen.id].is_there = true;
    }
    told.build(there);
    const CellRectangle cells = told.rectangle_of(bytes);
    const Box first = told.grid.box(cells.column, cells.row);
    const Box last = told.grid.box(cells.column + cells.columns - 1, cells.row + cells.rows - 1);
    EXPECT_EQ(told.write({.from = {units(first.x), units(first.y)},
                          .to = {units(last.x), units(last.y)},
                          .bits_max = plenty,
                          .entities_max = {seen_max}}),
              bytes);
}

TEST(Cells, AreRefusedWhenDamagedOrReadAsAWriterWouldHaveWrittenThem) {
    const std::uint64_t seed = 20'261'122;
    SCOPED_TRACE(seed);
    Rng rng(seed);
    Told told(seed, 7);
    Told again(seed, 7);
    int accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        if (round % 20 == 0) told.tick();
        Bytes bytes = told.write({.from = {units(200), units(200)},
                                  .to = {units(599), units(599)},
                                  .bits_max = plenty,
                                  .entities_max = {seen_max}});
        for (std::uint32_t flips = 1 + rng.below(4); flips > 0; --flips) {
            bytes[rng.below(static_cast<std::uint32_t>(bytes.size()))] ^=
                static_cast<std::byte>(1U << rng.below(8));
        }
        const auto list = told.read(bytes);
        if (list == nullptr) continue;
        accepted += 1;
        expect_written_alike(again, *list, bytes);
        if (::testing::Test::HasFailure()) return;
    }
    EXPECT_GT(accepted, 1000);
}

TEST(Cells, AreRefusedOrReadOfRandomBytes) {
    const std::uint64_t seed = 20'261'123;
    SCOPED_TRACE(seed);
    Rng rng(seed);
    const Told told(seed, 6);
    for (int round = 0; round < 20'000; ++round) {
        Bytes bytes(rng.below(200));
        for (std::byte& byte : bytes) byte = static_cast<std::byte>(rng.next());
        const auto list = told.read(bytes);
        for (std::size_t i = 1; list != nullptr && i < list->size(); ++i) {
            ASSERT_LT((*list)[i - 1].id, (*list)[i].id);
        }
    }
}

}  // namespace
}  // namespace ringtick
