#pragma once

#include <cstdint>

namespace ringtick {

// Which of so many threads one is.
struct ShardPlace {
    std::uint32_t number = 0;
    std::uint32_t count = 1;
};

}  // namespace ringtick
