#include "load/settings.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>

#include "load/handshake_reader.hpp"

namespace ringtick::swarm {

namespace {

// ws://HOST:PORT/PATH, with an IPv4 address: what measures a loopback needs no resolver.
bool parse_url(std::string_view url, Settings& settings) {
    constexpr std::string_view scheme = "ws://";
    if (!url.starts_with(scheme)) return false;
    const std::string_view rest = url.substr(scheme.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view authority = rest.substr(0, slash);
    const std::string_view path = slash < rest.size() ? rest.substr(slash) : "/";
    const std::size_t colon = authority.find(':');
    if (colon == std::string_view::npos) return false;

    std::string host(authority.substr(0, colon));
    if (host == "localhost") host = "127.0.0.1";
    const std::string port_text(authority.substr(colon + 1));
    std::uint16_t port = 0;
    const char* const end = port_text.data() + port_text.size();
    const auto [last, error] = std::from_chars(port_text.data(), end, port);
    if (error != std::errc{} || last != end || port == 0) return false;

    settings.server.sin_family = AF_INET;
    settings.server.sin_port = htons(port);
    if (inet_pton(AF_INET, host.c_str(), &settings.server.sin_addr) != 1) return false;
    if (path.find_first_of(" \r\n#") != std::string_view::npos) return false;
    const std::string extensions =
        settings.deflate ? fmt::format("Sec-WebSocket-Extensions: {}\r\n", deflate_offer) : "";
    settings.request = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\n{}\r\n",
        path, authority, websocket_key, extensions);
    return true;
}

std::string check_url(const std::string& text) {
    Settings scratch;
    if (parse_url(text, scratch)) return {};
    return "'" + text + "' is no address: give ws://127.0.0.1:9001/";
}

// CLI::Range takes what is no number (nan) for one within it.
CLI::Validator between(double least, double most) {
    const auto check = [least, most](const std::string& text) -> std::string {
        double value = 0;
        const char* const end = text.data() + text.size();
        const auto [rest, error] = std::from_chars(text.data(), end, value);
        const bool whole = error == std::errc{} && rest == end;
        if (whole && value >= least && value <= most) return {};
        return fmt::format("'{}' is not a number from {} to {}", text, least, most);
    };
    return {check, ""};
}

struct Count {
    const char* flag;
    const char* unit;
    std::uint32_t& value;
    std::uint32_t least;
    std::uint32_t most;
    const char* help;
};

CLI::Option* add_count(CLI::App& app, const Count& count) {
    return app
        .add_option(count.flag, count.value,
                    fmt::format("{} [{} to {}]", count.help, count.least, count.most))
        ->check(between(count.least, count.most))
        ->option_text(count.unit);
}

Nanoseconds from_seconds(double seconds) {
    return Nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

void add_load(CLI::App& app, Settings& settings) {
    app.add_option("--url", settings.url, "The server: ws://127.0.0.1:PORT/PATH")
        ->required()
        ->check(CLI::Validator(check_url, ""))
        ->option_text("URL");
    add_count(app, {"--clients", "CLIENTS", settings.clients, 1, 60'000, "Connections"})
        ->required();
    app.add_option_function<double>(
           "--seconds", [&settings](double seconds) { settings.duration = from_seconds(seconds); },
           "How long to measure, once everyone is in [0.1 to 86400]")
        ->required()
        ->check(between(0.1, 86'400))
        ->option_text("SECONDS");
    app.add_option("--mode", settings.mode_name,
                   "What the server does: echo: every message comes back; broadcast: one to all "
                   "a tick; railroids: plays, at ws://127.0.0.1:PORT/play/1")
        ->required()
        ->check(CLI::IsMember({"echo", "broadcast", "railroids"}))
        ->option_text("MODE");
    add_count(app, {"--payload", "BYTES (64)", settings.payload, 0, 1 << 20,
                    "Bytes of an echo message, or of a broadcast (16 at least)"});
    add_count(app, {"--in-flight", "MESSAGES (1)", settings.in_flight, 1, 1'024,
                    "Echo: messages of a client that may be unanswered"});
    add_count(app, {"--input-hz", "HZ (0, in railroids 30)", settings.input_hz, 0, 1'000,
                    "Messages a second that each client sends, on schedule whatever comes back; 0: "
                    "none, but in echo each answer calls for the next message"});
}

void add_play(CLI::App& app, Settings& settings) {
    add_count(app, {"--aim", "PLAYERS (0)", settings.aim, 0, 1'000,
                    "Railroids: so many stand, aim with what a page would show them, and tell how "
                    "many of the shots that hit there hit; the others hold their fire"});
    app.add_option_function<std::string>(
           "--watch",
           [&settings](const std::string& whom) {
               settings.watch = overview;
               if (whom != "beacon") settings.watch = static_cast<std::uint16_t>(std::stoul(whom));
           },
           "Railroids: none plays, all look at the beacon, or at the ship of this id")
        ->check(CLI::IsMember({"beacon"}) | between(0, 60'000))
        ->option_text("beacon|ID");
    add_count(app, {"--cells", "PERCENT (0)", settings.cells_percent, 0, 100,
                    "Railroids: clients that ask for snapshots by whole cells of the world, larger "
                    "ones that cost the server less"});
}

void add_trouble(CLI::App& app, Settings& settings) {
    add_count(app, {"--ramp", "CONNECTS (0)", settings.ramp, 0, 100'000,
                    "Connects per second; 0: as fast as the server answers"});
    add_count(app, {"--slow", "PERCENT (0)", settings.slow_percent, 0, 100,
                    "Clients that read no more than 1 KiB a second"});
    add_count(app, {"--frozen", "PERCENT (0)", settings.frozen_percent, 0, 100,
                    "Clients that read nothing once they are in, and send nothing"});
    add_count(app, {"--churn", "CLIENTS (0)", settings.churn, 0, 10'000,
                    "Clients per second that leave, by a close frame and by a reset in turn, and "
                    "come again"});
    app.add_flag("--storm", settings.storm,
                 "After half of the time all healthy clients are cut off at once, by a reset, and "
                 "come again");
    add_count(app, {"--resume", "PERCENT (0)", settings.resume_percent, 0, 100,
                    "Railroids: of those who come again, so many show their token, want their own "
                    "ship back, and go on from what they have seen"});
    app.add_option_function<double>(
           "--rtt",
           [&settings](double milliseconds) {
               settings.round_trip = from_seconds(milliseconds / 1'000);
           },
           "Round trip to add, in milliseconds [0 to 5000]")
        ->check(between(0, 5'000))
        ->option_text("MS (0)");
}

Mode mode_of(std::string_view name) {
    if (name == "echo") return Mode::echo;
    return name == "broadcast" ? Mode::broadcast : Mode::railroids;
}

ParsedSettings refuse(const char* problem) {
    std::fprintf(stderr, "%s\n", problem);
    return {.run = false, .exit_code = 2};
}

const char* contradiction_in_play(const Settings& settings) {
    const bool plays = settings.mode == Mode::railroids;
    if (settings.aim > 0 && !plays) return "--aim is for railroids";
    if (settings.cells_percent > 0 && !plays) return "--cells is for railroids";
    if (settings.watch != to_play && !plays) return "--watch is for railroids";
    if (settings.watch != to_play && settings.aim > 0) return "who looks on does not --aim";
    if (settings.aim > settings.clients) return "--aim must not exceed --clients";
    if (settings.aim > 0 && settings.slow_percent + settings.frozen_percent > 0) {
        return "--aim needs clients that read: no --slow and no --frozen";
    }
    return nullptr;
}

// What only makes sense together with something else. Null if this does.
const char* contradiction(const Settings& settings) {
    if (settings.mode == Mode::broadcast && settings.payload < 16) {
        return "--payload must be 16 or more: a broadcast begins with its tick and its time";
    }
    if (settings.clients > settings.threads * clients_per_thread_max) {
        return "--clients must be at most 20000 for each of --threads";
    }
    if (settings.churn > settings.clients) return "--churn must not exceed --clients";
    if (settings.threads > settings.clients) return "--threads must not exceed --clients";
    if (settings.resume_percent > 0 && settings.mode != Mode::railroids) {
        return "--resume is for railroids";
    }
    if (settings.slow_percent + settings.frozen_percent > 100) {
        return "--slow and --frozen must be 100 together at most";
    }
    return contradiction_in_play(settings);
}

}  // namespace

ParsedSettings parse_settings(int argc, const char* const* argv, Settings& settings) {
    CLI::App app("Many WebSocket clients that check all they receive", "ringtick-swarm");
    app.option_defaults()->always_capture_default(false);
    add_load(app, settings);
    add_play(app, settings);
    add_trouble(app, settings);
    app.add_flag("--deflate", settings.deflate,
                 "Offer permessage-deflate; what comes compressed is inflated and checked");
    add_count(app, {"--threads", "THREADS (1)", settings.threads, 1, 64,
                    "Threads that share the clients, each with a ring of its own"});
    app.add_option("--json", settings.json_path, "Write settings and results to this file, too")
        ->option_text("FILE");
    app.footer(
        "Latency counts from the moment that a message was due, in echo, or that the server says\n"
        "its tick began, in broadcast. SIGINT ends the run early. Exit codes: 0 all came and was\n"
        "right; 1 something was wrong, lost, or the machine refuses; 2 bad usage.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        app.exit(error);
        return {.run = false, .exit_code = error.get_exit_code() == 0 ? 0 : 2};
    }
    parse_url(settings.url, settings);
    settings.mode = mode_of(settings.mode_name);
    if (settings.mode == Mode::railroids && app.count("--input-hz") == 0) settings.input_hz = 30;
    if (const char* const problem = contradiction(settings)) return refuse(problem);
    return {};
}

}  // namespace ringtick::swarm
