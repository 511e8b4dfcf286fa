// The encoder and the decoder of what a viewer sees, held against each other over random worlds:
// whatever was skipped, refused or left away for want of room, what the reader has is what the
// writer's models say, to the last bit, and that is the world within the declared tolerance.
#include "replica/expect_thing.hpp"
#include "replica/random_world.hpp"
#include "replica/view_reader.hpp"
#include "replica/view_writer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "support/snapshots_wanted.hpp"

namespace ringtick {
namespace {

using namespace random_world;

constexpr std::size_t seen_max = 64;

using List = VisibleList<Thing, seen_max>;

// One viewer, both ends of its connection.
struct Viewer {
    std::vector<Known> before;
    List view;
    std::uint32_t since = 0;
    bool knows_anything = false;
};

class Watched {
public:
    explicit Watched(std::uint64_t seed) : world(seed), models(things, extent), writer(models, 7) {}

    void tick() {
        now += world.rng().chance(1) ? 2 + world.rng().below(19) : 1;
        world.tick(now);
        models.advance(now, world.things_now(), step);
    }

    std::vector<std::uint16_t> some_seen() {
        std::vector<std::uint16_t> seen;
        const auto shift = world.rng().below(4);
        for (std::uint16_t id = 0; id < things; ++id) {
            const bool wanted = (id + now / 16 + shift) % 5 != 0 && !world.rng().chance(1);
            if (wanted && models.shown(id) && seen.size() < seen_max) seen.push_back(id);
        }
        return seen;
    }

    // Returns the bytes used, 0 if it did not fit.
    std::size_t write(Viewer& viewer, std::size_t size_max, std::vector<Known>& after) {
        after.resize(seen_max);
        FieldWriter out(std::span<std::byte>(bytes).first(size_max));
        const auto seen = some_seen();
        const auto count = writer.write(out,
                                        {.before = viewer.before,
                                         .since = viewer.since,
                                         .seen = seen,
                                         .bits_max = size_max * 8},
                                        after, [](std::uint16_t id) { return id + 1U; });
        if (!count) return 0;
        after.resize(*count);
        const std::size_t size = out.finish();
        EXPECT_FALSE(out.overflowed());
        return size;
    }

    bool read(Viewer& viewer, std::size_t size) const {
        FieldReader reader(std::span<const std::byte>(bytes).first(size));
        auto after = std::make_unique<List>();
        ViewReader<Thing, seen_max, decltype(&step)> view_reader(
            reader,
            {.since = viewer.knows_anything ? viewer.since : now,
             .tick = now,
             .extent = extent,
             .ids = things,
             .id_bits = 7},
            step);
        const bool fine =
            view_reader.read(viewer.knows_anything ? &viewer.view : nullptr, *after) &&
            reader.finished();
        if (fine) viewer.view = *after;
        return fine;
    }

    void expect_equal(const Viewer& viewer) const {
        ASSERT_EQ(viewer.view.size(), viewer.before.size());
        for (std::size_t i = 0; i < viewer.view.size(); ++i) {
            const Visible<Thing>& seen = viewer.view[i];
            ASSERT_EQ(seen.id, viewer.before[i].id);
            if (viewer.before[i].missed > 0) continue;
            expect_same(seen.entity, models.model(seen.id));
            expect_near(seen.entity, world.things_now()[seen.id]);
        }
    }

    World world;
    Models<Thing> models;
    ViewWriter<Thing> writer;
    std::uint32_t now = 0;
    std::array<std::byte, 4096> bytes{};
};

// One snapshot for one viewer: true if there was one. Some are not made, some are made and refused
// by the socket, some have little room.
bool show(Watched& watched, Viewer& viewer) {
    Rng& rng = watched.world.rng();
    if (rng.chance(10)) return false;
    const std::size_t room = rng.chance(20) ? rng.below(120) : watched.bytes.size();
    std::vector<Known> after;
    const std::size_t size = watched.write(viewer, room, after);
    if (size == 0 || rng.chance(5)) return false;
    EXPECT_TRUE(watched.read(viewer, size));
    viewer.before = after;
    viewer.since = watched.now;
    viewer.knows_anything = true;
    watched.expect_equal(viewer);
    return true;
}

TEST(View, IsReadAsTheModelsThatItWasWrittenFrom) {
    const std::uint64_t wanted = snapshots_wanted(20'000);
    std::uint64_t read = 0;
    for (std::uint64_t seed = 1; read < wanted && !::testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        auto watched = std::make_unique<Watched>(seed);
        std::array<Viewer, 4> viewers;
        for (int tick = 0; tick < 700 && !::testing::Test::HasFailure(); ++tick) {
            watched->tick();
            for (Viewer& viewer : viewers) read += show(*watched, viewer) ? 1U : 0U;
        }
    }
    RecordProperty("snapshots", std::to_string(read));
}

TEST(View, TellsNothingOfWhatGoesOnByItself) {
    auto watched = std::make_unique<Watched>(1);
    std::array<Thing, 1> alone{};
    alone[0] = {.position = {Fixed::from_int(100), Fixed::from_int(100)},
                .velocity = {Fixed::from_int(3), Fixed::from_int(2)},
                .turning = 1,
                .pushing = true,
                .is_there = true};
    for (std::uint32_t tick = 1; tick <= 20; ++tick) {
        if (tick > 1) step(alone[0], tick);
        watched->models.advance(tick, alone, step);
        const bool corrected = watched->models.correction(0, tick).width > 0;
        EXPECT_FALSE(corrected) << tick;
    }
}

TEST(View, IsReadToTheLastTickThatThereIs) {
    auto watched = std::make_unique<Watched>(1);
    Viewer viewer;
    viewer.view.push({.id = 3});
    viewer.knows_anything = true;
    viewer.since = 0xFFFF'FFFE;
    watched->now = 0xFFFF'FFFF;
    EXPECT_TRUE(watched->read(viewer, 2));  // Zeroes: nobody left, nothing is told, nobody came.
    EXPECT_EQ(viewer.view.size(), 1U);
}

TEST(View, RefusesRandomBytesOrReadsAListInOrder) {
    const std::uint64_t seed = 20'261'122;
    SCOPED_TRACE(seed);
    Rng rng(seed);
    Watched watched(seed);
    Viewer viewer;
    watched.now = 10;
    for (int round = 0; round < 20'000; ++round) {
        const std::size_t size = rng.below(200);
        for (std::size_t i = 0; i < size; ++i) {
            watched.bytes[i] = static_cast<std::byte>(rng.next());
        }
        viewer.knows_anything = rng.chance(80);
        viewer.since = 10 - rng.below(4);
        if (!watched.read(viewer, size)) continue;
        for (std::size_t i = 1; i < viewer.view.size(); ++i) {
            ASSERT_LT(viewer.view[i - 1].id, viewer.view[i].id);
        }
    }
}

}  // namespace
}  // namespace ringtick
