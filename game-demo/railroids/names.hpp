#pragma once

#include "railroids/wire.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace railroids {

// What a player asked to be called, made fit to show: well-formed UTF-8 (RFC 3629), without control
// characters, without spaces at its ends, at most 24 bytes, cut between characters. If nothing is
// left, or it is no UTF-8 at all, a name made from the id.
Name clean_name(std::span<const char> wanted, ShipId id);

// Bots are named by the seed, so that no name of theirs is ever sent.
Name bot_name(std::uint64_t seed, ShipId id);

inline std::string_view as_text(const Name& name) {
    return {name.begin(), name.size()};
}

}  // namespace railroids
