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

// Shows each viewer what it is told to, and counts how often it was asked.
class Scene final : public Game {
public:
    explicit Scene(bool shared) : shared_(shared) {}

    void on_join(PlayerId) override {}
    void on_leave(PlayerId) override {}
    void tick(std::uint64_t, std::span<const Command>, Outbox&) override {}
    std::size_t write_snapshot(PlayerId viewer, std::span<std::byte> out) override {
        asked += 1;
        EXPECT_EQ(out.size(), snapshot_size_max);
        const std::string snapshot = shared_ ? view : view + std::to_string(viewer.slot);
        return copy_bytes(out, as_bytes(view.empty() ? view : snapshot));
    }
    bool snapshot_is_shared() const override { return shared_; }

    std::string view = prose(1'000);
    int asked = 0;

private:
    bool shared_;
};

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
    Scene scene(true);
    frames.begin_broadcast(scene);
    for (int viewer = 0; viewer < 1'000; ++viewer) {
        ASSERT_FALSE(frames.full());
        const int windows[] = {0, 15, 9, 12};
        const auto window = static_cast<std::uint8_t>(windows[viewer % 4]);
        const auto frame = frames.frame_for(player(viewer), window);
        ASSERT_EQ(is_compressed(frame), window != 0);
        ASSERT_EQ(meaning_of(frame), scene.view);
        if (viewer % 128 == 0) frames.release();  // It lives on: more viewers are to come.
    }
    frames.end_broadcast();
    EXPECT_EQ(scene.asked, 1);
    EXPECT_EQ(deflater.stats().messages, 3U);

    scene.view = "the next tick";
    frames.begin_broadcast(scene);
    EXPECT_EQ(meaning_of(frames.frame_for(player(0), 15)), scene.view);
    EXPECT_EQ(meaning_of(frames.frame_for(player(1), 0)), scene.view);
}

TEST(SnapshotFrames, SendASharedSnapshotPlainIfItWouldNotShrink) {
    Deflater deflater;
    SnapshotFrames frames(snapshot_size_max, &deflater);
    Scene scene(true);
    for (const std::string& view : {noise(4'000), prose(255)}) {
        scene.view = view;
        frames.begin_broadcast(scene);
        const auto plain = frames.frame_for(player(0), 0);
        EXPECT_EQ(frames.frame_for(player(1), 15).data(), plain.data());
        EXPECT_EQ(meaning_of(plain), view);
        frames.end_broadcast();
    }
}

TEST(SnapshotFrames, HaveRoomForASharedSnapshotAtEveryWindow) {
    Deflater deflater;
    SnapshotFrames frames(snapshot_size_max, &deflater);
    Scene scene(true);
    scene.view = noise(1'000) + prose(3'000);
    int rooms = 0;
    for (; !frames.full(); ++rooms) {  // Each room's frames lie behind those of the one before.
        frames.begin_broadcast(scene);
        for (std::uint8_t window = 9; window <= 15; ++window) {
            EXPECT_EQ(meaning_of(frames.frame_for(player(0), window)), scene.view);
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
    Scene scene(false);
    frames.begin_broadcast(scene);
    const auto ann = frames.frame_for(player(1), 0);
    const auto bob = frames.frame_for(player(2), 15);
    const auto cid = frames.frame_for(player(3), 9);
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
    Scene scene(false);
    scene.view = noise(snapshot_size_max - 10);
    frames.begin_broadcast(scene);
    int count = 0;
    for (; !frames.full(); ++count) {
        ASSERT_EQ(meaning_of(frames.frame_for(player(count), 0)),
                  scene.view + std::to_string(count));
    }
    EXPECT_GE(count, 30);
    frames.release();
    EXPECT_FALSE(frames.full());
}

TEST(SnapshotFrames, AreNoneOfNothing) {
    Deflater deflater;
    for (const bool shared : {true, false}) {
        SnapshotFrames frames(snapshot_size_max, &deflater);
        Scene scene(shared);
        scene.view = "";
        frames.begin_broadcast(scene);
        EXPECT_TRUE(frames.frame_for(player(0), 0).empty());
        EXPECT_TRUE(frames.frame_for(player(1), 15).empty());
    }
}

// Goal: a game whose snapshots are packed already does not pay for the trying, and one whose
// snapshots shrink again is noticed.
TEST(SnapshotFrames, TryLessOftenWhatDidNotShrink) {
    Deflater deflater;
    SnapshotFrames frames(snapshot_size_max, &deflater);
    Scene scene(false);
    scene.view = noise(1'000);
    const auto show = [&](int viewer) {
        if (frames.full()) frames.release();
        return is_compressed(frames.frame_for(player(viewer), 15));
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
