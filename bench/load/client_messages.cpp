#include "load/client_messages.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/rng.hpp"
#include "ws/frame_encoder.hpp"
#include "ws/mask.hpp"

#include <algorithm>
#include <array>

namespace ringtick::swarm {

namespace {

constexpr std::size_t stamp_size = 8;

// The front of a message: no two messages of any two clients begin alike.
std::array<std::byte, stamp_size> stamp_of(std::uint32_t client, std::uint64_t number) {
    std::array<std::byte, stamp_size> stamp{};
    ByteWriter(stamp).put(Rng::mix(std::uint64_t{client} << 40 ^ number));
    return stamp;
}

}  // namespace

ClientMessages::ClientMessages(std::size_t payload_size)
    : payload_size_(payload_size),
      header_size_(server_header_size(payload_size)),
      pattern_(payload_size + pattern_period) {
    for (std::size_t i = 0; i < pattern_.size(); ++i) {
        pattern_[i] = static_cast<std::byte>(i % pattern_period);
    }
}

//   0 or 2 or 8 bytes of length behind the first two
//  [FIN opcode][1 | length][masking key, 4][stamp, 8][pattern, from the number on]
void ClientMessages::write_frame(std::uint32_t client,
                                 std::uint64_t number,
                                 std::span<std::byte> out) const {
    ASSERT(out.size() == frame_size());
    const auto stamp = stamp_of(client, number);
    write_frame_header(out, Opcode::binary, payload_size_);
    out[1] |= std::byte{0x80};
    // As unpredictable as the message; what matters here is that the server has to unmask.
    MaskingKey key{};
    copy_bytes(key, std::span(stamp).first(mask_size));
    std::ranges::reverse(key);
    copy_bytes(out.subspan(header_size_), key);

    const auto payload = out.subspan(header_size_ + mask_size);
    const std::size_t front = std::min(stamp_size, payload_size_);
    copy_bytes(payload, std::span(stamp).first(front));
    copy_bytes(payload.subspan(front),
               std::span(pattern_).subspan(number % pattern_period, payload_size_ - front));
    unmask(payload, key, 0);
}

bool ClientMessages::matches(std::uint32_t client,
                             std::uint64_t number,
                             std::uint64_t offset,
                             std::span<const std::byte> piece) const {
    if (offset > payload_size_ || piece.size() > payload_size_ - offset) return false;
    if (offset < stamp_size) {
        const auto stamp = stamp_of(client, number);
        const std::size_t size = std::min<std::size_t>(stamp_size - offset, piece.size());
        const auto expected = std::span(stamp).subspan(offset, size);
        if (!std::ranges::equal(piece.first(size), expected)) return false;
        piece = piece.subspan(size);
        offset += size;
    }
    if (piece.empty()) return true;
    const auto expected =
        std::span(pattern_).subspan(number % pattern_period + offset - stamp_size, piece.size());
    return std::ranges::equal(piece, expected);
}

}  // namespace ringtick::swarm
