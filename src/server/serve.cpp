#include "server/serve.hpp"

#include "server/log.hpp"
#include "server/options.hpp"
#include "server/recorded_match.hpp"
#include "server/replay.hpp"
#include "server/shards.hpp"
#include "server/shown_room.hpp"
#include "server/signals.hpp"
#include "server/sizes.hpp"
#include "server/standard_streams.hpp"
#include "tls/memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace ringtick {

namespace {

std::string url_of(const ListenAddress& address, std::uint16_t port, bool tls) {
    const char* const scheme = tls ? "https" : "http";
    switch (address.family) {
        case ListenAddress::Family::ip4:
            return fmt::format("{}://{}:{}", scheme, address.host, port);
        case ListenAddress::Family::ip6:
            return fmt::format("{}://[{}]:{}", scheme, address.host, port);
        case ListenAddress::Family::local:
            return "unix:" + address.host;
    }
    return {};
}

// Prints what the program was run for. Who has closed the pipe did not want it; anything else that
// keeps it from being written is a failure. Returns the exit code.
int report(const Program& program, std::string_view text) {
    const int error = print(text);
    if (error == 0 || error == EPIPE) return 0;
    std::fprintf(stderr, "%s: cannot write to stdout: %s\n", program.name,
                 std::generic_category().message(error).c_str());
    return 1;
}

// Opens, runs and takes down the server, or as many as there are threads: one, if nobody asked for
// more and the machine has not enough for the others. Returns the exit code.
int run_to_the_end(Options options, const Program& program, ServerKind kind) {
    auto shards = std::make_unique<Shards>(options, program, kind);
    auto opened = shards->open();
    if (!opened && shards->first_has_opened() && !options.was_given("--shards")) {
        log_warning(fmt::format("{} threads are too many for this machine, one serves alone ({})",
                                options.shards, shards->explain(opened.error())));
        options.shards = 1;
        shards.reset();  // First, for it holds the address.
        shards = std::make_unique<Shards>(options, program, kind);
        opened = shards->open();
    }
    if (!opened) {
        release_stop_signals();
        std::fprintf(stderr, "%s: %s\n", program.name, shards->explain(opened.error()).c_str());
        return 1;
    }
    const Server& first = shards->first();
    if (kind.resume != nullptr) log_info(kind.resume->description());
    shards->enter_sandbox();
    if (options.check_only) {
        release_stop_signals();
        return report(program, fmt::format("{}: {}\n", program.name, first.describe()));
    }
    // What was asked for and refused is to be seen by those, too, who do not ask for news.
    const auto say = first.granted() ? log_info : log_warning;
    say(first.describe());
    if (!kind.quiet) {
        // Whoever started it may not read this, or no longer: it serves all the same.
        print_if_taken(fmt::format("{}: {}\n", program.name,
                                   url_of(options.listen, first.port(), options.tls.given())));
    }
    shards->run();
    release_stop_signals();
    std::array<char, totals_size_max> totals{};
    return report(program, {totals.data(), shards->write_totals(totals)});
}

int refuse(const Program& program, int exit_code, const std::string& problem) {
    std::fprintf(stderr, "%s: %s\n", program.name, problem.c_str());
    return exit_code;
}

// Serves a match: that of a process that is taken over, if there is one, or a recorded one that is
// taken up, or one that begins.
int play(const Options& options, const Program& program, ResumedMatch* match) {
    ServerKind kind;
    std::string identity;
    Takeover takeover;
    if (!options.handover.empty()) {
        identity = handover_identity(options, program);
        kind.handover_identity = &identity;
        kind.takeover = &takeover;
        const std::string problem = takeover.connect(options, identity);
        if (!problem.empty()) return refuse(program, 1, problem);
    }
    if (match != nullptr && !takeover.is_on()) {
        const std::string problem = match->play(program, options);
        if (!problem.empty()) return refuse(program, 1, problem);
        kind.resume = match;
    }
    return run_server(options, program, kind);
}

int resume(Options& options, const Program& program) {
    ResumedMatch match;
    std::string problem = match.open(options.resume_from, program);
    if (!problem.empty()) return refuse(program, 1, problem);
    problem = match.adopt(program, options);
    if (!problem.empty()) return refuse(program, 2, problem);
    return play(options, program, &match);
}

}  // namespace

int serve(int argc, char** argv, const Program& program) {
    secure_standard_streams();
    Options options;
    options.rate_hz = program.rate_hz;
    const ParsedOptions parsed =
        parse_options(argc, argv, program.name, program.description, options);
    if (!parsed.run) return parsed.exit_code;
    options.players_max = std::min(options.players_max, program.players_max);
    if (!options.room_options_file.empty()) {
        const std::string problem =
            read_room_options(options.room_options_file, options, options.room_options);
        if (!problem.empty()) return refuse(program, 2, problem);
    }
    if (!options.resume_from.empty()) return resume(options, program);
    if (options.replay.empty()) return play(options, program, nullptr);

    RecordedMatch match;
    if (const std::string problem = match.open(options.replay, program); !problem.empty()) {
        return refuse(program, 1, problem);
    }
    if (!options.show) return replay(match, program);
    options.rate_hz = match.reader().header().rate_hz;
    options.rooms = match.reader().header().rooms;
    options.rooms_max = options.rooms;
    options.players_max = std::min(options.players_max, ShownRoom::guests_max);
    return run_server(options, program, {.show = &match});
}

int run_server(const Options& options, const Program& program, ServerKind kind) {
    // Before anything else of OpenSSL's is used. Where that is too late it has the heap.
    const bool bounded = !options.tls.given() || give_openssl_memory(tls_memory_max(options.net));
    block_signals(server_signals(options.tls.given()));
    start_log(options.log_level);
    if (!bounded) {
        log_warning(
            "OpenSSL takes its memory from the heap: nothing but the machine bounds what TLS takes "
            "(as always in a build with AddressSanitizer)");
    }
    Options settled = options;
    settled.rooms_max = std::max(options.rooms_max, options.rooms);
    settled.shards = std::max(options.shards, 1U);
    const int exit_code = run_to_the_end(settled, program, kind);
    // Last, for it may have to be left behind.
    if (!stop_log()) std::_Exit(exit_code);
    return exit_code;
}

}  // namespace ringtick
