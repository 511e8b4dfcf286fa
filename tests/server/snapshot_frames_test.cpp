#include "server/snapshot_frames.hpp"

#include "base/bytes.hpp"
#include "ws/deflate_reference.hpp"
#include "ws/inflater.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace ringtick {
namespace {

constexpr std::size_t snapshot_size_max = 4'000;

// Shows each viewer what it is told to, of a key what it says, and counts how often it was asked.
class Scene final : public Game {
public:
    explicit Scene(SnapshotKey key) : key_(key) {}

    void on_join(PlayerId) override {}
    void on_leave(PlayerId) override {}
    void tick(std::uint64_t, std::span<const Command>, Outbox&) override {}
    std::size_t write_snapshot(PlayerId viewer, std::span<std::byte> out) override {
        asked += 1;
        EXPECT_EQ(out.size(), snapshot_size_max);
        const bool shared = key_ != SnapshotKey::own;
        const std::string snapshot = shared ? view : view + std::to_string(viewer.slot);
        return copy_bytes(out, as_bytes(view.empty() ? view : snapshot));
    }

    std::string view = prose(1'000);
    int asked = 0;

private:
    SnapshotKey key_;
};

constexpr SnapshotKey everyones = SnapshotKey::everyones;

bool is_compressed(std::span<const std::byte> frame) {
    return (frame[0] & std::byte{0x40}) != std::byte{};
}

// What a whole frame of a snapshot says.
std::string meaning_of(std::span<const std::byte> frame) {
    EXPECT_EQ(frame[0] & std::byte{0xBF}, std::byte{0x82});  // Final, binary.
    const auto length = std::to_integer<unsigned>(frame[1]);
    const auto payload = frame.subspan(length == 126 ? 4 : 2);
    const std::size_t size = length == 126 ? std::to_integer<unsigned>(frame[2]) << 8 |
                                                 std::to_integer<unsigned>(frame[3])
                                           : length;
    EXPECT_EQ(payload.size(), size);
    if (!is_compressed(frame)) return std::string(as_text(payload));
    Inflater inflater(snapshot_size_max);
    return std::string(as_text(inflater.inflate(payload).message));
}

PlayerId player(int slot) {
    return {static_cast<std::uint16_t>(slot)};
}

TEST(SnapshotFrames, WriteASharedSnapshotOnceAndCompressItOnceForEachWindow) {
    Deflater deflater;
    SnapshotFrames frames(snapshot_size_max, &deflater);
    Scene scene(everyones);
    frames.begin_broadcast(scene);
    for (int viewer = 0; viewer < 1'000; ++viewer) {
        ASSERT_FALSE(frames.full());
        const int windows[] = {0, 15, 9, 12};
        const auto window = static_cast<std::uint8_t>(windows[viewer % 4]);
        const auto frame = frames.frame_for(everyones, player(viewer), window);
        ASSERT_EQ(is_compressed(frame), window != 0);
        ASSERT_EQ(meaning_of(frame), scene.view);
        if (viewer % 128 == 0) frames.release();  // It lives on: more viewers are to come.
    }
    frames.end_broadcast();
    EXPECT_EQ(scene.asked, 1);
    EXPECT_EQ(deflater.stats().messages, 3U);

    scene.view = "the next tick";
    frames.begin_broadcast(scene);
    EXPECT_EQ(meaning_of(frames.frame_for(everyones, player(0), 15)), scene.view);
    EXPECT_EQ(meaning_of(frames.frame_for(everyones, player(1), 0)), scene.view);
}

TEST(SnapshotFrames, SendASharedSnapshotPlainIfItWouldNotShrink) {
    Deflater deflater;
    SnapshotFrames frames(snapshot_size_max, &deflater);
    Scene scene(everyones);
    for (const std::string& view : {noise(4'000), prose(255)}) {
        scene.view = view;
        frames.begin_broadcast(scene);
        const auto plain = frames.frame_for(everyones, player(0), 0);
        EXPECT_EQ(frames.frame_for(everyones, player(1), 15).data(), plain.data());
        EXPECT_EQ(meaning_of(plain), view);
        frames.end_broadcast();
    }
}

TEST(SnapshotFrames, HaveRoomForASharedSnapshotAtEveryWindow) {
    Deflater deflater;
    SnapshotFrames frames(snapshot_size_max, &deflater);
    Scene scene(everyones);
    scene.view = noise(1'000) + prose(3'000);
    int rooms = 0;
    for (; !frames.full(); ++rooms) {  // Each room's frames lie behind those of the one before.
        frames.begin_broadcast(scene);
        for (std::uint8_t window = 9; window <= 15; ++window) {
            EXPECT_EQ(meaning_of(frames.frame_for(everyones, player(0), window)), scene.view);
        }
        frames.end_broadcast();
    }
    EXPECT_GT(rooms, 2);
    frames.release();
    EXPECT_FALSE(frames.full());
}

TEST(SnapshotFrames, MakeEachViewerItsOwn) {
    Deflater deflater;
    SnapshotFrames frames(snapshot_size_max, &deflater);
    Scene scene(SnapshotKey::own);
    frames.begin_broadcast(scene);
    const auto ann = frames.frame_for(SnapshotKey::own, player(1), 0);
    const auto bob = frames.frame_for(SnapshotKey::own, player(2), 15);
    const auto cid = frames.frame_for(SnapshotKey::own, player(3), 9);
    EXPECT_EQ(meaning_of(ann), scene.view + "1");
    EXPECT_EQ(meaning_of(bob), scene.view + "2");
    EXPECT_EQ(meaning_of(cid), scene.view + "3");
    EXPECT_FALSE(is_compressed(ann));
    EXPECT_TRUE(is_compressed(bob));
    EXPECT_TRUE(is_compressed(cid));
    EXPECT_EQ(scene.asked, 3);
}

TEST(SnapshotFrames, AreFullUntilTheKernelHasTakenThem) {
    SnapshotFrames frames(snapshot_size_max, nullptr);
    Scene scene(SnapshotKey::own);
    scene.view = noise(snapshot_size_max - 10);
    frames.begin_broadcast(scene);
    int count = 0;
    for (; !frames.full(); ++count) {
        ASSERT_EQ(meaning_of(frames.frame_for(SnapshotKey::own, player(count), 0)),
                  scene.view + std::to_string(count));
    }
    EXPECT_GE(count, 30);
    frames.release();
    EXPECT_FALSE(frames.full());
}

TEST(SnapshotFrames, AreNoneOfNothing) {
    Deflater deflater;
    for (const SnapshotKey key : {SnapshotKey::own, everyones}) {
        SnapshotFrames frames(snapshot_size_max, &deflater);
        Scene scene(key);
        scene.view = "";
        frames.begin_broadcast(scene);
        EXPECT_TRUE(frames.frame_for(key, player(0), 0).empty());
        EXPECT_TRUE(frames.frame_for(key, player(1), 15).empty());
    }
}

// Who is shown what: so many see the same as some others do, the rest something of their own.
class Cinema final : public Game {
public:
    void on_join(PlayerId) override {}
    void on_leave(PlayerId) override {}
    void tick(std::uint64_t, std::span<const Command>, Outbox&) override {}
    SnapshotKey snapshot_key(PlayerId viewer) override {
        const int screen = viewer.slot % screens;
        return screen == 0 ? SnapshotKey::own : static_cast<SnapshotKey>(screen);
    }
    std::string seen_by(PlayerId viewer) {
        const bool alone = snapshot_key(viewer) == SnapshotKey::own;
        return prose(200) + std::to_string(alone ? 1'000 + viewer.slot : viewer.slot % screens);
    }
    std::size_t write_snapshot(PlayerId viewer, std::span<std::byte> out) override {
        asked += 1;
        return copy_bytes(out, as_bytes(seen_by(viewer)));
    }

    int screens = 8;
    int asked = 0;
};

std::string shown(SnapshotFrames& frames, Game& game, PlayerId viewer, std::uint8_t window_bits) {
    if (frames.full()) frames.release();
    return meaning_of(frames.frame_for(game.snapshot_key(viewer), viewer, window_bits));
}

TEST(SnapshotFrames, WriteWhatSeveralSeeOnceAndAmongThemWhatOthersSeeAlone) {
    Deflater deflater;
    for (const bool deflate : {false, true}) {
        SnapshotFrames frames(snapshot_size_max, deflate ? &deflater : nullptr);
        Cinema cinema;
        frames.begin_broadcast(cinema);
        for (int viewer = 0; viewer < 8'000; ++viewer) {
            const std::uint8_t window_bits = deflate && viewer % 3 == 0 ? 15 : 0;
            ASSERT_EQ(shown(frames, cinema, player(viewer), window_bits),
                      cinema.seen_by(player(viewer)));
            if (viewer % 128 == 0) frames.release();
        }
        frames.end_broadcast();
        EXPECT_EQ(cinema.asked, 1'000 + 7);
    }
}

// Goal: more screens than there is room for cost more, and confuse nobody.
TEST(SnapshotFrames, WriteAgainWhatHadToGo) {
    SnapshotFrames frames(snapshot_size_max, nullptr);
    Cinema cinema;
    cinema.screens = 1'000;
    frames.begin_broadcast(cinema);
    for (int viewer = 0; viewer < 3'000; ++viewer) {
        ASSERT_EQ(shown(frames, cinema, player(viewer), 0), cinema.seen_by(player(viewer)));
    }
    EXPECT_LE(cinema.asked, 3'000);
}

TEST(SnapshotFrames, AreOfTheirOwnRoomThoughTheKeyIsTheSame) {
    SnapshotFrames frames(snapshot_size_max, nullptr);
    Scene one(everyones);
    Scene other(everyones);
    other.view = "the other room";
    frames.begin_broadcast(one);
    const auto frame = frames.frame_for(everyones, player(0), 0);
    frames.end_broadcast();
    frames.begin_broadcast(other);
    EXPECT_EQ(meaning_of(frames.frame_for(everyones, player(0), 0)), other.view);
    EXPECT_EQ(meaning_of(frame), one.view);  // The kernel has not taken it yet.
}

// Goal: a game whose snapshots are packed already does not pay for the trying, and one whose
// snapshots shrink again is noticed.
TEST(SnapshotFrames, TryLessOftenWhatDidNotShrink) {
    Deflater deflater;
    SnapshotFrames frames(snapshot_size_max, &deflater);
    Scene scene(SnapshotKey::own);
    scene.view = noise(1'000);
    const auto show = [&](int viewer) {
        if (frames.full()) frames.release();
        return is_compressed(frames.frame_for(SnapshotKey::own, player(viewer), 15));
    };
    frames.begin_broadcast(scene);
    for (int viewer = 0; viewer < 1'000; ++viewer) EXPECT_FALSE(show(viewer));
    scene.view = prose(1'000);
    int untried = 0;
    while (untried < 1'000 && !show(untried)) ++untried;
    EXPECT_GT(untried, 0);
    EXPECT_LE(untried, 63);
    for (int viewer = 0; viewer < 100; ++viewer) EXPECT_TRUE(show(viewer));
}

TEST(SnapshotFrames, TakeTheMemoryTheySay) {
    EXPECT_EQ(SnapshotFrames::memory(16'384, false), 131'072U);
    EXPECT_EQ(SnapshotFrames::memory(16'384, true), 131'072U + 4 * (16'384 + 10) + 16'384);
    EXPECT_EQ(SnapshotFrames::memory(1 << 20, false), 2U * ((1 << 20) + 10));
}

}  // namespace
}  // namespace ringtick
