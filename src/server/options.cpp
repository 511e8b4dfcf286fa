#include "server/options.hpp"

#include "http/origin.hpp"
#include "server/number_option.hpp"
#include "server/ops_option.hpp"
#include "server/sizes.hpp"
#include "server/tls_option.hpp"
#include "server/trust_option.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>

namespace ringtick {

namespace {

// What --help shows behind the flag: "HZ (30)".
template <class T>
std::string with_default(const char* unit, const T& value) {
    return fmt::format("{} ({})", unit, value);
}

void add_seconds(CLI::App& app, const char* flag, Nanoseconds& value, const char* help) {
    constexpr double least = 0.05;
    constexpr double most = 86'400;
    app.add_option_function<double>(
           flag, [&value](double seconds) { value = Nanoseconds(std::int64_t(seconds * 1e9)); },
           fmt::format("{} [{} to {}]", help, least, most))
        ->check(between(least, most))
        ->option_text(with_default("SECONDS", value / std::chrono::seconds(1)));
}

std::string check_address(const std::string& text) {
    ListenAddress address;
    if (ListenAddress::parse(text, address)) return {};
    return "'" + text + "' is no address: give 127.0.0.1:9001, [::]:9001 or unix:PATH";
}

std::string check_seed(const std::string& text) {
    std::uint64_t seed = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, seed);
    if (error == std::errc{} && rest == end && !reads_as_octal(text)) return {};
    return fmt::format("'{}' is no seed: give a whole number from 0 to {}", text, ~std::uint64_t{});
}

// What no browser could ever send would otherwise refuse everyone, in silence.
std::string check_origin(const std::string& text) {
    if (text == "*" || http::parse_origin(text)) return {};
    return fmt::format("'{}' is no origin: give scheme://host[:port] without a path, or *", text);
}

std::string check_handover(const std::string& path) {
    constexpr std::size_t most = 107;  // unix(7)
    if (!path.empty() && path.size() <= most) return {};
    return fmt::format("'{}' is no path of 1 to {} bytes", path, most);
}

void add_record_options(CLI::App& app, Options& options) {
    auto* const record = app.add_option("--record", options.record,
                                        "Record the match to this file, which must not exist or "
                                        "be empty: everything that the game is told");
    record->option_text("FILE");
    add_count<std::uint32_t>(
        app, {"--record-states", "SECONDS", options.record_states_s, 0, 3'600,
              "Seconds of play from one state of a room in that file to the next: so much "
              "--resume-from plays again at the most; 0: all of it"});
    auto* const resume = app.add_option(
        "--resume-from", options.resume_from,
        "After a crash or a stop: take up the match that was recorded to this file where it ends. "
        "Seed, rate, rooms, players, bots and rewind are the recording's; who was connected is "
        "waited for. To record on takes another file");
    resume->option_text("FILE");
    auto* const handover = app.add_option_function<std::string>(
        "--handover", [&options](const std::string& path) { options.handover = path; },
        "Replace a server that runs with the same options without losing a connection: take over "
        "the one that listens on this Unix socket, if there is one; then listen there for the "
        "next");
    handover->check(CLI::Validator(check_handover, ""))->option_text("PATH");
    add_count<std::uint32_t>(app, {"--handover-timeout", "MS", options.handover_ms, 50, 60'000,
                                   "How long a server that is taken over waits for the other, "
                                   "standing still, before it serves on"});
    auto* const replay = app.add_option(
        "--replay", options.replay,
        "Play a recorded match again, as fast as it goes and without a socket, and hold every "
        "recorded state against it; seed, rate, rooms, bots and the like are the recording's");
    replay->option_text("FILE")->excludes(record)->excludes(resume)->excludes(handover);
    app.add_flag("--serve", options.show,
                 "With --replay: listen, and show the match to those who connect at its own rate, "
                 "again and again; GET /replay?tick=N goes to a tick")
        ->needs(replay);
}

void add_keep_options(CLI::App& app, KeepOptions& keep) {
    add_count<std::uint32_t>(app, {"--keep-seconds", "SECONDS", keep.seconds, 0, 3'600,
                                   "Seconds of each room that are kept for GET "
                                   "/replay/last?room=R, a recording for an operator; 0: none"});
    add_count<std::uint64_t>(app, {"--keep-memory", "BYTES", keep.memory, 1 << 16, keep_memory_most,
                                   "Bytes for them in each room, address space that is backed as "
                                   "it is used; what does not fit shortens the time"});
    app.add_flag("--share-replays", keep.shared,
                 "Anybody may have them, not only an operator: they show where everyone was");
}

void add_moment_options(CLI::App& app, MomentOptions& moments) {
    app.add_option("--moments", moments.folder,
                   "Keep a room's last seconds in this directory, as a file of its own, when an "
                   "operator asks (POST /ops/moment?room=R): GET /moments/NAME gives it to whoever "
                   "has the link, from memory, after a restart, too")
        ->option_text("DIR");
    add_count<std::uint32_t>(
        app, {"--moments-max", "MOMENTS", moments.count_max, 1, 256,
              "How many of them; when there are so many, no other is kept. Each takes as much "
              "memory as its file, and of address space what --keep-memory says"});
}

void add_game_options(CLI::App& app, Options& options) {
    add_count<std::uint32_t>(app, {"--rate-hz", "HZ", options.rate_hz, 1, 1'000, "Ticks a second"});
    add_count<std::uint32_t>(
        app, {"--rooms", "ROOMS", options.rooms, 1, 1'024,
              "Rooms that are always there, each a game of its own: /play/1, /play/2..."});
    add_count<std::uint32_t>(
        app, {"--rooms-max", "ROOMS", options.rooms_max, 0, 1'024,
              "Rooms in all, with those that are made when somebody asks for /play/NAME; 0: 16, or "
              "as many as --rooms if those are more or another option needs to know them all"});
    add_count<std::uint32_t>(app,
                             {"--room-empty-seconds", "SECONDS", options.room_empty_s, 1, 86'400,
                              "How long a room is empty before it ends, if it was made "
                              "because somebody asked for it"});
    app.add_option("--room-options", options.room_options_file,
                   "A file of what some rooms have otherwise: lines 'players-max = N', 'bots = N' "
                   "and 'seed = N', of all rooms or, below a line [NAME] or [BEGINNING*], of those")
        ->option_text("FILE");
    add_count<std::uint32_t>(
        app,
        {"--shards", "THREADS", options.shards, 0, 256,
         "Threads, each with a ring, connections and rooms of its own, on a core of its own; 0: "
         "one for each core, but not more than --rooms-max, or one where another option needs "
         "that"});
    add_count<std::uint32_t>(
        app, {"--players-max", "PLAYERS", options.players_max, 1, 60'000, "Players in a room"});
    add_count<std::uint32_t>(
        app,
        {"--players-expected", "PLAYERS", options.players_expected, 0, 60'000,
         "Players that a room's world is made for; more make it denser; 0: the game's choice"});
    add_count<std::uint32_t>(app, {"--bots", "BOTS", options.bots, 0, 20'000, "Bots in a room"});
    add_count<std::uint32_t>(
        app,
        {"--bots-max", "BOTS", options.bots_max, 0, 20'000,
         "To how many of them the operator can bring a room; --bots, if that is more. Each has "
         "an id, and ids travel"});
    add_count<std::uint32_t>(
        app, {"--rewind-ms", "MS", options.rewind_ms, 0, 1'000,
              "How far back a game may go to what a player saw who acts on it (lag compensation); "
              "0: not at all, to see what it is worth"});
    add_count<std::uint32_t>(
        app, {"--snapshot-bytes", "BYTES", options.snapshot_bytes, 0, 1 << 20,
              "Bytes that a game is to keep one player's snapshot to, as far as what is left away "
              "may wait; by cells, four times as many; 0: as many as --snapshot-max lets"});
    app.add_option("--seed", options.seed, "Seed of the game's random numbers")
        ->check(CLI::Validator(check_seed, ""))
        ->option_text(with_default("NUMBER", options.seed));
}

void add_server_options(CLI::App& app, Options& options) {
    app.add_option_function<std::string>(
           "--listen",
           [&options](const std::string& text) {
               // Checked below before it gets here.
               if (!ListenAddress::parse(text, options.listen)) options.listen = {};
           },
           "Where to listen: IP:PORT, [IPV6]:PORT ([::] is both families) or unix:PATH")
        ->check(CLI::Validator(check_address, ""))
        ->option_text("ADDRESS (127.0.0.1:9001)");
    app.add_option("--origin", options.origins,
                   "A web origin that may connect, beside the server's own (repeatable; * is any)")
        ->check(CLI::Validator(check_origin, ""))
        ->option_text("ORIGIN");
    add_trust_option(app, options.net.trust);
    add_tls_options(app, options);
    options.may_have_operator = true;
    add_ops_option(app, options.ops_token);
    app.add_flag("--deflate", options.net.deflate,
                 "Compress messages for clients that can (permessage-deflate); for games whose "
                 "messages are not packed already");
    app.add_flag("--realtime", options.realtime,
                 "Steadier ticks: schedule the loop in real time (SCHED_FIFO) and spin for the "
                 "last 50 us before each; the start line says what was obtained");
    app.add_flag("--sandbox,!--no-sandbox", options.sandbox,
                 "Give up what a running server has no use for (seccomp), before anybody is heard; "
                 "on unless --no-sandbox is said, for a game that does more than compute");
    app.add_option("--log-level", options.log_level,
                   "How much to log, to stderr: trace, debug, info, warning, error or off")
        ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "off"}))
        ->option_text(with_default("LEVEL", options.log_level));
    app.add_flag("--check", options.check_only,
                 "Say what this machine grants, and exit: 0 if the server could run, else 1");
}

void add_network_limits(CLI::App& app, NetOptions& net) {
    using Limit = Count<std::uint32_t>;
    for (const Limit& limit :
         {Limit{"--connections-max", "CONNECTIONS", net.connections_max, 1, 15'000,
                "Connections at once; the next one is told 503"},
          Limit{"--connections-per-ip-max", "CONNECTIONS", net.connections_per_ip_max, 0, 15'000,
                "Connections from one IPv4 address or IPv6 /64; the next one is told 429; 0: not "
                "limited; loopback and trusted proxies never are"},
          Limit{"--fragments-max", "FRAGMENTS", net.message.fragments_max, 1, 1 << 24,
                "Fragments of one message"},
          Limit{"--request-head-max", "BYTES", net.request.head_size_max, 512, 65'535,
                "Bytes of an HTTP request's head; a longer one is told 431"},
          Limit{"--request-line-max", "BYTES", net.request.request_line_size_max, 128, 65'535,
                "Bytes of its first line; a longer one is told 414"},
          Limit{"--inbound-per-tick", "BYTES", net.inbound_bytes_per_tick, 1'024, 1 << 28,
                "Bytes read from one connection in a tick"},
          Limit{"--messages-per-tick", "MESSAGES", net.messages_per_tick, 1, 100'000,
                "Messages taken from one connection in a tick, averaged over ten"},
          Limit{"--pongs-per-tick", "PONGS", net.pongs_per_tick, 1, 100'000,
                "Pings of one connection answered in a tick, then only the latest"},
          Limit{"--output-max", "BYTES", net.output_size_max, 32'768, 1 << 28,
                "Bytes that may wait for one connection"},
          Limit{"--receive-buffer-size", "BYTES", net.receive_buffer_size, 256, 65'536,
                "Bytes of one receive buffer"},
          Limit{"--listen-backlog", "CONNECTIONS", net.listen_backlog, 1, 65'535,
                "Connections that wait to be accepted"}}) {
        add_count(app, limit);
    }
    // A HELLO that says what a client has of a crowd takes more than a thousand.
    add_count<std::uint64_t>(app, {"--message-max", "BYTES", net.message.message_size_max, 2'048,
                                   1 << 28, "Bytes of one message from a client"});
}

void add_limits(CLI::App& app, Options& options) {
    using Limit = Count<std::uint32_t>;
    NetOptions& net = options.net;
    add_network_limits(app, net);
    for (const Limit& limit :
         {Limit{"--snapshot-max", "BYTES", options.snapshot_size_max, 128, 1 << 20,
                "Bytes of one snapshot"},
          Limit{"--catch-up-max", "TICKS", options.catch_up_max, 1, 1'000,
                "Ticks run at once after a stall; the rest is forgiven"},
          Limit{"--inbox-messages", "MESSAGES", options.inbox_messages, 0, 1 << 24,
                "Messages that wait for a room's tick; 0: eight for each player, and 64"},
          Limit{"--inbox-bytes", "BYTES", options.inbox_bytes, 0, 1 << 28,
                "Bytes of messages that wait for a room's tick; 0: 2304 for each player, and 4 MiB "
                "at least"},
          Limit{"--send-buffer", "BYTES", options.listener.send_buffer_size, 4'096, 1 << 24,
                "Bytes of the kernel's send buffer for a connection"}}) {
        add_count(app, limit);
    }
    add_seconds(app, "--handshake-timeout", net.handshake_timeout,
                "For a whole request, from the connection's first moment");
    add_seconds(
        app, "--response-timeout", net.response_timeout,
        "For a client to take a whole HTTP response: 60 s of a recording of 8 MiB need 140 kB/s");
    add_seconds(app, "--message-timeout", net.message_timeout,
                "From a message's first byte to its last");
    add_seconds(app, "--ping-after", net.ping_after, "Silence after which a client is pinged");
    add_seconds(app, "--idle-timeout", net.idle_timeout, "Silence after which it is cut off");
    add_seconds(app, "--stall-timeout", net.stall_timeout,
                "Time without taking anything after which a client is cut off");
    add_seconds(app, "--close-timeout", net.close_timeout, "To wait for a client's close frame");
}

// Options that only make sense together with others. Empty if these do.
// What only one thread can do, so far: a recording is of all rooms, and so is a handover.
const char* needs_one_thread(const Options& options) {
    if (!options.record.empty()) return "--record";
    if (!options.resume_from.empty()) return "--resume-from";
    if (!options.replay.empty()) return "--replay";
    if (!options.handover.empty()) return "--handover";
    if (!options.moments.folder.empty()) return "--moments";
    return options.listen.family == ListenAddress::Family::local ? "--listen unix:" : nullptr;
}

std::uint32_t cores() {
    cpu_set_t allowed;
    const bool told = sched_getaffinity(0, sizeof allowed, &allowed) == 0;
    return told ? static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&allowed))) : 1;
}

// What knows all rooms from its start.
const char* needs_all_rooms(const Options& options) {
    if (!options.record.empty()) return "--record";
    if (!options.resume_from.empty()) return "--resume-from";
    if (!options.replay.empty()) return "--replay";
    return options.handover.empty() ? nullptr : "--handover";
}

void choose_shards(Options& options) {
    constexpr std::uint32_t rooms_on_demand = 16;
    if (options.rooms_max == 0) {
        options.rooms_max =
            may_make_rooms(options) ? std::max(options.rooms, rooms_on_demand) : options.rooms;
    }
    if (options.shards > 0) return;
    options.shards =
        needs_one_thread(options) != nullptr ? 1 : std::min(cores(), options.rooms_max);
}

std::string contradiction_of_rooms(const Options& options) {
    if (const char* const other = needs_one_thread(options); options.shards > 1 && other) {
        return fmt::format("--shards {} cannot be given with {}, which is for one thread",
                           options.shards, other);
    }
    if (options.shards > options.rooms_max) {
        return fmt::format("--shards {} needs as many rooms: give --rooms-max, too",
                           options.shards);
    }
    if (options.rooms_max < options.rooms) {
        return fmt::format("--rooms-max {} is fewer than --rooms {}, which are always there",
                           options.rooms_max, options.rooms);
    }
    const char* const fixed = needs_all_rooms(options);
    if (fixed != nullptr && options.rooms_max > options.rooms) {
        return fmt::format(
            "--rooms-max cannot be given with {}, which knows all rooms from the start: "
            "give --rooms",
            fixed);
    }
    if (fixed != nullptr && !options.room_options_file.empty()) {
        return fmt::format("--room-options cannot be given with {}, which knows all rooms as alike",
                           fixed);
    }
    return {};
}

std::string contradiction_of_moments(const Options& options) {
    if (options.moments.folder.empty()) return {};
    if (options.keep.seconds == 0) {
        return "--moments keeps what --keep-seconds keeps at hand: it must not be 0";
    }
    if (!options.replay.empty()) {
        return "--moments is of a match under way: it does nothing with --replay";
    }
    if (!options.handover.empty()) {
        return "--handover cannot be given with --moments: both processes would keep theirs in the "
               "same folder";
    }
    return {};
}

std::string contradiction(const Options& options) {
    if (auto problem = contradiction_of_rooms(options); !problem.empty()) return problem;
    if (auto problem = contradiction_of_moments(options); !problem.empty()) return problem;
    if (options.net.output_size_max < options.snapshot_size_max + 16'384U) {
        return "--output-max must exceed --snapshot-max by 16384: a snapshot may wait behind "
               "messages";
    }
    if (!options.record.empty() && options.record == options.resume_from) {
        return "--record must be another file than --resume-from, which is not written over";
    }
    if (options.net.idle_timeout <= options.net.ping_after) {
        return "--idle-timeout must be longer than --ping-after, or nobody has time to answer";
    }
    if (options.net.request.request_line_size_max > options.net.request.head_size_max) {
        return "--request-line-max must not exceed --request-head-max, of which it is a part";
    }
    const std::uint32_t backlog_max = listen_backlog_max(options.net);
    if (options.net.listen_backlog > backlog_max) {
        return fmt::format(
            "--listen-backlog must be at most {} with --connections-max {}: a completion queue "
            "has at most {} entries, and has to hold what all of them may bring at once",
            backlog_max, options.net.connections_max, completions_max);
    }
    return {};
}

}  // namespace

