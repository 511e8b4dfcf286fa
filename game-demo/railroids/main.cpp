// railroids: the game server. The rules are in railroids.cpp, the page in game-demo/web.
#include "railroids/railroids.hpp"
#include "server/serve.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>

namespace railroids {

std::span<const ringtick::http::Asset> web_assets();  // Made by the build from game-demo/web.

namespace {

template <class T>
T narrowed(std::uint32_t value) {
    return static_cast<T>(std::min<std::uint32_t>(value, std::numeric_limits<T>::max()));
}

std::unique_ptr<ringtick::Game> make_railroids(const ringtick::GameOptions& options) {
    return std::make_unique<Railroids>(
        RailroidsOptions{.seed = options.seed,
                         .players_max = narrowed<std::uint16_t>(options.players_max),
                         .bots = narrowed<std::uint16_t>(options.bots),
                         .bots_max = narrowed<std::uint16_t>(options.bots_max),
                         .players_expected = narrowed<std::uint16_t>(options.players_expected),
                         .guests_max = narrowed<std::uint16_t>(options.guests_max),
                         .tick_rate_hz = narrowed<std::uint16_t>(options.rate_hz),
                         .rewind_ms = options.rewind_ms,
                         .snapshot_bytes = options.snapshot_bytes});
}

}  // namespace
}  // namespace railroids

int main(int argc, char** argv) {
    return ringtick::serve(argc, argv,
                           {.name = "railroids",
                            .description = "Railroids: ships, rails and rocks in one arena, for a "
                                           "browser near you",
                            .make_game = railroids::make_railroids,
                            .rate_hz = 30,
                            .subprotocol = "arena.v1",
                            .schema = railroids::schema_hash(),
                            .assets = railroids::web_assets()});
}
