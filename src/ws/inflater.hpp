#pragma once

#include "ws/compression_stats.hpp"
#include "ws/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace ringtick {

class ZlibStream;

// What a compressed message may take on the wire if `message_size_max` is what it may inflate to.
// A compressor that never stores a block needs nine bits for a byte at worst (RFC 1951, section
// 3.2.6).
constexpr std::uint64_t compressed_size_max(std::uint64_t message_size_max) {
    return message_size_max + message_size_max / 8 + 64;
}

// Inflates the messages of every connection, one after the other (RFC 7692, section 7.2.2): no
// client keeps context from one message to the next, so nor need we. Memory is taken when it is
// made, and is the same whatever comes.
class Inflater {
public:
    explicit Inflater(std::uint64_t message_size_max);
    ~Inflater();
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    struct Result {
        CloseCode violation = CloseCode::none;
        std::span<std::byte> message;  // Lives until the next call.
    };

    // A whole message's compressed payload, its fragments joined. Stops at the limit (1009) or at
    // what is no deflate stream (1007), and never delivers a part of a block that was cut off.
    //
    // Each block must be complete once 00 00 FF FF is appended, which the sender removed. We also
    // take a message whose blocks were complete before that: some senders do not remove it, or
    // leave out the empty block behind a final one.
    Result inflate(std::span<const std::byte> compressed);

    const CompressionStats& stats() const { return stats_; }
    std::size_t memory() const;

private:
    CloseCode feed(std::span<const std::byte> bytes);
    CloseCode run(std::span<const std::byte> compressed);
    std::size_t inflated() const;

    std::size_t message_size_max_;
    std::unique_ptr<std::byte[]> message_;  // One byte more than the limit, to see it passed.
    std::unique_ptr<ZlibStream> stream_;
    bool complete_ = true;  // No block is under way.
    CompressionStats stats_;
};

}  // namespace ringtick
