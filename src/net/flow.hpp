#pragma once

#include "net/options.hpp"
#include "uring/token.hpp"

#include <cstdint>

namespace ringtick {

inline constexpr Token accept_token{.op = Op::accept, .owner = {}};

// The messages a connection may bring at once: ten ticks' worth, since a stall of the network
// delivers at its end what was sent meanwhile. An unlimited one never runs out. Past a pause of
// this machine there is more, which passes away in as many ticks as the pause was long.
constexpr std::int32_t message_credit_max(const NetOptions& options) {
    return static_cast<std::int32_t>(options.messages_per_tick) * 10;
}

// Where a tick does not limit what a connection may bring, a receive still ends now and then, so
// that pausing it takes effect soon. Bytes.
inline constexpr std::uint32_t receive_budget_unlimited = 262'144;

constexpr std::uint32_t receive_budget(const NetOptions& options) {
    return options.inbound_bytes_per_tick > 0 ? options.inbound_bytes_per_tick
                                              : receive_budget_unlimited;
}

// What may still arrive of a connection, and has to be kept, after reading was to pause.
constexpr std::size_t late_input_max(const NetOptions& options) {
    return 2 * (std::size_t{receive_budget(options)} + options.receive_buffer_size);
}

}  // namespace ringtick
