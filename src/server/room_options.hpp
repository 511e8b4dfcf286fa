#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringtick {

struct Options;

// What rooms of certain names have otherwise than the options say (--room-options):
//
//     bots = 4             # of every room
//     [duel-*]             # of those whose name begins so, and of one that is called so without *
//     players-max = 2
//     seed = 7
//
// Of several sections that fit the first counts.
struct RoomOptions {
    struct Choice {
        std::optional<std::uint32_t> players_max;
        std::optional<std::uint32_t> bots;
        std::optional<std::uint64_t> seed;  // Else each has one of its own.
    };
    struct Section {
        std::string pattern;
        Choice choice;
    };

    Choice every;
    std::vector<Section> sections;

    Choice of(std::string_view name) const;
};

// Reads the file. Returns what is wrong with it, and empty if nothing is. No room may have more
// players or bots than `options` let any have: what is reserved once for all of them has room for
// that.
std::string read_room_options(const std::string& path, const Options& options, RoomOptions& out);

}  // namespace ringtick
