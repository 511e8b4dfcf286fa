#pragma once

#include "tick/game.hpp"
#include "ws/deflater.hpp"
#include "ws/frame_encoder.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace ringtick {

// Makes the frames of a tick's snapshots, in memory where they lie until the kernel has taken them:
// one for each viewer or, if a game shows everyone the same, one for all, and one more for each
// of the deflater's windows that a viewer needs. So a shared snapshot is written once a tick, and
// compressed once a window.
//
//   [ plain | window 15 | window 9 |       free       ]    a shared snapshot
//   [ Ann | Bob | Cid | Dan |            free         ]    others
class SnapshotFrames {
public:
    // Without a deflater every frame is plain.
    SnapshotFrames(std::size_t snapshot_size_max, Deflater* deflater);

    // Bytes taken at start.
    static std::size_t memory(std::size_t snapshot_size_max, bool deflate);
    std::size_t frame_size_max() const { return frame_size_max_; }

    // No memory is left for what comes next, a broadcast or in it a frame: first the kernel must
    // take what there is.
    bool full() const {
        if (shared_) return false;
        return memory_size_ - used_ < (game_ == nullptr ? shared_size_max_ : frame_size_max_);
    }
    void begin_broadcast(Game& game);
    void end_broadcast();

    // The frame for this viewer, who deflates with this window, or not at all (0). Empty: the game
    // has nothing to show. Lives until release(), a shared one also through those in its broadcast.
    std::span<const std::byte> frame_for(PlayerId viewer, std::uint8_t window_bits) {
        const auto shared = shared_frames_.at(window_bits);
        return !shared.empty() ? shared : make_frame(viewer, window_bits);
    }
    // The kernel has taken all that was handed to it.
    void release();

private:
    using Frame = std::span<const std::byte>;

    Frame make_frame(PlayerId viewer, std::uint8_t window_bits);
    Frame make_shared_frame(PlayerId viewer, std::uint8_t window_bits);
    Frame own_frame(PlayerId viewer, std::uint8_t window_bits);
    std::size_t compress_if_promising(std::span<const std::byte> snapshot,
                                      std::uint8_t window_bits);
    std::size_t write_snapshot(PlayerId viewer, std::span<std::byte> out);
    std::span<std::byte> payload_place() const;
    Frame take_frame(std::size_t payload_size, Payload payload);

    Deflater* deflater_;
    std::size_t frame_size_max_;
    std::size_t shared_size_max_;  // Of all the frames of one shared snapshot.
    std::size_t memory_size_;
    std::unique_ptr<std::byte[]> memory_;
    std::unique_ptr<std::byte[]> snapshot_;  // One viewer's, to be compressed into its frame.
    std::size_t used_ = 0;

    Game* game_ = nullptr;  // Whose broadcast it is; none: between two.
    bool shared_ = false;
    bool shared_written_ = false;  // The game was asked, though it may have shown nothing.
    std::span<const std::byte> shared_snapshot_;
    // By what the viewer asks for: plain, or the window's bits. Empty: not made yet.
    std::array<Frame, Deflater::window_bits_max + 1> shared_frames_{};

    std::uint32_t untried_left_ = 0;  // Snapshots that go plain, for the last would not shrink.
    std::uint32_t untried_next_ = 0;
};

}  // namespace ringtick
