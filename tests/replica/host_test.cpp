// What holds for any game that is one struct: Railroids' tests and docs/games_test.cpp play whole
// ones.
#include "replica/host.hpp"

#include "replica/plain_client.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

namespace ringtick {
namespace {

using Bytes = std::vector<std::byte>;

struct Board {  // It is nowhere, and so in everybody's sight.
    static constexpr std::size_t entities_max = 1;
    std::uint8_t score = 7;
    bool shown() const { return true; }
    static constexpr auto wire = fields(Number<&Board::score, 0, 100>{});
};

template <std::size_t Most>
struct Boat {
    static constexpr std::size_t entities_max = Most;
    FixedVector where;  // Found by its declaration, whatever its name.
    bool shown() const { return where != FixedVector{}; }
    static constexpr auto wire = fields(Place<&Boat::where>{});
};

template <std::size_t Boats = 4, std::int32_t Side = 1000>
struct Lake {
    struct Input {
        bool turns_out = false;
        void absorb(Input) {}
        void let_go() { turns_out = false; }
        static constexpr auto wire = fields(Flag<&Input::turns_out>{});
    };
    using Entities = Types<Board, Boat<Boats>>;
    static constexpr std::int32_t side = Side;

    std::array<Board, 1> boards{};
    std::array<Boat<Boats>, Boats> boats{};
    std::set<std::uint16_t> here;
    bool closes = false;

    auto entities() const {
        return std::tuple{EntityList<Board>(boards), EntityList<Boat<Boats>>(boats)};
    }
    Sight sight(PlayerId) const {
        const FixedVector center{Fixed::from_int(500), Fixed::from_int(500)};
        const auto box = Rect::around(center, Fixed::from_int(100), Fixed::from_int(100));
        return {.center = center, .inner = box, .outer = box};
    }
    void on_join(PlayerId player) { here.insert(player.slot); }
    void on_leave(PlayerId player) { here.erase(player.slot); }
    void on_input(PlayerId, Input) {}
    std::string_view name_of(PlayerId player) const {
        return std::string_view("ABCDEFGH").substr(player.slot, 1);
    }
    void tick(std::uint64_t, Outbox& outbox) {
        if (closes) outbox.close({0});
    }
};

class Mailbox final : public Outbox {
public:
    void send(PlayerId player, std::span<const std::byte> message) override {
        sent.push_back({player, Bytes(message.begin(), message.end())});
    }
    void close(PlayerId player) override { closed.push_back(player.slot); }

    std::vector<std::pair<PlayerId, Bytes>> sent;
    std::vector<std::uint16_t> closed;
};

// One client in slot 0, and whatever else a test puts beside it.
class HostTest : public testing::Test {
protected:
    using Game = Lake<>;

    Bytes hello(std::uint16_t watch) const {
        Bytes bytes(64);
        Hello<Game> message;
        message.schema = schema_hash<Game>();
        message.watch = watch;
        bytes.resize(encode(message, bytes));
        return bytes;
    }
    void join(std::uint16_t slot, std::uint16_t watch = to_play) {
        host.on_join({slot});
        host.on_token({slot}, IssuedToken::recorded({.first = slot + 1U, .second = 1}));
        step({{slot}, hello(watch)});
    }
    void step() { host.tick(++tick, {}, mailbox); }
    void step(const std::pair<PlayerId, Bytes>& said) {
        const std::array<Command, 1> commands{Command{said.first, said.second}};
        host.tick(++tick, commands, mailbox);
    }
    // What of a kind was said to this slot since the last question.
    bool told(std::uint16_t slot, MessageKind kind) {
        bool found = false;
        for (const auto& [player, message] : mailbox.sent) {
            MessageTag tag;
            found = found || (player.slot == slot && read_tag(message, tag) && tag.kind == kind);
        }
        mailbox.sent.clear();
        return found;
    }
    void read_snapshot_of(std::uint16_t slot) {
        Bytes bytes(1024);
        bytes.resize(host.write_snapshot({slot}, bytes));
        ASSERT_FALSE(bytes.empty());
        ASSERT_TRUE(read_snapshot(bytes, PlainRules<Game>{}, before, *snapshot));
    }

