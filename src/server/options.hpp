#pragma once

#include "base/time.hpp"
#include "net/listener.hpp"
#include "net/options.hpp"
#include "server/keep_options.hpp"
#include "server/room_options.hpp"
#include "server/tls_files.hpp"
#include "uring/ring.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringtick {

// Everything a server can be told. Each field has a flag, a default, a unit and a line in --help.
struct Options {
    ListenAddress listen{.family = ListenAddress::Family::ip4, .host = "127.0.0.1", .port = 9001};
    ListenOptions listener;
    NetOptions net;
    std::vector<std::string> origins;
    TlsFiles tls;

    std::uint32_t rate_hz = 30;
    std::uint32_t catch_up_max = 4;   // Ticks run at once after a stall; the rest is forgiven.
    std::uint32_t rooms = 1;          // Always there.
    std::uint32_t rooms_max = 0;      // With those made on demand; 0: parse_options() chooses.
    std::uint32_t room_empty_s = 30;  // After which one of those ends.
    RoomOptions room_options;
    std::string room_options_file;       // Empty: all rooms are alike.
    std::uint32_t shards = 0;            // Threads; 0: parse_options() chooses.
    std::uint32_t players_max = 1'000;   // Per room.
    std::uint32_t players_expected = 0;  // Per room; 0: the game knows best.
    std::uint32_t inbox_messages = 0;    // Per room and tick; 0: eight per player.
    std::uint32_t inbox_bytes = 0;       // Per room and tick. 0: as many as its players need.
    std::uint32_t snapshot_size_max = 16'384;

    std::uint64_t seed = 1;
    std::uint32_t bots = 0;
    std::uint32_t bots_max = 0;  // To how many an operator may bring them; `bots` at least.
    std::uint32_t rewind_ms = 250;
    std::uint32_t snapshot_bytes = 1'000;

    std::string record;                  // The file for it; empty: nothing is recorded.
    std::uint32_t record_states_s = 30;  // From one state in it to the next; 0: none.
    std::string resume_from;             // The recording whose match is taken up; empty: none.
    KeepOptions keep;
    MomentOptions moments;
    std::string handover;               // The socket over which this server can be taken over, or
    std::uint32_t handover_ms = 2'000;  // takes another over; and how long that may stand still.
    std::string replay;                 // The recording to play again instead of serving,
    bool show = false;                  // or to serve to those who watch.

    bool may_have_operator = false;  // Set by parse_options(): a game's server may.
    std::string ops_token;           // Empty: none.

    bool realtime = false;
    bool sandbox = true;
    FeatureMask mask;
    std::string log_level = "info";
    bool check_only = false;

    std::vector<std::string> given;  // The flags that are not left to their defaults: "--seed".
    bool was_given(std::string_view flag) const {
        return std::ranges::find(given, flag) != given.end();
    }
};

// Rooms can be made while the server runs: nothing else needs to know them all from the start.
bool may_make_rooms(const Options& options);

// What parse_options() decided.
struct ParsedOptions {
    bool run = true;
    int exit_code = 0;  // If not to run: 0 after --help, 2 after bad usage.
};

// Reads argv and --config. Prints help, or what is wrong and how it should be, by itself.
ParsedOptions parse_options(
    int argc, const char* const* argv, const char* name, const char* description, Options& options);

}  // namespace ringtick
