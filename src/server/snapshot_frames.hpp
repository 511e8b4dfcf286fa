#pragma once

#include "tick/game.hpp"
#include "ws/deflater.hpp"
#include "ws/frame_encoder.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace ringtick {

// Makes the frames of a tick's snapshots, in memory where they lie until the kernel has taken them:
// one for each viewer or, of those whom the game shows the same, one for all, and one more for each
// of the deflater's windows that a viewer needs. So a shared snapshot is written once a tick, and
// compressed once a window.
//
//   [ Ann | Bob | Cid |        free         | ...  | window 9 | window 15 | plain ]
//     their own                               shared, of another key and of one
//
// What is shared stays through its broadcast, as far as there is room: if it has to go, and is
// asked for again, it is written again.
class SnapshotFrames {
public:
    // Without a deflater every frame is plain.
    SnapshotFrames(std::size_t snapshot_size_max, Deflater* deflater);

    // Bytes taken at start.
    static std::size_t memory(std::size_t snapshot_size_max, bool deflate);
    std::size_t frame_size_max() const { return frame_size_max_; }

    // No memory is left for what comes next, a broadcast or in it a frame: first the kernel must
    // take what there is.
    bool full() const { return free_size() < shared_size_max_ || shared_count_ == shared_max; }
    void begin_broadcast(Game& game);
    void end_broadcast();

    // The frame for this viewer, who is shown what this key says, and deflates with this window or
    // not at all (0). Empty: the game has nothing to show. Lives until release().
    std::span<const std::byte> frame_for(SnapshotKey key,
                                         PlayerId viewer,
                                         std::uint8_t window_bits);
    // The kernel has taken all that was handed to it.
    void release();

private:
    using Frame = std::span<const std::byte>;

    // A snapshot that several see, and its frames by what they ask for: plain, or the window's
    // bits. Empty: not made yet.
    struct Shared {
        std::span<const std::byte> snapshot;
        std::array<Frame, Deflater::window_bits_max + 1> frames{};
    };
    // As many as a room of spectators may show in a tick (replica/host_options.hpp), two of each
    // view. More only cost more.
    static constexpr std::size_t shared_max = 128;

    std::size_t free_size() const { return kept_from_ - used_; }
    Shared& shared_of(SnapshotKey key, PlayerId viewer);
    Frame shared_frame(Shared& shared, std::uint8_t window_bits);
    void forget_shared();
    Frame own_frame(PlayerId viewer, std::uint8_t window_bits);
    std::size_t compress_if_promising(std::span<const std::byte> snapshot,
                                      std::uint8_t window_bits);
    std::size_t write_snapshot(PlayerId viewer, std::span<std::byte> out);
    std::span<std::byte> payload_place() const;
    Frame made_frame(std::size_t payload_size, Payload payload) const;
    Frame take_frame(std::size_t payload_size, Payload payload);
    Frame keep_frame(std::size_t payload_size, Payload payload);

    Deflater* deflater_;
    std::size_t frame_size_max_;
    std::size_t shared_size_max_;  // Of all the frames of one shared snapshot.
    std::size_t memory_size_;
    std::unique_ptr<std::byte[]> memory_;
    std::unique_ptr<std::byte[]> snapshot_;  // One viewer's, to be compressed into its frame.
    std::size_t used_ = 0;                   // From the front: viewers' own frames.
    std::size_t kept_from_ = 0;              // To the end: shared ones.

    Game* game_ = nullptr;  // Whose broadcast it is; none: between two.
    std::size_t shared_count_ = 0;
    std::array<SnapshotKey, shared_max> shared_keys_{};
    std::vector<Shared> shared_;

    std::uint32_t untried_left_ = 0;  // Snapshots that go plain, for the last would not shrink.
    std::uint32_t untried_next_ = 0;
};

}  // namespace ringtick
