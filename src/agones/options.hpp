#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <string>

namespace ringtick::agones {

// What the adapter is told at its start. Durations are nanoseconds, all of a monotonic clock.
struct AdapterOptions {
    std::string server = "http://127.0.0.1:9001";
    std::string counter = "players";  // Empty: no Counter is kept.
    std::string log_level = "info";
    std::uint32_t sdk_port = 9'358;
    std::uint32_t poll_ms = 1'000;
    std::uint32_t health_ms = 2'000;
    std::uint32_t timeout_ms = 1'000;
    std::uint32_t retry_max_ms = 2'000;
    std::uint32_t answer_max = 4U << 20U;
    std::uint32_t capacity = 0;  // Players; 0: as the server's rooms say.
    Nanoseconds gone_after = std::chrono::seconds(5);
    Nanoseconds empty_after{};  // 0: an empty server is never shut down.
    bool allocate_on_players = true;
    bool check_only = false;
};

struct ParsedOptions {
    bool run = true;
    int exit_code = 0;
};

// From the command line, and the SDK's port also from AGONES_SDK_HTTP_PORT. What is wrong is said
// on stderr, with exit code 2; after --help there is nothing to run.
ParsedOptions parse_options(int argc, const char* const* argv, AdapterOptions& options);

}  // namespace ringtick::agones
