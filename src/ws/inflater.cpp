#include "ws/inflater.hpp"

#include "base/assert.hpp"
#include "ws/zlib_stream.hpp"

#include <array>
#include <limits>

namespace ringtick {

namespace {

// Of the largest window a client may use. Raw: without zlib's header and checksum.
constexpr int window_bits = -15;

// What a sender takes off the end of each message (RFC 7692, section 7.2.1).
constexpr std::array tail{std::byte{0x00}, std::byte{0x00}, std::byte{0xFF}, std::byte{0xFF}};

// In z_stream::data_type after inflate(): a block has ended and no other begun (zlib.h).
constexpr int between_blocks = 128;

const Bytef* as_zlib(std::span<const std::byte> bytes) {
    return reinterpret_cast<const Bytef*>(bytes.data());
}

}  // namespace

Inflater::Inflater(std::uint64_t message_size_max)
    : message_size_max_(message_size_max),
      message_(std::make_unique_for_overwrite<std::byte[]>(message_size_max + 1)),
      stream_(std::make_unique<ZlibStream>()) {
    ASSERT(compressed_size_max(message_size_max) < std::numeric_limits<uInt>::max());
    const int begun = inflateInit2(&stream_->z, window_bits);
    ASSERT(begun == Z_OK);

    // A stored block of one byte makes zlib ask for its window now rather than at the first client.
    constexpr std::array stored{std::byte{0},    std::byte{1},    std::byte{0},
                                std::byte{0xFE}, std::byte{0xFF}, std::byte{'a'}};
    inflate(stored);
    stats_ = {};
}

Inflater::~Inflater() = default;

std::size_t Inflater::memory() const {
    return message_size_max_ + 1 + stream_->memory();
}

std::size_t Inflater::inflated() const {
    return message_size_max_ + 1 - stream_->z.avail_out;
}

Inflater::Result Inflater::inflate(std::span<const std::byte> compressed) {
    inflateReset(&stream_->z);
    stream_->z.next_out = reinterpret_cast<Bytef*>(message_.get());
    stream_->z.avail_out = static_cast<uInt>(message_size_max_ + 1);
    complete_ = true;

    const CloseCode violation = run(compressed);
    if (violation != CloseCode::none) return {.violation = violation};
    stats_.count(inflated(), compressed.size());
    return {.message = {message_.get(), inflated()}};
}

CloseCode Inflater::run(std::span<const std::byte> compressed) {
    const CloseCode violation = feed(compressed);
    if (violation != CloseCode::none || complete_) return violation;

    // A block that was cut off might take the tail for its own, and so end in bytes nobody sent.
    const std::size_t sent = inflated();
    if (feed(tail) != CloseCode::none) return CloseCode::invalid_payload_data;
    return complete_ && inflated() == sent ? CloseCode::none : CloseCode::invalid_payload_data;
}

CloseCode Inflater::feed(std::span<const std::byte> bytes) {
    z_stream& z = stream_->z;
    z.next_in = as_zlib(bytes);
    z.avail_in = static_cast<uInt>(bytes.size());
    while (z.avail_in > 0) {
        const int result = ::inflate(&z, Z_SYNC_FLUSH);
        if (z.avail_out == 0) return CloseCode::message_too_big;
        if (result != Z_OK && result != Z_STREAM_END) return CloseCode::invalid_payload_data;
        complete_ = result == Z_STREAM_END || (z.data_type & between_blocks) != 0;
        // A final block may be sent (RFC 7692, section 7.2.3.4), and what follows it begins anew.
        if (result == Z_STREAM_END) inflateReset(&z);
    }
    return CloseCode::none;
}

}  // namespace ringtick
