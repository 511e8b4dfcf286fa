#pragma once

#include <cstdint>

namespace ringtick {

// Names one occupant of one slot. The generation moves on when the occupant leaves, so a handle
// that outlives its occupant finds nothing, rather than whoever lives there now.
struct Handle {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;  // 0 is never issued.

    friend bool operator==(Handle, Handle) = default;
};

}  // namespace ringtick