    explicit HostTest(const HostOptions& options = {.players_max = 4, .tick_rate_hz = 10})
        : host(options) {}

    Host<Game> host;
    Mailbox mailbox;
    std::uint64_t tick = 0;
    std::unique_ptr<Snapshot<Game>> snapshot = std::make_unique<Snapshot<Game>>();
    const Snapshot<Game>* before = nullptr;
};

TEST_F(HostTest, ShowsWhatIsNearByItsDeclarationAndWhatIsNowhereToAll) {
    host.game().boats[1].where = {Fixed::from_int(450), Fixed::from_int(520)};
    host.game().boats[2].where = {Fixed::from_int(900), Fixed::from_int(520)};
    join(0);
    read_snapshot_of(0);
    ASSERT_EQ(snapshot->of<Boat<4>>().size(), 1U);
    EXPECT_EQ(snapshot->of<Boat<4>>()[0].id, 1);
    EXPECT_EQ(snapshot->of<Board>().size(), 1U);
}

TEST_F(HostTest, TellsByCellsOfWhatIsNowhereToo) {
    join(0);
    Bytes ping(16);
    Ping message;
    message.tag.flags = Ping::wants_cells;
    ping.resize(encode(message, ping));
    step({{0}, ping});
    read_snapshot_of(0);
    EXPECT_TRUE(snapshot->header.has(SnapshotHeader::cells));
    EXPECT_EQ(snapshot->of<Board>().size(), 1U);
}

// All anew each time, and changes again as soon as they are asked for.
TEST_F(HostTest, TellsTheWholeToWhomeverAsksForIt) {
    join(0);
    for (const Encoding wanted : {Encoding::whole, Encoding::changes}) {
        Ping message;
        message.want(wanted);
        Bytes ping(16);
        ping.resize(encode(message, ping));
        step({{0}, ping});
        for (int i = 0; i < 3; ++i) {
            Bytes bytes(1024);
            bytes.resize(host.write_snapshot({0}, bytes));
            MessageTag tag;
            ASSERT_TRUE(read_tag(bytes, tag));
            const bool stands_alone = (tag.flags & SnapshotHeader::keyframe) != 0;
            EXPECT_EQ(stands_alone, wanted == Encoding::whole);
            step();
        }
    }
}

TEST_F(HostTest, ClosesTheConnectionOfASeatThatTheGameTurnsOut) {
    join(1);
    const std::set<std::uint16_t> seats{1};
    EXPECT_EQ(host.game().here, seats);
    join(0);
    host.game().closes = true;
    step();
    EXPECT_EQ(mailbox.closed, std::vector<std::uint16_t>{0});
}

TEST_F(HostTest, ClosesBehindTheWordWhyItRefuses) {
    host.on_join({0});
    Bytes other = hello(to_play);
    other[3] ^= std::byte{1};  // Of the schema.
    step({{0}, other});
    EXPECT_TRUE(told(0, MessageKind::bye));
    EXPECT_EQ(mailbox.closed, std::vector<std::uint16_t>{0});
    step({{0}, hello(to_play)});
    EXPECT_FALSE(told(0, MessageKind::welcome)) << "it had its word";
}

TEST_F(HostTest, CountsNoInputsOfWhoIsAway) {
    join(0);
    const std::uint64_t held = host.host_counters().inputs_held;
    for (int i = 0; i < 5; ++i) step();
    EXPECT_EQ(host.host_counters().inputs_held, held + 5);
    host.on_leave({0});
    for (int i = 0; i < 5; ++i) step();
    EXPECT_EQ(host.host_counters().inputs_held, held + 5);
}

TEST_F(HostTest, KeepsTheSeatOfWhoIsAwayFromWhoMerelyLooksOn) {
    for (std::uint16_t slot = 0; slot < 4; ++slot) join(slot);
    for (std::uint16_t slot = 1; slot < 4; ++slot) host.on_leave({slot});
    join(1, 0);
    EXPECT_TRUE(told(1, MessageKind::bye)) << "all seats are somebody's";
    const std::set<std::uint16_t> all{0, 1, 2, 3};
    EXPECT_EQ(host.game().here, all);
}

// Goal: as long as somebody merely looks on there is a place for one more who comes to play.
TEST_F(HostTest, TurnsOutWhoLooksOnWhereTheLastPlaceIsTaken) {
    join(0);
    join(1, 0);
    join(2, 0);
    EXPECT_EQ(host.host_counters().spectators, 2U);
    join(3);
    EXPECT_TRUE(told(2, MessageKind::bye));
    EXPECT_EQ(mailbox.closed, std::vector<std::uint16_t>{2});
    EXPECT_EQ(host.host_counters().spectators, 1U) << "one place is enough";
    step();
    EXPECT_EQ(host.host_counters().spectators, 1U) << "while it is going";
    host.on_leave({2});
    join(2, 0);
    EXPECT_TRUE(told(2, MessageKind::bye)) << "the last place is for who plays";
    host.on_leave({2});
    mailbox.closed.clear();
    join(2);
    const std::set<std::uint16_t> players{0, 2, 3};
    EXPECT_EQ(host.game().here.size(), players.size());
    EXPECT_EQ(mailbox.closed, std::vector<std::uint16_t>{1});
    EXPECT_EQ(host.host_counters().spectators, 0U);
}

TEST_F(HostTest, TurnsNobodyOutForWhoHasNotSaidThatItPlays) {
    join(0);
    join(1, 0);
    join(2, 0);
    host.on_join({3});
    step();
    EXPECT_EQ(host.host_counters().spectators, 2U) << "it has said nothing";
    step({{3}, hello(0)});
    EXPECT_TRUE(told(3, MessageKind::bye)) << "it wants to look on, too";
    EXPECT_EQ(host.host_counters().spectators, 2U);
}

TEST_F(HostTest, WhoIsAwayKeepsItsSeatFromANewcomerWhileSomebodyLooksOn) {
    join(0);
    join(1);
    host.on_leave({1});
    join(1, 0);
    join(2);
    EXPECT_EQ(host.game().here.size(), 3U);
    join(3);
    EXPECT_EQ(host.game().here.size(), 4U) << "nobody has lost his";
    EXPECT_EQ(host.host_counters().spectators, 0U);
}

// A seat outlives its connection: what it is called goes with the one, and WELCOME tells the other,
// for that is what a server's operator orders about.
TEST_F(HostTest, WhoComesBackOnAnotherConnectionIsKnownByThat) {
    const auto slot_in_welcome = [&](std::uint16_t to) {
        Welcome<Game> welcome;
        for (const auto& [player, message] : mailbox.sent) {
            if (player.slot == to && decode(message, welcome)) return welcome.slot;
        }
        return std::uint16_t{0xFFFF};
    };
    host.on_join({0});
    EXPECT_EQ(host.name_of({0}), "") << "it has said nothing";
    host.on_leave({0});
    join(0);
    join(1);
    EXPECT_EQ(host.name_of({0}), "A");
    EXPECT_EQ(slot_in_welcome(1), 1);
    EXPECT_EQ(host.name_of({2}), "") << "nobody is there";

    host.on_leave({1});
    EXPECT_EQ(host.name_of({1}), "");
    host.on_join({2});
    Hello<Game> message;
    message.schema = schema_hash<Game>();
    message.resume.key = {.id = 1, .token = {.first = 2, .second = 1}};
    Bytes bytes(64);
    bytes.resize(encode(message, bytes));
    step({{2}, bytes});
    EXPECT_EQ(slot_in_welcome(2), 2);
    EXPECT_EQ(host.name_of({2}), "B");
}

class OneView : public HostTest {
protected:
    OneView() : HostTest({.players_max = 8, .tick_rate_hz = 10, .views_max = 1}) {}

