#pragma once

#include "base/time.hpp"
#include "replica/session.hpp"

#include <netinet/in.h>

#include <cstdint>
#include <string>

namespace ringtick::swarm {

enum class Mode : std::uint8_t { echo, broadcast, railroids };

// What the command line asks for.
struct Settings {
    std::string url;
    sockaddr_in server{};
    std::string request;  // The opening handshake, the same for everyone.
    Mode mode = Mode::broadcast;
    std::string mode_name;
    std::uint32_t clients = 0;
    Nanoseconds duration{};
    std::uint32_t payload = 64;
    std::uint32_t in_flight = 1;
    std::uint32_t input_hz = 0;
    std::uint32_t ramp = 0;            // Connects per second; 0: as fast as they are answered.
    std::uint32_t slow_percent = 0;    // Of the clients.
    std::uint32_t frozen_percent = 0;  // Of the clients.
    std::uint32_t churn = 0;           // Clients per second.
    bool storm = false;                // All at once, in the middle.
    std::uint32_t resume_percent = 0;  // Of those who come again.
    std::uint32_t aim = 0;             // Players who aim with what they see.
    std::uint16_t watch = to_play;     // Or whom all of them look at, instead of playing.
    std::uint32_t cells_percent = 0;   // Of the clients.
    bool deflate = false;
    Nanoseconds round_trip{};  // Added.
    std::uint32_t threads = 1;
    std::string json_path;

    // Whether an answer, and not the clock, calls for the next message.
    bool closed_loop() const { return mode == Mode::echo && input_hz == 0; }
};

inline constexpr std::uint32_t input_size = 16;  // Of a client's message to a broadcasting server.
inline constexpr std::uint32_t clients_per_thread_max = 20'000;

struct ParsedSettings {
    bool run = true;
    int exit_code = 0;
};

// Reads the command line. Prints help and errors itself.
ParsedSettings parse_settings(int argc, const char* const* argv, Settings& settings);

}  // namespace ringtick::swarm
