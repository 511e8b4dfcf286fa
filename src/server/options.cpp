#include "server/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdio>
#include <string>
#include <type_traits>

namespace ringtick {

namespace {

void add_seconds(CLI::App& app, const char* flag, Nanoseconds& value, const char* help) {
    app.add_option_function<double>(
           flag, [&value](double seconds) { value = Nanoseconds(std::int64_t(seconds * 1e9)); },
           help)
        ->check(CLI::Range(0.05, 86'400.0))
        ->default_str(
            std::to_string(std::chrono::duration_cast<std::chrono::seconds>(value).count()))
        ->type_name("SECONDS");
}

template <class T>
struct Bounds {
    T least;
    T most;
};

template <class T>
void add_count(CLI::App& app,
               const char* flag,
               T& value,
               std::type_identity_t<Bounds<T>> bounds,
               const char* help) {
    app.add_option(flag, value, help)
        ->check(CLI::Range(bounds.least, bounds.most))
        ->capture_default_str();
}

std::string check_address(const std::string& text) {
    ListenAddress address;
    if (ListenAddress::parse(text, address)) return {};
    return "'" + text + "' is no address: give 127.0.0.1:9001, [::]:9001 or unix:PATH";
}

void add_server_options(CLI::App& app, Options& options) {
    app.add_option_function<std::string>(
           "--listen",
           [&options](const std::string& text) {
               // Checked below before it gets here.
               if (!ListenAddress::parse(text, options.listen)) options.listen = {};
           },
           "Where to listen: IP:PORT, [IPV6]:PORT ([::] is both families) or unix:PATH")
        ->check(CLI::Validator(check_address, "ADDR:PORT"))
        ->default_str("127.0.0.1:9001");
    add_count(app, "--rate-hz", options.rate_hz, {1U, 1000U}, "Ticks per second");
    add_count(app, "--rooms", options.rooms, {1U, 1024U}, "Rooms, each a game of its own");
    add_count(app, "--players-max", options.players_max, {1U, 60'000U}, "Players per room");
    add_count(app, "--bots", options.bots, {0U, 20'000U}, "Bots per room");
    app.add_option("--seed", options.seed, "Seed of the game's random numbers")
        ->capture_default_str();
    app.add_option("--origin", options.origins,
                   "A web origin that may connect, beside the server's own (repeatable; * is any)");
    app.add_option("--log-level", options.log_level, "How much to log, to stderr")
        ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "off"}))
        ->capture_default_str();
    app.add_flag("--check", options.check_only,
                 "Say what this machine grants, and exit: 0 if the server could run, else 1");
}

void add_limits(CLI::App& app, Options& options) {
    NetOptions& net = options.net;
    add_count(app, "--connections-max", net.connections_max, {1U, 15'000U},
              "Connections at once; the next one is told 503");
    add_count(app, "--message-max", net.message.message_size_max, {125, 1U << 28},
              "Bytes of one message from a client");
    add_count(app, "--fragments-max", net.message.fragments_max, {1U, 1U << 24},
              "Fragments of one message");
    add_count(app, "--inbound-per-tick", net.inbound_bytes_per_tick, {1'024U, 1U << 28},
              "Bytes read from one connection per tick");
    add_count(app, "--messages-per-tick", net.messages_per_tick, {1U, 100'000U},
              "Messages taken from one connection per tick, averaged over ten");
    add_count(app, "--output-max", net.output_size_max, {32'768U, 1U << 28},
              "Bytes that may wait for one connection");
    add_count(app, "--snapshot-max", options.snapshot_size_max, {128U, 1U << 20},
              "Bytes of one snapshot");
    add_count(app, "--catch-up-max", options.catch_up_max, {1U, 1'000U},
              "Ticks run at once after a stall; the rest is forgiven");
    add_count(app, "--inbox-bytes", options.inbox_bytes, {4'096U, 1U << 28},
              "Bytes of messages that wait for a room's tick");
    add_count(app, "--receive-buffer-size", net.receive_buffer_size, {256U, 65'536U},
              "Bytes of one receive buffer");
    add_count(app, "--listen-backlog", net.listen_backlog, {1U, 65'535U},
              "Connections waiting to be accepted");
    add_count(app, "--send-buffer", options.listener.send_buffer_size, {4'096U, 1U << 24},
              "Bytes of kernel send buffer per connection");
    add_seconds(app, "--handshake-timeout", net.handshake_timeout,
                "For a whole request, from the connection's first moment");
    add_seconds(app, "--message-timeout", net.message_timeout,
                "From a message's first byte to its last");
    add_seconds(app, "--ping-after", net.ping_after, "Silence after which a client is pinged");
    add_seconds(app, "--idle-timeout", net.idle_timeout, "Silence after which it is cut off");
    add_seconds(app, "--stall-timeout", net.stall_timeout,
                "Time without taking anything after which a client is cut off");
    add_seconds(app, "--close-timeout", net.close_timeout, "To wait for a client's close frame");
}

// Options that only make sense together with others.
const char* contradiction(const Options& options) {
    if (options.net.output_size_max < options.snapshot_size_max + 16'384U) {
        return "--output-max must exceed --snapshot-max by 16384: a snapshot may wait behind "
               "messages";
    }
    if (options.net.idle_timeout <= options.net.ping_after) {
        return "--idle-timeout must be longer than --ping-after, or nobody has time to answer";
    }
    return nullptr;
}

}  // namespace

ParsedOptions parse_options(int argc,
                            const char* const* argv,
                            const char* name,
                            const char* description,
                            Options& options) {
    CLI::App app(description, name);
    app.option_defaults()->always_capture_default(false);
    app.set_config("--config", "", "Read options from a file: one 'name = value' a line");
    add_server_options(app, options);
    add_limits(app, options);
    app.add_flag("--mask-defer-taskrun", options.mask.defer_taskrun,
                 "Do without this kernel feature (for tests)")
        ->group("Testing");
    app.add_flag("--mask-absolute-deadline", options.mask.absolute_deadline, "The same")
        ->group("Testing");
    app.add_flag("--mask-recv-budget", options.mask.recv_budget, "The same")->group("Testing");
    app.footer("Exit codes: 0 fine, 1 the machine refuses (with the remedy), 2 bad usage.");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const bool asked = error.get_exit_code() == 0;
        app.exit(error);
        return {.run = false, .exit_code = asked ? 0 : 2};
    }
    if (const char* problem = contradiction(options)) {
        std::fprintf(stderr, "%s\n", problem);
        return {.run = false, .exit_code = 2};
    }
    return {};
}

}  // namespace ringtick