    std::uint16_t id_in_welcome(std::uint16_t slot) {
        for (const auto& [player, message] : mailbox.sent) {
            Welcome<Game> welcome;
            if (player.slot == slot && decode(message, welcome)) return welcome.id;
        }
        return 0xFFFF;
    }
};

TEST_F(OneView, WithoutAnotherViewOneLooksAtWhatMostLookAt) {
    join(0);
    join(1);
    join(2, 1);
    EXPECT_EQ(id_in_welcome(2), 1);
    join(3, 0);
    EXPECT_EQ(id_in_welcome(3), 1);
    EXPECT_EQ(host.host_counters().spectators, 2U);
    host.on_leave({2});
    host.on_leave({3});
    mailbox.sent.clear();
    join(2, 0);
    EXPECT_EQ(id_in_welcome(2), 0) << "it is free again";
}

class TightBudget : public HostTest {
protected:
    static constexpr std::uint8_t boats = 1;  // In the game's list of types.

    TightBudget() : HostTest({.players_max = 4, .tick_rate_hz = 10, .snapshot_bytes = 10}) {}

    Pong answer_to(std::uint8_t flags) {
        Ping ping;
        ping.tag.flags = flags;
        Bytes bytes(16);
        bytes.resize(encode(ping, bytes));
        mailbox.sent.clear();
        step({{0}, bytes});
        Pong pong;
        EXPECT_EQ(mailbox.sent.size(), 1U);
        EXPECT_TRUE(decode(mailbox.sent.front().second, pong));
        return pong;
    }
    void show_next() {
        std::swap(snapshot, older_);
        before = older_.get();
        read_snapshot_of(0);
    }

private:
    std::unique_ptr<Snapshot<Game>> older_ = std::make_unique<Snapshot<Game>>();
};

// Goal: whoever asks is told of whom its picture is not as it should be; nobody else is told a
// byte. Method: boats that nobody can foretell, and a client that reads all it is sent.
TEST_F(TightBudget, TellsWhoeverAsksWhomItPutOff) {
    auto& all = host.game().boats;
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].where = {Fixed::from_int(450 + 20 * static_cast<std::int32_t>(i)),
                        Fixed::from_int(500)};
    }
    join(0);
    read_snapshot_of(0);
    std::size_t put_off = 0;
    for (std::int32_t i = 0; i < 40; ++i) {
        SCOPED_TRACE(i);
        for (auto& boat : all) boat.where.x += Fixed::from_int(i % 3 == 0 ? 7 : -3);
        step();
        show_next();
        std::set<std::uint16_t> wrong;
        for (const auto& [id, boat] : snapshot->of<Boat<4>>()) {
            if (boat.where != all[id].where) wrong.insert(id);
        }
        std::set<std::uint16_t> told;
        for (const EntityName& entity : answer_to(Ping::wants_put_off).put_off) {
            EXPECT_EQ(entity.type, boats);
            told.insert(entity.id);
        }
        EXPECT_EQ(told, wrong);
        put_off += told.size();
    }
    EXPECT_GT(put_off, 10U);
    EXPECT_EQ(answer_to(0).tag.flags, 0);
    EXPECT_TRUE(answer_to(Ping::wants_put_off | Ping::wants_cells).tag.flags != 0);
    show_next();
    EXPECT_TRUE(answer_to(Ping::wants_put_off | Ping::wants_cells).put_off.empty());
}

// Goal: a build that keeps seats for another time, say, is known before anybody has been away.
TEST(StateHash, TellsOfTheRulesForPeopleBeforeTheyMatter) {
    using Game = Lake<>;
    const HostOptions usual{.players_max = 4, .tick_rate_hz = 10};
    HostOptions away = usual;
    away.absence_s += 1;
    HostOptions rewind = usual;
    rewind.rewind_ms += 100;
    HostOptions views = usual;
    views.views_max += 1;
    const std::set<std::uint64_t> hashes{
        Host<Game>(usual).state_hash(), Host<Game>(away).state_hash(),
        Host<Game>(rewind).state_hash(), Host<Game>(views).state_hash()};
    EXPECT_EQ(hashes.size(), 4U);
}

TEST(SchemaHash, DependsOnAllThatSetsTheWidthOfAField) {
    const std::set<std::uint64_t> hashes{
        schema_hash<Lake<4, 1000>>(), schema_hash<Lake<200, 1000>>(), schema_hash<Lake<4, 8000>>()};
    EXPECT_EQ(hashes.size(), 3U);
}

}  // namespace
}  // namespace ringtick
