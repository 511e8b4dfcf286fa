#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtick {

// By which whoever lost a connection shows, on the next one, whose it was: 128 random bits, told to
// that player alone. Whoever has it is that player, so it is kept out of every log and every
// recording: beyond the one message that tells it, the server knows it by its digest only, and what
// a client shows is replaced by its digest before anybody looks at it. Digests are compared as any
// other number: an answer leaves with a tick, some milliseconds after the question, and how many of
// the bits were right does not show in that.
struct ResumeToken {
    std::uint64_t first = 0;
    std::uint64_t second = 0;

    // As it travels and is written down.
    static constexpr std::size_t size = 16;
    std::array<std::byte, size> bytes() const {
        std::array<std::byte, size> bytes{};
        ByteWriter writer(bytes);
        writer.put(first);
        writer.put(second);
        return bytes;
    }
    static ResumeToken from(std::span<const std::byte> bytes) {
        ByteReader reader(bytes);
        const auto first = reader.get<std::uint64_t>();
        return {.first = first, .second = reader.get<std::uint64_t>()};
    }

    // Of nobody.
    constexpr bool none() const { return first == 0 && second == 0; }

    friend constexpr bool operator==(const ResumeToken&, const ResumeToken&) = default;
};

// A token as it is given out.
struct IssuedToken {
    ResumeToken plain;   // To be told to its player, and then forgotten.
    ResumeToken digest;  // To be known by. None, if there is no token.

    // In a match that is played again nobody is told anything: the plain one is not known any more.
    static constexpr IssuedToken recorded(const ResumeToken& digest) {
        return {.plain = digest, .digest = digest};
    }
};

}  // namespace ringtick
