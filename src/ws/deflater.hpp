#pragma once

#include "ws/compression_stats.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace ringtick {

class ZlibStream;

// Compresses messages for every connection, one after the other, each by itself (RFC 7692, section
// 7.2.1): so what was compressed for one client is right for all who agreed on the same window.
// Memory is taken when it is made: a stream for each of three windows, 9, 12 and 15 bits, so that
// what is shared is compressed three times at the most. Another window is served by the next
// smaller of them, which its owner can read as well.
class Deflater {
public:
    static constexpr std::uint8_t window_bits_min = 9;
    static constexpr std::uint8_t window_bits_max = 15;
    static constexpr std::uint8_t window_bits_step = 3;
    static constexpr std::size_t windows_count =
        (window_bits_max - window_bits_min) / window_bits_step + 1;
    // Below this a message fits a segment anyway, and hardly shrinks.
    static constexpr std::size_t payload_size_min = 256;

    Deflater();
    ~Deflater();
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;

    // Which of the streams serves a window of 9 to 15 bits.
    static constexpr std::size_t stream_of(std::uint8_t window_bits) {
        return static_cast<std::size_t>(window_bits - window_bits_min) / window_bits_step;
    }

    // The window, in bits, that is used in place of this one.
    static constexpr std::uint8_t served_by(std::uint8_t window_bits) {
        return static_cast<std::uint8_t>(window_bits -
                                         (window_bits - window_bits_min) % window_bits_step);
    }

    // Writes the compressed payload to the front of `out` and returns its size. 0: it would not be
    // smaller, or does not fit, or is not worth the try; the message goes as it is.
    std::size_t deflate(std::uint8_t window_bits,
                        std::span<const std::byte> payload,
                        std::span<std::byte> out);

    const CompressionStats& stats() const { return stats_; }
    std::size_t memory() const;

private:
    std::array<std::unique_ptr<ZlibStream>, windows_count> streams_;
    CompressionStats stats_;
};

}  // namespace ringtick