bool may_make_rooms(const Options& options) {
    return needs_all_rooms(options) == nullptr;
}

ParsedOptions parse_options(int argc,
                            const char* const* argv,
                            const char* name,
                            const char* description,
                            Options& options) {
    CLI::App app(description, name);
    app.option_defaults()->always_capture_default(false);
    app.set_config("--config", "", "Read options from a file: one 'name = value' a line")
        ->option_text("FILE");
    app.allow_config_extras(CLI::config_extras_mode::error);
    add_server_options(app, options);
    add_record_options(app, options);
    add_keep_options(app, options.keep);
    add_moment_options(app, options.moments);
    add_game_options(app, options);
    add_limits(app, options);
    app.add_flag("--mask-defer-taskrun", options.mask.defer_taskrun,
                 "For tests: without the kernel's deferred task work");
    app.add_flag("--mask-absolute-deadline", options.mask.absolute_deadline,
                 "For tests: without the kernel's absolute deadlines");
    app.add_flag("--mask-recv-budget", options.mask.recv_budget,
                 "For tests: without the kernel's receive budgets");
    app.add_flag("--mask-second-ring", options.mask.second_ring,
                 "For tests: without a second ring to sleep on");
    app.add_flag("--mask-restrictions", options.mask.restrictions,
                 "For tests: without a ring that refuses what it has no use for");
    app.footer("Exit codes: 0 fine, 1 the machine refuses (with the remedy), 2 bad usage.");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const bool asked = error.get_exit_code() == 0;
        app.exit(error);
        return {.run = false, .exit_code = asked ? 0 : 2};
    }
    for (const CLI::Option* const option : app.get_options()) {
        if (option->count() > 0) options.given.push_back(option->get_name());
    }
    choose_shards(options);
    if (const std::string problem = contradiction(options); !problem.empty()) {
        std::fprintf(stderr, "%s\n", problem.c_str());
        return {.run = false, .exit_code = 2};
    }
    return {};
}

}  // namespace ringtick
