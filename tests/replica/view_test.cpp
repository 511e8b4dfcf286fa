// The encoder and the decoder of what a viewer sees, held against each other over random worlds:
// whatever was skipped, refused or left away for want of room, what the reader has is what the
// writer's models say, to the last bit, and that is the world within the declared tolerance. And
// with a byte budget: what is put off is not put off for too long.
#include "replica/expect_thing.hpp"
#include "replica/random_world.hpp"
#include "replica/view_reader.hpp"
#include "replica/view_writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
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

    struct Wanted {
        std::vector<std::uint16_t> seen;
        std::uint32_t own = ViewWriter<Thing>::nobody;
        std::size_t size_max = 0;
        std::size_t budget = 4096;
    };

    // Returns the bytes used, 0 if it did not fit.
    std::size_t write(const Viewer& viewer, const Wanted& wanted, std::vector<Known>& after) {
        after.resize(seen_max);
        FieldWriter out(std::span<std::byte>(bytes).first(wanted.size_max));
        IdSet seen(things);
        for (const std::uint16_t id : wanted.seen) seen.insert(id);
        const auto count = writer.write(out,
                                        {.before = viewer.before,
                                         .since = viewer.since,
                                         .seen = seen,
                                         .own = wanted.own,
                                         .bits_max = wanted.size_max * 8,
                                         .bits_wanted = wanted.budget * 8},
                                        after, [this](std::uint16_t id) { return urgency(id); });
        if (!count) return 0;
        after.resize(*count);
        const std::size_t size = out.finish();
        EXPECT_FALSE(out.overflowed());
        return size;
    }

    // Of who is near the middle of the world.
    std::uint32_t urgency(std::uint16_t id) const {
        const FixedVector middle{Fixed::from_int(500), Fixed::from_int(500)};
        const FixedVector off = world.things_now()[id].position - middle;
        return ~static_cast<std::uint32_t>(dot(off, off) >> 32);
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
        std::vector<Known> told = viewer.before;
        std::erase_if(told, [](const Known& known) { return known.awaited; });
        ASSERT_EQ(viewer.view.size(), told.size());
        for (std::size_t i = 0; i < viewer.view.size(); ++i) {
            const Visible<Thing>& seen = viewer.view[i];
            ASSERT_EQ(seen.id, told[i].id);
            if (told[i].missed > 0) continue;
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
    const std::size_t size =
        watched.write(viewer, {.seen = watched.some_seen(), .size_max = room}, after);
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

bool is_same(const Thing& a, const Thing& b) {
    return a.position == b.position && a.velocity == b.velocity && a.heading == b.heading &&
           a.turning == b.turning && a.pushing == b.pushing && a.energy == b.energy &&
           a.score == b.score && a.name == b.name;
}

const Visible<Thing>* find(const List& list, std::uint16_t id) {
    const auto found = std::ranges::lower_bound(list, id, {}, &Visible<Thing>::id);
    return found != list.end() && found->id == id ? &*found : nullptr;
}

// Somebody with a budget, and since when each thing is not with him as it is on the server: counted
// here from what he has, not from what the writer remembers.
class Thrifty {
public:
    Thrifty(Watched& watched, std::size_t budget) : watched_(watched), budget_(budget) {}

    void show(bool is_keyframe) {
        Viewer before = viewer_;
        if (is_keyframe) before = {};
        const Watched::Wanted wanted{.seen = watched_.some_seen(),
                                     .own = own,
                                     .size_max = watched_.bytes.size(),
                                     .budget = budget_};
        std::vector<Known> after;
        const std::size_t size = watched_.write(before, wanted, after);
        put_off += watched_.writer.put_off();
        viewer_ = before;
        ASSERT_TRUE(watched_.read(viewer_, size));
        viewer_.before = after;
        viewer_.since = watched_.now;
        viewer_.knows_anything = true;
        watched_.expect_equal(viewer_);
        const bool is_over = size > budget_;
        over_budget += is_over ? 1 : 0;
        expect_bounds(wanted.seen, before, is_over);
        seen_before_ = wanted.seen;
    }

    static constexpr std::uint16_t own = 17;
    std::size_t put_off = 0;
    std::size_t over_budget = 0;

private:
    // Of two that are as urgent, the lower id is nearer.
    void expect_bounds(const std::vector<std::uint16_t>& seen, const Viewer& before, bool is_over) {
        std::vector<std::uint16_t> nearest = seen;
        std::ranges::stable_sort(nearest, std::ranges::greater{},
                                 [&](std::uint16_t id) { return watched_.urgency(id); });
        for (std::size_t i = 0; i < nearest.size(); ++i) {
            const bool is_near = i < Staleness::near_count;
            std::uint32_t bound = is_near ? Staleness::near_ticks : Staleness::far_ticks;
            if (nearest[i] == own) bound = 0;
            expect_bound(nearest[i], bound, before, is_over);
        }
    }
    void expect_bound(std::uint16_t id, std::uint32_t bound, const Viewer& before, bool is_over) {
        const Visible<Thing>* const had = find(before.view, id);
        const bool is_new =
            !std::ranges::binary_search(seen_before_, id) || before.since == 0 ||
            (had != nullptr && watched_.models.news_since(before.since).appeared.contains(id));
        if (is_new) right_at_[id] = watched_.now - 1;
        const std::uint32_t stale_if_put_off = watched_.now - right_at_[id];

        const Visible<Thing>* const has = find(viewer_.view, id);
        const Thing& right = watched_.models.model(id);
        if (has != nullptr && is_same(has->entity, right)) right_at_[id] = watched_.now;
        ASSERT_LE(watched_.now - right_at_[id], bound) << "thing " << id;

        // More than the budget is told only of what could not wait.
        const bool was_told = right_at_[id] == watched_.now &&
                              (is_new || had == nullptr || !goes_on_to(had->entity, before, right));
        if (is_over && was_told) {
            ASSERT_GT(stale_if_put_off, bound) << "thing " << id;
        }
    }
    bool goes_on_to(Thing thing, const Viewer& before, const Thing& right) const {
        for (std::uint32_t tick = before.since + 1; tick <= watched_.now; ++tick) {
            step_model(Telling{Thing::wire, extent}, thing, [&](Thing& one) { step(one, tick); });
        }
        return is_same(thing, right);
    }

    Watched& watched_;
    std::size_t budget_;
    Viewer viewer_;
    std::vector<std::uint16_t> seen_before_;
    std::array<std::uint32_t, things> right_at_{};  // The tick.
};

using Viewers = std::array<Thrifty, 4>;

// They miss some ticks, and begin anew now and then.
void watch(Watched& watched, Viewers& viewers, int ticks) {
    for (int tick = 0; tick < ticks && !::testing::Test::HasFailure(); ++tick) {
        watched.tick();
        for (Thrifty& viewer : viewers) {
            if (watched.world.rng().chance(5)) continue;
            viewer.show(tick == 0 || watched.world.rng().chance(1));
        }
    }
}

// Goal: with any budget and in every tick nothing is staler than its bound; and the budget is kept
// but for what is about to be.
TEST(View, KeepsToTheBudgetUpToTheBoundsOfStaleness) {
    constexpr int ticks = 500;
    std::size_t over_budget = 0;
    std::size_t within_the_largest = 0;
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        SCOPED_TRACE(seed);
        auto watched = std::make_unique<Watched>(seed);
        Viewers viewers{Thrifty(*watched, 0), Thrifty(*watched, 40), Thrifty(*watched, 100),
                        Thrifty(*watched, 160)};
        watch(*watched, viewers, ticks);
        for (const Thrifty& viewer : viewers) {
            EXPECT_GT(viewer.put_off, 500U);
            over_budget += viewer.over_budget;
        }
        within_the_largest += ticks - viewers.back().over_budget;
    }
    EXPECT_GT(over_budget, 1000U);
    EXPECT_GT(within_the_largest, 1000U);
}

// Goal: where all are as urgent (a game without sight) no more are near than anywhere else.
TEST(View, TakesSoManyForNearAndNoMoreIfAllAreAsNear) {
    auto watched = std::make_unique<Watched>(1);
    constexpr std::uint16_t all = 64;
    std::array<Thing, all> crowd{};
    for (Thing& thing : crowd) thing.is_there = true;
    IdSet seen(things);
    for (std::uint16_t id = 0; id < all; ++id) seen.insert(id);
    std::vector<Known> before;
    std::vector<Known> after(seen_max);
    for (std::uint32_t tick = 1; tick <= Staleness::far_ticks + 1; ++tick) {
        watched->models.advance(tick, crowd, step);
        FieldWriter out(watched->bytes);
        const auto told_of = watched->writer.write(out,
                                                   {.before = before,
                                                    .since = tick - 1,
                                                    .seen = seen,
                                                    .bits_max = 30'000,
                                                    .bits_wanted = 0},
                                                   after, [](std::uint16_t) { return 7U; });
        const std::size_t count = told_of.value_or(0);
        ASSERT_EQ(count, all);
        before.assign(after.begin(), after.begin() + static_cast<std::ptrdiff_t>(count));
        const std::size_t told = crowd.size() - watched->writer.put_off();
        const std::size_t wanted = tick <= Staleness::near_ticks ? 0 : Staleness::near_count;
        if (tick <= Staleness::near_ticks + 1) {
            ASSERT_EQ(told, wanted) << tick;
        }
    }
    EXPECT_EQ(watched->writer.put_off(), 0U) << "and the others are told at their bound";
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
