#pragma once

#include "server/options.hpp"
#include "server/room_setup.hpp"
#include "server/serve.hpp"
#include "tick/record.hpp"

#include <cstdint>
#include <string>

namespace ringtick {

// What a program has to have in common with a recording to play it again.

// What its rules make of a minute of its bots (tick/rules_match.hpp).
std::uint64_t rules_of(const Program& program);

// What a room of this program is made from.
GameOptions game_options(const Options& options, const RoomSetup& setup);
GameOptions game_options(const RecordHeader& header, std::uint32_t room);

// For a recording of all the rooms. Its name lies in the program.
RecordHeader record_header(const Options& options,
                           const Program& program,
                           std::uint32_t players_max);

// Why this program cannot play the recording, and what can; empty if it can.
std::string why_not_playable(const RecordHeader& header, const Program& program);

}  // namespace ringtick
