#include "replica/client.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ringtick {
namespace {

using std::chrono::milliseconds;

constexpr Nanoseconds period = milliseconds(40);

// The smallest game there is: one number that follows the tick.
class Counting {
public:
    struct Snapshot {
        SnapshotHeader header;
        std::uint8_t value = 0;
    };
    struct Input {
        void absorb(Input) {}
        void let_go() {}
    };
    struct View {
        std::int64_t drawn = -1;  // In 1/65,536 of the number.
        int frames_without_world = 0;
    };

    void start() { view_ = {}; }
    bool on_welcome(std::span<const std::byte> message, WelcomeTime& time) {
        time = {.tick = 100, .period = period, .slot = 5};
        if (message.size() == 3) {
            time.id = 9;
            time.resume = {.resumed = static_cast<Resumed>(message[1]),
                           .token = {.first = 1, .second = 2},
                           .events = std::to_integer<std::uint32_t>(message[2])};
        }
        return message.size() == 1 || message.size() == 3;
    }
    bool on_snapshot(std::span<const std::byte> message,
                     const Snapshot* before,
                     Snapshot& snapshot) const {
        FieldReader reader(message);
        const std::uint32_t since = before != nullptr ? before->header.tick : 0;
        describe_snapshot_header(reader, snapshot.header, since);
        reader.whole(snapshot.value);
        const bool alone = (snapshot.header.tag.flags & SnapshotHeader::keyframe) != 0;
        return reader.finished() && (alone || before != nullptr);
    }
    void on_applied(const Snapshot& snapshot) { applied.push_back(snapshot.header.tick); }
    bool on_event(std::span<const std::byte> message, Nanoseconds) { return message.size() == 1; }
    bool on_stats(std::span<const std::byte> message) { return message.size() == 1; }
    bool on_bye(std::span<const std::byte> message) { return message.size() == 1; }
    std::size_t write_inputs(const InputStamp& stamp,
                             std::span<const Input> inputs,
                             std::span<std::byte>) {
        stamped = stamp;
        written = inputs.size();
        return 1;
    }
    void show(const Moment<Snapshot>& moment, const ClientNumbers&, Nanoseconds) {
        view_.drawn = moment.from->value * whole_tick + moment.since_from;
    }
    void show_nothing(const ClientNumbers&, Nanoseconds) { view_.frames_without_world += 1; }
    const View& view() const { return view_; }

    InputStamp stamped;
    std::size_t written = 0;
    std::vector<std::uint32_t> applied;

private:
    View view_;
};

std::vector<std::byte> snapshot(std::uint32_t tick) {
    std::vector<std::byte> bytes(16);
    FieldWriter writer(bytes);
    SnapshotHeader header;
    header.tag = {.kind = MessageKind::snapshot, .flags = SnapshotHeader::keyframe};
    header.tick = tick;
    describe_snapshot_header(writer, header, 0);
    writer.whole(static_cast<std::uint8_t>(tick));
    bytes.resize(writer.finish());
    return bytes;
}

// What became of the snapshot of the tick before.
std::vector<std::byte> delta(std::uint32_t tick) {
    std::vector<std::byte> bytes(16);
    FieldWriter writer(bytes);
    SnapshotHeader header;
    header.tag.kind = MessageKind::snapshot;
    header.tick = tick;
    describe_snapshot_header(writer, header, tick - 1);
    writer.whole(static_cast<std::uint8_t>(tick));
    bytes.resize(writer.finish());
    return bytes;
}

std::vector<std::byte> welcome_back(Resumed resumed, std::uint8_t events = 0) {
    return {static_cast<std::byte>(MessageKind::welcome), static_cast<std::byte>(resumed),
            static_cast<std::byte>(events)};
}

std::vector<std::byte> bare(MessageKind kind) {
    return {static_cast<std::byte>(kind)};
}

class Counted : public ::testing::Test {
protected:
    void welcome() {
        client.start(now);
        EXPECT_EQ(client.on_message(bare(MessageKind::welcome), now), MessageKind::welcome);
    }
    // Ticks from 101 on, each with a snapshot that arrives at once, and four frames to a tick.
    void run(std::uint32_t ticks) {
        for (std::uint32_t i = 0; i < ticks; ++i) {
            for (int frame = 0; frame < 4; ++frame) client.advance(now + period * frame / 4);
            now += period;
            tick += 1;
            EXPECT_TRUE(client.on_message(snapshot(tick), now));
        }
    }

