// A viewer whose connection breaks, and who comes back with the last snapshot that it applied: what
// it is shown then is the world, whatever was written for it in between.
#include "replica/resume.hpp"

#include "replica/expect_thing.hpp"
#include "replica/host.hpp"
#include "replica/random_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace ringtick {
namespace {

using namespace random_world;

using Bytes = std::vector<std::byte>;

struct WildRules {
    static Extent extent() { return random_world::extent; }
    static std::uint32_t ids(std::type_identity<Thing>) { return things; }
    static void step(Thing& thing, std::uint32_t tick) { random_world::step(thing, tick); }
};

// A random world, seen through a window that moves over it.
struct Wilds {
    struct Input {
        bool nothing = false;
        void absorb(Input) {}
        void let_go() {}
        static constexpr auto wire = fields(Flag<&Input::nothing>{});
    };
    using Entities = Types<Thing>;
    using Own = Thing;

    explicit Wilds(std::uint64_t seed) : world(seed) {}

    auto entities() const { return std::tuple{EntityList<Thing>(world.things_now(), nullptr)}; }
    const WildRules& rules() const { return rules_; }
    const Thing& own(PlayerId) const { return world.things_now()[0]; }
    Sight sight(PlayerId) const {
        const auto way = static_cast<std::int32_t>(now % 120 * 5);
        const FixedVector center{Fixed::from_int(200 + way), Fixed::from_int(500)};
        return {.center = center,
                .inner = Rect::around(center, Fixed::from_int(300), Fixed::from_int(300)),
                .outer = Rect::around(center, Fixed::from_int(340), Fixed::from_int(340))};
    }
    void on_join(PlayerId) {}
    void on_leave(PlayerId) {}
    void on_input(PlayerId, Input) {}
    void tick(std::uint64_t tick) {
        now = static_cast<std::uint32_t>(tick);
        world.tick(now);
    }
    template <class Writer>
    void on_told(const Writer& writer) {
        models = &writer.template models<Thing>();
    }

    World world;
    WildRules rules_;
    std::uint32_t now = 0;
    const Models<Thing>* models = nullptr;
};

using View = ringtick::Snapshot<Wilds>;

class LastLetter final : public Outbox {
public:
    void send(PlayerId, std::span<const std::byte> message) override {
        MessageTag tag;
        if (read_tag(message, tag) && tag.kind == MessageKind::welcome) {
            welcome.assign(message.begin(), message.end());
        }
    }
    Bytes welcome;
};

// The server, and the one viewer, whose connections take the two slots in turns.
class Viewed {
public:
    Viewed(std::uint64_t seed, std::uint32_t budget)
        : host({.players_max = 2, .tick_rate_hz = 30, .snapshot_bytes = budget}, seed) {}

