#include "server/snapshot_frames.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <algorithm>
#include <cstring>

namespace ringtick {

namespace {

// A chunk of frames of the usual size, and small, so that it stays in the cache.
constexpr std::size_t frames_size_min = 131'072;

// At most so many snapshots go plain untried because those before them would not shrink.
constexpr std::uint32_t untried_max = 63;

std::size_t frame_size_of(std::size_t snapshot_size) {
    return server_header_size_max + snapshot_size;
}

std::size_t shared_size_of(std::size_t snapshot_size, bool deflate) {
    return (deflate ? 1 + Deflater::windows_count : 1) * frame_size_of(snapshot_size);
}

std::size_t frames_size_of(std::size_t snapshot_size, bool deflate) {
    const std::size_t frames = std::max(frames_size_min, 2 * frame_size_of(snapshot_size));
    return deflate ? frames + shared_size_of(snapshot_size, deflate) : frames;
}

}  // namespace

SnapshotFrames::SnapshotFrames(std::size_t snapshot_size_max, Deflater* deflater)
    : deflater_(deflater),
      frame_size_max_(frame_size_of(snapshot_size_max)),
      shared_size_max_(shared_size_of(snapshot_size_max, deflater != nullptr)),
      memory_size_(frames_size_of(snapshot_size_max, deflater != nullptr)),
      memory_(std::make_unique<std::byte[]>(memory_size_)),
      kept_from_(memory_size_),
      shared_(shared_max) {
    if (deflater != nullptr) snapshot_ = std::make_unique<std::byte[]>(snapshot_size_max);
}

std::size_t SnapshotFrames::memory(std::size_t snapshot_size_max, bool deflate) {
    return frames_size_of(snapshot_size_max, deflate) + (deflate ? snapshot_size_max : 0);
}

void SnapshotFrames::begin_broadcast(Game& game) {
    ASSERT(game_ == nullptr);
    ASSERT(!full());
    game_ = &game;
}

// What lies there may not be with the kernel yet, but the next room's keys mean something else.
void SnapshotFrames::end_broadcast() {
    game_ = nullptr;
    forget_shared();
}

void SnapshotFrames::release() {
    used_ = 0;
    if (game_ != nullptr && !full()) return;
    forget_shared();
    kept_from_ = memory_size_;
}

void SnapshotFrames::forget_shared() {
    for (Shared& shared : std::span(shared_).first(shared_count_)) shared = {};
    shared_count_ = 0;
}

SnapshotFrames::Frame SnapshotFrames::frame_for(SnapshotKey key,
                                                PlayerId viewer,
                                                std::uint8_t window_bits) {
    ASSERT(game_ != nullptr);
    ASSERT(key != SnapshotKey::held_back);
    ASSERT(window_bits == 0 || deflater_ != nullptr);
    if (key == SnapshotKey::own) return own_frame(viewer, window_bits);
    return shared_frame(shared_of(key, viewer), window_bits);
}

SnapshotFrames::Shared& SnapshotFrames::shared_of(SnapshotKey key, PlayerId viewer) {
    const auto keys = std::span(shared_keys_).first(shared_count_);
    const auto found = std::ranges::find(keys, key);
    const auto index = static_cast<std::size_t>(found - keys.begin());
    if (found != keys.end()) return shared_[index];

    ASSERT(!full());
    shared_keys_.at(index) = key;
    shared_count_ += 1;
    Shared& shared = shared_[index];
    const std::size_t size = write_snapshot(viewer, payload_place());
    shared.frames[0] = keep_frame(size, Payload::plain);
    shared.snapshot = shared.frames[0].last(size);
    return shared;
}

SnapshotFrames::Frame SnapshotFrames::shared_frame(Shared& shared, std::uint8_t window_bits) {
    const Frame& plain = shared.frames[0];
    Frame& asked = shared.frames.at(window_bits);
    if (plain.empty() || !asked.empty()) return asked;

    // The window that serves this one has its frame, and the others that it serves share it.
    Frame& frame = shared.frames.at(Deflater::served_by(window_bits));
    if (frame.empty()) {
        const std::size_t size = deflater_->deflate(window_bits, shared.snapshot, payload_place());
        frame = size > 0 ? keep_frame(size, Payload::compressed) : plain;
    }
    return asked = frame;
}

SnapshotFrames::Frame SnapshotFrames::own_frame(PlayerId viewer, std::uint8_t window_bits) {
    if (window_bits == 0) {
        return take_frame(write_snapshot(viewer, payload_place()), Payload::plain);
    }
    // Beside the frame, so that it can be compressed into it.
    const std::span<std::byte> out(snapshot_.get(), payload_place().size());
    const auto snapshot = out.first(write_snapshot(viewer, out));
    const std::size_t size = compress_if_promising(snapshot, window_bits);
    if (size > 0) return take_frame(size, Payload::compressed);
    return take_frame(copy_bytes(payload_place(), snapshot), Payload::plain);
}

// A game that packs its snapshots well packs all of them: one that would not shrink speaks for the
// next, and for twice as many each time.
std::size_t SnapshotFrames::compress_if_promising(std::span<const std::byte> snapshot,
                                                  std::uint8_t window_bits) {
    if (snapshot.size() < Deflater::payload_size_min) return 0;
    if (untried_left_ > 0) {
        untried_left_ -= 1;
        return 0;
    }
    const std::size_t size = deflater_->deflate(window_bits, snapshot, payload_place());
    untried_next_ = size > 0 ? 0 : std::min(2 * untried_next_ + 1, untried_max);
    untried_left_ = untried_next_;
    return size;
}

std::size_t SnapshotFrames::write_snapshot(PlayerId viewer, std::span<std::byte> out) {
    const std::size_t size = game_->write_snapshot(viewer, out);
    ASSERT(size <= out.size());
    return size;
}

// Where the next frame's payload is written: behind room for a header, so that it need not move.
std::span<std::byte> SnapshotFrames::payload_place() const {
    ASSERT(free_size() >= frame_size_max_);
    return std::span(memory_.get() + used_, frame_size_max_).subspan(server_header_size_max);
}

// Of the payload that was written there. Of nothing: none.
SnapshotFrames::Frame SnapshotFrames::made_frame(std::size_t payload_size, Payload payload) const {
    if (payload_size == 0) return {};
    const std::span<std::byte> place(memory_.get() + used_, frame_size_max_);
    return frame_in_place(place, Opcode::binary, payload_size, payload);
}

SnapshotFrames::Frame SnapshotFrames::take_frame(std::size_t payload_size, Payload payload) {
    const Frame frame = made_frame(payload_size, payload);
    if (!frame.empty()) used_ += frame_size_of(payload_size);
    return frame;
}

// Puts it at the end of the memory, where it is not in the way of those that go.
SnapshotFrames::Frame SnapshotFrames::keep_frame(std::size_t payload_size, Payload payload) {
    const Frame frame = made_frame(payload_size, payload);
    if (frame.empty()) return frame;
    kept_from_ -= frame.size();
    std::byte* const kept = memory_.get() + kept_from_;
    std::memmove(kept, frame.data(), frame.size());
    return {kept, frame.size()};
}

}  // namespace ringtick
