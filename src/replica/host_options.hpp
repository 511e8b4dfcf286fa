#pragma once

#include "replica/protocol.hpp"
#include "replica/snapshot_parts.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace ringtick {

// What a game that is one struct is hosted with (host.hpp), and what its host counts.
struct HostOptions {
    static constexpr std::uint32_t holds_per_second = 4;  // An input is held for a quarter of one.
    // Of so many places one, and one at least, is kept from those who merely look on.
    static constexpr std::uint32_t places_to_keep_one = 16;

    std::uint16_t players_max = 64;
    std::uint16_t guests_max = 0;  // Who look on when the match is shown again.
    std::uint16_t tick_rate_hz = 30;
    std::uint32_t rewind_ms = 250;     // How far back an input may look. 0: all see the present.
    std::uint16_t views_max = 64;      // How many different views spectators may have at once.
    std::uint32_t snapshot_bytes = 0;  // A snapshot's budget (see snapshot_writer.hpp); 0: none.
    // How long a player's seat is kept for whoever has its token when the connection is gone.
    std::uint16_t absence_s = 30;

    std::uint32_t absence_ticks() const { return std::uint32_t{absence_s} * tick_rate_hz; }
    std::size_t onlookers_may_take() const {
        return players_max - std::max(players_max / places_to_keep_one, 1U);
    }

    // Tells of what decides beside the players how a match goes on, for the hash of its state.
    template <class Number>
    void tell_rules(Number number) const {
        for (const std::uint32_t rule :
             {holds_per_second, places_to_keep_one, rewind_ms, std::uint32_t{tick_rate_hz},
              std::uint32_t{absence_s}, std::uint32_t{views_max}}) {
            number(rule);
        }
    }

    // Who comes back with a snapshot of so many ticks ago goes on from it: two seconds, or as far
    // back as the header of one can say.
    std::uint32_t delta_ticks_max() const {
        constexpr std::uint32_t most = SnapshotHeader::ticks_since_max - 1;
        return std::min(std::uint32_t{2} * tick_rate_hz, most);
    }
};

struct HostCounters {
    std::uint64_t people = 0;               // Connections.
    std::uint64_t spectators = 0;           // Of them.
    std::uint64_t spectator_snapshots = 0;  // Written for all of them together.
    std::uint64_t resumed = 0;              // Seats that were taken up again,
    std::uint64_t resumed_by_delta = 0;     // of these, without a keyframe.
    std::uint64_t inputs_applied = 0;
    std::uint64_t inputs_held = 0;       // Ticks of a player that went without an input.
    std::uint64_t messages_refused = 0;  // Not one of ours, or with values no client of ours sends.
    std::uint64_t views_too_old = 0;     // Inputs that look back farther than is allowed.
    std::uint64_t snapshots_held_back = 0;  // Not made: those before were under way for too long.
    SnapshotCounters snapshots;             // Of those that were made.
};

}  // namespace ringtick
