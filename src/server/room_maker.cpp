#include "server/room_maker.hpp"

#include "server/kept_replays.hpp"
#include "server/match_identity.hpp"
#include "server/options.hpp"
#include "server/resumed_match.hpp"
#include "server/serve.hpp"
#include "server/shown_room.hpp"

#include <algorithm>

namespace ringtick {

namespace {

// Half of it is shared by the players evenly: each has room for a HELLO, whoever else is loud.
constexpr std::size_t inbox_bytes_of_player = 2'304;
constexpr std::size_t inbox_bytes_least = 4'194'304;

}  // namespace

std::unique_ptr<Room> RoomMaker::make(const RoomSetup& setup) {
    const RoomLimits limits = limits_of(setup.players_max);
    if (parts_.show != nullptr) {
        auto room = std::make_unique<ShownRoom>(*parts_.show, setup, limits, parts_.connections);
        shown_rooms_.push_back(room.get());
        return room;
    }
    auto game = parts_.resume != nullptr
                    ? parts_.resume->take_game(setup.number - 1)
                    : parts_.program.make_game(game_options(parts_.options, setup));
    auto room = std::make_unique<Room>(std::move(game), limits, parts_.connections, setup);
    parts_.kept.keep(*room);
    return room;
}

void RoomMaker::forget(const RoomSetup& setup) {
    parts_.kept.forget(setup.number);
}

std::unique_ptr<Game> RoomMaker::make_largest_game() const {
    const Options& options = parts_.options;
    return parts_.program.make_game(
        game_options(options, {.seed = options.seed,
                               .players_max = players_max(),
                               .bots = std::max(options.bots, options.bots_max)}));
}

std::uint32_t RoomMaker::players_max() const {
    return players_max(parts_.options);
}

std::uint32_t RoomMaker::players_max(const Options& options) {
    return std::min({options.players_max, options.net.connections_max, 65'535U});
}

RoomLimits RoomMaker::limits_of(std::uint32_t players_max) const {
    const Options& options = parts_.options;
    return {.players_max = players_max,
            .inbox_messages =
                options.inbox_messages > 0 ? options.inbox_messages : 8 * players_max + 64,
            .inbox_bytes = options.inbox_bytes > 0
                               ? options.inbox_bytes
                               : std::max(inbox_bytes_least, inbox_bytes_of_player * players_max)};
}

}  // namespace ringtick
