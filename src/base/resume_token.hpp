#pragma once

#include <cstdint>

namespace ringtick {

// By which whoever lost a connection shows, on the next one, whose it was: 128 random bits, told to
// that player alone. Whoever has it is that player, so it is kept out of every log. It is compared
// as any other number: an answer leaves with a tick, some milliseconds after the question, and how
// many of the bits were right does not show in that.
struct ResumeToken {
    std::uint64_t first = 0;
    std::uint64_t second = 0;

    // Of nobody.
    constexpr bool none() const { return first == 0 && second == 0; }

    friend constexpr bool operator==(const ResumeToken&, const ResumeToken&) = default;
};

}  // namespace ringtick
