#pragma once

#include "http/assets.hpp"
#include "replica/host.hpp"
#include "tick/game.hpp"

#include <concepts>
#include <cstdint>
#include <memory>
#include <span>

namespace ringtick {

// What a game is told when its room is made.
struct GameOptions {
    std::uint64_t seed = 0;
    std::uint32_t players_max = 0;
    std::uint32_t players_expected = 0;  // What a world is to be made for; 0: the game knows best.
    std::uint32_t bots = 0;
    std::uint32_t bots_max = 0;    // To how many an operator may bring them; `bots` at least.
    std::uint32_t guests_max = 0;  // Who look on when a recorded match is shown.
    std::uint32_t rate_hz = 0;
    std::uint32_t rewind_ms = 250;  // How far back it may go to what a player saw.
    // Of one snapshot, beyond which a game that can tell what may wait tells no more than what may
    // not; 0: as many as fit. No input of a world: recordings do not keep it.
    std::uint32_t snapshot_bytes = 1'000;
};

using MakeGame = std::unique_ptr<Game> (*)(const GameOptions& options);

// A game as a program.
struct Program {
    const char* name = "";
    const char* description = "";
    MakeGame make_game = nullptr;
    std::uint32_t rate_hz = 30;
    std::uint32_t players_max = 60'000;   // Of whom a room of it can hold no more.
    const char* subprotocol = "";         // Sec-WebSocket-Protocol; empty: none.
    std::uint64_t schema = 0;             // Of its messages; recordings of another are refused.
    std::span<const http::Asset> assets;  // The page, embedded.
};

// Runs the program until SIGINT or SIGTERM. Returns its exit code: 0 fine, 1 the machine refused
// (said on stderr, with the remedy), 2 bad usage. `--help` lists what argv may hold.
int serve(int argc, char** argv, const Program& program);

namespace detail {

template <class G>
std::unique_ptr<Game> make_game(const GameOptions& options) {
    if constexpr (std::derived_from<G, Game>) {
        return std::make_unique<G>(options);
    } else {
        const HostOptions host{.players_max = static_cast<std::uint16_t>(options.players_max),
                               .guests_max = static_cast<std::uint16_t>(options.guests_max),
                               .tick_rate_hz = static_cast<std::uint16_t>(options.rate_hz),
                               .rewind_ms = options.rewind_ms,
                               .snapshot_bytes = options.snapshot_bytes};
        if constexpr (std::constructible_from<G, const GameOptions&>) {
            return std::make_unique<Host<G>>(host, options);
        } else {
            return std::make_unique<Host<G>>(host);
        }
    }
}

}  // namespace detail

// The same for a class G that is a Game and is made from GameOptions; or for a game that is one
// struct (replica/host.hpp) and is made from GameOptions or from nothing.
template <class G>
int serve(int argc, char** argv, Program program) {
    program.make_game = detail::make_game<G>;
    if constexpr (!std::derived_from<G, Game>) program.schema = schema_hash<G>();
    if constexpr (requires { G::players_max; }) program.players_max = G::players_max;
    return serve(argc, argv, program);
}

}  // namespace ringtick
