#pragma once

#include "uring/token.hpp"

#include <cstdint>

namespace ringtick {

// One CQE, copied out so that the ring can move on. No layer above this one names a liburing type.
struct Completion {
    Token token;
    std::int32_t result;      // A count of bytes, a descriptor, or a negative errno.
    bool more;                // The same SQE will post again (IORING_CQE_F_MORE).
    bool has_buffer;          // It came with one of the provided buffers:
    std::uint16_t buffer_id;  // this one.
};

}  // namespace ringtick
