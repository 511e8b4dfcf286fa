// The encoder and the decoder of what a viewer sees, held against each other over random worlds:
// whatever was skipped, refused or left away for want of room, what the reader has is what the
// writer's models say, to the last bit, and that is the world within the declared tolerance.
#include "replica/view_reader.hpp"
#include "replica/view_writer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

namespace ringtick {
namespace {

constexpr Extent extent{1000};
constexpr std::size_t things = 96;
constexpr std::size_t seen_max = 64;

struct Thing {
    FixedVector position;
    FixedVector velocity;
    Angle heading;
    std::int8_t turning = 0;
    bool pushing = false;
    std::uint8_t energy = 0;
    std::uint16_t score = 0;
    BoundedList<char, 16> name;  // As a correction, too long to be remembered.
    bool is_there = false;
    std::uint32_t secret = 0;  // Not declared: no model may depend on it.

    bool shown() const { return is_there; }

    static constexpr auto wire =
        fields(Motion<&Thing::position, &Thing::velocity>{.quanta_per_unit = 8, .tolerance = 2},
               Direction<&Thing::heading>{.bits = 8},
               Number<&Thing::turning, -1, 1>{.steers = true},
               Flag<&Thing::pushing>{.steers = true},
               Number<&Thing::energy, 0, 100>{},
               Count<&Thing::score>{},
               Text<&Thing::name>{});
};

void step(Thing& thing, std::uint32_t tick) {
    thing.heading = thing.heading + Angle{static_cast<std::uint16_t>(thing.turning * 1000)};
    if (thing.pushing) thing.velocity += unit_vector(thing.heading) * Fixed::ratio(3, 10);
    thing.velocity -= thing.velocity / 32;
    thing.position += thing.velocity;
    if (tick % 30 == 0 && thing.energy < 100) thing.energy += 1;
}

class World {
public:
    explicit World(std::uint64_t seed) : rng_(seed) {}

    void tick(std::uint32_t now) {
        for (Thing& thing : things_) {
            if (thing.is_there) {
                live_on(thing, now);
            } else if (rng_.chance(5)) {
                appear(thing);
            }
        }
    }
    std::span<const Thing> things_now() const { return things_; }
    Rng& rng() { return rng_; }

private:
    void live_on(Thing& thing, std::uint32_t now) {
        if (rng_.chance(1)) thing = {};
        if (rng_.chance(10)) thing.turning = static_cast<std::int8_t>(rng_.between(-1, 1));
        if (rng_.chance(10)) thing.pushing = !thing.pushing;
        step(thing, now);
        if (rng_.chance(2)) thing.velocity.x += Fixed::from_int(rng_.between(-3, 3));
        if (rng_.chance(2)) thing.score += static_cast<std::uint16_t>(rng_.below(40));
        thing.position.x = std::clamp(thing.position.x, Fixed{}, Fixed::from_int(1000));
        thing.position.y = std::clamp(thing.position.y, Fixed{}, Fixed::from_int(1000));
        if (rng_.chance(1)) rename(thing);
        thing.secret = static_cast<std::uint32_t>(rng_.next());
    }
    void rename(Thing& thing) {
        thing.name.resize(rng_.below(17));
        for (char& letter : thing.name) letter = static_cast<char>(rng_.between('a', 'z'));
    }
    void appear(Thing& thing) {
        thing.is_there = true;
        thing.position = {Fixed::from_raw(rng_.between(0, 1000 * Fixed::one)),
                          Fixed::from_raw(rng_.between(0, 1000 * Fixed::one))};
        thing.heading = {static_cast<std::uint16_t>(rng_.below(65'536))};
        thing.energy = static_cast<std::uint8_t>(rng_.below(101));
        thing.score = static_cast<std::uint16_t>(rng_.next());
    }

    Rng rng_;
    std::array<Thing, ::ringtick::things> things_{};
};

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

    static void expect_same(const Thing& a, const Thing& b) {
        EXPECT_EQ(a.position, b.position);
        EXPECT_EQ(a.velocity, b.velocity);
        EXPECT_EQ(a.heading, b.heading);
        EXPECT_EQ(a.turning, b.turning);
        EXPECT_EQ(a.pushing, b.pushing);
        EXPECT_EQ(a.energy, b.energy);
        EXPECT_EQ(a.score, b.score);
        EXPECT_EQ(a.name, b.name);
    }
    // Two quanta of tolerance are a quarter of a unit.
    static void expect_near(const Thing& shown, const Thing& actual) {
        EXPECT_LE(std::abs((shown.position - actual.position).x.raw()), Fixed::one / 4);
        EXPECT_LE(std::abs((shown.position - actual.position).y.raw()), Fixed::one / 4);
        EXPECT_LE(std::abs((shown.heading - actual.heading).signed_turns()), 256);
        EXPECT_EQ(shown.energy, actual.energy);
        EXPECT_EQ(shown.score, actual.score);
        EXPECT_EQ(shown.name, actual.name);
        EXPECT_EQ(shown.pushing, actual.pushing);
    }

    World world;
    Models<Thing> models;
    ViewWriter<Thing> writer;
    std::uint32_t now = 0;
    std::array<std::byte, 4096> bytes{};
};

// One snapshot for one viewer. Some are not made, some are made and refused by the socket, some
// have little room.
void show(Watched& watched, Viewer& viewer) {
    Rng& rng = watched.world.rng();
    if (rng.chance(10)) return;
    const std::size_t room = rng.chance(20) ? rng.below(120) : watched.bytes.size();
    std::vector<Known> after;
    const std::size_t size = watched.write(viewer, room, after);
    if (size == 0 || rng.chance(5)) return;
    ASSERT_TRUE(watched.read(viewer, size));
    viewer.before = after;
    viewer.since = watched.now;
    viewer.knows_anything = true;
    watched.expect_equal(viewer);
}

TEST(View, IsReadAsTheModelsThatItWasWrittenFrom) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        SCOPED_TRACE(seed);
        auto watched = std::make_unique<Watched>(seed);
        std::array<Viewer, 4> viewers;
        for (int tick = 0; tick < 700 && !::testing::Test::HasFailure(); ++tick) {
            watched->tick();
            for (Viewer& viewer : viewers) show(*watched, viewer);
        }
    }
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