    Resumed connect(const ResumeWish& wish) {
        slot_ = static_cast<std::uint16_t>(1 - slot_);
        host.on_join({slot_});
        host.on_token({slot_}, IssuedToken::recorded({.first = 7, .second = 1}));
        Hello<Wilds> hello;
        hello.schema = schema_hash<Wilds>();
        hello.resume = wish;
        Bytes bytes(2'048);
        bytes.resize(encode(hello, bytes));
        tick({bytes});
        Welcome<Wilds> welcome;
        EXPECT_TRUE(decode(outbox_.welcome, welcome));
        key = {.id = welcome.id, .token = welcome.resume.token_after(wish.key.token)};
        return welcome.resume.resumed;
    }
    void disconnect() { host.on_leave({slot_}); }
    void tick(const std::vector<Bytes>& said = {}) {
        std::vector<Command> commands;
        commands.reserve(said.size());
        for (const Bytes& bytes : said) commands.push_back({{slot_}, bytes});
        now += 1;
        host.tick(now, commands, outbox_);
    }
    void ask_for(Encoding encoding) {
        Ping ping;
        ping.want(encoding);
        asked = encoding;
        Bytes bytes(16);
        bytes.resize(encode(ping, bytes));
        tick({bytes});
    }

    // Written, and lost on its way.
    Bytes write() {
        Bytes bytes(4'096);
        bytes.resize(host.write_snapshot({slot_}, bytes));
        EXPECT_FALSE(bytes.empty());
        return bytes;
    }
    void refuse() { host.on_snapshot_refused({slot_}); }
    // False if it makes nothing of it.
    bool read(const Bytes& bytes) {
        const View* const before = knows ? shown.get() : nullptr;
        if (!read_snapshot(bytes, WildRules{}, before, *spare_)) return false;
        std::swap(shown, spare_);
        return knows = true;
    }
    ResumeWish wish() const {
        ResumeWish wish{.key = key, .knows_world = true, .tick = shown->header.tick};
        hold(*shown, wish.held);
        return wish;
    }

    Host<Wilds> host;
    ResumeKey key;
    std::uint64_t now = 0;
    std::unique_ptr<View> shown = std::make_unique<View>();
    bool knows = false;
    Encoding asked = Encoding::changes;

private:
    LastLetter outbox_;
    std::uint16_t slot_ = 1;
    std::unique_ptr<View> spare_ = std::make_unique<View>();
};

// All that it is shown is as it is. `is_all`: and everything that it is to see is there.
void expect_right(const Viewed& viewed, bool is_all) {
    const Wilds& game = viewed.host.game();
    const auto actual = game.world.things_now();
    const Sight sight = game.sight({0});
    expect_near(viewed.shown->own, actual[0]);
    const auto& list = viewed.shown->of<Thing>();
    const bool by_cells = viewed.shown->header.has(SnapshotHeader::cells);
    for (const Visible<Thing>& seen : list) {
        ASSERT_TRUE(actual[seen.id].shown());
        expect_near(seen.entity, actual[seen.id]);
        if (by_cells) continue;  // Which cover more, and know no models.
        ASSERT_TRUE(sight.outer.contains(actual[seen.id].position));
        expect_same(seen.entity, game.models->model(seen.id));
    }
    for (std::uint16_t id = 0; is_all && id < actual.size(); ++id) {
        if (!actual[id].shown() || !sight.inner.contains(actual[id].position)) continue;
        ASSERT_TRUE(std::ranges::binary_search(list, id, {}, &Visible<Thing>::id)) << id;
    }
}

// Some ticks of which it reads most snapshots.
void watch(Viewed& viewed, Rng& rng) {
    for (std::uint32_t ticks = 3 + rng.below(12); ticks > 0; --ticks) {
        viewed.tick();
        if (rng.chance(20)) continue;
        const Bytes bytes = viewed.write();
        if (rng.chance(10)) {
            viewed.refuse();
        } else {
            ASSERT_TRUE(viewed.read(bytes));
        }
    }
    viewed.tick();
    ASSERT_TRUE(viewed.read(viewed.write()));
}

// So many ticks whose snapshots never arrive; some of them the server is told of.
void miss(Viewed& viewed, Rng& rng, std::uint32_t ticks) {
    const std::uint32_t connected = rng.below(ticks + 1);
    for (std::uint32_t i = 0; i < ticks; ++i) {
        if (i == connected) viewed.disconnect();
        viewed.tick();
        if (i >= connected || rng.chance(10)) continue;
        viewed.write();
        if (rng.chance(10)) viewed.refuse();
    }
    if (connected == ticks) viewed.disconnect();
}

void come_back(Viewed& viewed, Rng& rng, std::uint32_t missed, bool has_budget) {
    const ResumeWish wish = viewed.wish();
    miss(viewed, rng, missed);
    const bool is_recent = missed + 1 <= 60;  // Two seconds.
    ASSERT_EQ(viewed.connect(wish), is_recent ? Resumed::delta : Resumed::keyframe);
    const Bytes bytes = viewed.write();
    ASSERT_TRUE(viewed.read(bytes));
    ASSERT_EQ(viewed.shown->header.has(SnapshotHeader::keyframe),
              !is_recent || viewed.asked == Encoding::whole);
    // A budget may put off what is not too stale yet.
    if (!has_budget || missed >= Staleness::far_ticks) expect_right(viewed, !has_budget);
}

struct Case {
    const char* what;
    std::uint32_t budget;
    bool switches;
};

class ComesBack : public testing::TestWithParam<Case> {};

// Goal: within two seconds of the last snapshot that it applied a viewer comes back by a delta, and
// behind them by a keyframe; and what it has then is the world, whatever had been put off for want
// of budget, however it was told, and however often it breaks.
TEST_P(ComesBack, AndIsShownTheWorldAsItIs) {
    constexpr std::array<std::uint32_t, 12> missed{0, 1, 2, 7, 8, 9, 10, 30, 58, 59, 60, 61};
    const Case& the = GetParam();
    for (std::uint64_t seed = 1; seed <= 20 && !HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        Rng rng(seed);
        Viewed viewed(seed, the.budget);
        viewed.connect({});
        for (int round = 0; round < 24 && !HasFailure(); ++round) {
            if (the.switches) viewed.ask_for(static_cast<Encoding>(rng.below(3)));
            watch(viewed, rng);
            const std::uint32_t ticks =
                round < 12 ? missed.at(static_cast<std::size_t>(round)) : rng.below(70);
            SCOPED_TRACE(ticks);
            come_back(viewed, rng, ticks, the.budget > 0);
        }
    }
}
INSTANTIATE_TEST_SUITE_P(Viewer,
                         ComesBack,
                         testing::Values(Case{"WithAllTold", 0, false},
                                         Case{"WithABudget", 40, false},
                                         Case{"InTurnsByEachEncoding", 0, true}),
                         [](const auto& the) { return the.param.what; });

// Behind a longer gap most of what is in sight has changed its mind, and is told in full.
TEST(Resume, TellsFarLessThanAKeyframeBehindAShortGap) {
    std::size_t delta = 0;
    std::size_t keyframe = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        for (const bool by_delta : {true, false}) {
            Rng rng(seed);
            Viewed viewed(seed, 0);
            viewed.connect({});
            for (int round = 0; round < 8; ++round) watch(viewed, rng);
            ResumeWish wish = viewed.wish();
            if (!by_delta) wish.held.clear();
            miss(viewed, rng, 1);
            const Resumed resumed = viewed.connect(wish);
            ASSERT_EQ(resumed, by_delta ? Resumed::delta : Resumed::keyframe);
            (by_delta ? delta : keyframe) += viewed.write().size();
        }
    }
    EXPECT_LT(delta * 2, keyframe) << delta << " and " << keyframe << " bytes";
}

// What a HELLO says that no client of ours would.
struct Lie {
    const char* what;
    std::vector<std::uint8_t> held;
};

class Liar : public testing::TestWithParam<Lie> {};

TEST_P(Liar, IsGivenAKeyframe) {
    Viewed viewed(1, 0);
    Rng rng(1);
    viewed.connect({});
    watch(viewed, rng);
    ResumeWish wish = viewed.wish();
    wish.held.clear();
    for (const std::uint8_t byte : GetParam().held) wish.held.push(byte);
    viewed.disconnect();
    EXPECT_EQ(viewed.connect(wish), Resumed::keyframe);
    viewed.knows = false;
    ASSERT_TRUE(viewed.read(viewed.write()));
    expect_right(viewed, true);
}
INSTANTIATE_TEST_SUITE_P(Of,
                         Liar,
                         testing::Values(Lie{"NothingAtAll", {}},
                                         Lie{"ABitTooMuch", {0b00100000}},
                                         Lie{"AByteTooMuch", {0, 0}},
                                         Lie{"CellsAndMore", {1, 1}},
                                         Lie{"ACountWithoutIds", {0b00000110}},
                                         Lie{"MoreThanAreEverShown", {0xFE, 0xFF, 0x0F}},
                                         Lie{"AnIdThatThereIsNot", {0x82, 0x39, 0x00}},
                                         Lie{"AnEndlessNumber",
                                             std::vector<std::uint8_t>(held_size_max, 0xFE)}),
                         [](const auto& the) { return the.param.what; });

TEST(Resume, GoesOnFromNoTickButThoseThatWere) {
    for (const std::uint32_t ahead : {0U, 1U, 2U, 1'000U, 0x7FFF'FFFFU}) {
        Viewed viewed(1, 0);
        Rng rng(1);
        viewed.connect({});
        watch(viewed, rng);
        ResumeWish wish = viewed.wish();
        viewed.disconnect();
        wish.tick = static_cast<std::uint32_t>(viewed.now) + 1 + ahead;  // HELLO's own, and on.
        EXPECT_EQ(viewed.connect(wish), Resumed::keyframe) << ahead;
        ASSERT_TRUE(viewed.read(viewed.write()));
        expect_right(viewed, true);
    }
}

// Goal: whoever says whatever harms only himself: the next who says the truth is shown the world.
TEST(Resume, SurvivesWhateverIsSaidOfTheWorldBefore) {
    const std::uint64_t seed = 20'261'122;
    SCOPED_TRACE(seed);
    Rng rng(seed);
    Viewed viewed(seed, 0);
    viewed.connect({});
    std::uint64_t deltas = 0;
    for (int round = 0; round < 400 && !HasFailure(); ++round) {
        // Another's list or its own, of any tick, as it was or with some bytes changed.
        ResumeWish wish = viewed.wish();
        wish.tick = static_cast<std::uint32_t>(viewed.now) - rng.below(62);
        if (rng.chance(30)) wish.held.resize(rng.below(40));
        for (std::uint32_t changes = wish.held.empty() ? 0 : rng.below(3); changes > 0; --changes) {
            const std::uint32_t place = rng.below(static_cast<std::uint32_t>(wish.held.size()));
            wish.held[place] = static_cast<std::uint8_t>(rng.next());
        }
        viewed.disconnect();
        deltas += viewed.connect(wish) == Resumed::delta ? 1U : 0U;
        for (int tick = 0; tick < 3; ++tick) {
            viewed.write();
            viewed.tick();
        }
        viewed.disconnect();
        viewed.knows = false;
        ASSERT_EQ(viewed.connect({.key = viewed.key, .knows_world = true}), Resumed::keyframe);
        ASSERT_TRUE(viewed.read(viewed.write()));
        expect_right(viewed, true);
    }
    EXPECT_GT(deltas, 50U) << "too little of it was believed";
}

// Goal: what a HELLO shows as its token is found, and nothing else is taken for one.
TEST(TokenIn, FindsTheTokenOfAHello) {
    Hello<Wilds> hello;
    hello.resume.key = {.id = 0x0101, .token = {.first = 0x1122'3344'5566'7788, .second = 9}};
    Bytes bytes(2'048);
    bytes.resize(encode(hello, bytes));
    const std::span<std::byte> found = token_in(bytes);
    ASSERT_EQ(found.size(), 16U);
    ByteReader reader(found);
    EXPECT_EQ(reader.get<std::uint64_t>(), hello.resume.key.token.first);
    EXPECT_EQ(reader.get<std::uint64_t>(), hello.resume.key.token.second);
    found[0] = std::byte{0x99};
    Hello<Wilds> changed;
    ASSERT_TRUE(decode(bytes, changed));
    EXPECT_EQ(changed.resume.key.token.first, 0x1122'3344'5566'7799U);
    EXPECT_EQ(changed.resume.key.id, hello.resume.key.id);
}

TEST(TokenIn, FindsNothingInWhatIsTooShortOrNoHello) {
    Bytes bytes(29, std::byte{0xFF});
    for (int kind = 0; kind <= 0xFF; ++kind) {
        bytes[0] = static_cast<std::byte>(kind);
        const bool is_hello = (kind & 0xF) == static_cast<int>(MessageKind::hello);
        EXPECT_EQ(token_in(bytes).size(), is_hello ? 16U : 0U) << kind;
    }
    bytes[0] = std::byte{1};
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_TRUE(token_in(std::span(bytes).first(size)).empty()) << size;
    }
}

}  // namespace
}  // namespace ringtick
