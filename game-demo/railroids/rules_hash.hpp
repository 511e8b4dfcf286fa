#pragma once

#include <cstdint>

namespace railroids {

// What the rules of flight make of a few ships among rocks and walls, as one number. A client moves
// every ship on by these rules (see replica/change.hpp): one of other rules would understand each
// message and draw another world. So this is part of the schema hash. Computed at the first call,
// which takes less than a millisecond; from any thread.
std::uint64_t rules_hash();

}  // namespace railroids
