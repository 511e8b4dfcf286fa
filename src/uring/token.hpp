#pragma once

#include "base/assert.hpp"
#include "base/handle.hpp"

#include <cstdint>

namespace ringtick {

// What was asked of the ring. `broadcast` is a send that is over when the submitting call returns;
// `send` may stay pending in the kernel. `writable` waits until a socket takes more.
enum class Op : std::uint8_t {
    accept = 1,
    recv,
    send,
    broadcast,
    writable,
    cancel,
    signal,
    write_file,
    sync_file,
    open_file,
    name_file,
    close_file,
    message,     // From another ring.
    undelivered  // A message to another ring.
};

// The 64 bits the kernel carries from an SQE to its CQEs: what was asked, and for whom.
//
//   63      56 55              32 31                              0
//   [   op    ][      slot       ][          generation           ]
struct Token {
    Op op;
    Handle owner;

    static constexpr std::uint32_t slot_max = (1U << 24) - 1;

    constexpr std::uint64_t pack() const {
        ASSERT(owner.slot <= slot_max);
        return std::uint64_t{static_cast<std::uint8_t>(op)} << 56 |
               std::uint64_t{owner.slot} << 32 | owner.generation;
    }

    static constexpr Token unpack(std::uint64_t bits) {
        return {.op = static_cast<Op>(bits >> 56),
                .owner = {.slot = static_cast<std::uint32_t>(bits >> 32) & slot_max,
                          .generation = static_cast<std::uint32_t>(bits)}};
    }
};

static_assert(Token::unpack(Token{Op::send, {7, 9}}.pack()).owner == Handle{7, 9});

}  // namespace ringtick