    // What answers a probe that left so long ago.
    std::vector<std::byte> pong_after(Nanoseconds way) const {
        std::vector<std::byte> bytes(16);
        FieldWriter writer(bytes);
        Pong pong;
        pong.sent_us = static_cast<std::uint32_t>((now - way) / std::chrono::microseconds(1));
        Pong::describe(writer, pong);
        bytes.resize(writer.finish());
        return bytes;
    }

    // One connection is lost, and another is there.
    void come_back(Resumed resumed, std::uint8_t events = 0) {
        client.reconnect();
        now += milliseconds(500);
        client.advance(now);
        EXPECT_EQ(client.on_message(welcome_back(resumed, events), now), MessageKind::welcome);
    }

    Client<Counting> client;
    Nanoseconds now = milliseconds(5000);
    std::uint32_t tick = 100;
};

TEST_F(Counted, DrawsTheWorldOneDelayBehindTheNewestSnapshot) {
    welcome();
    run(100);
    client.advance(now);
    const double behind = tick % 256 - static_cast<double>(client.view().drawn) / whole_tick;
    EXPECT_NEAR(behind, 1.5, 0.05);
    EXPECT_EQ(client.numbers().interpolation_delay, period * 3 / 2);
}

TEST_F(Counted, NeverDrawsBackwards) {
    welcome();
    std::int64_t last = -1;
    for (int i = 0; i < 100; ++i) {
        now += period;
        tick += 1;
        // Every fifth message is 60 ms late: the next one overtakes what was drawn by guess.
        const Nanoseconds late = i % 5 == 0 ? milliseconds(60) : milliseconds(0);
        client.on_message(snapshot(tick), now + late);
        for (int frame = 0; frame < 4; ++frame) {
            client.advance(now + late + milliseconds(frame));
            EXPECT_GE(client.view().drawn, last);
            last = client.view().drawn;
        }
    }
}

TEST_F(Counted, ShowsNothingBeforeTheFirstSnapshot) {
    welcome();
    client.advance(now);
    EXPECT_EQ(client.view().frames_without_world, 1);
    EXPECT_EQ(client.view().drawn, -1);
}

TEST_F(Counted, RefusesAWorldBeforeAndAfterTheOneWelcome) {
    client.start(now);
    EXPECT_FALSE(client.on_message(snapshot(101), now));
    EXPECT_FALSE(client.on_message(bare(MessageKind::event), now));
    welcome();
    EXPECT_FALSE(client.on_message(bare(MessageKind::welcome), now));
    EXPECT_TRUE(client.on_message(bare(MessageKind::event), now));
}

TEST_F(Counted, AppliesEachTickOnceAndInOrder) {
    welcome();
    for (const std::uint32_t number : {101U, 103U, 102U, 103U, 110U}) {
        client.on_message(snapshot(number), now);
    }
    EXPECT_EQ(client.game().applied, (std::vector<std::uint32_t>{101, 103, 110}));
    EXPECT_EQ(client.numbers().messages_refused, 2U);
}

TEST_F(Counted, RefusesWhatOnlyClientsSayAndWhatIsNoMessage) {
    welcome();
    for (const MessageKind kind : {MessageKind::hello, MessageKind::input, MessageKind::ping}) {
        EXPECT_FALSE(client.on_message(bare(kind), now));
    }
    EXPECT_FALSE(client.on_message({}, now));
    EXPECT_FALSE(client.on_message(bare(static_cast<MessageKind>(15)), now));
}

TEST_F(Counted, AsksForNoInputOfWhoLooksOn) {
    client.start(now);
    std::vector<std::byte> to_watch = bare(MessageKind::welcome);
    to_watch[0] |= std::byte{welcome_to_watch << 4};
    EXPECT_EQ(client.on_message(to_watch, now), MessageKind::welcome);
    run(50);
    EXPECT_EQ(client.inputs_due(now), 0U);
    client.want({}, now);
    std::array<std::byte, 16> message{};
    EXPECT_EQ(client.write_inputs(now, message), 0U);
}

TEST_F(Counted, StampsAnInputWithWhatWasSeenAndWhenItArrives) {
    welcome();
    run(50);
    std::array<std::byte, 16> ping{};
    EXPECT_EQ(client.write_ping(now, ping), 5U);
    EXPECT_EQ(ping[0], std::byte{6});
    client.want_encoding(Encoding::cells);
    EXPECT_EQ(client.write_ping(now, ping), 5U);
    EXPECT_EQ(ping[0], std::byte{0x16});
    client.want_encoding(Encoding::whole);
    EXPECT_EQ(client.write_ping(now, ping), 5U);
    EXPECT_EQ(ping[0], std::byte{0x26});
    client.on_message(pong_after(milliseconds(80)), now);
    EXPECT_EQ(client.numbers().round_trip, milliseconds(80));
    EXPECT_EQ(client.numbers().round_trip_last, milliseconds(80));
    EXPECT_EQ(client.numbers().round_trips, 1U);

    client.advance(now);
    client.want({}, now);
    EXPECT_EQ(client.write_inputs(now, ping), 1U);
    EXPECT_EQ(client.game().stamped.acknowledged_tick, tick);
    EXPECT_NEAR(client.game().stamped.view_back, 384, 20);  // One and a half ticks.
    // 80 ms are two ticks, and it is to be there one or two early.
    EXPECT_EQ(client.game().stamped.tick, tick + 3);
    EXPECT_EQ(client.game().written, 1U);
}

// Goal: a first probe that waited out a pause of three seconds silences nobody for as long.
TEST_F(Counted, DoesNotTakeAPauseForTheWay) {
    welcome();
    run(50);
    client.on_message(pong_after(milliseconds(3'000)), now);
    EXPECT_EQ(client.numbers().round_trip, milliseconds(3'000));
    std::array<std::byte, 16> out{};
    client.advance(now);
    client.want({}, now);
    client.write_inputs(now, out);
    const auto written = static_cast<std::uint32_t>(client.game().written);
    EXPECT_GT(written, 0U);
    EXPECT_LE(client.game().stamped.tick + written, tick + 4);
    client.on_message(pong_after(milliseconds(80)), now);
    for (int i = 0; i < 10; ++i) {
        run(4);
        EXPECT_GE(client.inputs_due(now), 3U);
        client.want({}, now);
        client.write_inputs(now, out);
    }
}

// Goal: a way that is as long as the first probe said is believed when the second says so, too.
TEST_F(Counted, BelievesALongWayTheSecondTime) {
    welcome();
    run(50);
    std::array<std::byte, 16> out{};
    for (int i = 0; i < 2; ++i) client.on_message(pong_after(milliseconds(800)), now);
    client.advance(now);
    client.want({}, now);
    client.write_inputs(now, out);
    const auto written = static_cast<std::uint32_t>(client.game().written);
    EXPECT_GE(client.game().stamped.tick + written, tick + 20);  // 800 ms at 25 Hz.
}

TEST_F(Counted, MakesOneInputForEachTickAndOneMessageOfAllThatAreDue) {
    welcome();
    EXPECT_EQ(client.inputs_due(now), 0U);  // Without a world there is nothing to want.
    run(50);
    std::array<std::byte, 16> out{};
    client.want({}, now);
    client.write_inputs(now, out);
    std::uint32_t newest = client.game().stamped.tick + 7;  // After 50 ticks of silence, eight.
    EXPECT_EQ(client.game().written, 8U);
    EXPECT_EQ(client.write_inputs(now, out), 0U);
    for (const std::uint32_t ticks : {1U, 3U, 1U, 2U}) {
        run(ticks);
        EXPECT_EQ(client.inputs_due(now), ticks);
        client.want({}, now);
        EXPECT_EQ(client.inputs_due(now), 0U);
        client.write_inputs(now, out);
        EXPECT_EQ(client.game().stamped.tick, newest + 1);
        EXPECT_EQ(client.game().written, ticks);
        newest += ticks;
    }
}

TEST_F(Counted, CountsSnapshotsAndTheirBytes) {
    welcome();
    run(50);
    client.advance(now + period);
    EXPECT_NEAR(static_cast<double>(client.numbers().snapshots_per_second), 25, 3);
    EXPECT_EQ(client.numbers().snapshot_bytes_per_second,
              client.numbers().snapshots_per_second * snapshot(1).size());
    EXPECT_EQ(client.numbers().snapshot_age, period);
}

TEST_F(Counted, CountsTheTicksThatCameWithoutASnapshotAndHowLateTheNewestWas) {
    welcome();
    run(50);
    EXPECT_EQ(client.numbers().snapshots, 50U);
    EXPECT_EQ(client.numbers().snapshots_missed, 0U);
    tick += 3;
    now += period * 3 + milliseconds(25);
    EXPECT_TRUE(client.on_message(snapshot(tick), now));
    EXPECT_EQ(client.numbers().snapshots, 51U);
    EXPECT_EQ(client.numbers().snapshots_missed, 2U);
    EXPECT_EQ(client.numbers().snapshot_late, milliseconds(25));
}

TEST_F(Counted, SaysWhatItHasOfTheConnectionBefore) {
    client.start(now, {.id = 3, .token = {.first = 7, .second = 8}});
    EXPECT_EQ(client.resume_wish().key.id, 3);
    EXPECT_EQ(client.resume_wish().key.token, (ResumeToken{.first = 7, .second = 8}));
    EXPECT_FALSE(client.resume_wish().knows_world) << "a key is not a world";
    client.on_message(welcome_back(Resumed::anew, 5), now);
    EXPECT_TRUE(client.resume_wish().knows_world);
    EXPECT_EQ(client.resume_wish().tick, 0U) << "no snapshot yet";
    run(10);
    client.on_message(bare(MessageKind::event), now);
    client.on_message(bare(MessageKind::event), now);
    EXPECT_EQ(client.resume_wish().key.id, 9);
    EXPECT_EQ(client.resume_wish().key.token, (ResumeToken{.first = 1, .second = 2}));
    EXPECT_EQ(client.resume_wish().tick, 110U);
    EXPECT_EQ(client.resume_wish().events, 7U);
}

TEST_F(Counted, KeepsItsTokenWhenItIsToldNoOtherOne) {
    const ResumeToken own{.first = 7, .second = 8};
    EXPECT_EQ((ResumeAnswer{.resumed = Resumed::delta}.token_after(own)), own);
    EXPECT_EQ((ResumeAnswer{.resumed = Resumed::fresh}.token_after(own)), ResumeToken());
    const ResumeToken other{.first = 9};
    EXPECT_EQ((ResumeAnswer{.resumed = Resumed::anew, .token = other}.token_after(own)), other);
}

TEST_F(Counted, GoesOnFromTheSnapshotItHadWhenItsSeatIsItsOwnAgain) {
    welcome();
    run(10);
    come_back(Resumed::delta, 3);
    EXPECT_EQ(client.numbers().resumptions, 1U);
    EXPECT_TRUE(client.on_message(delta(++tick), now));
    EXPECT_EQ(client.game().applied.size(), 11U);
    EXPECT_EQ(client.resume_wish().events, 3U);
    EXPECT_EQ(client.view().frames_without_world, 4) << "only those before the first snapshot";
}

TEST_F(Counted, GoesOnWithNothingLessThanAKeyframeIfThatIsPromised) {
    welcome();
    run(10);
    come_back(Resumed::keyframe);
    EXPECT_FALSE(client.on_message(delta(tick + 1), now));
    EXPECT_TRUE(client.on_message(snapshot(++tick), now));
    EXPECT_TRUE(client.on_message(delta(++tick), now));
    client.advance(now);
    EXPECT_EQ(client.view().frames_without_world, 4);
}

TEST_F(Counted, ForgetsTheWorldThatDoesNotGoOn) {
    for (const Resumed resumed : {Resumed::fresh, Resumed::anew}) {
        welcome();
        run(10);
        const int without = client.view().frames_without_world;
        come_back(resumed);
        client.advance(now);
        EXPECT_EQ(client.view().frames_without_world, without + 1);
        EXPECT_FALSE(client.on_message(delta(tick + 1), now));
        EXPECT_EQ(client.numbers().resumptions, 0U);
    }
}

TEST_F(Counted, RefusesToGoOnFromNothing) {
    client.start(now);
    EXPECT_FALSE(client.on_message(welcome_back(Resumed::delta), now));
    EXPECT_FALSE(client.on_message(snapshot(101), now));
}

TEST_F(Counted, AsksForAllAnewAfterAMessageThatItDidNotUnderstand) {
    welcome();
    run(10);
    EXPECT_TRUE(client.resume_wish().knows_world);
    client.on_message(bare(MessageKind::snapshot), now);
    EXPECT_FALSE(client.resume_wish().knows_world);
    come_back(Resumed::anew);
    EXPECT_TRUE(client.resume_wish().knows_world);
}

// A slot is another's as soon as its connection is gone, and what an operator orders names a slot.
TEST_F(Counted, HasASlotOnlyWhileItIsWelcome) {
    EXPECT_EQ(client.numbers().slot, -1);
    welcome();
    EXPECT_EQ(client.numbers().slot, 5);
    client.reconnect();
    EXPECT_EQ(client.numbers().slot, -1);
    client.on_message(welcome_back(Resumed::delta), now);
    EXPECT_EQ(client.numbers().slot, 5);
}

TEST_F(Counted, SaysNothingBetweenTwoConnections) {
    welcome();
    run(10);
    client.reconnect();
    EXPECT_FALSE(client.on_message(snapshot(tick + 1), now)) << "no welcome yet";
    now += period;
    client.want({}, now);
    std::array<std::byte, 16> out{};
    EXPECT_EQ(client.write_inputs(now, out), 0U);
    client.on_message(welcome_back(Resumed::fresh), now);
    run(10);
    client.want({}, now);
    EXPECT_GT(client.write_inputs(now, out), 0U);
}

}  // namespace
}  // namespace ringtick
